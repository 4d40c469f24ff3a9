//! Merges sorted runs into one sequence, by comparing sort keys. It reads sort entries only, never rows.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::sort_entry::SortEntry;
use super::spill::SpilledEntries;
use crate::digest::head;
use crate::error::Error;

/// The sort entries of one run, in order.
#[derive(Debug)]
pub(crate) enum SortEntries {
    /// In memory.
    Held(std::vec::IntoIter<SortEntry>),
    /// In a scratch file.
    Spilled(SpilledEntries),
}

impl SortEntries {
    /// Creates the entries of a run in memory. They must be in order.
    pub(crate) fn held(entries: Vec<SortEntry>) -> Self {
        Self::Held(entries.into_iter())
    }
}

impl Iterator for SortEntries {
    type Item = Result<SortEntry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Held(entries) => entries.next().map(Ok),
            Self::Spilled(entries) => entries.next(),
        }
    }
}

/// The sort entries of several runs in one order, each with the index of its run.
#[derive(Debug)]
pub(crate) struct Merge {
    runs: Vec<SortEntries>,
    /// The next entry of every run that is not exhausted.
    next: BinaryHeap<Head>,
}

#[derive(Debug)]
struct Head {
    /// The first bytes of the sort key. They decide most comparisons without following a pointer.
    prefix: u128,
    entry: SortEntry,
    run: usize,
}

impl Head {
    fn new(entry: SortEntry, run: usize) -> Self {
        Self { prefix: head(&entry.sort_key), entry, run }
    }
}

impl Merge {
    /// Merges these runs.
    ///
    /// # Errors
    /// [`Error::Io`] if a run cannot be read. Every step of the iterator can fail in the same way.
    pub(crate) fn new(mut runs: Vec<SortEntries>) -> Result<Self, Error> {
        let mut next = BinaryHeap::with_capacity(runs.len());
        for (run, entries) in runs.iter_mut().enumerate() {
            if let Some(entry) = entries.next() {
                next.push(Head::new(entry?, run));
            }
        }
        Ok(Self { runs, next })
    }
}

impl Iterator for Merge {
    type Item = Result<(usize, SortEntry), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut least = self.next.peek_mut()?;
        let run = least.run;
        Some(match self.runs[run].next() {
            Some(Ok(entry)) => Ok((run, std::mem::replace(&mut *least, Head::new(entry, run)).entry)),
            Some(Err(error)) => Err(error),
            None => Ok((run, PeekMut::pop(least).entry)),
        })
    }
}

/// The order is reversed, because the heap returns the greatest head first. Entries with equal sort
/// keys (the same key twice) sort by ordinal, so that the order does not depend on the runs.
impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        let position = |head: &Self| (head.entry.ordinal, head.run);
        let by_key = || other.entry.sort_key.cmp(&self.entry.sort_key);
        other.prefix.cmp(&self.prefix).then_with(by_key).then_with(|| position(other).cmp(&position(self)))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head {}
