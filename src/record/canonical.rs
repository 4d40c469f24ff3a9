//! The canonical form of a record ("canonical/1") and its hash. The rule in full, with test
//! vectors, is in `schema/FORMAT.md`.
//!
//! An RFC 8785 object: members in the order of their names by UTF-16 code units, null members
//! left out, strings as they are, integers in decimal digits, doubles in ECMAScript's shortest
//! form, instants as RFC 3339 in UTC, days as `YYYY-MM-DD`, JSON columns as the canonical form
//! of their value, maps as objects whose null values stay, fixed entries as arrays. Only the types of the columns decide, so an article and the row made of it
//! have one form.

use std::borrow::Cow;
use std::io::{self, Write as _};

use super::cell::{Cell, Record};
use super::fingerprint::RecordHash;
use super::time;
use crate::digest::{Digest, Hashing};
use crate::json;
use crate::schema::{Column, Columns, Kind};

/// Appends the canonical form of `record` to `out`.
pub fn canonical_form(columns: &Columns, record: &Record<'_>, out: &mut Vec<u8>) {
    write_members(columns, record.cells(), out);
}

/// SHA-256 of the canonical form, which is JSON: where a name or a value ends is written in it. Two
/// records of one schema have one form only if they are equal; under different schemas a text and a
/// day may have one. `scratch` is emptied and used, so that many records need one
/// allocation.
pub fn record_hash(columns: &Columns, record: &Record<'_>, scratch: &mut Vec<u8>) -> RecordHash {
    scratch.clear();
    canonical_form(columns, record, scratch);
    RecordHash::new(Digest::of(scratch))
}

/// The same, and the length of the canonical form in bytes. A text of any length needs no memory
/// beside `scratch`, which stays small.
pub fn record_hash_and_length(columns: &Columns, record: &Record<'_>, scratch: &mut Vec<u8>) -> (RecordHash, u64) {
    let is_large = |cell: &Cell<'_>| matches!(cell, Cell::String(text) | Cell::Json(text) if text.len() > LARGE);
    if record.cells().iter().any(is_large) {
        return hash_in_pieces(columns, record.cells(), scratch);
    }
    let hash = record_hash(columns, record, scratch);
    (hash, scratch.len() as u64)
}

/// The longest text that is written out before it is hashed, in bytes.
const LARGE: usize = 1 << 20;

/// Hashes what [`write_members`] writes, a piece at a time.
fn hash_in_pieces(columns: &Columns, cells: &[Cell<'_>], scratch: &mut Vec<u8>) -> (RecordHash, u64) {
    let mut hashing = Hashing::new(io::sink());
    let mut hash = |bytes: &[u8]| hashing.write_all(bytes).expect("a sink takes everything");
    let mut before = b'{';
    for place in columns.canonical_order() {
        let (column, cell) = (columns.at(*place), &cells[*place]);
        if matches!(cell, Cell::Null) {
            continue;
        }
        scratch.clear();
        scratch.push(before);
        before = b',';
        json::write_string(scratch, &column.name);
        scratch.push(b':');
        hash(scratch);
        scratch.clear();
        match cell {
            Cell::String(text) if text.len() > LARGE => {
                hash(b"\"");
                for piece in text.as_bytes().chunks(LARGE) {
                    scratch.clear();
                    json::write_escaped(scratch, piece);
                    hash(scratch);
                }
                hash(b"\"");
            }
            Cell::Json(text) => hash(text.as_bytes()),
            _ => {
                write_cell(column, cell, scratch);
                hash(scratch);
            }
        }
    }
    hash(if before == b'{' { b"{}" } else { b"}" });
    let (_sink, length, digest) = hashing.finish();
    (RecordHash::new(digest), length)
}

/// The canonical form of one cell as a JSON value; null for no value.
pub fn cell_json(column: &Column, cell: &Cell<'_>) -> serde_json::Value {
    let mut text = Vec::new();
    write_cell(column, cell, &mut text);
    // Only text that a foreign part claims to be JSON can fail here.
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Appends the canonical form of one cell without the quotes and escapes of a text; null is
/// `null`.
pub fn cell_text(column: &Column, cell: &Cell<'_>, out: &mut Vec<u8>) {
    // A time that cannot be expressed is empty here as well; see `quoted`.
    match cell {
        Cell::String(text) => out.extend_from_slice(text.as_bytes()),
        Cell::Timestamp(microseconds) => time::write_timestamp(out, *microseconds).unwrap_or_default(),
        Cell::Date(days) => time::write_date(out, *days).unwrap_or_default(),
        _ => write_cell(column, cell, out),
    }
}

fn write_members(columns: &Columns, cells: &[Cell<'_>], out: &mut Vec<u8>) {
    out.push(b'{');
    let mut first = true;
    for place in columns.canonical_order() {
        let (column, cell) = (columns.at(*place), &cells[*place]);
        if matches!(cell, Cell::Null) {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        json::write_string(out, &column.name);
        out.push(b':');
        write_cell(column, cell, out);
    }
    out.push(b'}');
}

fn write_cell(column: &Column, cell: &Cell<'_>, out: &mut Vec<u8>) {
    match (cell, &column.kind) {
        (Cell::Boolean(true), _) => out.extend_from_slice(b"true"),
        (Cell::Boolean(false), _) => out.extend_from_slice(b"false"),
        (Cell::Int64(value), _) => json::write_i64(out, *value),
        (Cell::UInt64(value), _) => json::write_u64(out, *value),
        (Cell::Float64(value), _) => json::write_f64(out, *value),
        (Cell::String(text), _) => json::write_string(out, text),
        (Cell::Json(text), _) => out.extend_from_slice(text.as_bytes()),
        (Cell::Timestamp(microseconds), _) => quoted(out, |out| time::write_timestamp(out, *microseconds)),
        (Cell::Date(days), _) => quoted(out, |out| time::write_date(out, *days)),
        (Cell::List(cells), Kind::List(element)) => {
            out.push(b'[');
            for (index, cell) in cells.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_cell(element, cell, out);
            }
            out.push(b']');
        }
        (Cell::Struct(cells), Kind::Struct(columns)) => write_members(columns, cells, out),
        (Cell::Struct(cells), Kind::Tuple(columns)) => {
            out.push(b'[');
            for (place, cell) in cells.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write_cell(columns.at(place), cell, out);
            }
            out.push(b']');
        }
        (Cell::Map(entries), Kind::Map(value)) => write_map(value, entries, out),
        // A null element, entry or value of a map; a cell has the kind of its column otherwise.
        (Cell::Null | Cell::List(_) | Cell::Struct(_) | Cell::Map(_), _) => out.extend_from_slice(b"null"),
    }
}

/// The entries in canonical order, in whatever order a foreign part has them.
fn write_map(value: &Column, entries: &[(Cow<'_, str>, Cell<'_>)], out: &mut Vec<u8>) {
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_by(|a, b| json::utf16_order(&a.0, &b.0));
    out.push(b'{');
    for (place, (key, cell)) in sorted.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        json::write_string(out, key);
        out.push(b':');
        write_cell(value, cell, out);
    }
    out.push(b'}');
}

/// A time that a column holds but the canonical form cannot express (only a foreign or damaged
/// part has one) is written as an empty string: its record hash then differs, and is found.
fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Option<()>) {
    out.push(b'"');
    let _inexpressible = write(out);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Extra, Schema};

    #[test]
    fn a_record_of_large_texts_has_the_hash_of_its_canonical_form() {
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
            assert_eq!(hash, record_hash(columns, &record, &mut scratch));
            assert_eq!(length, scratch.len() as u64);
        }
    }
}
