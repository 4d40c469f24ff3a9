//! [`Scan`]: the Parquet files of one side as one sequence of rows, read by columns and rows.
//!
//! Columns are found by their names: a file may have them in another order, as other types, or not
//! at all, and then has null in each of its rows. What differs between two tables is found elsewhere.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use arrow_schema::{DataType, FieldRef};

use super::canonical_arrow::{CanonicalArrow, Leaf};
use super::chunk::{Chunk, Layout};
use super::kinds::united;
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
/// How many columns an error names.
const NAMED: usize = 20;

/// By what values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// Canonical form, as record hashes do: both sides are releases.
    Canonical,
    /// Type and value (`form/typed.rs`).
    Typed,
}

/// One side's rows.
#[derive(Debug)]
pub(super) struct Scan {
    files: Vec<TableFile>,
    columns: Vec<ScanColumn>,
    /// The place of each column by its name.
    known: HashMap<String, usize>,
    /// The columns as their members stand in the canonical form.
    order: Vec<usize>,
    /// The columns that identify a record together.
    key: Vec<usize>,
    has_hashes: bool,
    basis: Basis,
}

/// One column.
#[derive(Debug)]
pub(super) struct ScanColumn {
    pub(super) name: String,
    /// Its type in words.
    pub(super) kind: String,
    /// Whether a row may lack a value.
    pub(super) is_nullable: bool,
    /// Whether its values are plain texts in every file.
    pub(super) is_text: bool,
    /// Whether they are instants.
    pub(super) is_instant: bool,
}

/// One file.
#[derive(Debug)]
struct TableFile {
    file: ParquetFile,
    /// What it has of the table's columns.
    columns: Vec<Option<FileColumn>>,
    /// The place of the column of record hashes, if it is one to be trusted.
    hash: Option<usize>,
}

/// A column as one file has it.
#[derive(Debug)]
pub(super) struct FileColumn {
    place: usize,
    field: FieldRef,
    pub(super) form: CanonicalArrow,
}

impl FileColumn {
    fn is_empty(&self) -> bool {
        *self.field.data_type() == DataType::Null
    }
}

impl Scan {
    /// The table of these files, whose records are identified by the columns `key` together.
    /// Stored record hashes are used only if it is a `release`, which has these columns.
    pub(super) fn new(files: Vec<ParquetFile>, key: &[String], release: Option<&Columns>) -> Result<Self, Error> {
        let mut names: Vec<String> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut held = Vec::new();
        for file in files {
            let mut columns: Vec<Option<FileColumn>> = Vec::new();
            for column in file_columns(&file, release)? {
                let name = column.field.name();
                let at = *known.entry(name.clone()).or_insert_with(|| {
                    names.push(name.clone());
                    names.len() - 1
                });
                columns.resize_with(columns.len().max(at + 1), || None);
                columns[at] = Some(column);
            }
            let hash = stored_hashes(&file).filter(|_| release.is_some());
            held.push(TableFile { file, columns, hash });
        }
        for file in &mut held {
            file.columns.resize_with(names.len(), || None);
        }
        let key = key_columns(&held, &names, key)?;
        let columns: Vec<ScanColumn> =
            names.into_iter().enumerate().map(|(at, name)| described(name, at, &held)).collect();
        let mut order: Vec<usize> = (0..columns.len()).collect();
        order.sort_by(|a, b| json::utf16_order(&columns[*a].name, &columns[*b].name));
        let has_hashes = held.iter().all(|file| file.hash.is_some());
        Ok(Self { files: held, columns, known, order, key, has_hashes, basis: Basis::Typed })
    }

    /// Says by what its values are compared with those of another table.
    pub(super) fn compare_by(&mut self, basis: Basis) {
        self.basis = basis;
    }

    pub(super) fn basis(&self) -> Basis {
        self.basis
    }

    pub(super) fn columns(&self) -> &[ScanColumn] {
        &self.columns
    }

    /// The columns in the order of their names.
    pub(super) fn in_order(&self) -> &[usize] {
        &self.order
    }

    /// The place of the column called `name`.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.known.get(name).copied()
    }

    pub(super) fn key(&self) -> &[usize] {
        &self.key
    }

    /// The names of the columns that identify a record.
    pub(super) fn key_names(&self) -> Vec<String> {
        self.key.iter().map(|column| self.columns[*column].name.clone()).collect()
    }

    /// Whether its rows carry their hashes.
    pub(super) fn has_hashes(&self) -> bool {
        self.has_hashes
    }

    /// Whether the values of a column are instants.
    pub(super) fn is_instant((table, column): (&Self, usize)) -> bool {
        table.columns[column].is_instant
    }

    /// One of its files.
    pub(super) fn file(&self, file: usize) -> &ParquetFile {
        &self.files[file].file
    }

    /// A column as a file has it, if it does.
    pub(super) fn file_column(&self, file: usize, column: usize) -> Option<&FileColumn> {
        self.files[file].columns[column].as_ref()
    }

    /// The leaves in which a file stores a column.
    pub(super) fn leaves(&self, file: usize, column: usize) -> Range<usize> {
        self.file_column(file, column).map_or(0..0, |column| self.files[file].file.leaves(column.place))
    }

    /// Whether the same bytes mean the same values in a column of a file here and one of another table.
    pub(super) fn is_alike(&self, (file, column): (usize, usize), other: &Self, theirs: (usize, usize)) -> bool {
        let pair = self.file_column(file, column).zip(other.file_column(theirs.0, theirs.1));
        pair.is_some_and(|(ours, theirs)| {
            ours.field.data_type().equals_datatype(theirs.field.data_type()) && ours.form == theirs.form
        })
    }

    /// The file and row group of a row.
    pub(super) fn group_of(&self, place: Position) -> (usize, usize) {
        let file = file_of(place);
        (file, self.files[file].file.group_of(row_of(place)))
    }

    /// How many rows a file has.
    pub(super) fn rows_of(&self, file: usize) -> u32 {
        self.files[file].file.rows()
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
        let TableFile { file: parquet, columns: held, hash } = &self.files[file];
        let mut wanted: Vec<(usize, Option<usize>)> =
            columns.iter().filter_map(|column| Some((held[*column].as_ref()?.place, Some(*column)))).collect();
        wanted.extend(hash.filter(|_| hashes).map(|place| (place, None)));
        wanted.sort_unstable();
        wanted.dedup();
        let (places, wanted): (Vec<usize>, Vec<Option<usize>>) = wanted.into_iter().unzip();
        let layout = Layout::new(&wanted, self.columns.len());
        let path = parquet.path();
        let fail = |error: PartError| unreadable(path, &error.to_string());
        let all = std::slice::from_ref(&(0..parquet.rows())).to_vec();
        let mut numbers = rows.unwrap_or(&all).iter().cloned().flatten().map(|row| position(file, row));
        let mut positions = Vec::new();
        for batch in parquet.read(&places, rows).map_err(fail)? {
            let batch = batch.map_err(fail)?;
            positions.clear();
            positions.extend(numbers.by_ref().take(batch.num_rows()));
            if positions.len() != batch.num_rows() || batch.num_columns() != places.len() {
                return Err(unreadable(path, "it has other rows than its footer says"));
            }
            if !each(&Chunk::new((self, file), &batch, &layout, &positions)) {
                return Ok(());
            }
        }
        if numbers.next().is_some() {
            return Err(unreadable(path, "it has fewer rows than its footer says"));
        }
        Ok(())
    }

    /// How many bytes a row has on average.
    pub(super) fn mean_bytes(&self) -> u64 {
        let mean = |file: &TableFile| {
            let places: Vec<usize> = file.columns.iter().flatten().map(|column| column.place).collect();
            file.file.mean_bytes(&places)
        };
        self.files.iter().map(mean).max().unwrap_or(1)
    }

    /// The places of all columns.
    pub(super) fn all_columns(&self) -> Vec<usize> {
        (0..self.columns.len()).collect()
    }
}

/// The place of the column of record hashes of a file.
fn stored_hashes(file: &ParquetFile) -> Option<usize> {
    file.fields().iter().position(is_hash)
}

fn is_hash(field: &FieldRef) -> bool {
    *field.data_type() == DataType::FixedSizeBinary(HASH_BYTES) && field.name() == RECORD_SHA256
}

/// The columns of a file, its record hashes aside.
fn file_columns(file: &ParquetFile, release: Option<&Columns>) -> Result<Vec<FileColumn>, Error> {
    let json: Vec<&str> = file.note("pressmark.json").unwrap_or_default().lines().collect();
    let mut names = std::collections::HashSet::new();
    let mut columns = Vec::new();
    for (place, field) in file.fields().iter().enumerate() {
        // Some writers keep the bytes of a hash and forget how many they are.
        if is_hash(field) || *field.data_type() == DataType::Binary && field.name() == RECORD_SHA256 {
            continue;
        }
        let mut leaves = file.leaves(place).map(|leaf| {
            let (path, meaning) = file.leaf(leaf);
            Leaf { is_json: json.contains(&path.as_str()), meaning }
        });
        let kind = release.and_then(|columns| columns.iter().find(|column| column.name == *field.name()));
        let form = match kind {
            Some(column) => Ok(CanonicalArrow::of(column, field.data_type())),
            None => CanonicalArrow::new(field, &mut leaves),
        };
        let form = form.map_err(|kind| {
            let message = format!("column `{}`: its type {kind} cannot be compared", field.name());
            unreadable(file.path(), &message)
        })?;
        if !names.insert(field.name()) {
            return Err(unreadable(file.path(), &format!("two columns are called `{}`", field.name())));
        }
        columns.push(FileColumn { place, field: field.clone(), form });
    }
    Ok(columns)
}

/// The places of the key's columns, which every file must have. A name with commas that is no column
/// names several.
fn key_columns(files: &[TableFile], names: &[String], key: &[String]) -> Result<Vec<usize>, Error> {
    let place = |name: &str| names.iter().position(|known| known == name);
    let parts = key.iter().flat_map(|name| match place(name) {
        Some(_) => vec![name.as_str()],
        None => name.split(',').map(str::trim).collect(),
    });
    let mut found: Vec<usize> = Vec::new();
    for name in parts {
        let at = place(name);
        let without = files.iter().find(|file| at.is_none_or(|at| file.columns[at].is_none()));
        if let Some(TableFile { file, columns, .. }) = without {
            let here = names.iter().zip(columns).filter(|(_, column)| column.is_some()).take(NAMED);
            let here: Vec<String> = here.map(|(name, _)| format!("`{name}`")).collect();
            let meant = crate::text::did_you_mean(name, names.iter().map(String::as_str));
            let what = format!("it has no column `{name}`; {meant}there are {}", here.join(", "));
            return Err(unreadable(file.path(), &what));
        }
        found.extend(at.filter(|at| !found.contains(at)));
    }
    Ok(found)
}

fn described(name: String, at: usize, files: &[TableFile]) -> ScanColumn {
    let everywhere = || files.iter().map(|file| file.columns[at].as_ref());
    let kinds: Vec<String> =
        everywhere().flatten().map(|column| column.form.describe(column.field.data_type())).collect();
    let all = |is: fn(&CanonicalArrow) -> bool| {
        let mut forms =
            everywhere().flatten().filter(|column| !column.is_empty()).map(|column| &column.form).peekable();
        forms.peek().is_some() && forms.all(is)
    };
    ScanColumn {
        name,
        kind: united(kinds.iter().map(String::as_str)),
        is_nullable: everywhere().any(|column| column.is_none_or(|column| column.field.is_nullable())),
        is_text: all(CanonicalArrow::is_text),
        is_instant: all(CanonicalArrow::is_instant),
    }
}

/// Half of a SHA-256. To find two inputs that share it takes 2^64 trials, and then one change is
/// not reported; no hash that is published is cut.
pub(super) fn half(digest: &Digest) -> [u8; 16] {
    std::array::from_fn(|at| digest.as_bytes()[at])
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
