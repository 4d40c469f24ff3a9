//! [`PartError`]: why a file cannot be read. A panic of the Parquet library becomes such an error.
//!
//! This module does not check files. It defines what an error or a panic while reading one means.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::error::Error;

/// Why a part cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PartError {
    /// The file cannot be opened, is not Parquet, or is damaged.
    #[error("{0}")]
    Unreadable(String),
    /// The file can be read and has other columns.
    #[error("{0}")]
    Columns(String),
}

impl PartError {
    /// The error with the path of the file.
    pub(crate) fn at(&self, path: &Path) -> Error {
        Error::Part { action: "read", path: path.to_owned(), message: self.to_string() }
    }
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Stops the panic hook from reporting a crash when a library panics over damaged Parquet: such a panic is caught and
/// reported as damage. Other panics are reported as before. Call it once in a process.
pub fn silence_handled_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Thread-locals may be gone when a thread ends.
        if !GUARDED.try_with(Cell::get).unwrap_or_default() {
            report(panic);
        }
    }));
}

/// Runs library code on untrusted bytes. A panic in it means damage, not a crash.
pub(super) fn guarded<T>(read: impl FnOnce() -> Result<T, PartError>) -> Result<T, PartError> {
    GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(false);
    result.unwrap_or_else(|_panic| Err(PartError::Unreadable("its Parquet structures are inconsistent".into())))
}

pub(super) fn unreadable(error: impl std::fmt::Display) -> PartError {
    let message = error.to_string();
    // The library puts its own names before what it says.
    let words = ["Parquet error: ", "Arrow: ", "External: ", "EOF: ", "NYI: "];
    let mut plain = message.as_str();
    while let Some(rest) = words.iter().find_map(|word| plain.strip_prefix(word)) {
        plain = rest;
    }
    PartError::Unreadable(crate::text::one_line(plain, 300))
}
