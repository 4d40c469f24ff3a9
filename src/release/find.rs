//! Finds datasets and releases by path: what a folder holds, the dataset around a path, and the newest
//! release of a dataset. Only names are read. Whether a release is intact is not decided here.

use std::path::{Component, Path, PathBuf};

use semver::Version;

use super::{DATA, DATASET_TOML, MANIFEST, SCHEMA, SUMS, releases};
use crate::error::Error;
use crate::storage::{EntryKind, Location};
use crate::text::one_line;

/// The maximum number of datasets or releases that a message names.
const NAMED: usize = 3;

/// What is in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The folder is a release, whole or damaged.
    Release,
    /// It contains releases, oldest first; at least one.
    Releases(Vec<(Version, Location)>),
}

/// Determines whether a folder is a release or contains releases: the folder of a dataset, of
/// `build --output`, or of downloaded releases.
///
/// # Errors
/// [`Error::NoRelease`] if it is neither, with what was found instead; [`Error::UnknownRelease`] if releases are
/// beside it; [`Error::Io`] if it cannot be read.
pub fn find(folder: impl Into<Location>) -> Result<Found, Error> {
    let folder = &folder.into();
    let none = |message: String| Err(Error::NoRelease { path: folder.path(), message });
    match folder.head()? {
        None => {
            let releases = folder.split()?.map(|(parent, _)| releases(&parent)).transpose().ok().flatten();
            let releases = releases.unwrap_or_default();
            if releases.is_empty() {
                return none("no such folder".to_owned());
            }
            return Err(Error::UnknownRelease { path: folder.path(), releases: newest_first(&releases) });
        }
        Some(head) if head.kind != EntryKind::Folder => return none("it is not a folder".to_owned()),
        Some(_) => {}
    }
    let entries = folder.list()?;
    let has = |name: &str| entries.iter().any(|entry| entry.name == name);
    let releases = releases(folder)?;
    let is_dataset = has(DATASET_TOML);
    // A stray `dataset.toml` does not hide a release from `verify`.
    if has(MANIFEST) && has(SUMS) || !is_dataset && is_release(folder, &has)? {
        return Ok(Found::Release);
    }
    if !releases.is_empty() {
        return Ok(Found::Releases(releases));
    }
    if is_dataset {
        return Err(Error::NoReleaseYet { path: folder.path() });
    }
    let datasets = datasets(folder)?;
    match datasets.first() {
        None => none(format!("it has no {MANIFEST} and contains no releases")),
        Some(first) => {
            let shown: Vec<String> =
                datasets.iter().take(NAMED).map(|name| format!("`{}`", one_line(name, 60))).collect();
            let more = datasets.len() - shown.len();
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let one = folder.path().join(first);
            none(format!("it contains datasets ({}{more}); name one, such as `{}`", shown.join(", "), one.display()))
        }
    }
}

/// The newest release that `named` means: the release itself, or the newest one in the folder.
///
/// # Errors
/// Those of [`find`].
pub fn newest(named: &Path) -> Result<PathBuf, Error> {
    Ok(match find(named)? {
        Found::Release => named.to_owned(),
        Found::Releases(releases) => releases.last().map_or_else(|| named.to_owned(), |(_, folder)| folder.path()),
    })
}

/// The folder of the nearest `dataset.toml`: in `path`, or in a folder above it. A relative path is
/// followed up beyond the working directory, and the result is as short as it can be written.
pub fn dataset_of(path: &Path) -> Option<PathBuf> {
    let is_dataset = |folder: &Path| folder.join(DATASET_TOML).exists();
    let shown = |folder: &Path| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() };
    if let Some(folder) = path.ancestors().find(|folder| is_dataset(folder)) {
        return Some(shown(folder));
    }
    if path.is_absolute() || path.components().any(|part| part == Component::ParentDir) {
        let absolute = path.canonicalize().ok()?;
        return absolute.ancestors().find(|folder| is_dataset(folder)).map(Path::to_owned);
    }
    let levels = std::env::current_dir().ok()?.ancestors().count();
    (1..levels).map(|up| vec![".."; up].iter().collect::<PathBuf>()).find(|folder| is_dataset(folder))
}

/// The versions of some releases, the newest first, as a message lists them.
fn newest_first(releases: &[(Version, Location)]) -> Vec<String> {
    let mut names: Vec<String> = releases.iter().rev().take(NAMED).map(|(version, _)| version.to_string()).collect();
    if releases.len() > NAMED {
        names.push(format!("{} more", releases.len() - NAMED));
    }
    names
}

/// Whether a folder with these entries is a release, or what is left of one.
fn is_release(folder: &Location, has: &impl Fn(&str) -> bool) -> Result<bool, Error> {
    let is_version = folder.split()?.is_some_and(|(_, name)| name.parse::<Version>().is_ok());
    Ok(has(MANIFEST) || has(SUMS) || has(SCHEMA) && has(DATA) || is_version)
}

/// The folders in a folder that are datasets or hold releases, by name.
fn datasets(folder: &Location) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for entry in folder.list()? {
        let inner = folder.join(&entry.name);
        // A folder that cannot be read does not hide the others.
        let has_toml = || inner.join(DATASET_TOML).exists().unwrap_or_default();
        let has_releases = || releases(&inner).is_ok_and(|releases| !releases.is_empty());
        if entry.kind == EntryKind::Folder && !entry.name.starts_with('.') && (has_toml() || has_releases()) {
            found.push(entry.name);
        }
    }
    Ok(found)
}
