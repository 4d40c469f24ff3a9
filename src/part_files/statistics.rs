//! [`Extremes`]: checks the statistics of a row group and of its pages against its rows.
//!
//! A reader that skips pages by wrong statistics loses rows without an error. So the footer and the page
//! indexes are compared with the rows: nulls, smallest and largest value, the order of the pages, and their
//! rows. Level histograms and string sizes are not checked, because no reader skips by them.

use std::cmp::Ordering;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{Array, RecordBatch};

use super::file::ParquetFile;
use super::settings::push_leaves;
use crate::schema::{Column, Columns, Kind};
use declared::{DeclaredChunk, DeclaredPages};

mod declared;

/// A value of a leaf column, as in statistics.
#[derive(Debug, Clone, PartialEq)]
enum Scalar {
    Boolean(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Text(Vec<u8>),
}

/// The values of some rows in one leaf column, summarised.
#[derive(Debug, Clone, Default, PartialEq)]
struct Facts {
    /// The number of rows.
    rows: u64,
    /// The number of values, nulls and empty lists.
    slots: u64,
    /// The number of nulls and empty lists.
    nulls: u64,
    extremes: Option<(Scalar, Scalar)>,
}

/// A leaf column, page by page.
#[derive(Debug)]
struct Leaf<'c> {
    kind: &'c Kind,
    /// The index of the first row of each page in the row group.
    starts: Vec<u64>,
    /// The summary of the added rows of each page.
    pages: Vec<Facts>,
    /// The current page.
    page: usize,
}

/// Collects the values of each leaf column of a row group.
#[derive(Debug)]
pub(crate) struct Extremes<'c> {
    columns: &'c Columns,
    file: &'c ParquetFile,
    group: usize,
    /// The leaves of each column.
    leaves: Vec<Vec<Leaf<'c>>>,
    /// The number of added rows.
    rows: u64,
}

impl<'c> Extremes<'c> {
    /// Starts with no rows. The part has these columns and was opened with all indexes.
    pub(crate) fn new(columns: &'c Columns, file: &'c ParquetFile, group: usize) -> Self {
        let mut kinds = Vec::new();
        let mut leaves: Vec<Vec<Leaf<'c>>> = Vec::new();
        let mut number = 0;
        for column in columns {
            kinds.clear();
            push_leaves(column, &mut kinds);
            leaves.push(kinds.iter().zip(number..).map(|(kind, leaf)| Leaf::new(kind, file, group, leaf)).collect());
            number += kinds.len();
        }
        Self { columns, file, group, leaves, rows: 0 }
    }

    /// Adds the next rows of the row group.
    pub(crate) fn add(&mut self, batch: &RecordBatch) {
        let (first, end) = (self.rows, self.rows + batch.num_rows() as u64);
        let position = |row: u64| usize::try_from(row - first).unwrap_or(usize::MAX);
        for ((column, array), leaves) in self.columns.iter().zip(batch.columns()).zip(&mut self.leaves) {
            let mut row = first;
            while row < end {
                // The rows up to there are in one page of each leaf.
                let next = leaves.iter_mut().filter_map(|leaf| leaf.turn_to(row)).fold(end, u64::min);
                for leaf in leaves.iter_mut() {
                    leaf.pages[leaf.page].rows += next - row;
                }
                let positions = (position(row)..position(next)).collect();
                visit(column, array.as_ref(), Slots { positions, nulls: 0 }, &mut leaves.iter_mut());
                row = next;
            }
        }
        self.rows = end;
    }

    /// Calls `report` for each leaf column with wrong statistics, with what is wrong.
    pub(crate) fn compare(&self, report: &mut dyn FnMut(String, String)) {
        let index = self.file.metadata().page_index_for_row_group(self.group);
        let chunks = self.file.metadata().row_group(self.group).columns();
        for (number, (leaf, chunk)) in self.leaves.iter().flatten().zip(chunks).enumerate() {
            let mut report = |message| report(chunk.column_path().string(), message);
            // Missing statistics are a fault of the footer, which `footer_check` reports.
            if let Some(statistics) = chunk.statistics() {
                DeclaredChunk { kind: leaf.kind, statistics }.difference(&leaf.all()).into_iter().for_each(&mut report);
            }
            match index.column_index(number) {
                Some(index) => {
                    DeclaredPages { kind: leaf.kind, index }.difference(&leaf.pages).into_iter().for_each(&mut report);
                }
                None if chunk.column_index_range().is_some() => {
                    report("its column index is too large to check".to_owned());
                }
                None => {}
            }
            let values = self.file.page_values(self.group, number).unwrap_or_default();
            if values.len() != leaf.pages.len()
                || leaf.pages.iter().zip(values).any(|(page, declared)| page.slots != *declared)
            {
                report("the rows of its pages differ from its offset index".to_owned());
            }
        }
    }
}

/// The slots of some rows at one level of a column.
#[derive(Debug, Clone)]
struct Slots {
    /// The positions in the array that have values.
    positions: Vec<usize>,
    /// The number of nulls and empty lists at the levels above.
    nulls: u64,
}

impl Slots {
    fn without_nulls(mut self, array: &dyn Array) -> Self {
        if array.null_count() > 0 {
            let all = self.positions.len();
            self.positions.retain(|position| array.is_valid(*position));
            self.nulls += (all - self.positions.len()) as u64;
        }
        self
    }

    /// The positions of the elements of lists.
    fn elements(&self, offsets: &[i32]) -> Self {
        let offset = |position: usize| usize::try_from(offsets[position]).unwrap_or_default();
        let elements = |position: &usize| offset(*position)..offset(position + 1);
        let empty = self.positions.iter().filter(|position| elements(position).is_empty()).count();
        Self { positions: self.positions.iter().flat_map(elements).collect(), nulls: self.nulls + empty as u64 }
    }
}

/// Visits the leaves with the positions in an array that have values.
fn visit(column: &Column, array: &dyn Array, slots: Slots, leaves: &mut std::slice::IterMut<'_, Leaf<'_>>) {
    let slots = slots.without_nulls(array);
    match &column.kind {
        Kind::List(element) => {
            let list = array.as_list::<i32>();
            visit(element, list.values().as_ref(), slots.elements(list.value_offsets()), leaves);
        }
        Kind::Map(of) => {
            let map = array.as_map();
            let entries = slots.elements(map.value_offsets());
            if let Some(names) = leaves.next() {
                names.add(map.keys().as_ref(), &entries);
            }
            visit(of, map.values().as_ref(), entries, leaves);
        }
        Kind::Struct(columns) | Kind::Tuple(columns) => {
            for (column, member) in columns.iter().zip(array.as_struct().columns()) {
                visit(column, member.as_ref(), slots.clone(), leaves);
            }
        }
        _ => leaves.next().into_iter().for_each(|leaf| leaf.add(array, &slots)),
    }
}

impl<'c> Leaf<'c> {
    fn new(kind: &'c Kind, file: &ParquetFile, group: usize, leaf: usize) -> Self {
        let index = file.metadata().page_index_for_row_group(group);
        let pages = index.page_locations(leaf).map(Vec::as_slice).unwrap_or_default();
        let starts = pages.iter().map(|page| u64::try_from(page.first_row_index).unwrap_or_default());
        let starts: Vec<u64> = if pages.is_empty() { vec![0] } else { starts.collect() };
        Self { kind, pages: vec![Facts::default(); starts.len()], starts, page: 0 }
    }

    /// Moves to the page of a row. Returns the first row of the next page.
    fn turn_to(&mut self, row: u64) -> Option<u64> {
        let behind = self.starts.partition_point(|start| *start <= row);
        self.page = behind.saturating_sub(1);
        self.starts.get(behind).copied()
    }

    fn add(&mut self, array: &dyn Array, slots: &Slots) {
        let facts = &mut self.pages[self.page];
        facts.slots += slots.positions.len() as u64 + slots.nulls;
        facts.nulls += slots.nulls;
        if matches!(self.kind, Kind::String | Kind::Json) {
            let texts = array.as_string::<i32>();
            return slots.positions.iter().for_each(|position| facts.widen_text(texts.value(*position).as_bytes()));
        }
        for position in &slots.positions {
            facts.widen(match self.kind {
                Kind::Boolean => Scalar::Boolean(array.as_boolean().value(*position)),
                Kind::UInt64 => Scalar::UInt(array.as_primitive::<UInt64Type>().value(*position)),
                Kind::Float64 => Scalar::Float(array.as_primitive::<Float64Type>().value(*position)),
                Kind::Timestamp => Scalar::Int(array.as_primitive::<TimestampMicrosecondType>().value(*position)),
                Kind::Date => Scalar::Int(array.as_primitive::<Date32Type>().value(*position).into()),
                _ => Scalar::Int(array.as_primitive::<Int64Type>().value(*position)),
            });
        }
    }

    /// The summary of all pages.
    fn all(&self) -> Facts {
        let mut all = Facts::default();
        for page in &self.pages {
            all.rows += page.rows;
            all.slots += page.slots;
            all.nulls += page.nulls;
            for extreme in page.extremes.iter().flat_map(|(least, greatest)| [least, greatest]) {
                all.widen(extreme.clone());
            }
        }
        all
    }
}

impl Facts {
    /// A string is only copied if it is a new extreme.
    fn widen_text(&mut self, text: &[u8]) {
        match &mut self.extremes {
            Some((Scalar::Text(least), _)) if text < least.as_slice() => text.clone_into(least),
            Some((_, Scalar::Text(greatest))) if text > greatest.as_slice() => text.clone_into(greatest),
            Some(_) => {}
            None => self.extremes = Some((Scalar::Text(text.to_owned()), Scalar::Text(text.to_owned()))),
        }
    }

    fn widen(&mut self, scalar: Scalar) {
        match &mut self.extremes {
            // Statistics have no NaN, and no column may have one.
            _ if matches!(scalar, Scalar::Float(value) if value.is_nan()) => {}
            Some((least, _)) if scalar.cmp(least).is_lt() => *least = scalar,
            Some((_, greatest)) if scalar.cmp(greatest).is_gt() => *greatest = scalar,
            Some(_) => {}
            None => self.extremes = Some((scalar.clone(), scalar)),
        }
    }
}

impl Scalar {
    /// The order of values of one column.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::UInt(a), Self::UInt(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => Ordering::Equal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_extremes_replace_old_ones() {
        let mut facts = Facts::default();
        for text in ["m", "z", "a", "k"] {
            facts.widen_text(text.as_bytes());
        }
        assert_eq!(facts.extremes, Some((Scalar::Text(b"a".to_vec()), Scalar::Text(b"z".to_vec()))));
        let mut facts = Facts::default();
        for value in [0.5, f64::NAN, -1.0] {
            facts.widen(Scalar::Float(value));
        }
        assert_eq!(facts.extremes, Some((Scalar::Float(-1.0), Scalar::Float(0.5))));
    }
}
