//! The canonical form of a record ("canonical/1") and its hash. `schema/FORMAT.md` has the rule in
//! full, with test vectors.
//!
//! The form is an RFC 8785 object: members sorted by the UTF-16 code units of their names, null
//! members left out, strings as they are, integers in decimal digits, doubles in ECMAScript's
//! shortest form, timestamps as RFC 3339 in UTC, dates as `YYYY-MM-DD`, JSON columns as the
//! canonical form of their value, maps as objects that keep their null values, tuples as arrays.
//! Only the types of the columns decide, so an article and the row made of it have the same form.
//!
//! There is one writer, [`CanonicalText`], for every [`CanonicalValue`]: cells here, and Arrow
//! arrays of any Parquet file in [`crate::diff`](mod@crate::diff).

mod text;

use std::io;

use super::cell::{Cell, Record};
use super::fingerprint::RecordHash;
use crate::digest::Hashing;
use crate::schema::{Column, Columns, Kind};

use arrow_buffer::i256;

pub(crate) use text::CanonicalText;

/// One value without elements or members, whatever type stores it.
///
/// These are the type families of `docs/diff.md`: values of different families are never equal;
/// within a family, the stored type does not count. Integers, doubles and decimals are one family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scalar<'a> {
    Boolean(bool),
    Integer(i128),
    Double(f64),
    /// An unscaled value and its scale.
    Decimal(i256, i8),
    String(&'a str),
    Bytes(&'a [u8]),
    /// Days since 1970-01-01.
    Date(i64),
    /// Nanoseconds since midnight.
    Time(i128),
    /// Nanoseconds since 1970, in UTC or, if false, in an unknown zone.
    Timestamp(i128, bool),
    /// Nanoseconds.
    Duration(i128),
}

/// A value that can be written in a [`Form`], wherever it is stored.
pub(crate) trait CanonicalValue: Copy {
    /// Whether there is no value.
    fn is_null(&self) -> bool;

    /// Writes the value.
    fn write<F: Form>(&self, form: &mut F);
}

/// A format for values: JSON text, or bytes to compare.
pub(crate) trait Form {
    fn null(&mut self);

    fn scalar(&mut self, value: Scalar<'_>);

    /// A string that is supposed to be JSON.
    fn json(&mut self, text: &str);

    /// A string that is known to be canonical JSON.
    fn canonical_json(&mut self, text: &str) {
        self.json(text);
    }

    fn list<V: CanonicalValue>(&mut self, elements: impl Iterator<Item = V>);

    /// An object whose members come in canonical order. Null members are left out.
    fn object<'n, V: CanonicalValue>(&mut self, members: impl Iterator<Item = (&'n str, V)>);

    /// A map with string keys, in any order. Null values are kept. Only damaged files have null keys.
    fn map<'n, V: CanonicalValue>(&mut self, entries: impl Iterator<Item = (Option<&'n str>, V)>);

    /// A map with other keys, in any order.
    fn entries<V: CanonicalValue>(&mut self, entries: impl Iterator<Item = [V; 2]>);
}

/// Appends the canonical form of `record` to `out`.
pub fn canonical_form(columns: &Columns, record: &Record<'_>, out: &mut Vec<u8>) {
    CanonicalText::new(out).object(members(columns, record.cells()));
}

/// SHA-256 of the canonical form.
///
/// The form is JSON, so two records of one schema have the same form only if they are equal. Under
/// different schemas a string and a date may have the same form. `scratch` is cleared and used, so
/// that hashing many records needs one allocation.
///
/// ```
/// use pressmark::record::{Fingerprint, admit, canonical_form, record_hash};
/// use pressmark::schema::{Extra, Schema};
///
/// let schema = br#"{"type": "object", "required": ["id"],
///     "properties": {"id": {"type": "string"}, "words": {"type": "integer"}}}"#;
/// let schema = Schema::compile("example.schema.json".into(), schema.to_vec().into(), Extra::Drop).unwrap();
/// let article = pressmark::json::parse(br#"{"words": 2.0, "id": "a", "more": true}"#)?;
/// let record = admit(schema.columns(), Extra::Drop, &article).unwrap().record;
///
/// let mut form = Vec::new();
/// canonical_form(schema.columns(), &record, &mut form);
/// assert_eq!(form, br#"{"id":"a","words":2}"#);
///
/// let hash = record_hash(schema.columns(), &record, &mut Vec::new());
/// assert_eq!(hash.to_string(), pressmark::digest::Digest::of(&form).to_string());
/// // The fingerprint of a set of records follows from their hashes, in any order.
/// let fingerprint = Fingerprint::of(&mut [hash]);
/// assert_eq!(fingerprint.to_string(), pressmark::digest::Digest::of(format!("{hash}\n").as_bytes()).to_string());
/// # Ok::<(), pressmark::json::SyntaxError>(())
/// ```
pub fn record_hash(columns: &Columns, record: &Record<'_>, scratch: &mut Vec<u8>) -> RecordHash {
    record_hash_and_length(columns, record, scratch).0
}

/// Like [`record_hash`], and the length of the canonical form in bytes. `scratch` stays small even
/// if strings are long.
pub(crate) fn record_hash_and_length(
    columns: &Columns,
    record: &Record<'_>,
    scratch: &mut Vec<u8>,
) -> (RecordHash, u64) {
    let mut hashing = Hashing::new(io::sink());
    scratch.clear();
    let mut text = CanonicalText::hashed(scratch, &mut hashing);
    text.object(members(columns, record.cells()));
    text.flush();
    let (_sink, length, digest) = hashing.finish();
    (RecordHash::new(digest), length)
}

/// The canonical form of one cell as a JSON value; null for no value.
pub(crate) fn cell_json(column: &Column, cell: &Cell<'_>) -> serde_json::Value {
    let mut text = Vec::new();
    CellValue { column, cell }.write(&mut CanonicalText::new(&mut text));
    // Only a string that a damaged part claims to be JSON can fail here.
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Appends the canonical form of one cell, without the quotes and escapes if it is a string, a
/// timestamp or a date; null is `null`.
pub(crate) fn cell_text(column: &Column, cell: &Cell<'_>, out: &mut Vec<u8>) {
    if let Cell::String(text) = cell {
        return out.extend_from_slice(text.as_bytes());
    }
    let start = out.len();
    CellValue { column, cell }.write(&mut CanonicalText::new(out));
    if matches!(cell, Cell::Timestamp(_) | Cell::Date(_)) && out.ends_with(b"\"") {
        out.pop();
        out.remove(start);
    }
}

/// A cell of a column.
#[derive(Clone, Copy)]
struct CellValue<'c> {
    column: &'c Column,
    cell: &'c Cell<'c>,
}

/// The cells of one level, in canonical order.
fn members<'c>(columns: &'c Columns, cells: &'c [Cell<'c>]) -> impl Iterator<Item = (&'c str, CellValue<'c>)> {
    columns.canonical_order().iter().map(|index| {
        let column = columns.at(*index);
        (column.name.as_str(), CellValue { column, cell: &cells[*index] })
    })
}

impl CanonicalValue for CellValue<'_> {
    fn is_null(&self) -> bool {
        matches!(self.cell, Cell::Null)
    }

    fn write<F: Form>(&self, form: &mut F) {
        match (self.cell, &self.column.kind) {
            (Cell::Boolean(value), _) => form.scalar(Scalar::Boolean(*value)),
            (Cell::Int64(value), _) => form.scalar(Scalar::Integer((*value).into())),
            (Cell::UInt64(value), _) => form.scalar(Scalar::Integer((*value).into())),
            (Cell::Float64(value), _) => form.scalar(Scalar::Double(*value)),
            (Cell::String(text), _) => form.scalar(Scalar::String(text)),
            (Cell::Json(text), _) => form.canonical_json(text),
            (Cell::Timestamp(value), _) => form.scalar(Scalar::Timestamp(i128::from(*value) * 1000, true)),
            (Cell::Date(days), _) => form.scalar(Scalar::Date((*days).into())),
            (Cell::List(cells), Kind::List(column)) => form.list(cells.iter().map(|cell| CellValue { column, cell })),
            (Cell::Struct(cells), Kind::Struct(columns)) => form.object(members(columns, cells)),
            (Cell::Struct(cells), Kind::Tuple(columns)) => {
                form.list(columns.iter().zip(cells).map(|(column, cell)| CellValue { column, cell }));
            }
            (Cell::Map(entries), Kind::Map(column)) => {
                form.map(entries.iter().map(|(key, cell)| (Some(key.as_ref()), CellValue { column, cell })));
            }
            // A null; any other cell has the kind of its column.
            (Cell::Null | Cell::List(_) | Cell::Struct(_) | Cell::Map(_), _) => form.null(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::text::LARGE;
    use super::*;
    use crate::schema::{Extra, Schema};

    #[test]
    fn long_strings_are_hashed_in_pieces() {
        let schema = r#"{"type":"object","required":["id"],"properties":{"id":{"type":"string"},
            "a":{"type":"string"},"é":{"type":"integer"},"z":{}}}"#;
        let schema = Schema::compile("s".to_owned(), schema.into(), Extra::Keep).unwrap();
        let columns = schema.columns();
        let long = "\"é\\\n\u{1}😀".repeat(LARGE / 5);
        for text in [long.as_str(), "short"] {
            let cells = columns.iter().map(|column| match (column.name.as_str(), &column.kind) {
                ("id" | "a", _) => Cell::String(text.into()),
                ("é", _) => Cell::Int64(-7),
                ("z", Kind::Json) => Cell::Json(format!("[\"{}\"]", "x".repeat(text.len())).into()),
                _ => Cell::Null,
            });
            let record = Record::new(cells.collect());
            let mut scratch = Vec::new();
            let (hash, length) = record_hash_and_length(columns, &record, &mut scratch);
            assert!(scratch.capacity() <= 8 * LARGE, "{}", scratch.capacity());
            let mut whole = Vec::new();
            canonical_form(columns, &record, &mut whole);
            assert_eq!(hash.to_string(), crate::digest::Digest::of(&whole).to_string());
            assert_eq!(length, whole.len() as u64);
        }
    }
}
