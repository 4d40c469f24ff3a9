//! `pressmark show`: what a release holds and how to query it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use pressmark::Error;
use pressmark::release::{Manifest, Release};
use pressmark::text::{one_line, printable};

use crate::args::{Format, ShowArguments};
use crate::outcome::{Outcome, written};
use crate::paint::{BOLD, DIM, bytes, count, counted};

pub(crate) fn run(arguments: &ShowArguments) -> Result<Outcome, Error> {
    let text = match arguments.format {
        Format::Human => release(&arguments.release)?,
        Format::Json => {
            let release = Release::open(&arguments.release)?;
            String::from_utf8_lossy(&release.manifest().to_bytes()).into_owned()
        }
    };
    let mut out = anstream::stdout().lock();
    written(out.write_all(text.as_bytes()), Outcome::Yes)
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
    writeln!(out, "\n{BOLD}{} {}{BOLD:#}{title}", manifest.dataset, manifest.version)?;
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
    writeln!(out, "  fingerprint {}", manifest.fingerprint)
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
