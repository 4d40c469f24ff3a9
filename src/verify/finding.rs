//! [`Finding`]: one thing that is wrong with a release. [`Findings`]: all of them, in bounded memory.

use std::collections::BTreeMap;
use std::io::ErrorKind;

use serde::Serialize;

use crate::code::Code;
use crate::error::Error;
use crate::text;

/// The most findings of one code that are kept. The counts are exact.
const KEPT: u64 = 20;

/// One thing that is wrong with a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The code.
    pub code: Code,
    /// The path of the file, relative to the release.
    pub file: String,
    /// The row group within the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_group: Option<u64>,
    /// The column, or the dotted path of a member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The row within the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The key of the row's record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What is wrong, in one line.
    pub message: String,
}

impl Finding {
    /// A finding in a file. Names and messages are escaped for terminals.
    pub(super) fn new(code: Code, file: &str, message: &str) -> Self {
        let (file, message) = (text::one_line(file, 200), text::one_line(message, 400));
        Self { code, file, row_group: None, column: None, row: None, key: None, message }
    }

    /// Adds the row group (from 0).
    pub(super) fn in_group(mut self, group: usize) -> Self {
        self.row_group = Some(group as u64 + 1);
        self
    }

    /// Adds the column.
    pub(super) fn in_column(mut self, column: &str) -> Self {
        self.column = Some(text::one_line(column, 130));
        self
    }

    /// Adds the row (from 0) and its key.
    pub(super) fn at(mut self, row: u64, key: &str) -> Self {
        self.row = Some(row + 1);
        self.key = Some(text::one_line(key, 130));
        self
    }
}

/// Findings: exact counts, and the first of each code.
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

    /// Adds that a file cannot be read.
    ///
    /// # Errors
    /// The error, if the system refused to read the file: then it is not known what is in it.
    pub(super) fn add_unreadable(&mut self, file: &str, error: Error) -> Result<(), Error> {
        match error {
            Error::Io { ref source, .. } if source.raw_os_error().is_some() && source.kind() != ErrorKind::NotFound => {
                Err(error)
            }
            error => {
                self.add(Finding::new(Code::FileUnreadable, file, &error.with_causes()));
                Ok(())
            }
        }
    }

    /// Whether another finding of this code would be kept.
    pub(super) fn keeps(&self, code: Code) -> bool {
        self.counts.get(&code).is_none_or(|count| *count < KEPT)
    }

    /// Appends other findings.
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
            return 0; // codes without findings have no entry
        }
        let count = self.counts.entry(code).or_default();
        *count += more;
        *count
    }

    /// The number of findings.
    pub(crate) fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The number of findings of each code.
    pub fn counts(&self) -> &BTreeMap<Code, u64> {
        &self.counts
    }

    /// The first findings of each code, in the order in which they were found.
    pub(crate) fn kept(&self) -> &[Finding] {
        &self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_findings_are_counted_and_bounded() {
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

    /// What the system keeps from being read may be intact.
    #[test]
    fn an_error_of_the_system_is_no_damage() {
        let error = |source: std::io::Error| Error::io("read", std::path::Path::new("a"), source);
        let mut findings = Findings::default();
        for number in [5, 13] {
            assert!(findings.add_unreadable("a", error(std::io::Error::from_raw_os_error(number))).is_err());
        }
        for source in [ErrorKind::NotFound.into(), ErrorKind::UnexpectedEof.into(), std::io::Error::other("too large")]
        {
            findings.add_unreadable("a", error(source)).unwrap();
        }
        assert_eq!(findings.counts()[&Code::FileUnreadable], 3);
    }
}
