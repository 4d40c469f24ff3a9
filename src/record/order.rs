//! The order of records: by `order_by`, then by key.
//!
//! Values compare by type, nulls come last and strings compare by their UTF-8 bytes. Each
//! record's place is one byte string, so that sorting and merging compare bytes and nothing else.

use arrow_array::RecordBatch;
use arrow_row::{RowConverter, Rows as SortKeys, SortField};
use arrow_schema::{ArrowError, SortOptions};

use super::arrow::arrow_schema;
use super::cell::Cell;
use crate::schema::{Columns, Kind};

/// Which columns order a dataset's records and which one identifies them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    places: Vec<usize>,
    key: usize,
}

/// A name in `key` or `order_by` that cannot serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// No column has the name.
    #[error("`{setting}` names `{name}`, which the schema does not declare")]
    NoColumn {
        /// `key` or `order_by`.
        setting: &'static str,
        /// The name.
        name: String,
    },
    /// The column's values have no order.
    #[error("`order_by` names `{name}`, whose values ({kind}) have no order")]
    NoOrder {
        /// The name.
        name: String,
        /// Its kind.
        kind: String,
    },
    /// The column cannot identify records.
    #[error("`key` names `{name}`; a key is a required string or integer, this is {kind}")]
    NoKey {
        /// The name.
        name: String,
        /// Its kind, and whether it may be missing.
        kind: String,
    },
}

impl Order {
    /// Records by `order_by`, then by `key`.
    pub fn new(columns: &Columns, order_by: &[String], key: &str) -> Result<Self, OrderError> {
        let place = |setting, name: &str| {
            columns.position(name).ok_or_else(|| OrderError::NoColumn { setting, name: name.to_owned() })
        };
        let key = place("key", key)?;
        let column = columns.at(key);
        if column.nullable || !matches!(column.kind, Kind::String | Kind::Int64 | Kind::UInt64) {
            let optional = if column.nullable { "an optional " } else { "a required " };
            let kind = format!("{optional}{}", column.kind.describe());
            return Err(OrderError::NoKey { name: column.name.clone(), kind });
        }
        let mut places = Vec::new();
        for name in order_by {
            let place = place("order_by", name)?;
            let column = columns.at(place);
            if matches!(column.kind, Kind::Json | Kind::List(_) | Kind::Struct(_)) {
                return Err(OrderError::NoOrder { name: name.clone(), kind: column.kind.describe() });
            }
            if !places.contains(&place) {
                places.push(place);
            }
        }
        if !places.contains(&key) {
            places.push(key);
        }
        Ok(Self { places, key })
    }

    /// The place of the key's column.
    pub fn key(&self) -> usize {
        self.key
    }

    /// The places of the columns that order the records, the most significant first; the key is
    /// among them.
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// A converter whose sort keys compare, as bytes, in this order. Only keys of one converter
    /// may be compared with each other.
    pub fn converter(&self, columns: &Columns) -> RowConverter {
        let schema = arrow_schema(columns);
        let options = SortOptions { descending: false, nulls_first: false };
        let fields = self
            .places
            .iter()
            .map(|place| SortField::new_with_options(schema.field(*place).data_type().clone(), options));
        RowConverter::new(fields.collect()).expect("only columns of ordered kinds are let in")
    }

    /// The sort keys of a batch's rows.
    pub fn sort_keys(&self, converter: &RowConverter, batch: &RecordBatch) -> Result<SortKeys, ArrowError> {
        let arrays: Vec<_> = self.places.iter().map(|place| batch.column(*place).clone()).collect();
        converter.convert_columns(&arrays)
    }
}

/// The key of a record as text: a string as it is, an integer in decimal digits. `None` for a
/// cell of another kind, which no key column holds.
pub fn key_text(cell: &Cell<'_>) -> Option<String> {
    match cell {
        Cell::String(text) => Some(text.clone().into_owned()),
        Cell::Int64(value) => Some(value.to_string()),
        Cell::UInt64(value) => Some(value.to_string()),
        _ => None,
    }
}
