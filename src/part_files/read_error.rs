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

/// Whether this thread reads untrusted bytes, so that a panic is caught and reported as damage. Panic hooks
/// use it, so that they do not report a crash.
pub(crate) fn is_guarded() -> bool {
    GUARDED.get()
}

/// Runs library code on untrusted bytes. A panic in it means damage, not a crash.
pub(super) fn guarded<T>(read: impl FnOnce() -> Result<T, PartError>) -> Result<T, PartError> {
    GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(false);
    result.unwrap_or_else(|_panic| Err(PartError::Unreadable("its Parquet structures are inconsistent".into())))
}

pub(super) fn unreadable(error: impl std::fmt::Display) -> PartError {
    PartError::Unreadable(crate::text::one_line(&error.to_string(), 300))
}
