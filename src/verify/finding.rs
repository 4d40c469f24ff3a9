//! [`Finding`]: one thing that is wrong with a release, and [`Findings`]: all of them, bounded.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::code::Code;
use crate::error::Error;
use crate::text;

/// How many findings of one code are kept in full; the counts are exact.
const KEPT: u64 = 20;

/// One thing that is wrong with a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub code: Code,
    /// The file, relative to the release.
    pub file: String,
    /// The row group within the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_group: Option<u64>,
    /// The column, or the path of its member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The row within the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The key of the row's record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What exactly, in one line.
    pub message: String,
}

impl Finding {
    /// A finding about a file as a whole. Names and messages are made fit to be shown.
    pub(super) fn new(code: Code, file: &str, message: &str) -> Self {
        let (file, message) = (text::one_line(file, 200), text::one_line(message, 400));
        Self { code, file, row_group: None, column: None, row: None, key: None, message }
    }

    /// The finding that a file cannot be read, with the causes that the error has.
    pub(super) fn unreadable(file: &str, error: &Error) -> Self {
        Self::new(Code::FileUnreadable, file, &error.with_causes())
    }

    /// The finding, in a row group (from 0).
    pub(super) fn in_group(mut self, group: usize) -> Self {
        self.row_group = Some(group as u64 + 1);
        self
    }

    /// The finding, in a column.
    pub(super) fn in_column(mut self, column: &str) -> Self {
        self.column = Some(text::one_line(column, 130));
        self
    }

    /// The finding, at a row (from 0) with a key.
    pub(super) fn at(mut self, row: u64, key: &str) -> Self {
        self.row = Some(row + 1);
        self.key = Some(text::one_line(key, 130));
        self
    }
}

/// Findings, with exact counts and the first of each code in full.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    counts: BTreeMap<Code, u64>,
    kept: Vec<Finding>,
}

impl Findings {
    pub(super) fn add(&mut self, finding: Finding) {
        if self.count(finding.code, 1) <= KEPT {
            self.kept.push(finding);
        }
    }

    /// Whether one more finding of this code would be kept in full.
    pub(super) fn keeps(&self, code: Code) -> bool {
        self.counts.get(&code).is_none_or(|count| *count < KEPT)
    }

    /// Adds what was found elsewhere, after what is here.
    pub(super) fn merge(&mut self, other: Self) {
        let mut left = other.counts;
        for finding in other.kept {
            left.entry(finding.code).and_modify(|count| *count -= 1);
            self.add(finding);
        }
        for (code, count) in left {
            self.count(code, count);
        }
    }

    fn count(&mut self, code: Code, more: u64) -> u64 {
        if more == 0 {
            return 0; // a code without findings is not there
        }
        let count = self.counts.entry(code).or_default();
        *count += more;
        *count
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How many there are of each code.
    pub fn counts(&self) -> &BTreeMap<Code, u64> {
        &self.counts
    }

    /// The first of each code, in the order in which they were found.
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_findings_are_counted_as_if_found_in_one_place() {
        let many = |count: u64| {
            let mut findings = Findings::default();
            (0..count).for_each(|row| findings.add(Finding::new(Code::RowHash, "a", "b").at(row, "c")));
            findings
        };
        let (mut merged, one) = (many(15), many(45));
        merged.merge(many(30));
        assert_eq!((merged.counts(), merged.total()), (one.counts(), 45));
        assert_eq!(merged.kept().len(), 20);
        assert_eq!(merged.kept()[15].row, Some(1));
    }
}
