//! [`ParquetFile`]: a Parquet file, of a release or from any other writer. It is read by columns and rows,
//! on any thread.
//!
//! The file is not trusted. Before memory is allocated, the claims of its footer, page index and page
//! headers are checked against what the file can have (`preflight`). Errors and panics of the Parquet
//! library become a [`PartError`]. Only the Parquet types count; an embedded Arrow schema is ignored. This
//! module does not interpret the columns.

mod columns;
mod load;
mod longest;
mod lookup;
mod pages;
mod preflight;
mod raw_copy;
mod raw_page;
mod stored_file;

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow_array::RecordBatch;
use arrow_schema::Fields;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::metadata::ParquetMetaData;

use super::read_error::{PartError, guarded, unreadable};
use crate::error::Error;
use crate::schema::Columns;
use crate::storage::{Location, StoredFile};
use load::Loaded;
use preflight::{ChunkPages, Limits};
use raw_page::Stored;

pub(crate) use load::{Indexes, Meaning};
pub(crate) use lookup::Filter;
pub(crate) use pages::{Page, StoredPages};

/// The target size of the values of a batch, in bytes.
const BATCH_BYTES: u64 = 4 << 20;
/// The most bytes of a batch whose strings repeat from a dictionary.
const LARGEST_BATCH: u64 = 64 << 20;
/// The least and the most rows of a batch.
const BATCH_ROWS: (u64, u64) = (16, 8192);
/// The target number of values of a batch. A list element takes about twenty bytes while it is decoded, and
/// may take none in the file if it repeats.
const BATCH_VALUES: u64 = 1 << 20;

/// A Parquet file whose footer was read. A clone shares everything that was read.
#[derive(Clone)]
pub(crate) struct ParquetFile {
    location: Location,
    /// Its path, for messages.
    path: Arc<PathBuf>,
    metadata: ArrowReaderMetadata,
    /// The index of the first row of each row group, and then the number of all rows.
    starts: Arc<[u32]>,
    /// The leaves of each column.
    leaves: Arc<[Range<usize>]>,
    /// The meaning of each leaf.
    meanings: Arc<[Meaning]>,
    /// Whether the limits of parts apply.
    is_part: bool,
    /// The page headers of each column chunk, by row group, once they were read.
    pages: Arc<[OnceLock<ChunkPages>]>,
}

impl fmt::Debug for ParquetFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetFile").field("path", &self.path).field("rows", &self.rows()).finish_non_exhaustive()
    }
}

impl ParquetFile {
    /// Opens any Parquet file. Page indexes that do not match its pages are ignored, because they
    /// only serve to find rows faster.
    pub(crate) fn open(file: impl Into<Location>) -> Result<Self, PartError> {
        let location = file.into();
        match Self::load(location.clone(), false, Indexes::Pages) {
            Ok(file) if file.has_true_index() => Ok(file),
            _ => Self::load(location, false, Indexes::None),
        }
    }

    /// Opens a part and checks that it has these columns, followed by `record_sha256`. Copying, looking up keys
    /// and [`crate::part_files::Extremes`] need [`Indexes::All`].
    pub(crate) fn part(file: impl Into<Location>, columns: &Columns, indexes: Indexes) -> Result<Self, PartError> {
        let file = Self::load(file.into(), true, indexes)?;
        columns::check(file.fields(), columns)?;
        Ok(file)
    }

    fn load(location: Location, is_part: bool, indexes: Indexes) -> Result<Self, PartError> {
        let file = load::open(&location)?;
        let Loaded { metadata, meanings } = guarded(|| load::load(&file, is_part, indexes))?;
        let mut starts = vec![0_u32];
        for group in metadata.metadata().row_groups() {
            let last = starts[starts.len() - 1];
            let next = u32::try_from(group.num_rows()).ok().and_then(|rows| last.checked_add(rows));
            starts.push(next.ok_or_else(|| PartError::Unreadable("it has more rows than a file can have".into()))?);
        }
        let chunks = metadata.metadata().row_groups().iter().map(|group| group.columns().len()).sum();
        let pages = std::iter::repeat_with(OnceLock::new).take(chunks).collect();
        let (path, leaves) = (Arc::new(location.path()), leaves(&metadata).into());
        Ok(Self { location, path, metadata, starts: starts.into(), leaves, meanings: meanings.into(), is_part, pages })
    }

    /// Whether its page index, if it has one, lists the existing pages.
    fn has_true_index(&self) -> bool {
        let has_index = |group| self.metadata().page_index_for_row_group(group).page_locations(0).is_some();
        if !(0..self.groups()).any(has_index) {
            return true;
        }
        let Ok(file) = load::open(&self.location) else { return false };
        let all = ProjectionMask::all();
        guarded(|| (0..self.groups()).try_for_each(|group| self.preflight_pages(&file, group, &all))).is_ok()
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The footer.
    pub(crate) fn metadata(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// The number of rows, according to the footer.
    pub(crate) fn rows(&self) -> u32 {
        self.starts[self.starts.len() - 1]
    }

    /// The number of row groups.
    pub(crate) fn groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// The rows of a row group.
    pub(crate) fn group(&self, group: usize) -> Range<u32> {
        self.starts[group]..self.starts[group + 1]
    }

    /// The index of the row group that has a row.
    pub(crate) fn group_of(&self, row: u32) -> usize {
        self.starts.partition_point(|start| *start <= row) - 1
    }

    /// Its columns.
    pub(crate) fn fields(&self) -> &Fields {
        self.metadata.schema().fields()
    }

    /// The indices of all columns.
    pub(crate) fn all_columns(&self) -> Vec<usize> {
        (0..self.fields().len()).collect()
    }

    /// The value of this key in the footer's metadata.
    pub(crate) fn note(&self, name: &str) -> Option<&str> {
        let notes = self.metadata().file_metadata().key_value_metadata()?;
        notes.iter().find(|note| note.key == name)?.value.as_deref()
    }

    /// Reads columns and rows, like [`ParquetFile::read`]. Errors name the path.
    pub(crate) fn batches(
        &self,
        columns: &[usize],
        rows: Option<&[Range<u32>]>,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, Error>> + Send + use<>, Error> {
        let (path, fail) = (self.path.clone(), |error: PartError| error.at(&self.path));
        Ok(self.read(columns, rows).map_err(fail)?.map(move |batch| batch.map_err(|error| error.at(&path))))
    }

    /// Reads columns and rows. `columns` are ascending indices. Rows are ascending ranges that do not
    /// overlap, or all rows. The batches have exactly these rows, in order; a file that has more or fewer is
    /// an error.
    pub(crate) fn read(&self, columns: &[usize], rows: Option<&[Range<u32>]>) -> Result<Batches, PartError> {
        let all = 0..self.rows();
        let rows = rows.unwrap_or(std::slice::from_ref(&all));
        let left = rows.iter().map(ExactSizeIterator::len).sum();
        let source = match Stored::of(self, columns, rows)? {
            Some(stored) => Source::Stored(Box::new(stored)),
            None => Source::Decoder(self.decode(columns, rows)?),
        };
        Ok(Batches { file: self.clone(), columns: columns.to_vec(), source, left })
    }

    fn decode(&self, columns: &[usize], rows: &[Range<u32>]) -> Result<ParquetRecordBatchReader, PartError> {
        let file = load::open(&self.location)?;
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), columns.iter().copied());
        let (groups, selection) = self.select(rows);
        guarded(|| {
            for group in &groups {
                self.preflight_pages(&file, *group, &mask)?;
                longest::check(self, (&file, *group), &mask)?;
            }
            let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
            if let Some(selection) = selection {
                builder = builder.with_row_selection(selection);
            }
            let size = self.batch_rows(&groups, &mask);
            builder.with_row_groups(groups).with_projection(mask).with_batch_size(size).build().map_err(unreadable)
        })
    }

    /// Checks the claims of some column chunks of a row group against what they can have.
    fn preflight_pages(&self, file: &StoredFile, group: usize, mask: &ProjectionMask) -> Result<(), PartError> {
        let metadata = self.metadata().row_group(group);
        if self.is_part {
            preflight::check_size(metadata.columns())?;
        }
        let index = self.metadata().page_index_for_row_group(group);
        for (leaf, chunk) in metadata.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf)) {
            let pages = self.pages(group, leaf);
            if pages.get().is_none() {
                let limits = Limits { is_part: self.is_part, rows: metadata.num_rows() };
                let found = preflight::check_pages(file, chunk, index.page_locations(leaf), limits)?;
                let _another_thread_was_first = pages.set(found);
            }
        }
        Ok(())
    }

    /// What the page headers say about the pages of a leaf in a row group.
    fn pages(&self, group: usize, leaf: usize) -> &OnceLock<ChunkPages> {
        let leaves = self.metadata.parquet_schema().num_columns();
        &self.pages[group * leaves + leaf]
    }

    /// The number of values of each data page of a leaf in a row group, including nulls and empty lists, if
    /// the page headers were read.
    pub(in crate::part_files) fn page_values(&self, group: usize, leaf: usize) -> Option<&[u64]> {
        self.pages(group, leaf).get().map(|pages| &*pages.values)
    }

    /// The row groups that have these rows, and a selection within them unless all of their rows are wanted.
    fn select(&self, rows: &[Range<u32>]) -> (Vec<usize>, Option<RowSelection>) {
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
        let is_all = wanted.iter().map(ExactSizeIterator::len).sum::<usize>() == total;
        let selection = (!is_all).then(|| RowSelection::from_consecutive_ranges(wanted.into_iter(), total));
        (groups, selection)
    }

    /// The average bytes of a row of these columns, according to the footer.
    pub(crate) fn mean_bytes(&self, columns: &[usize]) -> u64 {
        let schema = self.metadata.parquet_schema();
        self.mean(&ProjectionMask::roots(schema, columns.iter().copied()))
    }

    /// The number of rows for which a batch of these columns stays small, even if all rows have the longest
    /// strings of the dictionaries.
    fn batch_rows(&self, groups: &[usize], mask: &ProjectionMask) -> usize {
        let leaves = (0..self.metadata.parquet_schema().num_columns()).filter(|leaf| mask.leaf_included(*leaf));
        let pages = leaves.map(|leaf| groups.iter().filter_map(move |group| self.pages(*group, leaf).get()));
        let longest: u64 = pages.map(|pages| pages.map(|pages| pages.longest).max().unwrap_or_default()).sum();
        let rows = (BATCH_BYTES / self.mean(mask)).clamp(BATCH_ROWS.0, BATCH_ROWS.1);
        let values = groups.iter().map(|group| self.values_per_row(*group, mask)).max().unwrap_or_default();
        let rows = rows.min(LARGEST_BATCH / longest.max(1)).min(BATCH_VALUES / values.max(1));
        usize::try_from(rows.max(1)).unwrap_or(usize::MAX)
    }

    /// The values of these columns in a row of a group: on average, or in the longest row if it is known.
    fn values_per_row(&self, group: usize, mask: &ProjectionMask) -> u64 {
        let metadata = self.metadata().row_group(group);
        let rows = u64::try_from(metadata.num_rows()).unwrap_or_default().max(1);
        let wanted = metadata.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf));
        let values = wanted.map(|(leaf, chunk)| {
            let longest = self.pages(group, leaf).get().and_then(|pages| pages.longest_row.get().copied());
            longest.unwrap_or_else(|| u64::try_from(chunk.num_values()).unwrap_or(u64::MAX) / rows)
        });
        values.fold(0, u64::saturating_add)
    }

    fn mean(&self, mask: &ProjectionMask) -> u64 {
        let groups = self.metadata().row_groups();
        let chunks = groups.iter().flat_map(|group| group.columns().iter().enumerate());
        let wanted = chunks.filter(|(leaf, _)| mask.leaf_included(*leaf));
        let sizes = wanted.map(|(_, chunk)| u64::try_from(chunk.uncompressed_size()).unwrap_or_default());
        let bytes = sizes.fold(0, u64::saturating_add);
        (bytes / u64::from(self.rows().max(1))).max(1)
    }

    /// The dotted path of a leaf, and its meaning.
    pub(crate) fn leaf(&self, leaf: usize) -> (String, Meaning) {
        (self.metadata.parquet_schema().column(leaf).path().string(), self.meanings[leaf])
    }

    /// The leaves that a column is stored in.
    pub(crate) fn leaves(&self, column: usize) -> Range<usize> {
        self.leaves[column].clone()
    }
}

fn leaves(metadata: &ArrowReaderMetadata) -> Vec<Range<usize>> {
    let schema = metadata.parquet_schema();
    let mut leaves = vec![0..0; metadata.schema().fields().len()];
    for leaf in 0..schema.num_columns() {
        // The leaves of a column are consecutive.
        let known = &mut leaves[schema.get_column_root_idx(leaf)];
        known.start = if known.end == 0 { leaf } else { known.start };
        known.end = leaf + 1;
    }
    leaves
}

/// The batches of one read.
pub(crate) struct Batches {
    file: ParquetFile,
    columns: Vec<usize>,
    source: Source,
    /// The number of rows that must follow.
    left: usize,
}

enum Source {
    Stored(Box<Stored>),
    Decoder(ParquetRecordBatchReader),
}

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch, PartError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.next_batch();
        let rows = batch.as_ref().map_or(0, |batch| batch.as_ref().map_or(self.left, RecordBatch::num_rows));
        let is_end = batch.is_none();
        match self.left.checked_sub(rows) {
            Some(left) if !is_end || left == 0 => {
                self.left = left;
                batch
            }
            _ => {
                self.left = 0;
                Some(Err(PartError::Unreadable("the number of its rows differs from its footer".into())))
            }
        }
    }
}

impl Batches {
    fn next_batch(&mut self) -> Option<Result<RecordBatch, PartError>> {
        if let Source::Stored(stored) = &mut self.source {
            match stored.next_batch() {
                Ok(batch) => return batch.map(Ok),
                // The pages are not as pressmark writes them, so the decoder continues from here.
                Err(left) => match self.file.decode(&self.columns, &left) {
                    Ok(batches) => self.source = Source::Decoder(batches),
                    Err(error) => return Some(Err(error)),
                },
            }
        }
        match &mut self.source {
            Source::Decoder(batches) => guarded(|| batches.next().transpose().map_err(unreadable)).transpose(),
            Source::Stored(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
