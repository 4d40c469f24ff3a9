//! `export`: records out of a release, as canonical JSON lines or CSV, in the order of the release.
//!
//! Only the columns and row groups that are asked for are read, on several threads. What stands in
//! the release is taken as it stands; whether it is intact is for [`crate::verify`] to say.

mod lines;

use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use crate::error::Error;
use crate::ordered_pool::{Workers, ordered_pool};
use crate::part_files::{ParquetFile, PartError};
use crate::progress::{Progress, Stage};
use crate::record::{Order, Projection};
use crate::release::{Lookup, Release, check_target};
use crate::schema::{Columns, RECORD_SHA256};
use crate::storage::filesystem::{self, UNFINISHED};
use lines::Lines;

pub use lines::ExportFormat;

/// What to export.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// How records are written.
    pub format: ExportFormat,
    /// The names of the columns, `record_sha256` being one; all others if none are named.
    pub columns: Option<Vec<String>>,
    /// The keys of the records, as text; all records if none are given.
    pub keys: Option<BTreeSet<String>>,
    /// How many threads work.
    pub threads: usize,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ExportReport {
    /// How many records.
    pub records: u64,
    /// The keys that no record of the release has.
    pub missing: BTreeSet<String>,
}

/// Writes records of `release` to `out`, and tells `progress` how far it is if they are all wanted.
///
/// # Errors
/// Columns that the release does not have, parts that cannot be read, an output that cannot be
/// written, [`Error::Cancelled`].
pub fn export(
    release: &Release,
    options: &ExportOptions,
    out: &mut dyn Write,
    progress: &dyn Progress,
) -> Result<ExportReport, Error> {
    let (_schema, columns) = release.load_columns()?;
    let export = Export::new(release, &columns, options)?;
    let mut report = ExportReport { records: 0, missing: options.keys.clone().unwrap_or_default() };
    if options.keys.is_none() {
        progress.start(Stage::Write, Some(release.manifest().records()));
    }
    write(out, &export.lines.head())?;
    // One more for each end: what is read ahead is held in memory.
    ordered_pool(
        Workers { threads: options.threads, under_way: options.threads + 2 },
        |give| export.tasks(give),
        |task| export.work(&task),
        |done: Result<Done, Error>| {
            let done = done?;
            report.records += done.records;
            done.found.iter().for_each(|key| {
                report.missing.remove(key);
            });
            write(out, &done.bytes)?;
            progress.step(done.records)
        },
        || Error::Stopped,
    )?;
    out.flush().map_err(unwritable)?;
    Ok(report)
}

/// Writes records of `release` to the file `target`, which appears whole or not at all, in the
/// place of an earlier one. A device or pipe is written to as it is.
///
/// # Errors
/// Those of [`export`] and of [`check_target`].
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
    check_target(target, [])?;
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

/// One export, seen by every thread.
struct Export<'e> {
    release: &'e Release,
    columns: &'e Columns,
    lines: Lines,
    lookup: Option<Lookup>,
}

/// Some rows of one row group to export. Of a lookup, the rows that are looked through.
struct Task {
    part: Arc<ParquetFile>,
    rows: Range<u32>,
}

/// What came of a task.
struct Done {
    bytes: Vec<u8>,
    records: u64,
    found: Vec<String>,
}

impl<'e> Export<'e> {
    fn new(release: &'e Release, columns: &'e Columns, options: &ExportOptions) -> Result<Self, Error> {
        let projection = match &options.columns {
            None => Projection::all(columns),
            Some(names) => Projection::named(columns, names).map_err(|error| {
                let names = columns.iter().map(|column| column.name.as_str()).chain([RECORD_SHA256]);
                Error::Projection { message: error.to_string(), columns: names.map(str::to_owned).collect() }
            })?,
        };
        let manifest = release.manifest();
        let lookup = match &options.keys {
            None => None,
            Some(keys) => {
                let order = Order::new(columns, &manifest.order_by, &manifest.key);
                let order = order.map_err(|error| Error::NoRelease {
                    path: release.folder().to_owned(),
                    message: error.to_string(),
                })?;
                Some(Lookup::new(columns, &order, keys))
            }
        };
        Ok(Self { release, columns, lines: Lines::new(options.format, projection), lookup })
    }

    /// Gives out all slices in the order of their records, those that cannot hold a wanted record
    /// left out.
    fn tasks(&self, give: &mut dyn FnMut(Task) -> Result<(), Error>) -> Result<(), Error> {
        for (place, described) in self.release.manifest().parts.iter().enumerate() {
            if self.lookup.as_ref().is_some_and(|lookup| !lookup.may_be_in(described)) {
                continue;
            }
            let path = self.release.folder().join(described.path(place));
            let part = ParquetFile::part(&path, self.columns).map_err(|error| error.at(&path))?;
            if u64::from(part.rows()) != described.rows {
                let message = format!("the manifest says {} rows, it has {}", described.rows, part.rows());
                return Err(Error::Part { action: "read", path, message });
            }
            let part = Arc::new(part);
            let slices = match &self.lookup {
                None => part.slices(self.lines.projection().places()),
                Some(_) => (0..part.groups()).map(|group| part.group(group)).collect(),
            };
            slices.into_iter().try_for_each(|rows| give(Task { part: part.clone(), rows }))?;
        }
        Ok(())
    }

    fn work(&self, task: &Task) -> Result<Done, Error> {
        self.read(task).map_err(|error| error.at(task.part.path()))
    }

    fn read(&self, task: &Task) -> Result<Done, PartError> {
        let mut done = Done { bytes: Vec::new(), records: 0, found: Vec::new() };
        let rows = match &self.lookup {
            None => vec![task.rows.clone()],
            Some(lookup) => lookup.rows(&task.part, &task.rows, &mut done.found)?,
        };
        if rows.is_empty() {
            return Ok(done);
        }
        for batch in task.part.read(self.lines.projection().places(), Some(&rows))? {
            done.records += self.lines.write(&batch?, &mut done.bytes)?;
        }
        Ok(done)
    }
}
