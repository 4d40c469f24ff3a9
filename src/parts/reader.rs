//! Reading one part, which may come from a hostile source.
//!
//! Sizes are checked against the file before anything is allocated for them, and whatever the
//! Parquet library refuses, or panics over, is one [`PartError`] and not the end of the run.

use std::fs::File;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::Fields;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::ParquetMetaData;

use super::guard::guarded;
use crate::filesystem;
use crate::record::arrow_schema;
use crate::schema::Columns;

/// How many rows are read at a time.
pub(super) const BATCH_ROWS: usize = 1024;

/// Why a part cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// The file cannot be opened, is not Parquet, or is damaged.
    #[error("{0}")]
    Unreadable(String),
    /// It is readable and has other columns.
    #[error("{0}")]
    Columns(String),
}

/// A part that was opened and whose columns are the ones expected.
pub struct PartReader {
    batches: ParquetRecordBatchReader,
    rows: u64,
}

impl std::fmt::Debug for PartReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartReader").field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl PartReader {
    /// Opens the part at `path` and checks that its columns are these.
    pub fn open(path: &Path, columns: &Columns) -> Result<Self, PartError> {
        let file = filesystem::open(path).map_err(|error| PartError::Unreadable(error.to_string()))?;
        let builder = guarded(|| builder(file))?;
        check_columns(builder.schema().fields(), columns)?;
        let rows = rows(builder.metadata());
        let batches = guarded(|| builder.with_batch_size(BATCH_ROWS).build().map_err(unreadable))?;
        Ok(Self { batches, rows })
    }

    /// How many rows the footer says there are.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

impl Iterator for PartReader {
    type Item = Result<RecordBatch, PartError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batches = &mut self.batches;
        guarded(|| batches.next().transpose().map_err(unreadable)).transpose()
    }
}

fn builder(file: File) -> Result<ParquetRecordBatchReaderBuilder<File>, PartError> {
    ParquetRecordBatchReaderBuilder::try_new_with_options(file, options()).map_err(unreadable)
}

/// How footers are read: an embedded Arrow schema could claim types of its own; the Parquet
/// schema decides.
pub(super) fn options() -> ArrowReaderOptions {
    ArrowReaderOptions::new().with_skip_arrow_metadata(true)
}

/// Whether these are the columns, in their order, with `record_sha256` behind them.
pub(super) fn check_columns(found: &Fields, columns: &Columns) -> Result<(), PartError> {
    let want = arrow_schema(columns);
    let describe = |field: &arrow_schema::Field| {
        let optional = if field.is_nullable() { "optional" } else { "required" };
        format!("{optional} `{}` {}", crate::text::one_line(field.name(), 60), field.data_type())
    };
    for (place, want) in want.fields().iter().enumerate() {
        match found.get(place) {
            Some(found)
                if found.name() == want.name()
                    && found.is_nullable() == want.is_nullable()
                    && found.data_type().equals_datatype(want.data_type()) => {}
            Some(found) => {
                let (want, found) = (describe(want), describe(found));
                return Err(PartError::Columns(format!("column {}: expected {want}, found {found}", place + 1)));
            }
            None => return Err(PartError::Columns(format!("column {}: {} is missing", place + 1, describe(want)))),
        }
    }
    match found.get(want.fields().len()) {
        Some(more) => Err(PartError::Columns(format!("an unexpected column: {}", describe(more)))),
        None => Ok(()),
    }
}

pub(super) fn rows(metadata: &ParquetMetaData) -> u64 {
    u64::try_from(metadata.file_metadata().num_rows()).unwrap_or_default()
}

pub(super) fn unreadable(error: impl std::fmt::Display) -> PartError {
    PartError::Unreadable(crate::text::one_line(&error.to_string(), 300))
}
