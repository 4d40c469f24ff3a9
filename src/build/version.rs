//! Which version a build makes, and which release it follows.

use std::path::{Path, PathBuf};

use semver::Version;

use crate::error::Error;
use crate::release::{Bump, Release, releases};

/// The version that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionChoice {
    /// This one.
    Exact(Version),
    /// The one that follows the newest release in this way.
    Next(Bump),
    /// `1.0.0` if it is the first.
    First,
}

/// The release that a build is to make.
#[derive(Debug)]
pub(super) struct Next {
    /// The version.
    pub(super) version: Version,
    /// The release before.
    pub(super) previous: Option<Release>,
    /// The folder of a release of that version, if there is one already.
    pub(super) existing: Option<PathBuf>,
}

/// Decides the version from what stands in `folder`.
pub(super) fn next(folder: &Path, choice: &VersionChoice) -> Result<Next, Error> {
    let releases = releases(folder)?;
    let newest = releases.last().map(|(version, _)| version);
    let version = match (choice, newest) {
        (VersionChoice::Exact(version), _) => version.clone(),
        (VersionChoice::Next(bump), Some(newest)) => bump.next(newest),
        (VersionChoice::First, Some(newest)) => return Err(Error::WhichVersion { newest: newest.clone() }),
        (VersionChoice::Next(_) | VersionChoice::First, None) => Version::new(1, 0, 0),
    };
    let existing = releases.iter().find(|(other, _)| *other == version).map(|(_, folder)| folder.clone());
    if let (None, Some(newest)) = (&existing, newest)
        && version < *newest
    {
        return Err(Error::VersionOrder { version, newest: newest.clone() });
    }
    let previous = releases.iter().rev().find(|(other, _)| *other < version);
    let previous = previous.map(|(_, folder)| Release::open(folder)).transpose()?;
    Ok(Next { version, previous, existing })
}
