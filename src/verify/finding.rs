//! [`Finding`]: one thing that is wrong with a release, and [`Findings`]: all of them, bounded.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::code::Code;
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
        Self { code, file, row: None, key: None, message }
    }

    /// The finding, at a row (from 0) with a key.
    pub(super) fn at(mut self, row: u64, key: Option<&str>) -> Self {
        self.row = Some(row + 1);
        self.key = key.map(|key| text::one_line(key, 130));
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
        let count = self.counts.entry(finding.code).or_default();
        *count += 1;
        if *count <= KEPT {
            self.kept.push(finding);
        }
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
