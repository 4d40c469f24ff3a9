//! The row groups of a release one after another: order, ends of parts and row groups, keys,
//! fingerprints and what the manifest says of parts and columns.

use std::collections::HashSet;
use std::path::Path;

use serde_json::{Map, Value};

use super::finding::{Finding, Findings};
use super::layout::{Ends, Misplaced};
use super::rows::{Facts, Rules, key_at};
use super::sets::{Hashes, Keys};
use crate::code::Code;
use crate::error::Error;
use crate::part_files::key_hash;
use crate::record::{Fingerprint, RecordHash, Summary};
use crate::release::{MANIFEST, Manifest, Part};
use crate::storage::Location;

/// Takes the facts of row groups in the order of the release.
#[derive(Debug)]
pub(super) struct Sequence<'r> {
    rules: &'r Rules<'r>,
    manifest: &'r Manifest,
    last: Option<Box<[u8]>>,
    withdrawn: HashSet<&'r str>,
    keys: Keys,
    hashes: Hashes,
    summary: Summary<'r>,
    /// Each part that was read: the number of its first row, over all parts, and its place.
    starts: Vec<(u64, usize)>,
    /// Whether every row of every part was read.
    complete: bool,
    part: PartSoFar,
}

/// What was seen of the part that is being read.
#[derive(Debug)]
struct PartSoFar {
    ends: Ends,
    hashes: Vec<RecordHash>,
    first: Option<Map<String, Value>>,
    last: Option<Map<String, Value>>,
    whole: bool,
}

impl<'r> Sequence<'r> {
    pub(super) fn new(rules: &'r Rules<'r>, manifest: &'r Manifest, scratch: &Path) -> Self {
        Self {
            rules,
            manifest,
            last: None,
            withdrawn: manifest.withdrawn.iter().map(|record| record.key.as_str()).collect(),
            keys: Keys::new(scratch),
            hashes: Hashes::new(scratch),
            summary: Summary::new(rules.columns()),
            starts: Vec::new(),
            complete: true,
            part: PartSoFar::new(manifest),
        }
    }

    /// A part cannot be read, or not here.
    pub(super) fn skip(&mut self) {
        self.complete = false;
    }

    /// A part begins.
    pub(super) fn start(&mut self, place: usize) {
        self.part = PartSoFar::new(self.manifest);
        self.starts.push((self.hashes.len(), place));
    }

    /// The next row group of the part, from 0.
    ///
    /// # Errors
    /// A scratch file that cannot be written.
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
            // What was left out of a row group may have been its end.
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
                findings.add(finding(Code::Withdrawn, "this record was withdrawn according to the manifest"));
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

    /// The part ends.
    pub(super) fn end(&mut self, name: &str, place: usize, findings: &mut Findings) {
        if !self.part.whole {
            return self.skip();
        }
        let part = &self.manifest.parts[place];
        let last = place + 1 == self.manifest.parts.len();
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
        for (word, told, found) in ends {
            if let Some(found) = found.as_ref().filter(|found| *found != told) {
                let json = |map: &Map<String, Value>| Value::Object(map.clone()).to_string();
                let message = format!("`{word}` is {} in the manifest, {} in the part", json(told), json(found));
                findings.add(Finding::new(Code::PartEnds, name, &message));
            }
        }
    }

    /// What all rows together say. Gives the number of records that were hashed.
    ///
    /// # Errors
    /// A scratch file that cannot be read back.
    pub(super) fn finish(self, folder: &Location, findings: &mut Findings) -> Result<u64, Error> {
        let (rules, manifest) = (self.rules, self.manifest);
        let records = self.hashes.len();
        let place_of = |row: u64| {
            let after = self.starts.partition_point(|(start, _)| *start <= row);
            let (start, place) = self.starts[after - 1]; // every row is in a part that was started
            (manifest.parts[place].path(place), row - start)
        };
        self.keys.repeats(|first, row| {
            let ((first_name, first_row), (name, row)) = (place_of(first), place_of(row));
            let message = format!("the key is also in row {} of {first_name}", first_row + 1);
            let mut finding = Finding::new(Code::RowKey, &name, &message).at(row, "");
            if findings.keeps(Code::RowKey) {
                finding = finding.at(row, &key_at(&folder.join(&name), rules.columns(), &rules.order, row));
            }
            findings.add(finding);
        })?;
        if !self.complete {
            return Ok(records); // of some of the rows nothing can be compared
        }
        let fingerprint = self.hashes.fingerprint()?;
        if fingerprint != manifest.fingerprint {
            let message = format!("expected {}, the rows have {fingerprint}", manifest.fingerprint);
            findings.add(Finding::new(Code::Fingerprint, MANIFEST, &message));
        }
        let found = self.summary.finish();
        for (told, (nulls, extremes)) in manifest.columns.iter().zip(found) {
            let (min, max) = extremes.unzip();
            if (told.nulls, &told.min, &told.max) != (nulls, &min, &max) {
                let shown = |value: &Option<Value>| value.as_ref().map_or("none".to_owned(), Value::to_string);
                let summary = |nulls: u64, min, max| format!("{nulls} nulls, {} to {}", shown(min), shown(max));
                let (told_text, found) = (summary(told.nulls, &told.min, &told.max), summary(nulls, &min, &max));
                let message = format!("expected {told_text}; the rows have {found}");
                findings.add(Finding::new(Code::ColumnSummary, MANIFEST, &message).in_column(&told.name));
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
