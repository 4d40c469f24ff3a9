//! Cuts records that several machines hold in sorted ranges, with the same result as
//! [`super::chunking`].
//!
//! Each range reports the few records at which a part may end. [`resolve_cuts`] takes the reports of all
//! ranges and decides. Neither step needs the records of another range. This module does not sort records
//! into ranges; the caller does.

use super::chunking::{Layout, masks};

/// A record at which a part may end.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CutCandidate {
    /// The record's index in its range, from 0.
    pub offset: u64,
    /// Whether a part may end here before it has reached its target size.
    pub strong: bool,
    /// The record's sort key. It identifies the cut on every machine.
    pub sort_key: Box<[u8]>,
}

/// The report of one sorted range: its number of records, and the records at which a part may end. The
/// report has about four of them for each `target_rows` of the layout.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CutCandidates {
    target: u64,
    rows: u64,
    candidates: Vec<CutCandidate>,
}

/// Where a part ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartEnd {
    /// The index of the range that has the part's last record.
    pub range: usize,
    /// The index of that record in its range, from 0.
    pub offset: u64,
    /// The number of records of the part.
    pub rows: u64,
    /// The sort key of the last record, if its range reported it. It did not if the part ends because it
    /// is full, or with the last record of all. Then the range has to look it up.
    pub sort_key: Option<Box<[u8]>>,
}

impl CutCandidates {
    /// Creates the report of an empty range.
    pub fn new(layout: &Layout) -> Self {
        Self { target: layout.target_rows, rows: 0, candidates: Vec::new() }
    }

    /// Adds the next record of the range, by its [`key_hash`](super::key_hash) and sort key.
    pub fn add(&mut self, key_hash: u64, sort_key: &[u8]) {
        let (strong, weak) = masks(self.target);
        let zeros = key_hash.leading_zeros();
        if zeros >= weak {
            let strong = zeros >= strong;
            self.candidates.push(CutCandidate { offset: self.rows, strong, sort_key: sort_key.into() });
        }
        self.rows += 1;
    }

    /// The number of records of the range.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

/// A candidate by its index among all records.
struct Global<'r> {
    index: u64,
    candidate: &'r CutCandidate,
}

/// Returns the parts of consecutive ranges, in order. Every record is in one part. The result is that of a
/// [`Chunker`](super::Chunker) that reads all records.
pub fn resolve_cuts(layout: &Layout, ranges: &[CutCandidates]) -> Vec<PartEnd> {
    let target = layout.target_rows;
    let starts: Vec<u64> =
        ranges.iter().scan(0, |end, range| Some(std::mem::replace(end, *end + range.rows))).collect();
    let total: u64 = ranges.iter().map(|range| range.rows).sum();
    let all: Vec<Global<'_>> = ranges
        .iter()
        .zip(&starts)
        .flat_map(|(range, start)| range.candidates.iter().map(move |candidate| (start + candidate.offset, candidate)))
        .map(|(index, candidate)| Global { index, candidate })
        .collect();
    let (mut parts, mut start) = (Vec::new(), 0);
    while start < total {
        let (low, middle, high) = (start + target / 4 - 1, start + target - 1, start + target * 4 - 1);
        let between = |from: u64, to: u64| {
            let first = all.partition_point(|global| global.index < from);
            all[first..].iter().take_while(move |global| global.index < to)
        };
        let found =
            between(low, middle).find(|global| global.candidate.strong).or_else(|| between(middle, high).next());
        let index = found.map_or(high, |global| global.index).min(total - 1);
        // Of several ranges that start here, all but the last are empty.
        let range = starts.partition_point(|start| *start <= index) - 1;
        let sort_key = found.filter(|global| global.index == index).map(|global| global.candidate.sort_key.clone());
        parts.push(PartEnd { range, offset: index - starts[range], rows: index + 1 - start, sort_key });
        start = index + 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::digest::Digest;
    use crate::part_files::{Chunker, key_hash};

    fn layout(target_rows: u64) -> Layout {
        Layout { cut: crate::part_files::chunking::CUT.to_owned(), target_rows, row_group_rows: target_rows / 8 }
    }

    /// The lengths of the parts, from one chunker over all hashes.
    fn walked(layout: &Layout, hashes: &[u64]) -> Vec<u64> {
        let (mut cut, mut parts, mut rows) = (Chunker::new(layout), Vec::new(), 0);
        for hash in hashes {
            rows += 1;
            if cut.after(*hash) {
                parts.push(std::mem::take(&mut rows));
            }
        }
        parts.extend((rows > 0).then_some(rows));
        parts
    }

    /// The parts, from ranges that end at these indices.
    fn resolved(layout: &Layout, hashes: &[u64], ends: &[usize]) -> Vec<PartEnd> {
        let mut ends: Vec<usize> = ends.iter().map(|end| end % (hashes.len() + 1)).chain([0, hashes.len()]).collect();
        ends.sort_unstable();
        let range = |bounds: &[usize]| {
            let mut range = CutCandidates::new(layout);
            for (index, hash) in hashes.iter().enumerate().take(bounds[1]).skip(bounds[0]) {
                range.add(*hash, &(index as u64).to_be_bytes());
            }
            range
        };
        let ranges: Vec<CutCandidates> = ends.windows(2).map(range).collect();
        let starts: Vec<u64> = ends.iter().map(|end| *end as u64).collect();
        let parts = resolve_cuts(layout, &ranges);
        for part in &parts {
            assert!(part.offset < ranges[part.range].rows());
            if let Some(key) = &part.sort_key {
                assert_eq!(**key, (starts[part.range] + part.offset).to_be_bytes());
            }
        }
        parts
    }

    #[track_caller]
    fn check(target: u64, hashes: &[u64], ends: &[usize]) {
        let layout = layout(target);
        let rows: Vec<u64> = resolved(&layout, hashes, ends).iter().map(|part| part.rows).collect();
        assert_eq!(rows, walked(&layout, hashes), "{} records in ranges to {ends:?}", hashes.len());
    }

    #[test]
    fn edges() {
        check(16, &[], &[]);
        check(16, &[0], &[0, 0, 1, 1]);
        // No record is a candidate, and every record is one.
        check(16, &[u64::MAX; 200], &[7, 64, 65]);
        check(16, &[0; 200], &[3, 4, 5]);
        let weak = 1 << 61;
        check(16, &[weak; 200], &[15, 16, 17]);
    }

    #[test]
    fn the_vectors_of_the_format() {
        let hashes: Vec<u64> = (0..1500).map(|key: u32| key_hash(&Digest::of(key.to_string().as_bytes()))).collect();
        check(64, &hashes, &[1, 700, 700, 701]);
        check(16, &hashes[..200], &[100]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        /// Any ranges give the parts of one chunker.
        #[test]
        fn any_ranges_give_the_parts_of_the_whole(
            zeros in prop::collection::vec((0_u32..12, any::<u64>()), 0..600),
            ends in prop::collection::vec(any::<usize>(), 0..8),
            target in prop::sample::select(vec![16_u64, 32, 64, 256]),
        ) {
            let hashes: Vec<u64> = zeros.iter().map(|(zeros, bits)| bits >> zeros).collect();
            check(target, &hashes, &ends);
        }
    }
}
