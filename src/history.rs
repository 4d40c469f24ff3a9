//! `log`: the releases of a dataset, and whether each follows the one before it.
//!
//! Only manifests are read. [`crate::verify`](mod@crate::verify) checks whether a release holds what its manifest
//! says. A manifest that cannot be read is reported and does not end the list.

use std::collections::BTreeSet;
use std::path::PathBuf;

use semver::Version;

use crate::digest::Digest;
use crate::error::Error;
use crate::release::{Found, Manifest, Previous, Release, find};
use crate::storage::Location;

/// One release of a dataset.
#[derive(Debug)]
pub struct HistoryEntry {
    /// Its version, as its folder says.
    pub version: Version,
    /// Its folder.
    pub folder: PathBuf,
    /// What its manifest says, or why it cannot be read.
    pub told: Result<ReleaseSummary, Error>,
}

/// What a manifest says beside the previous one.
#[derive(Debug)]
pub struct ReleaseSummary {
    /// The release.
    pub release: Release,
    /// How it follows the previous release.
    pub standing: ChainLink,
}

/// How a release follows the previous one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    /// Whether the previous release is the one that it was built after.
    pub chain: Chain,
    /// How many records more it has than that, where that can be read.
    pub growth: Option<i128>,
    /// Whether it has the same records as that one.
    pub has_same_records: bool,
    /// How many of its parts are also in that one, byte for byte.
    pub reused: usize,
}

/// Whether the release that the manifest names as the previous one is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// It is the first.
    First,
    /// It is there, with the manifest that it had.
    Intact,
    /// It is not there.
    Missing(Previous),
    /// It is there, with another manifest.
    Broken {
        /// What was there when this release was built.
        previous: Previous,
        /// The hash of the manifest that is there now; none if it cannot be read.
        found: Option<Digest>,
    },
}

impl HistoryEntry {
    /// Whether it cannot be read, or the release before it is another than it was.
    pub fn is_broken(&self) -> bool {
        match &self.told {
            Ok(told) => matches!(told.standing.chain, Chain::Broken { .. }),
            Err(_) => true,
        }
    }
}

/// Lists the releases in a dataset's folder, the newest first.
///
/// # Errors
/// [`Error::NoRelease`] if there are none, [`Error::NoDataset`] if it is a release itself, and a folder
/// that cannot be read.
pub fn log(dataset: impl Into<Location>) -> Result<Vec<HistoryEntry>, Error> {
    let dataset = &dataset.into();
    let Found::Releases(found) = find(dataset)? else {
        let message = "it is a release itself".to_owned();
        let hint = Some("name the folder that contains the releases".to_owned());
        return Err(Error::NoDataset { path: dataset.path(), message, hint });
    };
    let mut entries = Vec::new();
    for (version, folder) in found {
        let opened = Release::open(&folder);
        let told = opened.map(|release| ReleaseSummary { standing: standing(release.manifest(), &entries), release });
        entries.push(HistoryEntry { version, folder: folder.path(), told });
    }
    entries.reverse();
    Ok(entries)
}

/// How a release follows those with lower versions.
fn standing(manifest: &Manifest, older: &[HistoryEntry]) -> ChainLink {
    let standing = |chain| ChainLink { chain, growth: None, has_same_records: false, reused: 0 };
    let Some(previous) = manifest.previous.clone() else { return standing(Chain::First) };
    let Some(before) = older.iter().find(|entry| entry.version == previous.version) else {
        return standing(Chain::Missing(previous));
    };
    let Ok(before) = &before.told else { return standing(Chain::Broken { previous, found: None }) };
    let found = before.release.manifest_sha256();
    let intact = found == previous.manifest_sha256;
    let before = before.release.manifest();
    let there: BTreeSet<Digest> = before.parts.iter().map(|part| part.sha256).collect();
    ChainLink {
        chain: if intact { Chain::Intact } else { Chain::Broken { previous, found: Some(found) } },
        growth: Some(i128::from(manifest.records()) - i128::from(before.records())),
        has_same_records: manifest.fingerprint == before.fingerprint,
        reused: manifest.parts.iter().filter(|part| there.contains(&part.sha256)).count(),
    }
}
