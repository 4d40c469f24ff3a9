//! Every changed record in full, for `--rows` and `--delta`.
//!
//! Records are read again in small lots, one lot of each side at a time. Their order depends on the data
//! only.

use super::canonical_arrow::Strings;
use super::compare::{ColumnPair, by_current};
use super::resources::Resources;
use super::row_set::RowSet;
use super::scan::{Position, Scan};
use crate::error::Error;

/// About how many bytes of values, and at most how many records, a lot has.
const LOT_BYTES: u64 = 16 << 20;
const LOT_ROWS: u64 = 4096;

/// How a record changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is on the current side only.
    Added,
    /// It is on the base side only.
    Removed,
    /// It is on the base side only, and the current release lists it as withdrawn.
    Withdrawn,
    /// It is on both sides with different values.
    Changed,
    /// It is on both sides with different values in ignored columns only.
    Ignored,
    /// It is on both sides, and only names or types of columns differ, or values of added or removed
    /// columns.
    SchemaOnly,
    /// It has a new key and the same values.
    Rekeyed,
    /// Its key does not identify it, and the other side has no equal record.
    Unmatched,
}

impl Change {
    /// Its name in outputs.
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
    /// How it changed.
    pub change: Change,
    /// Its key as text, and the new one if it was rekeyed; `None` for a row without a key.
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

/// Receives changed records one by one.
pub type EachRow<'e> = dyn FnMut(&RowChange) -> Result<(), Error> + 'e;

/// A record that was read again.
struct Read {
    key: Option<String>,
    record: String,
    /// The bytes by which its values are compared, by column; empty if there is no value.
    values: Vec<Vec<u8>>,
}

/// How many records of these tables are one lot.
pub(super) fn lot(base: &Scan, current: &Scan) -> usize {
    let mean = base.mean_bytes().max(current.mean_bytes());
    usize::try_from((LOT_BYTES / mean.max(1)).clamp(1, LOT_ROWS)).unwrap_or(1)
}

/// Passes on rows of one side, which is the current one or not.
pub(super) fn each_of_set(
    table: &Scan,
    rows: &RowSet,
    (change, is_current): (Change, bool),
    each: &mut EachRow<'_>,
) -> Result<(), Error> {
    rows.chunks(lot(table, table), |positions| {
        for Read { key, record, .. } in read(table, positions)? {
            let (before, after) = if is_current { (None, Some(record)) } else { (Some(record), None) };
            each(&RowChange { change, key, previous_key: None, columns: Vec::new(), before, after })?;
        }
        Ok(())
    })
}

/// Passes on pairs of rows, changed or rekeyed.
pub(super) fn each_of_pairs(
    (base, current): (&Scan, &Scan),
    columns: &[ColumnPair],
    pairs: &[(Position, Position)],
    change: Change,
    (resources, each): (Resources<'_>, &mut EachRow<'_>),
) -> Result<(), Error> {
    for pairs in pairs.chunks(lot(base, current)) {
        let old: Vec<Position> = pairs.iter().map(|(position, _)| *position).collect();
        let (new, order) = by_current(pairs);
        let (before, after) = resources.both(|| read(base, &old), || read(current, &new))?;
        let mut after: Vec<(u32, Read)> = order.into_iter().zip(after).collect();
        after.sort_by_key(|(at, _)| *at);
        for (before, (_, after)) in before.into_iter().zip(after) {
            let value =
                |read: &Read, column: Option<usize>| column.map_or_else(Vec::new, |index| read.values[index].clone());
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

/// How a record changed in which these columns differ, as the report counts it.
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

/// Reads whole records at ascending positions.
fn read(table: &Scan, positions: &[Position]) -> Result<Vec<Read>, Error> {
    let columns = table.all_columns();
    let mut found = Vec::with_capacity(positions.len());
    table.read(positions, &columns, |_, chunk| {
        for row in 0..chunk.positions.len() {
            let mut record = Vec::new();
            chunk.write_row(row, &mut record);
            let values = columns.iter().map(|index| {
                let mut value = Vec::new();
                if let Some(column) = chunk.column(*index).filter(|column| !column.is_null(row)) {
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
