//! [`Stamp`]: whether a file is still the one that was read a moment ago.
//!
//! It tells a file that was replaced or written to from one that was not. It does not find bytes
//! that rot on the disk, nor a writer who sets the time back: hashes do.

use std::fs::{File, Metadata};
use std::path::Path;
use std::time::SystemTime;

use crate::error::Error;
use crate::storage::fault::{Operation, pass};

/// The size of a file, when it was last written to, and its number on its device where the system
/// has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
    number: Option<(u64, u64)>,
}

impl Stamp {
    /// That of an open file.
    pub(crate) fn of_open(file: &File, path: &Path) -> Result<Self, Error> {
        Self::of(pass(Operation::Look).and_then(|()| file.metadata()), path)
    }

    /// That of the file at a path.
    pub(crate) fn of_path(path: &Path) -> Result<Self, Error> {
        Self::of(pass(Operation::Look).and_then(|()| std::fs::metadata(path)), path)
    }

    fn of(metadata: std::io::Result<Metadata>, path: &Path) -> Result<Self, Error> {
        let metadata = metadata.map_err(|source| Error::io("read", path, source))?;
        Ok(Self { bytes: metadata.len(), modified: metadata.modified().ok(), number: number(&metadata) })
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have no such number")]
fn number(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn number(_metadata: &Metadata) -> Option<(u64, u64)> {
    None
}
