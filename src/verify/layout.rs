//! [`Ends`]: checks that parts and row groups end where the layout requires.
//!
//! It only needs the key and the length of the canonical form of each record, in order.

use crate::part_files::{Chunker, Layout, RowGroupRule};

/// The check of one part.
#[derive(Debug)]
pub(super) struct Ends {
    cut: Chunker,
    groups: RowGroupRule,
    layout: Layout,
    started: bool,
    part: Due,
    group: Due,
}

/// Whether something should have ended before the current record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    No,
    Now,
    /// It did not end, which was reported.
    Reported,
}

/// What is wrong with the position of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misplaced {
    /// The part should have ended before it.
    PartGoesOn,
    /// The row group should have ended before it.
    GroupGoesOn,
    /// It starts a row group, but belongs to the previous one.
    GroupEnded,
}

impl Ends {
    /// Starts a part.
    pub(super) fn new(layout: &Layout) -> Self {
        let (cut, groups, layout) = (Chunker::new(layout), RowGroupRule::new(layout), layout.clone());
        Self { cut, groups, layout, started: false, part: Due::No, group: Due::No }
    }

    /// Checks the next record. `key_hash` decides where parts are cut, and `length` is that of the canonical
    /// form in bytes.
    pub(super) fn record(&mut self, key_hash: u64, length: u64, starts_group: bool) -> Option<Misplaced> {
        let mut misplaced = None;
        if starts_group {
            if self.started && self.group == Due::No {
                misplaced = Some(Misplaced::GroupEnded);
            }
            (self.groups, self.group) = (RowGroupRule::new(&self.layout), Due::No);
        } else if self.group == Due::Now {
            self.group = Due::Reported;
            misplaced = Some(Misplaced::GroupGoesOn);
        }
        if self.part == Due::Now {
            self.part = Due::Reported;
            misplaced = Some(Misplaced::PartGoesOn);
        }
        self.started = true;
        if self.groups.after(length) && self.group == Due::No {
            self.group = Due::Now;
        }
        if self.cut.after(key_hash) && self.part == Due::No {
            self.part = Due::Now;
        }
        misplaced
    }

    /// Whether a part may end with the last record.
    pub(super) fn is_end(&self) -> bool {
        self.part == Due::Now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::part_files::key_hash;

    /// Checks the records with the keys `0`, `1`, ... in row groups of these sizes.
    #[track_caller]
    fn check(length: u64, groups: &[usize], want: &[(u64, Misplaced)], is_end: bool) {
        let layout = Layout { cut: "key-fastcdc/1".to_owned(), target_rows: 16, row_group_rows: 2 };
        let (mut ends, mut found, mut number) = (Ends::new(&layout), Vec::new(), 0_u64);
        for size in groups {
            for row in 0..*size {
                let hash = key_hash(&Digest::of(number.to_string().as_bytes()));
                found.extend(ends.record(hash, length, row == 0).map(|misplaced| (number, misplaced)));
                number += 1;
            }
        }
        assert_eq!((found.as_slice(), ends.is_end()), (want, is_end), "{groups:?}");
    }

    #[test]
    fn ends() {
        // By the vectors of FORMAT.md, parts of these keys have 30 rows, then 17.
        check(1, &[2; 15], &[], true);
        check(1, &[2, 2, 1], &[], false);
        check(1, &[2, 1, 2, 1], &[(3, Misplaced::GroupEnded)], false);
        check(1, &[2, 5, 2], &[(4, Misplaced::GroupGoesOn)], false);
        check(1, &[2; 16], &[(30, Misplaced::PartGoesOn)], false);
        check(1 << 26, &[1, 1], &[], false);
        check(1 << 26, &[2, 1], &[(1, Misplaced::GroupGoesOn)], false);
    }
}
