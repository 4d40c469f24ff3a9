//! Checks the claims of a file against what it can have, before the Parquet library acts on them. So a small
//! file cannot make it use unbounded memory or time.
//!
//! Nothing is decoded here. Whether a claim is true is only found by decoding.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use parquet::basic::{Compression, Type};
use parquet::column::page::{Page as ColumnPage, PageReader as _};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::reader::{ChunkReader as _, Length as _};
use parquet::file::serialized_reader::SerializedPageReader;

use crate::part_files::read_error::{PartError, unreadable};
use crate::part_files::thrift::{walk, walk_footer, walk_values};
use crate::storage::StoredFile;

/// The most bytes of the columns of a row group before compression. A row group has 64 MiB of canonical form
/// and one more record, and no value takes more than eight times its canonical form.
const GROUP_BYTES: i64 = 2 << 30;
/// The most values of a column of a row group, including nulls and empty lists. Each takes at least two bytes
/// of canonical form, or is the only one of its row. An article has at most 64 MiB.
const CHUNK_VALUES: i64 = 1 << 26;
/// The longest header of a page or filter, in bytes. Those of this format take less than a hundred, but other
/// writers put whole values into them.
pub(super) const HEADER_BYTES: usize = 4096;
const LONG_HEADER_BYTES: usize = 4 << 20;
/// The largest dictionary that is searched, in bytes. Those of this format end at one mebibyte, or with the
/// batch of rows that reaches it.
const DICTIONARY_BYTES: i64 = 16 << 20;
/// The largest page of a file that is not a part, in bytes before compression. Some writers put a whole
/// column of a row group into one page.
const PAGE_BYTES: i64 = 512 << 20;
/// The longest footer and the longest page indexes that are read, in bytes.
const FOOTER_BYTES: u64 = 64 << 20;
/// The length of the footer's length and the magic after it, in bytes.
const TAIL_BYTES: u64 = 8;

/// Fields of a page header (`PageHeader` in parquet.thrift).
const PAGE_TYPE: i64 = 1;
const UNCOMPRESSED_PAGE_SIZE: i64 = 2;
const COMPRESSED_PAGE_SIZE: i64 = 3;
const CHECKSUM: i64 = 4;
const DATA_PAGE: i64 = 5;
const DATA_PAGE_V2: i64 = 8;
/// The first fields of both kinds of data page header.
const NUM_VALUES: i64 = 1;
const ENCODING: i64 = 2;
const ENCODING_V2: i64 = 4;
/// The encoding in which a string can reuse the start of the one before it (`DELTA_BYTE_ARRAY`).
const SHARED_STARTS: i64 = 7;

/// The header of a page.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PageHeader {
    /// The length of the header in bytes.
    pub(super) length: usize,
    /// The length of the page after the header, as stored and before compression.
    pub(super) stored: Option<u64>,
    pub(super) unpacked: Option<i64>,
    /// The number of values, of data pages.
    pub(super) values: Option<i64>,
    /// The checksum of the stored bytes.
    checksum: Option<u32>,
    encoding: Option<i64>,
    kind: Option<i64>,
}

impl PageHeader {
    /// Reads the header at an offset of a file. It must end before `end`.
    fn read(file: &StoredFile, at: u64, end: u64) -> Result<Self, PartError> {
        Self::of(bytes_at(file, at, end, HEADER_BYTES)?.as_ref())
            .or_else(|_too_long| Self::of(bytes_at(file, at, end, LONG_HEADER_BYTES)?.as_ref()))
    }

    /// Reads the header at the start of these bytes.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, PartError> {
        let mut header = Self::default();
        let length = walk(bytes, &mut |path, number| match path {
            [PAGE_TYPE] => header.kind = Some(number),
            [UNCOMPRESSED_PAGE_SIZE] => header.unpacked = Some(number),
            [COMPRESSED_PAGE_SIZE] => header.stored = u64::try_from(number).ok(),
            [DATA_PAGE | DATA_PAGE_V2, NUM_VALUES] => header.values = Some(number),
            [DATA_PAGE, ENCODING] | [DATA_PAGE_V2, ENCODING_V2] => header.encoding = Some(number),
            [CHECKSUM] => header.checksum = i32::try_from(number).ok().map(i32::cast_unsigned),
            _ => {}
        })?;
        Ok(Self { length, ..header })
    }

    /// Starts to check the bytes after the header against its checksum, if it has one.
    pub(super) fn checksum(&self) -> Option<Checksum> {
        Some(Checksum { want: self.checksum?, found: crc32fast::Hasher::new() })
    }

    /// Whether it is the header of a version 1 data page with plain values.
    pub(super) fn is_plain(&self) -> bool {
        self.kind == Some(0) && self.encoding == Some(0)
    }
}

/// The checksum of a page: the CRC-32 of its stored bytes. It detects damage. It does not detect intent,
/// because anyone who changes a page can also change the checksum.
pub(super) struct Checksum {
    want: u32,
    found: crc32fast::Hasher,
}

impl Checksum {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.found.update(bytes);
    }

    pub(super) fn holds(self) -> bool {
        self.found.finalize() == self.want
    }
}

/// Checks that the footer is Thrift, and that its lists are not longer than the footer.
pub(super) fn check_footer(file: &StoredFile) -> Result<(), PartError> {
    let none = || PartError::Unreadable("the end of the file is not that of a Parquet file".into());
    let end = file.len().checked_sub(TAIL_BYTES).ok_or_else(none)?;
    let tail = file.get_bytes(end, 8).map_err(unreadable)?;
    let (length, magic) = tail.split_first_chunk::<4>().ok_or_else(none)?;
    let length = u64::from(u32::from_le_bytes(*length));
    if magic != b"PAR1" || length > FOOTER_BYTES {
        return Err(none());
    }
    let start = end.checked_sub(length).ok_or_else(none)?;
    let footer = file.get_bytes(start, usize::try_from(length).map_err(unreadable)?).map_err(unreadable)?;
    walk_footer(&footer)
}

/// Whether the page indexes can be read. False if there are none, or if they are too large for memory.
pub(super) fn check_indexes(file: &StoredFile, footer: &ParquetMetaData, with_values: bool) -> Result<bool, PartError> {
    let chunks = || footer.row_groups().iter().flat_map(RowGroupMetaData::columns);
    let positions: Vec<Range<u64>> = chunks().filter_map(ColumnChunkMetaData::offset_index_range).collect();
    let values = chunks().filter_map(ColumnChunkMetaData::column_index_range).filter(|_| with_values);
    let values: Vec<Range<u64>> = values.collect();
    let all = || positions.iter().chain(&values);
    let (Some(start), Some(end)) = (all().map(|range| range.start).min(), all().map(|range| range.end).max()) else {
        return Ok(false);
    };
    if end > file.len() {
        return Err(PartError::Unreadable("its page indexes are past the end of the file".into()));
    }
    // The library reads all of them at once, so the bytes between them count.
    let taken = all().fold(0, |sum: u64, range| sum.saturating_add(range.end.saturating_sub(range.start)));
    if u64::max(end.saturating_sub(start), taken) > FOOTER_BYTES {
        return Ok(false);
    }
    let bytes = file.get_bytes(start, usize::try_from(end - start).map_err(unreadable)?).map_err(unreadable)?;
    let part = |range: &Range<u64>| {
        let [from, to] = [range.start, range.end].map(|at| usize::try_from(at - start).unwrap_or(usize::MAX));
        bytes.get(from..to).unwrap_or_default()
    };
    positions.iter().try_for_each(|range| walk(part(range), &mut |_, _| {}).map(drop))?;
    values.iter().try_for_each(|range| walk_values(part(range)))?;
    Ok(true)
}

/// Whether the pages of each column chunk are consecutive, by bytes and by rows.
pub(super) fn check_locations(metadata: &ParquetMetaData) -> Result<(), PartError> {
    for (number, group) in metadata.row_groups().iter().enumerate() {
        let index = metadata.page_index_for_row_group(number);
        for (leaf, chunk) in group.columns().iter().enumerate() {
            let fits = index.page_locations(leaf).is_none_or(|pages| are_within(pages, chunk, group.num_rows()));
            if !fits {
                return Err(PartError::Unreadable("its page index contradicts its footer".into()));
            }
        }
    }
    Ok(())
}

fn are_within(pages: &[PageLocation], chunk: &ColumnChunkMetaData, rows: i64) -> bool {
    let sizes = [chunk.data_page_offset(), chunk.dictionary_page_offset().unwrap_or_default(), chunk.compressed_size()];
    if sizes.iter().any(|size| *size < 0) {
        return false;
    }
    let (start, length) = chunk.byte_range();
    let (Ok(mut at), Some(end)) = (i64::try_from(start), start.checked_add(length)) else { return false };
    let mut row = 0;
    pages.iter().enumerate().all(|(number, page)| {
        let end_of_page = i64::from(page.compressed_page_size).checked_add(page.offset);
        let fits = page.offset >= at
            && page.compressed_page_size >= 0
            && end_of_page.and_then(|end| u64::try_from(end).ok()).is_some_and(|page| page <= end)
            && (row..=rows).contains(&page.first_row_index)
            && (number > 0 || page.first_row_index == 0);
        (at, row) = (end_of_page.unwrap_or(i64::MAX), page.first_row_index);
        fits
    })
}

/// Checks that the column chunks of a part's row group do not exceed the limits.
pub(super) fn check_size(chunks: &[ColumnChunkMetaData]) -> Result<(), PartError> {
    // The size that other codecs unpack to is not bounded.
    let is_ours = |codec| matches!(codec, Compression::ZSTD(_) | Compression::UNCOMPRESSED);
    if let Some(chunk) = chunks.iter().find(|chunk| !is_ours(chunk.compression())) {
        return Err(PartError::Unreadable(format!(
            "it is compressed with {}, which parts never use",
            chunk.compression()
        )));
    }
    let bytes = chunks.iter().try_fold(0_i64, |sum, chunk| {
        let sizes = [chunk.uncompressed_size(), chunk.compressed_size(), chunk.num_values()];
        sizes.iter().all(|size| *size >= 0).then(|| sum.checked_add(chunk.uncompressed_size()))?
    });
    if bytes.is_none_or(|bytes| bytes > GROUP_BYTES) || chunks.iter().any(|chunk| chunk.num_values() > CHUNK_VALUES) {
        return Err(PartError::Unreadable("a row group is larger than the limit".into()));
    }
    Ok(())
}

/// A summary of the page headers of a column chunk.
#[derive(Debug)]
pub(super) struct ChunkPages {
    /// The number of values of each data page, including nulls and empty lists.
    pub(super) values: Box<[u64]>,
    /// The length of the longest string of the dictionary in bytes, or an upper bound.
    pub(super) longest: u64,
    /// The number of values of the longest row, if it was computed.
    pub(super) longest_row: OnceLock<u64>,
}

/// The limits for the pages of a column chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Whether the file is a part.
    pub(super) is_part: bool,
    /// The number of rows of the row group.
    pub(super) rows: i64,
}

/// Checks the page headers of a column chunk. They must not claim more values than the footer, because a
/// short page can claim any number. The page index must list exactly these pages, and their rows must match
/// the numbers of values.
pub(super) fn check_pages(
    file: &StoredFile,
    chunk: &ColumnChunkMetaData,
    index: Option<&Vec<PageLocation>>,
    Limits { is_part, rows }: Limits,
) -> Result<ChunkPages, PartError> {
    let more = || PartError::Unreadable("a column has more data in its pages than in its footer".into());
    let (mut at, length) = chunk.byte_range();
    let end = at.checked_add(length).filter(|end| *end <= file.len()).ok_or_else(more)?;
    let (mut values, mut bytes) = (chunk.num_values(), chunk.uncompressed_size());
    let mut named = index.map(|pages| pages.iter().zip(rows_of(pages, rows)));
    let (mut pages, mut longest) = (Vec::new(), 0);
    let is_flat = chunk.column_descr().max_rep_level() == 0;
    while at < end {
        let header = PageHeader::read(file, at, end)?;
        let counts = [header.unpacked.unwrap_or(-1), header.values.unwrap_or_default()];
        (bytes, values) = (bytes.saturating_sub(counts[0]), values.saturating_sub(counts[1]));
        if counts.iter().any(|count| *count < 0) || bytes < 0 || values < 0 {
            return Err(more());
        }
        if !is_part && counts[0] > PAGE_BYTES {
            let message = format!("a page has {} bytes, more than the limit of {PAGE_BYTES}", counts[0]);
            return Err(PartError::Unreadable(message));
        }
        let length = header.stored.and_then(|stored| stored.checked_add(header.length as u64)).ok_or_else(more)?;
        if let Some(count) = header.values {
            pages.push(u64::try_from(count).map_err(unreadable)?);
            let is_next = |(page, rows): (&PageLocation, i64)| {
                let is_here = u64::try_from(page.offset) == Ok(at);
                is_here && u64::try_from(page.compressed_page_size) == Ok(length) && (!is_flat || rows == count)
            };
            if named.as_mut().is_some_and(|named| !named.next().is_some_and(is_next)) {
                return Err(other_pages());
            }
            if header.encoding == Some(SHARED_STARTS) {
                // A string is not longer than its page.
                longest = longest.max(counts[0].unsigned_abs());
            }
        } else if chunk.column_descr().physical_type() == Type::BYTE_ARRAY {
            longest = longest.max(longest_text(file, chunk, at, &header)?);
        }
        at = at.checked_add(length).ok_or_else(more)?;
    }
    if named.is_some_and(|mut named| named.next().is_some()) {
        return Err(other_pages());
    }
    Ok(ChunkPages { values: pages.into(), longest, longest_row: OnceLock::new() })
}

/// The number of rows of each page according to the index, for a column chunk of this many rows.
fn rows_of(pages: &[PageLocation], rows: i64) -> impl Iterator<Item = i64> {
    let ends = pages.iter().skip(1).map(|page| page.first_row_index).chain([rows]);
    pages.iter().zip(ends).map(|(page, end)| end.saturating_sub(page.first_row_index))
}

/// The length of the longest string of a plain dictionary page. If the page is too large to be searched, the
/// length of the page.
fn longest_text(
    file: &StoredFile,
    chunk: &ColumnChunkMetaData,
    at: u64,
    header: &PageHeader,
) -> Result<u64, PartError> {
    let sizes = (header.stored.and_then(|size| usize::try_from(size).ok()), header.unpacked.unwrap_or_default());
    let (Some(stored), size @ 0..=DICTIONARY_BYTES) = sizes else { return Ok(sizes.1.unsigned_abs()) };
    if stored as u64 > DICTIONARY_BYTES.unsigned_abs() {
        return Ok(size.unsigned_abs());
    }
    let page = file.get_bytes(at + header.length as u64, stored).map_err(unreadable)?;
    let unpacked = match chunk.compression() {
        Compression::UNCOMPRESSED => page.to_vec(),
        Compression::ZSTD(_) => {
            zstd::bulk::decompress(&page, usize::try_from(size).map_err(unreadable)?).map_err(unreadable)?
        }
        _ => first_dictionary(file, chunk)?,
    };
    let (mut rest, mut longest) = (unpacked.as_slice(), 0);
    while let Some((length, text)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length);
        longest = longest.max(length.into());
        rest = text.get(length as usize..).unwrap_or_default();
    }
    Ok(longest)
}

/// The dictionary of a column chunk, decompressed by the library.
fn first_dictionary(file: &StoredFile, chunk: &ColumnChunkMetaData) -> Result<Vec<u8>, PartError> {
    let file = Arc::new(file.clone());
    let mut pages = SerializedPageReader::new(file, chunk, 0, None).map_err(unreadable)?;
    match pages.get_next_page().map_err(unreadable)? {
        Some(ColumnPage::DictionaryPage { buf, .. }) => Ok(buf.to_vec()),
        _ => Ok(Vec::new()),
    }
}

fn other_pages() -> PartError {
    PartError::Unreadable("its page index lists pages that a column does not have".into())
}

/// Reads at most `most` bytes at an offset of a file, and none from `end` on.
pub(super) fn bytes_at(file: &StoredFile, at: u64, end: u64, most: usize) -> Result<impl AsRef<[u8]>, PartError> {
    let length = usize::try_from(end.saturating_sub(at)).map_or(most, |left| left.min(most));
    file.get_bytes(at, length).map_err(unreadable)
}
