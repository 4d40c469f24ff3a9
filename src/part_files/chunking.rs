//! Cuts sorted records into parts and row groups.
//!
//! The hash of a record's key decides whether a part ends after the record; its other values do not matter.
//! So an edit moves no cut, and an insertion or removal only moves cuts near it. The rule is the normalised
//! chunking of `FastCDC` (Xia et al., USENIX ATC 2016, section 3.3) with rows instead of bytes: before the
//! target size a cut must match a longer mask, after it a shorter one, which keeps parts near the target.
//! Within a part, row groups end by count, or earlier if records are large. The numbers are in
//! `schema/FORMAT.md`. Nothing is written here.

use super::format::Format;
use crate::digest::Digest;

/// The name of the rule in the manifest.
pub(super) const CUT: &str = "key-fastcdc/1";
/// About which share of the canonical form of a dataset a part should hold: so few parts have the latest records
/// that a release with changes there reuses nearly all others.
const PARTS: u64 = 32;
/// About how many bytes of canonical form a part should hold at least and at most.
const MIN_PART_BYTES: u64 = 4 << 20;
const MAX_PART_BYTES: u64 = 256 << 20;
/// About how many bytes of canonical form a row group should hold.
const FITTING_GROUP_BYTES: u64 = 16 << 20;
/// The smallest and largest target. Both are powers of two.
const MIN_TARGET: u64 = 16;
const MAX_TARGET: u64 = 1 << 20;
/// The smallest and largest number of rows at which a row group ends. Both are powers of two.
const MIN_GROUP_ROWS: u64 = 2;
const MAX_GROUP_ROWS: u64 = 1 << 17;
/// The number of row groups in a part of the target size in `pressmark/1`.
const ROW_GROUPS_V1: u64 = 8;
/// A row group ends after this many bytes of canonical form, even if it has few rows.
const ROW_GROUP_BYTES: u64 = 64 << 20;
/// How many bits the masks are longer or shorter than that of the target.
const NORMALISATION: u32 = 2;

/// How the records of a dataset are cut. The first release of a format chooses it, and later releases keep it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The rule: `CUT`.
    pub cut: String,
    /// About how many rows a part has. It is a power of two.
    pub target_rows: u64,
    /// The most rows of a row group.
    pub row_group_rows: u64,
}

impl Layout {
    /// Chooses the layout for this many records, whose canonical forms take `bytes` in total.
    pub fn choose(records: u64, bytes: u64) -> Self {
        let mean = (bytes / records.max(1)).max(1);
        let fitting = |part: u64, least, most| prev_power_of_two(part / mean).clamp(least, most);
        let part_bytes = (bytes / PARTS).clamp(MIN_PART_BYTES, MAX_PART_BYTES);
        Self {
            cut: CUT.to_owned(),
            target_rows: fitting(part_bytes, MIN_TARGET, MAX_TARGET),
            row_group_rows: fitting(FITTING_GROUP_BYTES, MIN_GROUP_ROWS, MAX_GROUP_ROWS),
        }
    }

    /// Whether releases of a format can have the layout.
    pub fn is_valid(&self, format: Format) -> bool {
        let has_valid_groups = match format {
            Format::V1 => self.row_group_rows == self.target_rows / ROW_GROUPS_V1,
            Format::V2 => {
                self.row_group_rows.is_power_of_two()
                    && (MIN_GROUP_ROWS..=MAX_GROUP_ROWS).contains(&self.row_group_rows)
            }
        };
        self.cut == CUT
            && self.target_rows.is_power_of_two()
            && (MIN_TARGET..=MAX_TARGET).contains(&self.target_rows)
            && has_valid_groups
    }
}

fn prev_power_of_two(number: u64) -> u64 {
    1 << number.max(1).ilog2()
}

/// Decides, record by record, after which records a part ends.
#[derive(Debug)]
pub struct Chunker {
    target: u64,
    rows: u64,
}

impl Chunker {
    /// Creates a chunker that starts at the first record of a release, or of any part.
    pub fn new(layout: &Layout) -> Self {
        Self { target: layout.target_rows, rows: 0 }
    }

    /// Whether a part ends after the record whose key has this [`key_hash`].
    pub fn after(&mut self, key_hash: u64) -> bool {
        self.rows += 1;
        let ends = self.rows >= self.target / 4 && (self.rows >= self.target * 4 || self.matches(key_hash));
        if ends {
            self.rows = 0;
        }
        ends
    }

    fn matches(&self, key_hash: u64) -> bool {
        let (strong, weak) = masks(self.target);
        key_hash.leading_zeros() >= if self.rows < self.target { strong } else { weak }
    }
}

/// How many leading zero bits a key hash needs for a part to end: below the target size, and from the
/// target size on.
pub(super) fn masks(target_rows: u64) -> (u32, u32) {
    let bits = target_rows.ilog2();
    (bits + NORMALISATION, bits - NORMALISATION)
}

/// The number that decides about cuts: the first eight bytes, big endian, of the SHA-256 of a key as a
/// string. It is not unique, so records are never identified by it.
pub fn key_hash(sha256: &Digest) -> u64 {
    let (head, _) = sha256.as_bytes().split_first_chunk::<8>().expect("a digest has 32 bytes");
    u64::from_be_bytes(*head)
}

/// Decides, record by record, after which records of a part a row group ends.
#[derive(Debug)]
pub(crate) struct RowGroupRule {
    limit: u64,
    rows: u64,
    bytes: u64,
}

impl RowGroupRule {
    /// Creates a rule that starts at the first record of a part, or of any row group.
    pub(crate) fn new(layout: &Layout) -> Self {
        Self { limit: layout.row_group_rows, rows: 0, bytes: 0 }
    }

    /// Whether a row group ends after the record whose canonical form has `length` bytes.
    pub(crate) fn after(&mut self, length: u64) -> bool {
        self.rows += 1;
        self.bytes += length;
        let ends = self.rows >= self.limit || self.bytes >= ROW_GROUP_BYTES;
        if ends {
            (self.rows, self.bytes) = (0, 0);
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(key: u64) -> u64 {
        key_hash(&Digest::of(key.to_string().as_bytes()))
    }

    fn cuts(layout: &Layout, keys: impl Iterator<Item = u64>) -> Vec<u64> {
        let mut cut = Chunker::new(layout);
        let mut sizes = Vec::new();
        let mut rows = 0;
        for key in keys {
            rows += 1;
            if cut.after(hash(key)) {
                sizes.push(std::mem::take(&mut rows));
            }
        }
        sizes.push(rows);
        sizes
    }

    #[test]
    fn sizes_stay_within_the_bounds_and_near_the_target() {
        let layout = Layout { cut: CUT.into(), target_rows: 64, row_group_rows: 8 };
        let sizes = cuts(&layout, 0..100_000);
        let whole = &sizes[..sizes.len() - 1];
        assert!(whole.iter().all(|size| (16..=256).contains(size)), "{whole:?}");
        let mean = whole.iter().sum::<u64>() / whole.len() as u64;
        assert!((48..=96).contains(&mean), "{mean}");
    }

    #[test]
    fn a_removal_moves_only_the_cuts_nearby() {
        let layout = Layout { cut: CUT.into(), target_rows: 64, row_group_rows: 8 };
        let ends = |keys: &[u64]| {
            let mut cut = Chunker::new(&layout);
            keys.iter().copied().filter(|key| cut.after(hash(*key))).collect::<Vec<u64>>()
        };
        let all: Vec<u64> = (0..20_000).collect();
        let before = ends(&all);
        let without: Vec<u64> = all.iter().copied().filter(|key| *key != 10_000).collect();
        let after = ends(&without);
        let moved = before.iter().filter(|end| !after.contains(end)).count();
        assert!(moved <= 8, "{moved} of {} cuts moved", before.len());
    }

    #[test]
    fn a_part_holds_about_a_32nd_of_a_dataset() {
        #[track_caller]
        fn check(records: u64, bytes: u64, target_rows: u64, row_group_rows: u64) {
            let layout = Layout::choose(records, bytes);
            assert_eq!((layout.target_rows, layout.row_group_rows), (target_rows, row_group_rows));
            assert!(layout.is_valid(Format::V2));
        }
        // 200 MB, 800 MB and 10 GB of articles of 4,000 bytes: the 32nd part has 6, 24 and 298 MiB.
        check(50_000, 200_000_000, 1 << 10, 1 << 12);
        check(200_000, 800_000_000, 1 << 12, 1 << 12);
        check(2_500_000, 10_000_000_000, 1 << 16, 1 << 12);
        // A part of a small dataset holds 4 MiB.
        check(2, 6_000, 1 << 10, 1 << 12);
        check(1_000_000, 50_000_000, 1 << 16, 1 << 17);
        check(3, 300 << 20, 16, 2);
        check(0, 0, 1 << 20, 1 << 17);
    }

    #[test]
    fn row_groups_end_by_count_and_by_size() {
        let layout = Layout { cut: CUT.into(), target_rows: 32, row_group_rows: 4 };
        let mut groups = RowGroupRule::new(&layout);
        let ends = |lengths: &[u64], groups: &mut RowGroupRule| -> Vec<bool> {
            lengths.iter().map(|length| groups.after(*length)).collect()
        };
        assert_eq!(ends(&[1, 1, 1, 1, 1], &mut groups), [false, false, false, true, false]);
        assert_eq!(ends(&[ROW_GROUP_BYTES - 1, ROW_GROUP_BYTES, 1], &mut groups), [true, true, false]);
    }

    /// The parts of these keys, each as a list of its keys.
    fn parts(layout: &Layout, keys: &[u64]) -> Vec<Vec<u64>> {
        let mut cut = Chunker::new(layout);
        let mut parts = vec![Vec::new()];
        for key in keys {
            parts.last_mut().unwrap().push(*key);
            if cut.after(hash(*key)) {
                parts.push(Vec::new());
            }
        }
        parts
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

        /// An insertion or removal changes few parts: those around it, up to the next unchanged cut.
        #[test]
        fn a_change_touches_few_parts(
            removed in proptest::collection::btree_set(0_u64..20_000, 0..20),
            added in proptest::collection::btree_set(0_u64..20_000, 0..20),
        ) {
            let layout = Layout { cut: CUT.into(), target_rows: 32, row_group_rows: 4 };
            let before: std::collections::BTreeSet<u64> = (0..20_000).map(|key| key * 2).collect();
            let mut after = before.clone();
            after.retain(|key| !removed.contains(&(key / 2)));
            after.extend(added.iter().map(|key| key * 2 + 1));
            let sorted = |keys: &std::collections::BTreeSet<u64>| keys.iter().copied().collect::<Vec<u64>>();
            let before: std::collections::BTreeSet<Vec<u64>> = parts(&layout, &sorted(&before)).into_iter().collect();
            let after = parts(&layout, &sorted(&after));
            let changed = after.iter().filter(|part| !before.contains(*part)).count();
            let edits = removed.len() + added.len();
            proptest::prop_assert!(changed <= 6 * edits, "{changed} of {} parts for {edits} edits", after.len());
        }
    }
}
