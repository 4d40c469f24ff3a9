//! [`Progress`]: watches a running operation, and can cancel it.
//!
//! An operation reports each batch of work to a [`Progress`] and asks whether to continue. Progress is
//! for people: it changes no result, and its counts are not exact to the last byte. This module shows
//! nothing; the command line does.

use std::fmt::Debug;
use std::ops::ControlFlow;

use crate::error::Error;

/// What an operation is doing. It does one stage after another, and none twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading and validating inputs, counted in bytes as stored.
    Read,
    /// Writing records to parts or other files, counted in records.
    Write,
    /// Checking a release, counted in bytes of its files.
    Verify,
    /// Finding the records that differ, counted in records of both sides.
    Match,
    /// Comparing records that differ, counted in pairs.
    Compare,
}

/// Watches an operation. Several threads may call it at the same time.
///
/// ```
/// use std::ops::ControlFlow;
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// use pressmark::progress::{Progress, Stage};
///
/// /// Cancels the operation when another thread sets the flag.
/// #[derive(Debug)]
/// struct Cancel<'f>(&'f AtomicBool);
///
/// impl Progress for Cancel<'_> {
///     fn start(&self, _stage: Stage, _total: Option<u64>) {}
///
///     fn advance(&self, _by: u64) -> ControlFlow<()> {
///         if self.0.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
///     }
/// }
/// ```
pub trait Progress: Sync + Debug {
    /// A stage begins, and the stage before it ends. `total` is the amount of work in the unit of the
    /// stage, if it is known.
    fn start(&self, stage: Stage, total: Option<u64>);

    /// The stage has advanced by this much, which may be 0. Called for every batch, so it must be cheap.
    /// After [`ControlFlow::Break`] the operation stops, removes what it has written, publishes nothing
    /// and returns [`Error::Cancelled`].
    fn advance(&self, by: u64) -> ControlFlow<()>;
}

/// Does not watch, and never cancels.
#[derive(Debug, Clone, Copy)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn start(&self, _stage: Stage, _total: Option<u64>) {}

    fn advance(&self, _by: u64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl dyn Progress + '_ {
    /// Reports an advance.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the operation is to stop.
    pub(crate) fn step(&self, by: u64) -> Result<(), Error> {
        if self.advance(by).is_break() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

/// Passes on only whether to continue: for an operation that runs inside another one.
#[derive(Debug)]
pub(crate) struct Quiet<'p>(pub(crate) &'p dyn Progress);

impl Progress for Quiet<'_> {
    fn start(&self, _stage: Stage, _total: Option<u64>) {}

    fn advance(&self, _by: u64) -> ControlFlow<()> {
        self.0.advance(0)
    }
}
