//! [`BesideFile`]: a text file beside the releases that builds keep and people may change.
//!
//! Such a file is for readers and is not part of any release. It is replaced in one step, behind links and with
//! its permissions. If that is not possible, it is not changed, and the report says why.

use std::path::PathBuf;

use crate::error::Error;
use crate::release::Lock;
use crate::storage::filesystem;

/// The largest file that is replaced, in bytes.
const MAX_BYTES: u64 = 256 << 20;

/// A file beside the releases that a build left as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftFile {
    /// The file.
    pub path: PathBuf,
    /// Why the build did not change it.
    pub reason: String,
}

/// A file beside the releases that can be replaced.
#[derive(Debug)]
pub(super) struct BesideFile<'l> {
    lock: &'l Lock,
    path: PathBuf,
    target: PathBuf,
    text: String,
}

impl<'l> BesideFile<'l> {
    /// Opens a file in the locked folder. It need not exist.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read.
    pub(super) fn open(lock: &'l Lock, name: &str) -> Result<Result<Self, LeftFile>, Error> {
        let path = lock.folder().join(name);
        let left = |reason: &str| Ok(Err(LeftFile { path: path.clone(), reason: reason.to_owned() }));
        if path.is_symlink() && !path.exists() {
            return left("it is a link to a file that is not there");
        }
        let target = filesystem::behind_links(&path)?;
        if target.exists() && !filesystem::is_file(&target)? {
            return left("it is not a regular file");
        }
        if let Some(reason) = filesystem::kept_from_replacing(&target)? {
            return left(reason);
        }
        if filesystem::size(&target).is_some_and(|size| size > MAX_BYTES) {
            return left(&format!("it is larger than {MAX_BYTES} bytes"));
        }
        let bytes = if target.exists() { filesystem::read_bounded(&target, MAX_BYTES)? } else { Vec::new() };
        let Ok(text) = String::from_utf8(bytes) else { return left("it is not UTF-8") };
        Ok(Ok(Self { lock, path, target, text }))
    }

    /// Its text; empty if it does not exist.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Leaves the file as it is.
    pub(super) fn left(self, reason: &str) -> LeftFile {
        LeftFile { path: self.path, reason: reason.to_owned() }
    }

    /// Replaces the text.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written. It is then unchanged.
    pub(super) fn replace(self, text: &str) -> Result<Option<LeftFile>, Error> {
        // The next build must be able to read the file.
        if text.len() as u64 > MAX_BYTES {
            return Ok(Some(self.left(&format!("it would be larger than {MAX_BYTES} bytes"))));
        }
        if text != self.text {
            filesystem::replace(&self.target, text.as_bytes(), self.lock.prefix())?;
        }
        Ok(None)
    }
}
