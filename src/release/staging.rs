//! Staging and publishing: a release appears whole, by one rename, or not at all.
//!
//! Everything is written to a folder beside the target and is on the disk before the rename. A
//! crash leaves the old state and a staging folder, which the next build removes; a build that
//! fails removes its own. Only what builds make is named so, and only under the lock: what another
//! process writes into the folder has another name and is left alone.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::checksums::{Sums, write_sums};
use super::{DATA, SUMS};
use crate::digest::Digest;
use crate::error::Error;
use crate::storage::filesystem::{self, EntryKind, STAGING, StagedFolder};

/// The name of the lock file.
const LOCK: &str = ".lock";

/// The right to build in one folder, held against other processes until it is dropped.
#[derive(Debug)]
pub struct Lock {
    folder: PathBuf,
    /// The folders that were made for it, the innermost first.
    created: Vec<PathBuf>,
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock of `folder`, creating the folder if need be, and removes what a crashed
    /// build left there.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process holds it.
    pub fn take(folder: &Path) -> Result<Self, Error> {
        let missing = folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        let created: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        filesystem::create_folder(folder)?;
        let path = folder.join(LOCK);
        let file = loop {
            let Some(file) = filesystem::lock(&path)? else { return Err(Error::Locked { path }) };
            // The one who held it before may have removed the file in between; then this lock
            // is on a file that nobody else can see.
            if filesystem::is_same_file(&file, &path) {
                break file;
            }
        };
        let lock = Self { folder: folder.to_owned(), created, path, _file: file };
        lock.remove_leftovers()?;
        Ok(lock)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn remove_leftovers(&self) -> Result<(), Error> {
        for (path, kind) in filesystem::list(&self.folder)? {
            let staging = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(STAGING));
            match kind {
                EntryKind::Folder if staging => filesystem::remove_folder(&path)?,
                EntryKind::File if staging => filesystem::remove_file(&path)?,
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removing it while it is held is what keeps two builds apart; see `take`.
        let _leaves_only_an_empty_file = filesystem::remove_file(&self.path);
        for folder in &self.created {
            filesystem::remove_empty_folder(folder);
        }
    }
}

/// A release in the making.
#[derive(Debug)]
pub struct Staging {
    folder: StagedFolder,
    /// Where releases go.
    releases: PathBuf,
    sums: Sums,
}

impl Staging {
    /// Makes a staging folder in the locked folder.
    pub fn new(lock: &Lock) -> Result<Self, Error> {
        let folder = filesystem::stage_folder(lock.folder())?;
        filesystem::share_folder(folder.path())?;
        filesystem::create_folder(&folder.path().join(DATA))?;
        Ok(Self { folder, releases: lock.folder().to_owned(), sums: Sums::new() })
    }

    /// Where the file `name` (relative, with `/`) is to be written while it is staged.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file that was written to [`Staging::path`] on the list of the release's files.
    pub fn add(&mut self, name: &str, sha256: Digest) -> Result<(), Error> {
        filesystem::make_read_only(&self.path(name))?;
        self.sums.insert(name.to_owned(), sha256);
        Ok(())
    }

    /// Takes over a published file with this SHA-256 under the name `name`, and lists it. Returns
    /// whether it was copied, with the hash checked on the way, and is not another name of the file.
    ///
    /// # Errors
    /// [`Error::Damaged`] if a copy has another SHA-256.
    pub fn link(&mut self, name: &str, published: &Path, sha256: Digest) -> Result<bool, Error> {
        let copied = filesystem::link_or_copy(published, &self.path(name))?;
        if copied.is_some_and(|copied| copied != sha256) {
            let message = "its SHA-256 is not the one in the manifest".to_owned();
            let hint = "restore the file from a copy of the release";
            return Err(Error::Damaged { path: published.to_owned(), message, hint });
        }
        self.add(name, sha256)?;
        Ok(copied.is_some())
    }

    /// Writes a file and lists it.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        filesystem::write_new(&self.path(name), bytes)?;
        self.add(name, Digest::of(bytes))
    }

    /// Writes `SHA256SUMS`: every other file was written or linked. What is staged is a whole release now.
    pub fn seal(&self) -> Result<(), Error> {
        let sums = self.path(SUMS);
        filesystem::write_new(&sums, &write_sums(&self.sums))?;
        filesystem::make_read_only(&sums)
    }

    /// Makes the sealed release visible as `name`. Returns its folder.
    pub fn publish(self, name: &str) -> Result<PathBuf, Error> {
        filesystem::sync_folder(&self.path(DATA))?;
        filesystem::sync_folder(self.folder.path())?;
        let target = self.releases.join(name);
        filesystem::publish(self.folder.path(), &target)?;
        Ok(target)
    }
}
