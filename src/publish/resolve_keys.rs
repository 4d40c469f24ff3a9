//! Making every key unique.
//!
//! Identical repeats collapse into one and are counted. Records that share a key and differ are
//! all rejected (which of them is right is not for a tool to guess), unless the dataset says
//! that the newest counts. A record that is put on top of a release replaces the one with its
//! key there, and a withdrawal removes it.

use std::path::Path;

use crate::digest::Digest;
use crate::error::Error;
use crate::external_sort::ByteSorter;
use crate::record::{Cell, RecordHash};

/// The length of an entry in bytes: key, era, rank, record hash, ordinal, length.
const ENTRY: usize = 32 + 1 + 9 + 32 + 8 + 8;

/// Which of two records with one key comes from the later step. Sorted: what decides comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// The key was withdrawn.
    Withdrawn,
    /// The record was read in this build.
    New,
    /// It stands in the release that is built upon.
    Base,
}

/// How new a record is among those with its key and era: the greater, the newer.
pub(super) type Rank = [u8; 9];

/// How records with one key are told apart by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ranking {
    /// Not at all.
    None,
    /// By the column at this place, which holds days, instants or integers.
    By(usize),
}

impl Ranking {
    /// The rank of a record; without a value it is the oldest.
    pub(super) fn rank(self, cells: &[Cell<'_>]) -> Rank {
        const SIGN: u64 = 1 << 63;
        let Self::By(place) = self else { return [0; 9] };
        let number = match cells[place] {
            Cell::Timestamp(value) | Cell::Int64(value) => value.cast_unsigned() ^ SIGN,
            Cell::Date(value) => i64::from(value).cast_unsigned() ^ SIGN,
            Cell::UInt64(value) => value,
            _ => return [0; 9],
        };
        let mut rank = [1; 9];
        rank[1..].copy_from_slice(&number.to_be_bytes());
        rank
    }
}

/// What decides about one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyEntry {
    /// SHA-256 of its key's text.
    pub(super) key: Digest,
    pub(super) era: Origin,
    pub(super) rank: Rank,
    pub(super) hash: RecordHash,
    /// The number by which its fate is looked up.
    pub(super) ordinal: u64,
    /// The length of its canonical form in bytes.
    pub(super) length: u64,
}

impl KeyEntry {
    fn to_bytes(self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        bytes[..32].copy_from_slice(self.key.as_bytes());
        bytes[32] = self.era as u8;
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
            era: [Origin::Withdrawn, Origin::New, Origin::Base][usize::from(bytes[32])],
            rank: rank.map(|byte| !byte),
            hash: RecordHash::from_bytes(part(42)),
            ordinal: number(74),
            length: number(82),
        }
    }
}

/// The entries of all records, more of them than memory holds.
#[derive(Debug)]
pub(super) struct KeyEntries(ByteSorter<ENTRY>);

impl KeyEntries {
    pub(super) fn new(folder: &Path, memory: usize) -> Self {
        Self(ByteSorter::new(folder, memory))
    }

    pub(super) fn push(&mut self, entry: KeyEntry) -> Result<(), Error> {
        self.0.push(entry.to_bytes())
    }

    /// Decides about `count` records, whose ordinals are below that number, and about so many
    /// withdrawals.
    pub(super) fn settle(self, count: u64, withdrawals: usize) -> Result<Resolution, Error> {
        let mut settled = Resolution::new(count, withdrawals);
        let mut group: Option<KeyGroup> = None;
        for bytes in self.0.sorted()? {
            let entry = KeyEntry::from_bytes(&bytes?);
            match &mut group {
                Some(group) if group.top.key == entry.key => group.add(entry, &mut settled),
                _ => {
                    if let Some(group) = group.replace(KeyGroup::new(entry)) {
                        group.close(&mut settled);
                    }
                }
            }
        }
        if let Some(group) = group {
            group.close(&mut settled);
        }
        Ok(settled)
    }
}

/// The entries of one key. Those with the era and rank of the first decide.
#[derive(Debug)]
struct KeyGroup {
    top: KeyEntry,
    /// The ordinals and lengths of those that decide.
    members: Vec<(u64, u64)>,
    conflict: bool,
}

impl KeyGroup {
    fn new(top: KeyEntry) -> Self {
        Self { top, members: vec![(top.ordinal, top.length)], conflict: false }
    }

    fn add(&mut self, entry: KeyEntry, settled: &mut Resolution) {
        match (self.top.era, entry.era) {
            (Origin::Withdrawn, Origin::Withdrawn) => {}
            (Origin::Withdrawn, Origin::New) => settled.contradicted.push(self.top.ordinal),
            (Origin::Withdrawn, Origin::Base) => {
                settled.withdrawn.set(self.top.ordinal);
                settled.drop(entry.ordinal, entry.length);
            }
            (_, Origin::Base) if self.top.era != Origin::Base => self.put_on(&entry, settled),
            _ if entry.rank != self.top.rank => {
                settled.superseded += 1;
                settled.drop(entry.ordinal, entry.length);
            }
            _ => {
                self.conflict |= entry.hash != self.top.hash;
                self.members.push((entry.ordinal, entry.length));
            }
        }
    }

    /// Decides between the new records and the one of the base.
    fn put_on(&mut self, base: &KeyEntry, settled: &mut Resolution) {
        if self.conflict {
            return;
        }
        if base.hash == self.top.hash {
            // The record stands there already; so all the new ones are repeats of it.
            settled.unchanged += 1;
            self.members.iter().for_each(|(ordinal, length)| settled.drop(*ordinal, *length));
            settled.duplicates += self.members.len() as u64 - 1;
            self.members.clear();
        } else {
            settled.replaced += 1;
            settled.drop(base.ordinal, base.length);
        }
    }

    fn close(self, settled: &mut Resolution) {
        if self.top.era != Origin::New {
            return;
        }
        let Some((_, repeats)) = self.members.split_first() else { return };
        if self.conflict {
            for (ordinal, length) in self.members {
                settled.drop(ordinal, length);
                settled.conflicts.set(ordinal);
            }
        } else {
            settled.duplicates += repeats.len() as u64;
            for (ordinal, length) in repeats {
                settled.drop(*ordinal, *length);
            }
        }
    }
}

/// What becomes of the records.
#[derive(Debug)]
pub(super) struct Resolution {
    /// Those that are not in the release, by ordinal.
    pub(super) dropped: Bits,
    /// How many these are, and the bytes of their canonical forms.
    pub(super) dropped_count: u64,
    /// See `dropped_count`.
    pub(super) dropped_bytes: u64,
    /// Those among them that are to be rejected.
    pub(super) conflicts: Bits,
    /// How many identical repeats were left out.
    pub(super) duplicates: u64,
    /// How many gave way to a newer one with their key.
    pub(super) superseded: u64,
    /// How many records of the base were replaced.
    pub(super) replaced: u64,
    /// How many new ones stand in the base already.
    pub(super) unchanged: u64,
    /// The withdrawals that found their record, by ordinal.
    pub(super) withdrawn: Bits,
    /// The withdrawals whose key is among the new records too.
    pub(super) contradicted: Vec<u64>,
}

impl Resolution {
    fn new(count: u64, withdrawals: usize) -> Self {
        Self {
            dropped: Bits::new(count),
            dropped_count: 0,
            dropped_bytes: 0,
            conflicts: Bits::new(count),
            duplicates: 0,
            superseded: 0,
            replaced: 0,
            unchanged: 0,
            withdrawn: Bits::new(withdrawals as u64),
            contradicted: Vec::new(),
        }
    }

    fn drop(&mut self, ordinal: u64, length: u64) {
        self.dropped.set(ordinal);
        self.dropped_count += 1;
        self.dropped_bytes += length;
    }
}

/// A truth value for each of many numbers, a bit each.
#[derive(Debug)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    fn new(count: u64) -> Self {
        let words = usize::try_from(count.div_ceil(64)).expect("a bit for each record fits into memory");
        Self(vec![0; words])
    }

    fn set(&mut self, number: u64) {
        let (word, bit) = place(number);
        self.0[word] |= bit;
    }

    /// Whether the number was set.
    pub(super) fn get(&self, number: u64) -> bool {
        let (word, bit) = place(number);
        self.0[word] & bit != 0
    }
}

fn place(number: u64) -> (usize, u64) {
    (usize::try_from(number / 64).expect("the number was counted in memory"), 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Settles entries `(key, era, rank, content)` and tells what became of each, by its place:
    /// `k`ept, `d`ropped or `r`ejected.
    fn settle(entries: &[(&str, Origin, u8, &str)]) -> (String, Resolution) {
        let folder = tempfile::tempdir().unwrap();
        let mut all = KeyEntries::new(folder.path(), 0);
        for (ordinal, (key, era, rank, content)) in (0..).zip(entries) {
            let (key, hash) = (Digest::of(key.as_bytes()), RecordHash::new(Digest::of(content.as_bytes())));
            all.push(KeyEntry { key, era: *era, rank: [*rank; 9], hash, ordinal, length: 1 }).unwrap();
        }
        let count = entries.len() as u64;
        let settled = all.settle(count, entries.len()).unwrap();
        let fate = |ordinal| match (settled.dropped.get(ordinal), settled.conflicts.get(ordinal)) {
            (false, false) => 'k',
            (true, false) => 'd',
            (true, true) => 'r',
            (false, true) => unreachable!("a record is kept and rejected"),
        };
        ((0..count).map(fate).collect(), settled)
    }

    #[track_caller]
    fn check(entries: &[(&str, Origin, u8, &str)], fates: &str) {
        assert_eq!(settle(entries).0, fates, "{entries:?}");
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
        let (_, settled) = settle(&[("a", NEW, 1, "1"), ("a", NEW, 2, "2"), ("a", NEW, 2, "2")]);
        assert_eq!((settled.superseded, settled.duplicates), (1, 1));
    }

    #[test]
    fn what_is_put_on_a_base() {
        check(&[("a", BASE, 0, "1"), ("b", BASE, 0, "2"), ("a", NEW, 0, "3")], "dkk");
        check(&[("a", BASE, 0, "1"), ("a", NEW, 0, "1"), ("a", NEW, 0, "1")], "kdd");
        check(&[("a", BASE, 0, "1"), ("a", NEW, 0, "2"), ("a", NEW, 0, "3")], "krr");
        check(&[("a", GONE, 0, ""), ("a", BASE, 0, "1")], "kd");
        let (_, settled) = settle(&[("a", GONE, 0, ""), ("a", BASE, 0, "1"), ("b", GONE, 0, "")]);
        assert_eq!((settled.withdrawn.get(0), settled.withdrawn.get(2)), (true, false));
        let (_, settled) = settle(&[("a", GONE, 0, ""), ("a", NEW, 0, "1")]);
        assert_eq!(settled.contradicted, [0]);
    }
}
