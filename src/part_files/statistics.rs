//! [`Extremes`]: do the statistics of a row group and of its pages tell the truth about its rows?
//!
//! A reader that skips by wrong statistics loses rows without a word. What the footer says of
//! each leaf column, and its indexes of each page, is held against the rows: nulls, smallest and
//! largest value, in which order the pages are said to be, and which rows they have. Histograms of
//! levels and sizes of texts, by which nothing is skipped, are not looked at.

use std::cmp::Ordering;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{Array, RecordBatch};

use super::file::ParquetFile;
use super::settings::push_leaves;
use crate::schema::{Column, Columns, Kind};
use declared::{DeclaredChunk, DeclaredPages};

mod declared;

/// A value of a leaf column, as statistics hold it.
#[derive(Debug, Clone, PartialEq)]
enum Scalar {
    Boolean(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Text(Vec<u8>),
}

/// What some rows have in one leaf column.
#[derive(Debug, Clone, Default, PartialEq)]
struct Facts {
    /// How many rows.
    rows: u64,
    /// How many values, nulls, and lists without an element.
    slots: u64,
    /// How many nulls, and lists without an element.
    nulls: u64,
    extremes: Option<(Scalar, Scalar)>,
}

/// A leaf column, page by page.
#[derive(Debug)]
struct Leaf<'c> {
    kind: &'c Kind,
    /// The number of each page's first row in the row group.
    starts: Vec<u64>,
    /// What the rows that were added have in each page.
    pages: Vec<Facts>,
    /// The page that is being added to.
    page: usize,
}

/// The values of each leaf column of the rows of a row group that were added.
#[derive(Debug)]
pub struct Extremes<'c> {
    columns: &'c Columns,
    file: &'c ParquetFile,
    group: usize,
    /// The leaves of each column.
    leaves: Vec<Vec<Leaf<'c>>>,
    /// How many rows were added.
    rows: u64,
}

impl<'c> Extremes<'c> {
    /// Of no rows yet of a row group of a part of these columns ([`ParquetFile::whole_part`]).
    pub fn new(columns: &'c Columns, file: &'c ParquetFile, group: usize) -> Self {
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
    pub fn add(&mut self, batch: &RecordBatch) {
        let (first, end) = (self.rows, self.rows + batch.num_rows() as u64);
        let place = |row: u64| usize::try_from(row - first).unwrap_or(usize::MAX);
        for ((column, array), leaves) in self.columns.iter().zip(batch.columns()).zip(&mut self.leaves) {
            let mut row = first;
            while row < end {
                // Up to there all rows stand in one page of each leaf.
                let next = leaves.iter_mut().filter_map(|leaf| leaf.turn_to(row)).fold(end, u64::min);
                for leaf in leaves.iter_mut() {
                    leaf.pages[leaf.page].rows += next - row;
                }
                let places = (place(row)..place(next)).collect();
                visit(column, array.as_ref(), Slots { places, nulls: 0 }, &mut leaves.iter_mut());
                row = next;
            }
        }
        self.rows = end;
    }

    /// Tells each leaf column whose statistics say something else, with what is wrong.
    pub fn compare(&self, tell: &mut dyn FnMut(String, String)) {
        let index = self.file.metadata().page_index_for_row_group(self.group);
        let chunks = self.file.metadata().row_group(self.group).columns();
        for (number, (leaf, chunk)) in self.leaves.iter().flatten().zip(chunks).enumerate() {
            let mut tell = |message| tell(chunk.column_path().string(), message);
            // Without statistics nothing is said; that is for the footer's own check.
            if let Some(statistics) = chunk.statistics() {
                DeclaredChunk { kind: leaf.kind, statistics }.difference(&leaf.all()).into_iter().for_each(&mut tell);
            }
            match index.column_index(number) {
                Some(index) => {
                    DeclaredPages { kind: leaf.kind, index }.difference(&leaf.pages).into_iter().for_each(&mut tell);
                }
                None if chunk.column_index_range().is_some() => {
                    tell("its column index is too large to be looked at".to_owned());
                }
                None => {}
            }
            let values = self.file.page_values(self.group, number).unwrap_or_default();
            if values.len() != leaf.pages.len() || leaf.pages.iter().zip(values).any(|(page, told)| page.slots != *told)
            {
                tell("its offset index gives its pages other rows than they have".to_owned());
            }
        }
    }
}

/// What is left of some rows at one level of a column.
#[derive(Debug, Clone)]
struct Slots {
    /// The places of an array that are looked at.
    places: Vec<usize>,
    /// How many nulls and empty lists there were above.
    nulls: u64,
}

impl Slots {
    fn without_nulls(mut self, array: &dyn Array) -> Self {
        if array.null_count() > 0 {
            let all = self.places.len();
            self.places.retain(|place| array.is_valid(*place));
            self.nulls += (all - self.places.len()) as u64;
        }
        self
    }

    /// The places of the elements of lists.
    fn elements(&self, offsets: &[i32]) -> Self {
        let offset = |place: usize| usize::try_from(offsets[place]).unwrap_or_default();
        let elements = |place: &usize| offset(*place)..offset(place + 1);
        let empty = self.places.iter().filter(|place| elements(place).is_empty()).count();
        Self { places: self.places.iter().flat_map(elements).collect(), nulls: self.nulls + empty as u64 }
    }
}

/// Walks down to the leaves with the places of an array that hold values.
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

    /// Turns to the page of a row, and gives the first row of the one behind it.
    fn turn_to(&mut self, row: u64) -> Option<u64> {
        let behind = self.starts.partition_point(|start| *start <= row);
        self.page = behind.saturating_sub(1);
        self.starts.get(behind).copied()
    }

    fn add(&mut self, array: &dyn Array, slots: &Slots) {
        let facts = &mut self.pages[self.page];
        facts.slots += slots.places.len() as u64 + slots.nulls;
        facts.nulls += slots.nulls;
        if matches!(self.kind, Kind::String | Kind::Json) {
            let texts = array.as_string::<i32>();
            return slots.places.iter().for_each(|place| facts.widen_text(texts.value(*place).as_bytes()));
        }
        for place in &slots.places {
            facts.widen(match self.kind {
                Kind::Boolean => Scalar::Boolean(array.as_boolean().value(*place)),
                Kind::UInt64 => Scalar::UInt(array.as_primitive::<UInt64Type>().value(*place)),
                Kind::Float64 => Scalar::Float(array.as_primitive::<Float64Type>().value(*place)),
                Kind::Timestamp => Scalar::Int(array.as_primitive::<TimestampMicrosecondType>().value(*place)),
                Kind::Date => Scalar::Int(array.as_primitive::<Date32Type>().value(*place).into()),
                _ => Scalar::Int(array.as_primitive::<Int64Type>().value(*place)),
            });
        }
    }

    /// What all pages have together.
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
    /// Texts are copied only where they are new extremes.
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
            // A NaN, which no column may hold, stands in no statistics.
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
    fn a_new_extreme_takes_the_place_of_the_old() {
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
