//! Opening a release, and listing those of a folder. Opening reads the manifest and nothing
//! else: whether the rest is as it says is for [`crate::verify`] to find out. Only a release that
//! is built upon has its manifest and schema checked as it is opened.

use std::path::{Path, PathBuf};

use semver::Version;

use super::checksums::{MAX_SUMS_BYTES, Sums, parse_sums};
use super::manifest::{Lists, Manifest, ManifestError};
use super::{DATA, MANIFEST, SCHEMA, SUMS};
use crate::digest::Digest;
use crate::error::Error;
use crate::schema::{Columns, MAX_SCHEMA_BYTES, Schema};
use crate::storage::{EntryKind, Location};

/// The longest manifest that is read, in bytes.
pub(crate) const MAX_MANIFEST_BYTES: u64 = 64 << 20;
/// What to do about a damaged manifest, schema or list of hashes.
pub(super) const RESTORE: &str = "restore the file from a copy of the release; run `pressmark verify` for details";

/// A published release.
#[derive(Debug, Clone)]
pub struct Release {
    location: Location,
    /// The path of its folder, for messages.
    folder: PathBuf,
    manifest: Manifest,
    manifest_sha256: Digest,
}

impl Release {
    /// Opens the release in a folder, which is a path or a [`Location`] in any storage.
    ///
    /// # Errors
    /// [`Error::NoRelease`] if there is no manifest or it is not one, [`Error::Io`] if it cannot be read.
    pub fn open(folder: impl Into<Location>) -> Result<Self, Error> {
        let folder = folder.into();
        let manifest = folder.join(MANIFEST);
        let none = |message: String| Error::NoRelease { path: folder.path(), message };
        if !manifest.exists()? {
            return Err(none(format!("it has no {MANIFEST}")));
        }
        let bytes = manifest.read_bounded(MAX_MANIFEST_BYTES)?;
        Self::of(folder.clone(), &bytes).map_err(|error: ManifestError| none(format!("{MANIFEST}: {error}")))
    }

    /// Opens a release to build on it: its manifest and schema must be the ones that its
    /// `SHA256SUMS` lists, because the next release takes its layout, its withdrawals and the hash of
    /// the manifest from them.
    ///
    /// # Errors
    /// Those of [`Release::open`], and [`Error::Damaged`] with the file that is not as it was published.
    pub fn open_intact(folder: impl Into<Location>) -> Result<Self, Error> {
        let release = Self::open(folder)?;
        let damaged = |name: &str, message: &str| {
            Err(Error::Damaged { path: release.folder.join(name), message: message.to_owned(), hint: RESTORE })
        };
        let Some(sums) = release.sums()? else { return damaged(SUMS, "it is missing") };
        let (_, schema) = release.read_schema()?;
        let schema = Digest::of(&schema);
        for (name, found) in [(MANIFEST, release.manifest_sha256), (SCHEMA, schema)] {
            if sums.get(name) != Some(&found) {
                return damaged(name, &format!("its SHA-256 differs from {SUMS}"));
            }
        }
        if schema != release.manifest.schema.sha256 {
            return damaged(SCHEMA, &format!("its SHA-256 differs from {MANIFEST}"));
        }
        Ok(release)
    }

    /// Opens a release for what its manifest says alone. Where there is a `SHA256SUMS`,
    /// the manifest must be the one that it lists.
    ///
    /// # Errors
    /// Those of [`Release::open`], and [`Error::Damaged`].
    pub(crate) fn open_listed(folder: impl Into<Location>) -> Result<Self, Error> {
        let release = Self::open(folder)?;
        let is_listed = |sums: Sums| sums.get(MANIFEST) == Some(&release.manifest_sha256);
        if release.sums()?.is_none_or(is_listed) {
            return Ok(release);
        }
        let message = format!("its SHA-256 differs from {SUMS}");
        Err(Error::Damaged { path: release.folder.join(MANIFEST), message, hint: RESTORE })
    }

    /// The release without the list of its inputs, which may take more memory than the rest.
    #[must_use]
    pub(crate) fn without_inputs(mut self) -> Self {
        if let Lists::Embedded { inputs, .. } = &mut self.manifest.lists {
            *inputs = Vec::new();
        }
        self
    }

    /// The list of its files, if it has one.
    fn sums(&self) -> Result<Option<Sums>, Error> {
        let sums = self.location.join(SUMS);
        if sums.size()?.is_none() {
            return Ok(None);
        }
        let damaged = || {
            let message = "lines must have the form `SHA-256  path`".to_owned();
            Error::Damaged { path: sums.path(), message, hint: RESTORE }
        };
        parse_sums(&sums.read_bounded(MAX_SUMS_BYTES)?).ok_or_else(damaged).map(Some)
    }

    /// The release at this location whose manifest has these bytes.
    pub(crate) fn of(location: Location, manifest: &[u8]) -> Result<Self, ManifestError> {
        let (folder, manifest_sha256) = (location.path(), Digest::of(manifest));
        Ok(Self { location, folder, manifest: Manifest::from_bytes(manifest)?, manifest_sha256 })
    }

    /// Where it is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The path of its folder. If the release is not on the local file system, the path is for messages only.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// SHA-256 of its manifest's bytes.
    pub fn manifest_sha256(&self) -> Digest {
        self.manifest_sha256
    }

    /// The folder of its parts.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join(DATA)
    }

    /// Loads the schema that it carries.
    pub fn load_schema(&self) -> Result<Schema, Error> {
        let (name, bytes) = self.read_schema()?;
        Schema::of_release(name, bytes, self.manifest.schema.extra)
    }

    /// The schema that it carries as bytes, and the columns that it gives.
    pub fn load_columns(&self) -> Result<(Vec<u8>, Columns), Error> {
        let (name, bytes) = self.read_schema()?;
        let columns = Schema::columns_of_release(&name, &bytes, self.manifest.schema.extra)?;
        Ok((bytes, columns))
    }

    fn read_schema(&self) -> Result<(String, Vec<u8>), Error> {
        let schema = self.location.join(SCHEMA);
        Ok((schema.path().display().to_string(), schema.read_bounded(MAX_SCHEMA_BYTES)?))
    }
}

/// The releases in a dataset's folder, oldest first: all folders that are named by a version. On the local
/// file system that is every such folder, whole or damaged; elsewhere, where a release appears file by file, a
/// folder without a manifest is not a release. A folder that does not exist has none.
///
/// # Errors
/// [`Error::NoRelease`] for a version that is not a folder, such as a link: its target may change, and a
/// release never does.
pub fn releases(dataset: impl Into<Location>) -> Result<Vec<(Version, Location)>, Error> {
    let dataset = dataset.into();
    if !dataset.is_folder()? {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in dataset.list()? {
        let Ok(version) = entry.name.parse::<Version>() else { continue };
        let folder = dataset.join(&entry.name);
        match entry.kind {
            EntryKind::Folder if folder.local_path().is_none() && !folder.join(MANIFEST).exists()? => {}
            EntryKind::Folder => found.push((version, folder)),
            EntryKind::Other => {
                let message = "it is a link, not a folder".to_owned();
                return Err(Error::NoRelease { path: folder.path(), message });
            }
            EntryKind::File => {}
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}
