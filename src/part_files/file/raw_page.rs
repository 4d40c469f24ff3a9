//! [`Stored`]: reads columns from their pages without the decoder. It reads record hashes, whose pages are
//! the values, and a few strings, whose pages do not have to be decompressed to the end.
//!
//! It only reads pages as pressmark writes them. At the first difference it leaves the rest to the decoder,
//! which also reports damage. Nothing is reported here.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, FixedSizeBinaryArray, RecordBatch};
use arrow_buffer::Buffer;
use arrow_schema::{DataType, Schema, SchemaRef};
use parquet::basic::{Compression, Type};
use zstd::zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, ResetDirective};

use super::ParquetFile;
use super::pages::{Page, StoredPages};
use super::preflight::{Checksum, HEADER_BYTES, PageHeader};
use crate::part_files::read_error::PartError;

/// The largest page that is read here, in bytes, before and after compression.
const PAGE_BYTES: usize = 32 << 20;
/// The largest zstd window of a page, as a power of two.
const WINDOW: u32 = 25;
/// Strings are read here if at most one in this many rows is wanted.
const SPARSE: usize = 4;
/// The number of bytes that are decompressed at a time, if most of a page is not wanted.
const STEP: usize = 128 << 10;

/// Reads one column of some rows, page by page.
pub(super) struct Stored {
    file: ParquetFile,
    pages: StoredPages,
    leaf: usize,
    form: Form,
    schema: SchemaRef,
    /// The remaining rows in reverse order: the next rows are last.
    left: Vec<Range<u32>>,
    /// The decompressor for strings, and its page before and after decompression.
    context: DCtx<'static>,
    packed: Vec<u8>,
    unpacked: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// All values have this many bytes and are not compressed.
    Fixed(i32),
    Texts,
}

impl Stored {
    /// Starts to read rows of a column. `None` if the column cannot be read from its pages.
    pub(super) fn of(file: &ParquetFile, columns: &[usize], rows: &[Range<u32>]) -> Result<Option<Self>, PartError> {
        let &[column] = columns else { return Ok(None) };
        let Some(form) = form(file, column, rows) else { return Ok(None) };
        let schema = Arc::new(Schema::new(vec![file.fields()[column].clone()]));
        let left = rows.iter().rev().filter(|range| !range.is_empty()).cloned().collect();
        let leaf = file.leaves(column).start;
        let (pages, context) = (StoredPages::open(file)?, DCtx::create());
        let (packed, unpacked) = (Vec::new(), Vec::new());
        let file = file.clone();
        Ok(Some(Self { file, pages, leaf, form, schema, left, context, packed, unpacked }))
    }

    /// Returns the next rows, all of one page. `None` if all rows were read. If a page cannot be read here,
    /// returns the remaining rows.
    pub(super) fn next_batch(&mut self) -> Result<Option<RecordBatch>, Vec<Range<u32>>> {
        let Some(row) = self.left.last().map(|range| range.start) else { return Ok(None) };
        let batch = self.file.page(self.leaf, row).and_then(|page| {
            let wanted = self.wanted(page.rows.end);
            let array = self.array(&page, &wanted)?;
            self.pass(page.rows.end);
            RecordBatch::try_new(self.schema.clone(), vec![array]).ok()
        });
        batch.map(Some).ok_or_else(|| self.left.iter().rev().cloned().collect())
    }

    /// Returns the remaining rows before `end`.
    fn wanted(&self, end: u32) -> Vec<Range<u32>> {
        let before = self.left.iter().rev().take_while(|range| range.start < end);
        before.map(|range| range.start..range.end.min(end)).collect()
    }

    fn pass(&mut self, end: u32) {
        while let Some(range) = self.left.pop_if(|range| range.start < end) {
            if range.end > end {
                self.left.push(end..range.end);
            }
        }
    }

    fn array(&mut self, page: &Page, wanted: &[Range<u32>]) -> Option<ArrayRef> {
        if page.bytes.end - page.bytes.start > PAGE_BYTES as u64 {
            return None;
        }
        let bytes = &mut self.packed;
        self.pages.read(page.bytes.clone(), bytes).ok()?;
        let header = PageHeader::of(&bytes[..bytes.len().min(HEADER_BYTES)]).ok()?;
        let unpacked =
            header.unpacked.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= PAGE_BYTES)?;
        let stored = usize::try_from(header.stored?).ok()?;
        let fits = header.is_plain()
            && header.length + stored == bytes.len()
            && header.values == i64::try_from(page.rows.len()).ok();
        let mut checksum = header.checksum();
        if let Some(checksum) = &mut checksum {
            checksum.add(bytes.get(header.length..)?);
        }
        // The decoder reports what is wrong.
        let fits = fits && checksum.is_none_or(Checksum::holds);
        match self.form {
            _ if !fits => None,
            Form::Fixed(width) => {
                let all = std::slice::from_ref(&page.rows) == wanted;
                let length = page.rows.len().checked_mul(usize::try_from(width).ok()?)?;
                let values = Buffer::from_vec(std::mem::take(bytes)).slice(header.length);
                let fits = all && length == stored && unpacked == stored;
                fits.then(|| FixedSizeBinaryArray::try_new(width, values, None).ok())?.map(|array| Arc::new(array) as _)
            }
            Form::Texts => {
                let packed = &bytes[header.length..];
                texts((packed, unpacked), &page.rows, wanted, (&mut self.context, &mut self.unpacked))
            }
        }
    }
}

fn form(file: &ParquetFile, column: usize, rows: &[Range<u32>]) -> Option<Form> {
    let leaves = file.leaves(column);
    let leaf = Some(leaves.start).filter(|_| leaves.len() == 1)?;
    let described = file.metadata().file_metadata().schema_descr().column(leaf);
    if described.max_def_level() > 0 || described.max_rep_level() > 0 {
        return None;
    }
    let (groups, _selection) = file.select(rows);
    let wanted: usize = rows.iter().map(ExactSizeIterator::len).sum();
    let touched: usize = groups.iter().map(|group| file.group(*group).len()).sum();
    let all_are = |is: fn(Compression) -> bool| {
        groups.iter().all(|group| is(file.metadata().row_group(*group).column(leaf).compression()))
    };
    match (file.fields()[column].data_type(), described.physical_type()) {
        (DataType::FixedSizeBinary(width), Type::FIXED_LEN_BYTE_ARRAY) => {
            let fits = *width > 0 && wanted == touched && all_are(|codec| codec == Compression::UNCOMPRESSED);
            fits.then_some(Form::Fixed(*width))
        }
        (DataType::Utf8, Type::BYTE_ARRAY) => {
            let fits =
                wanted.saturating_mul(SPARSE) <= touched && all_are(|codec| matches!(codec, Compression::ZSTD(_)));
            fits.then_some(Form::Texts)
        }
        _ => None,
    }
}

/// Reads the wanted strings of a page of these rows. The page is only decompressed up to the last of them.
fn texts(
    (packed, bytes): (&[u8], usize),
    rows: &Range<u32>,
    wanted: &[Range<u32>],
    (context, unpacked): (&mut DCtx<'static>, &mut Vec<u8>),
) -> Option<ArrayRef> {
    let number: usize = wanted.iter().map(ExactSizeIterator::len).sum();
    let step = if number > rows.len() / 2 { bytes } else { STEP };
    let mut values = Values::new(packed, (unpacked, bytes), context, step)?;
    let mut texts = StringBuilder::with_capacity(number, bytes / rows.len().max(1) * number);
    let mut at = rows.start;
    for range in wanted {
        (at..range.start).try_for_each(|_| values.next().map(drop))?;
        for _ in range.clone() {
            texts.append_value(simdutf8::basic::from_utf8(values.next()?).ok()?);
        }
        at = range.end;
    }
    Some(Arc::new(texts.finish()))
}

/// Reads the values of a page, each after its length.
struct Values<'p> {
    packed: InBuffer<'p>,
    context: &'p mut DCtx<'static>,
    /// The number of bytes that are decompressed at a time, and the number of remaining bytes.
    step: usize,
    left: usize,
    /// The decompressed bytes, and the offset of the next value in them.
    unpacked: &'p mut Vec<u8>,
    at: usize,
}

impl<'p> Values<'p> {
    fn new(
        packed: &'p [u8],
        (unpacked, left): (&'p mut Vec<u8>, usize),
        context: &'p mut DCtx<'static>,
        step: usize,
    ) -> Option<Self> {
        // Removes the bytes of an earlier page.
        context.reset(ResetDirective::SessionOnly).ok()?;
        context.set_parameter(DParameter::WindowLogMax(WINDOW)).ok()?;
        unpacked.clear();
        Some(Self { packed: InBuffer::around(packed), context, step, left, unpacked, at: 0 })
    }

    fn next(&mut self) -> Option<&[u8]> {
        let length = u32::from_le_bytes(self.take(4)?.try_into().ok()?);
        self.take(usize::try_from(length).ok()?)
    }

    fn take(&mut self, number: usize) -> Option<&[u8]> {
        self.left = self.left.checked_sub(number)?;
        while self.unpacked.len() - self.at < number {
            self.unpack()?;
        }
        self.at += number;
        self.unpacked.get(self.at - number..self.at)
    }

    /// Decompresses the next bytes, if there are any, and drops those that were read.
    fn unpack(&mut self) -> Option<()> {
        self.unpacked.drain(..std::mem::take(&mut self.at));
        let (before, read) = (self.unpacked.len(), self.packed.pos());
        self.unpacked.reserve(self.step);
        let mut unpacked = OutBuffer::around_pos(self.unpacked, before);
        self.context.decompress_stream(&mut unpacked, &mut self.packed).ok()?;
        (self.unpacked.len() > before || self.packed.pos() > read).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use arrow_array::StringArray;
    use arrow_array::cast::AsArray;
    use arrow_schema::Field;
    use parquet::arrow::ArrowWriter;
    use parquet::basic::ZstdLevel;
    use parquet::file::properties::WriterProperties;
    use parquet::schema::types::ColumnPath;

    use super::*;
    use crate::storage::filesystem;

    const ROWS: u32 = 500;
    const ALL: &[Range<u32>] = std::slice::from_ref(&(0..ROWS));

    /// A file of a text and a hash in pages of seven rows and row groups of a hundred.
    fn write(folder: &Path, nullable: bool) -> PathBuf {
        let texts =
            StringArray::from_iter_values((0..ROWS).map(|row| format!("text {row} {}", "x".repeat(row as usize))));
        let hashes = FixedSizeBinaryArray::try_from_iter((0..ROWS).map(|row| [row.to_le_bytes()[0]; 32])).unwrap();
        let fields =
            [Field::new("text", DataType::Utf8, nullable), Field::new("hash", DataType::FixedSizeBinary(32), nullable)];
        let schema = Arc::new(Schema::new(fields.to_vec()));
        let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(texts), Arc::new(hashes)]).unwrap();
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(false)
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_column_compression(ColumnPath::from("hash"), Compression::UNCOMPRESSED)
            .set_write_batch_size(1)
            .set_data_page_row_count_limit(7)
            .set_max_row_group_row_count(Some(100))
            .build();
        let path = folder.join("a.parquet");
        let mut writer =
            ArrowWriter::try_new(filesystem::create_new(&path).unwrap(), schema, Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        path
    }

    /// Reads rows of a column and gives what came, page by page, and whether the decoder was not asked.
    fn read(file: &ParquetFile, column: usize, rows: &[Range<u32>]) -> (Vec<RecordBatch>, bool) {
        let stored = Stored::of(file, &[column], rows).unwrap().is_some();
        (file.read(&[column], Some(rows)).unwrap().map(Result::unwrap).collect(), stored)
    }

    fn texts_of(batches: &[RecordBatch]) -> Vec<String> {
        let texts = batches.iter().map(|batch| batch.column(0).as_string::<i32>());
        texts.flat_map(|texts| texts.iter().map(|text| text.unwrap().to_owned())).collect()
    }

    #[test]
    fn sparse_strings_are_the_ones_that_the_decoder_reads() {
        let folder = tempfile::tempdir().unwrap();
        let file = ParquetFile::open(write(folder.path(), false)).unwrap();
        let all = texts_of(&read(&file, 0, ALL).0);
        for rows in [vec![0..1, 2..3], vec![6..8, 99..101, 499..500], vec![13..21, 200..214], vec![3..4, 5..6, 7..8]] {
            let (batches, stored) = read(&file, 0, &rows);
            let want: Vec<&String> = rows.iter().cloned().flatten().map(|row| &all[row as usize]).collect();
            assert!(stored && texts_of(&batches).iter().eq(want), "{rows:?}");
        }
        assert!(!read(&file, 0, ALL).1);
    }

    #[test]
    fn hashes_are_read_page_by_page() {
        let folder = tempfile::tempdir().unwrap();
        let file = ParquetFile::open(write(folder.path(), false)).unwrap();
        let (batches, stored) = read(&file, 1, ALL);
        let hashes = batches
            .iter()
            .flat_map(|batch| batch.column(0).as_fixed_size_binary().iter().flatten().map(|hash| hash[31]));
        assert!(stored && hashes.eq((0..ROWS).map(|row| row.to_le_bytes()[0])));
        assert_eq!(batches[0].num_rows(), 7);
    }

    #[test]
    fn columns_with_nulls_are_left_to_the_decoder() {
        let folder = tempfile::tempdir().unwrap();
        let file = ParquetFile::open(write(folder.path(), true)).unwrap();
        assert!(!read(&file, 0, &[3..4, 9..10]).1 && !read(&file, 1, ALL).1);
    }

    #[test]
    fn the_decoder_continues_at_a_page_of_another_form() {
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), false);
        let page = ParquetFile::open(&path).unwrap().page(0, 250).unwrap();
        let mut bytes = filesystem::read_bounded(&path, 1 << 30).unwrap();
        let within = &mut bytes[usize::try_from(page.bytes.start).unwrap()..usize::try_from(page.bytes.end).unwrap()];
        // What a frame of zstd starts with.
        let frame = within.windows(4).position(|window| window == [0x28, 0xb5, 0x2f, 0xfd]).unwrap();
        within[frame] = 0;
        filesystem::replace(&path, &bytes, filesystem::UNFINISHED).unwrap();
        let file = ParquetFile::open(&path).unwrap();
        let mut batches = file.read(&[0], Some(&[3..4, 251..252, 400..401])).unwrap();
        assert_eq!(texts_of(&[batches.next().unwrap().unwrap()]), ["text 3 xxx"]);
        assert!(batches.next().unwrap().is_err());
    }
}
