//! Makes every key unique.
//!
//! Identical repeats become one record and are counted. Records that share a key and differ are all
//! rejected, because a tool cannot know which of them is right, unless the dataset says that the newest
//! one counts. An upserted record replaces the base record with its key, and a withdrawal removes it. The
//! result is a [`Resolution`]; this module does not write rejects.

use std::path::Path;

use super::key_state::{KeyChoice, KeyState};
use crate::digest::Digest;
use crate::error::Error;
use crate::external_sort::ByteSorter;
use crate::record::RecordHash;
use crate::validate::{Rank, RecordKey};

/// The length of a key entry in bytes: key, origin, rank, record hash, ordinal, length.
const ENTRY: usize = 32 + 1 + 9 + 32 + 8 + 8;

/// Where the entry of a key comes from. The variants are in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// The key was withdrawn.
    Withdrawn,
    /// The record was read in this build.
    New,
    /// The record is in the base release.
    Base,
}

/// What decides whether a record is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyEntry {
    /// The SHA-256 of its key as a string.
    pub(super) key: Digest,
    pub(super) origin: Origin,
    pub(super) rank: Rank,
    pub(super) hash: RecordHash,
    /// The number that identifies the record in the [`Resolution`].
    pub(super) ordinal: u64,
    /// The length of its canonical form in bytes.
    pub(super) length: u64,
}

impl KeyEntry {
    /// The entry of a record that was read in this build.
    pub(super) fn of_record(record: &RecordKey, ordinal: u64) -> Self {
        let RecordKey { key, rank, hash, length, .. } = *record;
        Self { key, origin: Origin::New, rank, hash, ordinal, length }
    }

    fn to_bytes(self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        bytes[..32].copy_from_slice(self.key.as_bytes());
        bytes[32] = self.origin as u8;
        // The newest first.
        let newest_first = self.rank.map(|byte| !byte);
        bytes[33..42].copy_from_slice(&newest_first);
        bytes[42..74].copy_from_slice(self.hash.as_bytes());
        bytes[74..82].copy_from_slice(&self.ordinal.to_be_bytes());
        bytes[82..].copy_from_slice(&self.length.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8; ENTRY]) -> Self {
        let part = |from: usize| <[u8; 32]>::try_from(&bytes[from..from + 32]).expect("32 bytes are 32 bytes");
        let number = |from: usize| u64::from_be_bytes(bytes[from..from + 8].try_into().expect("8 bytes are 8 bytes"));
        let rank = <Rank>::try_from(&bytes[33..42]).expect("9 bytes are 9 bytes");
        Self {
            key: Digest::from_bytes(part(0)),
            origin: [Origin::Withdrawn, Origin::New, Origin::Base][usize::from(bytes[32])],
            rank: rank.map(|byte| !byte),
            hash: RecordHash::from_bytes(part(42)),
            ordinal: number(74),
            length: number(82),
        }
    }
}

/// The key entries of all records. They may exceed the memory.
#[derive(Debug)]
pub(super) struct KeyEntries(ByteSorter<ENTRY>);

impl KeyEntries {
    pub(super) fn new(folder: &Path, memory: usize) -> Self {
        Self(ByteSorter::new(folder, memory))
    }

    pub(super) fn push(&mut self, entry: KeyEntry) -> Result<(), Error> {
        self.0.push(entry.to_bytes())
    }

    /// Resolves all entries: `count` is the number of records and `withdrawals` that of withdrawals. The
    /// ordinals of each start at 0.
    pub(super) fn resolve(self, count: u64, withdrawals: usize) -> Result<Resolution, Error> {
        let mut resolution = Resolution::new(count, withdrawals);
        let mut group: Option<KeyGroup> = None;
        for bytes in self.0.sorted()? {
            let entry = KeyEntry::from_bytes(&bytes?);
            if let Some(group) = group.take_if(|group| group.key != entry.key) {
                group.close(&mut resolution);
            }
            group.get_or_insert_with(|| KeyGroup::new(entry.key)).add(&entry, &mut resolution);
        }
        if let Some(group) = group {
            group.close(&mut resolution);
        }
        Ok(resolution)
    }
}

/// The entries of one key, in order. The newest records of this build come first.
#[derive(Debug)]
struct KeyGroup {
    key: Digest,
    state: KeyState,
    /// The ordinals and lengths of the newest records of this build.
    newest: Vec<(u64, u64)>,
    rank: Rank,
    /// The ordinal and length of the base's record.
    base: Option<(u64, u64)>,
    /// The ordinal of the withdrawal.
    withdrawal: Option<u64>,
}

impl KeyGroup {
    fn new(key: Digest) -> Self {
        let (state, newest) = (KeyState::default(), Vec::new());
        Self { key, state, newest, rank: [0; 9], base: None, withdrawal: None }
    }

    fn add(&mut self, entry: &KeyEntry, resolution: &mut Resolution) {
        let KeyEntry { ordinal, length, .. } = *entry;
        let state = match entry.origin {
            Origin::Withdrawn => {
                self.withdrawal = Some(ordinal);
                KeyState::withdrawn()
            }
            Origin::Base => {
                self.base = Some((ordinal, length));
                KeyState::base(entry.hash)
            }
            Origin::New => {
                if self.newest.is_empty() || entry.rank == self.rank {
                    self.rank = entry.rank;
                    self.newest.push((ordinal, length));
                } else {
                    resolution.drop(ordinal, length);
                }
                KeyState::new_record(entry.hash, entry.rank, (0, ordinal))
            }
        };
        self.state = self.state.merge(state);
    }

    fn close(self, resolution: &mut Resolution) {
        let key = self.state.resolve();
        resolution.duplicates += key.duplicates;
        resolution.superseded += key.superseded;
        resolution.replaced += u64::from(key.is_replaced);
        resolution.unchanged += u64::from(key.is_unchanged);
        for (ordinal, length) in self.newest {
            if key.choice != KeyChoice::New((0, ordinal)) {
                resolution.drop(ordinal, length);
                if key.is_conflict {
                    resolution.conflicts.set(ordinal);
                }
            }
        }
        resolution.conflicting_keys += u64::from(key.is_conflict);
        if let Some((ordinal, length)) = self.base.filter(|_| key.choice != KeyChoice::Base) {
            resolution.drop(ordinal, length);
        }
        if let Some(ordinal) = self.withdrawal {
            if key.is_withdrawn {
                resolution.withdrawn.set(ordinal);
            }
            if key.is_contradicted {
                resolution.contradicted.set(ordinal);
            }
        }
    }
}

/// Which records are kept, dropped and rejected.
#[derive(Debug)]
pub(super) struct Resolution {
    /// The records that are not in the release, by ordinal.
    pub(super) dropped: Bits,
    /// The number of dropped records.
    pub(super) dropped_count: u64,
    /// The total length of their canonical forms, in bytes.
    pub(super) dropped_bytes: u64,
    /// The dropped records that are rejected, by ordinal.
    pub(super) conflicts: Bits,
    /// How many keys these records share.
    pub(super) conflicting_keys: u64,
    /// How many identical repeats were dropped.
    pub(super) duplicates: u64,
    /// How many records were superseded by a newer record with the same key.
    pub(super) superseded: u64,
    /// How many records of the base were replaced.
    pub(super) replaced: u64,
    /// How many new records the base already has.
    pub(super) unchanged: u64,
    /// The withdrawals that found their record, by ordinal.
    pub(super) withdrawn: Bits,
    /// The withdrawals whose key is among the new records too, by ordinal.
    pub(super) contradicted: Bits,
}

impl Resolution {
    fn new(count: u64, withdrawals: usize) -> Self {
        Self {
            dropped: Bits::new(count),
            dropped_count: 0,
            dropped_bytes: 0,
            conflicts: Bits::new(count),
            conflicting_keys: 0,
            duplicates: 0,
            superseded: 0,
            replaced: 0,
            unchanged: 0,
            withdrawn: Bits::new(withdrawals as u64),
            contradicted: Bits::new(withdrawals as u64),
        }
    }

    fn drop(&mut self, ordinal: u64, length: u64) {
        self.dropped.set(ordinal);
        self.dropped_count += 1;
        self.dropped_bytes += length;
    }
}

/// A set of numbers, with one bit for each number.
#[derive(Debug)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    fn new(count: u64) -> Self {
        let words = usize::try_from(count.div_ceil(64)).expect("a bit for each record fits into memory");
        Self(vec![0; words])
    }

    fn set(&mut self, number: u64) {
        let (word, bit) = index(number);
        self.0[word] |= bit;
    }

    /// Whether the set has the number.
    pub(super) fn get(&self, number: u64) -> bool {
        let (word, bit) = index(number);
        self.0[word] & bit != 0
    }
}

fn index(number: u64) -> (usize, u64) {
    (usize::try_from(number / 64).expect("the number was counted in memory"), 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Resolves entries `(key, origin, rank, content)`. Returns a letter for each: `k`ept, `d`ropped or
    /// `r`ejected.
    fn resolve(entries: &[(&str, Origin, u8, &str)]) -> (String, Resolution) {
        let folder = tempfile::tempdir().unwrap();
        let mut all = KeyEntries::new(folder.path(), 0);
        for (ordinal, (key, origin, rank, content)) in (0..).zip(entries) {
            let (key, hash) = (Digest::of(key.as_bytes()), RecordHash::new(Digest::of(content.as_bytes())));
            all.push(KeyEntry { key, origin: *origin, rank: [*rank; 9], hash, ordinal, length: 1 }).unwrap();
        }
        let count = entries.len() as u64;
        let resolution = all.resolve(count, entries.len()).unwrap();
        let fate = |ordinal| match (resolution.dropped.get(ordinal), resolution.conflicts.get(ordinal)) {
            (false, false) => 'k',
            (true, false) => 'd',
            (true, true) => 'r',
            (false, true) => unreachable!("a record is kept and rejected"),
        };
        ((0..count).map(fate).collect(), resolution)
    }

    #[track_caller]
    fn check(entries: &[(&str, Origin, u8, &str)], fates: &str) {
        assert_eq!(resolve(entries).0, fates, "{entries:?}");
    }

    const NEW: Origin = Origin::New;
    const BASE: Origin = Origin::Base;
    const GONE: Origin = Origin::Withdrawn;

    #[test]
    fn keys_are_unique_afterwards() {
        check(&[("a", NEW, 0, "1"), ("b", NEW, 0, "1")], "kk");
        check(&[("a", NEW, 0, "1"), ("b", NEW, 0, "1"), ("a", NEW, 0, "1")], "kkd");
        check(&[("a", NEW, 0, "1"), ("a", NEW, 0, "2"), ("b", NEW, 0, "3")], "rrk");
        check(&[("a", NEW, 0, "1"), ("a", NEW, 0, "1"), ("a", NEW, 0, "2")], "rrr");
    }

    #[test]
    fn the_newest_counts() {
        check(&[("a", NEW, 1, "1"), ("a", NEW, 2, "2"), ("a", NEW, 0, "3")], "dkd");
        check(&[("a", NEW, 1, "1"), ("a", NEW, 2, "2"), ("a", NEW, 2, "2")], "dkd");
        check(&[("a", NEW, 1, "1"), ("a", NEW, 2, "2"), ("a", NEW, 2, "3")], "drr");
        let (_, resolution) = resolve(&[("a", NEW, 1, "1"), ("a", NEW, 2, "2"), ("a", NEW, 2, "2")]);
        assert_eq!((resolution.superseded, resolution.duplicates), (1, 1));
    }

    #[test]
    fn records_are_upserted_into_a_base() {
        check(&[("a", BASE, 0, "1"), ("b", BASE, 0, "2"), ("a", NEW, 0, "3")], "dkk");
        check(&[("a", BASE, 0, "1"), ("a", NEW, 0, "1"), ("a", NEW, 0, "1")], "kdd");
        check(&[("a", BASE, 0, "1"), ("a", NEW, 0, "2"), ("a", NEW, 0, "3")], "krr");
        check(&[("a", GONE, 0, ""), ("a", BASE, 0, "1")], "kd");
        let (_, resolution) = resolve(&[("a", GONE, 0, ""), ("a", BASE, 0, "1"), ("b", GONE, 0, "")]);
        assert_eq!((resolution.withdrawn.get(0), resolution.withdrawn.get(2)), (true, false));
        let (_, resolution) = resolve(&[("a", GONE, 0, ""), ("a", NEW, 0, "1")]);
        assert!(resolution.contradicted.get(0));
    }
}
