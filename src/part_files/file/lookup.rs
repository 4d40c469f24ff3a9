//! Finds the rows that may have a key, by statistics, bloom filters and the page index, and cuts rows into
//! slices that fit in memory.
//!
//! Statistics, filters and indexes are trusted here; [`crate::verify`] checks them.

use std::cmp::Ordering;
use std::ops::Range;

use parquet::arrow::ProjectionMask;
use parquet::bloom_filter::Sbbf;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use super::{ParquetFile, load, preflight};
use crate::part_files::read_error::{PartError, guarded, unreadable};
use crate::part_files::thrift::walk;
use crate::record::{Cell, Key};
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
    pub(crate) fn slices(&self, columns: &[usize]) -> Vec<Range<u32>> {
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

    /// The rows of a row group that may have one of these keys in the column with this index. The column is
    /// not read. Pages are only left out if the file was opened with its column indexes.
    pub(crate) fn rows_with(&self, group: usize, column: usize, keys: &[Key]) -> Result<Vec<Range<u32>>, PartError> {
        let rows = self.group(group);
        let Some(leaf) = self.leaves(column).next() else { return Ok(vec![rows]) };
        let statistics = self.metadata().row_group(group).column(leaf).statistics();
        let within = |key: &&Key| statistics.is_none_or(|statistics| !is_outside(statistics, key));
        let mut keys: Vec<&Key> = keys.iter().filter(within).collect();
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(filter) = self.filter(group, leaf)? {
            keys.retain(|key| filter.has(&key.cell()));
        }
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        guarded(|| Ok(self.pages_with(group, leaf, &keys)))
    }

    /// The rows of the pages of a leaf that may have one of these keys: all rows of the group without indexes.
    fn pages_with(&self, group: usize, leaf: usize, keys: &[&Key]) -> Vec<Range<u32>> {
        let (rows, index) = (self.group(group), self.metadata().page_index_for_row_group(group));
        let indexes = index.column_index(leaf).zip(index.page_locations(leaf));
        let Some((values, pages)) = indexes.filter(|(values, pages)| values.num_pages() == pages.len() as u64) else {
            return vec![rows];
        };
        let start = |page: usize| {
            let first = pages.get(page).and_then(|page| u32::try_from(page.first_row_index).ok());
            first.map_or(rows.end, |first| rows.start.saturating_add(first).min(rows.end))
        };
        let mut found: Vec<Range<u32>> = Vec::new();
        for page in (0..pages.len()).filter(|page| keys.iter().any(|key| !is_outside_page(values, *page, key))) {
            let (start, end) = (start(page), start(page + 1));
            match found.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ if start < end => found.push(start..end),
                _ => {}
            }
        }
        found
    }

    /// The bloom filter of a leaf in a row group, if it exists. Both indices start at 0.
    pub(crate) fn filter(&self, group: usize, leaf: usize) -> Result<Option<Filter>, PartError> {
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
        return Err(PartError::Unreadable("a bloom filter has an impossible position or size".into()));
    };
    let end = start.saturating_add(length.unsigned_abs().into());
    let taken = walk(preflight::bytes_at(file, start, end, preflight::HEADER_BYTES)?.as_ref(), &mut |_, _| {})?;
    if end - start < (taken + BLOCK_BYTES) as u64 {
        return Err(PartError::Unreadable("a bloom filter has no bits".into()));
    }
    Sbbf::read_from_column_chunk(chunk, file).map_err(unreadable)
}

/// Whether the key is outside the bounds of a column chunk.
fn is_outside(statistics: &Statistics, key: &Key) -> bool {
    match (statistics, key) {
        (Statistics::ByteArray(bounds), Key::String(text)) => {
            let (min, max) = (bounds.min_bytes_opt(), bounds.max_bytes_opt());
            outside(min, max, |bound| bound.cmp(text.as_bytes()))
        }
        (Statistics::Int64(bounds), key) => outside(bounds.min_opt(), bounds.max_opt(), |bound| compare(*bound, key)),
        _ => false,
    }
}

/// Whether the key is outside the bounds of a page.
fn is_outside_page(index: &ColumnIndexMetaData, page: usize, key: &Key) -> bool {
    match (index, key) {
        (ColumnIndexMetaData::BYTE_ARRAY(bounds), Key::String(text)) => {
            outside(bounds.min_value(page), bounds.max_value(page), |bound| bound.cmp(text.as_bytes()))
        }
        (ColumnIndexMetaData::INT64(bounds), key) => {
            outside(bounds.min_value(page), bounds.max_value(page), |bound| compare(*bound, key))
        }
        _ => false,
    }
}

fn outside<T>(min: Option<T>, max: Option<T>, compare: impl Fn(T) -> Ordering) -> bool {
    min.is_some_and(|min| compare(min).is_gt()) || max.is_some_and(|max| compare(max).is_lt())
}

/// Compares an integer bound with a key. A bound is never outside of a string.
fn compare(bound: i64, key: &Key) -> Ordering {
    match key {
        Key::Int64(number) => bound.cmp(number),
        Key::UInt64(number) => bound.cast_unsigned().cmp(number),
        Key::String(_) => Ordering::Equal,
    }
}

/// A bloom filter of a key column.
pub(crate) struct Filter {
    filter: Sbbf,
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filter").finish_non_exhaustive()
    }
}

impl Filter {
    /// Whether a reader would read the row group for this key.
    pub(crate) fn has(&self, key: &Cell<'_>) -> bool {
        match key {
            Cell::String(text) => self.filter.check(text.as_ref()),
            Cell::Int64(value) => self.filter.check(value),
            Cell::UInt64(value) => self.filter.check(&value.cast_signed()),
            _ => true,
        }
    }
}
