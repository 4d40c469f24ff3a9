//! Encodes row groups: turns selected rows into compressed column chunks.
//!
//! The bytes of a row group only depend on its rows and the settings, so row groups can be encoded on any
//! thread and in any order. No file is written here; [`super::writer`] does that.

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

/// Encodes row groups of one schema. Any number of threads may share it.
#[derive(Debug)]
pub struct PartEncoder {
    /// The columns that [`Selection::into_columns`] returns.
    fields: Vec<Field>,
    parquet: SchemaDescriptor,
    properties: WriterPropertiesPtr,
    writers: ArrowRowGroupWriterFactory,
}

/// An encoded row group.
#[derive(Debug)]
pub struct EncodedRowGroup {
    pub(super) chunks: Vec<ArrowColumnChunk>,
    /// The number of rows.
    pub rows: u64,
}

impl PartEncoder {
    /// Creates an encoder for these columns. `schema` is the SHA-256 of the schema file.
    pub fn new(columns: &Columns, order: &Order, layout: &Layout, schema: &Digest) -> Result<Self, Error> {
        let arrow = arrow_schema(columns);
        let build = || {
            let (parquet, properties) = properties(columns, &arrow, order, layout, schema)?;
            let file = SerializedFileWriter::new(std::io::sink(), parquet.root_schema_ptr(), properties.clone())?;
            let writers = ArrowRowGroupWriterFactory::new(&file, arrow.clone());
            Ok((parquet, properties, writers))
        };
        let (parquet, properties, writers) = build().map_err(|error| failed(&error))?;
        let fields = arrow.fields().iter().map(|field| input_field(field)).collect();
        Ok(Self { fields, parquet, properties, writers })
    }

    /// The Parquet schema and the writer settings of the file.
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
        for ((index, field), column) in self.fields.iter().enumerate().zip(rows.into_columns()) {
            // The last column is the record hash, which has no summary.
            if index + 1 < self.fields.len() {
                summary.add_column(index, &column);
            }
            let mut own: Vec<ArrowColumnWriter> = Vec::new();
            for start in (0..count).step_by(BATCH_ROWS) {
                let leaves = compute_leaves(field, &column.slice(start, BATCH_ROWS.min(count - start)))?;
                own.extend(writers.by_ref().take(leaves.len() - own.len()));
                own.iter_mut().zip(&leaves).try_for_each(|(writer, leaf)| writer.write(leaf))?;
            }
            // The array is not needed any more, and compressing the column takes memory.
            drop(column);
            for writer in own {
                chunks.push(writer.close()?);
            }
        }
        Ok(chunks)
    }
}

/// The type in which the encoder gets a column. Strings are byte views; they are known to be UTF-8.
fn input_field(field: &Field) -> Field {
    match field.data_type() {
        DataType::Utf8 => field.clone().with_data_type(DataType::BinaryView),
        _ => field.clone(),
    }
}

fn failed(error: &ParquetError) -> Error {
    Error::Part { action: "encode", path: PathBuf::from("data"), message: error.to_string() }
}
