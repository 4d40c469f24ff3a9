//! Finds datasets and releases by path: what a folder holds, the dataset around a path, and the newest
//! release of a dataset. Only names are read. Whether a release is intact is not decided here.

use std::path::{Component, Path, PathBuf};

use semver::Version;

use super::{DATA, DATASET_TOML, MANIFEST, SCHEMA, SUMS, releases};
use crate::error::Error;
use crate::storage::filesystem::{self, EntryKind};
use crate::text::one_line;

/// The maximum number of datasets or releases that a message names.
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
        let releases = releases(filesystem::folder_of(folder)).unwrap_or_default();
        if releases.is_empty() {
            return none("no such folder".to_owned());
        }
        return Err(Error::UnknownRelease { path: folder.to_owned(), releases: newest_first(&releases) });
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
        return Err(Error::NoReleaseYet { path: folder.to_owned() });
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

/// The newest release that `named` means: the release itself, or the newest one in the folder.
///
/// # Errors
/// Those of [`find`].
pub fn newest(named: &Path) -> Result<PathBuf, Error> {
    Ok(match find(named)? {
        Found::Release => named.to_owned(),
        Found::Releases(releases) => releases.last().map_or_else(|| named.to_owned(), |(_, folder)| folder.clone()),
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
fn newest_first(releases: &[(Version, PathBuf)]) -> Vec<String> {
    let mut names: Vec<String> = releases.iter().rev().take(NAMED).map(|(version, _)| version.to_string()).collect();
    if releases.len() > NAMED {
        names.push(format!("{} more", releases.len() - NAMED));
    }
    names
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
