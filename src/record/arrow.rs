//! The Arrow types of columns. One kind, one type; nothing is chosen by looking at data.
//!
//! Texts are `Utf8`, lists name their child `element` as the Parquet format asks, JSON columns
//! carry Arrow's `arrow.json` extension type (Parquet's JSON type on disk, so that a part alone
//! tells them from text), and no Arrow dictionary types occur: every reader sees plain columns.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::extension::{EXTENSION_TYPE_METADATA_KEY, EXTENSION_TYPE_NAME_KEY, ExtensionType as _, Json};
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
pub fn fields(columns: &Columns) -> Fields {
    columns.iter().map(field).collect()
}

fn field(column: &Column) -> FieldRef {
    let field = Field::new(&column.name, data_type(&column.kind), column.nullable);
    Arc::new(match column.kind {
        Kind::Json => {
            let name = (EXTENSION_TYPE_NAME_KEY.to_owned(), Json::NAME.to_owned());
            let metadata = (EXTENSION_TYPE_METADATA_KEY.to_owned(), String::new());
            field.with_metadata(HashMap::from([name, metadata]))
        }
        _ => field,
    })
}

/// The field of a list's elements.
pub(super) fn element_field(element: &Column) -> FieldRef {
    field(element)
}

/// The time zone of every instant.
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
        Kind::Struct(columns) => DataType::Struct(fields(columns)),
    }
}
