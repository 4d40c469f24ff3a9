//! The delta: every changed record as one Parquet file that any reader loads, and the proof
//! that it leads from one release to the other.
//!
//! Before and after stand in it in canonical form, so their SHA-256 are record hashes: taken
//! from and added to those of the base they must give the current fingerprint, which the footer
//! names. Nobody needs the current release for that.

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::input::DiffInput;
use super::partitioned_entries::{PartitionedEntries, PartitionedEntry, slices};
use super::rows::RowChange;
use crate::digest::Digest;
use crate::error::Error;
use crate::part_files::{CREATED_BY, ParquetFile};
use crate::record::{Fingerprint, Fingerprinting, RecordHash};
use crate::storage::filesystem::{self, Handle, StagedFile, UNFINISHED};

/// The name of the format of a delta.
pub const DELTA: &str = "pressmark-delta/1";
/// The notes in its footer.
const FORMAT_NOTE: &str = "pressmark.format";
const BASE_NOTE: &str = "pressmark.base_fingerprint";
const CURRENT_NOTE: &str = "pressmark.current_fingerprint";
/// How many records, or bytes of them, reach the encoder at a time.
const RUN_ROWS: usize = 256;
const RUN_BYTES: usize = 16 << 20;
/// How many rows, and bytes, a row group holds at most.
const GROUP_ROWS: usize = 1 << 16;
const GROUP_BYTES: usize = 64 << 20;

/// Writes a delta; it becomes visible when it is finished.
pub struct DeltaWriter {
    path: PathBuf,
    staged: StagedFile,
    writer: ArrowWriter<BufWriter<Handle>>,
    schema: SchemaRef,
    run: Vec<RowChange>,
    bytes: usize,
}

impl std::fmt::Debug for DeltaWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeltaWriter").field("path", &self.path).finish_non_exhaustive()
    }
}

impl DeltaWriter {
    /// Starts the delta between two sides that is to stand at `path`, over what may stand there.
    ///
    /// # Errors
    /// A path where it would change one of the sides or any release.
    pub fn create(path: &Path, sides: [&DiffInput; 2]) -> Result<Self, Error> {
        let path = &filesystem::behind_links(path)?;
        sides.into_iter().try_for_each(|side| side.check_target(path))?;
        let (staged, file) = filesystem::stage_file(filesystem::folder_of(path), UNFINISHED)?;
        let schema = schema();
        let options = properties()
            .map(|properties| ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true))
            .map_err(|error| failed(path, &error))?;
        let writer = ArrowWriter::try_new_with_options(BufWriter::new(file), schema.clone(), options)
            .map_err(|error| failed(path, &error))?;
        Ok(Self { path: path.to_owned(), staged, writer, schema, run: Vec::new(), bytes: 0 })
    }

    /// Adds a changed record.
    pub fn add(&mut self, row: &RowChange) -> Result<(), Error> {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        self.bytes += length(&row.before) + length(&row.after);
        self.run.push(row.clone());
        if self.run.len() == RUN_ROWS || self.bytes >= RUN_BYTES {
            self.write_run()?;
        }
        Ok(())
    }

    /// Writes the rest and the fingerprints of both sides, and publishes the file.
    pub fn finish(mut self, base: Fingerprint, current: Fingerprint) -> Result<(), Error> {
        self.write_run()?;
        for (name, text) in
            [(FORMAT_NOTE, DELTA.to_owned()), (BASE_NOTE, base.to_string()), (CURRENT_NOTE, current.to_string())]
        {
            self.writer.append_key_value_metadata(KeyValue::new(name.to_owned(), text));
        }
        let buffered = self.writer.into_inner().map_err(|error| failed(&self.path, &error))?;
        let refuse = |source| Error::io("write", &self.path, source);
        let file = buffered.into_inner().map_err(|error| refuse(error.into_error()))?;
        filesystem::publish_file((self.staged, file), &self.path)
    }

    fn write_run(&mut self) -> Result<(), Error> {
        if self.run.is_empty() {
            return Ok(());
        }
        let text = |take: &dyn Fn(&RowChange) -> Option<String>| -> ArrayRef {
            let mut builder = StringBuilder::new();
            self.run.iter().for_each(|row| builder.append_option(take(row)));
            Arc::new(builder.finish())
        };
        let mut columns = ListBuilder::new(StringBuilder::new()).with_field(element());
        for row in &self.run {
            row.columns.iter().for_each(|name| columns.values().append_value(name));
            columns.append(true);
        }
        let arrays: Vec<ArrayRef> = vec![
            text(&|row| Some(row.change.name().to_owned())),
            text(&|row| row.key.clone()),
            text(&|row| row.previous_key.clone()),
            Arc::new(columns.finish()),
            text(&|row| row.before.clone()),
            text(&|row| row.after.clone()),
        ];
        let batch = RecordBatch::try_new(self.schema.clone(), arrays).expect("the arrays are those of the schema");
        self.run.clear();
        self.bytes = 0;
        self.writer.write(&batch).map_err(|error| failed(&self.path, &error))
    }
}

fn element() -> Field {
    Field::new("element", DataType::Utf8, false)
}

fn schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![
        text("change", false),
        text("key", true),
        text("previous_key", true),
        Field::new("columns", DataType::List(Arc::new(element())), false),
        text("before", true),
        text("after", true),
    ]))
}

fn properties() -> Result<WriterProperties, ParquetError> {
    Ok(WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_write_batch_size(RUN_ROWS)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_max_row_group_bytes(Some(GROUP_BYTES))
        .set_dictionary_enabled(false)
        .set_column_dictionary_enabled("change".into(), true)
        .build())
}

fn failed(path: &Path, error: &ParquetError) -> Error {
    Error::Part { action: "write", path: path.to_owned(), message: error.to_string() }
}

/// The fingerprint of a side: the manifest's, or computed from all its rows.
pub fn fingerprint(side: &DiffInput) -> Result<Fingerprint, Error> {
    if let Some(fingerprint) = side.fingerprint() {
        return Ok(fingerprint);
    }
    let table = side.table(&(0..side.files.len()).collect::<Vec<_>>())?;
    let rows = table.all_files().iter().map(|file| u64::from(table.rows_of(*file))).sum();
    let mut hasher = Fingerprinting::default();
    for slice in hashes(&table, slices(rows))?.into_slices() {
        slice?.iter().for_each(|entry| hasher.add(&hash(entry)));
    }
    Ok(hasher.finish())
}

/// What a delta leads to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DeltaCheck {
    /// The base's fingerprint as the delta names it.
    pub base_named: String,
    /// The base's fingerprint as its record hashes give it.
    pub base_found: Fingerprint,
    /// The current fingerprint as the delta names it.
    pub current_named: String,
    /// The fingerprint at which the base arrives.
    pub current_found: Fingerprint,
    /// How many records the delta takes away.
    pub taken: u64,
    /// How many records it adds.
    pub added: u64,
    /// How many of those that it takes away the base does not have.
    pub missing: u64,
}

impl DeltaCheck {
    /// Whether the delta leads from this base to the fingerprint that it names.
    pub fn is_proven(&self) -> bool {
        self.base_named == self.base_found.to_string()
            && self.current_named == self.current_found.to_string()
            && self.missing == 0
    }
}

/// Applies a delta to the record hashes of its base.
///
/// # Errors
/// A file that cannot be read, or is no delta.
pub fn check_delta(path: &Path, base: &DiffInput) -> Result<DeltaCheck, Error> {
    let refuse = |message: &str| Error::Part { action: "read", path: path.to_owned(), message: message.to_owned() };
    let file = ParquetFile::open(path).map_err(|error| refuse(&error.to_string()))?;
    if file.note(FORMAT_NOTE) != Some(DELTA) {
        return Err(refuse(&format!("it is no delta of format {DELTA}")));
    }
    let note = |name: &str| crate::text::one_line(file.note(name).unwrap_or_default(), 64);
    let table = base.table(&(0..base.files.len()).collect::<Vec<_>>())?;
    let rows: u64 = table.all_files().iter().map(|file| u64::from(table.rows_of(*file))).sum();
    let number = slices(rows + u64::from(file.rows()));
    let [before, after] = changes(&file, number, refuse)?;
    let mut check = Applied::default();
    let all = hashes(&table, number)?.into_slices().zip(before.into_slices()).zip(after.into_slices());
    for ((base, before), after) in all {
        check.slice(&base?, &before?, &after?);
    }
    Ok(DeltaCheck {
        base_named: note(BASE_NOTE),
        base_found: check.base.finish(),
        current_named: note(CURRENT_NOTE),
        current_found: check.current.finish(),
        taken: check.taken,
        added: check.added,
        missing: check.missing,
    })
}

/// A delta that is being applied, a slice of the hashes at a time.
#[derive(Default)]
struct Applied {
    base: Fingerprinting,
    current: Fingerprinting,
    taken: u64,
    added: u64,
    missing: u64,
}

impl Applied {
    fn slice(&mut self, base: &[PartitionedEntry], before: &[PartitionedEntry], after: &[PartitionedEntry]) {
        self.taken += before.len() as u64;
        self.added += after.len() as u64;
        let mut left = Vec::with_capacity(base.len() + after.len());
        let mut taken = before.iter().map(hash).peekable();
        for held in base.iter().map(hash) {
            self.base.add(&held);
            while taken.next_if(|wanted| *wanted < held).is_some() {
                self.missing += 1;
            }
            if taken.next_if_eq(&held).is_none() {
                left.push(held);
            }
        }
        self.missing += taken.count() as u64;
        left.extend(after.iter().map(hash));
        left.sort_unstable();
        for held in &left {
            self.current.add(held);
        }
    }
}

/// The record hashes that a delta takes away and adds: SHA-256 of canonical forms, whole.
fn changes(
    file: &ParquetFile,
    slices: usize,
    refuse: impl Fn(&str) -> Error,
) -> Result<[PartitionedEntries; 2], Error> {
    let mut found = [PartitionedEntries::new(slices)?, PartitionedEntries::new(slices)?];
    for (name, entries) in ["before", "after"].into_iter().zip(&mut found) {
        let place = file.fields().iter().position(|field| field.name() == name);
        let place = place.filter(|place| *file.fields()[*place].data_type() == DataType::Utf8);
        let place = place.ok_or_else(|| refuse(&format!("it has no column `{name}` of texts")))?;
        for batch in file.read(&[place], None).map_err(|error| refuse(&error.to_string()))? {
            let batch = batch.map_err(|error| refuse(&error.to_string()))?;
            let texts = batch.column(0).as_string::<i32>();
            for row in (0..texts.len()).filter(|row| texts.is_valid(*row)) {
                entries.push(entry(&Digest::of(texts.value(row).as_bytes())))?;
            }
        }
    }
    Ok(found)
}

/// The record hashes of a table, stored or computed.
fn hashes(table: &super::scan::Scan, slices: usize) -> Result<PartitionedEntries, Error> {
    let mut entries = PartitionedEntries::new(slices)?;
    let stored = table.has_hashes();
    let columns = if stored { Vec::new() } else { table.all_columns() };
    let mut text = Vec::new();
    for file in table.all_files() {
        let mut failed = None;
        table.scan(file, &columns, stored, None, |chunk| {
            let pushed = (0..chunk.positions.len()).try_for_each(|row| {
                let digest = chunk.record_hash(row, stored, &mut text);
                entries.push(entry(&digest))
            });
            failed = pushed.err();
            failed.is_none()
        })?;
        failed.map_or(Ok(()), Err)?;
    }
    Ok(entries)
}

/// A record hash as an entry, and back.
fn entry(digest: &Digest) -> PartitionedEntry {
    let part = |from: usize| std::array::from_fn(|at| digest.as_bytes()[from + at]);
    PartitionedEntry { key: part(0), value: part(16), position: 0 }
}

fn hash(entry: &PartitionedEntry) -> RecordHash {
    RecordHash::new(Digest::from_bytes(std::array::from_fn(|at| match at {
        0..16 => entry.key[at],
        _ => entry.value[at - 16],
    })))
}
