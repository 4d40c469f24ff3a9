//! [`Chunk`]: some rows of one file, and the canonical form, key and hash of each.

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, FixedSizeBinaryArray, RecordBatch};

use super::canonical_arrow::{ArrowValue, CanonicalArrow, Strings, TypedBytes};
use super::scan::{Basis, Position, Scan, half};
use crate::digest::Digest;
use crate::record::{CanonicalText, CanonicalValue as _, Form as _};

/// Which columns of a batch are which.
pub(super) struct Layout {
    /// For each column of the table, its index in the batch; `None` if it was not read or the file lacks it.
    columns: Vec<Option<usize>>,
    hashes: Option<usize>,
}

impl Layout {
    /// The layout of a batch with these columns of a table that has `all`; `None` is the record hash.
    pub(super) fn new(held: &[Option<usize>], all: usize) -> Self {
        let mut columns = vec![None; all];
        let mut hashes = None;
        for (index, column) in held.iter().enumerate() {
            match column {
                Some(column) => columns[*column] = Some(index),
                None => hashes = Some(index),
            }
        }
        Self { columns, hashes }
    }
}

/// Some rows of one file.
pub(super) struct Chunk<'c> {
    table: &'c Scan,
    file: usize,
    batch: &'c RecordBatch,
    layout: &'c Layout,
    /// The position of each row.
    pub(super) positions: &'c [Position],
}

impl<'c> Chunk<'c> {
    pub(super) fn new(
        (table, file): (&'c Scan, usize),
        batch: &'c RecordBatch,
        layout: &'c Layout,
        positions: &'c [Position],
    ) -> Self {
        Self { table, file, batch, layout, positions }
    }

    /// The record hash that is stored in a row. Hashes must have been read.
    pub(super) fn stored_hash(&self, row: usize) -> [u8; 32] {
        let value = self.stored_hashes().value(row);
        value.try_into().expect("only a column of 32 bytes is a column of hashes")
    }

    /// All stored hashes.
    pub(super) fn stored_hashes(&self) -> &FixedSizeBinaryArray {
        let index = self.layout.hashes.expect("callers that use hashes read them");
        self.batch.column(index).as_fixed_size_binary()
    }

    /// A column that was read; `None` if the file lacks it.
    pub(super) fn column(&self, column: usize) -> Option<Column<'_>> {
        let form = &self.table.file_column(self.file, column)?.form;
        let array = self.batch.column(self.layout.columns[column]?);
        Some(Column { form, array, basis: self.table.basis() })
    }

    /// Appends the canonical form of a row. All columns must have been read.
    pub(super) fn write_row(&self, row: usize, out: &mut Vec<u8>) {
        CanonicalText::new(out).object(self.members(row));
    }

    fn members(&self, row: usize) -> impl Iterator<Item = (&str, ArrowValue<'_>)> {
        self.table.in_order().iter().filter_map(move |index| {
            let value = self.column(*index)?.value(row, Strings::Exact);
            Some((self.table.columns()[*index].name.as_str(), value))
        })
    }

    /// The record hash of a row: the stored one, or SHA-256 of its canonical form. All columns must
    /// have been read.
    pub(super) fn record_hash(&self, row: usize, stored: bool, scratch: &mut Vec<u8>) -> Digest {
        if stored {
            return Digest::from_bytes(self.stored_hash(row));
        }
        scratch.clear();
        self.write_row(row, scratch);
        Digest::of(scratch)
    }

    /// The hash by which the contents of rows are compared: the stored record hash, or SHA-256 of names,
    /// types and values as bytes that no two different rows share.
    pub(super) fn content_hash(&self, row: usize, stored: bool, scratch: &mut Vec<u8>) -> Digest {
        if stored {
            return Digest::from_bytes(self.stored_hash(row));
        }
        scratch.clear();
        TypedBytes::new(scratch).object(self.members(row));
        Digest::of(scratch)
    }

    /// The key of a row as people read it: a string as it is, any other value in its canonical form,
    /// several columns as a list. `None` if one of them is null.
    pub(super) fn key_text(&self, row: usize) -> Option<String> {
        let columns = self.key(row)?;
        let mut text = Vec::new();
        match columns.as_slice() {
            [only] => match only.text(row) {
                Some(string) => text.extend_from_slice(string.as_bytes()),
                None => only.write(row, &mut text),
            },
            _ => CanonicalText::new(&mut text).list(columns.iter().map(|column| column.value(row, Strings::Exact))),
        }
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    /// Half of SHA-256 of types and values of a row's key, one column after the other. No value is a
    /// prefix of another, so ("a", "bc") is not ("ab", "c"). `None` if one of them is null.
    pub(super) fn key_hash(&self, row: usize, scratch: &mut Vec<u8>) -> Option<[u8; 16]> {
        scratch.clear();
        for column in self.key(row)? {
            column.value(row, Strings::Exact).write(&mut TypedBytes::new(scratch));
        }
        Some(half(&Digest::of(scratch)))
    }

    /// The columns of the key, unless one of them is null in a row.
    fn key(&self, row: usize) -> Option<Vec<Column<'_>>> {
        self.table.key().iter().map(|index| self.column(*index).filter(|column| !column.is_null(row))).collect()
    }
}

/// The values of one column of a chunk.
#[derive(Clone, Copy)]
pub(super) struct Column<'c> {
    form: &'c CanonicalArrow,
    array: &'c ArrayRef,
    basis: Basis,
}

impl<'c> Column<'c> {
    fn value(&self, row: usize, strings: Strings) -> ArrowValue<'c> {
        ArrowValue { form: self.form, array: self.array, row, strings }
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        self.value(row, Strings::Exact).is_null()
    }

    /// Appends the canonical text of the value in `row`.
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) {
        self.value(row, Strings::Exact).write(&mut CanonicalText::new(out));
    }

    /// Appends the bytes by which the value in `row` is compared.
    pub(super) fn encode(&self, row: usize, strings: Strings, out: &mut Vec<u8>) {
        match self.basis {
            Basis::Canonical => self.value(row, strings).write(&mut CanonicalText::new(out)),
            Basis::Typed => self.value(row, strings).write(&mut TypedBytes::new(out)),
        }
    }

    /// Half of SHA-256 of the bytes by which the value in `row` is compared; `None` for null.
    pub(super) fn value_hash(&self, row: usize, scratch: &mut Vec<u8>) -> Option<[u8; 16]> {
        if self.is_null(row) {
            return None;
        }
        scratch.clear();
        self.encode(row, Strings::Exact, scratch);
        Some(half(&Digest::of(scratch)))
    }

    /// The value in `row`, if the column has plain strings.
    pub(super) fn text(&self, row: usize) -> Option<&'c str> {
        (self.form.is_text() && !self.is_null(row)).then(|| self.array.as_string::<i32>().value(row))
    }

    /// The timestamp in `row`, in nanoseconds since 1970.
    pub(super) fn nanoseconds(&self, row: usize) -> i128 {
        self.form.nanoseconds(self.array, row)
    }
}
