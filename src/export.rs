//! `export`: writes records of a release as canonical JSON lines or CSV, in the order of the release.
//!
//! It reads only what the export needs, on several threads. It does not check whether the release is intact;
//! [`crate::verify`](mod@crate::verify) does.

mod lines;

use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::ordered_pool::{Workers, ordered_pool};
use crate::progress::{Progress, Stage};
use crate::release::{Key, Release, Scan, ScanPart, check_target};
use crate::storage::filesystem::{self, UNFINISHED};
use lines::Lines;

pub use lines::ExportFormat;

/// What to export.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// The format of the records.
    pub format: ExportFormat,
    /// The names of the columns, in order. `record_sha256` is one of them. `None` exports all other columns.
    pub columns: Option<Vec<String>>,
    /// The keys of the records, as text. `None` exports all records.
    pub keys: Option<BTreeSet<String>>,
    /// The number of threads.
    pub threads: usize,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ExportReport {
    /// The number of records.
    pub records: u64,
    /// The keys that no record of the release has.
    pub missing: BTreeSet<String>,
}

/// Writes records of `release` to `out`, and reports to `progress` if all records are exported.
///
/// # Errors
/// [`Error::Projection`] for columns that the release does not have, those of [`Release::scan`],
/// [`Error::Part`] for parts that cannot be read, and [`Error::Io`] if `out` cannot be written.
/// [`Error::Cancelled`] if `progress` cancels.
pub fn export(
    release: &Release,
    options: &ExportOptions,
    out: &mut dyn Write,
    progress: &dyn Progress,
) -> Result<ExportReport, Error> {
    let scan = scan(release, options)?;
    let lines = Lines::new(options.format, scan.projection().clone());
    let mut report = ExportReport { records: 0, missing: options.keys.clone().unwrap_or_default() };
    if options.keys.is_none() {
        progress.start(Stage::Write, Some(release.manifest().records()));
    }
    write(out, &lines.head())?;
    ordered_pool(
        // Results that wait for an earlier one are in memory.
        Workers { threads: options.threads, under_way: options.threads + 2 },
        |give| scan.split().iter().try_for_each(|part| part.slices()?.into_iter().try_for_each(&mut *give)),
        |slice| export_slice(&slice, &lines),
        |exported: Result<Exported, Error>| {
            let exported = exported?;
            report.records += exported.records;
            exported.keys.iter().for_each(|key| {
                report.missing.remove(&key.to_string());
            });
            write(out, &exported.bytes)?;
            progress.step(exported.records)
        },
        || Error::Stopped,
    )?;
    out.flush().map_err(unwritable)?;
    Ok(report)
}

fn scan(release: &Release, options: &ExportOptions) -> Result<Scan, Error> {
    let scan = release.scan()?;
    let all = || scan.all_columns().iter().map(|column| column.name.clone()).collect();
    let names = options.columns.clone().unwrap_or_else(all);
    let scan = scan.columns(names)?;
    match &options.keys {
        Some(keys) => {
            let keys: Vec<Key> = keys.iter().filter_map(|key| scan.parse_key(key)).collect();
            scan.keys(keys)
        }
        None => Ok(scan),
    }
}

/// The lines of a slice.
struct Exported {
    bytes: Vec<u8>,
    records: u64,
    /// Those of the keys that were found.
    keys: Vec<Key>,
}

fn export_slice(slice: &ScanPart, lines: &Lines) -> Result<Exported, Error> {
    let (mut bytes, mut records) = (Vec::new(), 0);
    let mut batches = slice.batches()?;
    for batch in &mut batches {
        records += lines.write(&batch?, &mut bytes);
    }
    Ok(Exported { bytes, records, keys: batches.keys().to_vec() })
}

/// Writes records of `release` to the file `target`, which appears whole or not at all and replaces an
/// earlier one. A device or pipe is written directly.
///
/// # Errors
/// Those of [`export`] and of `check_target`.
pub fn export_to_file(
    release: &Release,
    options: &ExportOptions,
    target: &Path,
    progress: &dyn Progress,
) -> Result<ExportReport, Error> {
    if target.exists() && !target.is_file() && !target.is_dir() {
        return export(release, options, &mut filesystem::open_device(target)?, progress);
    }
    let target = &filesystem::behind_links(target)?;
    check_target(target, release.dataset_inputs()?.iter().map(PathBuf::as_path))?;
    let (staged, file) = filesystem::stage_file(filesystem::folder_of(target), UNFINISHED)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let report = export(release, options, &mut out, progress)?;
    let file = out.into_inner().map_err(|error| unwritable(error.into_error()))?;
    filesystem::publish_file((staged, file), target)?;
    Ok(report)
}

fn write(out: &mut dyn Write, bytes: &[u8]) -> Result<(), Error> {
    out.write_all(bytes).map_err(unwritable)
}

fn unwritable(source: std::io::Error) -> Error {
    Error::Io { action: "write to", path: "the output".into(), source }
}
