//! `diff`: what changed between two releases, or between any Parquet files with a key.
//!
//! Parts with equal fingerprints are skipped. In the others, record hashes show which rows differ
//! (`hash_alignment`), keys show which rows belong together (`matching`), and only rows with the same key
//! and different content are compared, one column at a time (`compare`). Memory is bounded: data that
//! grows with the number of rows is kept as one bit per row, or goes to scratch files.
//!
//! Nothing is guessed: rows whose key does not identify them are reported as unmatched. `diff` does not
//! check whether a release is intact; [`crate::verify`](mod@crate::verify) does.

mod canonical_arrow;
mod chunk;
mod compare;
mod delta;
mod entries;
mod examples;
mod hash_alignment;
mod identical_pages;
mod input;
mod kinds;
mod markdown;
mod matching;
mod messages;
mod normalise;
mod pipeline;
mod rekeyed;
mod renames;
mod report;
mod resources;
mod row_set;
mod rows;
mod scan;
mod schema_change;
mod text_diff;
mod warning;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::Error;
use crate::progress::Progress;
use crate::record::Fingerprint;
use crate::release::Manifest;

pub use delta::{DeltaCheck, DeltaWriter, check_delta, fingerprint};
pub use input::DiffInput;
pub use markdown::markdown;
pub(crate) use messages::{Line, described, schema_line, warning_line};
pub use report::{ColumnChange, Counts, DiffReport, Example, KeyFaults, Sample, SideFacts};
pub use rows::EachRow;
pub use rows::{Change, RowChange};
pub use schema_change::{Keyword, SchemaChange};
pub use text_diff::Piece;
pub use warning::Warning;

use pipeline::{Found, Pipeline};
use resources::Resources;
use scan::{Basis, Scan};

/// How to compare, and what comparing may use. Threads, memory and scratch folder do not change the
/// report.
#[derive(Debug, Clone)]
pub struct DiffOptions {
    /// Columns whose changes do not count.
    pub ignore: Vec<String>,
    /// The number of threads that compare. Fewer are used if the memory is too small for them.
    pub threads: usize,
    /// The memory for sorting and comparing rows, in bytes. Pages of Parquet files come on top of it.
    pub memory: usize,
    /// The folder for scratch files, which have no names and vanish when they are closed.
    pub scratch: PathBuf,
}

impl Default for DiffOptions {
    /// One thread per processor, 1 GiB, and the system's temporary folder.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { ignore: Vec::new(), threads, memory: 1 << 30, scratch: std::env::temp_dir() }
    }
}

/// Compares two sides and reports what changed from `base` to `current`.
///
/// ```
/// # use std::{fs::File, sync::Arc};
/// # use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
/// # use parquet::arrow::ArrowWriter;
/// use pressmark::diff::{DiffInput, DiffOptions, diff};
/// use pressmark::progress::NoProgress;
///
/// # let write = |path: &std::path::Path, ids: Vec<&str>, words: Vec<i64>| {
/// #     let ids: ArrayRef = Arc::new(StringArray::from(ids));
/// #     let words: ArrayRef = Arc::new(Int64Array::from(words));
/// #     let batch = RecordBatch::try_from_iter([("id", ids), ("words", words)]).unwrap();
/// #     let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
/// #     writer.write(&batch).unwrap();
/// #     writer.close().unwrap();
/// # };
/// # let folder = tempfile::tempdir().unwrap();
/// let (old, new) = (folder.path().join("old.parquet"), folder.path().join("new.parquet"));
/// write(&old, vec!["a", "b"], vec![120, 80]);
/// write(&new, vec!["b", "c"], vec![81, 95]);
///
/// let (base, current) = (DiffInput::open(&old, Some("id"))?, DiffInput::open(&new, Some("id"))?);
/// let report = diff(&base, &current, &DiffOptions::default(), &NoProgress)?;
/// assert_eq!((report.counts.added, report.counts.removed, report.counts.changed), (1, 1, 1));
/// assert_eq!(report.columns[0].name, "words");
/// # Ok::<(), pressmark::Error>(())
/// ```
///
/// # Errors
/// A file that cannot be read, keys with different numbers of columns, or an ignored column that
/// neither side has.
pub fn diff(
    base: &DiffInput,
    current: &DiffInput,
    options: &DiffOptions,
    progress: &dyn Progress,
) -> Result<DiffReport, Error> {
    compare_sides(base, current, options, None, progress)
}

/// Like [`diff`], and passes every changed record to `each`.
///
/// # Errors
/// As [`diff`], and any error of `each`.
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
    let resources = Resources::new(options);
    let [picked_base, picked_current] = differing_files(base, current);
    let by_manifests = picked_base.is_empty() && picked_current.is_empty();
    let ((mut old, old_files), (mut new, new_files)) =
        resources.both(|| open(base, &picked_base), || open(current, &picked_current))?;
    if old.key().len() != new.key().len() {
        return Err(Error::OtherKey { base: old.key_names(), current: new.key_names() });
    }
    let basis = if old.has_hashes() && new.has_hashes() { Basis::Canonical } else { Basis::Typed };
    old.compare_by(basis);
    new.compare_by(basis);
    let columns = pipeline::column_pairs(&old, &new, &options.ignore)?;
    let mut pipeline = Pipeline::new((&old, old_files), (&new, new_files), columns, each, (resources, progress));
    pipeline.run()?;
    let listed = current.withdrawn()?;
    let withdrawn = listed.iter().map(|record| (record.key.as_str(), record.reason.as_str())).collect();
    let found = pipeline.finish(&withdrawn)?;
    let records = [(base, &old), (current, &new)].map(|(side, table)| {
        side.records().unwrap_or_else(|| table.all_files().iter().map(|file| u64::from(table.rows_of(*file))).sum())
    });
    Ok(DiffReport { by_manifests, ..report((base, &old), (current, &new), records, found) })
}

/// The indices of the files that must be read. Pairs of equal parts are left out.
fn differing_files(base: &DiffInput, current: &DiffInput) -> [Vec<usize>; 2] {
    let mut by_fingerprint: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, fingerprint) in base.fingerprints().enumerate() {
        if let Some(fingerprint) = fingerprint {
            by_fingerprint.entry(fingerprint.to_string()).or_default().push(index);
        }
    }
    let mut is_equal = vec![false; base.files.len()];
    let mut differing = Vec::new();
    for (index, fingerprint) in current.fingerprints().enumerate() {
        let text = fingerprint.as_ref().map(Fingerprint::to_string).unwrap_or_default();
        match by_fingerprint.get_mut(&text).and_then(Vec::pop) {
            Some(other) => is_equal[other] = true,
            None => differing.push(index),
        }
    }
    [(0..base.files.len()).filter(|index| !is_equal[*index]).collect(), differing]
}

/// Opens the files of a side that must be read, and at least one, for its columns.
fn open(side: &DiffInput, picked: &[usize]) -> Result<(Scan, Vec<usize>), Error> {
    match picked {
        [] => Ok((side.table(&[0])?, Vec::new())),
        picked => Ok((side.table(picked)?, (0..picked.len()).collect())),
    }
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
        by_manifests: false,
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

/// Whether files or metadata differ.
fn is_repackaged(base: &Manifest, current: &Manifest) -> bool {
    let files = |manifest: &Manifest| manifest.parts.iter().map(|part| part.sha256).collect::<Vec<_>>();
    base.format() != current.format() || files(base) != files(current) || base.about != current.about
}
