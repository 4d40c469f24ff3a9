//! The writer settings of parts, all of them explicit.
//!
//! Library defaults may change, but the bytes of a part must not, so no setting is left to a default. No
//! setting depends on data, a clock, a path or the version of pressmark. `schema/FORMAT.md` lists the
//! settings of each format. A change of any of them needs a new format, with a new name of its settings.

use std::sync::Arc;

use arrow_schema::{DataType, SchemaRef};
use parquet::arrow::ArrowSchemaConverter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{
    BloomFilterPosition, EnabledStatistics, WriterProperties, WriterPropertiesPtr, WriterVersion,
};
use parquet::schema::types::ColumnPath;
use parquet::schema::types::SchemaDescriptor;

use super::chunking::Layout;
use super::format::Format;
use crate::digest::Digest;
use crate::record::Order;
use crate::schema::{Column, Columns, Kind, RECORD_SHA256};

/// The codec and its level in the manifest.
pub(crate) const CODEC: &str = "zstd-3";

/// The number of rows that the encoder gets at a time. A page can only end after a multiple of it.
pub(super) const BATCH_ROWS: usize = 256;
/// The size at which a page ends, in bytes before compression.
pub(super) const PAGE_BYTES: usize = 1 << 20;
/// The number of rows at which a page ends.
const PAGE_ROWS: usize = 20_000;
/// The largest dictionary in bytes. Beyond it the column is written without one.
const DICTIONARY_BYTES: usize = 1 << 20;
/// The most bytes of a string in statistics and indexes.
pub(super) const STATISTICS_BYTES: usize = 64;
/// The rate of false positives of the bloom filter.
const BLOOM_FALSE_POSITIVES: f64 = 0.01;

/// The Parquet schema and writer properties for parts of these columns in a format.
pub(super) fn properties(
    format: Format,
    columns: &Columns,
    arrow: &SchemaRef,
    order: &Order,
    layout: &Layout,
    schema: &Digest,
) -> Result<(SchemaDescriptor, WriterPropertiesPtr), ParquetError> {
    let parquet = ArrowSchemaConverter::new().with_coerce_types(false).convert(arrow)?;
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(format.created_by().to_owned())
        .set_key_value_metadata(Some(key_values(format, columns, &parquet, schema)))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_dictionary_enabled(false)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(BATCH_ROWS)
        .set_max_row_group_row_count(Some(usize::try_from(layout.row_group_rows).unwrap_or(usize::MAX)))
        .set_max_row_group_bytes(None)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_statistics_truncate_length(Some(STATISTICS_BYTES))
        .set_column_index_truncate_length(Some(STATISTICS_BYTES))
        .set_write_page_header_statistics(false)
        .set_offset_index_disabled(false)
        .set_bloom_filter_position(BloomFilterPosition::AfterRowGroup)
        .set_bloom_filter_for_dictionary_encoded_chunks(true)
        .set_write_row_group_number_distinct_values(false)
        .set_write_path_in_schema(true)
        .set_content_defined_chunking(None)
        .set_coerce_types(false)
        .set_sorting_columns(Some(sorting_columns(columns, &parquet, order)));
    for path in dictionary_paths(columns, &parquet, order) {
        builder = builder.set_column_dictionary_enabled(path, true);
    }
    if format > Format::V1 {
        for path in repeated_paths(&parquet) {
            builder = builder.set_column_statistics_enabled(path, EnabledStatistics::Chunk);
        }
    }
    let key = ColumnPath::from(columns.at(order.key()).name.as_str());
    builder = builder
        .set_column_bloom_filter_enabled(key.clone(), true)
        .set_column_bloom_filter_fpp(key.clone(), BLOOM_FALSE_POSITIVES)
        .set_column_bloom_filter_max_ndv(key, layout.row_group_rows);
    let hash = ColumnPath::from(RECORD_SHA256);
    builder = builder
        .set_column_compression(hash.clone(), Compression::UNCOMPRESSED)
        .set_column_statistics_enabled(hash, EnabledStatistics::None);
    Ok((parquet, Arc::new(builder.build())))
}

/// The same properties without the statistics of texts without a dictionary, which [`super::text_statistics`]
/// sets afterwards.
pub(super) fn without_text_statistics(properties: &WriterProperties, arrow: &SchemaRef) -> WriterPropertiesPtr {
    let mut builder = properties.clone().into_builder();
    for field in arrow.fields().iter().filter(|field| *field.data_type() == DataType::Utf8) {
        let path = ColumnPath::from(field.name().as_str());
        if !properties.dictionary_enabled(&path) {
            builder = builder.set_column_statistics_enabled(path, EnabledStatistics::None);
        }
    }
    Arc::new(builder.build())
}

/// The metadata of a part: its format, its schema, and which of its strings are JSON.
fn key_values(format: Format, columns: &Columns, parquet: &SchemaDescriptor, schema: &Digest) -> Vec<KeyValue> {
    let pair = |name: &str, value: String| KeyValue::new(name.to_owned(), value);
    let mut pairs =
        vec![pair("pressmark.format", format.name().to_owned()), pair("pressmark.schema_sha256", schema.to_string())];
    let paths = json_paths(columns, parquet);
    if !paths.is_empty() {
        pairs.push(pair("pressmark.json", paths.join("\n")));
    }
    pairs
}

/// The Parquet paths of the leaves with JSON, in order.
fn json_paths(columns: &Columns, parquet: &SchemaDescriptor) -> Vec<String> {
    let mut leaves = Vec::new();
    columns.iter().for_each(|column| push_leaves(column, &mut leaves));
    let paths = parquet.columns().iter().zip(leaves).filter(|(_, kind)| **kind == Kind::Json);
    paths.map(|(leaf, _)| leaf.path().string()).collect()
}

/// The kinds of the leaves of a column, in the depth-first order of Parquet.
pub(super) fn push_leaves<'c>(column: &'c Column, leaves: &mut Vec<&'c Kind>) {
    match &column.kind {
        Kind::List(element) => push_leaves(element, leaves),
        Kind::Struct(columns) | Kind::Tuple(columns) => columns.iter().for_each(|column| push_leaves(column, leaves)),
        Kind::Map(value) => {
            leaves.push(&Kind::String);
            push_leaves(value, leaves);
        }
        kind => leaves.push(kind),
    }
}

fn sorting_columns(columns: &Columns, parquet: &SchemaDescriptor, order: &Order) -> Vec<SortingColumn> {
    let leaf = |name: &str| parquet.columns().iter().position(|column| column.path().parts()[0] == name);
    let places = order.places().iter().filter_map(|place| leaf(&columns.at(*place).name));
    places
        .filter_map(|leaf| i32::try_from(leaf).ok())
        .map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: false })
        .collect()
}

/// The leaves inside lists and maps. The column index of such a leaf would mark pages as empty that have values:
/// the library counts the nulls of a page, empty lists included, and compares them with its rows.
fn repeated_paths(parquet: &SchemaDescriptor) -> impl Iterator<Item = ColumnPath> {
    parquet.columns().iter().filter(|leaf| leaf.max_rep_level() > 0).map(|leaf| leaf.path().clone())
}

/// The leaves whose values are likely to repeat: dates, and strings that the schema declares short, except
/// the key. For long unique strings, trying a dictionary costs more than it saves.
fn dictionary_paths(columns: &Columns, parquet: &SchemaDescriptor, order: &Order) -> Vec<ColumnPath> {
    let repeats = |column: &Column| {
        innermost(column).is_some_and(|leaf| match leaf.kind {
            Kind::String => leaf.short,
            Kind::Date => true,
            _ => false,
        })
    };
    let key = &columns.at(order.key()).name;
    let repeating = columns.iter().filter(|column| repeats(column) && column.name != *key);
    let names: Vec<&str> = repeating.map(|column| column.name.as_str()).collect();
    let paths = parquet.columns().iter().map(|leaf| leaf.path().clone());
    paths.filter(|path| names.contains(&path.parts()[0].as_str())).collect()
}

/// The column itself, or the elements of a list. Structs and maps have no single leaf.
fn innermost(column: &Column) -> Option<&Column> {
    match &column.kind {
        Kind::List(element) => innermost(element),
        Kind::Struct(_) | Kind::Tuple(_) | Kind::Map(_) => None,
        _ => Some(column),
    }
}
