//! Which dataset, release or schema an argument means.
//!
//! A dataset that is not named is the one around the working directory. A dataset where a release is
//! expected means its newest release, and a bare version means a release of the dataset around the
//! working directory.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::release::{DATASET_TOML, Dataset, Found, dataset_of, find, newest};
use crate::schema::{BuiltIn, Extra, Schema};
use crate::text::printable;
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use semver::Version;

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
    newest(&version_of(named).unwrap_or_else(|| named.to_owned()))
}

/// The release of the dataset around the working directory, if the path is a bare version that is not here.
pub(crate) fn version_of(named: &Path) -> Option<PathBuf> {
    named.to_str()?.parse::<Version>().ok().filter(|_| !named.exists())?;
    Some(dataset_of(Path::new(""))?.join(named))
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

/// The built-in schema of this name, the schema of a release or a dataset, or the one in this file. Without
/// `extra`, that of the release or the dataset applies; the one that applies is returned too.
pub(crate) fn schema(name: &str, extra: Option<Extra>) -> Result<(Schema, Extra), Error> {
    let of = extra.unwrap_or(Extra::Keep);
    if let Some(schema) = BuiltIn::named(name) {
        return Ok((Schema::built_in(schema, of)?, of));
    }
    let path = Path::new(name);
    let path = &version_of(path).unwrap_or_else(|| path.to_owned());
    if path.is_dir() {
        return schema_of(path, extra);
    }
    let is_path = name.contains(['/', '\\', '.']);
    if !path.exists() && !is_path {
        return Err(Error::UnknownSchema { name: printable(name) });
    }
    Ok((Schema::open(path, of)?, of))
}

/// The schema of a release, of the newest release of a dataset, or of a dataset without one.
fn schema_of(folder: &Path, extra: Option<Extra>) -> Result<(Schema, Extra), Error> {
    match newest(folder) {
        Err(Error::NoReleaseYet { .. }) => {
            let mut dataset = Dataset::open(folder)?;
            dataset.policy.extra = extra.unwrap_or(dataset.policy.extra);
            Ok((dataset.load_schema()?, dataset.policy.extra))
        }
        release => {
            let release = crate::release::Release::open(&release?)?;
            let extra = extra.unwrap_or(release.manifest().schema.extra);
            Ok((Schema::open(&release.folder().join("schema.json"), extra)?, extra))
        }
    }
}
