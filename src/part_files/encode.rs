//! Encodes row groups: turns selected rows into compressed column chunks.
//!
//! The bytes of a row group only depend on its rows and the settings, so row groups can be encoded on any
//! thread and in any order. No file is written here; [`super::writer`] does that.

use std::io;
use std::sync::Arc;

use arrow_array::builder::BinaryViewBuilder;
use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, ArrayRef, BinaryViewArray};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{SchemaDescriptor, TypePtr};

use super::chunking::Layout;
use super::format::Format;
use super::settings::{BATCH_ROWS, PAGE_BYTES, properties, without_text_statistics};
use super::text_statistics::TextStatistics;
use super::writer::PartWriteError;
use crate::digest::Digest;
use crate::external_sort::Selection;
use crate::record::{Order, Summary, arrow_schema};
use crate::schema::Columns;

/// The number of columns that are encoded with writers of their own at the same time. Every writer takes
/// memory from its creation, so those of thousands of columns are not created at once.
const STRIPE: usize = 32;

/// Encodes row groups of one schema. Any number of threads may share it.
#[derive(Debug)]
pub struct PartEncoder {
    pub(super) columns: Columns,
    pub(super) order: Order,
    pub(super) layout: Layout,
    stripes: Vec<Stripe>,
    parquet: SchemaDescriptor,
    properties: WriterPropertiesPtr,
}

/// Some neighbouring columns.
#[derive(Debug)]
struct Stripe {
    columns: Vec<EncodedColumn>,
    writers: ArrowRowGroupWriterFactory,
}

/// A column as [`Selection::into_columns`] returns it.
#[derive(Debug)]
struct EncodedColumn {
    field: Field,
    /// Whether the library leaves out its statistics, so that [`TextStatistics`] sets them.
    sets_statistics: bool,
}

/// An encoded row group.
#[derive(Debug)]
pub struct EncodedRowGroup {
    pub(super) chunks: Vec<ArrowColumnChunk>,
    /// The number of rows.
    pub rows: u64,
}

impl PartEncoder {
    /// Creates an encoder for these columns. It writes the newest format. `schema` is the SHA-256 of the schema file.
    ///
    /// # Errors
    /// [`PartWriteError`] if Parquet cannot hold the columns.
    pub fn new(columns: &Columns, order: &Order, layout: &Layout, schema: &Digest) -> Result<Self, PartWriteError> {
        let arrow = arrow_schema(columns);
        let build = || {
            let (parquet, properties) = properties(Format::NEWEST, columns, &arrow, order, layout, schema)?;
            let of_chunks = without_text_statistics(&properties, &arrow);
            let stripes = arrow.fields().chunks(STRIPE).map(|fields| Stripe::new(fields, &of_chunks));
            let stripes = stripes.collect::<Result<_, _>>()?;
            let (columns, order, layout) = (columns.clone(), order.clone(), layout.clone());
            Ok(Self { columns, order, layout, stripes, parquet, properties })
        };
        build().map_err(|error| unwritable(&error))
    }

    /// The Parquet schema and the writer settings of the file.
    pub(super) fn file(&self) -> (TypePtr, WriterPropertiesPtr) {
        (self.parquet.root_schema_ptr(), self.properties.clone())
    }

    /// Encodes the selected rows, at least one, as one row group, and adds them to the summary.
    ///
    /// # Errors
    /// [`PartWriteError`] if Parquet cannot hold the rows.
    pub fn encode(&self, rows: Selection, summary: &mut Summary<'_>) -> Result<EncodedRowGroup, PartWriteError> {
        let count = rows.len();
        let chunks = self.chunks(rows, summary).map_err(|error| unwritable(&error))?;
        Ok(EncodedRowGroup { chunks, rows: count as u64 })
    }

    fn chunks(&self, rows: Selection, summary: &mut Summary<'_>) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
        let width: usize = self.stripes.iter().map(|stripe| stripe.columns.len()).sum();
        let mut arrays = rows.into_columns().enumerate();
        let mut chunks = Vec::with_capacity(self.parquet.num_columns());
        for stripe in &self.stripes {
            let mut writers = stripe.writers.create_column_writers(0)?.into_iter();
            for (column, (index, array)) in stripe.columns.iter().zip(arrays.by_ref().take(stripe.columns.len())) {
                // The last column is the record hash, which has no summary.
                if index + 1 < width {
                    summary.add_column(index, &array);
                }
                column.encode(array, &mut writers, &mut chunks)?;
            }
        }
        Ok(chunks)
    }
}

impl Stripe {
    fn new(fields: &[FieldRef], properties: &WriterPropertiesPtr) -> Result<Self, ParquetError> {
        let arrow = Arc::new(Schema::new(fields.to_vec()));
        let parquet = ArrowSchemaConverter::new().with_coerce_types(false).convert(&arrow)?;
        let file = SerializedFileWriter::new(io::sink(), parquet.root_schema_ptr(), properties.clone())?;
        let columns = fields.iter().map(|field| EncodedColumn::new(field, properties)).collect();
        Ok(Self { columns, writers: ArrowRowGroupWriterFactory::new(&file, arrow) })
    }
}

impl EncodedColumn {
    fn new(field: &Field, properties: &WriterPropertiesPtr) -> Self {
        let without = properties.statistics_enabled(&field.name().as_str().into()) == EnabledStatistics::None;
        Self { field: input_field(field), sets_statistics: without && *field.data_type() == DataType::Utf8 }
    }

    /// Encodes the array with the next writers, one for each leaf.
    fn encode(
        &self,
        array: ArrayRef,
        writers: &mut impl Iterator<Item = ArrowColumnWriter>,
        chunks: &mut Vec<ArrowColumnChunk>,
    ) -> Result<(), ParquetError> {
        if self.sets_statistics {
            let writer = writers.next().expect("a text column has one leaf");
            chunks.push(self.encode_texts(array, writer)?);
            return Ok(());
        }
        let mut own: Vec<ArrowColumnWriter> = Vec::new();
        for batch in batches(&array) {
            let leaves = compute_leaves(&self.field, &batch)?;
            own.extend(writers.by_ref().take(leaves.len() - own.len()));
            own.iter_mut().zip(&leaves).try_for_each(|(writer, leaf)| writer.write(leaf))?;
        }
        // The array is not needed any more, and compressing the column takes memory.
        drop(array);
        own.into_iter().try_for_each(|writer| writer.close().map(|chunk| chunks.push(chunk)))
    }

    fn encode_texts(&self, array: ArrayRef, mut writer: ArrowColumnWriter) -> Result<ArrowColumnChunk, ParquetError> {
        let mut write = |texts: &ArrayRef| -> Result<(), ParquetError> {
            compute_leaves(&self.field, texts)?.iter().try_for_each(|leaf| writer.write(leaf))
        };
        let texts = array.as_binary_view();
        if let Some(starts) = pages_of_large_texts(texts) {
            let statistics = TextStatistics::new(texts, starts, i16::from(self.field.is_nullable()))?;
            let alone: Vec<ArrayRef> = (0..texts.len()).map(|row| alone(texts, row)).collect::<Result<_, _>>()?;
            // Each text is freed as soon as it is encoded.
            drop(array);
            alone.into_iter().try_for_each(|text| write(&text))?;
            let mut chunk = writer.close()?;
            statistics.set(&mut chunk)?;
            return Ok(chunk);
        }
        batches(&array).try_for_each(|batch| write(&batch))?;
        let mut chunk = writer.close()?;
        TextStatistics::set_from(&mut chunk, texts)?;
        Ok(chunk)
    }
}

/// The rows as the library gets them.
fn batches(array: &ArrayRef) -> impl Iterator<Item = ArrayRef> {
    let starts = (0..array.len()).step_by(BATCH_ROWS);
    starts.map(|start| array.slice(start, BATCH_ROWS.min(array.len() - start)))
}

/// The first row of each page, if the library would encode these texts one by one. It does so if the first
/// of a batch fills a page and none is null.
fn pages_of_large_texts(texts: &BinaryViewArray) -> Option<Vec<usize>> {
    let is_large = texts.len() <= BATCH_ROWS && texts.null_count() == 0 && texts.value(0).len() >= PAGE_BYTES;
    is_large.then(|| {
        let (mut starts, mut page) = (vec![0], 0);
        for row in 0..texts.len() - 1 {
            page += size_of::<u32>() + texts.value(row).len();
            if page >= PAGE_BYTES {
                starts.push(row + 1);
                page = 0;
            }
        }
        starts
    })
}

/// A text as an array that keeps only the text's own block in memory.
fn alone(texts: &BinaryViewArray, row: usize) -> Result<ArrayRef, ArrowError> {
    let text = texts.value(row);
    let mut builder = BinaryViewBuilder::with_capacity(1);
    // Short texts are in no block.
    match texts.data_buffers().iter().find(|block| block.as_ptr_range().contains(&text.as_ptr())) {
        Some(block) => {
            let start = text.as_ptr().addr() - block.as_ptr().addr();
            let block = builder.append_block(block.slice_with_length(start, text.len()));
            builder.try_append_view(block, 0, u32::try_from(text.len()).unwrap_or(u32::MAX))?;
        }
        None => builder.append_value(text),
    }
    Ok(Arc::new(builder.finish()))
}

/// The type in which the encoder gets a column. Strings are byte views; they are known to be UTF-8.
fn input_field(field: &Field) -> Field {
    match field.data_type() {
        DataType::Utf8 => field.clone().with_data_type(DataType::BinaryView),
        _ => field.clone(),
    }
}

pub(super) fn unwritable(error: &ParquetError) -> PartWriteError {
    PartWriteError(error.to_string())
}
