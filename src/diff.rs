//! `diff`: what changed between two releases, or between anybody's Parquet files with a key.
//!
//! Parts with one fingerprint are passed over unread. In the others the record hashes say which
//! rows differ (`hash_alignment`), their keys say which belong together (`matching`), and only the
//! rows of one key and two contents are compared, a column at a time (`compare`). Memory stays
//! bounded: what could grow with the data is kept as bits for each row, or in temporary files.
//! Nothing is printed, and nothing is guessed: rows whose key does not identify them are told
//! as unmatched. Whether a release is intact is for [`crate::verify`] to find out.

mod canonical_arrow;
mod chunk;
mod compare;
mod delta;
mod examples;
mod hash_alignment;
mod identical_pages;
mod input;
mod kinds;
mod markdown;
mod matching;
mod messages;
mod normalise;
mod partitioned_entries;
mod pipeline;
mod rekeyed;
mod renames;
mod report;
mod row_set;
mod rows;
mod scan;
mod schema_change;
mod text_diff;
mod warning;

use std::collections::BTreeMap;

use crate::error::Error;
use crate::progress::Progress;
use crate::record::Fingerprint;
use crate::release::Manifest;

pub use delta::{DELTA, DeltaCheck, DeltaWriter, check_delta, fingerprint};
pub use input::DiffInput;
pub use markdown::markdown;
pub use messages::{Line, described, schema_line, warning_line};
pub use report::{ColumnChange, Counts, DiffReport, Example, KeyFaults, Sample, SideFacts};
pub use rows::{Change, EachRow, RowChange};
pub use schema_change::{Keyword, SchemaChange};
pub use text_diff::Piece;
pub use warning::Warning;

use compare::both;
use pipeline::{Found, Pipeline};
use scan::{Basis, Scan};

/// How to compare.
#[derive(Debug, Clone, Default)]
pub struct DiffOptions {
    /// Columns whose changes do not count.
    pub ignore: Vec<String>,
}

/// Says what changed from `base` to `current`, and tells `progress` how far it is.
///
/// # Errors
/// A file that cannot be read, an ignored column that neither side has.
pub fn diff(
    base: &DiffInput,
    current: &DiffInput,
    options: &DiffOptions,
    progress: &dyn Progress,
) -> Result<DiffReport, Error> {
    compare_sides(base, current, options, None, progress)
}

/// Says what changed from `base` to `current`, and hands every changed record to `each`.
///
/// # Errors
/// As [`diff`], and whatever `each` refuses.
pub fn diff_rows(
    base: &DiffInput,
    current: &DiffInput,
    options: &DiffOptions,
    each: &mut EachRow<'_>,
    progress: &dyn Progress,
) -> Result<DiffReport, Error> {
    compare_sides(base, current, options, Some(each), progress)
}

fn compare_sides(
    base: &DiffInput,
    current: &DiffInput,
    options: &DiffOptions,
    each: Option<&mut EachRow<'_>>,
    progress: &dyn Progress,
) -> Result<DiffReport, Error> {
    let [picked_base, picked_current] = differing_files(base, current);
    let ((mut old, old_files), (mut new, new_files)) =
        both(|| open(base, &picked_base), || open(current, &picked_current))?;
    if old.key().len() != new.key().len() {
        return Err(Error::OtherKey { base: old.key_names(), current: new.key_names() });
    }
    let basis = if old.has_hashes() && new.has_hashes() { Basis::Canonical } else { Basis::Typed };
    old.compare_by(basis);
    new.compare_by(basis);
    let columns = pipeline::column_pairs(&old, &new, &options.ignore)?;
    let mut engine = Pipeline::new((&old, old_files), (&new, new_files), columns, each, progress);
    engine.run()?;
    let withdrawn = withdrawn(current);
    let found = engine.finish(&withdrawn)?;
    let records = [(base, &old), (current, &new)].map(|(side, table)| {
        side.records().unwrap_or_else(|| table.all_files().iter().map(|file| u64::from(table.rows_of(*file))).sum())
    });
    Ok(report((base, &old), (current, &new), records, found))
}

/// The places of the files that must be read: equal parts drop out in pairs.
fn differing_files(base: &DiffInput, current: &DiffInput) -> [Vec<usize>; 2] {
    let mut known: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, fingerprint) in base.fingerprints().enumerate() {
        if let Some(fingerprint) = fingerprint {
            known.entry(fingerprint.to_string()).or_default().push(place);
        }
    }
    let mut is_equal = vec![false; base.files.len()];
    let mut differing = Vec::new();
    for (place, fingerprint) in current.fingerprints().enumerate() {
        let text = fingerprint.as_ref().map(Fingerprint::to_string).unwrap_or_default();
        match known.get_mut(&text).and_then(Vec::pop) {
            Some(other) => is_equal[other] = true,
            None => differing.push(place),
        }
    }
    [(0..base.files.len()).filter(|place| !is_equal[*place]).collect(), differing]
}

/// The files of a side that are to be read. One is opened at least, for its columns.
fn open(side: &DiffInput, picked: &[usize]) -> Result<(Scan, Vec<usize>), Error> {
    match picked {
        [] => Ok((side.table(&[0])?, Vec::new())),
        picked => Ok((side.table(picked)?, (0..picked.len()).collect())),
    }
}

/// The records that the current release lists as taken back.
fn withdrawn(side: &DiffInput) -> BTreeMap<&str, &str> {
    let listed = side.release.iter().flat_map(|release| &release.manifest.withdrawn);
    listed.map(|record| (record.key.as_str(), record.reason.as_str())).collect()
}

fn report(base: (&DiffInput, &Scan), current: (&DiffInput, &Scan), records: [u64; 2], found: Found) -> DiffReport {
    let Found { mut counts, columns, tallies, changes, samples, keys } = found;
    let gone =
        counts.removed + counts.withdrawn + counts.changed + counts.rekeyed + counts.ignored + counts.schema_only;
    counts.same = records[0].saturating_sub(gone + counts.unmatched[0]);
    let warnings = warning::warnings(records[0], &counts, &columns, &tallies);
    let schema = schema_change::schema_changes(base, current, &columns);
    let [added, removed, withdrawn, rekeyed] = samples;
    DiffReport {
        base: facts(base, records[0]),
        current: facts(current, records[1]),
        counts,
        columns: changes,
        schema,
        added,
        removed,
        withdrawn,
        rekeyed,
        keys,
        warnings,
        repackaged: match (&base.0.release, &current.0.release) {
            (Some(base), Some(current)) => is_repackaged(&base.manifest, &current.manifest),
            _ => false,
        },
    }
}

fn facts((side, table): (&DiffInput, &Scan), records: u64) -> SideFacts {
    let manifest = side.release.as_ref().map(|release| &release.manifest);
    SideFacts {
        path: side.name.clone(),
        dataset: manifest.map(|manifest| manifest.dataset.clone()),
        version: manifest.map(|manifest| manifest.version.clone()),
        key: table.key_names(),
        records,
        fingerprint: manifest.map(|manifest| manifest.fingerprint),
    }
}

/// Whether files or descriptions differ.
fn is_repackaged(base: &Manifest, current: &Manifest) -> bool {
    let files = |manifest: &Manifest| manifest.parts.iter().map(|part| part.sha256).collect::<Vec<_>>();
    let described = |manifest: &Manifest| {
        let Manifest { title, description, license, creators, .. } = manifest.clone();
        (title, description, license, creators)
    };
    files(base) != files(current) || described(base) != described(current)
}
