//! The keys of all rows of a release, to find those that come twice. However many they are, memory has a
//! bound; what does not fit waits on the disk.

use std::path::Path;

use crate::digest::Digest;
use crate::error::Error;
use crate::external_sort::ByteSorter;

/// How much memory keys and hashes may each take, in bytes.
pub(super) const MEMORY: usize = 64 << 20;
/// How much of a key's hash is kept, in bytes. Two keys that share so much are the same.
const KEY_BYTES: usize = 16;
/// A key's hash and the number of its row.
const ENTRY_BYTES: usize = KEY_BYTES + 8;

/// The keys of a release, each with the number of its row (from 0, over all parts).
#[derive(Debug)]
pub(super) struct Keys {
    sort: ByteSorter<ENTRY_BYTES>,
    rows: u64,
}

impl Keys {
    /// None yet; scratch files lie in `scratch`.
    pub(super) fn new(scratch: &Path) -> Self {
        Self { sort: ByteSorter::new(scratch, MEMORY), rows: 0 }
    }

    /// Adds the key of the next row: the start of SHA-256 of its text, which is the whole key. Two keys
    /// that shared it would be reported as one that comes twice.
    pub(super) fn add(&mut self, key: &Digest) -> Result<(), Error> {
        let mut entry = [0; ENTRY_BYTES];
        entry[..KEY_BYTES].copy_from_slice(&key.as_bytes()[..KEY_BYTES]);
        entry[KEY_BYTES..].copy_from_slice(&self.rows.to_be_bytes());
        self.rows += 1;
        self.sort.push(entry)
    }

    /// Tells each row whose key came before, after the row where it did first.
    pub(super) fn repeats(self, mut tell: impl FnMut(u64, u64)) -> Result<(), Error> {
        let mut first: Option<[u8; ENTRY_BYTES]> = None;
        for entry in self.sort.sorted()? {
            let entry = entry?;
            match &first {
                Some(first) if first[..KEY_BYTES] == entry[..KEY_BYTES] => tell(row(first), row(&entry)),
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
    fn repeats_are_found_with_the_row_where_the_key_came_first() {
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
