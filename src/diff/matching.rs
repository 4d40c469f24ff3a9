//! Which rows belong together: by key, and those left over by content.
//!
//! Keys that come twice, and rows without a key, are never matched by guessing: equal rows
//! cancel each other, the rest is told as unmatched.

use super::partitioned_entries::PartitionedEntry;
use super::row_set::RowSet;
use super::scan::{Position, Scan};

/// Stands for the key of rows without one. To find a key whose SHA-256 begins like this takes 2^128
/// trials.
pub(super) const NO_KEY: [u8; 16] = [0xff; 16];
/// How many examples of ambiguous keys are kept.
const EXAMPLES: usize = 3;

/// What became of the rows of both sides. Rows that are equal are nowhere in it.
#[derive(Debug)]
pub(super) struct Matched {
    pub(super) removed: RowSet,
    pub(super) added: RowSet,
    /// Rows whose key comes twice or is null, and that have no equal on the other side.
    pub(super) unmatched: [RowSet; 2],
    /// Rows of one key and different content, not yet compared.
    pub(super) pairs: Vec<(Position, Position)>,
    pub(super) ambiguous: Ambiguous,
}

/// Keys that do not identify a record; rows of the base and of the current side.
#[derive(Debug, Default)]
pub(super) struct Ambiguous {
    /// Rows that share their key with another row.
    pub(super) repeated: [u64; 2],
    /// Rows without a key.
    pub(super) missing: [u64; 2],
    /// Where some of the repeated ones stand: the side, and the row.
    pub(super) examples: Vec<(usize, Position)>,
}

impl Matched {
    pub(super) fn new(base: &Scan, current: &Scan) -> Self {
        Self {
            removed: RowSet::new(base),
            added: RowSet::new(current),
            unmatched: [RowSet::new(base), RowSet::new(current)],
            pairs: Vec::new(),
            ambiguous: Ambiguous::default(),
        }
    }

    /// Takes in the entries of some keys, all there are of them on both sides, in order.
    pub(super) fn take(&mut self, base: &[PartitionedEntry], current: &[PartitionedEntry]) {
        let (mut base, mut current) = (base, current);
        loop {
            let key = match (base.first(), current.first()) {
                (Some(a), Some(b)) => a.key.min(b.key),
                (Some(only), None) | (None, Some(only)) => only.key,
                (None, None) => return,
            };
            let (ours, rest) = base.split_at(base.iter().take_while(|entry| entry.key == key).count());
            base = rest;
            let (theirs, rest) = current.split_at(current.iter().take_while(|entry| entry.key == key).count());
            current = rest;
            self.group(key, ours, theirs);
        }
    }

    fn group(&mut self, key: [u8; 16], base: &[PartitionedEntry], current: &[PartitionedEntry]) {
        match (base, current) {
            _ if key == NO_KEY => {
                for (missing, rows) in self.ambiguous.missing.iter_mut().zip([base, current]) {
                    *missing += rows.len() as u64;
                }
                self.leave(base, current);
            }
            ([one], []) => self.removed.insert(one.position),
            ([], [one]) => self.added.insert(one.position),
            ([one], [other]) if one.value == other.value => {}
            ([one], [other]) => self.pairs.push((one.position, other.position)),
            _ => {
                for (side, rows) in [base, current].into_iter().enumerate() {
                    if rows.len() > 1 {
                        self.ambiguous.repeated[side] += rows.len() as u64;
                    }
                }
                if self.ambiguous.examples.len() < EXAMPLES {
                    let side = usize::from(base.len() < 2);
                    self.ambiguous.examples.push((side, [base, current][side][0].position));
                }
                self.leave(base, current);
            }
        }
    }

    /// Marks the rows of an ambiguous key as unmatched, but for those that have an equal.
    fn leave(&mut self, base: &[PartitionedEntry], current: &[PartitionedEntry]) {
        for (marks, left) in self.unmatched.iter_mut().zip(cancel(base, current)) {
            for entry in left {
                marks.insert(entry.position);
            }
        }
    }
}

/// Entries in order without the pairs that have one value.
fn cancel<'e>(base: &'e [PartitionedEntry], current: &'e [PartitionedEntry]) -> [Vec<&'e PartitionedEntry>; 2] {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let (mut a, mut b) = (base.iter().peekable(), current.iter().peekable());
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        match x.value.cmp(&y.value) {
            std::cmp::Ordering::Less => left.extend(a.next()),
            std::cmp::Ordering::Greater => right.extend(b.next()),
            std::cmp::Ordering::Equal => {
                a.next();
                b.next();
            }
        }
    }
    left.extend(a);
    right.extend(b);
    [left, right]
}

/// Pairs rows of one content, in their order; both lists are in order.
pub(super) fn equal_contents(base: &[PartitionedEntry], current: &[PartitionedEntry]) -> Vec<(Position, Position)> {
    let mut pairs = Vec::new();
    let (mut a, mut b) = (base.iter().peekable(), current.iter().peekable());
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        match x.key.cmp(&y.key) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                pairs.push((x.position, y.position));
                a.next();
                b.next();
            }
        }
    }
    pairs
}
