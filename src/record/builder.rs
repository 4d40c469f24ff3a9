//! Building Arrow batches from records.
//!
//! A record has a cell of the right kind for every column by construction, so appending cannot
//! fail; the one thing a batch cannot hold, more than 2 GiB of text in one column, is kept away
//! by whoever decides how large batches are.

use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, FixedSizeBinaryBuilder, Float64Builder, Int64Builder, PrimitiveBuilder, StringBuilder,
    UInt64Builder,
};
use arrow_array::types::{Date32Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, ListArray, MapArray, RecordBatch, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{FieldRef, Fields, SchemaRef};

use super::arrow::{HASH_BYTES, UTC, arrow_schema, element_field, entries_field, entry_fields, fields};
use super::cell::{Cell, Record};
use super::fingerprint::RecordHash;
use crate::schema::{Columns, Kind};

/// Collects records and their hashes into one batch.
#[derive(Debug)]
pub struct BatchBuilder {
    schema: SchemaRef,
    columns: Vec<Builder>,
    hashes: FixedSizeBinaryBuilder,
    rows: usize,
}

/// How many bytes of text the columns of a batch have, nested ones too, in order: for the next
/// batch, so that its buffers need not grow. Growing costs more than filling.
#[derive(Debug, Clone, Default)]
pub struct Sizes(Vec<usize>);

impl BatchBuilder {
    /// A builder for records of these columns, with room for about as much text as `sizes` says.
    pub fn new(columns: &Columns, sizes: &Sizes) -> Self {
        let mut sizes = sizes.0.iter().copied();
        Self {
            schema: arrow_schema(columns),
            columns: columns.iter().map(|column| Builder::new(&column.kind, &mut sizes)).collect(),
            hashes: FixedSizeBinaryBuilder::new(HASH_BYTES),
            rows: 0,
        }
    }

    /// How much text the columns have so far.
    pub fn sizes(&self) -> Sizes {
        let mut sizes = Vec::new();
        self.columns.iter().for_each(|builder| builder.sizes(&mut sizes));
        Sizes(sizes)
    }

    /// How many records it holds.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a record of the columns that the builder was made for.
    pub fn append(&mut self, record: &Record<'_>, hash: &RecordHash) {
        for (builder, cell) in self.columns.iter_mut().zip(record.cells()) {
            builder.append(cell);
        }
        self.hashes.append_value(hash.as_bytes()).expect("the hash column is as wide as a hash");
        self.rows += 1;
    }

    /// The batch; the builder is empty again.
    pub fn finish(&mut self) -> RecordBatch {
        let mut arrays: Vec<ArrayRef> = self.columns.iter_mut().map(Builder::finish).collect();
        arrays.push(Arc::new(self.hashes.finish()));
        self.rows = 0;
        RecordBatch::try_new(self.schema.clone(), arrays).expect("builders are made from the batch's own schema")
    }
}

#[derive(Debug)]
enum Builder {
    Boolean(BooleanBuilder),
    Int64(Int64Builder),
    UInt64(UInt64Builder),
    Float64(Float64Builder),
    Timestamp(PrimitiveBuilder<TimestampMicrosecondType>),
    Date(PrimitiveBuilder<Date32Type>),
    Text(StringBuilder),
    List { field: FieldRef, offsets: Vec<i32>, valid: NullBufferBuilder, element: Box<Builder> },
    Struct { fields: Fields, valid: NullBufferBuilder, members: Vec<Builder> },
    Map(MapBuilder),
}

#[derive(Debug)]
struct MapBuilder {
    entries: FieldRef,
    fields: Fields,
    offsets: Vec<i32>,
    valid: NullBufferBuilder,
    keys: StringBuilder,
    values: Box<Builder>,
}

impl Builder {
    fn new(kind: &Kind, sizes: &mut impl Iterator<Item = usize>) -> Self {
        match kind {
            Kind::Boolean => Self::Boolean(BooleanBuilder::new()),
            Kind::Int64 => Self::Int64(Int64Builder::new()),
            Kind::UInt64 => Self::UInt64(UInt64Builder::new()),
            Kind::Float64 => Self::Float64(Float64Builder::new()),
            Kind::Timestamp => Self::Timestamp(PrimitiveBuilder::new().with_timezone(UTC)),
            Kind::Date => Self::Date(PrimitiveBuilder::new()),
            Kind::String | Kind::Json => {
                // What is not used is never touched, so it costs no memory.
                let room = sizes.next().unwrap_or(0);
                Self::Text(StringBuilder::with_capacity(0, room + room / 4))
            }
            Kind::List(element) => Self::List {
                field: element_field(element),
                offsets: vec![0],
                valid: NullBufferBuilder::new(0),
                element: Box::new(Self::new(&element.kind, sizes)),
            },
            Kind::Map(value) => Self::Map(MapBuilder {
                entries: entries_field(value),
                fields: entry_fields(value),
                offsets: vec![0],
                valid: NullBufferBuilder::new(0),
                keys: StringBuilder::new(),
                values: Box::new(Self::new(&value.kind, sizes)),
            }),
            Kind::Struct(columns) | Kind::Tuple(columns) => Self::Struct {
                fields: fields(columns),
                valid: NullBufferBuilder::new(0),
                members: columns.iter().map(|column| Self::new(&column.kind, sizes)).collect(),
            },
        }
    }

    fn sizes(&self, sizes: &mut Vec<usize>) {
        match self {
            Self::Text(builder) => sizes.push(builder.values_slice().len()),
            Self::List { element, .. } => element.sizes(sizes),
            Self::Map(builder) => builder.values.sizes(sizes),
            Self::Struct { members, .. } => members.iter().for_each(|member| member.sizes(sizes)),
            _ => {}
        }
    }

    fn append(&mut self, cell: &Cell<'_>) {
        match (self, cell) {
            (Self::Boolean(builder), Cell::Boolean(value)) => builder.append_value(*value),
            (Self::Int64(builder), Cell::Int64(value)) => builder.append_value(*value),
            (Self::UInt64(builder), Cell::UInt64(value)) => builder.append_value(*value),
            (Self::Float64(builder), Cell::Float64(value)) => builder.append_value(*value),
            (Self::Timestamp(builder), Cell::Timestamp(value)) => builder.append_value(*value),
            (Self::Date(builder), Cell::Date(value)) => builder.append_value(*value),
            (Self::Text(builder), Cell::String(text) | Cell::Json(text)) => builder.append_value(text),
            (Self::List { offsets, valid, element, .. }, Cell::List(cells)) => {
                for cell in cells {
                    element.append(cell);
                }
                push_offset(offsets, cells.len());
                valid.append_non_null();
            }
            (Self::Struct { valid, members, .. }, Cell::Struct(cells)) => {
                for (member, cell) in members.iter_mut().zip(cells) {
                    member.append(cell);
                }
                valid.append_non_null();
            }
            (Self::Map(builder), Cell::Map(entries)) => {
                for (key, value) in entries {
                    builder.keys.append_value(key);
                    builder.values.append(value);
                }
                push_offset(&mut builder.offsets, entries.len());
                builder.valid.append_non_null();
            }
            (builder, _) => builder.append_null(),
        }
    }

    fn append_null(&mut self) {
        match self {
            Self::Boolean(builder) => builder.append_null(),
            Self::Int64(builder) => builder.append_null(),
            Self::UInt64(builder) => builder.append_null(),
            Self::Float64(builder) => builder.append_null(),
            Self::Timestamp(builder) => builder.append_null(),
            Self::Date(builder) => builder.append_null(),
            Self::Text(builder) => builder.append_null(),
            Self::List { offsets, valid, .. } => {
                push_offset(offsets, 0);
                valid.append_null();
            }
            Self::Map(builder) => {
                push_offset(&mut builder.offsets, 0);
                builder.valid.append_null();
            }
            Self::Struct { valid, members, .. } => {
                // A null struct still takes a slot in every member. A member that must not be
                // null gets a filler there, which the struct's own null hides.
                members.iter_mut().for_each(Self::append_filler);
                valid.append_null();
            }
        }
    }

    fn append_filler(&mut self) {
        match self {
            Self::Boolean(builder) => builder.append_value(false),
            Self::Int64(builder) => builder.append_value(0),
            Self::UInt64(builder) => builder.append_value(0),
            Self::Float64(builder) => builder.append_value(0.0),
            Self::Timestamp(builder) => builder.append_value(0),
            Self::Date(builder) => builder.append_value(0),
            Self::Text(builder) => builder.append_value(""),
            Self::List { offsets, valid, .. } => {
                push_offset(offsets, 0);
                valid.append_non_null();
            }
            Self::Map(builder) => {
                push_offset(&mut builder.offsets, 0);
                builder.valid.append_non_null();
            }
            Self::Struct { valid, members, .. } => {
                members.iter_mut().for_each(Self::append_filler);
                valid.append_non_null();
            }
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::UInt64(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::List { field, offsets, valid, element } => {
                let offsets = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(offsets, vec![0])));
                Arc::new(ListArray::new(field.clone(), offsets, element.finish(), valid.finish()))
            }
            Self::Map(builder) => Arc::new(builder.finish()),
            Self::Struct { fields, valid, members } => {
                let members: Vec<ArrayRef> = members.iter_mut().map(Self::finish).collect();
                let length = members.first().map_or(0, Array::len);
                let array = StructArray::try_new_with_length(fields.clone(), members, valid.finish(), length);
                Arc::new(array.expect("members are built in step with their struct"))
            }
        }
    }
}

impl MapBuilder {
    fn finish(&mut self) -> MapArray {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(&mut self.offsets, vec![0])));
        let columns: Vec<ArrayRef> = vec![Arc::new(self.keys.finish()), self.values.finish()];
        let entries = StructArray::new(self.fields.clone(), columns, None);
        MapArray::new(self.entries.clone(), offsets, entries, self.valid.finish(), false)
    }
}

fn push_offset(offsets: &mut Vec<i32>, length: usize) {
    let last = offsets.last().copied().unwrap_or(0);
    let length = i32::try_from(length).expect("a record is far smaller than 2^31 elements");
    offsets.push(last + length);
}
