//! [`Undeclared`]: the members that records keep in `_extra`, by name, and their share of the bytes.
//!
//! A mapping that fits only in part loses nothing, but a title that the source calls `headline` has no
//! column of its own. Only the first level is counted. What one record keeps is [`Kept`], which the
//! validation cache can store: the same articles give the same counts with and without it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::json::{self, Value};
use crate::record::{Cell, Record};
use crate::schema::{Columns, EXTRA};
use crate::text::one_line;

/// How many names are counted one by one, and how many of one record. The data chooses them.
const NAMES: usize = 1000;
const NAMES_OF_ONE: usize = 64;
/// How many characters of a name are kept.
const NAME: usize = 100;

/// What one record keeps in `_extra`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    names: Vec<String>,
    others: u64,
    /// The share of the article's bytes, in thousandths; of more than 20, only tens. So few articles differ.
    share: u64,
}

impl Kept {
    /// What a record keeps, whose article has this length.
    pub(super) fn of(columns: &Columns, record: &Record<'_>, length: u64) -> Self {
        let Some(Cell::Json(text)) = columns.position(EXTRA).map(|place| &record.cells()[place]) else {
            return Self::default();
        };
        let Ok(Value::Object(members)) = json::parse(text.as_bytes()) else { return Self::default() };
        let names = members.iter().take(NAMES_OF_ONE).map(|(name, _)| one_line(name, NAME));
        let share = (text.len() as u64 * 1000 + length / 2) / length.max(1);
        let share = if share > 20 { (share + 5) / 10 * 10 } else { share };
        let others = members.len().saturating_sub(NAMES_OF_ONE) as u64;
        Self { names: names.collect(), others, share }
    }

    /// About how many thousandths of bytes an article of this length gives to `_extra`.
    pub(super) fn bytes(&self, length: u64) -> u64 {
        self.share * length
    }
}

/// Names of members that no column declares, and how many records have them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Undeclared {
    /// The names that came first.
    pub names: BTreeMap<String, u64>,
    /// How often other names occur.
    pub others: u64,
    /// About how many bytes these members have.
    pub bytes: u64,
    /// The length of the articles in the inputs, in bytes.
    pub of_bytes: u64,
}

impl Undeclared {
    /// Adds the members of this many records.
    pub(super) fn add(&mut self, kept: &Kept, times: u64) {
        self.others += kept.others * times;
        for name in &kept.names {
            if let Some(known) = self.names.get_mut(name) {
                *known += times;
            } else if self.names.len() < NAMES {
                self.names.insert(name.clone(), times);
            } else {
                self.others += times;
            }
        }
    }
}
