//! [`Undeclared`]: the members that records keep in `_extra`, by name.
//!
//! A source that fits in part reads its text and loses nothing, and still a title that is called
//! `headline` is in no column of its own. Only the first level is looked at.

use std::collections::BTreeMap;

use crate::json::{self, Value};
use crate::record::{Cell, Record};
use crate::schema::{Columns, EXTRA};
use crate::text::one_line;

/// How many names are told apart. Data chooses them.
const NAMES: usize = 1000;
/// How much of a name is told, in characters.
const NAME: usize = 100;

/// Names of members that no column declares, and how many records have them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Undeclared {
    /// The names that came first.
    pub names: BTreeMap<String, u64>,
    /// How often others came.
    pub others: u64,
}

impl Undeclared {
    /// Counts the undeclared members of a record.
    pub(super) fn see(&mut self, columns: &Columns, record: &Record<'_>) {
        let Some(Cell::Json(text)) = columns.position(EXTRA).map(|place| &record.cells()[place]) else { return };
        if let Ok(Value::Object(members)) = json::parse(text.as_bytes()) {
            members.iter().for_each(|(name, _)| self.count(&one_line(name, NAME), 1));
        }
    }

    /// Adds what was counted of later records.
    pub(super) fn add(&mut self, other: &Self) {
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
