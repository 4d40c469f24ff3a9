//! Do the parts hold records of the schema, in order, each with its own hash?

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use super::finding::{Finding, Findings};
use crate::code::Code;
use crate::digest::Digest;
use crate::parts::{PartError, PartReader};
use crate::record::{Fingerprint, Order, RecordHash, Rows, key_text, record_hash};
use crate::release::{MANIFEST, Manifest, Part};
use crate::schema::Schema;

/// Walks the parts of a release in order.
pub(super) struct Checker<'r> {
    schema: &'r Schema,
    order: Order,
    last: Option<Box<[u8]>>,
    keys: HashSet<Digest>,
    hashes: Vec<RecordHash>,
    complete: bool,
    findings: &'r mut Findings,
}

impl<'r> Checker<'r> {
    /// A checker for parts of this schema and order. `None`, with a finding, if the manifest
    /// names an order that the schema does not have.
    pub(super) fn new(schema: &'r Schema, manifest: &Manifest, findings: &'r mut Findings) -> Option<Self> {
        match Order::new(schema.columns(), &manifest.order_by, &manifest.key) {
            Ok(order) => {
                let (keys, hashes) = (HashSet::new(), Vec::new());
                Some(Self { schema, order, last: None, keys, hashes, complete: true, findings })
            }
            Err(error) => {
                findings.add(Finding::new(Code::ManifestInvalid, MANIFEST, &error.to_string()));
                None
            }
        }
    }

    /// The record hashes as recomputed, and whether every part was there and could be read.
    pub(super) fn finish(self) -> (Vec<RecordHash>, bool) {
        (self.hashes, self.complete)
    }

    /// Checks one part. One that is not `present` is missing or a link, and was told before.
    pub(super) fn part(&mut self, release: &Path, present: &BTreeSet<String>, place: usize, part: &Part) {
        let name = part.path(place);
        if !present.contains(&name) {
            self.complete = false;
            return;
        }
        let start = self.hashes.len();
        if let Err(error) = self.read(&release.join(&name), &name) {
            self.complete = false;
            let code = match error {
                PartError::Unreadable(_) => Code::PartUnreadable,
                PartError::Columns(_) => Code::PartColumns,
            };
            return self.findings.add(Finding::new(code, &name, &error.to_string()));
        }
        let mut hashes = self.hashes[start..].to_vec();
        if hashes.len() as u64 != part.rows {
            let message = format!("the manifest says {} rows, it has {}", part.rows, hashes.len());
            self.findings.add(Finding::new(Code::RowCount, &name, &message));
        }
        let fingerprint = Fingerprint::of(&mut hashes);
        if fingerprint != part.fingerprint {
            let message = format!("the manifest says {}, its rows give {fingerprint}", part.fingerprint);
            self.findings.add(Finding::new(Code::PartFingerprint, &name, &message));
        }
    }

    fn read(&mut self, path: &Path, name: &str) -> Result<(), PartError> {
        let columns = self.schema.columns();
        let mut canonical = Vec::new();
        let mut row_in_file = 0;
        for batch in PartReader::open(path, columns)? {
            let batch = batch?;
            let Some(rows) = Rows::new(columns, &batch) else {
                return Err(PartError::Columns("a batch has other columns than the part".into()));
            };
            for row in 0..rows.len() {
                let hash = record_hash(columns, &rows.record(row), &mut canonical);
                let key_cell = rows.cell(row, self.order.key());
                let key = key_text(&key_cell).unwrap_or_default();
                let sort_key = self.order.sort_key(|place| rows.cell(row, place));
                if hash != rows.stored_hash(row) {
                    let message = format!("it says {}, the record gives {hash}", rows.stored_hash(row));
                    self.findings.add(Finding::new(Code::RowHash, name, &message).at(row_in_file, Some(&key)));
                }
                let unique = self.keys.insert(Digest::of(key.as_bytes()));
                if !unique || self.last.as_ref().is_some_and(|last| *last >= sort_key) {
                    let message = if unique { "it belongs before the row above" } else { "its key came before" };
                    self.findings.add(Finding::new(Code::RowOrder, name, message).at(row_in_file, Some(&key)));
                }
                self.last = Some(sort_key);
                self.hashes.push(hash);
                row_in_file += 1;
            }
        }
        Ok(())
    }
}
