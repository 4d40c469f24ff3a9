//! [`Scan`]: the Parquet files of one side as one sequence of rows, read by columns and rows.
//!
//! Columns are found by name. Files can have them in different orders and with different types. A column that
//! a file does not have is null in all of its rows. Two sides are compared elsewhere.

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
use crate::part_files::ParquetFile;
use crate::schema::{Columns, RECORD_SHA256};

/// The position of a row: the index of the file in the high bits, the index of the row in the low bits.
/// Positions ascend in the order of the rows.
pub(super) type Position = u64;

/// The width of a record hash in bytes.
const HASH_BYTES: i32 = 32;
/// The most columns that an error names.
const NAMED: usize = 20;

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// By canonical form, like record hashes: both sides are releases.
    Canonical,
    /// By type and value (`canonical_arrow/typed.rs`).
    Typed,
}

/// One side's rows.
#[derive(Debug)]
pub(super) struct Scan {
    files: Vec<TableFile>,
    columns: Vec<ScanColumn>,
    /// The index of each column by its name.
    known: HashMap<String, usize>,
    /// The indices of the columns in the order of the canonical form.
    order: Vec<usize>,
    /// The columns that together identify a record.
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
    /// Whether it can be null.
    pub(super) is_nullable: bool,
    /// Whether its values are plain strings in every file.
    pub(super) is_text: bool,
    /// Whether they are timestamps.
    pub(super) is_instant: bool,
}

/// One file.
#[derive(Debug)]
struct TableFile {
    file: ParquetFile,
    /// The columns of the table that it has.
    columns: Vec<Option<FileColumn>>,
    /// The index of the column of record hashes, if they can be used.
    hash: Option<usize>,
}

/// A column as one file has it.
#[derive(Debug)]
pub(super) struct FileColumn {
    /// Its index in the file.
    index: usize,
    field: FieldRef,
    pub(super) form: CanonicalArrow,
}

impl FileColumn {
    fn is_empty(&self) -> bool {
        *self.field.data_type() == DataType::Null
    }
}

impl Scan {
    /// Creates the table of these files. The columns `key` together identify a record. Stored record hashes are
    /// only used for a `release`, which has these columns.
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

    /// Sets how its values are compared with those of another table.
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

    /// The index of the column with this name.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.known.get(name).copied()
    }

    pub(super) fn key(&self) -> &[usize] {
        &self.key
    }

    /// The names of the columns that together identify a record.
    pub(super) fn key_names(&self) -> Vec<String> {
        self.key.iter().map(|column| self.columns[*column].name.clone()).collect()
    }

    /// Whether its rows have stored hashes.
    pub(super) fn has_hashes(&self) -> bool {
        self.has_hashes
    }

    /// Whether the values of a column are timestamps.
    pub(super) fn is_instant((table, column): (&Self, usize)) -> bool {
        table.columns[column].is_instant
    }

    /// One of its files.
    pub(super) fn file(&self, file: usize) -> &ParquetFile {
        &self.files[file].file
    }

    /// A column of a file, if the file has it.
    pub(super) fn file_column(&self, file: usize, column: usize) -> Option<&FileColumn> {
        self.files[file].columns[column].as_ref()
    }

    /// The leaves of a column in a file.
    pub(super) fn leaves(&self, file: usize, column: usize) -> Range<usize> {
        self.file_column(file, column).map_or(0..0, |column| self.files[file].file.leaves(column.index))
    }

    /// Whether the same bytes mean the same values in a column of a file and a column of another table's file.
    pub(super) fn is_alike(&self, (file, column): (usize, usize), other: &Self, theirs: (usize, usize)) -> bool {
        let pair = self.file_column(file, column).zip(other.file_column(theirs.0, theirs.1));
        pair.is_some_and(|(ours, theirs)| {
            ours.field.data_type().equals_datatype(theirs.field.data_type()) && ours.form == theirs.form
        })
    }

    /// The file and row group of a row.
    pub(super) fn group_of(&self, position: Position) -> (usize, usize) {
        let file = file_of(position);
        (file, self.files[file].file.group_of(row_of(position)))
    }

    /// The number of rows of a file.
    pub(super) fn rows_of(&self, file: usize) -> u32 {
        self.files[file].file.rows()
    }

    /// The indices of its files.
    pub(super) fn all_files(&self) -> Vec<usize> {
        (0..self.files.len()).collect()
    }

    /// Reads columns of the rows at these ascending positions. Calls `each` with the number of rows before each
    /// chunk.
    pub(super) fn read(
        &self,
        positions: &[Position],
        columns: &[usize],
        mut each: impl FnMut(usize, &Chunk<'_>),
    ) -> Result<(), Error> {
        let mut done = 0;
        while let Some(first) = positions.get(done) {
            let file = file_of(*first);
            let number = positions[done..].iter().take_while(|position| file_of(**position) == file).count();
            let ranges = ranges(&positions[done..done + number]);
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

    /// Reads columns of some or all rows of a file, with the stored hashes if `hashes` is set, until `each`
    /// returns false.
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
            columns.iter().filter_map(|column| Some((held[*column].as_ref()?.index, Some(*column)))).collect();
        wanted.extend(hash.filter(|_| hashes).map(|index| (index, None)));
        wanted.sort_unstable();
        wanted.dedup();
        let (indices, wanted): (Vec<usize>, Vec<Option<usize>>) = wanted.into_iter().unzip();
        let layout = Layout::new(&wanted, self.columns.len());
        let all = std::slice::from_ref(&(0..parquet.rows())).to_vec();
        let mut numbers = rows.unwrap_or(&all).iter().cloned().flatten().map(|row| position(file, row));
        let mut positions = Vec::new();
        for batch in parquet.batches(&indices, rows)? {
            let batch = batch?;
            positions.clear();
            positions.extend(numbers.by_ref().take(batch.num_rows()));
            if !each(&Chunk::new((self, file), &batch, &layout, &positions)) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The average bytes of a row.
    pub(super) fn mean_bytes(&self) -> u64 {
        let mean = |file: &TableFile| {
            let indices: Vec<usize> = file.columns.iter().flatten().map(|column| column.index).collect();
            file.file.mean_bytes(&indices)
        };
        self.files.iter().map(mean).max().unwrap_or(1)
    }

    /// The indices of all columns.
    pub(super) fn all_columns(&self) -> Vec<usize> {
        (0..self.columns.len()).collect()
    }
}

/// The index of the column of record hashes.
fn stored_hashes(file: &ParquetFile) -> Option<usize> {
    file.fields().iter().position(is_hash)
}

fn is_hash(field: &FieldRef) -> bool {
    *field.data_type() == DataType::FixedSizeBinary(HASH_BYTES) && field.name() == RECORD_SHA256
}

/// The columns of a file, without its record hashes.
fn file_columns(file: &ParquetFile, release: Option<&Columns>) -> Result<Vec<FileColumn>, Error> {
    let json: Vec<&str> = file.note("pressmark.json").unwrap_or_default().lines().collect();
    let mut names = std::collections::HashSet::new();
    let mut columns = Vec::new();
    for (index, field) in file.fields().iter().enumerate() {
        // Some writers store hashes as binary without a fixed length.
        if is_hash(field) || *field.data_type() == DataType::Binary && field.name() == RECORD_SHA256 {
            continue;
        }
        let mut leaves = file.leaves(index).map(|leaf| {
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
        columns.push(FileColumn { index, field: field.clone(), form });
    }
    Ok(columns)
}

/// The indices of the key columns, which every file must have. A name with commas that is not a column names
/// several columns.
fn key_columns(files: &[TableFile], names: &[String], key: &[String]) -> Result<Vec<usize>, Error> {
    let index = |name: &str| names.iter().position(|known| known == name);
    let parts = key.iter().flat_map(|name| match index(name) {
        Some(_) => vec![name.as_str()],
        None => name.split(',').map(str::trim).collect(),
    });
    let mut found: Vec<usize> = Vec::new();
    for name in parts {
        let at = index(name);
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

/// Half of a SHA-256. Finding two inputs with the same half takes 2^64 attempts, and would hide one change.
/// Published hashes are never truncated.
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

/// Ascending positions in one file as ranges of its rows.
fn ranges(positions: &[Position]) -> Vec<Range<u32>> {
    let mut ranges: Vec<Range<u32>> = Vec::new();
    for row in positions.iter().map(|position| row_of(*position)) {
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
mod tests;
