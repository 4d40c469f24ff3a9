//! The gate that every operation of a storage or of the local file system passes, and the faults that tests can
//! cause there.
//!
//! In a build with debug assertions, `PRESSMARK_FAULT=17:kill` in the environment ends the process at the
//! seventeenth operation. `error` fails that operation, `short` writes half of the given bytes, and `full`
//! leaves no space on the disk from then on. Unit tests plan faults for one thread (`with_fault`). A release
//! build has no faults.

use std::io::{self, Write};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum Operation {
    /// Reads, removes or waits; it needs no space.
    Look,
    /// Needs more space.
    Fill,
}

/// What happens to an operation.
#[cfg_attr(not(debug_assertions), expect(dead_code, reason = "a release build has no faults"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The operation fails.
    Error,
    /// A write takes half of its bytes.
    Short,
    /// There is no space from this operation on.
    Full,
    /// The process ends.
    Kill,
    /// A write takes half of its bytes, and every later operation of the thread fails, as if its process had
    /// ended.
    #[cfg(test)]
    Crash,
}

/// Lets an operation through, if no fault is due.
pub(in crate::storage) fn pass(operation: Operation) -> io::Result<()> {
    match due() {
        Some(Fault::Error) => Err(io::Error::other("a fault was asked for")),
        Some(Fault::Full) if operation == Operation::Fill => Err(io::ErrorKind::StorageFull.into()),
        Some(Fault::Kill) => std::process::abort(),
        #[cfg(test)]
        Some(Fault::Crash) => Ok(()),
        Some(Fault::Full | Fault::Short) | None => Ok(()),
    }
}

/// Writes some of the bytes, as [`Write::write`] does, if no fault is due.
pub(in crate::storage) fn write(file: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    let half = &bytes[..bytes.len().div_ceil(2)];
    match due() {
        Some(Fault::Error) => Err(io::Error::other("a fault was asked for")),
        Some(Fault::Full) => Err(io::ErrorKind::StorageFull.into()),
        Some(Fault::Short) => file.write(half),
        #[cfg(test)]
        Some(Fault::Crash) => file.write(half),
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

    #[cfg(test)]
    if let Some(planned) = planned_here::due() {
        return planned;
    }
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

/// Runs `work` with a fault at the operation of this thread with this number, from 1. Returns its result, and
/// whether it came to that operation.
#[cfg(test)]
pub(crate) fn with_fault<T>(at: u64, fault: Fault, work: impl FnOnce() -> T) -> (T, bool) {
    planned_here::with_fault(at, fault, work)
}

/// Faults of one thread.
#[cfg(test)]
mod planned_here {
    use std::cell::Cell;

    use super::Fault;

    #[derive(Clone, Copy)]
    struct Plan {
        at: u64,
        fault: Fault,
        passed: u64,
    }

    thread_local! {
        static PLAN: Cell<Option<Plan>> = const { Cell::new(None) };
    }

    /// The fault that is due at this operation. The outer `None` means that none is planned for this thread.
    #[expect(clippy::option_option, reason = "a plan without a fault at this operation differs from no plan")]
    pub(super) fn due() -> Option<Option<Fault>> {
        let mut plan = PLAN.get()?;
        plan.passed += 1;
        PLAN.set(Some(plan));
        Some(match plan.fault {
            Fault::Crash if plan.passed > plan.at => Some(Fault::Error),
            Fault::Full if plan.passed > plan.at => Some(Fault::Full),
            fault => (plan.passed == plan.at).then_some(fault),
        })
    }

    pub(super) fn with_fault<T>(at: u64, fault: Fault, work: impl FnOnce() -> T) -> (T, bool) {
        PLAN.set(Some(Plan { at, fault, passed: 0 }));
        let result = work();
        let passed = PLAN.take().is_some_and(|plan| plan.passed >= at);
        (result, passed)
    }
}
