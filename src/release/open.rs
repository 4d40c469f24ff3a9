//! Opening a release, and listing those of a folder. Opening reads the manifest and nothing
//! else: whether the rest is as it says is for [`crate::verify`] to find out.

use std::path::{Path, PathBuf};

use semver::Version;

use super::manifest::{Manifest, ManifestError};
use super::{DATA, MANIFEST, SCHEMA};
use crate::digest::Digest;
use crate::error::Error;
use crate::filesystem::{self, EntryKind};
use crate::schema::{Columns, Schema};

/// The longest manifest that is read, in bytes.
pub(crate) const MAX_MANIFEST_BYTES: u64 = 64 << 20;
/// The longest schema that is read, in bytes.
const MAX_SCHEMA_BYTES: u64 = 16 << 20;

/// A published release.
#[derive(Debug, Clone)]
pub struct Release {
    folder: PathBuf,
    manifest: Manifest,
    manifest_sha256: Digest,
}

impl Release {
    /// Opens the release in `folder`.
    ///
    /// # Errors
    /// [`Error::NoRelease`] if there is no manifest or it cannot be read.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(MANIFEST);
        let none = |message: String| Error::NoRelease { path: folder.to_owned(), message };
        if !path.is_file() {
            return Err(none(format!("it has no {MANIFEST}")));
        }
        let bytes = filesystem::read_bounded(&path, MAX_MANIFEST_BYTES)?;
        Self::of(folder, &bytes).map_err(|error: ManifestError| none(format!("{MANIFEST}: {error}")))
    }

    /// The release in `folder` whose manifest has these bytes.
    pub(crate) fn of(folder: &Path, manifest: &[u8]) -> Result<Self, ManifestError> {
        let manifest_sha256 = Digest::of(manifest);
        Ok(Self { folder: folder.to_owned(), manifest: Manifest::from_bytes(manifest)?, manifest_sha256 })
    }

    /// Its folder.
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
    pub fn data(&self) -> PathBuf {
        self.folder.join(DATA)
    }

    /// Loads the schema that it carries.
    pub fn load_schema(&self) -> Result<Schema, Error> {
        let (name, bytes) = self.read_schema()?;
        Schema::compile(name, bytes, self.manifest.schema.extra)
    }

    /// The schema that it carries as bytes, and the columns that it gives.
    pub fn load_columns(&self) -> Result<(Vec<u8>, Columns), Error> {
        let (name, bytes) = self.read_schema()?;
        let columns = Schema::columns_of(&name, &bytes, self.manifest.schema.extra)?;
        Ok((bytes, columns))
    }

    fn read_schema(&self) -> Result<(String, Vec<u8>), Error> {
        let path = self.folder.join(SCHEMA);
        Ok((path.display().to_string(), filesystem::read_bounded(&path, MAX_SCHEMA_BYTES)?))
    }
}

/// The releases in a dataset's folder, oldest first: every folder that is named by a version,
/// whatever it holds. A folder that is not there holds none.
///
/// # Errors
/// [`Error::NoRelease`] for a version that is no folder, such as a link: what it leads to may
/// change, and a release never does.
pub fn releases(dataset: &Path) -> Result<Vec<(Version, PathBuf)>, Error> {
    if !dataset.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for (path, kind) in filesystem::list(dataset)? {
        let version = path.file_name().and_then(|name| name.to_str()?.parse::<Version>().ok());
        match (kind, version) {
            (EntryKind::Folder, Some(version)) => found.push((version, path)),
            (EntryKind::Other, Some(_)) => {
                return Err(Error::NoRelease { path, message: "it is a link and no folder".to_owned() });
            }
            _ => {}
        }
    }
    found.sort();
    Ok(found)
}
