//! The gate that every operation on the file system passes, and the faults that can be had there.
//!
//! In a build with debug assertions, `PRESSMARK_FAULT=17:kill` in the environment ends the
//! process at the seventeenth operation. `error` fails that operation, `short` writes half of
//! what it was given, `full` leaves no room on the disk from then on. This is for the tests; a
//! release build knows nothing of it.

use std::io::{self, Write};

/// What an operation asks of the file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// To tell, to remove or to wait: it needs no room.
    Look,
    /// To hold something more.
    Fill,
}

/// What happens to an operation.
#[cfg_attr(not(debug_assertions), expect(dead_code, reason = "a release build has no faults"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Error,
    Short,
    Full,
    Kill,
}

/// Lets an operation through, if no fault is due.
pub(super) fn pass(operation: Operation) -> io::Result<()> {
    match due() {
        Some(Fault::Error) => Err(io::Error::other("a fault was asked for")),
        Some(Fault::Full) if operation == Operation::Fill => Err(io::ErrorKind::StorageFull.into()),
        Some(Fault::Kill) => std::process::abort(),
        Some(Fault::Full | Fault::Short) | None => Ok(()),
    }
}

/// Writes some of the bytes, as [`Write::write`] does, if no fault is due.
pub(super) fn write(file: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    let half = &bytes[..bytes.len().div_ceil(2)];
    match due() {
        Some(Fault::Error) => Err(io::Error::other("a fault was asked for")),
        Some(Fault::Full) => Err(io::ErrorKind::StorageFull.into()),
        Some(Fault::Short) => file.write(half),
        Some(Fault::Kill) => {
            let _the_last_one = file.write(half);
            std::process::abort()
        }
        None => file.write(bytes),
    }
}

/// The fault that is due at this operation.
#[cfg(debug_assertions)]
fn due() -> Option<Fault> {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static PLAN: OnceLock<Option<(u64, Fault)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);

    let (at, fault) = (*PLAN.get_or_init(planned))?;
    let number = PASSED.fetch_add(1, Ordering::Relaxed) + 1;
    // A disk that is full stays full.
    (number == at || number > at && fault == Fault::Full).then_some(fault)
}

/// No fault is ever due.
#[cfg(not(debug_assertions))]
fn due() -> Option<Fault> {
    None
}

/// The fault that the environment asks for, and the number of the operation, from 1.
#[cfg(debug_assertions)]
fn planned() -> Option<(u64, Fault)> {
    #[expect(clippy::disallowed_methods, reason = "a test sets it; there is none in a release build")]
    let asked = std::env::var("PRESSMARK_FAULT").ok()?;
    let (at, fault) = asked.split_once(':')?;
    let fault = match fault {
        "error" => Fault::Error,
        "short" => Fault::Short,
        "full" => Fault::Full,
        "kill" => Fault::Kill,
        _ => return None,
    };
    Some((at.parse().ok()?, fault))
}
