//! Panics of the Parquet library over bytes that nobody vouches for: caught, and told as damage.
//!
//! Nothing here judges a file; what a panic means is the same everywhere.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::reader::PartError;

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
