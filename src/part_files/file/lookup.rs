//! Finds the row groups that may have a key, by statistics and bloom filters, and cuts rows into slices
//! that fit in memory.
//!
//! Statistics and filters are trusted here; [`crate::verify`] checks them.

use std::cmp::Ordering;
use std::ops::Range;

use parquet::arrow::ProjectionMask;
use parquet::bloom_filter::Sbbf;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;

use super::{ParquetFile, load, preflight};
use crate::part_files::read_error::{PartError, guarded, unreadable};
use crate::part_files::thrift::walk;
use crate::record::Cell;
use crate::storage::StoredFile;

/// The target size of a slice, in bytes before compression.
const SLICE_BYTES: usize = 8 << 20;
/// The largest bloom filter that is read, in bytes. For the most rows of a row group a filter takes less
/// than a quarter of it.
const FILTER_BYTES: i32 = 4 << 20;
/// The bytes of one block of a bloom filter.
const BLOCK_BYTES: usize = 32;

impl ParquetFile {
    /// All rows as slices within row groups, in which the columns with these indices have about the target
    /// size.
    pub fn slices(&self, columns: &[usize]) -> Vec<Range<u32>> {
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), columns.iter().copied());
        let mut slices = Vec::new();
        for (group, metadata) in self.metadata().row_groups().iter().enumerate() {
            let rows = self.group(group);
            let chunks = metadata.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf));
            let sizes = chunks.map(|(_, chunk)| usize::try_from(chunk.uncompressed_size()).unwrap_or_default());
            let mean = sizes.fold(0, usize::saturating_add) / rows.len().max(1);
            let step = (SLICE_BYTES / mean.max(1)).max(1);
            let starts = rows.clone().step_by(step);
            let step = u32::try_from(step).unwrap_or(u32::MAX);
            slices.extend(starts.map(|start| start..start.saturating_add(step).min(rows.end)));
        }
        slices
    }

    /// Whether a row group may have the value in the column with this index. The column is not read.
    pub fn may_hold(&self, group: usize, column: usize, value: &Cell<'_>) -> Result<bool, PartError> {
        let Some(leaf) = self.leaves(column).next() else { return Ok(true) };
        let chunk = self.metadata().row_group(group).column(leaf);
        if chunk.statistics().is_some_and(|statistics| is_outside(statistics, value)) {
            return Ok(false);
        }
        Ok(self.filter(group, leaf)?.is_none_or(|filter| filter.has(value)))
    }

    /// The bloom filter of a leaf in a row group, if it exists. Both indices start at 0.
    pub fn filter(&self, group: usize, leaf: usize) -> Result<Option<Filter>, PartError> {
        let file = load::open(&self.location)?;
        let chunk = self.metadata().row_group(group).column(leaf);
        let filter = guarded(|| filter(&file, chunk))?;
        Ok(filter.map(|filter| Filter { filter }))
    }
}

/// Reads the bloom filter of a column chunk, if it has one with a length.
pub(super) fn filter(file: &StoredFile, chunk: &ColumnChunkMetaData) -> Result<Option<Sbbf>, PartError> {
    // Without a length, only the untrusted header says how much to read.
    let Some((length, start)) = chunk.bloom_filter_length().zip(chunk.bloom_filter_offset()) else { return Ok(None) };
    let (Ok(start), 0..=FILTER_BYTES) = (u64::try_from(start), length) else {
        return Err(PartError::Unreadable("a bloom filter claims to be where or as large as none is".into()));
    };
    let end = start.saturating_add(length.unsigned_abs().into());
    let taken = walk(preflight::bytes_at(file, start, end, preflight::HEADER_BYTES)?.as_ref(), &mut |_, _| {})?;
    if end - start < (taken + BLOCK_BYTES) as u64 {
        return Err(PartError::Unreadable("a bloom filter has no bits".into()));
    }
    Sbbf::read_from_column_chunk(chunk, file).map_err(unreadable)
}

/// Whether the value is outside the bounds of a column chunk.
fn is_outside(statistics: &Statistics, value: &Cell<'_>) -> bool {
    fn outside<T>(min: Option<T>, max: Option<T>, compare: impl Fn(T) -> Ordering) -> bool {
        min.is_some_and(|min| compare(min).is_gt()) || max.is_some_and(|max| compare(max).is_lt())
    }
    match (statistics, value) {
        (Statistics::ByteArray(bounds), Cell::String(text)) => {
            let (min, max) = (bounds.min_bytes_opt(), bounds.max_bytes_opt());
            outside(min, max, |bound| bound.cmp(text.as_bytes()))
        }
        (Statistics::Int64(bounds), Cell::Int64(number)) => {
            outside(bounds.min_opt(), bounds.max_opt(), |bound| bound.cmp(number))
        }
        (Statistics::Int64(bounds), Cell::UInt64(number)) => {
            outside(bounds.min_opt(), bounds.max_opt(), |bound| bound.cast_unsigned().cmp(number))
        }
        _ => false,
    }
}

/// A bloom filter of a key column.
pub struct Filter {
    filter: Sbbf,
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filter").finish_non_exhaustive()
    }
}

impl Filter {
    /// Whether a reader would read the row group for this key.
    pub fn has(&self, key: &Cell<'_>) -> bool {
        match key {
            Cell::String(text) => self.filter.check(text.as_ref()),
            Cell::Int64(value) => self.filter.check(value),
            Cell::UInt64(value) => self.filter.check(&value.cast_signed()),
            _ => true,
        }
    }
}
