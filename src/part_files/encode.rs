//! Encoding row groups: selected rows in, compressed column chunks out.
//!
//! A row group's bytes follow from its rows and the settings alone, so row groups can be
//! encoded anywhere and in any order; [`super::writer`] puts them into a file.

use std::path::PathBuf;

use arrow_array::Array as _;
use arrow_schema::{DataType, Field};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{SchemaDescriptor, TypePtr};

use super::chunking::Layout;
use super::settings::{BATCH_ROWS, properties};
use crate::digest::Digest;
use crate::error::Error;
use crate::external_sort::Selection;
use crate::record::{Order, Summary, arrow_schema};
use crate::schema::Columns;

/// Encodes row groups of one shape. Any number of threads may share it.
#[derive(Debug)]
pub struct PartEncoder {
    /// The columns as [`Selection::columns`] gives them.
    fields: Vec<Field>,
    parquet: SchemaDescriptor,
    properties: WriterPropertiesPtr,
    writers: ArrowRowGroupWriterFactory,
}

/// An encoded row group.
#[derive(Debug)]
pub struct EncodedRowGroup {
    pub(super) chunks: Vec<ArrowColumnChunk>,
    /// How many rows it has.
    pub rows: u64,
}

impl PartEncoder {
    /// An encoder for records of these columns under the schema with this SHA-256.
    pub fn new(columns: &Columns, order: &Order, layout: &Layout, schema: &Digest) -> Result<Self, Error> {
        let arrow = arrow_schema(columns);
        let build = || {
            let (parquet, properties) = properties(columns, &arrow, order, layout, schema)?;
            let file = SerializedFileWriter::new(std::io::sink(), parquet.root_schema_ptr(), properties.clone())?;
            let writers = ArrowRowGroupWriterFactory::new(&file, arrow.clone());
            Ok((parquet, properties, writers))
        };
        let (parquet, properties, writers) = build().map_err(|error| failed(&error))?;
        let fields = arrow.fields().iter().map(|field| given(field)).collect();
        Ok(Self { fields, parquet, properties, writers })
    }

    /// The Parquet schema and the settings of a file of such row groups.
    pub(super) fn file(&self) -> (TypePtr, WriterPropertiesPtr) {
        (self.parquet.root_schema_ptr(), self.properties.clone())
    }

    /// Encodes the selected rows, at least one, as one row group, and adds them to the summary.
    pub fn encode(&self, rows: Selection, summary: &mut Summary<'_>) -> Result<EncodedRowGroup, Error> {
        let count = rows.len();
        let chunks = self.chunks(rows, summary).map_err(|error| failed(&error))?;
        Ok(EncodedRowGroup { chunks, rows: count as u64 })
    }

    fn chunks(&self, rows: Selection, summary: &mut Summary<'_>) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
        let count = rows.len();
        let mut writers = self.writers.create_column_writers(0)?.into_iter();
        let mut chunks = Vec::with_capacity(writers.len());
        for ((place, field), column) in self.fields.iter().enumerate().zip(rows.into_columns()) {
            // The last is the hash, of which nothing is summarised.
            if place + 1 < self.fields.len() {
                summary.add_column(place, &column);
            }
            let mut own: Vec<ArrowColumnWriter> = Vec::new();
            for start in (0..count).step_by(BATCH_ROWS) {
                let leaves = compute_leaves(field, &column.slice(start, BATCH_ROWS.min(count - start)))?;
                own.extend(writers.by_ref().take(leaves.len() - own.len()));
                own.iter_mut().zip(&leaves).try_for_each(|(writer, leaf)| writer.write(leaf))?;
            }
            // What was written is not needed again, and compressing it takes room.
            drop(column);
            for writer in own {
                chunks.push(writer.close()?);
            }
        }
        Ok(chunks)
    }
}

/// A column as the encoder is given it: texts as views of bytes, which were UTF-8 before.
fn given(field: &Field) -> Field {
    match field.data_type() {
        DataType::Utf8 => field.clone().with_data_type(DataType::BinaryView),
        _ => field.clone(),
    }
}

fn failed(error: &ParquetError) -> Error {
    Error::Part { action: "encode", path: PathBuf::from("data"), message: error.to_string() }
}
