//! Finds the longest row of a column chunk, in values. A row is decoded as a whole, and a list of a hundred
//! million equal elements takes a few bytes in a file and gigabytes in memory.
//!
//! Only repetition levels say where rows end: 0 starts a row. They are runs, so they are counted without
//! unpacking. Chunks with few values are not read. Values are not decoded here.

use std::sync::Arc;

use parquet::arrow::ProjectionMask;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader as _};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use super::ParquetFile;
use crate::part_files::read_error::{PartError, unreadable};
use crate::storage::StoredFile;

/// The most list values of a row, over all columns, in a file that is not a part.
const ROW_VALUES: u64 = 1 << 23;
/// The most list values of a row in a part: the elements that an article of 64 MiB can have.
const PART_ROW_VALUES: u64 = 1 << 25;
/// A chunk with at most this many values is not checked.
const FEW: u64 = 1 << 16;

/// Checks that no row of a row group has too many values in these columns.
pub(super) fn check(
    parquet: &ParquetFile,
    (file, group): (&StoredFile, usize),
    mask: &ProjectionMask,
) -> Result<(), PartError> {
    let metadata = parquet.metadata().row_group(group);
    let is_list = |chunk: &ColumnChunkMetaData| chunk.column_descr().max_rep_level() > 0;
    let lists = metadata.columns().iter().enumerate();
    let lists: Vec<(usize, &ColumnChunkMetaData)> =
        lists.filter(|(leaf, chunk)| mask.leaf_included(*leaf) && is_list(chunk)).collect();
    let values = |chunk: &ColumnChunkMetaData| u64::try_from(chunk.num_values()).unwrap_or(u64::MAX);
    let all = lists.iter().map(|(_, chunk)| values(chunk)).fold(0, u64::saturating_add);
    if all <= ROW_VALUES {
        return Ok(());
    }
    let mut longest = 0_u64;
    for (leaf, chunk) in lists {
        let Some(pages) = parquet.pages(group, leaf).get() else { continue };
        let row = match pages.longest_row.get() {
            Some(known) => *known,
            None if values(chunk) <= FEW => values(chunk),
            None => longest_row(file, chunk)?,
        };
        longest = longest.saturating_add(*pages.longest_row.get_or_init(|| row));
    }
    let limit = if parquet.is_part { PART_ROW_VALUES } else { ROW_VALUES };
    if longest > limit {
        let message = format!("a row has {longest} values in lists, more than the limit of {limit}");
        return Err(PartError::Unreadable(message));
    }
    Ok(())
}

fn longest_row(file: &StoredFile, chunk: &ColumnChunkMetaData) -> Result<u64, PartError> {
    let file = Arc::new(file.clone());
    let mut pages = SerializedPageReader::new(file, chunk, 0, None).map_err(unreadable)?;
    let width = u32::BITS - u32::from(chunk.column_descr().max_rep_level().cast_unsigned()).leading_zeros();
    let mut rows = Rows::default();
    while let Some(page) = pages.get_next_page().map_err(unreadable)? {
        let (levels, values) = match &page {
            Page::DataPage { buf, num_values, rep_level_encoding: Encoding::RLE, .. } => {
                let (length, rest) = buf.split_first_chunk::<4>().ok_or_else(cut_off)?;
                let length = usize::try_from(u32::from_le_bytes(*length)).map_err(unreadable)?;
                (rest.get(..length).ok_or_else(cut_off)?, *num_values)
            }
            Page::DataPageV2 { buf, num_values, rep_levels_byte_len, .. } => {
                let length = usize::try_from(*rep_levels_byte_len).map_err(unreadable)?;
                (buf.get(..length).ok_or_else(cut_off)?, *num_values)
            }
            Page::DataPage { rep_level_encoding, .. } => {
                let message = format!("a column has more than {ROW_VALUES} values and levels in {rep_level_encoding}");
                return Err(PartError::Unreadable(message));
            }
            Page::DictionaryPage { .. } => continue,
        };
        rows.page(levels, values.into(), width).ok_or_else(cut_off)?;
    }
    Ok(rows.longest.max(rows.current))
}

fn cut_off() -> PartError {
    PartError::Unreadable("a page ends within its repetition levels".into())
}

/// Counts the values of rows.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rows {
    /// The values of the current row so far, and of the longest row before it.
    current: u64,
    longest: u64,
}

impl Rows {
    /// Counts the rows of a page. Its levels are runs of equal levels, or groups of eight packed levels, as
    /// in Parquet's hybrid of run-length encoding and bit packing.
    fn page(&mut self, mut bytes: &[u8], mut values: u64, width: u32) -> Option<()> {
        let level_bytes = width.div_ceil(8) as usize;
        while values > 0 {
            let header = varint(&mut bytes)?;
            if header & 1 == 0 {
                let (level, rest) = bytes.split_at_checked(level_bytes)?;
                bytes = rest;
                let number = (header >> 1).min(values);
                self.run(level.iter().all(|byte| *byte == 0), number);
                values -= number;
                // An empty run would not end the loop.
                (number > 0).then_some(())?;
            } else {
                let length = usize::try_from((header >> 1).checked_mul(width.into())?).ok()?;
                let (packed, rest) = bytes.split_at_checked(length.min(bytes.len()))?;
                bytes = rest;
                let number = ((packed.len() as u64).checked_mul(8)? / u64::from(width)).min(values);
                (number > 0).then_some(())?;
                for at in 0..number {
                    self.run(is_zero(packed, at * u64::from(width), width), 1);
                }
                values -= number;
            }
        }
        Some(())
    }

    fn run(&mut self, starts_rows: bool, number: u64) {
        if !starts_rows {
            self.current += number;
        } else if number > 0 {
            self.longest = self.longest.max(self.current).max(u64::from(number > 1));
            self.current = 1;
        }
    }
}

/// Whether the bits of a level are zero.
fn is_zero(packed: &[u8], start: u64, width: u32) -> bool {
    (start..start + u64::from(width)).all(|bit| {
        let byte = usize::try_from(bit / 8).ok().and_then(|at| packed.get(at));
        byte.is_none_or(|byte| byte >> (bit % 8) & 1 == 0)
    })
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], values: u64, width: u32, want: Option<u64>) {
        let mut rows = Rows::default();
        let counted = rows.page(bytes, values, width);
        assert_eq!(counted.map(|()| rows.longest.max(rows.current)), want, "{bytes:?}");
    }

    #[test]
    fn rows_end_where_levels_are_zero() {
        // Runs: one 0 and a hundred 1; five 0.
        check(&[2, 0, 200, 1, 1], 101, 1, Some(101));
        check(&[10, 0], 5, 1, Some(1));
        // Eight bits side by side, the lowest first: 0 1 1 0 1 1 1 0.
        check(&[3, 0b0111_0110], 8, 1, Some(4));
        // Levels of two bits: 0 2 1 0, and four more that are no values.
        check(&[3, 0b0001_1000, 0], 4, 2, Some(3));
        check(&[2, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f, 1], 1_000_000, 1, Some(1_000_000));
        for cut in [&[2, 0][..], &[0, 0, 0, 0], &[3], &[]] {
            check(cut, 3, 1, None);
        }
    }
}
