//! Every changed record in full: what `--rows` and `--delta` are made of.
//!
//! Records are read again in small lots, a lot of each side in memory at a time. Their order
//! follows from the data alone.

use super::canonical_arrow::Strings;
use super::compare::{ColumnPair, both, by_current};
use super::row_set::RowSet;
use super::scan::{Position, Scan};
use crate::error::Error;

/// How many bytes of values a lot holds, roughly, and how many records at most.
const LOT_BYTES: u64 = 16 << 20;
const LOT_ROWS: u64 = 4096;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is on the current side only.
    Added,
    /// It is on the base side only.
    Removed,
    /// It is on the base side only, and listed by the current release as taken back.
    Withdrawn,
    /// It is on both sides with other values.
    Changed,
    /// It is on both sides with other values in ignored columns only.
    Ignored,
    /// It is on both sides, and only the names or types of columns differ, or values of columns that
    /// came or went.
    SchemaOnly,
    /// It has another key and the same values.
    Rekeyed,
    /// Its key does not identify it, and it has no equal on the other side.
    Unmatched,
}

impl Change {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Withdrawn => "withdrawn",
            Self::Changed => "changed",
            Self::Ignored => "ignored",
            Self::SchemaOnly => "schema-only",
            Self::Rekeyed => "rekeyed",
            Self::Unmatched => "unmatched",
        }
    }
}

/// One changed record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowChange {
    /// What became of it.
    pub change: Change,
    /// Its key as text, the new one if there are two; none for a row without a key.
    pub key: Option<String>,
    /// Its old key, if it was rekeyed.
    pub previous_key: Option<String>,
    /// The columns whose values changed.
    pub columns: Vec<String>,
    /// Its canonical form on the base side.
    pub before: Option<String>,
    /// Its canonical form on the current side.
    pub after: Option<String>,
}

/// Takes changed records one by one.
pub type EachRow<'e> = dyn FnMut(&RowChange) -> Result<(), Error> + 'e;

/// A record that was read back.
struct Read {
    key: Option<String>,
    record: String,
    /// What its columns are compared by; nothing where there is no value.
    values: Vec<Vec<u8>>,
}

/// How many records of these tables make a lot.
pub(super) fn lot(base: &Scan, current: &Scan) -> usize {
    let mean = base.mean_bytes().max(current.mean_bytes());
    usize::try_from((LOT_BYTES / mean.max(1)).clamp(1, LOT_ROWS)).unwrap_or(1)
}

/// Tells of rows of one side; they are what came, or what was before.
pub(super) fn tell_marked(
    table: &Scan,
    marks: &RowSet,
    (change, came): (Change, bool),
    each: &mut EachRow<'_>,
) -> Result<(), Error> {
    marks.chunks(lot(table, table), |places| {
        for Read { key, record, .. } in read(table, places)? {
            let (before, after) = if came { (None, Some(record)) } else { (Some(record), None) };
            each(&RowChange { change, key, previous_key: None, columns: Vec::new(), before, after })?;
        }
        Ok(())
    })
}

/// Tells of pairs of rows: changed or rekeyed ones.
pub(super) fn tell_pairs(
    (base, current): (&Scan, &Scan),
    columns: &[ColumnPair],
    pairs: &[(Position, Position)],
    change: Change,
    each: &mut EachRow<'_>,
) -> Result<(), Error> {
    for pairs in pairs.chunks(lot(base, current)) {
        let places: Vec<Position> = pairs.iter().map(|(place, _)| *place).collect();
        let (other_places, order) = by_current(pairs);
        let (before, after) = both(|| read(base, &places), || read(current, &other_places))?;
        let mut after: Vec<(u32, Read)> = order.into_iter().zip(after).collect();
        after.sort_by_key(|(at, _)| *at);
        for (before, (_, after)) in before.into_iter().zip(after) {
            let value =
                |read: &Read, column: Option<usize>| column.map_or_else(Vec::new, |place| read.values[place].clone());
            let differs = |pair: &&ColumnPair| value(&before, pair.base) != value(&after, pair.current);
            let differing: Vec<&ColumnPair> = columns.iter().filter(differs).collect();
            let names = differing.iter().map(|pair| pair.name.clone()).collect();
            let rekeyed = change == Change::Rekeyed;
            let change = if rekeyed { change } else { kind(&differing) };
            each(&RowChange {
                change,
                key: after.key,
                previous_key: before.key.filter(|_| rekeyed),
                columns: if rekeyed { Vec::new() } else { names },
                before: Some(before.record),
                after: Some(after.record),
            })?;
        }
    }
    Ok(())
}

/// What became of a record in which these columns differ, as the counts of a report have it.
fn kind(differing: &[&ColumnPair]) -> Change {
    let counts = |pair: &&&ColumnPair| !pair.ignored && pair.base.is_some() && pair.current.is_some();
    if differing.iter().any(|pair| counts(&pair)) {
        Change::Changed
    } else if differing.iter().any(|pair| pair.ignored) {
        Change::Ignored
    } else {
        Change::SchemaOnly
    }
}

/// Reads whole records at ascending places.
fn read(table: &Scan, places: &[Position]) -> Result<Vec<Read>, Error> {
    let columns = table.all_columns();
    let mut found = Vec::with_capacity(places.len());
    table.read(places, &columns, |_, chunk| {
        for row in 0..chunk.positions.len() {
            let mut record = Vec::new();
            chunk.write_row(row, &mut record);
            let values = columns.iter().map(|place| {
                let mut value = Vec::new();
                if let Some(column) = chunk.column(*place).filter(|column| !column.is_null(row)) {
                    column.encode(row, Strings::Exact, &mut value);
                }
                value
            });
            let values = values.collect();
            let record = String::from_utf8_lossy(&record).into_owned();
            found.push(Read { key: chunk.key_text(row), record, values });
        }
    })?;
    Ok(found)
}
