//! Finds the files of a build: its inputs, its base release and its reject file. It reads no articles.

use std::path::{Path, PathBuf};

use semver::Version;

use super::BuildInputs;
use crate::error::Error;
use crate::input::{Source, resolve};
use crate::release::{Dataset, Release, releases};

/// How many releases a message names.
const NAMED: usize = 5;

/// The path of the reject file of a version.
pub(super) fn rejects_file(folder: &Path, version: &Version) -> PathBuf {
    folder.join("rejects").join(version.to_string()).join("rejects.jsonl.zst")
}

/// Opens the release with this version in `folder`.
pub(super) fn open_base(folder: &Path, version: &Version) -> Result<Release, Error> {
    let all = releases(folder)?;
    let names = || all.iter().rev().take(NAMED).map(|(version, _)| version.to_string()).collect();
    let found = all.iter().find(|(other, _)| other == version);
    let (_, folder) = found.ok_or_else(|| Error::NoBase { version: version.clone(), releases: names() })?;
    Release::open_intact(folder.clone()).map(Release::without_inputs)
}

/// Lists the sources that a build reads.
pub(super) fn resolve_sources(dataset: &Dataset, from: &BuildInputs) -> Result<Vec<Source>, Error> {
    let (base, patterns) = match from {
        BuildInputs::Inputs(patterns) => (Path::new(""), patterns),
        BuildInputs::Dataset => (dataset.folder.as_path(), &dataset.inputs),
        BuildInputs::Base { upsert, .. } if upsert.is_empty() => return Ok(Vec::new()),
        BuildInputs::Base { upsert, .. } => (Path::new(""), upsert),
    };
    if patterns.is_empty() {
        return Err(Error::NoInputs { path: dataset.path() });
    }
    resolve(base, &dataset.folder, patterns)
}
