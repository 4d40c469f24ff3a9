//! `pressmark verify`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use pressmark::Error;
use pressmark::release::releases;
use pressmark::verify::{VerifyOptions, VerifyReport, verify};

use crate::args::VerifyArguments;
use crate::outcome::{Outcome, written};
use crate::progress::Bar;
use crate::render::verified;

pub(crate) fn run(arguments: &VerifyArguments) -> Result<Outcome, Error> {
    let (quick, threads) = (arguments.quick, crate::args::threads(arguments.threads));
    let options = VerifyOptions { quick, threads, scratch: std::env::temp_dir() };
    let mut reports = Vec::new();
    let bar = Bar::new();
    let failed = folders(&arguments.releases).and_then(|folders| {
        // What was found before an error is told before it.
        folders.iter().try_for_each(|folder| verify(folder, &options, &bar).map(|report| reports.push(report)))
    });
    drop(bar);
    let text = verified(&reports, arguments.format);
    let intact = reports.iter().all(VerifyReport::is_intact);
    let mut out = anstream::stdout().lock();
    let told = written(out.write_all(text.as_bytes()), if intact { Outcome::Yes } else { Outcome::No });
    failed.and(told)
}

/// The releases that are meant: a dataset's folder stands for all of its own.
fn folders(named: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut folders = Vec::new();
    for folder in named {
        if Path::new(folder).join("dataset.toml").is_file() {
            let releases = releases(folder)?;
            if releases.is_empty() {
                let message = "the dataset has no releases yet".to_owned();
                return Err(Error::NoRelease { path: folder.clone(), message });
            }
            folders.extend(releases.into_iter().map(|(_, folder)| folder));
        } else {
            folders.push(folder.clone());
        }
    }
    Ok(folders)
}
