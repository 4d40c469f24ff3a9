//! The Arrow types of columns. One kind, one type; nothing is chosen by looking at data.
//!
//! Strings are `Utf8`, lists name their child `element` as Parquet specifies, and there are no dictionary
//! or extension types: every reader sees plain columns. JSON columns are strings, because some readers
//! have no JSON type; the footer of a part lists them.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Fields, Schema as ArrowSchema, SchemaRef, TimeUnit};

use crate::schema::{Column, Columns, Kind, RECORD_SHA256};

/// The width of a record hash in bytes.
pub(super) const HASH_BYTES: i32 = 32;

/// The Arrow schema of a part: the columns, then `record_sha256`.
pub fn arrow_schema(columns: &Columns) -> SchemaRef {
    let mut fields: Vec<FieldRef> = columns.iter().map(field).collect();
    fields.push(Arc::new(Field::new(RECORD_SHA256, DataType::FixedSizeBinary(HASH_BYTES), false)));
    Arc::new(ArrowSchema::new(Fields::from(fields)))
}

/// The Arrow fields of the columns of one level.
pub(super) fn fields(columns: &Columns) -> Fields {
    columns.iter().map(field).collect()
}

fn field(column: &Column) -> FieldRef {
    Arc::new(Field::new(&column.name, data_type(&column.kind), column.nullable))
}

/// The field of a list's elements.
pub(super) fn element_field(element: &Column) -> FieldRef {
    field(element)
}

/// The name of the entries of a map in Parquet.
const ENTRIES: &str = "key_value";

/// The fields of a map's entries.
pub(super) fn entry_fields(value: &Column) -> Fields {
    Fields::from(vec![Arc::new(Field::new("key", DataType::Utf8, false)), field(value)])
}

/// The field of a map's entries as a whole.
pub(super) fn entries_field(value: &Column) -> FieldRef {
    Arc::new(Field::new(ENTRIES, DataType::Struct(entry_fields(value)), false))
}

/// The time zone of every timestamp.
pub(super) const UTC: &str = "UTC";

fn data_type(kind: &Kind) -> DataType {
    match kind {
        Kind::Boolean => DataType::Boolean,
        Kind::Int64 => DataType::Int64,
        Kind::UInt64 => DataType::UInt64,
        Kind::Float64 => DataType::Float64,
        Kind::String | Kind::Json => DataType::Utf8,
        Kind::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        Kind::Date => DataType::Date32,
        Kind::List(element) => DataType::List(field(element)),
        Kind::Struct(columns) | Kind::Tuple(columns) => DataType::Struct(fields(columns)),
        Kind::Map(value) => DataType::Map(entries_field(value), false),
    }
}
