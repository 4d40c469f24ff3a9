//! What is in a folder that was named where releases are expected; `log` and `verify` agree about it.
//!
//! Only names are read. Whether a release is intact is not checked here.

use semver::Version;

use super::{DATA, DATASET_TOML, MANIFEST, SCHEMA, SUMS, releases};
use crate::error::Error;
use crate::storage::{EntryKind, Location};
use crate::text::one_line;

/// The number of datasets that a message names.
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
/// [`Error::NoRelease`] with what was found instead if it is neither, and [`Error::Io`] if it cannot be read.
pub fn find(folder: impl Into<Location>) -> Result<Found, Error> {
    let folder = &folder.into();
    let none = |message: String| Err(Error::NoRelease { path: folder.path(), message });
    match folder.head()? {
        None => return none("no such folder".to_owned()),
        Some(head) if head.kind != EntryKind::Folder => return none("it is not a folder".to_owned()),
        Some(_) => {}
    }
    let entries = folder.list()?;
    let has = |name: &str| entries.iter().any(|entry| entry.name == name);
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
            let one = folder.path().join(first);
            none(format!("it contains datasets ({}{more}); name one, such as `{}`", shown.join(", "), one.display()))
        }
    }
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
