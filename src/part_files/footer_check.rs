//! [`Footer`]: is a part encoded as `schema/FORMAT.md` section 4 says?
//!
//! The same settings that a part is written with say what its footer must hold, so the two
//! cannot drift apart. Only the footer is looked at: whether statistics and filters tell the
//! truth takes the rows.

use std::mem::discriminant;

use parquet::basic::Encoding;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::properties::{EnabledStatistics, WriterPropertiesPtr, WriterVersion};
use parquet::schema::types::SchemaDescriptor;

use super::chunking::Layout;
use super::read_error::{PartError, unreadable};
use super::settings::properties;
use crate::digest::Digest;
use crate::record::{Order, arrow_schema};
use crate::schema::Columns;

/// What the footers of a release's parts must hold.
#[derive(Debug)]
pub struct Footer {
    schema: SchemaDescriptor,
    properties: WriterPropertiesPtr,
}

/// Something in a footer that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FooterFault {
    /// The row group, from 0, if it is about one.
    pub group: Option<usize>,
    /// The path of the column, if it is about one.
    pub column: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl Footer {
    /// The footer of parts of these columns under the schema with this SHA-256.
    pub fn new(columns: &Columns, order: &Order, layout: &Layout, schema: &Digest) -> Result<Self, PartError> {
        let made = properties(columns, &arrow_schema(columns), order, layout, schema);
        let (schema, properties) = made.map_err(|error: ParquetError| unreadable(error))?;
        Ok(Self { schema, properties })
    }

    /// The place of the leaf that is the whole of a column.
    pub fn leaf(&self, column: &str) -> Option<usize> {
        self.schema.columns().iter().position(|leaf| leaf.path().parts() == [column])
    }

    /// Tells every fault of a part's footer.
    pub fn faults(&self, found: &ParquetMetaData, tell: &mut dyn FnMut(FooterFault)) {
        let mut whole = |message: &str| tell(FooterFault { group: None, column: None, message: message.to_owned() });
        let file = found.file_metadata();
        let version = if self.properties.writer_version() == WriterVersion::PARQUET_1_0 { 1 } else { 2 };
        if file.version() != version {
            whole(&format!("the footer's version is {}, not {version}", file.version()));
        }
        if file.created_by() != Some(self.properties.created_by()) {
            let by = crate::text::one_line(file.created_by().unwrap_or("nobody"), 60);
            whole(&format!("it was created by `{by}`, not `{}`", self.properties.created_by()));
        }
        if file.key_value_metadata() != self.properties.key_value_metadata() {
            whole("its key-value metadata is not what the format has");
        }
        if file.schema() != self.schema.root_schema() {
            whole("its Parquet schema is not the one that the columns have");
            return; // what follows goes by leaves
        }
        let rows = found.row_groups().iter().try_fold(0_i64, |sum, group| sum.checked_add(group.num_rows()));
        if rows != Some(file.num_rows()) {
            whole("the rows of its row groups do not add up to those of the file");
        }
        for (group, metadata) in found.row_groups().iter().enumerate() {
            self.group_faults(metadata, &mut |column, message| {
                tell(FooterFault { group: Some(group), column, message });
            });
        }
    }

    fn group_faults(&self, found: &RowGroupMetaData, tell: &mut dyn FnMut(Option<String>, String)) {
        if found.sorting_columns() != self.properties.sorting_columns() {
            tell(None, "it does not say by which columns its rows are sorted".to_owned());
        }
        for chunk in found.columns() {
            let path = chunk.column_path().string();
            self.chunk_faults(chunk, &mut |message| tell(Some(path.clone()), message));
        }
    }

    fn chunk_faults(&self, found: &ColumnChunkMetaData, tell: &mut dyn FnMut(String)) {
        let (path, settings) = (found.column_path(), &self.properties);
        let must = |must: bool| if must { "must be there" } else { "must not be there" };
        if found.file_path().is_some() {
            tell("it claims to lie in another file".to_owned());
        }
        let codec = settings.compression(path);
        if discriminant(&found.compression()) != discriminant(&codec) {
            tell(format!("it is compressed with {}, not {codec}", found.compression()));
        }
        let dictionary = settings.dictionary_enabled(path);
        for encoding in found.encodings().filter(|encoding| !is_encoding(*encoding, dictionary)) {
            tell(format!("it is encoded as {encoding}"));
        }
        if found.dictionary_page_offset().is_some() && !dictionary {
            tell(format!("a dictionary {}", must(false)));
        }
        let statistics = settings.statistics_enabled(path);
        if found.statistics().is_some() != (statistics != EnabledStatistics::None) {
            tell(format!("statistics {}", must(statistics != EnabledStatistics::None)));
        }
        // The library gives up the index of a nested column if a page has no value at all.
        let may_lack = path.parts().len() > 1 && statistics == EnabledStatistics::Page;
        if found.column_index_range().is_some() != (statistics == EnabledStatistics::Page)
            && !(may_lack && found.column_index_range().is_none())
        {
            tell(format!("a column index {}", must(statistics == EnabledStatistics::Page)));
        }
        if found.offset_index_range().is_none() {
            tell(format!("an offset index {}", must(true)));
        }
        let filter = settings.bloom_filter_properties(path).is_some();
        if found.bloom_filter_offset().is_some() != filter || found.bloom_filter_length().is_some() != filter {
            tell(format!("a bloom filter with its length {}", must(filter)));
        }
    }
}

/// Whether pages, levels or dictionaries may be encoded this way.
fn is_encoding(encoding: Encoding, dictionary: bool) -> bool {
    match encoding {
        Encoding::PLAIN | Encoding::RLE => true,
        Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => dictionary,
        _ => false,
    }
}
