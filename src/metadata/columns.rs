//! What the documents say about a column beyond its kind: its description and its bounds, from the schema.

use serde_json::Value;

use super::Metadata;
use crate::schema::{Column, Columns, Kind, Role};

/// The description of the column of record hashes, which no schema declares.
pub(super) const RECORD_SHA256_DESCRIPTION: &str = "SHA-256 of the record's canonical form, 32 bytes.";

impl Metadata<'_> {
    /// The subschema that a column comes from.
    pub(super) fn subschema(&self, column: &Column) -> Option<&Value> {
        self.schema.pointer(&column.pointer)
    }

    /// The description of a column in the schema.
    pub(super) fn column_description(&self, column: &Column) -> Option<String> {
        if column.role == Role::Extra {
            return Some("Members that the schema does not declare, as one JSON object.".to_owned());
        }
        let text = self.subschema(column).and_then(|schema| schema.get("description")?.as_str())?;
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// The columns that are or contain a map.
pub(super) fn map_columns(columns: &Columns) -> impl Iterator<Item = &Column> {
    columns.iter().filter(|column| is_map(&column.kind))
}

/// Whether a map is among the columns, at any depth.
pub(super) fn has_map(columns: &Columns) -> bool {
    map_columns(columns).next().is_some()
}

fn is_map(kind: &Kind) -> bool {
    match kind {
        Kind::Map(_) => true,
        Kind::List(element) => is_map(&element.kind),
        Kind::Struct(columns) | Kind::Tuple(columns) => has_map(columns),
        _ => false,
    }
}
