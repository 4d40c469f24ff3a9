//! The delta: every changed record in one plain Parquet file, and the proof that it leads from one
//! release to the other.
//!
//! It has records before and after the change in canonical form, so their SHA-256 are record hashes.
//! Removed from and added to those of the base, they must give the current fingerprint, which the footer
//! has. The proof does not need the current release.

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::DiffOptions;
use super::entries::join;
use super::input::DiffInput;
use super::resources::Resources;
use super::rows::RowChange;
use super::scan::Scan;
use crate::digest::Digest;
use crate::error::Error;
use crate::external_sort::RecordHashes;
use crate::part_files::ParquetFile;
use crate::record::{Fingerprint, Fingerprinting, RecordHash};
use crate::storage::filesystem::{self, Handle, StagedFile, UNFINISHED};

/// The name of the format of a delta.
pub(crate) const DELTA: &str = "pressmark-delta/1";
/// The keys in its footer.
/// The writer that the footer names. It depends on the format of a delta and not on the version of pressmark.
const CREATED_BY: &str = "pressmark version 1.0.0 (build pressmark/1)";
const FORMAT_NOTE: &str = "pressmark.format";
const BASE_NOTE: &str = "pressmark.base_fingerprint";
const CURRENT_NOTE: &str = "pressmark.current_fingerprint";
/// How many records, or bytes of them, are encoded at a time.
const RUN_ROWS: usize = 256;
const RUN_BYTES: usize = 16 << 20;
/// The most rows and bytes of a row group.
const GROUP_ROWS: usize = 1 << 16;
const GROUP_BYTES: usize = 64 << 20;

/// Writes a delta. The file appears when it is finished.
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
    /// Starts a delta between two sides. It will replace a file at `path`.
    ///
    /// # Errors
    /// A path inside one of the sides or a release, or one that cannot be written.
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
    ///
    /// # Errors
    /// A file that cannot be written.
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
    ///
    /// # Errors
    /// A file that cannot be written.
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
        let strings = |take: &dyn Fn(&RowChange) -> Option<String>| -> ArrayRef {
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
            strings(&|row| Some(row.change.name().to_owned())),
            strings(&|row| row.key.clone()),
            strings(&|row| row.previous_key.clone()),
            Arc::new(columns.finish()),
            strings(&|row| row.before.clone()),
            strings(&|row| row.after.clone()),
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

/// The fingerprint of a side, from the manifest or computed from all rows.
///
/// # Errors
/// A file that cannot be read, or a scratch file that cannot be used.
pub fn fingerprint(side: &DiffInput, options: &DiffOptions) -> Result<Fingerprint, Error> {
    match side.fingerprint() {
        Some(fingerprint) => Ok(fingerprint),
        None => hashes(side, Resources::new(options))?.fingerprint(),
    }
}

/// The result of applying a delta to its base.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DeltaCheck {
    /// The fingerprint of the base, according to the delta.
    pub base_named: String,
    /// The fingerprint of the base, from its record hashes.
    pub base_found: Fingerprint,
    /// The current fingerprint, according to the delta.
    pub current_named: String,
    /// The fingerprint of the base with the delta applied.
    pub current_found: Fingerprint,
    /// The number of records that the delta removes.
    pub taken: u64,
    /// The number of records that it adds.
    pub added: u64,
    /// The number of removed records that the base does not have.
    pub missing: u64,
}

impl DeltaCheck {
    /// Whether the delta leads from this base to the fingerprint in its footer.
    pub fn is_proven(&self) -> bool {
        self.base_named == self.base_found.to_string()
            && self.current_named == self.current_found.to_string()
            && self.missing == 0
    }
}

/// Applies a delta to the record hashes of its base.
///
/// # Errors
/// A file that cannot be read or is not a delta, or a scratch file that cannot be used.
pub fn check_delta(path: &Path, base: &DiffInput, options: &DiffOptions) -> Result<DeltaCheck, Error> {
    let resources = Resources::new(options);
    let refuse = |message: &str| Error::Part { action: "read", path: path.to_owned(), message: message.to_owned() };
    let file = ParquetFile::open(path).map_err(|error| refuse(&error.to_string()))?;
    if file.note(FORMAT_NOTE) != Some(DELTA) {
        return Err(refuse(&format!("it is not a delta of format {DELTA}")));
    }
    let note = |name: &str| crate::text::one_line(file.note(name).unwrap_or_default(), 64);
    let [before, mut after] = changes(&file, resources, refuse)?;
    let (taken, added, mut missing) = (before.len(), after.len(), 0);
    let mut all = Fingerprinting::default();
    join(
        hashes(base, resources)?.sorted()?,
        before.sorted()?,
        |hash| *hash,
        |held, removed| {
            let Some(held) = held.map(RecordHash::from_bytes) else {
                missing += 1;
                return Ok(());
            };
            all.add(&held);
            if removed.is_none() { after.add(&held) } else { Ok(()) }
        },
    )?;
    Ok(DeltaCheck {
        base_named: note(BASE_NOTE),
        base_found: all.finish(),
        current_named: note(CURRENT_NOTE),
        current_found: after.fingerprint()?,
        taken,
        added,
        missing,
    })
}

/// The record hashes that a delta removes and adds: SHA-256 of whole canonical forms.
fn changes(
    file: &ParquetFile,
    resources: Resources<'_>,
    refuse: impl Fn(&str) -> Error,
) -> Result<[RecordHashes; 2], Error> {
    let mut found = [resources.record_hashes(), resources.record_hashes()];
    for (name, hashes) in ["before", "after"].into_iter().zip(&mut found) {
        let is_wanted = |field: &FieldRef| field.name() == name && *field.data_type() == DataType::Utf8;
        let index = file.fields().iter().position(is_wanted);
        let index = index.ok_or_else(|| refuse(&format!("it has no column `{name}` with strings")))?;
        for batch in file.read(&[index], None).map_err(|error| refuse(&error.to_string()))? {
            let batch = batch.map_err(|error| refuse(&error.to_string()))?;
            for record in batch.column(0).as_string::<i32>().iter().flatten() {
                hashes.add(&RecordHash::new(Digest::of(record.as_bytes())))?;
            }
        }
    }
    Ok(found)
}

/// The record hashes of a side, stored or computed.
fn hashes(side: &DiffInput, resources: Resources<'_>) -> Result<RecordHashes, Error> {
    let table: Scan = side.table(&(0..side.files.len()).collect::<Vec<_>>())?;
    let mut hashes = resources.record_hashes();
    let stored = table.has_hashes();
    let columns = if stored { Vec::new() } else { table.all_columns() };
    let mut text = Vec::new();
    for file in table.all_files() {
        let mut added = Ok(());
        table.scan(file, &columns, stored, None, |chunk| {
            let mut rows = 0..chunk.positions.len();
            added = rows.try_for_each(|row| hashes.add(&RecordHash::new(chunk.record_hash(row, stored, &mut text))));
            added.is_ok()
        })?;
        added?;
    }
    Ok(hashes)
}
