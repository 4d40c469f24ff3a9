//! How far an operation is, told while it works.
//!
//! Operations report to a [`Progress`] and never ask who watches; [`NoProgress`] costs nothing.
//! Progress is for people and changes no result: nothing here is exact to the last byte, and
//! how it is shown is the business of the command line.

use std::fmt::Debug;

/// What an operation is doing. It does one after another, and none twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading and judging inputs, counted in bytes as stored.
    Read,
    /// Writing records to parts or other files, counted in records.
    Write,
    /// Looking through a release, counted in bytes of its files.
    Verify,
    /// Finding the records that differ, counted in records of both sides.
    Match,
    /// Comparing records that differ, counted in pairs of them.
    Compare,
}

/// Whoever wants to know how far an operation is. May be told from several threads at once.
pub trait Progress: Sync + Debug {
    /// A stage begins, the one before it is over. `total` is how much there is to do in the unit
    /// of the stage, where that is known.
    fn start(&self, stage: Stage, total: Option<u64>);

    /// So much more of the stage is done. Cheap enough to be called for every block.
    fn advance(&self, by: u64);
}

/// Nobody wants to know.
#[derive(Debug, Clone, Copy)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn start(&self, _stage: Stage, _total: Option<u64>) {}

    fn advance(&self, _by: u64) {}
}
