//! [`Scan`]: the Parquet files of one side as one sequence of rows, read by columns and rows.
//!
//! It knows which columns there are and how their values are written. What differs between two
//! tables is found elsewhere.

use std::ops::Range;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, FixedSizeBinaryArray, RecordBatch};
use arrow_schema::{DataType, FieldRef};

use super::canonical_arrow::{CanonicalArrow, ObjectWriter, Texts, is_nothing};
use crate::digest::Digest;
use crate::error::Error;
use crate::json;
use crate::part_files::{ParquetFile, PartError};
use crate::schema::{Columns, RECORD_SHA256};

/// Where a row stands: the file's number above, the row's number in it below. Rows ascend as
/// they stand in the files.
pub(super) type Position = u64;

/// The width of a record hash in bytes.
const HASH_BYTES: i32 = 32;

/// One side's rows.
#[derive(Debug)]
pub(super) struct Scan {
    files: Vec<ParquetFile>,
    columns: Vec<ScanColumn>,
    /// The columns as their members stand in the canonical form.
    order: Vec<usize>,
    key: usize,
    /// The place of the column of record hashes, if it is one to be trusted.
    hash: Option<usize>,
}

/// One column.
#[derive(Debug)]
pub(super) struct ScanColumn {
    pub(super) name: String,
    pub(super) field: FieldRef,
    pub(super) form: CanonicalArrow,
    place: usize,
}

impl ScanColumn {
    /// Whether its values are instants.
    pub(super) fn is_instant(&self) -> bool {
        matches!(self.field.data_type(), DataType::Timestamp(..))
    }
}

/// Some rows of one file.
pub(super) struct Chunk<'c> {
    batch: &'c RecordBatch,
    /// The columns of the batch: their places in the table; the hashes have none.
    layout: &'c [Option<usize>],
    /// Where each of its rows stands.
    pub(super) positions: &'c [Position],
}

impl Chunk<'_> {
    /// The values of a column that was asked for.
    pub(super) fn array(&self, column: usize) -> &ArrayRef {
        self.at(Some(column))
    }

    /// The record hash that is stored in a row, where hashes were asked for.
    pub(super) fn stored_hash(&self, row: usize) -> [u8; 32] {
        let value = self.at(None).as_fixed_size_binary().value(row);
        value.try_into().expect("only a column of 32 bytes is taken for hashes")
    }

    /// All stored hashes.
    pub(super) fn stored_hashes(&self) -> &FixedSizeBinaryArray {
        self.at(None).as_fixed_size_binary()
    }

    fn at(&self, column: Option<usize>) -> &ArrayRef {
        let place = self.layout.iter().position(|held| *held == column);
        self.batch.column(place.expect("only columns that were asked for are looked at"))
    }
}

impl Scan {
    /// The table of these files, which must have the same columns, one of them called `key`.
    /// Stored record hashes are used only if it is a
    /// `release`, which has these columns.
    pub(super) fn new(files: Vec<ParquetFile>, key: &str, release: Option<&Columns>) -> Result<Self, Error> {
        let first = files.first().expect("a side without files is refused before");
        for file in &files[1..] {
            if let Some(difference) = other_columns(first, file) {
                let message = format!("it has other columns than `{}`: {difference}", first.path().display());
                return Err(unreadable(file.path(), &message));
            }
        }
        let mut columns: Vec<ScanColumn> = Vec::new();
        let mut hash = None;
        let json: Vec<&str> = first.note("pressmark.json").unwrap_or_default().lines().collect();
        for (place, field) in first.fields().iter().enumerate() {
            match field.data_type() {
                DataType::FixedSizeBinary(HASH_BYTES) if field.name() == RECORD_SHA256 => {
                    hash = Some(place);
                    continue;
                }
                // Some writers keep its bytes and forget how many they are.
                DataType::Binary if field.name() == RECORD_SHA256 => continue,
                _ => {}
            }
            let kind = release.and_then(|columns| columns.iter().find(|column| column.name == *field.name()));
            let form = match kind {
                Some(column) => Ok(CanonicalArrow::of(column, field.data_type())),
                None => CanonicalArrow::new(field, &json),
            };
            let form = form.map_err(|kind| {
                unreadable(first.path(), &format!("column `{}`: its type {kind} cannot be compared", field.name()))
            })?;
            if columns.iter().any(|column| column.name == *field.name()) {
                return Err(unreadable(first.path(), &format!("two columns are called `{}`", field.name())));
            }
            columns.push(ScanColumn { name: field.name().clone(), field: field.clone(), form, place });
        }
        let Some(key) = columns.iter().position(|column| column.name == key) else {
            let names: Vec<String> = columns.iter().take(20).map(|column| format!("`{}`", column.name)).collect();
            let message = format!("it has no column `{key}`; there are {}", names.join(", "));
            return Err(unreadable(first.path(), &message));
        };
        let mut order: Vec<usize> = (0..columns.len()).collect();
        order.sort_by(|a, b| json::utf16_order(&columns[*a].name, &columns[*b].name));
        Ok(Self { files, columns, order, key, hash: hash.filter(|_| release.is_some()) })
    }

    pub(super) fn columns(&self) -> &[ScanColumn] {
        &self.columns
    }

    /// The place of the column called `name`.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    pub(super) fn key(&self) -> usize {
        self.key
    }

    /// Whether its rows carry their hashes.
    pub(super) fn has_hashes(&self) -> bool {
        self.hash.is_some()
    }

    /// Whether the values of a column are instants.
    pub(super) fn is_instant((table, column): (&Self, usize)) -> bool {
        table.columns[column].is_instant()
    }

    /// One of its files.
    pub(super) fn file(&self, file: usize) -> &ParquetFile {
        &self.files[file]
    }

    /// The leaves in which a file stores a column.
    pub(super) fn leaves(&self, file: usize, column: usize) -> Range<usize> {
        self.files[file].leaves(self.columns[column].place)
    }

    /// Whether the same bytes mean the same values in a column here and one of another table.
    pub(super) fn is_alike(&self, column: usize, other: &Self, theirs: usize) -> bool {
        let (ours, theirs) = (&self.columns[column], &other.columns[theirs]);
        ours.field.data_type().equals_datatype(theirs.field.data_type()) && ours.form == theirs.form
    }

    /// The file and row group of a row.
    pub(super) fn group_of(&self, place: Position) -> (usize, usize) {
        let file = file_of(place);
        (file, self.files[file].group_of(row_of(place)))
    }

    /// How many rows a file has.
    pub(super) fn rows_of(&self, file: usize) -> u32 {
        self.files[file].rows()
    }

    /// The numbers of its files.
    pub(super) fn all_files(&self) -> Vec<usize> {
        (0..self.files.len()).collect()
    }

    /// Reads these columns of the rows at these places, which ascend. `each` is told how many of
    /// them came before.
    pub(super) fn read(
        &self,
        places: &[Position],
        columns: &[usize],
        mut each: impl FnMut(usize, &Chunk<'_>),
    ) -> Result<(), Error> {
        let mut done = 0;
        while let Some(first) = places.get(done) {
            let file = file_of(*first);
            let number = places[done..].iter().take_while(|place| file_of(**place) == file).count();
            let ranges = ranges(&places[done..done + number]);
            let mut start = done;
            self.scan(file, columns, false, Some(&ranges), |chunk| {
                each(start, chunk);
                start += chunk.positions.len();
                true
            })?;
            done += number;
        }
        Ok(())
    }

    /// Reads columns, and the stored hashes if `hashes` says so, of some rows of a file, or of
    /// all, until `each` says that it has seen enough.
    pub(super) fn scan(
        &self,
        file: usize,
        columns: &[usize],
        hashes: bool,
        rows: Option<&[Range<u32>]>,
        mut each: impl FnMut(&Chunk<'_>) -> bool,
    ) -> Result<(), Error> {
        let mut wanted: Vec<(usize, Option<usize>)> =
            columns.iter().map(|column| (self.columns[*column].place, Some(*column))).collect();
        wanted.extend(self.hash.filter(|_| hashes).map(|place| (place, None)));
        wanted.sort_unstable();
        let (places, layout): (Vec<usize>, Vec<Option<usize>>) = wanted.into_iter().unzip();
        let path = self.files[file].path();
        let fail = |error: PartError| unreadable(path, &error.to_string());
        let all = std::slice::from_ref(&(0..self.files[file].rows())).to_vec();
        let mut numbers = rows.unwrap_or(&all).iter().cloned().flatten().map(|row| position(file, row));
        let mut positions = Vec::new();
        for batch in self.files[file].read(&places, rows).map_err(fail)? {
            let batch = batch.map_err(fail)?;
            positions.clear();
            positions.extend(numbers.by_ref().take(batch.num_rows()));
            if positions.len() != batch.num_rows() || batch.num_columns() != layout.len() {
                return Err(unreadable(path, "it has other rows than its footer says"));
            }
            if !each(&Chunk { batch: &batch, layout: &layout, positions: &positions }) {
                return Ok(());
            }
        }
        if numbers.next().is_some() {
            return Err(unreadable(path, "it has fewer rows than its footer says"));
        }
        Ok(())
    }

    /// Appends the canonical form of a row of which all columns were read, without the columns
    /// that `without` names; whether it is empty.
    pub(super) fn write_row(
        &self,
        chunk: &Chunk<'_>,
        row: usize,
        without: impl Fn(usize) -> bool,
        out: &mut Vec<u8>,
    ) -> bool {
        let mut object = ObjectWriter::open(out);
        for place in self.order.iter().filter(|place| !without(**place)) {
            let column = &self.columns[*place];
            object.member(&column.name, &column.form, chunk.array(*place), row, Texts::Exact);
        }
        object.close()
    }

    /// The record hash of a row: the stored one, or that of its canonical form.
    pub(super) fn row_hash(&self, chunk: &Chunk<'_>, row: usize, stored: bool, text: &mut Vec<u8>) -> Digest {
        if stored {
            return Digest::from_bytes(chunk.stored_hash(row));
        }
        text.clear();
        self.write_row(chunk, row, |_| false, text);
        Digest::of(text)
    }

    /// The key of a row as text: a text as it is, anything else in its canonical form. None for
    /// null.
    pub(super) fn key_text(&self, chunk: &Chunk<'_>, row: usize) -> Option<String> {
        let column = &self.columns[self.key];
        let array = chunk.array(self.key);
        if is_nothing(array, row) {
            return None;
        }
        if column.form.is_text() {
            return Some(array.as_string::<i32>().value(row).to_owned());
        }
        let mut text = Vec::new();
        column.form.write(array, row, Texts::Exact, &mut text);
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    /// The first half of SHA-256 of a row's key as text.
    pub(super) fn key_hash(&self, chunk: &Chunk<'_>, row: usize) -> Option<[u8; 16]> {
        let array = chunk.array(self.key);
        if self.columns[self.key].form.is_text() && !is_nothing(array, row) {
            return Some(half(&Digest::of(array.as_string::<i32>().value(row).as_bytes())));
        }
        self.key_text(chunk, row).map(|text| half(&Digest::of(text.as_bytes())))
    }

    /// How many bytes a row has on average.
    pub(super) fn mean_bytes(&self) -> u64 {
        let places: Vec<usize> = self.columns.iter().map(|column| column.place).collect();
        self.files.iter().map(|file| file.mean_bytes(&places)).max().unwrap_or(1)
    }

    /// The places of all columns.
    pub(super) fn all_columns(&self) -> Vec<usize> {
        (0..self.columns.len()).collect()
    }
}

/// How the columns of one file differ from those of another of the same side.
fn other_columns(first: &ParquetFile, file: &ParquetFile) -> Option<String> {
    let describe = |field: Option<&FieldRef>| {
        field.map_or("none".to_owned(), |field| format!("`{}` ({})", field.name(), field.data_type()))
    };
    let places = 0..first.fields().len().max(file.fields().len());
    let pairs = places.map(|place| (place, first.fields().get(place), file.fields().get(place)));
    let differs = |a: Option<&FieldRef>, b: Option<&FieldRef>| {
        !a.zip(b).is_some_and(|(a, b)| a.name() == b.name() && a.data_type() == b.data_type())
    };
    let (place, theirs, ours) = pairs.into_iter().find(|(_, a, b)| differs(*a, *b))?;
    Some(format!("column {} is {}, there {}", place + 1, describe(ours), describe(theirs)))
}

/// Half of a digest, enough to tell any two values apart that nobody made up to be confused.
pub(super) fn half(digest: &Digest) -> [u8; 16] {
    let [a, b] = [0, 8].map(|at| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&digest.as_bytes()[at..at + 8]);
        bytes
    });
    std::array::from_fn(|at| if at < 8 { a[at] } else { b[at - 8] })
}

pub(super) fn position(file: usize, row: u32) -> Position {
    (file as u64) << 32 | u64::from(row)
}

pub(super) fn file_of(position: Position) -> usize {
    usize::try_from(position >> 32).unwrap_or(usize::MAX)
}

pub(super) fn row_of(position: Position) -> u32 {
    u32::try_from(position & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

/// Ascending places of one file as ranges of its rows.
fn ranges(places: &[Position]) -> Vec<Range<u32>> {
    let mut ranges: Vec<Range<u32>> = Vec::new();
    for row in places.iter().map(|place| row_of(*place)) {
        match ranges.last_mut() {
            Some(last) if last.end == row => last.end += 1,
            _ => ranges.push(row..row + 1),
        }
    }
    ranges
}

fn unreadable(path: &Path, message: &str) -> Error {
    Error::Part { action: "read", path: path.to_owned(), message: crate::text::one_line(message, 400) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_next_to_each_other_are_one_range() {
        assert_eq!(ranges(&[position(3, 0), position(3, 1), position(3, 5)]), [0..2, 5..6]);
        assert_eq!((file_of(position(3, 7)), row_of(position(3, 7))), (3, 7));
    }
}
