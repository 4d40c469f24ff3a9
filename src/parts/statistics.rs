//! [`Extremes`]: do the statistics of a row group tell the truth about its rows?
//!
//! A reader that skips by wrong statistics loses rows without a word. What the footer says of
//! each leaf column, nulls, smallest and largest value, is held against the rows themselves.
//! The statistics of single pages are not looked at.

use std::cmp::Ordering;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{Array, RecordBatch};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;

use crate::schema::{Column, Columns, Kind};

/// A value of a leaf column, as statistics hold it.
#[derive(Debug, Clone, PartialEq)]
enum Scalar {
    Boolean(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Text(Vec<u8>),
}

/// What the rows of a row group have in one leaf column.
#[derive(Debug, Clone, Default)]
struct Leaf {
    /// How many values there are, nulls left out.
    values: i64,
    extremes: Option<(Scalar, Scalar)>,
}

/// The values of each leaf column of the rows that were added.
#[derive(Debug)]
pub struct Extremes<'c> {
    columns: &'c Columns,
    leaves: Vec<Leaf>,
}

impl<'c> Extremes<'c> {
    /// Of no rows yet.
    pub fn new(columns: &'c Columns) -> Self {
        let mut leaves = Vec::new();
        columns.iter().for_each(|column| count_leaves(column, &mut leaves));
        Self { columns, leaves }
    }

    /// Adds the rows of a batch of these columns.
    pub fn add(&mut self, batch: &RecordBatch) {
        let mut leaves = self.leaves.iter_mut();
        for (column, array) in self.columns.iter().zip(batch.columns()) {
            visit(column, array.as_ref(), (0..batch.num_rows()).collect(), &mut leaves);
        }
    }

    /// Tells each leaf column whose statistics say something else, with what is wrong.
    pub fn compare(&self, found: &RowGroupMetaData, tell: &mut dyn FnMut(String, String)) {
        for (leaf, chunk) in self.leaves.iter().zip(found.columns()) {
            // Without statistics nothing is said; that is for the footer's own check.
            let Some(statistics) = chunk.statistics() else { continue };
            if let Some(message) = leaf.difference(chunk, statistics) {
                tell(chunk.column_path().string(), message);
            }
        }
    }
}

fn count_leaves(column: &Column, leaves: &mut Vec<Leaf>) {
    match &column.kind {
        Kind::List(element) => count_leaves(element, leaves),
        Kind::Map(of) => {
            leaves.push(Leaf::default()); // the names
            count_leaves(of, leaves);
        }
        Kind::Struct(columns) | Kind::Tuple(columns) => {
            columns.iter().for_each(|column| count_leaves(column, leaves));
        }
        _ => leaves.push(Leaf::default()),
    }
}

/// Walks down to the leaves with the places of an array that hold values.
fn visit(column: &Column, array: &dyn Array, places: Vec<usize>, leaves: &mut std::slice::IterMut<'_, Leaf>) {
    let mut places = places;
    if array.null_count() > 0 {
        places.retain(|place| array.is_valid(*place));
    }
    match &column.kind {
        Kind::List(element) => {
            let list = array.as_list::<i32>();
            let offset = |place: usize| usize::try_from(list.value_offsets()[place]).unwrap_or_default();
            let inner = places.iter().flat_map(|place| offset(*place)..offset(place + 1)).collect();
            visit(element, list.values().as_ref(), inner, leaves);
        }
        Kind::Map(of) => {
            let map = array.as_map();
            let offset = |place: usize| usize::try_from(map.value_offsets()[place]).unwrap_or_default();
            let inner: Vec<usize> = places.iter().flat_map(|place| offset(*place)..offset(place + 1)).collect();
            if let Some(names) = leaves.next() {
                names.add(&Kind::String, map.keys().as_ref(), &inner);
            }
            visit(of, map.values().as_ref(), inner, leaves);
        }
        Kind::Struct(columns) | Kind::Tuple(columns) => {
            for (column, member) in columns.iter().zip(array.as_struct().columns()) {
                visit(column, member.as_ref(), places.clone(), leaves);
            }
        }
        kind => {
            if let Some(leaf) = leaves.next() {
                leaf.add(kind, array, &places);
            }
        }
    }
}

impl Leaf {
    fn add(&mut self, kind: &Kind, array: &dyn Array, places: &[usize]) {
        self.values += i64::try_from(places.len()).unwrap_or(i64::MAX);
        if matches!(kind, Kind::String | Kind::Json) {
            let texts = array.as_string::<i32>();
            return places.iter().for_each(|place| self.widen_text(texts.value(*place).as_bytes()));
        }
        for place in places {
            let scalar = match kind {
                Kind::Boolean => Scalar::Boolean(array.as_boolean().value(*place)),
                Kind::UInt64 => Scalar::UInt(array.as_primitive::<UInt64Type>().value(*place)),
                Kind::Float64 => Scalar::Float(array.as_primitive::<Float64Type>().value(*place)),
                Kind::Timestamp => Scalar::Int(array.as_primitive::<TimestampMicrosecondType>().value(*place)),
                Kind::Date => Scalar::Int(array.as_primitive::<Date32Type>().value(*place).into()),
                _ => Scalar::Int(array.as_primitive::<Int64Type>().value(*place)),
            };
            self.widen(scalar);
        }
    }

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
            Some((least, _)) if compare(&scalar, least).is_lt() => *least = scalar,
            Some((_, greatest)) if compare(&scalar, greatest).is_gt() => *greatest = scalar,
            Some(_) => {}
            None => self.extremes = Some((scalar.clone(), scalar)),
        }
    }

    /// What the statistics say otherwise, if they do.
    fn difference(&self, chunk: &ColumnChunkMetaData, statistics: &Statistics) -> Option<String> {
        let nulls = u64::try_from(chunk.num_values() - self.values).ok();
        let told = statistics.null_count_opt();
        if nulls != told {
            let number = |count: Option<u64>| count.map_or("no number".to_owned(), |count| count.to_string());
            return Some(format!("its statistics count {} nulls, the rows have {}", number(told), number(nulls)));
        }
        let (least, greatest) = (statistics.min_bytes_opt(), statistics.max_bytes_opt());
        match &self.extremes {
            None if least.is_none() && greatest.is_none() => None,
            None => Some("its statistics have values, and no row has one".to_owned()),
            Some((min, _)) if !least.is_some_and(|told| agrees(min, told, statistics.min_is_exact(), false)) => {
                Some("its statistics give another smallest value than the rows".to_owned())
            }
            Some((_, max)) if !greatest.is_some_and(|told| agrees(max, told, statistics.max_is_exact(), true)) => {
                Some("its statistics give another largest value than the rows".to_owned())
            }
            Some(_) => None,
        }
    }
}

fn compare(a: &Scalar, b: &Scalar) -> Ordering {
    match (a, b) {
        (Scalar::Boolean(a), Scalar::Boolean(b)) => a.cmp(b),
        (Scalar::Int(a), Scalar::Int(b)) => a.cmp(b),
        (Scalar::UInt(a), Scalar::UInt(b)) => a.cmp(b),
        (Scalar::Float(a), Scalar::Float(b)) => a.total_cmp(b),
        (Scalar::Text(a), Scalar::Text(b)) => a.cmp(b),
        _ => Ordering::Equal,
    }
}

/// Whether statistics that hold the bytes `told` are right about an extreme. A long text is cut
/// there, and then only bounds what it stands for, from above (`upper`) or below.
fn agrees(extreme: &Scalar, told: &[u8], exact: bool, upper: bool) -> bool {
    match extreme {
        Scalar::Boolean(value) => told == [u8::from(*value)],
        Scalar::Int(value) => match told.len() {
            4 => told.try_into().is_ok_and(|told| i64::from(i32::from_le_bytes(told)) == *value),
            _ => told == value.to_le_bytes(),
        },
        Scalar::UInt(value) => told == value.to_le_bytes(),
        // A zero is written with the sign that bounds both.
        #[expect(clippy::float_cmp, reason = "the very same double is asked for, and both zeros are one")]
        Scalar::Float(value) => told.try_into().is_ok_and(|told| f64::from_le_bytes(told) == *value),
        Scalar::Text(text) if exact => told == text,
        Scalar::Text(text) if upper => told > text.as_slice(),
        Scalar::Text(text) => text.starts_with(told),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_and_what_is_told_of_them() {
        assert!(agrees(&Scalar::Int(-2), &(-2_i64).to_le_bytes(), true, false));
        assert!(agrees(&Scalar::Int(-2), &(-2_i32).to_le_bytes(), true, false));
        assert!(!agrees(&Scalar::Int(-2), &2_i64.to_le_bytes(), true, false));
        assert!(agrees(&Scalar::Float(0.0), &(-0.0_f64).to_le_bytes(), true, false));
        assert!(!agrees(&Scalar::Float(0.5), &1.5_f64.to_le_bytes(), true, true));
        let long = Scalar::Text(b"abcd".to_vec());
        assert!(agrees(&long, b"abcd", true, true) && !agrees(&long, b"abc", true, false));
        assert!(agrees(&long, b"abc", false, false) && !agrees(&long, b"abd", false, false));
        assert!(agrees(&long, b"abd", false, true) && !agrees(&long, b"abc", false, true));
    }

    #[test]
    fn a_new_extreme_takes_the_place_of_the_old() {
        let mut leaf = Leaf::default();
        for text in ["m", "z", "a", "k"] {
            leaf.widen_text(text.as_bytes());
        }
        assert_eq!(leaf.extremes, Some((Scalar::Text(b"a".to_vec()), Scalar::Text(b"z".to_vec()))));
        let mut leaf = Leaf::default();
        for value in [0.5, f64::NAN, -1.0] {
            leaf.widen(Scalar::Float(value));
        }
        assert_eq!(leaf.extremes, Some((Scalar::Float(-1.0), Scalar::Float(0.5))));
    }
}
