//! [`PartError`]: why a file cannot be read, and panics of the Parquet library told as such.
//!
//! Nothing here judges a file; what an error or a panic over its bytes means is the same
//! everywhere.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::error::Error;

/// Why a part cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// The file cannot be opened, is not Parquet, or is damaged.
    #[error("{0}")]
    Unreadable(String),
    /// It is readable and has other columns.
    #[error("{0}")]
    Columns(String),
}

impl PartError {
    /// The same, of the file at `path`.
    pub fn at(&self, path: &Path) -> Error {
        Error::Part { action: "read", path: path.to_owned(), message: self.to_string() }
    }
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is reading bytes that nobody vouches for, so that a panic is about to be
/// caught and told as damage. For panic hooks, which would tell it as a crash.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// Runs library code on bytes that nobody vouches for: a panic in it is damage, not a crash.
pub(super) fn guarded<T>(read: impl FnOnce() -> Result<T, PartError>) -> Result<T, PartError> {
    GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(false);
    result.unwrap_or_else(|_panic| Err(PartError::Unreadable("the Parquet structures contradict each other".into())))
}

pub(super) fn unreadable(error: impl std::fmt::Display) -> PartError {
    PartError::Unreadable(crate::text::one_line(&error.to_string(), 300))
}
