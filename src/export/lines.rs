//! [`Lines`]: writes each record as a line.
//!
//! JSON lines are canonical: the SHA-256 of a line with all columns, without its line end, is the record's
//! hash. CSV follows RFC 4180; values that are neither strings nor numbers have their canonical form.
//! Nothing is read here.

use arrow_array::RecordBatch;
use memchr::{memchr, memchr3};

use crate::record::{Cell, Projection, Record, cell_text};

/// The format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// One canonical JSON object (`schema/FORMAT.md`) per line, ended by LF.
    JsonLines,
    /// A line of names, then one line per record, ended by CR LF. Null is empty and an empty string is two
    /// quotes. Lists, objects and JSON are quoted JSON.
    Csv,
}

/// Writes records with the columns of a projection.
pub(super) struct Lines {
    format: ExportFormat,
    projection: Projection,
}

impl Lines {
    pub(super) fn new(format: ExportFormat, projection: Projection) -> Self {
        Self { format, projection }
    }

    /// The line above the records, if the format has one.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut head = Vec::new();
        if self.format == ExportFormat::Csv {
            for (index, column) in self.projection.columns().iter().enumerate() {
                start_field(index, &mut head);
                write_field(column.name.as_bytes(), &mut head);
            }
            head.extend_from_slice(b"\r\n");
        }
        head
    }

    /// Appends the lines of a batch that has the columns of the projection. Returns their number.
    pub(super) fn write(&self, batch: &RecordBatch, out: &mut Vec<u8>) -> u64 {
        for row in 0..batch.num_rows() {
            match self.format {
                ExportFormat::JsonLines => {
                    self.projection.write_json(batch, row, out);
                    out.push(b'\n');
                }
                ExportFormat::Csv => self.write_csv(&self.projection.record(batch, row), out),
            }
        }
        batch.num_rows() as u64
    }

    fn write_csv(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        let mut text = Vec::new();
        for (index, (column, cell)) in self.projection.columns().iter().zip(record.cells()).enumerate() {
            start_field(index, out);
            match cell {
                Cell::Null => {}
                Cell::String(text) => write_field(text.as_bytes(), out),
                _ => {
                    text.clear();
                    cell_text(column, cell, &mut text);
                    write_field(&text, out);
                }
            }
        }
        out.extend_from_slice(b"\r\n");
    }
}

fn start_field(index: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
}

/// Writes a field that is not null. It is quoted if it is empty or has a special character.
fn write_field(field: &[u8], out: &mut Vec<u8>) {
    let special = memchr3(b',', b'"', b'\n', field).is_some() || memchr(b'\r', field).is_some();
    if !special && !field.is_empty() {
        out.extend_from_slice(field);
        return;
    }
    out.push(b'"');
    for piece in field.split_inclusive(|byte| *byte == b'"') {
        out.extend_from_slice(piece);
        if piece.ends_with(b"\"") {
            out.push(b'"');
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(field: &str, want: &str) {
        let mut out = Vec::new();
        write_field(field.as_bytes(), &mut out);
        assert_eq!(String::from_utf8(out).unwrap_or_default(), want);
    }

    #[test]
    fn fields_of_csv() {
        check("a", "a");
        check("b c", "b c");
        check(" a ", " a ");
        check("", "\"\"");
        check("a,b", "\"a,b\"");
        check("c\nd", "\"c\nd\"");
        check("e\rf", "\"e\rf\"");
        check("say \"a\"", "\"say \"\"a\"\"\"");
        check("\"", "\"\"\"\"");
        check("\"\"a", "\"\"\"\"\"a\"");
    }
}
