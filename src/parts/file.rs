//! One Parquet file of anybody's, read by columns and rows: only what is asked for is decoded.
//!
//! The Parquet types alone decide; an Arrow schema that a writer embedded is not looked at.
//! What the columns mean is the caller's business. Like every reader here it takes the file for
//! hostile until it is read.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::Fields;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::metadata::PageIndexPolicy;

use super::guard::guarded;
use super::reader::{PartError, check_columns, unreadable};
use crate::filesystem;
use crate::schema::Columns;

/// How many bytes of values a batch should hold.
const BATCH_BYTES: u64 = 4 << 20;
/// How many rows a batch holds at least and at most.
const BATCH_ROWS: (u64, u64) = (16, 8192);

/// A Parquet file whose footer was read.
pub struct ParquetFile {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    /// The number of each row group's first row, and after them that of all rows.
    starts: Vec<u32>,
}

impl fmt::Debug for ParquetFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetFile").field("path", &self.path).field("rows", &self.rows()).finish_non_exhaustive()
    }
}

impl ParquetFile {
    /// Reads the footer of the file at `path`.
    pub fn open(path: &Path) -> Result<Self, PartError> {
        let file = filesystem::open(path).map_err(|error| PartError::Unreadable(error.to_string()))?;
        let options = ArrowReaderOptions::new()
            .with_skip_arrow_metadata(true)
            .with_column_index_policy(PageIndexPolicy::Skip)
            .with_offset_index_policy(PageIndexPolicy::Optional);
        let metadata = guarded(|| ArrowReaderMetadata::load(&file, options).map_err(unreadable))?;
        let mut starts = vec![0_u32];
        for group in metadata.metadata().row_groups() {
            let last = starts[starts.len() - 1];
            let next = u32::try_from(group.num_rows()).ok().and_then(|rows| last.checked_add(rows));
            starts.push(next.ok_or_else(|| PartError::Unreadable("it claims more rows than a file can hold".into()))?);
        }
        Ok(Self { path: path.to_owned(), metadata, starts })
    }

    /// Whether its columns are these, with `record_sha256` behind them.
    pub fn check_columns(&self, columns: &Columns) -> Result<(), PartError> {
        check_columns(self.fields(), columns)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many rows the footer says there are.
    pub fn rows(&self) -> u32 {
        self.starts[self.starts.len() - 1]
    }

    /// Its columns.
    pub fn fields(&self) -> &Fields {
        self.metadata.schema().fields()
    }

    /// Its text of this name in the footer.
    pub fn note(&self, name: &str) -> Option<&str> {
        let notes = self.metadata.metadata().file_metadata().key_value_metadata()?;
        notes.iter().find(|note| note.key == name)?.value.as_deref()
    }

    /// Reads these columns, by their places in ascending order, of these rows: ascending ranges
    /// that do not overlap, or all. The batches hold the wanted rows and no others, in order.
    pub fn read(&self, columns: &[usize], rows: Option<&[Range<u32>]>) -> Result<Batches, PartError> {
        let file = filesystem::open(&self.path).map_err(|error| PartError::Unreadable(error.to_string()))?;
        let batches = guarded(|| {
            let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
            let mask = ProjectionMask::roots(builder.parquet_schema(), columns.iter().copied());
            if let Some(rows) = rows {
                let (groups, selection) = self.select(rows);
                builder = builder.with_row_groups(groups).with_row_selection(selection);
            }
            let size = self.batch_rows(&mask);
            builder.with_projection(mask).with_batch_size(size).build().map_err(unreadable)
        })?;
        Ok(Batches { batches })
    }

    /// The row groups that these rows touch, and the rows as a selection among theirs.
    fn select(&self, rows: &[Range<u32>]) -> (Vec<usize>, RowSelection) {
        let (mut groups, mut wanted, mut total) = (Vec::new(), Vec::new(), 0_usize);
        let mut rest = rows;
        for (group, bounds) in self.starts.windows(2).enumerate() {
            let passed = rest.iter().take_while(|range| range.end <= bounds[0]).count();
            rest = &rest[passed..];
            if rest.first().is_none_or(|range| range.start >= bounds[1]) {
                continue;
            }
            for range in rest.iter().take_while(|range| range.start < bounds[1]) {
                let start = range.start.max(bounds[0]) - bounds[0];
                let end = range.end.min(bounds[1]) - bounds[0];
                wanted.push(total + start as usize..total + end as usize);
            }
            groups.push(group);
            total += (bounds[1] - bounds[0]) as usize;
        }
        (groups, RowSelection::from_consecutive_ranges(wanted.into_iter(), total))
    }

    /// How many bytes a row of these columns has on average, as the footer tells.
    pub fn mean_bytes(&self, columns: &[usize]) -> u64 {
        let schema = self.metadata.parquet_schema();
        self.mean(&ProjectionMask::roots(schema, columns.iter().copied()))
    }

    /// So many rows that a batch of these columns stays small.
    fn batch_rows(&self, mask: &ProjectionMask) -> usize {
        let rows = (BATCH_BYTES / self.mean(mask)).clamp(BATCH_ROWS.0, BATCH_ROWS.1);
        usize::try_from(rows).unwrap_or(usize::MAX)
    }

    fn mean(&self, mask: &ProjectionMask) -> u64 {
        let groups = self.metadata.metadata().row_groups();
        let chunks = groups.iter().flat_map(|group| group.columns().iter().enumerate());
        let wanted = chunks.filter(|(leaf, _)| mask.leaf_included(*leaf));
        let sizes = wanted.map(|(_, chunk)| u64::try_from(chunk.uncompressed_size()).unwrap_or_default());
        let bytes = sizes.fold(0, u64::saturating_add);
        (bytes / u64::from(self.rows().max(1))).max(1)
    }
}

/// The batches of one reading.
pub struct Batches {
    batches: ParquetRecordBatchReader,
}

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").finish_non_exhaustive()
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, PartError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batches = &mut self.batches;
        guarded(|| batches.next().transpose().map_err(unreadable)).transpose()
    }
}
