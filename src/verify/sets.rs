//! [`Keys`] of all records of a release: keys that occur twice. Memory is bounded; the rest is on disk. Records
//! are not read here.

use std::path::Path;

use crate::digest::Digest;
use crate::error::Error;
use crate::external_sort::ByteSorter;

/// The memory for keys and for hashes, each, in bytes.
pub(super) const MEMORY: usize = 64 << 20;
/// The bytes of a key's hash that are kept.
const KEY_BYTES: usize = 16;
/// The bytes of a key's hash and of the number of its row.
const ENTRY_BYTES: usize = KEY_BYTES + 8;

/// The keys of a release, each with the number of its row (from 0, across all parts).
#[derive(Debug)]
pub(super) struct Keys {
    sort: ByteSorter<ENTRY_BYTES>,
    rows: u64,
}

impl Keys {
    /// Starts empty, with scratch files in the folder `scratch`.
    pub(super) fn new(scratch: &Path) -> Self {
        Self { sort: ByteSorter::new(scratch, MEMORY), rows: 0 }
    }

    /// Adds the SHA-256 of the key of the next row. Two keys whose hashes start with the same bytes would be
    /// reported as one key that occurs twice.
    pub(super) fn add(&mut self, key: &Digest) -> Result<(), Error> {
        let mut entry = [0; ENTRY_BYTES];
        entry[..KEY_BYTES].copy_from_slice(&key.as_bytes()[..KEY_BYTES]);
        entry[KEY_BYTES..].copy_from_slice(&self.rows.to_be_bytes());
        self.rows += 1;
        self.sort.push(entry)
    }

    /// Calls `report` with each row whose key occurred before. The first argument is the first row with the key.
    pub(super) fn repeats(self, mut report: impl FnMut(u64, u64)) -> Result<(), Error> {
        let mut first: Option<[u8; ENTRY_BYTES]> = None;
        for entry in self.sort.sorted()? {
            let entry = entry?;
            match &first {
                Some(first) if first[..KEY_BYTES] == entry[..KEY_BYTES] => report(row(first), row(&entry)),
                _ => first = Some(entry),
            }
        }
        Ok(())
    }
}

fn row(entry: &[u8; ENTRY_BYTES]) -> u64 {
    let (_, number) = entry.split_last_chunk::<8>().expect("an entry ends with a row's number");
    u64::from_be_bytes(*number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_keys_are_reported_with_their_first_row() {
        let scratch = tempfile::tempdir().unwrap();
        let mut keys = Keys::new(scratch.path());
        for key in ["a", "b", "a", "c", "a", "b"] {
            keys.add(&Digest::of(key.as_bytes())).unwrap();
        }
        let mut repeats = Vec::new();
        keys.repeats(|first, row| repeats.push((first, row))).unwrap();
        repeats.sort_unstable();
        assert_eq!(repeats, [(0, 2), (0, 4), (1, 5)]);
    }
}
