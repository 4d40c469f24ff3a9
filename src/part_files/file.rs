//! [`ParquetFile`]: one Parquet file, of a release or of anybody's, read by columns and rows on
//! any thread.
//!
//! The file is taken for hostile until it is read. What its footer, page index and page headers
//! claim is held against what the file can hold before anything is allocated for it (`preflight`),
//! and whatever the Parquet library refuses, or panics over, is one [`PartError`] and not the end
//! of the run. The Parquet types alone decide; an Arrow schema that a writer embedded is not
//! looked at. What the columns mean is the caller's business.

mod columns;
mod load;
mod longest;
mod lookup;
mod pages;
mod preflight;
mod raw_copy;
mod raw_page;

use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use arrow_array::RecordBatch;
use arrow_schema::Fields;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::metadata::ParquetMetaData;

use super::read_error::{PartError, guarded, unreadable};
use crate::filesystem;
use crate::schema::Columns;
use load::{Indexes, Loaded};
use preflight::{ChunkPages, Limits};
use raw_page::Stored;

pub use load::Meaning;
pub use lookup::Filter;
pub use pages::{Page, StoredPages};

/// How many bytes of values a batch should hold.
const BATCH_BYTES: u64 = 4 << 20;
/// How many bytes a batch may hold where texts come again and again from a dictionary.
const LARGEST_BATCH: u64 = 64 << 20;
/// How many rows a batch holds at least and at most.
const BATCH_ROWS: (u64, u64) = (16, 8192);
/// How many values a batch should hold: an element of a list takes some twenty bytes while it is
/// decoded, and none in the file where it comes again and again.
const BATCH_VALUES: u64 = 1 << 20;

/// A Parquet file whose footer was read.
pub struct ParquetFile {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    /// The number of each row group's first row, and after them that of all rows.
    starts: Vec<u32>,
    /// The leaves that each column is stored in.
    leaves: Vec<Range<usize>>,
    /// What each leaf holds.
    meanings: Vec<Meaning>,
    /// Whether it must keep to what a part can hold.
    is_part: bool,
    /// What the page headers of each column chunk say, row group by row group, once they were looked at.
    pages: Vec<OnceLock<ChunkPages>>,
}

impl fmt::Debug for ParquetFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetFile").field("path", &self.path).field("rows", &self.rows()).finish_non_exhaustive()
    }
}

impl ParquetFile {
    /// Opens any Parquet file at `path`. Page indexes that do not fit its pages are left aside: all
    /// that they are for is to find rows faster.
    pub fn open(path: &Path) -> Result<Self, PartError> {
        match Self::load(path, false, Indexes::Pages) {
            Ok(file) if file.has_true_index() => Ok(file),
            _ => Self::load(path, false, Indexes::None),
        }
    }

    /// Opens the part at `path` and checks that its columns are these, with `record_sha256`
    /// behind them.
    pub fn part(path: &Path, columns: &Columns) -> Result<Self, PartError> {
        let file = Self::load(path, true, Indexes::Pages)?;
        columns::check(file.fields(), columns)?;
        Ok(file)
    }

    /// As [`ParquetFile::part`], with what the column indexes say of its pages, which
    /// [`ParquetFile::summarise`], copying and [`crate::part_files::Extremes`] need.
    pub fn whole_part(path: &Path, columns: &Columns) -> Result<Self, PartError> {
        let file = Self::load(path, true, Indexes::All)?;
        columns::check(file.fields(), columns)?;
        Ok(file)
    }

    fn load(path: &Path, is_part: bool, indexes: Indexes) -> Result<Self, PartError> {
        let file = filesystem::open(path).map_err(|error| unreadable(error.cause()))?;
        let Loaded { metadata, meanings } = guarded(|| load::load(&file, is_part, indexes))?;
        let mut starts = vec![0_u32];
        for group in metadata.metadata().row_groups() {
            let last = starts[starts.len() - 1];
            let next = u32::try_from(group.num_rows()).ok().and_then(|rows| last.checked_add(rows));
            starts.push(next.ok_or_else(|| PartError::Unreadable("it claims more rows than a file can hold".into()))?);
        }
        let chunks = metadata.metadata().row_groups().iter().map(|group| group.columns().len()).sum();
        let pages = std::iter::repeat_with(OnceLock::new).take(chunks).collect();
        let leaves = leaves(&metadata);
        Ok(Self { path: path.to_owned(), metadata, starts, leaves, meanings, is_part, pages })
    }

    /// Whether its page index, if it has one, names the pages that there are.
    fn has_true_index(&self) -> bool {
        let has_index = |group| self.metadata().page_index_for_row_group(group).page_locations(0).is_some();
        if !(0..self.groups()).any(has_index) {
            return true;
        }
        let Ok(file) = filesystem::open(&self.path) else { return false };
        let all = ProjectionMask::all();
        guarded(|| (0..self.groups()).try_for_each(|group| self.preflight_pages(&file, group, &all))).is_ok()
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The footer.
    pub fn metadata(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// How many rows the footer says there are.
    pub fn rows(&self) -> u32 {
        self.starts[self.starts.len() - 1]
    }

    /// How many row groups it has.
    pub fn groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// The rows of a row group.
    pub fn group(&self, group: usize) -> Range<u32> {
        self.starts[group]..self.starts[group + 1]
    }

    /// The row group that a row is in.
    pub fn group_of(&self, row: u32) -> usize {
        self.starts.partition_point(|start| *start <= row) - 1
    }

    /// Its columns.
    pub fn fields(&self) -> &Fields {
        self.metadata.schema().fields()
    }

    /// The places of all columns.
    pub fn all_columns(&self) -> Vec<usize> {
        (0..self.fields().len()).collect()
    }

    /// Its text of this name in the footer.
    pub fn note(&self, name: &str) -> Option<&str> {
        let notes = self.metadata().file_metadata().key_value_metadata()?;
        notes.iter().find(|note| note.key == name)?.value.as_deref()
    }

    /// Reads these columns, by their places in ascending order, of these rows: ascending ranges
    /// that do not overlap, or all. The batches hold the wanted rows and no others, in order.
    pub fn read(&self, columns: &[usize], rows: Option<&[Range<u32>]>) -> Result<Batches<'_>, PartError> {
        let all = 0..self.rows();
        let rows = rows.unwrap_or(std::slice::from_ref(&all));
        let source = match Stored::of(self, columns, rows)? {
            Some(stored) => Source::Stored(stored),
            None => Source::Decoder(self.decode(columns, rows)?),
        };
        Ok(Batches { file: self, columns: columns.to_vec(), source })
    }

    fn decode(&self, columns: &[usize], rows: &[Range<u32>]) -> Result<ParquetRecordBatchReader, PartError> {
        let file = filesystem::open(&self.path).map_err(unreadable)?;
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

    /// Holds what the wanted column chunks of a row group claim against what they can hold.
    fn preflight_pages(&self, file: &File, group: usize, mask: &ProjectionMask) -> Result<(), PartError> {
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

    /// What is known of the pages of a leaf in a row group.
    fn pages(&self, group: usize, leaf: usize) -> &OnceLock<ChunkPages> {
        let leaves = self.metadata.parquet_schema().num_columns();
        &self.pages[group * leaves + leaf]
    }

    /// How many values, nulls and empty lists included, each data page of a leaf in a row group has,
    /// if it was read.
    pub(in crate::part_files) fn page_values(&self, group: usize, leaf: usize) -> Option<&[u64]> {
        self.pages(group, leaf).get().map(|pages| &*pages.values)
    }

    /// The row groups that these rows touch, and the rows as a selection among theirs if they
    /// are not all.
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

    /// How many bytes a row of these columns has on average, as the footer tells.
    pub fn mean_bytes(&self, columns: &[usize]) -> u64 {
        let schema = self.metadata.parquet_schema();
        self.mean(&ProjectionMask::roots(schema, columns.iter().copied()))
    }

    /// So many rows that a batch of these columns stays small, even if all of them have the longest
    /// texts of their dictionaries.
    fn batch_rows(&self, groups: &[usize], mask: &ProjectionMask) -> usize {
        let leaves = (0..self.metadata.parquet_schema().num_columns()).filter(|leaf| mask.leaf_included(*leaf));
        let pages = leaves.map(|leaf| groups.iter().filter_map(move |group| self.pages(*group, leaf).get()));
        let longest: u64 = pages.map(|pages| pages.map(|pages| pages.longest).max().unwrap_or_default()).sum();
        let rows = (BATCH_BYTES / self.mean(mask)).clamp(BATCH_ROWS.0, BATCH_ROWS.1);
        let values = groups.iter().map(|group| self.values_per_row(*group, mask)).max().unwrap_or_default();
        let rows = rows.min(LARGEST_BATCH / longest.max(1)).min(BATCH_VALUES / values.max(1));
        usize::try_from(rows.max(1)).unwrap_or(usize::MAX)
    }

    /// How many values of these columns a row of a group has: on average, or in the longest row
    /// where that was looked for.
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

    /// The dotted path of a leaf, and what it holds.
    pub fn leaf(&self, leaf: usize) -> (String, Meaning) {
        (self.metadata.parquet_schema().column(leaf).path().string(), self.meanings[leaf])
    }

    /// The leaves that a column is stored in.
    pub fn leaves(&self, column: usize) -> Range<usize> {
        self.leaves[column].clone()
    }
}

fn leaves(metadata: &ArrowReaderMetadata) -> Vec<Range<usize>> {
    let schema = metadata.parquet_schema();
    let mut leaves = vec![0..0; metadata.schema().fields().len()];
    for leaf in 0..schema.num_columns() {
        // Those of one column stand together.
        let known = &mut leaves[schema.get_column_root_idx(leaf)];
        known.start = if known.end == 0 { leaf } else { known.start };
        known.end = leaf + 1;
    }
    leaves
}

/// The batches of one reading.
pub struct Batches<'f> {
    file: &'f ParquetFile,
    columns: Vec<usize>,
    source: Source<'f>,
}

enum Source<'f> {
    Stored(Stored<'f>),
    Decoder(ParquetRecordBatchReader),
}

impl fmt::Debug for Batches<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Iterator for Batches<'_> {
    type Item = Result<RecordBatch, PartError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Source::Stored(stored) = &mut self.source {
            match stored.next_batch() {
                Ok(batch) => return batch.map(Ok),
                // Not as we write it: the decoder goes on from there.
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
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int32Type;
    use arrow_array::{DictionaryArray, Int32Array, StringArray};
    use parquet::arrow::ArrowWriter;

    use super::*;

    /// By the few bytes of each row a batch would have them all, half a mebibyte each.
    #[test]
    fn a_long_text_that_comes_again_and_again_makes_small_batches() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let long = StringArray::from(vec!["x".repeat(1 << 19)]);
        let texts = DictionaryArray::<Int32Type>::try_new(Int32Array::from(vec![0; 1000]), Arc::new(long)).unwrap();
        let batch = RecordBatch::try_from_iter([("a", Arc::new(texts) as _)]).unwrap();
        let file = filesystem::create_new(&path).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let file = ParquetFile::open(&path).unwrap();
        let first = file.read(&[0], None).unwrap().next().unwrap().unwrap();
        assert_eq!(first.num_rows(), 128);
    }
}
