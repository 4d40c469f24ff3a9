//! Files and folders that are not published yet: they have names that nobody looks at, and are
//! gone unless they get another. What a crash leaves of them is known by [`STAGING`].

use std::path::{Path, PathBuf};

use super::fault::{self, Operation};
use super::{Handle, publish, remove_file, remove_folder, share_file, sync};
use crate::error::Error;

/// How the name of a file or folder starts that is not published yet.
pub(crate) const STAGING: &str = ".staging-";

/// A file that is not published yet.
#[derive(Debug)]
pub(crate) struct StagedFile(PathBuf);

impl Drop for StagedFile {
    fn drop(&mut self) {
        // A published one has another name by now, so nothing is found under this one.
        let _left_to_the_next_build = remove_file(&self.0);
    }
}

/// A folder that is not published yet.
#[derive(Debug)]
pub(crate) struct StagedFolder(PathBuf);

impl StagedFolder {
    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for StagedFolder {
    fn drop(&mut self) {
        // As for a file.
        let _left_to_the_next_build = remove_folder(&self.0);
    }
}

/// A file in `folder`, gone unless it is published, and the way to write to it.
pub(crate) fn stage_file(folder: &Path) -> Result<(StagedFile, Handle), Error> {
    let stage = || {
        fault::pass(Operation::Fill)?;
        let staged = tempfile::Builder::new().prefix(STAGING).tempfile_in(folder)?;
        let (file, path) = staged.keep().map_err(|error| error.error)?;
        Ok((StagedFile(path), Handle(file)))
    };
    stage().map_err(|source| Error::io("create a file in", folder, source))
}

/// A folder in `folder`, gone unless it is published.
pub(crate) fn stage_folder(folder: &Path) -> Result<StagedFolder, Error> {
    let stage = || {
        fault::pass(Operation::Fill)?;
        tempfile::Builder::new().prefix(STAGING).tempdir_in(folder)
    };
    let staged = stage().map_err(|source| Error::io("create a folder in", folder, source))?;
    Ok(StagedFolder(staged.keep()))
}

/// Makes a file that is written visible as `path`, over what may stand there, once it is on the
/// disk.
pub(crate) fn publish_file((staged, file): (StagedFile, Handle), path: &Path) -> Result<(), Error> {
    sync(&file, path)?;
    drop(file);
    share_file(&staged.0)?;
    publish(&staged.0, path)
}
