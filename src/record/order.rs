//! The order of records: by `order_by`, then by key.
//!
//! Values compare by type, nulls come last, and strings compare by their UTF-8 bytes. The sort key of a
//! record is one byte string, so that sorting and merging only compare bytes. Sort keys are never stored
//! in a release and are not part of the format.

use std::borrow::{Borrow, Cow};

use super::cell::Cell;
use crate::schema::{Columns, Kind};

/// Which columns order a dataset's records and which one identifies them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    indices: Vec<usize>,
    key: usize,
}

/// A name in `key` or `order_by` that cannot be used.
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
        let index = |setting, name: &str| {
            columns.position(name).ok_or_else(|| OrderError::NoColumn { setting, name: name.to_owned() })
        };
        let key = index("key", key)?;
        let column = columns.at(key);
        if column.nullable || !matches!(column.kind, Kind::String | Kind::Int64 | Kind::UInt64) {
            let optional = if column.nullable { "an optional " } else { "a required " };
            let kind = format!("{optional}{}", column.kind.describe());
            return Err(OrderError::NoKey { name: column.name.clone(), kind });
        }
        let mut indices = Vec::new();
        for name in order_by {
            let index = index("order_by", name)?;
            let column = columns.at(index);
            if matches!(column.kind, Kind::Json | Kind::List(_) | Kind::Struct(_) | Kind::Tuple(_) | Kind::Map(_)) {
                return Err(OrderError::NoOrder { name: name.clone(), kind: column.kind.describe() });
            }
            if !indices.contains(&index) {
                indices.push(index);
            }
        }
        if !indices.contains(&key) {
            indices.push(key);
        }
        Ok(Self { indices, key })
    }

    /// The index of the key column.
    pub fn key(&self) -> usize {
        self.key
    }

    /// The indices of the columns that order the records, the most significant first. The key is one of
    /// them.
    pub(crate) fn places(&self) -> &[usize] {
        &self.indices
    }

    /// The sort key of a record, from its cells by the index of their columns. Sort keys compare as bytes.
    pub(crate) fn sort_key<'c, C: Borrow<Cell<'c>>>(&self, cell: impl Fn(usize) -> C) -> Box<[u8]> {
        let mut bytes = Vec::with_capacity(64);
        for index in &self.indices {
            push_sort_key(&mut bytes, cell(*index).borrow());
        }
        bytes.into_boxed_slice()
    }
}

/// Writes a cell so that the bytes of two cells of the same kind compare as the cells do, and no bytes are
/// a prefix of others.
fn push_sort_key(bytes: &mut Vec<u8>, cell: &Cell<'_>) {
    const SIGN: u64 = 1 << 63;
    let mut number = |bits: u64| {
        bytes.push(VALUE);
        bytes.extend_from_slice(&bits.to_be_bytes());
    };
    match cell {
        Cell::Boolean(value) => number(u64::from(*value)),
        Cell::UInt64(value) => number(*value),
        Cell::Int64(value) | Cell::Timestamp(value) => number(value.cast_unsigned() ^ SIGN),
        Cell::Date(value) => number(i64::from(*value).cast_unsigned() ^ SIGN),
        Cell::Float64(value) => {
            // IEEE 754 total order: negative doubles descend as their bits ascend.
            let bits = value.to_bits();
            number(if bits & SIGN == 0 { bits | SIGN } else { !bits });
        }
        Cell::String(text) => {
            bytes.push(VALUE);
            // A zero in the string must sort after the end of a shorter string.
            let mut rest = text.as_bytes();
            while let Some(zero) = memchr::memchr(0, rest) {
                bytes.extend_from_slice(&rest[..=zero]);
                bytes.push(1);
                rest = &rest[zero + 1..];
            }
            bytes.extend_from_slice(rest);
            bytes.extend_from_slice(&[0, 0]);
        }
        // Columns of other kinds have no order, so this is a null, which comes last.
        _ => bytes.push(NULL),
    }
}

/// The first byte of a value, and of a null.
const VALUE: u8 = 0;
const NULL: u8 = 1;

/// The key of a record as text: a string as it is, an integer in decimal digits. `None` for cells of
/// other kinds, which no key column has.
pub(crate) fn key_text<'c>(cell: &'c Cell<'_>) -> Option<Cow<'c, str>> {
    match cell {
        Cell::String(text) => Some(Cow::Borrowed(text)),
        Cell::Int64(value) => Some(Cow::Owned(value.to_string())),
        Cell::UInt64(value) => Some(Cow::Owned(value.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_ascending(cells: &[Cell<'_>]) {
        let keys: Vec<Vec<u8>> = cells
            .iter()
            .map(|cell| {
                let mut bytes = Vec::new();
                push_sort_key(&mut bytes, cell);
                bytes
            })
            .collect();
        for (at, pair) in keys.windows(2).enumerate() {
            assert!(pair[0] < pair[1], "{:?} and {:?}", cells[at], cells[at + 1]);
            assert!(!pair[1].starts_with(&pair[0]), "{:?} begins {:?}", cells[at], cells[at + 1]);
        }
    }

    #[test]
    fn sort_keys_compare_as_their_cells() {
        let text = |text: &'static str| Cell::String(Cow::Borrowed(text));
        check_ascending(&[
            text(""),
            text("\0"),
            text("\0\0"),
            text("\0a"),
            text("\u{1}"),
            text("a"),
            text("a\0"),
            text("a\u{1}"),
            text("ab"),
            text("b"),
            text("é"),
            text("\u{fffd}"),
            text("😀"),
            Cell::Null,
        ]);
        check_ascending(&[
            Cell::Int64(i64::MIN),
            Cell::Int64(-1),
            Cell::Int64(0),
            Cell::Int64(1),
            Cell::Int64(i64::MAX),
            Cell::Null,
        ]);
        check_ascending(&[Cell::UInt64(0), Cell::UInt64(1 << 63), Cell::UInt64(u64::MAX), Cell::Null]);
        check_ascending(&[
            Cell::Float64(f64::MIN),
            Cell::Float64(-1.5),
            Cell::Float64(-5e-324),
            Cell::Float64(0.0),
            Cell::Float64(5e-324),
            Cell::Float64(f64::MAX),
            Cell::Null,
        ]);
        check_ascending(&[Cell::Timestamp(-5), Cell::Timestamp(3), Cell::Null]);
        check_ascending(&[Cell::Date(-5), Cell::Date(3), Cell::Null]);
        check_ascending(&[Cell::Boolean(false), Cell::Boolean(true), Cell::Null]);
    }
}
