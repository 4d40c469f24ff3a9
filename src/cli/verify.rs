//! `pressmark verify`.

use std::io::Write as _;
use std::path::Path;

use pressmark::Error;
use pressmark::release::{Found, find};
use pressmark::storage::Location;
use pressmark::verify::{VerifyOptions, VerifyReport, verify};

use crate::args::VerifyArguments;
use crate::outcome::{Outcome, report, written};
use crate::progress::Bar;
use crate::render::verified;

pub(crate) fn run(arguments: &VerifyArguments) -> Result<Outcome, Error> {
    let (quick, threads) = (arguments.quick, crate::args::threads(arguments.threads));
    let options = VerifyOptions { quick, threads, scratch: std::env::temp_dir() };
    let bar = Bar::new();
    // One that cannot be looked at keeps nobody from looking at the others.
    let folders = arguments.releases.iter().flat_map(|named| match folders(named) {
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
    let told = written(anstream::stdout().lock().write_all(text.as_bytes()), verdict)?;
    failed.iter().for_each(report);
    Ok(if failed.is_empty() { told } else { Outcome::Failed })
}

/// The releases that are meant: a folder of releases stands for all of them.
fn folders(named: &Path) -> Result<Vec<Location>, Error> {
    Ok(match find(named)? {
        Found::Release => vec![named.into()],
        Found::Releases(releases) => releases.into_iter().map(|(_, folder)| folder).collect(),
    })
}
