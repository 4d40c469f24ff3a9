//! Validates the records of a release against another schema: how many it would reject, and why.
//!
//! The release is read as it is and not checked for damage; [`crate::verify`](mod@crate::verify) does that.

use std::collections::BTreeMap;
use std::path::Path;

use crate::code::Code;
use crate::error::Error;
use crate::progress::{Progress, Stage};
use crate::record::{Nulls, Record, Rows, admit, to_json};
use crate::release::Release;
use crate::schema::{Columns, Extra, Schema, Violation};

/// The result of validating a release against another schema.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RevalidateReport {
    /// How many records were validated.
    pub records: u64,
    /// How many of them would be rejected.
    pub rejected: u64,
    /// Why, by the code and rule of the first violation of each record; the most frequent first.
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

/// Validates every record of the release in `folder` against `schema`.
///
/// # Errors
/// A folder that is not a release, a part that cannot be read, or [`Error::Cancelled`].
pub fn revalidate(
    folder: &Path,
    schema: &Schema,
    extra: Extra,
    progress: &dyn Progress,
) -> Result<RevalidateReport, Error> {
    let release = Release::open(folder)?;
    let scan = release.scan()?;
    let own = scan.all_columns().clone();
    let mut causes: BTreeMap<(Code, String), u64> = BTreeMap::new();
    let mut records = 0;
    progress.start(Stage::Verify, Some(release.manifest().parts.iter().map(|part| part.bytes).sum()));
    for (part, described) in scan.split().into_iter().zip(&release.manifest().parts) {
        for batch in part.batches()? {
            progress.step(0)?;
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
        progress.step(described.bytes)?;
    }
    let mut causes: Vec<RevalidateCause> =
        causes.into_iter().map(|((code, schema), records)| RevalidateCause { code, schema, records }).collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.records));
    Ok(RevalidateReport { records, rejected: causes.iter().map(|cause| cause.records).sum(), causes })
}

/// The violations of a record. Its nulls may be left out or written, and the way with fewer violations
/// counts. `None` if the record cannot be read as an article.
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
