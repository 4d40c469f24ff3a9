//! [`Undeclared`]: counts the members that records keep in `_extra`, by name.
//!
//! A source that fits in part loses nothing, but a title that is called `headline` then has no column. The
//! counts show such members. Members of nested objects are not counted.

use std::collections::BTreeMap;

use crate::json::{self, Value};
use crate::record::{Cell, Record};
use crate::schema::{Columns, EXTRA};
use crate::text::one_line;

/// The most names that are counted separately. They come from the data.
const NAMES: usize = 1000;
/// The most characters of a name that are kept.
const NAME: usize = 100;

/// Names of members that no column declares, and how many records have them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Undeclared {
    /// The names that occurred first, each with its number of records.
    pub names: BTreeMap<String, u64>,
    /// How often other names occurred.
    pub others: u64,
}

impl Undeclared {
    /// Counts the undeclared members of a record.
    pub(crate) fn count_record(&mut self, columns: &Columns, record: &Record<'_>) {
        let Some(Cell::Json(text)) = columns.position(EXTRA).map(|place| &record.cells()[place]) else { return };
        if let Ok(Value::Object(members)) = json::parse(text.as_bytes()) {
            members.iter().for_each(|(name, _)| self.count(&one_line(name, NAME), 1));
        }
    }

    /// Adds the counts of later records.
    pub(crate) fn add(&mut self, other: &Self) {
        self.others += other.others;
        other.names.iter().for_each(|(name, times)| self.count(name, *times));
    }

    fn count(&mut self, name: &str, times: u64) {
        if let Some(known) = self.names.get_mut(name) {
            *known += times;
        } else if self.names.len() < NAMES {
            self.names.insert(name.to_owned(), times);
        } else {
            self.others += times;
        }
    }
}
