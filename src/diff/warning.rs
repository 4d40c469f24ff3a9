//! Warnings: when nearly everything changed, the one cause that may explain it.

use serde::Serialize;

use super::compare::{ColumnPair, Tally};
use super::report::Counts;

/// Below so many records nothing counts as nearly everything.
const FEW: u64 = 10;
/// A second, in nanoseconds.
const SECOND: i128 = 1_000_000_000;

/// What a person should look at first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "warning", rename_all = "kebab-case")]
pub enum Warning {
    /// Nearly all records have a new key and their old content.
    KeyRecipe {
        /// How many.
        records: u64,
    },
    /// Nearly no key of the base occurs on the current side, and nothing else matches either.
    OtherKeys,
    /// Nearly all records changed, and only in white space or Unicode forms.
    Normalisation {
        /// How many.
        records: u64,
    },
    /// The instants of a column moved by the same time in nearly all records.
    TimeShift {
        /// The column.
        column: String,
        /// By how many seconds.
        seconds: i64,
        /// In how many records.
        records: u64,
    },
    /// Nearly all records changed, and only in one column.
    OneColumn {
        /// The column.
        column: String,
        /// In how many records.
        records: u64,
    },
    /// Nearly all records changed, and no cause is known.
    NearlyEverything {
        /// How many.
        records: u64,
    },
}

/// Looks for the causes.
pub(super) fn warnings(base: u64, counts: &Counts, columns: &[ColumnPair], tallies: &[Tally]) -> Vec<Warning> {
    let most = |number: u64| base >= FEW && number.saturating_mul(5) >= base.saturating_mul(4);
    let mut found = Vec::new();
    if most(counts.rekeyed) {
        found.push(Warning::KeyRecipe { records: counts.rekeyed });
    } else if most(counts.removed) && counts.added > 0 {
        found.push(Warning::OtherKeys);
    }
    for (column, tally) in columns.iter().zip(tallies) {
        // Less than a second is no time zone.
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
