//! Files and folders that are not published yet: no reader looks at their names, and they vanish unless they
//! are published. After a crash they stay. [`STAGING`] starts the names of those that have an owner
//! (`release/owner.rs`), [`UNFINISHED`] those of all others.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::{
    Handle, create_new, folder_of, permissions, publish, remove_file, remove_folder, rename, set_permissions,
    share_file, sync, sync_folder,
};
use crate::error::Error;
use crate::storage::fault::{self, Operation};

/// How the name of a file or folder starts that is not published yet and has an owner: the next build removes
/// what a dead one left.
pub(crate) const STAGING: &str = ".staging-";
/// How the name of any other file starts that is not published yet. No process removes those of
/// another, which may still be writing.
pub(crate) const UNFINISHED: &str = ".unfinished-";

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

/// A file in `folder` whose name starts with `prefix`, gone unless it is published, and the way to
/// write to it.
pub(crate) fn stage_file(folder: &Path, prefix: &str) -> Result<(StagedFile, Handle), Error> {
    let stage = || {
        fault::pass(Operation::Fill)?;
        let staged = tempfile::Builder::new().prefix(prefix).tempfile_in(folder)?;
        let (file, path) = staged.keep().map_err(|error| error.error)?;
        Ok((StagedFile(path), Handle(file)))
    };
    stage().map_err(|source| Error::io("create a file in", folder, source))
}

/// A file at `path`, which nobody else writes to at the same time, gone unless it is published; what a
/// crash left there is replaced.
pub(crate) fn stage_file_at(path: &Path) -> Result<(StagedFile, Handle), Error> {
    remove_file(path)?;
    let file = create_new(path)?;
    Ok((StagedFile(path.to_owned()), file))
}

/// Makes a file visible as `path`, over what may stand there, without waiting for the disk: for what
/// can be done without and is checked whenever it is read.
pub(crate) fn publish_unsynced((staged, file): (StagedFile, Handle), path: &Path) -> Result<(), Error> {
    drop(file);
    rename(&staged.0, path)
}

/// A folder in `folder` whose name starts with `prefix`, gone unless it is published.
pub(crate) fn stage_folder(folder: &Path, prefix: &str) -> Result<StagedFolder, Error> {
    let stage = || {
        fault::pass(Operation::Fill)?;
        tempfile::Builder::new().prefix(prefix).tempdir_in(folder)
    };
    let staged = stage().map_err(|source| Error::io("create a folder in", folder, source))?;
    Ok(StagedFolder(staged.keep()))
}

/// Makes a file that is written visible as `path`, over what may stand there, once it is on the
/// disk. In the place of an earlier file it has the permissions of that one.
pub(crate) fn publish_file((staged, file): (StagedFile, Handle), path: &Path) -> Result<(), Error> {
    sync(&file, path)?;
    drop(file);
    match permissions(path)? {
        Some(permissions) => set_permissions(&staged.0, permissions)?,
        None => share_file(&staged.0)?,
    }
    publish(&staged.0, path)
}

/// Makes a file that is written visible as `path`, once it is on the disk, if nothing has that name. Returns
/// whether it did.
pub(crate) fn publish_if_absent((staged, file): (StagedFile, Handle), path: &Path) -> Result<bool, Error> {
    sync(&file, path)?;
    drop(file);
    share_file(&staged.0)?;
    let renamed = fault::pass(Operation::Fill)
        .and_then(|()| TempPath::try_from_path(staged.0.clone()))
        .and_then(|staged| staged.persist_noclobber(path).map_err(|error| error.error));
    match renamed {
        Ok(()) => sync_folder(folder_of(path)).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(source) => Err(Error::io("create", path, source)),
    }
}
