//! `pressmark log`: the releases of a dataset, one per line.

use std::io::Write as _;

use crate::Error;
use crate::digest::Digest;
use crate::history::{Chain, HistoryEntry, ReleaseSummary, log};
use crate::record::Fingerprint;
use crate::release::{Previous, Release};
use crate::text::printable;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::cli::args::{Format, LogArguments};
use crate::cli::outcome::{Outcome, pretty, written};
use crate::cli::paint::{BOLD, BOLD_RED, DIM, bytes, count, counted};
use crate::cli::{locate, terminal};

pub(crate) fn run(arguments: &LogArguments) -> Result<Outcome, Error> {
    let dataset = match &arguments.dataset {
        Some(dataset) => dataset.clone(),
        None => locate::around()?,
    };
    let entries = log(&dataset)?;
    let outcome = if entries.iter().any(HistoryEntry::is_broken) { Outcome::No } else { Outcome::Yes };
    match arguments.format {
        Format::Human => terminal::print(&human(&entries), outcome),
        Format::Json => written(anstream::stdout().lock().write_all(json(&entries).as_bytes()), outcome),
    }
}

/// The heading of each cell.
const HEADINGS: [&str; CELLS] = ["version", "released", "records", "change", "size", "fingerprint"];

fn human(entries: &[HistoryEntry]) -> String {
    let rows: Vec<Vec<String>> = entries.iter().map(cells).collect();
    let longest = |cell: usize| rows.iter().filter_map(|row| row.get(cell)).map(|cell| cell.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..CELLS).map(|cell| longest(cell).max(HEADINGS[cell].len())).collect();
    let mut text = format!("{DIM}{:width$}", HEADINGS[0], width = widths[0]);
    for (heading, width) in HEADINGS[1..].iter().zip(&widths[1..]) {
        text.push_str(&format!("  {heading:>width$}"));
    }
    text.push_str(&format!("  parts{DIM:#}\n"));
    for (entry, row) in entries.iter().zip(&rows) {
        let version = &row[0];
        text.push_str(&format!("{BOLD}{version:width$}{BOLD:#}", width = widths[0]));
        for (cell, width) in row[1..].iter().zip(&widths[1..]) {
            text.push_str(&format!("  {cell:>width$}"));
        }
        text.push_str(&note(entry));
    }
    text
}

/// The number of cells in the line of a release.
const CELLS: usize = 6;

/// Version, date, records, growth, size and fingerprint; only the version if the release cannot be read.
fn cells(entry: &HistoryEntry) -> Vec<String> {
    let mut cells = vec![entry.version.to_string()];
    if let Ok(ReleaseSummary { release, standing }) = &entry.told {
        let manifest = release.manifest();
        cells.extend([
            manifest.released.to_string(),
            count(manifest.records()),
            standing.growth.map(|change| growth(change, standing.has_same_records)).unwrap_or_default(),
            bytes(size(release)),
            manifest.fingerprint.short(),
        ]);
    }
    cells
}

/// The text after the cells and below them.
fn note(entry: &HistoryEntry) -> String {
    let ReleaseSummary { release, standing } = match &entry.told {
        Ok(told) => told,
        Err(error) => return format!("  {BOLD_RED}unreadable:{BOLD_RED:#} {}\n", printable(&error.with_causes())),
    };
    let parts = count(release.manifest().parts.len() as u64);
    let rejected = match release.manifest().rejected.values().sum() {
        0 => String::new(),
        rejected => format!("; {} rejected", counted(rejected, "article")),
    };
    let reused = match standing.reused {
        0 => String::new(),
        reused => format!(", {} reused", count(reused as u64)),
    };
    let chain = match &standing.chain {
        Chain::First | Chain::Intact => String::new(),
        Chain::Missing(previous) => format!("  {DIM}follows {}, which is missing{DIM:#}\n", previous.version),
        Chain::Broken { previous, found } => {
            let was = format!("the manifest was {}", previous.manifest_sha256);
            let is = found.map_or("cannot be read".to_owned(), |found| format!("is now {found}"));
            let version = &previous.version;
            format!("  {BOLD_RED}broken chain:{BOLD_RED:#} it was built on a different {version}: {was} and {is}\n")
        }
    };
    format!("  {DIM}{parts}{reused}{rejected}{DIM:#}\n{chain}")
}

/// A change of a count with its sign. `=` means the same records, `±0` as many other ones.
fn growth(change: i128, has_same_records: bool) -> String {
    let number = count(u64::try_from(change.unsigned_abs()).unwrap_or(u64::MAX));
    match change.signum() {
        0 if has_same_records => "=".to_owned(),
        0 => "±0".to_owned(),
        1 => format!("+{number}"),
        _ => format!("-{number}"),
    }
}

/// The size of a release's parts in bytes.
fn size(release: &Release) -> u64 {
    release.manifest().parts.iter().map(|part| part.bytes).sum()
}

/// A release as JSON (`schema/log-report.schema.json`).
#[derive(Serialize)]
struct Listed {
    version: String,
    release: String,
    error: Option<String>,
    manifest: Option<ListedManifest>,
}

#[derive(Serialize)]
struct ListedManifest {
    sha256: Digest,
    released: String,
    fingerprint: Fingerprint,
    records: u64,
    growth: Option<i64>,
    bytes: u64,
    parts: usize,
    reused: usize,
    previous: Option<Previous>,
    chain: &'static str,
}

fn json(entries: &[HistoryEntry]) -> String {
    let releases: Vec<Listed> = entries
        .iter()
        .map(|entry| Listed {
            version: entry.version.to_string(),
            release: entry.folder.display().to_string(),
            error: entry.told.as_ref().err().map(Error::with_causes),
            manifest: entry.told.as_ref().ok().map(listed),
        })
        .collect();
    let intact = !entries.iter().any(HistoryEntry::is_broken);
    pretty(&serde_json::json!({ "format": "pressmark-log/1", "intact": intact, "releases": releases }))
}

fn listed(told: &ReleaseSummary) -> ListedManifest {
    let ReleaseSummary { release, standing } = told;
    let manifest = release.manifest();
    ListedManifest {
        sha256: release.manifest_sha256(),
        released: manifest.released.to_string(),
        fingerprint: manifest.fingerprint,
        records: manifest.records(),
        growth: standing.growth.and_then(|growth| i64::try_from(growth).ok()),
        bytes: size(release),
        parts: manifest.parts.len(),
        reused: standing.reused,
        previous: manifest.previous.clone(),
        chain: match standing.chain {
            Chain::First => "first",
            Chain::Intact => "intact",
            Chain::Missing(_) => "missing",
            Chain::Broken { .. } => "broken",
        },
    }
}
