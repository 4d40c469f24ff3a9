//! Statistics of text columns: the least and greatest text of each page and of each column chunk.
//!
//! The library copies the least and the greatest text of a page in full before it shortens them, which
//! takes several times the memory of a large record. So text columns are encoded without statistics, and
//! this module sets them on the finished chunk, from the array. The bytes of a part are the same either
//! way. Columns with a dictionary hold short texts and leave their statistics to the library.

use std::ops::Range;

use arrow_array::{Array as _, BinaryViewArray};
use parquet::arrow::arrow_writer::ArrowColumnChunk;
use parquet::basic::{BoundaryOrder, Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnIndexBuilder, LevelHistogram};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::{Statistics, ValueStatistics};

use super::settings::STATISTICS_BYTES;

/// The statistics of one column chunk of texts and of its pages.
#[derive(Debug)]
pub(super) struct TextStatistics {
    /// The first row of each page.
    starts: Vec<usize>,
    pages: ColumnIndexMetaData,
    chunk: Statistics,
    /// The length of all texts in bytes.
    bytes: u64,
    levels: Option<LevelHistogram>,
}

impl TextStatistics {
    /// Computes them. A page starts at each row of `starts`; `max_level` is the definition level of a text.
    pub(super) fn new(texts: &BinaryViewArray, starts: Vec<usize>, max_level: i16) -> Result<Self, ParquetError> {
        let ends = starts.iter().copied().skip(1).chain([texts.len()]);
        let mut index = ColumnIndexBuilder::new(Type::BYTE_ARRAY);
        let (mut chunk, mut order) = (TextRange::default(), PageOrder::default());
        for (start, end) in starts.iter().copied().zip(ends) {
            let page = TextRange::of(texts, start..end);
            let (least, greatest) = page.extremes.unwrap_or_default();
            let (nulls, is_null) = (page.nulls.cast_signed(), page.extremes.is_none());
            index.append(is_null, shortened(least).0, shortened_up(greatest).0, nulls, None);
            index.append_histograms(&None, &page.histogram(max_level));
            order.add(&page);
            chunk.merge(&page);
        }
        index.set_boundary_order(order.boundary());
        let (statistics, bytes, levels) = (chunk.statistics(), chunk.bytes, chunk.histogram(max_level));
        Ok(Self { starts, pages: index.build()?, chunk: statistics, bytes, levels })
    }

    /// Computes those of an encoded chunk with these texts, and sets them.
    pub(super) fn set_from(chunk: &mut ArrowColumnChunk, texts: &BinaryViewArray) -> Result<(), ParquetError> {
        let max_level = chunk.close().metadata.column_descr().max_def_level();
        Self::new(texts, page_starts(chunk), max_level)?.set(chunk)
    }

    /// Sets them on the chunk, which was encoded without statistics.
    pub(super) fn set(self, chunk: &mut ArrowColumnChunk) -> Result<(), ParquetError> {
        if self.starts != page_starts(chunk) {
            return Err(ParquetError::General("the pages of a text column are not where they should be".to_owned()));
        }
        let close = chunk.close_mut();
        close.column_index = Some(self.pages);
        let metadata = close.metadata.clone().into_builder();
        close.metadata = metadata
            .set_statistics(self.chunk)
            .set_unencoded_byte_array_data_bytes(Some(self.bytes.cast_signed()))
            .set_definition_level_histogram(self.levels)
            .build()?;
        Ok(())
    }
}

/// The first row of each page of an encoded chunk.
fn page_starts(chunk: &ArrowColumnChunk) -> Vec<usize> {
    let pages = chunk
        .close()
        .offset_index
        .iter()
        .flat_map(parquet::file::page_index::offset_index::OffsetIndexMetaData::page_locations);
    pages.map(|page| usize::try_from(page.first_row_index).unwrap_or_default()).collect()
}

/// The length of a text and its first four bytes as a number, from its view. If two numbers differ, the texts
/// compare as the numbers do: a shorter text has zeros, and nothing is less than it at the same place.
fn length_and_start(view: u128) -> (u32, u32) {
    let [a, b, c, d, start @ .., _, _, _, _, _, _, _, _] = view.to_le_bytes();
    (u32::from_le_bytes([a, b, c, d]), u32::from_be_bytes(start))
}

/// The texts of some rows, summarised.
#[derive(Debug, Clone, Default)]
struct TextRange<'t> {
    nulls: u64,
    texts: u64,
    /// The length of all texts.
    bytes: u64,
    /// The least and the greatest text.
    extremes: Option<(&'t [u8], &'t [u8])>,
}

impl<'t> TextRange<'t> {
    fn of(texts: &'t BinaryViewArray, rows: Range<usize>) -> Self {
        let mut range = Self::default();
        // The first bytes of the least and of the greatest text. Most texts are between them, and are not read.
        let (mut low, mut high) = (u32::MAX, 0);
        for row in rows {
            if texts.is_null(row) {
                range.nulls += 1;
                continue;
            }
            let (length, first) = length_and_start(texts.views()[row]);
            range.texts += 1;
            range.bytes += u64::from(length);
            if first <= low || first >= high {
                let text = texts.value(row);
                range.include(text, text);
                (low, high) = (low.min(first), high.max(first));
            }
        }
        range
    }

    fn include(&mut self, least: &'t [u8], greatest: &'t [u8]) {
        self.extremes = Some(match self.extremes {
            Some((own_least, own_greatest)) => (own_least.min(least), own_greatest.max(greatest)),
            None => (least, greatest),
        });
    }

    fn merge(&mut self, other: &Self) {
        self.nulls += other.nulls;
        self.texts += other.texts;
        self.bytes += other.bytes;
        if let Some((least, greatest)) = other.extremes {
            self.include(least, greatest);
        }
    }

    /// How many nulls and texts there are, if the column may have nulls.
    fn histogram(&self, levels: i16) -> Option<LevelHistogram> {
        let mut histogram = LevelHistogram::try_new(levels)?;
        histogram.increment_by(levels - 1, self.nulls.cast_signed());
        histogram.increment_by(levels, self.texts.cast_signed());
        Some(histogram)
    }

    fn statistics(&self) -> Statistics {
        let least = self.extremes.map(|(least, _)| shortened(least));
        let greatest = self.extremes.map(|(_, greatest)| shortened_up(greatest));
        let is_exact = |side: &Option<(Vec<u8>, bool)>| side.as_ref().is_some_and(|(_, is_exact)| *is_exact);
        let (least_is_exact, greatest_is_exact) = (is_exact(&least), is_exact(&greatest));
        let value = |side: Option<(Vec<u8>, bool)>| side.map(|(text, _)| text.into());
        Statistics::ByteArray(
            ValueStatistics::new(value(least), value(greatest), None, Some(self.nulls), false)
                .with_min_is_exact(least_is_exact)
                .with_max_is_exact(greatest_is_exact),
        )
    }
}

/// Whether the least and greatest texts of the pages ascend or descend. Pages of nulls do not count.
#[derive(Debug, Default)]
struct PageOrder<'t> {
    last: Option<(&'t [u8], &'t [u8])>,
    not_ascending: bool,
    not_descending: bool,
}

impl<'t> PageOrder<'t> {
    fn add(&mut self, page: &TextRange<'t>) {
        let Some((least, greatest)) = page.extremes else { return };
        if let Some((last_least, last_greatest)) = self.last {
            self.not_ascending |= last_least > least || last_greatest > greatest;
            self.not_descending |= last_least < least || last_greatest < greatest;
        }
        self.last = Some((least, greatest));
    }

    fn boundary(&self) -> BoundaryOrder {
        match (self.not_ascending, self.not_descending) {
            (false, _) => BoundaryOrder::ASCENDING,
            (true, false) => BoundaryOrder::DESCENDING,
            (true, true) => BoundaryOrder::UNORDERED,
        }
    }
}

/// Returns the start of a text, as long as statistics may be, and whether it is the whole text.
fn shortened(text: &[u8]) -> (Vec<u8>, bool) {
    (start(text).to_vec(), text.len() <= STATISTICS_BYTES)
}

/// Returns a text that is at least as great as this one and as long as statistics may be, and whether it
/// is the same. A text without a short one above it is returned whole.
fn shortened_up(text: &[u8]) -> (Vec<u8>, bool) {
    let next = if text.len() <= STATISTICS_BYTES { None } else { next(start(text)) };
    next.map_or_else(|| (text.to_vec(), true), |next| (next, false))
}

/// The first characters of a text that fit into statistics.
fn start(text: &[u8]) -> &[u8] {
    let is_boundary = |at: &usize| text.get(*at).is_none_or(|byte| byte & 0b1100_0000 != 0b1000_0000);
    let end = text.len().min(STATISTICS_BYTES);
    // A character has at most four bytes.
    let end = (end.saturating_sub(3)..=end).rfind(is_boundary).unwrap_or(end);
    &text[..end]
}

/// The next greater text that is not longer: the last character that has a successor of the same length
/// is replaced by it, and what follows is left out.
fn next(start: &[u8]) -> Option<Vec<u8>> {
    let start = std::str::from_utf8(start).ok()?;
    start.char_indices().rev().find_map(|(at, last)| {
        let next = char::from_u32(u32::from(last) + 1).filter(|next| next.len_utf8() == last.len_utf8())?;
        let mut bytes = start.as_bytes()[..at].to_vec();
        bytes.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
        Some(bytes)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::ArrayRef;
    use arrow_schema::{DataType, Field, Schema};
    use parquet::arrow::ArrowSchemaConverter;
    use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
    use parquet::file::properties::{EnabledStatistics, WriterProperties};
    use parquet::file::writer::SerializedFileWriter;
    use proptest::prelude::*;

    use super::*;

    /// The chunk of these texts, with pages of a few hundred bytes.
    fn encode(texts: &BinaryViewArray, nullable: bool, statistics: EnabledStatistics) -> ArrowColumnChunk {
        let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8, nullable)]));
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(false)
            .set_data_page_size_limit(400)
            .set_data_page_row_count_limit(20)
            .set_write_batch_size(4)
            .set_statistics_truncate_length(Some(STATISTICS_BYTES))
            .set_column_index_truncate_length(Some(STATISTICS_BYTES))
            .set_statistics_enabled(statistics)
            .build();
        let parquet = ArrowSchemaConverter::new().convert(&schema).unwrap();
        let file = SerializedFileWriter::new(Vec::new(), parquet.root_schema_ptr(), Arc::new(properties)).unwrap();
        let factory = ArrowRowGroupWriterFactory::new(&file, schema);
        let mut writer = factory.create_column_writers(0).unwrap().remove(0);
        let array: ArrayRef = Arc::new(texts.clone());
        let field = Field::new("text", DataType::BinaryView, nullable);
        for start in (0..array.len()).step_by(4) {
            let piece = array.slice(start, 4.min(array.len() - start));
            writer.write(&compute_leaves(&field, &piece).unwrap()[0]).unwrap();
        }
        writer.close().unwrap()
    }

    #[track_caller]
    fn agrees(texts: &[Option<String>]) {
        let nullable = texts.iter().any(Option::is_none) || texts.len().is_multiple_of(2);
        let texts: BinaryViewArray = texts.iter().map(Option::as_ref).collect();
        let library = encode(&texts, nullable, EnabledStatistics::Page);
        let mut own = encode(&texts, nullable, EnabledStatistics::None);
        assert!(own.close().column_index.is_none());
        TextStatistics::set_from(&mut own, &texts).unwrap();
        assert_eq!(own.close().metadata, library.close().metadata);
        assert_eq!(own.close().column_index, library.close().column_index);
        assert_eq!(own.close().offset_index, library.close().offset_index);
    }

    /// Texts whose characters have one to four bytes, or no successor.
    fn text() -> impl Strategy<Value = Option<String>> {
        let piece = prop::sample::select(vec!["a", "b", "\u{7f}", "\u{e9}", "\u{7ff}", "\u{20ac}", "\u{10ffff}"]);
        let pieces =
            (prop::collection::vec(piece, 0..4), prop::sample::select(vec![0_usize, 1, 15, 16, 21, 32, 63, 64, 200]));
        let text = pieces.prop_map(|(pieces, times)| pieces.iter().map(|piece| piece.repeat(times)).collect());
        prop_oneof![1 => Just(None), 4 => text.prop_map(Some)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn they_are_those_of_the_library(texts in prop::collection::vec(text(), 1..80)) {
            agrees(&texts);
        }
    }

    #[test]
    fn they_are_those_of_the_library_for_pages_in_order() {
        let text = |number: usize| Some(format!("{number:04}").repeat(40));
        agrees(&(0..50).map(text).collect::<Vec<_>>());
        agrees(&(0..50).rev().map(text).collect::<Vec<_>>());
        agrees(&[(0..30).map(text).collect(), vec![None; 60], (30..50).map(text).collect()].concat());
        agrees(&vec![None; 70]);
        agrees(&vec![text(1); 70]);
    }

    #[test]
    fn texts_are_shortened_between_characters() {
        let long = |text: &str| text.repeat(40);
        assert_eq!(shortened(b"short"), (b"short".to_vec(), true));
        assert_eq!(shortened_up(b"short"), (b"short".to_vec(), true));
        assert_eq!(shortened(long("ab").as_bytes()).0, "ab".repeat(32).as_bytes());
        assert_eq!(shortened(long("x\u{20ac}").as_bytes()).0, "x\u{20ac}".repeat(16).as_bytes());
        assert_eq!(shortened(long("\u{20ac}").as_bytes()).0, "\u{20ac}".repeat(21).as_bytes());
    }

    #[test]
    fn the_last_character_with_a_successor_is_replaced() {
        let up = |text: &str| shortened_up(text.as_bytes());
        let changed = |text: String| (text.into_bytes(), false);
        assert_eq!(up(&"ab".repeat(40)), changed("ab".repeat(31) + "ac"));
        assert_eq!(up(&format!("{}{}", "a".repeat(60), "\u{7f}".repeat(9))), changed("a".repeat(59) + "b"));
        assert_eq!(up(&"\u{d7ff}".repeat(30)).0, "\u{d7ff}".repeat(30).into_bytes());
        assert_eq!(up(&"\u{10ffff}".repeat(30)), ("\u{10ffff}".repeat(30).into_bytes(), true));
    }
}
