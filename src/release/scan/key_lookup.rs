//! Finds the rows of a part that have one of some keys, and reads as little as possible for that.
//!
//! Statistics, bloom filters and the page index rule rows out. In the rest only the key column is read.

use std::cmp::Ordering;
use std::ops::Range;

use arrow_array::Array;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int64Type, UInt64Type};

use crate::part_files::{ParquetFile, PartError};
use crate::record::Key;

/// The rows that have one of the keys.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Ascending ranges that do not overlap.
    pub(super) rows: Vec<Range<u32>>,
    /// The key of each row.
    pub(super) keys: Vec<Key>,
}

/// Finds the rows of some row groups that have one of these keys, which ascend, in the column with this index.
pub(super) fn find(file: &ParquetFile, groups: Range<usize>, column: usize, keys: &[Key]) -> Result<Found, PartError> {
    let mut found = Found::default();
    for group in groups {
        let possible = file.rows_with(group, column, keys)?;
        if possible.is_empty() {
            continue;
        }
        let mut rows = possible.iter().cloned().flatten();
        for batch in file.read(&[column], Some(&possible))? {
            let batch = batch?;
            let array = batch.column(0).as_ref();
            for (at, row) in rows.by_ref().take(batch.num_rows()).enumerate() {
                if let Some(key) = key_of(array, at, keys) {
                    found.push(row, key.clone());
                }
            }
        }
    }
    Ok(found)
}

impl Found {
    fn push(&mut self, row: u32, key: Key) {
        match self.rows.last_mut() {
            Some(last) if last.end == row => last.end += 1,
            _ => self.rows.push(row..row + 1),
        }
        self.keys.push(key);
    }
}

/// The key among these that a row has.
fn key_of<'k>(array: &dyn Array, row: usize, keys: &'k [Key]) -> Option<&'k Key> {
    let search = |compare: &dyn Fn(&Key) -> Ordering| keys.binary_search_by(compare).ok();
    let index = if let Some(texts) = array.as_string_opt::<i32>() {
        let text = texts.value(row);
        search(&|key| if let Key::String(key) = key { key.as_str().cmp(text) } else { Ordering::Less })
    } else if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
        let number = Key::Int64(numbers.value(row));
        search(&|key| key.cmp(&number))
    } else {
        let number = Key::UInt64(array.as_primitive_opt::<UInt64Type>()?.value(row));
        search(&|key| key.cmp(&number))
    };
    index.map(|index| &keys[index])
}
