//! Stored pages: finds them by the page index, and compares the bytes of two pages. Equal pages need no
//! decoding. Nothing is decoded here.

use std::ops::Range;

use super::preflight::{Checksum, PageHeader};
use super::{ParquetFile, load};
use crate::part_files::read_error::{PartError, unreadable};
use crate::storage::StoredFile;

/// The number of bytes of two pages that are compared at a time.
const BLOCK: u32 = 64 << 10;

/// A page of a column chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// The rows of the page, as indices in the file.
    pub(crate) rows: Range<u32>,
    /// Its bytes in the file, including the header.
    pub(super) bytes: Range<u64>,
    /// The bytes before the first page of its column chunk: a dictionary, or nothing.
    dictionary: Range<u64>,
    group: usize,
    leaf: usize,
}

impl ParquetFile {
    /// The page of a leaf that has a row of the file, if the file has a page index.
    pub(crate) fn page(&self, leaf: usize, row: u32) -> Option<Page> {
        let group = self.group_of(row);
        let rows = self.group(group);
        let index = self.metadata().page_index_for_row_group(group);
        let pages = index.page_locations(leaf)?;
        let first_row = |position: usize| Some(rows.start + u32::try_from(pages.get(position)?.first_row_index).ok()?);
        let within = i64::from(row.checked_sub(rows.start)?);
        let position = pages.partition_point(|page| page.first_row_index <= within).checked_sub(1)?;
        let end = if position + 1 == pages.len() { rows.end } else { first_row(position + 1)? };
        let start = |position: usize| u64::try_from(pages[position].offset).ok();
        let size = u64::try_from(pages[position].compressed_page_size).ok()?;
        Some(Page {
            rows: first_row(position)?..end,
            bytes: start(position)?..start(position)? + size,
            dictionary: self.metadata().row_group(group).column(leaf).byte_range().0..start(0)?,
            group,
            leaf,
        })
    }
}

/// Reads the pages of a file.
#[derive(Debug)]
pub(crate) struct StoredPages {
    file: ParquetFile,
    handle: StoredFile,
}

impl StoredPages {
    /// Opens the file a second time.
    pub(crate) fn open(file: &ParquetFile) -> Result<Self, PartError> {
        Ok(Self { file: file.clone(), handle: load::open(&file.location)? })
    }

    /// Replaces the content of `into` with bytes of the file.
    pub(super) fn read(&self, bytes: Range<u64>, into: &mut Vec<u8>) -> Result<(), PartError> {
        if bytes.end > self.handle.size() {
            return Err(PartError::Unreadable("the file ends within a page".into()));
        }
        // What the buffer held before need not be cleared.
        into.resize(usize::try_from(bytes.end.saturating_sub(bytes.start)).map_err(unreadable)?, 0);
        self.handle.read_exact_at(into, bytes.start).map_err(unreadable)
    }

    /// Whether a page of this file has the same values as a page of another file. The bytes are compared,
    /// not hashes. Pages with a wrong checksum are never the same, so that the decoder reads them and reports
    /// the damage.
    pub(crate) fn same(&self, own: &Page, other: &Self, theirs: &Page) -> Result<bool, PartError> {
        let [a, b] = [(self, own), (other, theirs)]
            .map(|(pages, page)| pages.file.metadata().row_group(page.group).column(page.leaf));
        let length = |bytes: &Range<u64>| bytes.end.saturating_sub(bytes.start);
        if own.rows.len() != theirs.rows.len()
            || length(&own.bytes) != length(&theirs.bytes)
            || length(&own.dictionary) != length(&theirs.dictionary)
            || a.compression() != b.compression()
            || a.column_descr() != b.column_descr()
        {
            return Ok(false);
        }
        Ok(self.same_bytes(&own.bytes, other, &theirs.bytes)?
            && self.same_bytes(&own.dictionary, other, &theirs.dictionary)?)
    }

    /// Whether two pages, including their headers, have the same bytes and the correct checksum.
    fn same_bytes(&self, own: &Range<u64>, other: &Self, theirs: &Range<u64>) -> Result<bool, PartError> {
        let (mut ours, mut rest) = (Vec::new(), Vec::new());
        let mut checksum = None;
        for at in (0..own.end.saturating_sub(own.start)).step_by(BLOCK as usize) {
            let end = at + u64::from(BLOCK);
            let block = |bytes: &Range<u64>| bytes.start + at..bytes.end.min(bytes.start + end);
            self.read(block(own), &mut ours)?;
            other.read(block(theirs), &mut rest)?;
            if ours != rest {
                return Ok(false);
            }
            let mut body = ours.as_slice();
            if at == 0 {
                // The decoder reads pages with a longer header.
                let Ok(header) = PageHeader::of(body) else { return Ok(false) };
                checksum = header.checksum();
                body = &body[header.length..];
            }
            if let Some(checksum) = &mut checksum {
                checksum.add(body);
            }
        }
        Ok(checksum.is_none_or(Checksum::holds))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use arrow_array::{RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;

    use super::*;
    use crate::storage::filesystem;

    /// A column of texts in pages of four rows and row groups of ten, with a dictionary.
    fn write(path: &Path, texts: &[String]) -> ParquetFile {
        let column: StringArray = texts.iter().map(Some).collect();
        let batch = RecordBatch::try_from_iter([("a", Arc::new(column) as _)]).unwrap();
        let properties = WriterProperties::builder()
            .set_write_batch_size(1)
            .set_data_page_row_count_limit(4)
            .set_max_row_group_row_count(Some(10))
            .build();
        let file = filesystem::create_new(path).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        ParquetFile::open(path).unwrap()
    }

    #[test]
    fn pages_are_found_by_their_rows() {
        let folder = tempfile::tempdir().unwrap();
        let file = write(&folder.path().join("a"), &vec!["x".to_owned(); 23]);
        let rows = |row| file.page(0, row).unwrap().rows;
        assert_eq!([0, 3, 4, 9, 10, 22].map(rows), [0..4, 0..4, 4..8, 8..10, 10..14, 20..23]);
    }

    #[test]
    fn pages_with_another_dictionary_are_not_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let texts: Vec<String> = (0..20).map(|row| format!("text {row}")).collect();
        let ours = write(&folder.path().join("a"), &texts);
        let mut others = texts;
        // In the first row group a page has another value, in the second the dictionary begins otherwise.
        others[5] = "text 0".to_owned();
        others[10] = "another".to_owned();
        let theirs = write(&folder.path().join("b"), &others);
        let (a, b) = (StoredPages::open(&ours).unwrap(), StoredPages::open(&theirs).unwrap());
        let same = |row| a.same(&ours.page(0, row).unwrap(), &b, &theirs.page(0, row).unwrap()).unwrap();
        assert_eq!([0, 4, 8, 10, 14, 18].map(same), [false; 6]);
        let again = write(&folder.path().join("c"), &others);
        let c = StoredPages::open(&again).unwrap();
        let same = |row| c.same(&again.page(0, row).unwrap(), &b, &theirs.page(0, row).unwrap()).unwrap();
        assert_eq!([0, 4, 8, 10, 14, 18].map(same), [true; 6]);
    }
}
