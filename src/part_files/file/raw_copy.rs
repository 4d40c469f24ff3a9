//! Copies row groups of a part as bytes, and reads the summary of their rows from the footer.
//!
//! Builds use it to reuse an earlier release. It does not check whether the part is intact; the caller does.

use std::ops::Range;

use parquet::arrow::ProjectionMask;
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;

use super::{ParquetFile, load, lookup};
use crate::error::Error;
use crate::part_files::read_error::{PartError, guarded, unreadable};
use crate::record::{Cell, Summary};
use crate::schema::{Columns, Kind};
use crate::storage::StoredFile;

impl ParquetFile {
    /// The column chunks of a row group as they were written, and their file.
    pub(in crate::part_files) fn chunks(&self, group: usize) -> Result<(StoredFile, Vec<ColumnCloseResult>), Error> {
        let file = load::open(&self.location).map_err(|error| error.at(&self.path))?;
        let index = self.metadata().page_index_for_row_group(group);
        let close = |(position, metadata): (usize, &ColumnChunkMetaData)| {
            if is_unread(metadata, index.offset_index(position).is_some()) {
                return Err(too_large_indexes());
            }
            Ok(ColumnCloseResult {
                bytes_written: u64::try_from(metadata.compressed_size()).map_err(unreadable)?,
                rows_written: self.group(group).len() as u64,
                metadata: as_written(metadata)?,
                bloom_filter: lookup::filter(&file, metadata)?,
                column_index: index.column_index(position).cloned(),
                offset_index: index.offset_index(position).cloned(),
            })
        };
        let columns = self.metadata().row_group(group).columns().iter().enumerate();
        let chunks = guarded(|| columns.map(close).collect()).map_err(|error| error.at(&self.path))?;
        Ok((file, chunks))
    }

    /// Checks that nothing in the file exceeds the limits of readers. It reads everything except the values.
    ///
    /// # Errors
    /// [`PartError`] with what a reader would reject.
    pub(crate) fn preflight(&self) -> Result<(), PartError> {
        let file = load::open(&self.location)?;
        guarded(|| {
            for group in 0..self.groups() {
                self.preflight_pages(&file, group, &ProjectionMask::all())?;
                let index = self.metadata().page_index_for_row_group(group);
                let chunks = self.metadata().row_group(group).columns().iter().enumerate();
                if chunks.into_iter().any(|(position, chunk)| is_unread(chunk, index.offset_index(position).is_some()))
                {
                    return Err(too_large_indexes());
                }
            }
            Ok(())
        })
    }

    /// Adds the summary of some row groups, from the footer.
    ///
    /// # Errors
    /// [`Error::Part`] if the footer does not have it.
    pub(crate) fn summarise(
        &self,
        groups: Range<usize>,
        summary: &mut Summary<'_>,
        columns: &Columns,
    ) -> Result<(), Error> {
        for group in groups {
            let chunks = self.metadata().row_group(group).columns();
            for (position, column) in columns.iter().enumerate() {
                // A null has the definition level 0 in every leaf, so the first leaf is enough.
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
                    return Err(error.at(&self.path));
                };
                summary.add_known(position, nulls, extremes);
            }
        }
        Ok(())
    }
}

/// Whether a column chunk has a page index that was too large to be read.
fn is_unread(chunk: &ColumnChunkMetaData, was_read: bool) -> bool {
    chunk.offset_index_range().is_some() && !was_read
}

fn too_large_indexes() -> PartError {
    PartError::Unreadable("its page indexes are too large to copy".into())
}

/// The metadata of a chunk as it was written. For signed values the writer also sets the deprecated extremes
/// for old readers, which the library drops when it reads them.
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
