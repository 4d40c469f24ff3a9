//! `pressmark verify`.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::code::Code;
use crate::release::{Found, find, release_of_version};
use crate::signature::Signers;
use crate::storage::Location;
use crate::verify::{VerifyOptions, VerifyReport, verify};

use crate::cli::args::{ReportFormat, VerifyArguments};
use crate::cli::outcome::{Outcome, report, written};
use crate::cli::progress::Bar;
use crate::cli::render::verified;
use crate::cli::{locate, terminal};

pub(crate) fn run(arguments: &VerifyArguments) -> Result<Outcome, Error> {
    let (quick, threads) = (arguments.quick, crate::cli::args::threads(arguments.threads));
    let signers = arguments.signers.as_deref().map(Signers::open).transpose()?;
    let options = VerifyOptions { quick, threads, scratch: std::env::temp_dir(), signers };
    let bar = Bar::new();
    let named = match arguments.releases.as_slice() {
        [] => vec![here()?],
        named => named.to_vec(),
    };
    // An error about one release does not stop the others.
    let folders = named.iter().flat_map(|named| match folders(named) {
        Ok(folders) => folders.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    });
    let (mut reports, mut failed) = (Vec::new(), Vec::new());
    for result in folders.map(|folder| verify(folder?, &options, &bar)) {
        match result {
            Ok(report) => reports.push(report),
            Err(error) => failed.push(error),
        }
    }
    drop(bar);
    let intact = reports.iter().all(VerifyReport::is_intact);
    let verdict = if intact { Outcome::Yes } else { Outcome::No };
    // A report about nothing would read as if all were well.
    let text = if reports.is_empty() { String::new() } else { verified(&reports, arguments.format) };
    let told = match arguments.format {
        ReportFormat::Human if intact && terminal::is_quiet() => verdict,
        ReportFormat::Human => terminal::print(&(text + help(&reports)), verdict)?,
        _ => written(std::io::Write::write_all(&mut anstream::stdout().lock(), text.as_bytes()), verdict)?,
    };
    failed.iter().for_each(report);
    Ok(if failed.is_empty() { told } else { Outcome::Failed })
}

/// What to do about damage. A missing signature is none.
fn help(reports: &[VerifyReport]) -> &'static str {
    let signatures = [Code::SignatureMissing, Code::SignatureUnreadable, Code::SignatureBad, Code::SignerUnknown];
    let is_damage = |report: &VerifyReport| report.findings.counts().keys().any(|code| !signatures.contains(code));
    if reports.iter().any(is_damage) {
        "help: restore damaged files from a copy of the release, and remove files that do not belong to it\n"
    } else {
        ""
    }
}

/// The release of the working directory, or the dataset around it.
fn here() -> Result<PathBuf, Error> {
    match find(Path::new(".")) {
        Ok(Found::Release) => Ok(".".into()),
        _ => locate::around(),
    }
}

/// The releases that are meant: a folder of releases means all of them.
fn folders(named: &Path) -> Result<Vec<Location>, Error> {
    let named = release_of_version(named).unwrap_or_else(|| named.to_owned());
    Ok(match find(&named)? {
        Found::Release => vec![named.into()],
        Found::Releases(releases) => releases.into_iter().map(|(_, folder)| folder).collect(),
    })
}
