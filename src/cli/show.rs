//! `pressmark show`: what a release holds and how to query it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use pressmark::Error;
use pressmark::metadata::{Document, Metadata};
use pressmark::release::{Input, Manifest, Release};
use pressmark::text::{one_line, printable, printable_json};

use crate::args::{ShowArguments, ShowFormat};
use crate::outcome::{Outcome, written};
use crate::paint::{BOLD, DIM, bytes, count, counted};

pub(crate) fn run(arguments: &ShowArguments) -> Result<Outcome, Error> {
    let text = match arguments.format {
        ShowFormat::Human => release(&arguments.release)?,
        ShowFormat::Json => {
            let release = Release::open(&arguments.release)?;
            printable_json(&String::from_utf8_lossy(&release.manifest().to_bytes()))
        }
        ShowFormat::Card => document(&arguments.release, Document::Card)?,
        ShowFormat::Citation => document(&arguments.release, Document::Citation)?,
        ShowFormat::Croissant => printable_json(&document(&arguments.release, Document::Croissant)?),
        ShowFormat::Datapackage => printable_json(&document(&arguments.release, Document::DataPackage)?),
        ShowFormat::Zenodo => printable_json(&document(&arguments.release, Document::Zenodo)?),
        ShowFormat::Datacite => printable_json(&document(&arguments.release, Document::DataCite)?),
        ShowFormat::RoCrate => printable_json(&document(&arguments.release, Document::RoCrate)?),
    };
    let mut out = anstream::stdout().lock();
    written(out.write_all(text.as_bytes()), Outcome::Yes)
}

/// A metadata document of the release in `folder`.
fn document(folder: &Path, document: Document) -> Result<String, Error> {
    let release = Release::open(folder)?;
    let (schema, columns) = release.load_columns()?;
    let metadata = Metadata::new(release.manifest(), &columns, &schema);
    Ok(metadata.document(document))
}

/// The release in `folder`, as text.
pub(crate) fn release(folder: &Path) -> Result<String, Error> {
    let release = Release::open(folder)?;
    let manifest = release.manifest();
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _infallible = describe(&mut text, manifest);
    let _infallible = columns(&mut text, manifest);
    let _infallible = queries(&mut text, folder);
    Ok(text)
}

fn describe(out: &mut String, manifest: &Manifest) -> std::fmt::Result {
    let title = manifest.title.as_deref().map(|title| format!(" ({})", one_line(title, 100))).unwrap_or_default();
    writeln!(out, "\n{BOLD}{} {}{BOLD:#}{title}", one_line(&manifest.dataset, 100), manifest.version)?;
    writeln!(out, "  released    {}", manifest.released)?;
    if let Some(previous) = &manifest.previous {
        writeln!(out, "  follows     {}", previous.version)?;
    }
    if let Some(license) = &manifest.license {
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
    if !manifest.inputs.is_empty() {
        writeln!(out, "  read        {}", read(manifest))?;
    }
    match manifest.withdrawn.len() as u64 {
        0 => Ok(()),
        number => writeln!(out, "  withdrawn   {}", counted(number, "record")),
    }
}

/// What was read, and what of it is not among the records.
fn read(manifest: &Manifest) -> String {
    let sum = |of: fn(&Input) -> u64| manifest.inputs.iter().map(of).sum::<u64>();
    let articles = counted(sum(|input| input.articles), "article");
    let mut text = format!("{articles} from {}", counted(manifest.inputs.len() as u64, "input"));
    match sum(|input| input.rejected) {
        0 => {}
        number => text.push_str(&format!(", {} rejected", count(number))),
    }
    match manifest.duplicates {
        0 => {}
        number => text.push_str(&format!(", {} left out", counted(number, "identical duplicate"))),
    }
    text
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
    writeln!(out, "\n{BOLD}query it{BOLD:#}")?;
    writeln!(out, "  duckdb -c \"SELECT * FROM '{data}/*.parquet' LIMIT 5\"")?;
    writeln!(out, "  python3 -c \"import pandas; print(pandas.read_parquet('{data}'))\"")?;
    writeln!(out, "{BOLD}prove it{BOLD:#}")?;
    writeln!(out, "  pressmark verify {}", printable(&folder.display().to_string()))
}
