//! Warnings: if nearly everything changed, the cause that may explain it.

use serde::Serialize;

use super::compare::{ColumnPair, Tally};
use super::report::Counts;

/// With fewer records than this, there are no warnings.
const FEW: u64 = 10;
/// A second, in nanoseconds.
const SECOND: i128 = 1_000_000_000;

/// What to look at first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "warning", rename_all = "kebab-case")]
pub enum Warning {
    /// Nearly all records have a new key and the same content.
    KeyRecipe {
        /// The number of records.
        records: u64,
    },
    /// Neither keys nor content of the base are on the current side.
    OtherKeys,
    /// Nearly all records changed, and only in white space or Unicode forms.
    Normalisation {
        /// The number of records.
        records: u64,
    },
    /// The timestamps of a column moved by the same amount in nearly all records.
    TimeShift {
        /// The column.
        column: String,
        /// By how much, in seconds.
        seconds: i64,
        /// The number of records.
        records: u64,
    },
    /// Nearly all records changed, and only in one column.
    OneColumn {
        /// The column.
        column: String,
        /// The number of records.
        records: u64,
    },
    /// Nearly all records changed, and no cause is known.
    NearlyEverything {
        /// The number of records.
        records: u64,
    },
}

/// Finds the warnings that apply.
pub(super) fn warnings(base: u64, counts: &Counts, columns: &[ColumnPair], tallies: &[Tally]) -> Vec<Warning> {
    let most = |number: u64| base >= FEW && number.saturating_mul(5) >= base.saturating_mul(4);
    let mut found = Vec::new();
    if most(counts.rekeyed) {
        found.push(Warning::KeyRecipe { records: counts.rekeyed });
    } else if most(counts.removed) && counts.added > 0 {
        found.push(Warning::OtherKeys);
    }
    for (column, tally) in columns.iter().zip(tallies) {
        // A time zone is a whole number of seconds.
        let is_zone = |(shift, records): &(i128, u64)| most(*records) && shift % SECOND == 0 && *shift != 0;
        if let Some((shift, records)) = tally.shifts.most().filter(is_zone)
            && let Ok(seconds) = i64::try_from(shift / SECOND)
        {
            found.push(Warning::TimeShift { column: column.name.clone(), seconds, records });
        }
    }
    if most(counts.formatting) {
        found.push(Warning::Normalisation { records: counts.formatting });
    }
    let alone = columns.iter().zip(tallies).find(|(_, tally)| most(tally.alone));
    if let (Some((column, tally)), true) = (alone, found.is_empty()) {
        found.push(Warning::OneColumn { column: column.name.clone(), records: tally.alone });
    }
    if found.is_empty() && most(counts.changed) {
        found.push(Warning::NearlyEverything { records: counts.changed });
    }
    found
}
