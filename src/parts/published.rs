//! [`PublishedPart`]: a part of an earlier release, to be built upon.
//!
//! Its rows are read in order or by row group, some columns of them or all, and a row group can
//! be taken over byte for byte. Whether it still is what its manifest says is checked by those
//! who use it, row by row.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::bloom_filter::Sbbf;
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData};
use parquet::file::statistics::Statistics;

use super::guard::guarded;
use super::reader::{BATCH_ROWS, PartError, check_columns, unreadable};
use crate::error::Error;
use crate::filesystem;
use crate::record::{Cell, Summary};
use crate::schema::{Columns, Kind};

/// A part of an earlier release.
#[derive(Debug)]
pub struct PublishedPart {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
}

impl PublishedPart {
    /// Opens the part at `path` and checks that its columns are these.
    ///
    /// # Errors
    /// [`Error::Part`] if it cannot be read or has other columns.
    pub fn open(path: PathBuf, columns: &Columns) -> Result<Self, Error> {
        let file = filesystem::open(&path)?;
        let options = ArrowReaderOptions::new()
            .with_skip_arrow_metadata(true)
            .with_page_index_policy(PageIndexPolicy::Optional)
            .with_encoding_stats_as_mask(false);
        let open = || {
            let metadata = guarded(|| ArrowReaderMetadata::load(&file, options).map_err(unreadable))?;
            check_columns(metadata.schema().fields(), columns)?;
            Ok(metadata)
        };
        let metadata = open().map_err(|error| damaged(&path, &error))?;
        Ok(Self { path, metadata })
    }

    fn footer(&self) -> &Arc<ParquetMetaData> {
        self.metadata.metadata()
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many row groups it has.
    pub fn groups(&self) -> usize {
        self.footer().num_row_groups()
    }

    /// How many rows a row group has.
    pub fn rows_of(&self, group: usize) -> u64 {
        u64::try_from(self.footer().row_group(group).num_rows()).unwrap_or(0)
    }

    /// Reads a range of row groups in order; of the columns only those at `places`, if they are
    /// named.
    pub fn read(&self, groups: Range<usize>, places: Option<&[usize]>) -> Result<PartBatches, Error> {
        let file = filesystem::open(&self.path)?;
        let schema = self.footer().file_metadata().schema_descr();
        let mask = match places {
            Some(places) => ProjectionMask::roots(schema, places.iter().copied()),
            None => ProjectionMask::all(),
        };
        let build = || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_batch_size(BATCH_ROWS)
                .with_row_groups(groups.collect())
                .with_projection(mask)
                .build()
                .map_err(unreadable)
        };
        let batches = guarded(build).map_err(|error| damaged(&self.path, &error))?;
        Ok(PartBatches { batches, path: self.path.clone() })
    }

    /// The column chunks of a row group as their writer left them, and the file they are in.
    pub(super) fn chunks(&self, group: usize) -> Result<(File, Vec<ColumnCloseResult>), Error> {
        let file = filesystem::open(&self.path)?;
        let index = self.footer().page_index_for_row_group(group);
        let close = |(place, metadata): (usize, &ColumnChunkMetaData)| {
            Ok(ColumnCloseResult {
                bytes_written: u64::try_from(metadata.compressed_size()).map_err(unreadable)?,
                rows_written: self.rows_of(group),
                metadata: as_written(metadata)?,
                bloom_filter: Sbbf::read_from_column_chunk(metadata, &file).map_err(unreadable)?,
                column_index: index.column_index(place).cloned(),
                offset_index: index.offset_index(place).cloned(),
            })
        };
        let columns = self.footer().row_group(group).columns().iter().enumerate();
        let chunks = guarded(|| columns.map(close).collect()).map_err(|error| damaged(&self.path, &error))?;
        Ok((file, chunks))
    }

    /// Adds what its footer says of the rows of some row groups.
    ///
    /// # Errors
    /// [`Error::Part`] if the footer does not say it.
    pub fn summarise(&self, groups: Range<usize>, summary: &mut Summary<'_>, columns: &Columns) -> Result<(), Error> {
        for group in groups {
            let chunks = self.footer().row_group(group).columns();
            for (place, column) in columns.iter().enumerate() {
                // A null record is one with the definition level 0, in whichever leaf it is looked for.
                let mut leaves = chunks.iter().filter(|leaf| leaf.column_path().parts()[0] == column.name);
                let leaf = leaves.next();
                let known = leaf.and_then(|leaf| {
                    let nulls = if column.nullable { leaf.definition_level_histogram()?.get(0)? } else { 0 };
                    Some((
                        u64::try_from(nulls).ok()?,
                        leaf.statistics().and_then(|found| extremes(&column.kind, found)),
                    ))
                });
                let Some((nulls, extremes)) = known else {
                    let error = PartError::Unreadable("its footer has no counts of nulls".into());
                    return Err(damaged(&self.path, &error));
                };
                summary.add_known(place, nulls, extremes);
            }
        }
        Ok(())
    }
}

/// The metadata of a chunk as its writer had it. Where values have a sign the writer also says
/// the extremes in the place where old readers look, which reading forgets.
fn as_written(metadata: &ColumnChunkMetaData) -> Result<ColumnChunkMetaData, PartError> {
    let signed = metadata.column_descr().sort_order().is_signed();
    let statistics = match metadata.statistics() {
        Some(Statistics::Int32(found)) if signed => found.clone().with_backwards_compatible_min_max(true).into(),
        Some(Statistics::Int64(found)) if signed => found.clone().with_backwards_compatible_min_max(true).into(),
        Some(Statistics::Double(found)) if signed => found.clone().with_backwards_compatible_min_max(true).into(),
        _ => return Ok(metadata.clone()),
    };
    metadata.clone().into_builder().set_statistics(statistics).build().map_err(unreadable)
}

/// The smallest and largest value of a chunk, for columns of ranged kinds.
fn extremes(kind: &Kind, statistics: &Statistics) -> Option<(Cell<'static>, Cell<'static>)> {
    match (kind, statistics) {
        (Kind::Int64, Statistics::Int64(found)) => {
            Some((Cell::Int64(*found.min_opt()?), Cell::Int64(*found.max_opt()?)))
        }
        (Kind::UInt64, Statistics::Int64(found)) => {
            Some((Cell::UInt64(found.min_opt()?.cast_unsigned()), Cell::UInt64(found.max_opt()?.cast_unsigned())))
        }
        (Kind::Timestamp, Statistics::Int64(found)) => {
            Some((Cell::Timestamp(*found.min_opt()?), Cell::Timestamp(*found.max_opt()?)))
        }
        (Kind::Date, Statistics::Int32(found)) => Some((Cell::Date(*found.min_opt()?), Cell::Date(*found.max_opt()?))),
        // Parquet writes the smallest zero as -0; a column holds none.
        (Kind::Float64, Statistics::Double(found)) => {
            Some((Cell::Float64(*found.min_opt()? + 0.0), Cell::Float64(*found.max_opt()? + 0.0)))
        }
        _ => None,
    }
}

/// Rows of a published part.
pub struct PartBatches {
    batches: ParquetRecordBatchReader,
    path: PathBuf,
}

impl std::fmt::Debug for PartBatches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartBatches").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Iterator for PartBatches {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let batches = &mut self.batches;
        let next = guarded(|| batches.next().transpose().map_err(unreadable)).transpose()?;
        Some(next.map_err(|error| damaged(&self.path, &error)))
    }
}

fn damaged(path: &Path, error: &PartError) -> Error {
    Error::Part { action: "read", path: path.to_owned(), message: error.to_string() }
}
