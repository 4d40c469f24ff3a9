//! How a record is written on a line of its own.
//!
//! JSON lines are canonical: the SHA-256 of one with all columns, without its line end, is the
//! record's hash. CSV is that of RFC 4180, and whatever is neither text nor a number stands in it
//! as its canonical form.

use arrow_array::RecordBatch;

use crate::parts::PartError;
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
            let names = self.projection.columns().iter().map(|column| Some(column.name.as_bytes()));
            write_fields(names, &mut head);
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
        let fields: Vec<Option<Vec<u8>>> = self
            .projection
            .columns()
            .iter()
            .zip(record.cells())
            .map(|(column, cell)| {
                let mut text = Vec::new();
                cell_text(column, cell, &mut text);
                (*cell != Cell::Null).then_some(text)
            })
            .collect();
        write_fields(fields.iter().map(Option::as_deref), out);
    }
}

fn write_fields<'f>(fields: impl Iterator<Item = Option<&'f [u8]>>, out: &mut Vec<u8>) {
    for (place, field) in fields.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        if let Some(field) = field {
            write_field(field, out);
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// A field that is there; in quotes where a reader would otherwise take it apart, or for null.
fn write_field(field: &[u8], out: &mut Vec<u8>) {
    if !field.is_empty() && !field.iter().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
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
    fn check(fields: &[Option<&str>], want: &str) {
        let mut out = Vec::new();
        write_fields(fields.iter().map(|field| field.map(str::as_bytes)), &mut out);
        assert_eq!(String::from_utf8(out).unwrap_or_default(), want);
    }

    #[test]
    fn fields_of_csv() {
        check(&[Some("a"), Some("b c")], "a,b c\r\n");
        check(&[Some("a,b"), Some("c\nd"), Some("e\rf")], "\"a,b\",\"c\nd\",\"e\rf\"\r\n");
        check(&[Some("say \"a\""), Some("\"")], "\"say \"\"a\"\"\",\"\"\"\"\r\n");
        check(&[None, Some(""), None], ",\"\",\r\n");
        check(&[Some(" a ")], " a \r\n");
    }
}
