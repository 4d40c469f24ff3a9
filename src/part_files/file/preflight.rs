//! What a file claims, held against what it can hold, before the Parquet library acts on it: a
//! small file cannot ask for memory or time without bound.
//!
//! Nothing is decoded here, and whether a claim is true is for the decoder to find out.

use std::fs::File;
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

/// How many bytes the columns of a row group may have before compression. A row group holds 64 MiB
/// of canonical form and one record of any length, and no value takes more than eight times its text.
const GROUP_BYTES: i64 = 2 << 30;
/// How many values, nulls and empty lists included, a column of a row group may have. Each takes
/// two bytes of canonical form or more, or stands for a row; an article has 64 MiB at most.
const CHUNK_VALUES: i64 = 1 << 26;
/// The longest header of a page or filter, in bytes. Those of this format take less than a
/// hundred; other writers put whole values into them.
pub(super) const HEADER_BYTES: usize = 4096;
const LONG_HEADER_BYTES: usize = 4 << 20;
/// The largest dictionary that is looked through, in bytes. Those of this format end at one mebibyte,
/// or with the batch of rows that brings them there.
const DICTIONARY_BYTES: i64 = 16 << 20;
/// The largest page of a file that is not a part, in bytes before compression: some writers put a
/// whole column of a row group into one.
const PAGE_BYTES: i64 = 512 << 20;
/// The longest footer that is read, in bytes, and the most of page indexes.
const FOOTER_BYTES: u64 = 64 << 20;
/// The footer's length and the magic behind it.
const TAIL_BYTES: u64 = 8;

/// Fields of a page header (`PageHeader` in parquet.thrift).
const PAGE_TYPE: i64 = 1;
const UNCOMPRESSED_PAGE_SIZE: i64 = 2;
const COMPRESSED_PAGE_SIZE: i64 = 3;
const CHECKSUM: i64 = 4;
const DATA_PAGE: i64 = 5;
const DATA_PAGE_V2: i64 = 8;
/// The first fields of either of these.
const NUM_VALUES: i64 = 1;
const ENCODING: i64 = 2;
const ENCODING_V2: i64 = 4;
/// The encoding in which a text may begin as the one before it does (`DELTA_BYTE_ARRAY`).
const SHARED_STARTS: i64 = 7;

/// What the header of a page says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PageHeader {
    /// How many bytes it takes itself.
    pub(super) length: usize,
    /// The bytes that follow, and what they are before compression.
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
    /// The header at a place of a file, where no more than `end - at` bytes belong to it.
    fn read(file: &File, at: u64, end: u64) -> Result<Self, PartError> {
        Self::of(bytes_at(file, at, end, HEADER_BYTES)?.as_ref())
            .or_else(|_too_long| Self::of(bytes_at(file, at, end, LONG_HEADER_BYTES)?.as_ref()))
    }

    /// The header that these bytes start with.
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

    /// Starts to compare the bytes behind it with its checksum, if it has one.
    pub(super) fn checksum(&self) -> Option<Checksum> {
        Some(Checksum { want: self.checksum?, found: crc32fast::Hasher::new() })
    }

    /// Whether it is that of a data page of version 1 whose values are plain.
    pub(super) fn is_plain(&self) -> bool {
        self.kind == Some(0) && self.encoding == Some(0)
    }
}

/// The checksum of a page, CRC-32 of its bytes as they are stored. It finds damage; whoever changes
/// a page on purpose can give it any checksum, so it says nothing about who wrote the page.
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

/// Whether the footer is Thrift, and its lists no longer than it is itself.
pub(super) fn check_footer(file: &File) -> Result<(), PartError> {
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
    walk_footer(&footer)
}

/// Whether the page indexes can be read: false if there are none, or too many to be held.
pub(super) fn check_indexes(file: &File, footer: &ParquetMetaData, with_values: bool) -> Result<bool, PartError> {
    let chunks = || footer.row_groups().iter().flat_map(RowGroupMetaData::columns);
    let places: Vec<Range<u64>> = chunks().filter_map(ColumnChunkMetaData::offset_index_range).collect();
    let values = chunks().filter_map(ColumnChunkMetaData::column_index_range).filter(|_| with_values);
    let values: Vec<Range<u64>> = values.collect();
    let all = || places.iter().chain(&values);
    let (Some(start), Some(end)) = (all().map(|range| range.start).min(), all().map(|range| range.end).max()) else {
        return Ok(false);
    };
    if end > file.len() {
        return Err(PartError::Unreadable("it claims to have page indexes behind its end".into()));
    }
    // The library reads all of them in one go, so what lies between them counts.
    let taken = all().fold(0, |sum: u64, range| sum.saturating_add(range.end.saturating_sub(range.start)));
    if u64::max(end.saturating_sub(start), taken) > FOOTER_BYTES {
        return Ok(false);
    }
    let bytes = file.get_bytes(start, usize::try_from(end - start).map_err(unreadable)?).map_err(unreadable)?;
    let part = |range: &Range<u64>| {
        let [from, to] = [range.start, range.end].map(|at| usize::try_from(at - start).unwrap_or(usize::MAX));
        bytes.get(from..to).unwrap_or_default()
    };
    places.iter().try_for_each(|range| walk(part(range), &mut |_, _| {}).map(drop))?;
    values.iter().try_for_each(|range| walk_values(part(range)))?;
    Ok(true)
}

/// Whether the pages lie one behind the other in their column chunks, by bytes and by rows.
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

/// Whether the column chunks of a part's row group claim no more than any can have.
pub(super) fn check_size(chunks: &[ColumnChunkMetaData]) -> Result<(), PartError> {
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

/// What the page headers of a column chunk say.
#[derive(Debug)]
pub(super) struct ChunkPages {
    /// The number of values of each data page, nulls and empty lists included.
    pub(super) values: Box<[u64]>,
    /// The longest text of its dictionary in bytes, as far as that is known here.
    pub(super) longest: u64,
    /// How many values its longest row has, if that was looked for.
    pub(super) longest_row: OnceLock<u64>,
}

/// What the pages of a column chunk are held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Whether they are those of a part.
    pub(super) is_part: bool,
    /// How many rows the row group has.
    pub(super) rows: i64,
}

/// The page headers of a column chunk must promise no more than the footer does: a short page
/// can promise any number of values. And the page index must name these pages and no others, with
/// the rows that they have, as far as their values tell.
pub(super) fn check_pages(
    file: &File,
    chunk: &ColumnChunkMetaData,
    index: Option<&Vec<PageLocation>>,
    Limits { is_part, rows }: Limits,
) -> Result<ChunkPages, PartError> {
    let more = || PartError::Unreadable("a column has more in its pages than its footer says".into());
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
            let message =
                format!("a page claims to have {} bytes, and {PAGE_BYTES} are the most that is read", counts[0]);
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
                // A text is no longer than all that its page has of texts.
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

/// How many rows each page has by the index, of a column chunk of so many.
fn rows_of(pages: &[PageLocation], rows: i64) -> impl Iterator<Item = i64> {
    let ends = pages.iter().skip(1).map(|page| page.first_row_index).chain([rows]);
    pages.iter().zip(ends).map(|(page, end)| end.saturating_sub(page.first_row_index))
}

/// The longest text of a dictionary page, whose values are plain; all of its bytes if it is too large
/// to be looked through.
fn longest_text(file: &File, chunk: &ColumnChunkMetaData, at: u64, header: &PageHeader) -> Result<u64, PartError> {
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

/// The dictionary of a column chunk, unpacked by the library.
fn first_dictionary(file: &File, chunk: &ColumnChunkMetaData) -> Result<Vec<u8>, PartError> {
    let file = Arc::new(file.try_clone().map_err(unreadable)?);
    let mut pages = SerializedPageReader::new(file, chunk, 0, None).map_err(unreadable)?;
    match pages.get_next_page().map_err(unreadable)? {
        Some(ColumnPage::DictionaryPage { buf, .. }) => Ok(buf.to_vec()),
        _ => Ok(Vec::new()),
    }
}

fn other_pages() -> PartError {
    PartError::Unreadable("its page index names other pages than a column has".into())
}

/// At most `most` bytes at a place of a file, and none from `end` on.
pub(super) fn bytes_at(file: &File, at: u64, end: u64, most: usize) -> Result<impl AsRef<[u8]>, PartError> {
    let length = usize::try_from(end.saturating_sub(at)).map_or(most, |left| left.min(most));
    file.get_bytes(at, length).map_err(unreadable)
}
