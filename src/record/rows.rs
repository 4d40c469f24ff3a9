//! Reads records from a batch, to hash, compare and export them.
//!
//! The batch may come from a damaged part: [`Rows::new`] checks its types, after which reading a row
//! cannot fail. The values are not checked.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{Array, ArrayRef, FixedSizeBinaryArray, RecordBatch};

use super::arrow::arrow_schema;
use super::cell::{Cell, Record};
use super::fingerprint::RecordHash;
use crate::digest::Digest;
use crate::schema::{Column, Columns, Kind};

/// The records of one batch.
#[derive(Debug)]
pub struct Rows<'a> {
    columns: &'a Columns,
    arrays: &'a [ArrayRef],
    hashes: &'a FixedSizeBinaryArray,
}

impl<'a> Rows<'a> {
    /// Views a batch as records. `None` if its columns are not these columns followed by
    /// `record_sha256`, types included.
    pub fn new(columns: &'a Columns, batch: &'a RecordBatch) -> Option<Self> {
        let want = arrow_schema(columns);
        let same = want.fields().len() == batch.num_columns()
            && want.fields().iter().zip(batch.schema().fields()).all(|(want, found)| {
                want.name() == found.name() && want.data_type().equals_datatype(found.data_type())
            });
        let (hashes, arrays) = batch.columns().split_last()?;
        same.then(|| Self { columns, arrays, hashes: hashes.as_fixed_size_binary() })
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The record in row `row`, from 0.
    pub fn record(&self, row: usize) -> Record<'a> {
        let cells = self.columns.iter().zip(self.arrays).map(|(column, array)| cell(column, array, row));
        Record::new(cells.collect())
    }

    /// The cell of one column in row `row`, from 0.
    pub(crate) fn cell(&self, row: usize, index: usize) -> Cell<'a> {
        cell(self.columns.at(index), &self.arrays[index], row)
    }

    /// The value of `record_sha256` in row `row`, from 0.
    pub fn stored_hash(&self, row: usize) -> RecordHash {
        let bytes = self.hashes.value(row).try_into().expect("the type was checked to be 32 bytes wide");
        RecordHash::new(Digest::from_bytes(bytes))
    }
}

/// The cell in row `row` (from 0) of an array that has the type of its column.
pub(crate) fn cell<'a>(column: &Column, array: &'a ArrayRef, row: usize) -> Cell<'a> {
    if array.is_null(row) {
        return Cell::Null;
    }
    match &column.kind {
        Kind::Boolean => Cell::Boolean(array.as_boolean().value(row)),
        Kind::Int64 => Cell::Int64(array.as_primitive::<Int64Type>().value(row)),
        Kind::UInt64 => Cell::UInt64(array.as_primitive::<UInt64Type>().value(row)),
        Kind::Float64 => Cell::Float64(array.as_primitive::<Float64Type>().value(row)),
        Kind::Timestamp => Cell::Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        Kind::Date => Cell::Date(array.as_primitive::<Date32Type>().value(row)),
        Kind::String => Cell::String(Cow::Borrowed(array.as_string::<i32>().value(row))),
        Kind::Json => Cell::Json(Cow::Borrowed(array.as_string::<i32>().value(row))),
        Kind::List(element) => {
            let list = array.as_list::<i32>();
            let offsets = list.value_offsets();
            let range = position(offsets[row])..position(offsets[row + 1]);
            Cell::List(range.map(|at| cell(element, list.values(), at)).collect())
        }
        Kind::Map(value) => {
            let map = array.as_map();
            let (keys, offsets) = (map.keys().as_string::<i32>(), map.value_offsets());
            let range = position(offsets[row])..position(offsets[row + 1]);
            Cell::Map(range.map(|at| (Cow::Borrowed(keys.value(at)), cell(value, map.values(), at))).collect())
        }
        Kind::Struct(columns) | Kind::Tuple(columns) => {
            let members = array.as_struct().columns();
            Cell::Struct(columns.iter().zip(members).map(|(column, member)| cell(column, member, row)).collect())
        }
    }
}

fn position(offset: i32) -> usize {
    usize::try_from(offset).expect("Arrow checks that list offsets are not negative")
}
