//! [`PartFile`]: a part by its footer, and its row groups one by one, on any thread.
//!
//! The part may come from a hostile source. Before a row group is decoded, what its footer and
//! page headers claim is held against what a row group can need, so that a small file cannot ask
//! for memory without bound; within that, [`super::reader`] turns whatever goes wrong into one
//! [`PartError`].

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;
use parquet::bloom_filter::Sbbf;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::{ChunkReader as _, Length as _};

use super::guard::guarded;
use super::reader::{PartError, check_columns, options, rows, unreadable};
use super::thrift::walk;
use crate::filesystem;
use crate::record::Cell;
use crate::schema::Columns;

/// How many rows are decoded at a time.
const BATCH_ROWS: usize = 512;
/// How many bytes the columns of a row group may have before compression. A row group holds 64 MiB
/// of canonical form and one record of any length, and no value takes more than eight times its text.
const GROUP_BYTES: i64 = 2 << 30;
/// How many values, nulls and empty lists included, a column of a row group may have. Each takes
/// two bytes of canonical form or more, or stands for a row.
const CHUNK_VALUES: i64 = 1 << 27;
/// The largest bloom filter that is read, in bytes; for the most rows that a row group may have
/// it takes less than a fourth of this.
const FILTER_BYTES: i32 = 4 << 20;

/// The longest header of a page or filter, in bytes. Those of this format take less than a hundred.
const HEADER_BYTES: usize = 4096;
/// The longest footer that is read, in bytes.
const FOOTER_BYTES: u64 = 64 << 20;
/// The footer's length and the magic behind it.
const TAIL_BYTES: u64 = 8;

/// Fields of a page header (`PageHeader` in parquet.thrift).
const UNCOMPRESSED_PAGE_SIZE: i64 = 2;
const COMPRESSED_PAGE_SIZE: i64 = 3;
const DATA_PAGE: i64 = 5;
const DATA_PAGE_V2: i64 = 8;
/// The first field of either of these.
const NUM_VALUES: i64 = 1;

/// A part whose footer was read and whose columns are the ones expected.
#[derive(Debug, Clone)]
pub struct PartFile {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
}

impl PartFile {
    /// Opens the part at `path` and checks that its columns are these.
    pub fn open(path: &Path, columns: &Columns) -> Result<Self, PartError> {
        let file = filesystem::open(path).map_err(unreadable)?;
        let metadata = guarded(|| {
            check_footer(&file)?;
            ArrowReaderMetadata::load(&file, options()).map_err(unreadable)
        })?;
        check_columns(metadata.schema().fields(), columns)?;
        Ok(Self { path: path.to_owned(), metadata })
    }

    /// The footer.
    pub fn metadata(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// How many rows the footer says there are.
    pub fn rows(&self) -> u64 {
        rows(self.metadata())
    }

    /// How many rows the footer says that each row group has.
    pub fn group_rows(&self) -> impl Iterator<Item = u64> {
        self.metadata().row_groups().iter().map(|group| u64::try_from(group.num_rows()).unwrap_or_default())
    }

    /// Starts to decode a row group, from 0.
    pub fn group(&self, group: usize) -> Result<Group, PartError> {
        let file = filesystem::open(&self.path).map_err(unreadable)?;
        guarded(|| {
            let chunks = self.metadata().row_group(group).columns();
            check_size(chunks)?;
            chunks.iter().try_for_each(|chunk| check_pages(&file, chunk))?;
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
            let builder = builder.with_row_groups(vec![group]).with_batch_size(BATCH_ROWS);
            Ok(Group { batches: builder.build().map_err(unreadable)? })
        })
    }

    /// The bloom filter of a leaf column in a row group, both from 0, if there is one.
    pub fn filter(&self, group: usize, leaf: usize) -> Result<Option<Filter>, PartError> {
        let file = filesystem::open(&self.path).map_err(unreadable)?;
        guarded(|| {
            let chunk = self.metadata().row_group(group).column(leaf);
            // Without its length, the header alone says how much to read.
            let length = chunk.bloom_filter_length().filter(|length| (0..=FILTER_BYTES).contains(length));
            let start = chunk.bloom_filter_offset().and_then(|offset| u64::try_from(offset).ok());
            let Some((length, start)) = length.zip(start) else { return Ok(None) };
            let end = start.saturating_add(length.unsigned_abs().into());
            walk(header(&file, start, end)?.as_ref(), &mut |_, _| {})?;
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
            let filter = builder.get_row_group_column_bloom_filter(group, leaf).map_err(unreadable)?;
            Ok(filter.map(|filter| Filter { filter }))
        })
    }
}

fn check_size(chunks: &[ColumnChunkMetaData]) -> Result<(), PartError> {
    // Other codecs unpack without a bound.
    let is_ours = |codec| matches!(codec, Compression::ZSTD(_) | Compression::UNCOMPRESSED);
    if let Some(chunk) = chunks.iter().find(|chunk| !is_ours(chunk.compression())) {
        return Err(PartError::Unreadable(format!("it is compressed with {}, which no part is", chunk.compression())));
    }
    let bytes = chunks.iter().try_fold(0_i64, |sum, chunk| {
        let sizes = [chunk.uncompressed_size(), chunk.compressed_size(), chunk.num_values()];
        sizes.iter().all(|size| *size >= 0).then(|| sum.checked_add(chunk.uncompressed_size()))?
    });
    if bytes.is_none_or(|bytes| bytes > GROUP_BYTES) || chunks.iter().any(|chunk| chunk.num_values() > CHUNK_VALUES) {
        return Err(PartError::Unreadable("a row group claims to be larger than any can be".into()));
    }
    Ok(())
}

/// The page headers of a column chunk must promise no more than the footer does: a short page
/// can promise any number of values.
fn check_pages(file: &File, chunk: &ColumnChunkMetaData) -> Result<(), PartError> {
    let more = || PartError::Unreadable("a column has more in its pages than its footer says".into());
    let (mut at, length) = chunk.byte_range();
    let end = at.checked_add(length).filter(|end| *end <= file.len()).ok_or_else(more)?;
    let (mut values, mut bytes) = (chunk.num_values(), chunk.uncompressed_size());
    while at < end {
        let (mut stored, mut promised, mut unpacked) = (None, 0, None);
        let header = header(file, at, end)?;
        let taken = walk(header.as_ref(), &mut |path, number| match path {
            [UNCOMPRESSED_PAGE_SIZE] => unpacked = Some(number),
            [COMPRESSED_PAGE_SIZE] => stored = u64::try_from(number).ok(),
            [DATA_PAGE | DATA_PAGE_V2, NUM_VALUES] => promised = number,
            _ => {}
        })?;
        let counts = [unpacked.unwrap_or(-1), promised];
        (bytes, values) = (bytes - counts[0], values - counts[1]);
        if counts.iter().any(|count| *count < 0) || bytes < 0 || values < 0 {
            return Err(more());
        }
        at = stored.and_then(|stored| at.checked_add(taken as u64)?.checked_add(stored)).ok_or_else(more)?;
    }
    Ok(())
}

/// The bytes at a place of a file that hold a header and perhaps more; no header comes near
/// [`HEADER_BYTES`].
fn header(file: &File, at: u64, end: u64) -> Result<impl AsRef<[u8]>, PartError> {
    let length = usize::try_from(end.saturating_sub(at)).map_or(HEADER_BYTES, |left| left.min(HEADER_BYTES));
    file.get_bytes(at, length).map_err(unreadable)
}

/// Whether the footer is Thrift, and its lists no longer than it is itself.
fn check_footer(file: &File) -> Result<(), PartError> {
    let none = || PartError::Unreadable("it does not end as a Parquet file does".into());
    let end = file.len().checked_sub(TAIL_BYTES).ok_or_else(none)?;
    let tail = file.get_bytes(end, 8).map_err(unreadable)?;
    let (length, magic) = tail.split_first_chunk::<4>().ok_or_else(none)?;
    let length = u64::from(u32::from_le_bytes(*length));
    if magic != b"PAR1" || length > FOOTER_BYTES {
        return Err(none());
    }
    let start = end.checked_sub(length).ok_or_else(none)?;
    let footer = file.get_bytes(start, usize::try_from(length).map_err(unreadable)?).map_err(unreadable)?;
    walk(&footer, &mut |_, _| {}).map(drop)
}

/// The rows of one row group, some at a time.
pub struct Group {
    batches: ParquetRecordBatchReader,
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Group").finish_non_exhaustive()
    }
}

impl Iterator for Group {
    type Item = Result<RecordBatch, PartError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batches = &mut self.batches;
        guarded(|| batches.next().transpose().map_err(unreadable)).transpose()
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
    /// Whether a reader that asks for this key would look at the row group.
    pub fn has(&self, key: &Cell<'_>) -> bool {
        match key {
            Cell::String(text) => self.filter.check(text.as_ref()),
            Cell::Int64(value) => self.filter.check(value),
            Cell::UInt64(value) => self.filter.check(&value.cast_signed()),
            _ => true,
        }
    }
}
