//! [`Sequence`]: checks across row groups, in the order of the release: order, ends of parts and row groups,
//! keys, fingerprints, and the summaries in the manifest. It reads no rows, except for the key in a finding.

use std::collections::HashSet;
use std::path::Path;

use serde_json::{Map, Value};

use super::finding::{Finding, Findings};
use super::layout::{Ends, Misplaced};
use super::rows::{Facts, Rules, key_at};
use super::sets::{Keys, MEMORY};
use crate::code::Code;
use crate::error::Error;
use crate::external_sort::RecordHashes;
use crate::part_files::key_hash;
use crate::record::{Fingerprint, RecordHash, Summary};
use crate::release::{MANIFEST, Manifest, Part};
use crate::storage::Location;

/// The checks across row groups. It gets their facts in the order of the release.
#[derive(Debug)]
pub(super) struct Sequence<'r> {
    rules: &'r Rules<'r>,
    manifest: &'r Manifest,
    last: Option<Box<[u8]>>,
    withdrawn: &'r HashSet<String>,
    keys: Keys,
    hashes: RecordHashes,
    summary: Summary<'r>,
    /// For each part that was read: the number of its first row, across all parts, and its index.
    starts: Vec<(u64, usize)>,
    /// Whether every row of every part was read.
    complete: bool,
    part: PartSoFar,
}

/// The current part.
#[derive(Debug)]
struct PartSoFar {
    ends: Ends,
    hashes: Vec<RecordHash>,
    first: Option<Map<String, Value>>,
    last: Option<Map<String, Value>>,
    whole: bool,
}

impl<'r> Sequence<'r> {
    pub(super) fn new(
        rules: &'r Rules<'r>,
        manifest: &'r Manifest,
        withdrawn: &'r HashSet<String>,
        scratch: &Path,
    ) -> Self {
        Self {
            rules,
            manifest,
            last: None,
            withdrawn,
            keys: Keys::new(scratch),
            hashes: RecordHashes::new(scratch, MEMORY),
            summary: Summary::new(rules.columns()),
            starts: Vec::new(),
            complete: true,
            part: PartSoFar::new(manifest),
        }
    }

    /// Skips a part that is missing or cannot be read.
    pub(super) fn skip(&mut self) {
        self.complete = false;
    }

    /// Starts a part.
    pub(super) fn start(&mut self, index: usize) {
        self.part = PartSoFar::new(self.manifest);
        self.starts.push((self.hashes.len(), index));
    }

    /// Checks the next row group (from 0) of the part.
    ///
    /// # Errors
    /// [`Error::Io`] if a scratch file cannot be written.
    pub(super) fn group(
        &mut self,
        name: &str,
        group: usize,
        facts: Facts<'r>,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        findings.merge(facts.findings);
        self.part.whole &= facts.whole;
        for (row, sort_key) in facts.sort_keys.into_iter().enumerate() {
            let (key, digest, length) = (&facts.keys[row], &facts.key_digests[row], facts.lengths[row]);
            let at = (self.part.hashes.len() + row) as u64;
            let finding = |code, message| Finding::new(code, name, message).in_group(group).at(at, key);
            if self.last.as_ref().is_some_and(|last| *last > sort_key) {
                findings.add(finding(Code::RowOrder, "the row sorts before the previous row"));
            }
            // The rows that could not be read may have been its end.
            let misplaced = self.part.ends.record(key_hash(digest), length, row == 0);
            if let Some(misplaced) = misplaced.filter(|_| self.part.whole) {
                let (code, message) = match misplaced {
                    Misplaced::PartGoesOn => (Code::Cut, "the part should have ended before this row"),
                    Misplaced::GroupGoesOn => (Code::RowGroup, "the row group should have ended before this row"),
                    Misplaced::GroupEnded => (Code::RowGroup, "this row belongs in the previous row group"),
                };
                findings.add(finding(code, message));
            }
            if self.withdrawn.contains(key.as_str()) {
                findings.add(finding(Code::Withdrawn, "this record was withdrawn according to the release"));
            }
            self.last = Some(sort_key);
            self.keys.add(digest)?;
            self.hashes.add(&facts.hashes[row])?;
        }
        self.part.hashes.extend(facts.hashes);
        if group == 0 {
            self.part.first = facts.first;
        }
        self.part.last = facts.last;
        self.summary.merge(facts.summary);
        Ok(())
    }

    /// Ends the part.
    pub(super) fn end(&mut self, name: &str, index: usize, findings: &mut Findings) {
        if !self.part.whole {
            return self.skip();
        }
        let part = &self.manifest.parts[index];
        let last = index + 1 == self.manifest.parts.len();
        if !last && !self.part.ends.is_end() {
            let row = (self.part.hashes.len() as u64).saturating_sub(1);
            let message = "the part should not end with this row";
            let key = self.part.last.as_ref().and_then(|last| last.get(&self.manifest.key)).map(text);
            findings.add(Finding::new(Code::Cut, name, message).at(row, &key.unwrap_or_default()));
        }
        let rows = self.part.hashes.len() as u64;
        if rows != part.rows {
            let message = format!("expected {} rows, found {rows}", part.rows);
            findings.add(Finding::new(Code::RowCount, name, &message));
        }
        self.check_ends(name, part, findings);
        let fingerprint = Fingerprint::of(&mut self.part.hashes);
        if fingerprint != part.fingerprint {
            let message = format!("expected {}, the rows have {fingerprint}", part.fingerprint);
            findings.add(Finding::new(Code::PartFingerprint, name, &message));
        }
    }

    fn check_ends(&self, name: &str, part: &Part, findings: &mut Findings) {
        let ends = [("first", &part.first, &self.part.first), ("last", &part.last, &self.part.last)];
        for (word, listed, found) in ends {
            if let Some(found) = found.as_ref().filter(|found| *found != listed) {
                let json = |map: &Map<String, Value>| Value::Object(map.clone()).to_string();
                let message = format!("`{word}` is {} in the manifest, {} in the part", json(listed), json(found));
                findings.add(Finding::new(Code::PartEnds, name, &message));
            }
        }
    }

    /// Checks all rows together. Returns the number of hashed records.
    ///
    /// # Errors
    /// [`Error::Io`] if a scratch file cannot be read.
    pub(super) fn finish(self, folder: &Location, findings: &mut Findings) -> Result<u64, Error> {
        let (rules, manifest) = (self.rules, self.manifest);
        let records = self.hashes.len();
        let part_of = |row: u64| {
            let after = self.starts.partition_point(|(start, _)| *start <= row);
            let (start, index) = self.starts[after - 1]; // every row is in a part
            (manifest.parts[index].path(index), row - start)
        };
        self.keys.repeats(|first, row| {
            let ((first_name, first_row), (name, row)) = (part_of(first), part_of(row));
            let message = format!("the key is also in row {} of {first_name}", first_row + 1);
            let mut finding = Finding::new(Code::RowKey, &name, &message).at(row, "");
            if findings.keeps(Code::RowKey) {
                finding = finding.at(row, &key_at(&folder.join(&name), rules.columns(), &rules.order, row));
            }
            findings.add(finding);
        })?;
        if !self.complete {
            return Ok(records); // the rest compares all rows
        }
        let fingerprint = self.hashes.fingerprint()?;
        if fingerprint != manifest.fingerprint {
            let message = format!("expected {}, the rows have {fingerprint}", manifest.fingerprint);
            findings.add(Finding::new(Code::Fingerprint, MANIFEST, &message));
        }
        let found = self.summary.finish();
        for (listed, (nulls, extremes)) in manifest.columns.iter().zip(found) {
            let (min, max) = extremes.unzip();
            if (listed.nulls, &listed.min, &listed.max) != (nulls, &min, &max) {
                let shown = |value: &Option<Value>| value.as_ref().map_or("none".to_owned(), Value::to_string);
                let summary = |nulls: u64, min, max| format!("{nulls} nulls, {} to {}", shown(min), shown(max));
                let expected = summary(listed.nulls, &listed.min, &listed.max);
                let message = format!("expected {expected}; the rows have {}", summary(nulls, &min, &max));
                findings.add(Finding::new(Code::ColumnSummary, MANIFEST, &message).in_column(&listed.name));
            }
        }
        Ok(records)
    }
}

impl PartSoFar {
    fn new(manifest: &Manifest) -> Self {
        Self { ends: Ends::new(&manifest.layout), hashes: Vec::new(), first: None, last: None, whole: true }
    }
}

/// A key as text.
fn text(key: &Value) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}
