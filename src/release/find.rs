//! What a folder holds that was named where releases are expected: `log` and `verify` look with the
//! same eyes.
//!
//! Names are looked at and nothing is opened: whether a release is sound is for others to say.

use std::path::{Path, PathBuf};

use semver::Version;

use super::{DATA, DATASET_TOML, MANIFEST, SCHEMA, SUMS, releases};
use crate::error::Error;
use crate::storage::filesystem::{self, EntryKind};
use crate::text::one_line;

/// How many datasets are named in a message.
const NAMED: usize = 3;

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is itself a release, whole or damaged.
    Release,
    /// It holds releases, oldest first; at least one.
    Releases(Vec<(Version, PathBuf)>),
}

/// Finds out whether a folder is a release or holds releases. A dataset's folder holds its own; so
/// does the folder of `build --output`, and one that releases were downloaded to.
///
/// # Errors
/// [`Error::NoRelease`] if it is neither, which says what was found instead, [`Error::Io`] if it
/// cannot be read.
pub fn find(folder: &Path) -> Result<Found, Error> {
    let none = |message: String| Err(Error::NoRelease { path: folder.to_owned(), message });
    if !filesystem::exists(folder)? {
        return none("no such folder".to_owned());
    }
    if !folder.is_dir() {
        return none("it is not a folder".to_owned());
    }
    let names = names(folder)?;
    let has = |name: &str| names.iter().any(|found| found == name);
    let releases = releases(folder)?;
    let is_dataset = has(DATASET_TOML);
    if !is_dataset && is_release(folder, &has)? {
        return Ok(Found::Release);
    }
    if !releases.is_empty() {
        return Ok(Found::Releases(releases));
    }
    if is_dataset {
        return none("the dataset has no releases yet".to_owned());
    }
    let datasets = datasets(folder)?;
    match datasets.first() {
        None => none(format!("it has no {MANIFEST} and contains no releases")),
        Some(first) => {
            let shown: Vec<String> =
                datasets.iter().take(NAMED).map(|name| format!("`{}`", one_line(name, 60))).collect();
            let more = datasets.len() - shown.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let one = folder.join(first);
            none(format!("it contains datasets ({}{more}); name one, such as `{}`", shown.join(", "), one.display()))
        }
    }
}

/// Whether a folder with these entries is a release, or what is left of one.
fn is_release(folder: &Path, has: &impl Fn(&str) -> bool) -> Result<bool, Error> {
    let absolute = filesystem::absolute(folder)?;
    let is_version = absolute.file_name().and_then(|name| name.to_str()?.parse::<Version>().ok()).is_some();
    Ok(has(MANIFEST) || has(SUMS) || has(SCHEMA) && has(DATA) || is_version)
}

/// The folders in a folder that are datasets or hold releases, by name.
fn datasets(folder: &Path) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for (path, kind) in filesystem::list(folder)? {
        let name = name(&path);
        // What cannot be read is no reason to say less of the others.
        let holds = || path.join(DATASET_TOML).exists() || releases(&path).is_ok_and(|releases| !releases.is_empty());
        if kind == EntryKind::Folder && !name.starts_with('.') && holds() {
            found.push(name);
        }
    }
    Ok(found)
}

fn names(folder: &Path) -> Result<Vec<String>, Error> {
    Ok(filesystem::list(folder)?.iter().map(|(path, _kind)| name(path)).collect())
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
