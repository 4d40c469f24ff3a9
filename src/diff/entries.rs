//! [`Entries`]: the hashes and the position of many rows, sorted by key; more than fit in memory go to
//! scratch files. [`join`] matches two sorted sequences.

use std::cmp::Ordering;

use super::resources::Resources;
use super::scan::Position;
use crate::error::Error;
use crate::external_sort::ByteSorter;

const ENTRY_BYTES: usize = 40;

/// What is kept of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// The hash by which entries are matched.
    pub(super) key: [u8; 16],
    /// The hash by which entries with the same key are distinguished.
    pub(super) value: [u8; 16],
    pub(super) position: Position,
}

impl Entry {
    fn to_bytes(self) -> [u8; ENTRY_BYTES] {
        let bytes = self.key.into_iter().chain(self.value).chain(self.position.to_be_bytes());
        let mut all = [0; ENTRY_BYTES];
        all.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
        all
    }

    fn from_bytes(bytes: &[u8; ENTRY_BYTES]) -> Self {
        let half = |from: usize| std::array::from_fn(|at| bytes[from + at]);
        let position = Position::from_be_bytes(std::array::from_fn(|at| bytes[32 + at]));
        Self { key: half(0), value: half(16), position }
    }
}

/// Collects entries and returns them in ascending order.
#[derive(Debug)]
pub(super) struct Entries(ByteSorter<ENTRY_BYTES>);

impl Entries {
    pub(super) fn new(resources: Resources<'_>) -> Self {
        Self(resources.sorter())
    }

    pub(super) fn push(&mut self, entry: Entry) -> Result<(), Error> {
        self.0.push(entry.to_bytes())
    }

    pub(super) fn sorted(self) -> Result<impl Iterator<Item = Result<Entry, Error>>, Error> {
        Ok(self.0.sorted()?.map(|bytes| bytes.map(|bytes| Entry::from_bytes(&bytes))))
    }
}

/// Passes each item of two sequences to `each`, in the order of `key`, by which both are sorted: pairs of
/// items with equal keys, one to one, and the items without a counterpart.
pub(super) fn join<T, K: Ord>(
    mut left: impl Iterator<Item = Result<T, Error>>,
    mut right: impl Iterator<Item = Result<T, Error>>,
    key: impl Fn(&T) -> K,
    mut each: impl FnMut(Option<T>, Option<T>) -> Result<(), Error>,
) -> Result<(), Error> {
    let (mut a, mut b) = (left.next().transpose()?, right.next().transpose()?);
    loop {
        let order = match (&a, &b) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => key(a).cmp(&key(b)),
        };
        let old = if order.is_le() { std::mem::replace(&mut a, left.next().transpose()?) } else { None };
        let new = if order.is_ge() { std::mem::replace(&mut b, right.next().transpose()?) } else { None };
        each(old, new)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_sorted() {
        let scratch = tempfile::tempdir().unwrap();
        let resources = Resources { threads: 1, sort_memory: 0, scratch: scratch.path() };
        let mut entries = Entries::new(resources);
        let entry = |row: u64| Entry { key: [(row * 37 % 256).to_be_bytes()[7]; 16], value: [7; 16], position: row };
        let mut want: Vec<Entry> = (0..3000).map(entry).collect();
        for entry in &want {
            entries.push(*entry).unwrap();
        }
        want.sort_unstable();
        assert_eq!(entries.sorted().unwrap().map(Result::unwrap).collect::<Vec<_>>(), want);
    }

    #[test]
    fn items_are_joined_one_to_one() {
        let mut joined = Vec::new();
        let each = |a: Option<char>, b: Option<char>| {
            joined.extend([a.unwrap_or('-'), b.unwrap_or('-'), ' ']);
            Ok(())
        };
        join("abbd".chars().map(Ok), "bcdd".chars().map(Ok), |item| *item, each).unwrap();
        assert_eq!(joined.into_iter().collect::<String>(), "a- bb b- -c dd -d ");
    }
}
