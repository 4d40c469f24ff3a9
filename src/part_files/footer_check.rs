//! [`Footer`]: checks whether a part is encoded as `schema/FORMAT.md` section 4 requires.
//!
//! The check uses the settings that the writer uses, so the two cannot differ. It only reads the footer. It
//! does not check whether statistics and filters are correct, because that needs the rows.

use std::mem::discriminant;

use parquet::basic::Encoding;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::properties::{EnabledStatistics, WriterPropertiesPtr, WriterVersion};
use parquet::schema::types::SchemaDescriptor;

use super::chunking::Layout;
use super::format::Format;
use super::read_error::{PartError, unreadable};
use super::settings::properties;
use crate::digest::Digest;
use crate::record::{Order, arrow_schema};
use crate::schema::Columns;

/// What the footers of the parts of a release must have.
#[derive(Debug)]
pub(crate) struct Footer {
    schema: SchemaDescriptor,
    properties: WriterPropertiesPtr,
}

/// A difference between a footer and the format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FooterFault {
    /// The index of the row group, if the fault is in one.
    pub(crate) group: Option<usize>,
    /// The path of the column, if the fault is in one.
    pub(crate) column: Option<String>,
    /// What is wrong.
    pub(crate) message: String,
}

impl Footer {
    /// Creates the check for parts of a format with these columns. `schema` is the SHA-256 of the schema file.
    pub(crate) fn new(
        format: Format,
        columns: &Columns,
        order: &Order,
        layout: &Layout,
        schema: &Digest,
    ) -> Result<Self, PartError> {
        let made = properties(format, columns, &arrow_schema(columns), order, layout, schema);
        let (schema, properties) = made.map_err(|error: ParquetError| unreadable(error))?;
        Ok(Self { schema, properties })
    }

    /// The index of the only leaf of a column.
    pub(crate) fn leaf(&self, column: &str) -> Option<usize> {
        self.schema.columns().iter().position(|leaf| leaf.path().parts() == [column])
    }

    /// Calls `report` for every fault in the footer of a part.
    pub(crate) fn faults(&self, found: &ParquetMetaData, report: &mut dyn FnMut(FooterFault)) {
        let mut whole = |message: &str| report(FooterFault { group: None, column: None, message: message.to_owned() });
        let file = found.file_metadata();
        let version = if self.properties.writer_version() == WriterVersion::PARQUET_1_0 { 1 } else { 2 };
        if file.version() != version {
            whole(&format!("the footer's version is {}, not {version}", file.version()));
        }
        if file.created_by() != Some(self.properties.created_by()) {
            let by = crate::text::one_line(file.created_by().unwrap_or("an unknown writer"), 60);
            whole(&format!("it was created by `{by}`, not `{}`", self.properties.created_by()));
        }
        if file.key_value_metadata() != self.properties.key_value_metadata() {
            whole("its key-value metadata differs from the format");
        }
        if file.schema() != self.schema.root_schema() {
            whole("its Parquet schema does not match the columns");
            return; // the rest compares leaves
        }
        let rows = found.row_groups().iter().try_fold(0_i64, |sum, group| sum.checked_add(group.num_rows()));
        if rows != Some(file.num_rows()) {
            whole("its row groups do not have as many rows as the file");
        }
        for (group, metadata) in found.row_groups().iter().enumerate() {
            self.group_faults(metadata, &mut |column, message| {
                report(FooterFault { group: Some(group), column, message });
            });
        }
    }

    fn group_faults(&self, found: &RowGroupMetaData, report: &mut dyn FnMut(Option<String>, String)) {
        if found.sorting_columns() != self.properties.sorting_columns() {
            report(None, "its sorting columns differ from the order of the dataset".to_owned());
        }
        for chunk in found.columns() {
            let path = chunk.column_path().string();
            self.chunk_faults(chunk, &mut |message| report(Some(path.clone()), message));
        }
    }

    fn chunk_faults(&self, found: &ColumnChunkMetaData, report: &mut dyn FnMut(String)) {
        let (path, settings) = (found.column_path(), &self.properties);
        let state = |is_required: bool| if is_required { "missing" } else { "not allowed" };
        if found.file_path().is_some() {
            report("it refers to another file".to_owned());
        }
        let codec = settings.compression(path);
        if discriminant(&found.compression()) != discriminant(&codec) {
            report(format!("it is compressed with {}, not {codec}", found.compression()));
        }
        let dictionary = settings.dictionary_enabled(path);
        for encoding in found.encodings().filter(|encoding| !is_encoding(*encoding, dictionary)) {
            report(format!("it is encoded as {encoding}"));
        }
        if found.dictionary_page_offset().is_some() && !dictionary {
            report(format!("a dictionary is {}", state(false)));
        }
        let statistics = settings.statistics_enabled(path);
        if found.statistics().is_some() != (statistics != EnabledStatistics::None) {
            report(format!("statistics are {}", state(statistics != EnabledStatistics::None)));
        }
        // The library drops the index of a nested column if a page has no value at all.
        let may_lack = path.parts().len() > 1 && statistics == EnabledStatistics::Page;
        if found.column_index_range().is_some() != (statistics == EnabledStatistics::Page)
            && !(may_lack && found.column_index_range().is_none())
        {
            report(format!("a column index is {}", state(statistics == EnabledStatistics::Page)));
        }
        if found.offset_index_range().is_none() {
            report(format!("an offset index is {}", state(true)));
        }
        let filter = settings.bloom_filter_properties(path).is_some();
        if found.bloom_filter_offset().is_some() != filter || found.bloom_filter_length().is_some() != filter {
            report(format!("a bloom filter with its length is {}", state(filter)));
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::part_files::{Indexes, ParquetFile};
    use crate::schema::{Extra, Schema};
    use crate::storage::Location;

    /// The faults of the only part of a committed release under the rules of a format.
    fn faults(release: &str, format: Format) -> Vec<FooterFault> {
        let folder = Location::from(Path::new(env!("CARGO_MANIFEST_DIR"))).join("tests/releases").join(release);
        let schema = folder.join("schema.json").read_bounded(1 << 20).unwrap();
        let schema = Schema::of_release("schema.json".into(), schema, Extra::Keep).unwrap();
        let columns = schema.columns();
        let order = Order::new(columns, &["day".into(), "double".into()], "number").unwrap();
        let layout = Layout { cut: String::new(), target_rows: 1 << 15, row_group_rows: 1 << 12 };
        let data = folder.join("data");
        let part = data.join(&data.list().unwrap()[0].name);
        let part = ParquetFile::part(&part, columns, Indexes::Pages).unwrap();
        let mut faults = Vec::new();
        let footer = Footer::new(format, columns, &order, &layout, &schema.sha256()).unwrap();
        footer.faults(part.metadata(), &mut |fault| faults.push(fault));
        faults
    }

    #[test]
    fn parts_have_the_settings_of_their_format() {
        assert_eq!(faults("every-kind/1.0.0", Format::V1), []);
        assert_eq!(faults("format-2/1.0.0", Format::V2), []);
        let of_columns = |faults: Vec<FooterFault>| -> Vec<(String, String)> {
            faults.into_iter().filter_map(|fault| Some((fault.column?, fault.message))).collect()
        };
        // What is said of the writer and the metadata is the same both ways.
        let inside = ["words.list.element", "counts.key_value.key", "counts.key_value.value"];
        let message = "a column index is not allowed".to_owned();
        let want: Vec<_> = inside.iter().map(|path| ((*path).to_owned(), message.clone())).collect();
        assert_eq!(of_columns(faults("every-kind/1.0.0", Format::V2)), want);
        // A nested leaf may lack its index in the first format.
        assert_eq!(of_columns(faults("format-2/1.0.0", Format::V1)), []);
    }
}
