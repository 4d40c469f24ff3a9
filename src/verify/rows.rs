//! [`Facts`]: hashes and validates the records of one row group, on any thread. Checks across row groups are in
//! [`super::sequence`].

use std::borrow::Cow;

use arrow_array::RecordBatch;
use serde_json::Map;

use super::finding::{Finding, Findings};
use crate::code::Code;
use crate::digest::Digest;
use crate::part_files::{Extremes, Filter, Footer, Indexes, ParquetFile, PartError};
use crate::record::{
    Nulls, Order, Record, RecordHash, Rows, Summary, cell, cell_json, key_text, record_hash_and_length, to_json,
};
use crate::release::Manifest;
use crate::schema::{Columns, EXTRA, Extra, Schema, Violation};
use crate::storage::Location;

/// The most bytes of canonical form that are read of a row group. Row groups end at 64 MiB, but a dictionary
/// can expand to any size.
const MAX_BYTES: u64 = 512 << 20;

/// The rules for the rows of a release.
#[derive(Debug)]
pub(super) struct Rules<'r> {
    pub(super) schema: &'r Schema,
    pub(super) order: Order,
    pub(super) footer: Footer,
    /// Whether members were dropped from articles after validation.
    dropped: bool,
}

impl<'r> Rules<'r> {
    pub(super) fn new(schema: &'r Schema, order: Order, footer: Footer, manifest: &Manifest) -> Self {
        let may_drop = manifest.schema.extra == Extra::Drop;
        let dropped = may_drop && (manifest.base.is_some() || manifest.normalised.contains_key(EXTRA));
        Self { schema, order, footer, dropped }
    }

    pub(super) fn columns(&self) -> &'r Columns {
        self.schema.columns()
    }

    /// The violations of a record. Rules that dropped members may have satisfied cannot be checked again.
    fn violations(&self, article: &crate::json::Value<'_>) -> Vec<Violation> {
        let mut violations = self.schema.validate(article);
        if self.dropped {
            violations.retain(|violation| {
                use Code::{AnyOf, Contains, False, MinProperties, Not, OneOfMany, OneOfNone, Required};
                let uncheckable = [AnyOf, Contains, False, MinProperties, Not, OneOfMany, OneOfNone, Required];
                !uncheckable.contains(&violation.code)
            });
        }
        violations
    }
}

/// One row group of a part.
#[derive(Debug)]
pub(super) struct Task<'t> {
    pub(super) file: &'t ParquetFile,
    /// The part's path in the release.
    pub(super) name: &'t str,
    /// The row group, from 0.
    pub(super) group: usize,
}

/// The facts of a row group that checks across row groups need. All lists have an entry for each row.
#[derive(Debug)]
pub(super) struct Facts<'r> {
    /// The computed hashes. The stored one if a row cannot be hashed.
    pub(super) hashes: Vec<RecordHash>,
    pub(super) keys: Vec<String>,
    pub(super) key_digests: Vec<Digest>,
    pub(super) sort_keys: Vec<Box<[u8]>>,
    /// The lengths of the canonical forms in bytes. 0 if a row has none.
    pub(super) lengths: Vec<u64>,
    /// The ordering columns and the key of the first row.
    pub(super) first: Option<Map<String, serde_json::Value>>,
    /// The same of the last row.
    pub(super) last: Option<Map<String, serde_json::Value>>,
    pub(super) summary: Summary<'r>,
    /// Whether all rows could be read.
    pub(super) whole: bool,
    pub(super) findings: Findings,
}

impl<'r> Facts<'r> {
    /// Checks a row group.
    pub(super) fn of(rules: &Rules<'r>, task: &Task<'_>) -> Self {
        let columns = rules.columns();
        let facts = Self {
            hashes: Vec::new(),
            keys: Vec::new(),
            key_digests: Vec::new(),
            sort_keys: Vec::new(),
            lengths: Vec::new(),
            first: None,
            last: None,
            summary: Summary::new(columns),
            whole: true,
            findings: Findings::default(),
        };
        let mut checker = Checker {
            rules,
            task,
            facts,
            extremes: Extremes::new(columns, task.file, task.group),
            filter: None,
            canonical: Vec::new(),
            bytes: 0,
        };
        if let Err(error) = checker.read() {
            checker.facts.whole = false;
            let finding = unreadable(task.name, &error).in_group(task.group);
            checker.facts.findings.add(finding);
        }
        checker.facts
    }
}

/// The finding that a part cannot be read, or has other columns.
pub(super) fn unreadable(name: &str, error: &PartError) -> Finding {
    let code = match error {
        PartError::Unreadable(_) => Code::PartUnreadable,
        PartError::Columns(_) => Code::PartColumns,
    };
    Finding::new(code, name, &error.to_string())
}

struct Checker<'l, 'r> {
    rules: &'l Rules<'r>,
    task: &'l Task<'l>,
    facts: Facts<'r>,
    extremes: Extremes<'l>,
    filter: Option<Filter>,
    canonical: Vec<u8>,
    /// The bytes of canonical form so far.
    bytes: u64,
}

impl Checker<'_, '_> {
    fn read(&mut self) -> Result<(), PartError> {
        let (file, group) = (self.task.file, self.task.group);
        let key = &self.rules.columns().at(self.rules.order.key()).name;
        if let Some(leaf) = self.rules.footer.leaf(key) {
            self.filter = file.filter(group, leaf)?;
        }
        for batch in file.read(&file.all_columns(), Some(&[file.group(group)]))? {
            self.batch(&batch?)?;
        }
        let (name, findings) = (self.task.name, &mut self.facts.findings);
        self.extremes.compare(&mut |column, message| {
            findings.add(Finding::new(Code::Statistics, name, &message).in_group(group).in_column(&column));
        });
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch) -> Result<(), PartError> {
        let columns = self.rules.columns();
        let rows = Rows::new(columns, batch)
            .ok_or_else(|| PartError::Columns("a batch has different columns from the part".into()))?;
        self.facts.summary.add(batch.columns());
        self.extremes.add(batch);
        for row in 0..rows.len() {
            if self.bytes > MAX_BYTES {
                return Err(PartError::Unreadable("a row group has too many bytes of records".into()));
            }
            let record = rows.record(row);
            let fits = self.row(&record, &rows.stored_hash(row));
            let is_last = row + 1 == rows.len();
            if is_last || self.facts.hashes.len() == 1 {
                let ends = fits.then(|| self.ends(&record));
                if self.facts.hashes.len() == 1 {
                    self.facts.first.clone_from(&ends);
                }
                self.facts.last = ends;
            }
        }
        Ok(())
    }

    /// Checks one row. Returns whether its values are valid for their columns.
    fn row(&mut self, record: &Record<'_>, stored: &RecordHash) -> bool {
        let columns = self.rules.columns();
        let cell = &record.cells()[self.rules.order.key()];
        let key = key_text(cell).unwrap_or_default().into_owned();
        let at = u64::from(self.task.file.group(self.task.group).start) + self.facts.hashes.len() as u64;
        let (name, group) = (self.task.name, self.task.group);
        let finding = |code, message: &str| Finding::new(code, name, message).in_group(group).at(at, &key);
        let (mut hash, mut length) = (*stored, 0);
        let article = to_json(columns, record, Nulls::Missing);
        match &article {
            Err(invalid) => {
                self.facts.findings.add(finding(Code::RowValue, invalid.message).in_column(invalid.column));
            }
            Ok(article) => {
                (hash, length) = record_hash_and_length(columns, record, &mut self.canonical);
                if hash != *stored {
                    let message = format!("the column has {stored}, the record has {hash}");
                    self.facts.findings.add(finding(Code::RowHash, &message));
                }
                let violations = self.rules.violations(article);
                // Missing and null are the same in a record. One of the two must be valid.
                let with_nulls =
                    || to_json(columns, record, Nulls::Written).map(|written| self.rules.violations(&written));
                let is_invalid = !violations.is_empty() && with_nulls().is_ok_and(|found| !found.is_empty());
                if let Some(first) = violations.first().filter(|_| is_invalid) {
                    let message = message(first, violations.len());
                    self.facts.findings.add(finding(Code::RowInvalid, &message).in_column(column(first)));
                }
            }
        }
        if self.filter.as_ref().is_some_and(|filter| !filter.has(cell)) {
            let message = "a reader that looks up this key would skip the row group";
            self.facts.findings.add(finding(Code::KeyFilter, message));
        }
        self.bytes += length;
        self.facts.hashes.push(hash);
        self.facts.lengths.push(length);
        self.facts.sort_keys.push(self.rules.order.sort_key(|index| &record.cells()[index]));
        // All keys of a release have one type, so the text identifies the key.
        self.facts.key_digests.push(Digest::of(key.as_bytes()));
        self.facts.keys.push(key);
        article.is_ok()
    }

    fn ends(&self, record: &Record<'_>) -> Map<String, serde_json::Value> {
        let value = |index: &usize| {
            let column = self.rules.columns().at(*index);
            (column.name.clone(), cell_json(column, &record.cells()[*index]))
        };
        self.rules.order.places().iter().map(value).collect()
    }
}

fn message(first: &Violation, violations: usize) -> String {
    let at = if first.pointer.is_empty() { String::new() } else { format!(" at {}", first.pointer) };
    let more = if violations > 1 { format!(" (and {} more)", violations - 1) } else { String::new() };
    format!("{}{at}: {}{more}", first.code, first.message)
}

/// The column of a violation: the first segment of its pointer.
fn column(violation: &Violation) -> &str {
    violation.pointer.split('/').nth(1).unwrap_or_default()
}

/// The key of a row (from 0) of a part, read again. Empty if it cannot be read.
pub(super) fn key_at(part: &Location, columns: &Columns, order: &Order, row: u64) -> String {
    let find = || -> Option<String> {
        let file = ParquetFile::part(part, columns, Indexes::Pages).ok()?;
        let row = u32::try_from(row).ok().filter(|row| *row < file.rows())?;
        let batch = file.read(&[order.key()], Some(std::slice::from_ref(&(row..row + 1)))).ok()?.next()?.ok()?;
        key_text(&cell(columns.at(order.key()), batch.column(0), 0)).map(Cow::into_owned)
    };
    find().unwrap_or_default()
}
