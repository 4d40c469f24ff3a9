//! [`Location`]: a file or folder of a storage. Its errors name the action and the path.

use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::filesystem::{self, BUFFER};
use super::{Entry, EntryKind, Head, LocalStorage, Storage, StoredFile, Upload};
use crate::digest::{Digest, Hashing};
use crate::error::Error;

/// A file or folder of a storage, which need not exist. It is cheap to clone. Two locations are equal if they
/// have the same path in the same storage.
///
/// ```
/// use std::path::Path;
/// use std::sync::Arc;
/// use pressmark::storage::{Location, MemoryStorage};
///
/// let local = Location::from(Path::new("datasets/mine/1.0.0"));
/// assert_eq!(local.join("manifest.json").path(), Path::new("datasets/mine/1.0.0/manifest.json"));
/// let memory = Location::new(Arc::new(MemoryStorage::new()), "mine");
/// assert!(memory.join("a.txt").put_if_absent(b"a")?);
/// assert_eq!(memory.join("a.txt").read_bounded(100)?, b"a");
/// # Ok::<(), pressmark::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Location {
    storage: Arc<dyn Storage>,
    name: String,
}

impl Location {
    /// What has this name in a storage. The empty name is the storage itself.
    pub fn new(storage: Arc<dyn Storage>, name: impl Into<String>) -> Self {
        Self { storage, name: name.into() }
    }

    /// What has this name, relative to this folder.
    #[must_use]
    pub fn join(&self, name: &str) -> Self {
        let name = if self.name.is_empty() { name.to_owned() } else { format!("{}/{name}", self.name) };
        Self { storage: self.storage.clone(), name }
    }

    /// The folder that it is in, and its name there. `None` for the root of a storage or of the file system,
    /// and for a name that is not UTF-8.
    ///
    /// # Errors
    /// [`Error::Io`] if a relative path cannot be made absolute.
    pub(crate) fn split(&self) -> Result<Option<(Self, String)>, Error> {
        let Some(path) = self.local_path() else {
            let (folder, name) = self.name.rsplit_once('/').unwrap_or(("", &self.name));
            let folder = Self { storage: self.storage.clone(), name: folder.to_owned() };
            return Ok((!name.is_empty()).then(|| (folder, name.to_owned())));
        };
        let absolute = filesystem::absolute(&path)?;
        let name = absolute.file_name().and_then(|name| name.to_str());
        Ok(name.zip(absolute.parent()).map(|(name, folder)| (Self::from(folder), name.to_owned())))
    }

    /// Its path, for messages.
    pub fn path(&self) -> PathBuf {
        self.storage.path(&self.name)
    }

    /// Its path, if it is on the local file system.
    pub(crate) fn local_path(&self) -> Option<PathBuf> {
        self.storage.is_local().then(|| self.path())
    }

    /// What is there. `None` if there is nothing.
    pub(crate) fn head(&self) -> Result<Option<Head>, Error> {
        self.storage.head(&self.name).map_err(|source| self.failed("read", source))
    }

    /// Whether anything is there.
    pub(crate) fn exists(&self) -> Result<bool, Error> {
        self.head().map(|head| head.is_some())
    }

    /// The size of a file in bytes. `None` if there is no file.
    pub(crate) fn size(&self) -> Result<Option<u64>, Error> {
        Ok(self.head()?.filter(|head| head.kind == EntryKind::File).map(|head| head.bytes))
    }

    /// Whether a folder is there.
    pub(crate) fn is_folder(&self) -> Result<bool, Error> {
        Ok(self.head()?.is_some_and(|head| head.kind == EntryKind::Folder))
    }

    /// Opens the file.
    pub fn open(&self) -> Result<StoredFile, Error> {
        self.storage.open(&self.name).map_err(|source| self.failed("read", source))
    }

    /// Reads a file that must not be larger than `limit` bytes.
    pub fn read_bounded(&self, limit: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let read = self.open()?.reader().take(limit + 1).read_to_end(&mut bytes);
        read.map_err(|source| self.failed("read", source))?;
        if bytes.len() as u64 > limit {
            let message = format!("larger than {limit} bytes");
            return Err(self.failed("read", io::Error::new(io::ErrorKind::FileTooLarge, message)));
        }
        Ok(bytes)
    }

    /// The size of the file, and the SHA-256 of its bytes.
    pub(crate) fn hash(&self) -> Result<(u64, Digest), Error> {
        let mut reader = BufReader::with_capacity(BUFFER, Hashing::new(self.open()?.reader()));
        io::copy(&mut reader, &mut io::sink()).map_err(|source| self.failed("read", source))?;
        let (_file, bytes, digest) = reader.into_inner().finish();
        Ok((bytes, digest))
    }

    /// The entries of the folder, by name.
    pub(crate) fn list(&self) -> Result<Vec<Entry>, Error> {
        self.storage.list(&self.name).map_err(|source| self.failed("read", source))
    }

    /// Starts to write the file. It appears when the upload is finished.
    pub(crate) fn put(&self) -> Result<Box<dyn Upload>, Error> {
        self.storage.put(&self.name).map_err(|source| self.failed("create", source))
    }

    /// Writes the file in one step. Returns false, and writes nothing, if anything is there.
    pub fn put_if_absent(&self, bytes: &[u8]) -> Result<bool, Error> {
        self.storage.put_if_absent(&self.name, bytes).map_err(|source| self.failed("create", source))
    }

    /// Removes the file, if it is there.
    pub(crate) fn delete(&self) -> Result<(), Error> {
        self.storage.delete(&self.name).map_err(|source| self.failed("remove", source))
    }

    /// An error of the system at this place.
    pub(crate) fn failed(&self, action: &'static str, source: io::Error) -> Error {
        Error::Io { action, path: self.path(), source }
    }
}

impl PartialEq for Location {
    fn eq(&self, other: &Self) -> bool {
        let is_same = match (self.local_path(), other.local_path()) {
            (None, None) => Arc::ptr_eq(&self.storage, &other.storage),
            (ours, theirs) => ours.is_some() && theirs.is_some(),
        };
        is_same && self.path() == other.path()
    }
}

impl Eq for Location {}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self::new(Arc::new(LocalStorage::new(path)), "")
    }
}

impl From<&PathBuf> for Location {
    fn from(path: &PathBuf) -> Self {
        Self::from(path.as_path())
    }
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self::from(path.as_path())
    }
}

impl From<&Location> for Location {
    fn from(location: &Location) -> Self {
        location.clone()
    }
}
