//! [`Chunk`]: some rows of one file, and what is made of each: its canonical form, its key, its hash.

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, FixedSizeBinaryArray, RecordBatch};

use super::canonical_arrow::{CanonicalArrow, ObjectEncoder, ObjectWriter, Texts, is_nothing, text_of};
use super::scan::{Basis, Position, Scan, half};
use crate::digest::Digest;

/// Where the columns of a batch are.
pub(super) struct Layout {
    /// Those of the table's columns that were asked for and that the file has.
    columns: Vec<Option<usize>>,
    hashes: Option<usize>,
}

impl Layout {
    /// That of a batch of these columns of a table that has `all`; the hashes have no number.
    pub(super) fn new(held: &[Option<usize>], all: usize) -> Self {
        let mut columns = vec![None; all];
        let mut hashes = None;
        for (place, column) in held.iter().enumerate() {
            match column {
                Some(column) => columns[*column] = Some(place),
                None => hashes = Some(place),
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
    /// Where each of its rows stands.
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

    /// The record hash that is stored in a row, where hashes were asked for.
    pub(super) fn stored_hash(&self, row: usize) -> [u8; 32] {
        let value = self.stored_hashes().value(row);
        value.try_into().expect("only a column of 32 bytes is taken for hashes")
    }

    /// All stored hashes.
    pub(super) fn stored_hashes(&self) -> &FixedSizeBinaryArray {
        let place = self.layout.hashes.expect("hashes are looked at where they were asked for");
        self.batch.column(place).as_fixed_size_binary()
    }

    /// A column that was asked for; none if the file does not have it.
    pub(super) fn column(&self, column: usize) -> Option<Column<'_>> {
        let form = &self.table.file_column(self.file, column)?.form;
        let array = self.batch.column(self.layout.columns[column]?);
        Some(Column { form, array, basis: self.table.basis() })
    }

    /// Appends the canonical form of a row of which all columns were read.
    pub(super) fn write_row(&self, row: usize, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        for place in self.table.in_order() {
            if let Some(Column { form, array, .. }) = self.column(*place) {
                object.member(&self.table.columns()[*place].name, form, array, row, Texts::Exact);
            }
        }
        object.close();
    }

    /// The record hash of a row of which all columns were read: SHA-256 of its canonical form, which
    /// is JSON and so ends where it ends.
    pub(super) fn record_hash(&self, row: usize, stored: bool, scratch: &mut Vec<u8>) -> Digest {
        if stored {
            return Digest::from_bytes(self.stored_hash(row));
        }
        scratch.clear();
        self.write_row(row, scratch);
        Digest::of(scratch)
    }

    /// What tells the contents of rows apart: the stored record hash, or SHA-256 of names, types and
    /// values in the form that no two different rows share (`form/typed.rs`).
    pub(super) fn content_hash(&self, row: usize, stored: bool, scratch: &mut Vec<u8>) -> Digest {
        if stored {
            return Digest::from_bytes(self.stored_hash(row));
        }
        scratch.clear();
        let mut object = ObjectEncoder::open(scratch);
        for place in self.table.in_order() {
            if let Some(Column { form, array, .. }) = self.column(*place) {
                object.member(&self.table.columns()[*place].name, form, array, row, Texts::Exact);
            }
        }
        object.close();
        Digest::of(scratch)
    }

    /// The key of a row as people read it: a text as it is, anything else in its canonical form,
    /// several columns as a list of these. None where one of them is null.
    pub(super) fn key_text(&self, row: usize) -> Option<String> {
        let columns = self.key(row)?;
        if let [only] = columns.as_slice()
            && let Some(text) = only.text(row)
        {
            return Some(text.to_owned());
        }
        let texts = columns.iter().map(|column| {
            let mut text = Vec::new();
            column.write(row, &mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let texts: Vec<String> = texts.collect();
        Some(if texts.len() == 1 { texts.concat() } else { format!("[{}]", texts.join(",")) })
    }

    /// Half of SHA-256 of types and values of a row's key, one column after the other in the form
    /// of `form/typed.rs`: where one ends follows from itself, so ("a", "bc") is not ("ab", "c").
    pub(super) fn key_hash(&self, row: usize, scratch: &mut Vec<u8>) -> Option<[u8; 16]> {
        scratch.clear();
        for column in self.key(row)? {
            column.form.encode(column.array, row, Texts::Exact, scratch);
        }
        Some(half(&Digest::of(scratch)))
    }

    /// The columns of the key, if none of them is null in a row.
    fn key(&self, row: usize) -> Option<Vec<Column<'_>>> {
        self.table.key().iter().map(|place| self.column(*place).filter(|column| !column.is_nothing(row))).collect()
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
    pub(super) fn is_nothing(&self, row: usize) -> bool {
        is_nothing(self.array, row)
    }

    /// Appends the canonical text of the value in `row`.
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) {
        self.form.write(self.array, row, Texts::Exact, out);
    }

    /// Appends what the value in `row` is compared by.
    pub(super) fn encode(&self, row: usize, texts: Texts, out: &mut Vec<u8>) {
        match self.basis {
            Basis::Canonical => self.form.write(self.array, row, texts, out),
            Basis::Typed => self.form.encode(self.array, row, texts, out),
        }
    }

    /// The value in `row`, if the column is one of plain texts.
    pub(super) fn text(&self, row: usize) -> Option<&'c str> {
        (self.form.is_text() && !self.is_nothing(row)).then(|| text_of(self.array, row))
    }

    /// The instant in `row`, in nanoseconds since 1970.
    pub(super) fn nanoseconds(&self, row: usize) -> i128 {
        self.form.nanoseconds(self.array, row)
    }
}
