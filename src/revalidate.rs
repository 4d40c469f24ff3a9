//! Judging the records of a release by another schema: how many of them it would reject, and why.
//!
//! The release is read as it is and taken at its word; proving it is for [`crate::verify`](mod@crate::verify).

use std::collections::BTreeMap;
use std::path::Path;

use crate::code::Code;
use crate::error::Error;
use crate::record::{Nulls, Record, Rows, admit, to_json};
use crate::release::Release;
use crate::schema::{Columns, Extra, Schema, Violation};

/// What another schema makes of a release.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RevalidateReport {
    /// How many records were judged.
    pub records: u64,
    /// How many of them would be rejected.
    pub rejected: u64,
    /// Under which code and rule, by the first violation of each; the most frequent first.
    pub causes: Vec<RevalidateCause>,
}

/// Records that would be rejected for one reason.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RevalidateCause {
    /// The code.
    pub code: Code,
    /// JSON Pointer to the rule within the schema.
    pub schema: String,
    /// How many records.
    pub records: u64,
}

/// Judges every record of the release in `folder` by `schema`.
///
/// # Errors
/// A folder that is no release, or a part that cannot be read.
pub fn revalidate(folder: &Path, schema: &Schema, extra: Extra) -> Result<RevalidateReport, Error> {
    let release = Release::open(folder)?;
    let scan = release.scan()?;
    let own = scan.all_columns().clone();
    let mut causes: BTreeMap<(Code, String), u64> = BTreeMap::new();
    let mut records = 0;
    for part in scan.split() {
        for batch in part.batches()? {
            let batch = batch?;
            let rows = Rows::new(&own, &batch).ok_or_else(|| part.unreadable("its columns change"))?;
            for row in 0..rows.len() {
                records += 1;
                let validated = validate(&own, &rows.record(row), schema, extra);
                let violations = validated.ok_or_else(|| part.unreadable("a JSON column does not hold JSON"))?;
                if let Some(violation) = violations.into_iter().next() {
                    *causes.entry((violation.code, violation.schema)).or_default() += 1;
                }
            }
        }
    }
    let mut causes: Vec<RevalidateCause> =
        causes.into_iter().map(|((code, schema), records)| RevalidateCause { code, schema, records }).collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.records));
    Ok(RevalidateReport { records, rejected: causes.iter().map(|cause| cause.records).sum(), causes })
}

/// The violations of a record: none if it has none in one way to write its nulls, else those of
/// the way that has the fewest. `None` if the record cannot be read as an article.
fn validate(own: &Columns, record: &Record<'_>, schema: &Schema, extra: Extra) -> Option<Vec<Violation>> {
    let mut fewest: Option<Vec<Violation>> = None;
    for nulls in [Nulls::Missing, Nulls::Written] {
        let article = to_json(own, record, nulls).ok()?;
        let mut violations = schema.validate(&article);
        if violations.is_empty() {
            match admit(schema.columns(), extra, &article) {
                Ok(_) => return Some(Vec::new()),
                Err(found) => violations = found,
            }
        }
        if fewest.as_ref().is_none_or(|before| violations.len() < before.len()) {
            fewest = Some(violations);
        }
    }
    fewest
}
