//! [`encode_part`]: the stage from sorted records to the bytes of one part.
//!
//! It works on one thread and reads no files. `publish` encodes the row groups of a part on several
//! threads, with the same encoder and writer, and gets the same bytes.

use std::io::Write;

use arrow_array::RecordBatch;

use super::chunking::RowGroupRule;
use super::encode::PartEncoder;
use super::writer::{PartWriteError, PartWriter};
use crate::digest::Digest;
use crate::external_sort::Selection;
use crate::record::{Fingerprint, Order, RecordHash, Rows, Summary, cell_json, record_hash_and_length};
use crate::schema::Columns;

/// The ordering columns and the key of a record, as JSON.
pub(crate) type RecordKeys = serde_json::Map<String, serde_json::Value>;

/// What a release lists of a part.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PartDescription {
    /// The number of records, at least one.
    pub rows: u64,
    /// The size of the part in bytes.
    pub bytes: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// The fingerprint of its records.
    pub fingerprint: Fingerprint,
    /// The first record.
    pub first: RecordKeys,
    /// The last record.
    pub last: RecordKeys,
}

/// Encodes records as one part with the settings of a release, writes it to `out`, and returns the output
/// and the description of the part.
///
/// The batches come from [`crate::record::batch`]: the columns of the encoder and `record_sha256`. Their
/// records are in the encoder's order, and no two have one key. Together they are one part of a release,
/// as [`super::Chunker`] cuts it. A row group is held in memory at a time.
///
/// # Errors
/// [`PartWriteError`] if a batch has other columns, there is no record, a record is out of order or does not
/// have its hash, or `out` cannot be written.
///
/// # Example
/// ```
/// use pressmark::part_files::{Layout, PartEncoder, encode_part};
/// use pressmark::record::{Order, admit, batch, record_hash};
/// use pressmark::schema::{Extra, Schema};
///
/// let schema = br#"{
///     "$schema": "https://json-schema.org/draft/2020-12/schema",
///     "type": "object",
///     "required": ["id"],
///     "properties": {"id": {"type": "string"}, "words": {"type": "integer"}}
/// }"#;
/// let schema = Schema::compile("schema.json".into(), schema.to_vec(), Extra::Reject)?;
/// let columns = schema.columns();
/// let order = Order::new(columns, &[], "id")?;
///
/// let (mut records, mut hashes) = (Vec::new(), Vec::new());
/// for article in [r#"{"id": "a", "words": 7}"#, r#"{"id": "b"}"#] {
///     let article = pressmark::json::parse(article.as_bytes()).expect("this is JSON");
///     let record = admit(columns, Extra::Reject, &article).expect("the columns can hold it").record;
///     hashes.push(record_hash(columns, &record, &mut Vec::new()));
///     records.push(record);
/// }
///
/// let encoder = PartEncoder::new(columns, &order, &Layout::choose(2, 40), &schema.sha256())?;
/// let (part, bytes) = encode_part(&encoder, [batch(columns, &records, &hashes)], Vec::new())?;
/// assert_eq!((part.rows, part.bytes), (2, bytes.len() as u64));
/// assert_eq!((&part.first["id"], &part.last["id"]), (&"a".into(), &"b".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encode_part<W: Write + Send>(
    encoder: &PartEncoder,
    batches: impl IntoIterator<Item = RecordBatch>,
    out: W,
) -> Result<(PartDescription, W), PartWriteError> {
    let mut part = OpenPart {
        encoder,
        writer: PartWriter::new(out, encoder)?,
        rule: RowGroupRule::new(&encoder.layout),
        group: Selection::default(),
        hashes: Vec::new(),
        first: RecordKeys::new(),
        last: None,
        canonical: Vec::new(),
    };
    for (index, batch) in batches.into_iter().enumerate() {
        part.add(index, &batch)?;
    }
    part.finish()
}

/// The ordering columns and the key of the record in a batch of one row.
pub(crate) fn record_keys(columns: &Columns, order: &Order, row: &RecordBatch) -> RecordKeys {
    let rows = Rows::new(columns, row).expect("rows are of the release's own columns");
    let value = |index: &usize| {
        let column = columns.at(*index);
        (column.name.clone(), cell_json(column, &rows.cell(0, *index)))
    };
    order.places().iter().map(value).collect()
}

/// A part that is being encoded.
struct OpenPart<'e, W: Write + Send> {
    encoder: &'e PartEncoder,
    writer: PartWriter<W>,
    rule: RowGroupRule,
    /// The rows of the next row group.
    group: Selection,
    hashes: Vec<RecordHash>,
    first: RecordKeys,
    /// The last record, and its position in the order.
    last: Option<(RecordBatch, Box<[u8]>)>,
    canonical: Vec<u8>,
}

impl<W: Write + Send> OpenPart<'_, W> {
    /// Adds the records of the batch with this index.
    fn add(&mut self, index: usize, batch: &RecordBatch) -> Result<(), PartWriteError> {
        let PartEncoder { columns, order, .. } = self.encoder;
        let other = || PartWriteError("a batch does not have the columns of the schema".to_owned());
        let rows = Rows::new(columns, batch).ok_or_else(other)?;
        let fault = |row: usize, what: &str| {
            PartWriteError(format!("the record in row {} of batch {} {what}", row + 1, index + 1))
        };
        for row in 0..rows.len() {
            let record = rows.record(row);
            let (hash, length) = record_hash_and_length(columns, &record, &mut self.canonical);
            if hash != rows.stored_hash(row) {
                return Err(fault(row, "does not have the hash in `record_sha256`"));
            }
            let position = order.sort_key(|column| &record.cells()[column]);
            if self.last.as_ref().is_some_and(|(_, last)| *last >= position) {
                return Err(fault(row, "is not in the order of the release"));
            }
            if self.hashes.is_empty() {
                self.first = record_keys(columns, order, &batch.slice(row, 1));
            }
            self.last = Some((batch.slice(row, 1), position));
            self.hashes.push(hash);
            self.group.add((0, index), batch, row);
            if self.rule.after(length) {
                self.end_group()?;
            }
        }
        Ok(())
    }

    fn end_group(&mut self) -> Result<(), PartWriteError> {
        let rows = std::mem::take(&mut self.group);
        let group = self.encoder.encode(rows, &mut Summary::new(&self.encoder.columns))?;
        self.writer.append(group)
    }

    fn finish(mut self) -> Result<(PartDescription, W), PartWriteError> {
        if !self.group.is_empty() {
            self.end_group()?;
        }
        let Some((last, _)) = self.last else {
            return Err(PartWriteError("a part has at least one record".to_owned()));
        };
        let PartEncoder { columns, order, .. } = self.encoder;
        let written = self.writer.finish()?;
        let part = PartDescription {
            rows: written.rows,
            bytes: written.bytes,
            sha256: written.sha256,
            fingerprint: Fingerprint::of(&mut self.hashes),
            first: self.first,
            last: record_keys(columns, order, &last),
        };
        Ok((part, written.out))
    }
}
