//! [`Summary`]: the nulls, and the smallest and largest value, of each column.

use std::cmp::Ordering;

use arrow_array::{Array as _, ArrayRef};

use super::canonical::cell_json;
use super::cell::Cell;
use super::rows::cell;
use crate::schema::{Columns, Kind};

/// Nulls and extremes of each column over the batches that were added.
#[derive(Debug)]
pub struct Summary<'c> {
    columns: &'c Columns,
    nulls: Vec<u64>,
    extremes: Vec<Option<(Cell<'static>, Cell<'static>)>>,
}

impl<'c> Summary<'c> {
    /// An empty summary.
    pub fn new(columns: &'c Columns) -> Self {
        Self { columns, nulls: vec![0; columns.len()], extremes: vec![None; columns.len()] }
    }

    /// Adds the records of these arrays, one array for each column; further arrays are ignored.
    pub fn add(&mut self, arrays: &[ArrayRef]) {
        for (index, array) in arrays.iter().enumerate().take(self.columns.len()) {
            self.add_column(index, array);
        }
    }

    /// Adds one column of records, by its index.
    pub(crate) fn add_column(&mut self, index: usize, array: &ArrayRef) {
        let column = self.columns.at(index);
        self.nulls[index] += array.logical_null_count() as u64;
        if !is_ranged(&column.kind) {
            return;
        }
        for row in 0..array.len() {
            if let Some(cell) = fixed(&cell(column, array, row)) {
                widen(&mut self.extremes[index], cell);
            }
        }
    }

    /// Adds the nulls, and the smallest and largest value, of a column of other records.
    pub(crate) fn add_known(&mut self, index: usize, nulls: u64, extremes: Option<(Cell<'static>, Cell<'static>)>) {
        self.nulls[index] += nulls;
        if let Some((least, greatest)) = extremes {
            widen(&mut self.extremes[index], least);
            widen(&mut self.extremes[index], greatest);
        }
    }

    /// Adds another summary of the same columns.
    pub(crate) fn merge(&mut self, other: Self) {
        for (index, (nulls, extremes)) in other.nulls.into_iter().zip(other.extremes).enumerate() {
            self.add_known(index, nulls, extremes);
        }
    }

    /// For each column: the nulls, and the smallest and largest value as JSON if it has numbers, dates or
    /// timestamps.
    pub(crate) fn finish(&self) -> Vec<(u64, Option<(serde_json::Value, serde_json::Value)>)> {
        let json = |index: usize, cell: &Cell<'_>| cell_json(self.columns.at(index), cell);
        self.nulls
            .iter()
            .zip(&self.extremes)
            .enumerate()
            .map(|(index, (nulls, extremes))| {
                (*nulls, extremes.as_ref().map(|(least, greatest)| (json(index, least), json(index, greatest))))
            })
            .collect()
    }
}

fn is_ranged(kind: &Kind) -> bool {
    matches!(kind, Kind::Int64 | Kind::UInt64 | Kind::Float64 | Kind::Timestamp | Kind::Date)
}

/// The cell without a borrow; `None` for kinds without a range.
fn fixed(cell: &Cell<'_>) -> Option<Cell<'static>> {
    match cell {
        Cell::Int64(value) => Some(Cell::Int64(*value)),
        Cell::UInt64(value) => Some(Cell::UInt64(*value)),
        // A damaged part may have NaN, which has no order.
        Cell::Float64(value) if value.is_finite() => Some(Cell::Float64(*value)),
        Cell::Timestamp(value) => Some(Cell::Timestamp(*value)),
        Cell::Date(value) => Some(Cell::Date(*value)),
        _ => None,
    }
}

fn widen(extremes: &mut Option<(Cell<'static>, Cell<'static>)>, cell: Cell<'static>) {
    match extremes {
        None => *extremes = Some((cell.clone(), cell)),
        Some((least, greatest)) => {
            if compare(&cell, least).is_lt() {
                *least = cell;
            } else if compare(&cell, greatest).is_gt() {
                *greatest = cell;
            }
        }
    }
}

fn compare(a: &Cell<'_>, b: &Cell<'_>) -> Ordering {
    match (a, b) {
        (Cell::Int64(a), Cell::Int64(b)) | (Cell::Timestamp(a), Cell::Timestamp(b)) => a.cmp(b),
        (Cell::UInt64(a), Cell::UInt64(b)) => a.cmp(b),
        (Cell::Float64(a), Cell::Float64(b)) => a.total_cmp(b),
        (Cell::Date(a), Cell::Date(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}
