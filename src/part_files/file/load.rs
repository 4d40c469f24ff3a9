//! Reads a footer: the metadata of the library, and the meaning of leaves that Arrow types do not express.
//!
//! Three things differ for files that are not parts. The library reads an int96 as 64-bit nanoseconds, which
//! wrap outside of the years 1677 to 2262, so it gets a schema in which an int96 is twelve bytes. Parquet has
//! no type for durations and times in seconds; some writers note them in an embedded Arrow schema, and
//! nothing else of that schema is used. Damaged page indexes are ignored. No value is read here.

use std::sync::Arc;

use arrow_schema::{DataType, Fields, TimeUnit};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::parquet_to_arrow_schema;
use parquet::basic::Type as Physical;
use parquet::file::metadata::{
    FileMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader,
};
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type, TypePtr};

use super::preflight;
use crate::part_files::read_error::{PartError, unreadable};
use crate::storage::{Location, StoredFile};

/// The length of an int96 in bytes.
const INT96_BYTES: i32 = 12;

/// The meaning of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// That of its Arrow type.
    AsTyped,
    /// Twelve bytes each: nanoseconds since midnight and a Julian day.
    Int96,
    /// Integers that are durations.
    Duration(TimeUnit),
    /// Integers that are seconds since 1970, in UTC or in an unknown zone.
    Seconds(bool),
    /// Integers that are seconds since midnight.
    TimeSeconds,
    /// Integers that are dates, as milliseconds since 1970.
    DayMilliseconds,
}

/// Which page indexes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Indexes {
    /// None.
    None,
    /// The offset indexes: where pages are.
    Pages,
    /// The offset and column indexes: also which values pages have.
    All,
}

/// A footer that was read.
pub(super) struct Loaded {
    pub(super) metadata: ArrowReaderMetadata,
    /// The meaning of each leaf.
    pub(super) meanings: Vec<Meaning>,
}

/// Opens a file. Everything that reads a Parquet file opens it here.
pub(super) fn open(location: &Location) -> Result<StoredFile, PartError> {
    location.open().map_err(|error| unreadable(error.cause()))
}

/// Reads the footer of a part or of any other file, and its page indexes.
pub(super) fn load(file: &StoredFile, is_part: bool, indexes: Indexes) -> Result<Loaded, PartError> {
    preflight::check_footer(file)?;
    let with_values = indexes == Indexes::All;
    let mut options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(!with_values);
    let parse = |options: &ParquetMetaDataOptions| {
        let reader = ParquetMetaDataReader::new().with_metadata_options(Some(options.clone()));
        reader.parse_and_finish(file).map_err(unreadable)
    };
    let mut metadata = parse(&options)?;
    let mut meanings = vec![Meaning::AsTyped; metadata.file_metadata().schema_descr().num_columns()];
    if !is_part {
        meanings = self::meanings(&metadata);
        if let Some(schema) = with_raw_int96(metadata.file_metadata().schema_descr(), &meanings)? {
            options = options.with_schema(schema);
            metadata = parse(&options)?;
        }
    }
    if !is_part {
        metadata = with_rows(metadata)?;
    }
    if indexes != Indexes::None && preflight::check_indexes(file, &metadata, with_values)? {
        let values = if with_values { PageIndexPolicy::Optional } else { PageIndexPolicy::Skip };
        let mut reader = ParquetMetaDataReader::new_with_metadata(metadata)
            .with_metadata_options(Some(options))
            .with_column_index_policy(values)
            .with_offset_index_policy(PageIndexPolicy::Optional);
        reader.read_page_indexes(file).map_err(unreadable)?;
        metadata = reader.finish().map_err(unreadable)?;
        preflight::check_locations(&metadata)?;
    }
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), options).map_err(unreadable)?;
    Ok(Loaded { metadata, meanings })
}

/// Sets the number of rows to the sum of the row groups. Some writers omit it, and the library would then
/// read no row.
fn with_rows(metadata: ParquetMetaData) -> Result<ParquetMetaData, PartError> {
    let rows = metadata.row_groups().iter().fold(0_i64, |sum, group| sum.saturating_add(group.num_rows()));
    let file = metadata.file_metadata();
    match file.num_rows() {
        declared if declared == rows => Ok(metadata),
        0 => {
            let file = FileMetaData::new(
                file.version(),
                rows,
                file.created_by().map(str::to_owned),
                file.key_value_metadata().cloned(),
                file.schema_descr_ptr(),
                file.column_orders().cloned(),
            );
            Ok(ParquetMetaData::new(file, metadata.row_groups().to_vec()))
        }
        declared => Err(PartError::Unreadable(format!("its footer says {declared} rows, and its row groups {rows}"))),
    }
}

fn meanings(metadata: &ParquetMetaData) -> Vec<Meaning> {
    let file = metadata.file_metadata();
    let schema = file.schema_descr();
    // An embedded schema that does not match the columns is ignored.
    let hinted = parquet_to_arrow_schema(schema, file.key_value_metadata());
    let mut hints = Vec::new();
    if let Ok(hinted) = &hinted {
        leaf_types(hinted.fields(), &mut hints);
    }
    let hint = |leaf: usize| hints.get(leaf).filter(|_| hints.len() == schema.num_columns()).copied();
    let meaning = |leaf: usize| {
        let described = schema.column(leaf);
        let is_bare = described.logical_type_ref().is_none();
        match (described.physical_type(), hint(leaf)) {
            (Physical::INT96, _) => Meaning::Int96,
            (Physical::INT64, Some(DataType::Duration(unit))) if is_bare => Meaning::Duration(*unit),
            (Physical::INT64, Some(DataType::Timestamp(TimeUnit::Second, zone))) if is_bare => {
                Meaning::Seconds(zone.is_some())
            }
            (Physical::INT32, Some(DataType::Time32(TimeUnit::Second))) if is_bare => Meaning::TimeSeconds,
            (Physical::INT64, Some(DataType::Date64)) if is_bare => Meaning::DayMilliseconds,
            _ => Meaning::AsTyped,
        }
    };
    (0..schema.num_columns()).map(meaning).collect()
}

/// The types of the leaves, in order.
fn leaf_types<'f>(fields: &'f Fields, found: &mut Vec<&'f DataType>) {
    fields.iter().for_each(|field| leaf_type(field.data_type(), found));
}

fn leaf_type<'f>(kind: &'f DataType, found: &mut Vec<&'f DataType>) {
    match kind {
        DataType::List(element)
        | DataType::LargeList(element)
        | DataType::FixedSizeList(element, _)
        | DataType::ListView(element)
        | DataType::LargeListView(element)
        | DataType::Map(element, _) => leaf_type(element.data_type(), found),
        DataType::Struct(fields) => leaf_types(fields, found),
        leaf => found.push(leaf),
    }
}

/// The schema with twelve bytes instead of each int96. `None` if it has no int96.
fn with_raw_int96(schema: &SchemaDescriptor, meanings: &[Meaning]) -> Result<Option<SchemaDescPtr>, PartError> {
    if !meanings.contains(&Meaning::Int96) {
        return Ok(None);
    }
    let root = raw(&schema.root_schema_ptr())?;
    Ok(Some(Arc::new(SchemaDescriptor::new(root))))
}

fn raw(node: &TypePtr) -> Result<TypePtr, PartError> {
    let info = node.get_basic_info();
    let id = info.has_id().then(|| info.id());
    match &**node {
        Type::PrimitiveType { physical_type: Physical::INT96, .. } => {
            let bytes = Type::primitive_type_builder(info.name(), Physical::FIXED_LEN_BYTE_ARRAY)
                .with_repetition(info.repetition())
                .with_length(INT96_BYTES)
                .with_id(id);
            bytes.build().map(Arc::new).map_err(unreadable)
        }
        Type::PrimitiveType { .. } => Ok(node.clone()),
        Type::GroupType { fields, .. } => {
            let fields = fields.iter().map(raw).collect::<Result<Vec<_>, _>>()?;
            let mut group = Type::group_type_builder(info.name())
                .with_converted_type(info.converted_type())
                .with_logical_type(info.logical_type_ref().cloned())
                .with_id(id)
                .with_fields(fields);
            if info.has_repetition() {
                group = group.with_repetition(info.repetition());
            }
            group.build().map(Arc::new).map_err(unreadable)
        }
    }
}
