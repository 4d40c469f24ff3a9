//! Checks that an output file replaces nothing that must stay: an input, a file of a dataset, or a part of a
//! release, which never changes.

use std::path::{Path, PathBuf};

use super::{DATASET_TOML, Dataset, MANIFEST, Release, SUMS, dataset_of};
use crate::error::Error;
use crate::input::resolve;
use crate::storage::filesystem;

/// The files of a dataset that builds keep beside its releases.
const KEPT: [&str; 2] = ["CHANGELOG.md", "README.md"];

/// Checks that the file `target` may be written or replaced. `inputs` are the files that it is made from.
///
/// # Errors
/// [`Error::Target`] if it is in a release, an input, a file that belongs to a dataset, or not a file.
/// [`Error::Io`] for a folder that cannot be read.
pub(crate) fn check_target<'i>(target: &Path, inputs: impl IntoIterator<Item = &'i Path>) -> Result<(), Error> {
    let refuse = |message: &str| Err(Error::Target { path: target.to_owned(), message: message.to_owned() });
    if target.exists() && !target.is_file() {
        return refuse("already exists and is not a file");
    }
    // A pipe cannot be overwritten, and has no path to compare.
    for input in inputs.into_iter().filter(|input| target.exists() && input.is_file()) {
        if filesystem::is_within(target, input)? {
            return refuse("is an input and would be overwritten");
        }
    }
    let folder = filesystem::folder_of(target);
    if !folder.is_dir() {
        return refuse("is in a folder that does not exist");
    }
    let is_release = |folder: &Path| folder.join(MANIFEST).is_file() && folder.join(SUMS).is_file();
    if filesystem::resolved(folder)?.ancestors().any(is_release) {
        return refuse("is part of a release, which never changes");
    }
    if let Some(dataset) = dataset_of(&filesystem::resolved(folder)?) {
        let own = [&[DATASET_TOML], &KEPT[..]].concat();
        let real = filesystem::resolved(folder)?.join(target.file_name().unwrap_or_default());
        if own.iter().any(|name| dataset.join(name) == real) {
            return refuse("belongs to the dataset, which only `pressmark build` and its producer write");
        }
    }
    Ok(())
}

impl Release {
    /// The inputs of the dataset that the release is in, which no output may replace. None if the release is
    /// not in a dataset, or if its inputs are gone.
    pub(crate) fn dataset_inputs(&self) -> Result<Vec<PathBuf>, Error> {
        let Some(dataset) = self.location().local_path().and_then(|folder| dataset_of(&folder)) else {
            return Ok(Vec::new());
        };
        let dataset = Dataset::open(&dataset)?;
        let sources = resolve(&dataset.folder, &dataset.folder, &dataset.inputs).unwrap_or_default();
        Ok(sources.into_iter().filter_map(|source| source.path).collect())
    }
}
