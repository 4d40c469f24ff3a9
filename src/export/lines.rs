//! How a record is written on a line of its own.
//!
//! JSON lines are canonical: the SHA-256 of one with all columns, without its line end, is the
//! record's hash. CSV is that of RFC 4180, and whatever is neither text nor a number stands in it
//! as its canonical form.

use arrow_array::RecordBatch;
use memchr::{memchr, memchr3};

use crate::part_files::PartError;
use crate::record::{Cell, Projection, Record, canonical_form, cell_text};

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// A canonical JSON object (`schema/FORMAT.md`) a line, ended by LF.
    JsonLines,
    /// A line of names, then a line a record, ended by CR LF. Null is nothing, an empty text is
    /// two quotes; lists, objects and JSON are JSON in quotes.
    Csv,
}

/// Writes records of one shape.
pub(super) struct Lines {
    format: ExportFormat,
    projection: Projection,
}

impl Lines {
    pub(super) fn new(format: ExportFormat, projection: Projection) -> Self {
        Self { format, projection }
    }

    pub(super) fn projection(&self) -> &Projection {
        &self.projection
    }

    /// What stands above the records.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut head = Vec::new();
        if self.format == ExportFormat::Csv {
            for (place, column) in self.projection.columns().iter().enumerate() {
                start_field(place, &mut head);
                write_field(column.name.as_bytes(), &mut head);
            }
            head.extend_from_slice(b"\r\n");
        }
        head
    }

    /// Appends the lines of a batch and returns how many there are.
    pub(super) fn write(&self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<u64, PartError> {
        let rows = self.projection.select(batch);
        let rows = rows.ok_or_else(|| PartError::Columns("a batch has other columns than the part".into()))?;
        for row in 0..rows.len() {
            let record = rows.record(row);
            match self.format {
                ExportFormat::JsonLines => {
                    canonical_form(self.projection.columns(), &record, out);
                    out.push(b'\n');
                }
                ExportFormat::Csv => self.write_csv(&record, out),
            }
        }
        Ok(rows.len() as u64)
    }

    fn write_csv(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        let mut text = Vec::new();
        for (place, (column, cell)) in self.projection.columns().iter().zip(record.cells()).enumerate() {
            start_field(place, out);
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

fn start_field(place: usize, out: &mut Vec<u8>) {
    if place > 0 {
        out.push(b',');
    }
}

/// A field that is there; in quotes where a reader would otherwise take it apart, or for null.
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
