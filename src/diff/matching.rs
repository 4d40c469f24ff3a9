//! [`Matched`]: which rows belong together by their key.
//!
//! Rows with a repeated key, or without one, are never matched by guessing: equal rows cancel each other
//! out, and the others are reported as unmatched.

use super::entries::Entry;
use super::row_set::RowSet;
use super::scan::{Position, Scan};

/// The key of rows without one. To find a key with this hash takes 2^128 trials.
pub(super) const NO_KEY: [u8; 16] = [0xff; 16];
/// How many examples of repeated keys are kept.
const EXAMPLES: usize = 3;

/// The rows of both sides that are not equal.
#[derive(Debug)]
pub(super) struct Matched {
    pub(super) removed: RowSet,
    pub(super) added: RowSet,
    /// Rows without a unique key that have no equal row on the other side.
    pub(super) unmatched: [RowSet; 2],
    /// Rows with the same key and different content, not yet compared.
    pub(super) pairs: Vec<(Position, Position)>,
    pub(super) ambiguous: Ambiguous,
    current: KeyRows,
}

/// Keys that do not identify a record; rows of the base and of the current side.
#[derive(Debug, Default)]
pub(super) struct Ambiguous {
    /// Rows that share their key with another row.
    pub(super) repeated: [u64; 2],
    /// Rows without a key.
    pub(super) missing: [u64; 2],
    /// The side and position of some rows with a repeated key.
    pub(super) examples: Vec<(usize, Position)>,
}

/// The rows of one key.
#[derive(Debug, Default)]
struct KeyRows {
    key: [u8; 16],
    rows: [u64; 2],
    first: [Option<Position>; 2],
    /// Rows without an equal on the other side.
    unequal: [Vec<Position>; 2],
}

impl KeyRows {
    fn add(&mut self, side: usize, entry: &Entry, is_equal: bool) {
        self.rows[side] += 1;
        self.first[side].get_or_insert(entry.position);
        self.unequal[side].extend((!is_equal).then_some(entry.position));
    }

    fn is_ambiguous(&self) -> bool {
        self.key == NO_KEY || self.rows.iter().any(|rows| *rows > 1)
    }
}

impl Matched {
    pub(super) fn new(base: &Scan, current: &Scan) -> Self {
        Self {
            removed: RowSet::new(base),
            added: RowSet::new(current),
            unmatched: [RowSet::new(base), RowSet::new(current)],
            pairs: Vec::new(),
            ambiguous: Ambiguous::default(),
            current: KeyRows::default(),
        }
    }

    /// Adds a row of each side with equal key and value, or a row of one side. They come in the order of
    /// keys.
    pub(super) fn add(&mut self, base: Option<Entry>, current: Option<Entry>) {
        let is_equal = base.is_some() && current.is_some();
        for (side, entry) in [base, current].iter().enumerate() {
            let Some(entry) = entry else { continue };
            if entry.key != self.current.key {
                self.finish_key();
                self.current = KeyRows { key: entry.key, ..KeyRows::default() };
            }
            self.current.add(side, entry, is_equal);
        }
        // There may be any number of such rows.
        if self.current.is_ambiguous() {
            self.leave();
        }
    }

    /// Decides about the rows of the last key.
    pub(super) fn finish_key(&mut self) {
        let KeyRows { key, rows, first, unequal } = std::mem::take(&mut self.current);
        if key == NO_KEY {
            (0..2).for_each(|side| self.ambiguous.missing[side] += rows[side]);
        } else if let Some(side) = rows.iter().position(|rows| *rows > 1) {
            let repeated = |side: usize| if rows[side] > 1 { rows[side] } else { 0 };
            (0..2).for_each(|side| self.ambiguous.repeated[side] += repeated(side));
            if self.ambiguous.examples.len() < EXAMPLES {
                self.ambiguous.examples.extend(first[side].map(|position| (side, position)));
            }
        } else {
            match unequal.each_ref().map(Vec::as_slice) {
                [[old], [new]] => self.pairs.push((*old, *new)),
                [old, new] => {
                    for position in old {
                        self.removed.insert(*position);
                    }
                    for position in new {
                        self.added.insert(*position);
                    }
                }
            }
        }
    }

    /// Marks rows of an ambiguous key as unmatched.
    fn leave(&mut self) {
        for (rows, positions) in self.unmatched.iter_mut().zip(&mut self.current.unequal) {
            positions.drain(..).for_each(|position| rows.insert(position));
        }
    }
}
