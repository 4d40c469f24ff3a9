//! What can be said of a column without keeping it: nulls, smallest and largest value.

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
    /// A summary of nothing yet.
    pub fn new(columns: &'c Columns) -> Self {
        Self { columns, nulls: vec![0; columns.len()], extremes: vec![None; columns.len()] }
    }

    /// Adds the records of these arrays, one for each column and of its type; more may follow.
    pub fn add(&mut self, arrays: &[ArrayRef]) {
        for (place, array) in arrays.iter().enumerate().take(self.columns.len()) {
            self.add_column(place, array);
        }
    }

    /// Adds one column of records, by its place.
    pub fn add_column(&mut self, place: usize, array: &ArrayRef) {
        let column = self.columns.at(place);
        self.nulls[place] += array.logical_null_count() as u64;
        if !is_ranged(&column.kind) {
            return;
        }
        for row in 0..array.len() {
            if let Some(cell) = fixed(&cell(column, array, row)) {
                widen(&mut self.extremes[place], cell);
            }
        }
    }

    /// Adds what is known of a column of other records: nulls, smallest and largest value.
    pub fn add_known(&mut self, place: usize, nulls: u64, extremes: Option<(Cell<'static>, Cell<'static>)>) {
        self.nulls[place] += nulls;
        if let Some((least, greatest)) = extremes {
            widen(&mut self.extremes[place], least);
            widen(&mut self.extremes[place], greatest);
        }
    }

    /// Adds another summary of the same columns.
    pub fn merge(&mut self, other: Self) {
        for (place, (nulls, extremes)) in other.nulls.into_iter().zip(other.extremes).enumerate() {
            self.add_known(place, nulls, extremes);
        }
    }

    /// For each column, in order: nulls, and the smallest and largest value as JSON where the
    /// column holds numbers, days or instants.
    pub fn finish(&self) -> Vec<(u64, Option<(serde_json::Value, serde_json::Value)>)> {
        let json = |place: usize, cell: &Cell<'_>| cell_json(self.columns.at(place), cell);
        self.nulls
            .iter()
            .zip(&self.extremes)
            .enumerate()
            .map(|(place, (nulls, extremes))| {
                (*nulls, extremes.as_ref().map(|(least, greatest)| (json(place, least), json(place, greatest))))
            })
            .collect()
    }
}

fn is_ranged(kind: &Kind) -> bool {
    matches!(kind, Kind::Int64 | Kind::UInt64 | Kind::Float64 | Kind::Timestamp | Kind::Date)
}

/// The cell without a borrow; only cells of ranged kinds have one.
fn fixed(cell: &Cell<'_>) -> Option<Cell<'static>> {
    match cell {
        Cell::Int64(value) => Some(Cell::Int64(*value)),
        Cell::UInt64(value) => Some(Cell::UInt64(*value)),
        // A foreign part may hold what is no number; it has no place in an order.
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
