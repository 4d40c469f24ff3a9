//! `pressmark show`: what a release holds and how to query it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use crate::Error;
use crate::metadata::{Document, Metadata};
use crate::release::{InputTotals, Manifest, Release};
use crate::text::{one_line, printable, printable_json};

use crate::cli::args::{ShowArguments, ShowFormat};
use crate::cli::locate;
use crate::cli::outcome::{Outcome, written};
use crate::cli::paint::{BOLD, DIM, bytes, count, counted};
use crate::cli::terminal::{self, command, word};

pub(crate) fn run(arguments: &ShowArguments) -> Result<Outcome, Error> {
    let folder = locate::release(arguments.release.as_deref())?;
    let text = match arguments.format {
        ShowFormat::Human => return terminal::print(&release(&folder, Detail::Columns)?, Outcome::Yes),
        ShowFormat::Json => {
            let release = Release::open(&folder)?;
            printable_json(&String::from_utf8_lossy(&release.manifest().to_bytes()))
        }
        ShowFormat::Card => document(&folder, Document::Card)?,
        ShowFormat::Citation => document(&folder, Document::Citation)?,
        ShowFormat::Croissant => document(&folder, Document::Croissant)?,
        ShowFormat::Datapackage => document(&folder, Document::DataPackage)?,
        ShowFormat::Zenodo => document(&folder, Document::Zenodo)?,
        ShowFormat::Datacite => document(&folder, Document::DataCite)?,
        ShowFormat::RoCrate => document(&folder, Document::RoCrate)?,
    };
    written(anstream::stdout().lock().write_all(text.as_bytes()), Outcome::Yes)
}

/// How much of a release is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// How many columns there are.
    Summary,
    /// Each column.
    Columns,
}

/// A metadata document of the release in `folder`.
fn document(folder: &Path, document: Document) -> Result<String, Error> {
    let release = Release::open(folder)?;
    let (schema, columns) = release.load_columns()?;
    let metadata = Metadata::new(release.manifest(), &columns, &schema);
    Ok(metadata.document(document))
}

/// The release in `folder`, as text.
pub(crate) fn release(folder: &Path, detail: Detail) -> Result<String, Error> {
    let release = Release::open(folder)?;
    let manifest = release.manifest();
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _infallible = describe(&mut text, manifest);
    let _infallible = match detail {
        Detail::Summary => column_counts(&mut text, manifest, folder),
        Detail::Columns => columns(&mut text, manifest),
    };
    let _infallible = queries(&mut text, folder);
    Ok(text)
}

fn describe(out: &mut String, manifest: &Manifest) -> std::fmt::Result {
    let title = manifest.about.title.as_deref().map(|title| format!(" ({})", one_line(title, 100))).unwrap_or_default();
    writeln!(out, "\n{BOLD}{} {}{BOLD:#}{title}", one_line(&manifest.dataset, 100), manifest.version)?;
    writeln!(out, "  released    {}", manifest.released)?;
    if let Some(previous) = &manifest.previous {
        writeln!(out, "  follows     {}", previous.version)?;
    }
    if let Some(license) = &manifest.about.license {
        writeln!(out, "  license     {}", one_line(license, 100))?;
    }
    let size = manifest.parts.iter().map(|part| part.bytes).sum();
    let parts = counted(manifest.parts.len() as u64, "part");
    writeln!(out, "  records     {} in {parts}, {}", count(manifest.records()), bytes(size))?;
    writeln!(out, "  fingerprint {}", manifest.fingerprint)?;
    let mut order: Vec<String> = manifest.order_by.iter().map(|name| one_line(name, 40)).collect();
    if !manifest.order_by.contains(&manifest.key) {
        order.push(one_line(&manifest.key, 40));
    }
    writeln!(out, "  order       {}{DIM} (key {}){DIM:#}", order.join(", "), one_line(&manifest.key, 40))?;
    if manifest.inputs().count > 0 {
        writeln!(out, "  read        {}", read(manifest))?;
    }
    match manifest.withdrawn() {
        0 => Ok(()),
        number => writeln!(out, "  withdrawn   {}", counted(number, "record")),
    }
}

/// What was read, and what of it is not among the records.
fn read(manifest: &Manifest) -> String {
    let InputTotals { count: inputs, articles, rejected, .. } = manifest.inputs();
    let mut text = format!("{} from {}", counted(articles, "article"), counted(inputs, "input"));
    match rejected {
        0 => {}
        number => text.push_str(&format!(", {} rejected", count(number))),
    }
    match manifest.duplicates {
        0 => {}
        number => text.push_str(&format!(", {} left out", counted(number, "identical duplicate"))),
    }
    text
}

/// The maximum number of empty columns that are named.
const NAMES: usize = 4;

fn column_counts(out: &mut String, manifest: &Manifest, folder: &Path) -> std::fmt::Result {
    let empty = manifest.columns.iter().filter(|column| column.nulls == manifest.records());
    let names: Vec<String> = empty.map(|column| one_line(&column.name, 40)).collect();
    let empty = match names.len() {
        0 => String::new(),
        1..=NAMES => format!(" (empty: {})", names.join(", ")),
        number => format!(" ({} of them empty)", count(number as u64)),
    };
    let (total, show) = (count(manifest.columns.len() as u64), word(&folder.display().to_string()));
    writeln!(out, "  columns     {total}{empty}{DIM}; `pressmark show {show}` lists them{DIM:#}")
}

fn columns(out: &mut String, manifest: &Manifest) -> std::fmt::Result {
    let name = |name: &str| one_line(name, 40);
    let width = manifest.columns.iter().map(|column| name(&column.name).chars().count()).max().unwrap_or(0);
    writeln!(out, "\n{BOLD}columns{BOLD:#}")?;
    let records = manifest.records();
    for column in &manifest.columns {
        let filled = match column.nulls {
            0 => String::new(),
            nulls if nulls == records => "  empty".to_owned(),
            nulls => format!("  {} of {} filled", count(records.saturating_sub(nulls)), count(records)),
        };
        let kind = one_line(&column.kind, 80);
        writeln!(out, "  {:width$}  {kind}{DIM}{filled}{DIM:#}", name(&column.name))?;
    }
    Ok(())
}

fn queries(out: &mut String, folder: &Path) -> std::fmt::Result {
    let data = printable(&folder.join("data").display().to_string());
    let [sql, python] =
        [data.replace('\'', "''"), data.replace('\\', "\\\\").replace('\'', "\\'")].map(|text| quoted(&text));
    writeln!(out, "\n{BOLD}query it{BOLD:#}")?;
    out.push_str(&command(&format!("duckdb -c \"SELECT * FROM '{sql}/*.parquet' LIMIT 5\"")));
    out.push_str(&command(&format!("python3 -c \"import pandas; print(pandas.read_parquet('{python}'))\"")));
    writeln!(out, "{BOLD}verify it{BOLD:#}")?;
    out.push_str(&command(&format!("pressmark verify {}", word(&folder.display().to_string()))));
    Ok(())
}

/// A text between the double quotes of a shell.
fn quoted(text: &str) -> String {
    let escaped = |letter: char| if "\\\"$`".contains(letter) { format!("\\{letter}") } else { letter.to_string() };
    text.chars().map(escaped).collect()
}
