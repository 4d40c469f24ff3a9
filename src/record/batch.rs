//! Arrow batches of records, column by column.
//!
//! Many batches wait in memory until their records have been sorted, so sizes are counted first and each
//! takes only the memory that its records need. A record has a cell of the right kind for every column by
//! construction, so nothing can fail. A column of a batch holds at most 2 GiB of text; callers validate
//! fewer articles at a time.

use std::sync::Arc;

use arrow_array::builder::{FixedSizeBinaryBuilder, StringBuilder};
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BooleanArray, ListArray, MapArray, PrimitiveArray, RecordBatch, StringArray,
    StructArray,
};
use arrow_buffer::{BooleanBuffer, NullBuffer, OffsetBuffer};

use super::arrow::{HASH_BYTES, UTC, arrow_schema, element_field, entries_field, entry_fields, fields};
use super::cell::{Cell, Record};
use super::fingerprint::RecordHash;
use crate::schema::{Column, Columns, Kind};

/// The members of a missing object.
static NULL: Cell<'static> = Cell::Null;

/// Makes one batch of records with these columns and of their hashes.
pub fn batch(columns: &Columns, records: &[Record<'_>], hashes: &[RecordHash]) -> RecordBatch {
    let cells = |index: usize| records.iter().map(|record| &record.cells()[index]).collect::<Vec<&Cell<'_>>>();
    let columns_of = columns.iter().enumerate();
    let mut arrays: Vec<ArrayRef> = columns_of.map(|(index, column)| array(column, &cells(index))).collect();
    let mut last = FixedSizeBinaryBuilder::with_capacity(hashes.len(), HASH_BYTES);
    for hash in hashes {
        last.append_value(hash.as_bytes()).expect("the column is as wide as a hash");
    }
    arrays.push(Arc::new(last.finish()));
    RecordBatch::try_new(arrow_schema(columns), arrays).expect("arrays are made for the batch's own schema")
}

/// The cells of one column. If the column has no nulls but a cell has no value, an object above it is
/// missing, and readers ignore the value here.
fn array(column: &Column, cells: &[&Cell<'_>]) -> ArrayRef {
    let nulls = nulls(column, cells);
    match &column.kind {
        Kind::Boolean => {
            let value = |row: usize| matches!(cells[row], Cell::Boolean(true));
            Arc::new(BooleanArray::new(BooleanBuffer::collect_bool(cells.len(), value), nulls))
        }
        Kind::Int64 => Arc::new(primitives::<Int64Type>(cells, nulls, |cell| match cell {
            Cell::Int64(value) => *value,
            _ => 0,
        })),
        Kind::UInt64 => Arc::new(primitives::<UInt64Type>(cells, nulls, |cell| match cell {
            Cell::UInt64(value) => *value,
            _ => 0,
        })),
        Kind::Float64 => Arc::new(primitives::<Float64Type>(cells, nulls, |cell| match cell {
            Cell::Float64(value) => *value,
            _ => 0.0,
        })),
        Kind::Timestamp => {
            let timestamps = primitives::<TimestampMicrosecondType>(cells, nulls, |cell| match cell {
                Cell::Timestamp(value) => *value,
                _ => 0,
            });
            Arc::new(timestamps.with_timezone(UTC))
        }
        Kind::Date => Arc::new(primitives::<Date32Type>(cells, nulls, |cell| match cell {
            Cell::Date(value) => *value,
            _ => 0,
        })),
        Kind::String | Kind::Json => Arc::new(strings(cells, column.nullable)),
        Kind::List(element) => Arc::new(list(element, cells, nulls)),
        Kind::Map(value) => Arc::new(map(value, cells, nulls)),
        Kind::Struct(columns) | Kind::Tuple(columns) => Arc::new(object(columns, cells, nulls)),
    }
}

/// Which cells have a value; `None` if all have, or if the column has no nulls.
fn nulls(column: &Column, cells: &[&Cell<'_>]) -> Option<NullBuffer> {
    let has_value = |row: usize| !matches!(cells[row], Cell::Null);
    let nulls = column.nullable.then(|| NullBuffer::new(BooleanBuffer::collect_bool(cells.len(), has_value)))?;
    (nulls.null_count() > 0).then_some(nulls)
}

fn primitives<T: ArrowPrimitiveType>(
    cells: &[&Cell<'_>],
    nulls: Option<NullBuffer>,
    value: impl Fn(&Cell<'_>) -> T::Native,
) -> PrimitiveArray<T> {
    let values: Vec<T::Native> = cells.iter().map(|cell| value(cell)).collect();
    PrimitiveArray::new(values.into(), nulls)
}

fn strings(cells: &[&Cell<'_>], nullable: bool) -> StringArray {
    let length = |cell: &&Cell<'_>| match cell {
        Cell::String(text) | Cell::Json(text) => text.len(),
        _ => 0,
    };
    let bytes = cells.iter().map(length).sum();
    let mut strings = StringBuilder::with_capacity(cells.len(), bytes);
    for cell in cells {
        match cell {
            Cell::String(text) | Cell::Json(text) => strings.append_value(text),
            _ if nullable => strings.append_null(),
            _ => strings.append_value(""),
        }
    }
    strings.finish()
}

fn list(element: &Column, cells: &[&Cell<'_>], nulls: Option<NullBuffer>) -> ListArray {
    let lists = cells.iter().map(|cell| match cell {
        Cell::List(elements) => elements.as_slice(),
        _ => &[],
    });
    let offsets = OffsetBuffer::from_lengths(lists.clone().map(<[_]>::len));
    let elements: Vec<&Cell<'_>> = lists.flatten().collect();
    ListArray::new(element_field(element), offsets, array(element, &elements), nulls)
}

fn map(value: &Column, cells: &[&Cell<'_>], nulls: Option<NullBuffer>) -> MapArray {
    let maps = cells.iter().map(|cell| match cell {
        Cell::Map(entries) => entries.as_slice(),
        _ => &[],
    });
    let offsets = OffsetBuffer::from_lengths(maps.clone().map(<[_]>::len));
    let keys = StringArray::from_iter_values(maps.clone().flatten().map(|(key, _)| key));
    let values: Vec<&Cell<'_>> = maps.flatten().map(|(_, value)| value).collect();
    let entries = StructArray::new(entry_fields(value), vec![Arc::new(keys), array(value, &values)], None);
    MapArray::new(entries_field(value), offsets, entries, nulls, false)
}

fn object(columns: &Columns, cells: &[&Cell<'_>], nulls: Option<NullBuffer>) -> StructArray {
    let member = |(index, column): (usize, &Column)| {
        let members = cells.iter().map(|cell| match cell {
            Cell::Struct(members) => &members[index],
            _ => &NULL,
        });
        array(column, &members.collect::<Vec<_>>())
    };
    let members = columns.iter().enumerate().map(member).collect();
    let array = StructArray::try_new_with_length(fields(columns), members, nulls, cells.len());
    array.expect("members are made in step with their object")
}
