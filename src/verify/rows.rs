//! One row group by itself: each record hashed and judged again. Any thread may do it; what takes
//! more than one row group to know is left to [`super::sequence`].

use std::borrow::Cow;

use arrow_array::RecordBatch;
use serde_json::Map;

use super::finding::{Finding, Findings};
use crate::code::Code;
use crate::digest::Digest;
use crate::part_files::{Extremes, Filter, Footer, ParquetFile, PartError};
use crate::record::{Cell, Nulls, Order, Record, RecordHash, Rows, Summary, cell_json, key_text, record_hash, to_json};
use crate::release::Manifest;
use crate::schema::{Columns, EXTRA, Extra, Schema, Violation};
use crate::storage::Location;

/// A row group ends at 64 MiB of canonical form. One that goes on far behind it is read no further: a
/// dictionary can stand for any number of bytes.
const MOST_BYTES: u64 = 512 << 20;

/// What all rows of a release are held against.
#[derive(Debug)]
pub(super) struct Rules<'r> {
    pub(super) schema: &'r Schema,
    pub(super) order: Order,
    pub(super) footer: Footer,
    /// Whether members were dropped from articles, which the schema may have asked for.
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

    /// The rules that a record breaks. Where members were dropped after an article was judged,
    /// what rests on their being there cannot be judged again.
    fn broken(&self, article: &crate::json::Value<'_>) -> Vec<Violation> {
        let mut broken = self.schema.validate(article);
        if self.dropped {
            broken.retain(|violation| {
                use Code::{AnyOf, Contains, False, MinProperties, Not, OneOfMany, OneOfNone, Required};
                let rests = [AnyOf, Contains, False, MinProperties, Not, OneOfMany, OneOfNone, Required];
                !rests.contains(&violation.code)
            });
        }
        broken
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

/// What is known of the rows of a row group. All lists have an entry for each row.
#[derive(Debug)]
pub(super) struct Facts<'r> {
    /// Recomputed; as stored where a row holds what cannot be hashed.
    pub(super) hashes: Vec<RecordHash>,
    pub(super) keys: Vec<String>,
    pub(super) key_digests: Vec<Digest>,
    pub(super) sort_keys: Vec<Box<[u8]>>,
    /// Of the canonical form, in bytes; 0 where a row has none.
    pub(super) lengths: Vec<u64>,
    /// The ordering columns and key of the first row and the last.
    pub(super) first: Option<Map<String, serde_json::Value>>,
    pub(super) last: Option<Map<String, serde_json::Value>>,
    pub(super) summary: Summary<'r>,
    /// Whether all rows could be read.
    pub(super) whole: bool,
    pub(super) findings: Findings,
}

impl<'r> Facts<'r> {
    /// Looks through a row group.
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
        let mut looker = Looker {
            rules,
            task,
            facts,
            extremes: Extremes::new(columns, task.file, task.group),
            filter: None,
            canonical: Vec::new(),
            bytes: 0,
        };
        if let Err(error) = looker.read() {
            looker.facts.whole = false;
            let finding = unreadable(task.name, &error).in_group(task.group);
            looker.facts.findings.add(finding);
        }
        looker.facts
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

struct Looker<'l, 'r> {
    rules: &'l Rules<'r>,
    task: &'l Task<'l>,
    facts: Facts<'r>,
    extremes: Extremes<'l>,
    filter: Option<Filter>,
    canonical: Vec<u8>,
    /// How many bytes of canonical form there were.
    bytes: u64,
}

impl Looker<'_, '_> {
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
            if self.bytes > MOST_BYTES {
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

    /// Looks at one row. Whether it holds nothing that its columns must not hold.
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
            Err(unfit) => {
                self.facts.findings.add(finding(Code::RowValue, unfit.message).in_column(unfit.column));
            }
            Ok(article) => {
                hash = record_hash(columns, record, &mut self.canonical);
                length = self.canonical.len() as u64;
                if hash != *stored {
                    let message = format!("the column has {stored}, the record has {hash}");
                    self.facts.findings.add(finding(Code::RowHash, &message));
                }
                let broken = self.rules.broken(article);
                let written = || to_json(columns, record, Nulls::Written).map(|article| self.rules.broken(&article));
                let is_broken = !broken.is_empty() && written().is_ok_and(|broken| !broken.is_empty());
                if let Some(first) = broken.first().filter(|_| is_broken) {
                    let message = message(first, broken.len());
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
        self.facts.sort_keys.push(self.rules.order.sort_key(|place| &record.cells()[place]));
        // The text of a key is the key: all keys of a release have one type.
        self.facts.key_digests.push(Digest::of(key.as_bytes()));
        self.facts.keys.push(key);
        article.is_ok()
    }

    fn ends(&self, record: &Record<'_>) -> Map<String, serde_json::Value> {
        let value = |place: &usize| {
            let column = self.rules.columns().at(*place);
            (column.name.clone(), cell_json(column, &record.cells()[*place]))
        };
        self.rules.order.places().iter().map(value).collect()
    }
}

fn message(first: &Violation, broken: usize) -> String {
    let at = if first.pointer.is_empty() { String::new() } else { format!(" at {}", first.pointer) };
    let more = if broken > 1 { format!(" (and {} more)", broken - 1) } else { String::new() };
    format!("{}{at}: {}{more}", first.code, first.message)
}

/// The column that a violation is about: the first step of its pointer.
fn column(violation: &Violation) -> &str {
    violation.pointer.split('/').nth(1).unwrap_or_default()
}

/// The key of a row (from 0) of a part, read again; empty if that fails.
pub(super) fn key_at(part: &Location, columns: &Columns, order: &Order, row: u64) -> String {
    let find = || -> Option<String> {
        let file = ParquetFile::part(part, columns).ok()?;
        let row = u32::try_from(row).ok().filter(|row| *row < file.rows())?;
        let batch = file.read(&file.all_columns(), Some(std::slice::from_ref(&(row..row + 1)))).ok()?.next()?.ok()?;
        let cell: Cell<'_> = Rows::new(columns, &batch)?.cell(0, order.key());
        key_text(&cell).map(Cow::into_owned)
    };
    find().unwrap_or_default()
}
