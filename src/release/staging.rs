//! Staging and publishing on the local file system: a release appears by one rename, whole or not at all.
//!
//! Everything is written to a folder beside the target and is on the disk before the rename. A crash leaves the
//! old state and a staging folder, which the next build removes; a build that fails removes its own. The
//! [`Owner`] keeps builds from removing what another process stages.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use semver::Version;

use super::documents::{Documents, check_size, parts};
use super::owner::{Owner, remove_abandoned};
use super::{DATA, MANIFEST, Manifest};
use crate::digest::Digest;
use crate::error::Error;
use crate::storage::filesystem::{self, StagedFolder};

/// The name of the lock file.
const LOCK: &str = ".lock";

/// The right to build in one folder. No other process has it until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    folder: PathBuf,
    /// The folders that were created for it, the innermost first.
    created: Vec<PathBuf>,
    path: PathBuf,
    _file: File,
    owner: Option<Owner>,
}

impl Lock {
    /// Locks `folder`, creating the folder if necessary, and removes what builds that crashed on this host
    /// left there.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process has locked it.
    pub(crate) fn take(folder: &Path) -> Result<Self, Error> {
        let missing = folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        let created: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        filesystem::create_folder(folder)?;
        let path = folder.join(LOCK);
        let file = loop {
            let Some(file) = filesystem::lock(&path)? else { return Err(Error::Locked { path }) };
            // The previous holder may have removed the file in between. The lock is then on a file that no
            // other process can see.
            if filesystem::is_same_file(&file, &path) {
                break file;
            }
        };
        let mut lock = Self { folder: folder.to_owned(), created, path, _file: file, owner: None };
        remove_abandoned(folder)?;
        lock.owner = Some(Owner::new(folder)?);
        Ok(lock)
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// How the names of the files start that are staged in the folder.
    pub(crate) fn prefix(&self) -> &str {
        self.owner.as_ref().map_or(filesystem::UNFINISHED, Owner::prefix)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.owner = None;
        // Removing it while it is held is what keeps two builds apart; see `take`.
        let _leaves_only_an_empty_file = filesystem::remove_file(&self.path);
        for folder in &self.created {
            filesystem::remove_empty_folder(folder);
        }
    }
}

/// A release that is not published yet.
#[derive(Debug)]
pub(crate) struct Staging {
    folder: StagedFolder,
    /// Where releases go.
    releases: PathBuf,
    /// Dropped after the folder, which it owns. `None` if the lock has the owner.
    _owner: Option<Owner>,
}

impl Staging {
    /// Creates a staging folder in the locked folder.
    pub(crate) fn new(lock: &Lock) -> Result<Self, Error> {
        Self::create(lock.folder(), lock.prefix(), None)
    }

    /// Creates a staging folder beside the releases in this folder, without a lock.
    pub(super) fn unlocked(releases: &Path) -> Result<Self, Error> {
        filesystem::create_folder(releases)?;
        let owner = Owner::new(releases)?;
        let prefix = owner.prefix().to_owned();
        Self::create(releases, &prefix, Some(owner))
    }

    fn create(releases: &Path, prefix: &str, owner: Option<Owner>) -> Result<Self, Error> {
        let folder = filesystem::stage_folder(releases, prefix)?;
        filesystem::share_folder(folder.path())?;
        filesystem::create_folder(&folder.path().join(DATA))?;
        Ok(Self { folder, releases: releases.to_owned(), _owner: owner })
    }

    /// The path of the file `name` (relative, with `/`) while it is staged.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Takes over a published file with this SHA-256 under the name `name`. Returns whether it was copied, with
    /// the hash checked on the way, and is not another name of the file.
    ///
    /// # Errors
    /// [`Error::Damaged`] if a copy has another SHA-256.
    pub(crate) fn link(&self, name: &str, published: &Path, sha256: Digest) -> Result<bool, Error> {
        let copied = filesystem::link_or_copy(published, &self.path(name))?;
        if copied.is_some_and(|copied| copied != sha256) {
            let message = "its SHA-256 is not the one in the manifest".to_owned();
            let hint = "restore the file from a copy of the release";
            return Err(Error::Damaged { path: published.to_owned(), message, hint });
        }
        Ok(copied.is_some())
    }

    /// Writes everything but the parts, which were written or linked before and are on the disk. What is staged
    /// is then a whole release.
    ///
    /// # Errors
    /// [`Error::Commit`] if the parts are not as the manifest describes them.
    pub(crate) fn seal(&self, manifest: &Manifest, documents: &Documents) -> Result<(), Error> {
        for (name, part) in parts(manifest) {
            let path = self.path(&name);
            check_size(manifest, (&name, part), filesystem::size(&path))?;
            filesystem::make_read_only(&path)?;
        }
        for (name, bytes) in documents.beside_manifest().chain([(MANIFEST, documents.manifest())]) {
            let path = self.path(name);
            filesystem::write_new(&path, bytes)?;
            filesystem::make_read_only(&path)?;
        }
        filesystem::sync_folder(&self.path(DATA))?;
        filesystem::sync_folder(self.folder.path())
    }

    /// Makes the sealed release visible. Returns its folder.
    ///
    /// # Errors
    /// [`Error::Commit`] if another process has published the version.
    pub(crate) fn publish(self, version: &Version) -> Result<PathBuf, Error> {
        let target = self.releases.join(version.to_string());
        match filesystem::publish(self.folder.path(), &target) {
            Ok(()) => Ok(target),
            Err(Error::Io { source, .. })
                if matches!(source.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) =>
            {
                Err(Error::version_taken(version))
            }
            Err(error) => Err(error),
        }
    }
}
