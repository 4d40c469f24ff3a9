//! Finding the rows that have one of some keys, reading as little as can be.
//!
//! A part is passed over by its first and last record where the key orders the records, a row
//! group by its statistics and bloom filter; in what is left the key column alone is read.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use serde_json::Value;

use super::Part;
use crate::error::Error;
use crate::part_files::{ParquetFile, PartError};
use crate::record::{Cell, Order, Projection, key_text};
use crate::schema::{Columns, Kind};

/// The keys that are looked for.
#[derive(Debug)]
pub(crate) struct Lookup {
    /// As texts and as values; texts that no value of the column has are left out.
    keys: BTreeMap<String, Cell<'static>>,
    /// The key's column.
    name: String,
    place: usize,
    projection: Projection,
    /// Whether the records are ordered by their keys before anything else.
    ordered: bool,
}

impl Lookup {
    pub(crate) fn new(columns: &Columns, order: &Order, keys: &BTreeSet<String>) -> Self {
        let place = order.key();
        let column = columns.at(place);
        let typed = keys.iter().filter_map(|key| Some((key.clone(), value(&column.kind, key)?)));
        let projection = Projection::named(columns, &[&column.name]).expect("the name is that of a column");
        Self {
            keys: typed.collect(),
            name: column.name.clone(),
            place,
            projection,
            ordered: order.places().first() == Some(&place),
        }
    }

    /// Whether a part can have one of the keys, as far as the manifest tells.
    pub(crate) fn may_be_in(&self, part: &Part) -> bool {
        let bound = |members: &serde_json::Map<String, Value>| match members.get(&self.name) {
            Some(Value::String(text)) => Some(Cell::String(Cow::Owned(text.clone()))),
            Some(Value::Number(number)) => {
                number.as_i64().map(Cell::Int64).or_else(|| number.as_u64().map(Cell::UInt64))
            }
            _ => None,
        };
        match (bound(&part.first), bound(&part.last)) {
            (Some(first), Some(last)) if self.ordered => {
                self.keys.values().any(|key| !is_less(key, &first) && !is_less(&last, key))
            }
            _ => !self.keys.is_empty(),
        }
    }

    /// Those of the keys that records in the parts of a release have; the parts lie in `folder` and
    /// have these columns.
    pub(crate) fn found(&self, folder: &Path, parts: &[Part], columns: &Columns) -> Result<BTreeSet<String>, Error> {
        let mut found = Vec::new();
        for (place, part) in parts.iter().enumerate().filter(|(_, part)| self.may_be_in(part)) {
            let path = folder.join(part.path(place));
            let file = ParquetFile::part(&path, columns).map_err(|error| error.at(&path))?;
            for group in 0..file.groups() {
                self.rows(&file, &file.group(group), &mut found).map_err(|error| error.at(&path))?;
            }
        }
        Ok(found.into_iter().collect())
    }

    /// Those rows of one row group that have one of the keys, which are added to `found`.
    pub(crate) fn rows(
        &self,
        part: &ParquetFile,
        within: &Range<u32>,
        found: &mut Vec<String>,
    ) -> Result<Vec<Range<u32>>, PartError> {
        let mut rows = Vec::new();
        let mut possible = false;
        for key in self.keys.values() {
            possible = possible || part.may_hold(part.group_of(within.start), self.place, key)?;
        }
        if !possible {
            return Ok(rows);
        }
        let mut row = within.start;
        for batch in part.read(self.projection.places(), Some(std::slice::from_ref(within)))? {
            let batch = batch?;
            let keys = self.projection.select(&batch);
            let keys = keys.ok_or_else(|| PartError::Columns("a batch has other columns than the part".into()))?;
            for at in 0..keys.len() {
                let record = keys.record(at);
                let key = key_text(&record.cells()[0]).filter(|key| self.keys.contains_key(key.as_ref()));
                if let Some(key) = key {
                    rows.push(row..row + 1);
                    found.push(key.into_owned());
                }
                row += 1;
            }
        }
        Ok(rows)
    }
}

/// The value of a key column whose text is `key`.
fn value(kind: &Kind, key: &str) -> Option<Cell<'static>> {
    let cell = match kind {
        Kind::String => Cell::String(Cow::Owned(key.to_owned())),
        Kind::Int64 => Cell::Int64(key.parse().ok()?),
        Kind::UInt64 => Cell::UInt64(key.parse().ok()?),
        _ => return None,
    };
    // `+1` and `01` are numbers and no key's text.
    (key_text(&cell).as_deref() == Some(key)).then_some(cell)
}

/// Whether one key comes before another in the order of the records.
fn is_less(a: &Cell<'_>, b: &Cell<'_>) -> bool {
    let number = |cell: &Cell<'_>| match cell {
        Cell::Int64(number) => Some(i128::from(*number)),
        Cell::UInt64(number) => Some(i128::from(*number)),
        _ => None,
    };
    match (a, b) {
        (Cell::String(a), Cell::String(b)) => a.as_bytes() < b.as_bytes(),
        _ => number(a).zip(number(b)).is_some_and(|(a, b)| a < b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_values_of_their_column() {
        let text = |text: &str| Some(Cell::String(Cow::Owned(text.to_owned())));
        assert_eq!(value(&Kind::String, "01"), text("01"));
        assert_eq!(value(&Kind::Int64, "-1"), Some(Cell::Int64(-1)));
        assert_eq!(value(&Kind::UInt64, "18446744073709551615"), Some(Cell::UInt64(u64::MAX)));
        for no_key in ["", "01", "+1", "-0", "1.0", "a", "9223372036854775808"] {
            assert_eq!(value(&Kind::Int64, no_key), None, "{no_key}");
        }
    }

    #[test]
    fn keys_compare_as_records_do() {
        let text = |text: &'static str| Cell::String(Cow::Borrowed(text));
        assert!(is_less(&text("Z"), &text("a")) && is_less(&text("z"), &text("é")));
        assert!(is_less(&Cell::Int64(-1), &Cell::UInt64(u64::MAX)) && !is_less(&Cell::Int64(2), &Cell::Int64(2)));
    }
}
