//! Which dataset, release or schema an argument means.
//!
//! A dataset that is not named is the one around the working directory. A dataset where a release is
//! expected means its newest release; `DATASET@VERSION` and bare versions are read by [`find_release`].

use std::path::{Path, PathBuf};

use crate::Error;
use crate::release::{DATASET_TOML, Dataset, Found, dataset_of, find, find_release, newest};
use crate::text::printable;
use clap::CommandFactory as _;
use clap::error::ErrorKind;

use crate::cli::args::Arguments;
use crate::cli::terminal;

/// Opens the dataset in this folder, or the one around the working directory.
pub(crate) fn dataset(named: Option<&Path>) -> Result<Dataset, Error> {
    let folder = match named {
        Some(folder) => folder.to_owned(),
        None => around()?,
    };
    if is_dataset(&folder) {
        return Dataset::open(&folder);
    }
    Err(no_dataset(&folder))
}

/// Whether a folder has a dataset.toml, be it readable or not.
pub(crate) fn is_dataset(folder: &Path) -> bool {
    folder.join(DATASET_TOML).exists()
}

/// The folder of the dataset around the working directory.
pub(crate) fn around() -> Result<PathBuf, Error> {
    dataset_of(Path::new("")).ok_or_else(|| Error::NoDataset {
        path: ".".into(),
        message: format!("there is no {DATASET_TOML} here or in a folder above"),
        hint: Some("name the dataset, or make one here with: pressmark init .".to_owned()),
    })
}

/// Why a path is not a dataset.
pub(crate) fn no_dataset(folder: &Path) -> Error {
    let (message, hint) = if folder.is_file() {
        let hint = "name the dataset first, or run the command inside the dataset's folder; to make a dataset, run: \
                    pressmark init DIR";
        ("it is a file".to_owned(), hint.to_owned())
    } else {
        match find(folder) {
            Ok(Found::Release) => {
                ("it is a release".to_owned(), "name the dataset, which is the folder above".to_owned())
            }
            _ if folder.exists() => (format!("it has no {DATASET_TOML}"), proposal(folder)),
            _ => ("no such folder".to_owned(), proposal(folder)),
        }
    };
    Error::NoDataset { path: folder.to_owned(), message, hint: Some(hint) }
}

/// How to make a dataset in a folder.
fn proposal(folder: &Path) -> String {
    format!("to make a dataset there, run: pressmark init {}", terminal::word(&folder.display().to_string()))
}

/// The folder of the release that is meant.
pub(crate) fn release(named: Option<&Path>) -> Result<PathBuf, Error> {
    let Some(named) = named else {
        let here = Path::new(".");
        return match find(here) {
            Ok(Found::Release) => Ok(here.to_owned()),
            _ => newest(&around()?),
        };
    };
    find_release(named)
}

/// The two newest releases of a dataset, the older one first.
pub(crate) fn newest_two(dataset: &Path) -> Result<[PathBuf; 2], Error> {
    if let Found::Releases(releases) = find(dataset)?
        && let [.., (_, base), (_, current)] = releases.as_slice()
    {
        return Ok([base.path(), current.path()]);
    }
    let message =
        "has only one release, so there is nothing to compare yet: build the next one, or name BASE and CURRENT";
    usage(&format!("`{}` {message}", shown(dataset)))
}

/// Ends the program as clap does for wrong arguments.
pub(crate) fn usage(message: &str) -> ! {
    Arguments::command().error(ErrorKind::MissingRequiredArgument, message).exit()
}

/// A path, for display.
pub(crate) fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}
