//! Reading a part in slices: some columns of some of its rows, on any thread.
//!
//! A slice is small, so that many can be under way; what is not asked for is not decoded. Which
//! row groups cannot hold a key is told by their statistics and bloom filters, which are
//! believed: whether they are true is for [`crate::verify`] to find out.

use std::cmp::Ordering;
use std::ops::Range;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowSelection};
use parquet::file::metadata::{PageIndexPolicy, RowGroupMetaData};
use parquet::file::statistics::Statistics;

use super::guard::guarded;
use super::reader::{BATCH_ROWS, PartError, check_columns, unreadable};
use crate::filesystem;
use crate::record::Cell;
use crate::schema::Columns;

/// How many bytes a slice should hold before compression.
const SLICE_BYTES: usize = 8 << 20;
/// The largest bloom filter that is read, in bytes. One for as many rows as a row group may have
/// is smaller.
const MAX_FILTER_BYTES: i32 = 4 << 20;

/// A part whose footer was read and whose columns are the ones expected.
#[derive(Debug)]
pub struct SlicedPart {
    path: PathBuf,
    footer: ArrowReaderMetadata,
}

/// Some rows of one row group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The row group, from 0.
    pub group: usize,
    /// Ranges of its rows, from 0, ascending and apart from each other.
    pub rows: Vec<Range<usize>>,
}

impl SlicedPart {
    /// Opens the part at `path` and checks that its columns are these.
    pub fn open(path: &Path, columns: &Columns) -> Result<Self, PartError> {
        let file = filesystem::open(path).map_err(unreadable)?;
        let options = ArrowReaderOptions::new()
            .with_skip_arrow_metadata(true)
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Optional);
        let footer = guarded(|| ArrowReaderMetadata::load(&file, options).map_err(unreadable))?;
        check_columns(footer.schema().fields(), columns)?;
        Ok(Self { path: path.to_owned(), footer })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many rows the footer says there are.
    pub fn rows(&self) -> u64 {
        u64::try_from(self.footer.metadata().file_metadata().num_rows()).unwrap_or_default()
    }

    /// How many row groups it has.
    pub fn groups(&self) -> usize {
        self.group_data().len()
    }

    /// All rows of a row group.
    pub fn group(&self, group: usize) -> Slice {
        Slice { group, rows: std::iter::once(0..self.group_rows(group)).collect() }
    }

    /// All rows, cut so that these columns of a slice take about as much as is good to hold.
    /// Columns are meant by their places.
    pub fn slices(&self, places: &[usize]) -> Vec<Slice> {
        let mask = self.mask(places);
        let mut slices = Vec::new();
        for group in 0..self.groups() {
            let rows = self.group_rows(group);
            let bytes = wanted_bytes(&self.group_data()[group], &mask);
            let step = (SLICE_BYTES / (bytes / rows.max(1)).max(1)).max(1);
            let starts = (0..rows).step_by(step);
            slices.extend(starts.map(|start| {
                let rows = start..(start + step).min(rows);
                Slice { group, rows: std::iter::once(rows).collect() }
            }));
        }
        slices
    }

    /// Reads these columns, by their places in ascending order, of a slice.
    pub fn read(&self, slice: &Slice, places: &[usize]) -> Result<SliceReader, PartError> {
        let file = filesystem::open(&self.path).map_err(unreadable)?;
        let rows = self.group_rows(slice.group);
        let batches = guarded(|| {
            let selection = RowSelection::from_consecutive_ranges(slice.rows.iter().cloned(), rows);
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.footer.clone())
                .with_row_groups(vec![slice.group])
                .with_row_selection(selection)
                .with_projection(self.mask(places))
                .with_batch_size(BATCH_ROWS)
                .build()
                .map_err(unreadable)
        })?;
        Ok(SliceReader { batches })
    }

    /// Whether a row group may hold the value in the column at `place`, as far as can be told
    /// without reading the column.
    pub fn may_hold(&self, group: usize, place: usize, value: &Cell<'_>) -> Result<bool, PartError> {
        let schema = self.footer.parquet_schema();
        let leaves = 0..schema.num_columns();
        let Some(leaf) = leaves.into_iter().find(|leaf| schema.get_column_root_idx(*leaf) == place) else {
            return Ok(true);
        };
        let chunk = self.group_data()[group].column(leaf);
        if chunk.statistics().is_some_and(|statistics| is_outside(statistics, value)) {
            return Ok(false);
        }
        if !chunk.bloom_filter_length().is_some_and(|length| (0..=MAX_FILTER_BYTES).contains(&length)) {
            return Ok(true);
        }
        let file = filesystem::open(&self.path).map_err(unreadable)?;
        let filter = guarded(|| {
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.footer.clone());
            builder.get_row_group_column_bloom_filter(group, leaf).map_err(unreadable)
        })?;
        Ok(filter.is_none_or(|filter| match value {
            Cell::String(text) => filter.check(text.as_ref()),
            Cell::Int64(number) => filter.check(number),
            Cell::UInt64(number) => filter.check(&number.cast_signed()),
            _ => true,
        }))
    }

    fn group_data(&self) -> &[RowGroupMetaData] {
        self.footer.metadata().row_groups()
    }

    fn group_rows(&self, group: usize) -> usize {
        usize::try_from(self.group_data()[group].num_rows()).unwrap_or_default()
    }

    fn mask(&self, places: &[usize]) -> ProjectionMask {
        ProjectionMask::roots(self.footer.parquet_schema(), places.iter().copied())
    }
}

/// How many bytes the wanted column chunks of a row group have before compression.
fn wanted_bytes(group: &RowGroupMetaData, mask: &ProjectionMask) -> usize {
    let chunks = group.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf));
    let sizes = chunks.map(|(_, chunk)| usize::try_from(chunk.uncompressed_size()).unwrap_or_default());
    sizes.fold(0, usize::saturating_add)
}

/// Whether the bounds of a column chunk leave the value out.
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

/// The rows of one slice, some at a time.
pub struct SliceReader {
    batches: ParquetRecordBatchReader,
}

impl std::fmt::Debug for SliceReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SliceReader").finish_non_exhaustive()
    }
}

impl Iterator for SliceReader {
    type Item = Result<RecordBatch, PartError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batches = &mut self.batches;
        guarded(|| batches.next().transpose().map_err(unreadable)).transpose()
    }
}
