//! Whether a file may be written where somebody asked for it: not over what is read, and not into a
//! release, which never changes.

use std::path::Path;

use super::{MANIFEST, SUMS};
use crate::error::Error;
use crate::storage::filesystem;

/// Checks the place of a file that is to appear whole, in the place of an earlier one. `inputs` are
/// the files that are read for it.
///
/// # Errors
/// [`Error::Target`] for a place within a release, for an input, and for what is no file; a folder
/// that cannot be read.
pub fn check_target<'i>(target: &Path, inputs: impl IntoIterator<Item = &'i Path>) -> Result<(), Error> {
    let refuse = |message: &str| Err(Error::Target { path: target.to_owned(), message: message.to_owned() });
    if target.exists() && !target.is_file() {
        return refuse("already exists and is not a file");
    }
    // A pipe is no file that could be lost, and has no path to be compared by.
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
    Ok(())
}
