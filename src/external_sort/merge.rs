//! Merging sorted runs: one order out of many, by comparing sort keys.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::sort_entry::SortEntry;
use super::spill::SpilledEntries;
use crate::digest::head;
use crate::error::Error;

/// The facts of one run, in order.
#[derive(Debug)]
pub enum SortEntries {
    /// In memory.
    Held(std::vec::IntoIter<SortEntry>),
    /// On the disk.
    Spilled(SpilledEntries),
}

impl SortEntries {
    /// Facts that are in memory and in order.
    pub fn held(facts: Vec<SortEntry>) -> Self {
        Self::Held(facts.into_iter())
    }
}

impl Iterator for SortEntries {
    type Item = Result<SortEntry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Held(facts) => facts.next().map(Ok),
            Self::Spilled(facts) => facts.next(),
        }
    }
}

/// The facts of several runs in one order, each with the number of its run.
#[derive(Debug)]
pub struct Merge {
    runs: Vec<SortEntries>,
    /// The next fact of every run that has one.
    next: BinaryHeap<Head>,
}

#[derive(Debug)]
struct Head {
    /// The first bytes of the sort key, which mostly decide and are at hand.
    prefix: u128,
    fact: SortEntry,
    run: usize,
}

impl Head {
    fn new(fact: SortEntry, run: usize) -> Self {
        Self { prefix: head(&fact.sort_key), fact, run }
    }
}

impl Merge {
    /// Merges these runs.
    ///
    /// # Errors
    /// [`Error::Io`] if a run cannot be read back; so does every step.
    pub fn new(mut runs: Vec<SortEntries>) -> Result<Self, Error> {
        let mut next = BinaryHeap::with_capacity(runs.len());
        for (run, facts) in runs.iter_mut().enumerate() {
            if let Some(fact) = facts.next() {
                next.push(Head::new(fact?, run));
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
            Some(Ok(fact)) => Ok((run, std::mem::replace(&mut *least, Head::new(fact, run)).fact)),
            Some(Err(error)) => Err(error),
            None => Ok((run, PeekMut::pop(least).fact)),
        })
    }
}

/// The heap gives the greatest first, so the least fact is the greatest head. Equal sort keys
/// (the same key twice) come by ordinal, for an order that does not depend on the runs.
impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |head: &Self| (head.fact.ordinal, head.run);
        let by_key = || other.fact.sort_key.cmp(&self.fact.sort_key);
        other.prefix.cmp(&self.prefix).then_with(by_key).then_with(|| place(other).cmp(&place(self)))
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
