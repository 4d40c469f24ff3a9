//! [`Storage`]: where datasets and releases are. A local folder and a storage in memory implement it; an object
//! store can.
//!
//! A storage holds files by name and does not know what a release is: [`crate::release`] decides which file
//! is put where, and when. Scratch files, staged files, caches and locks are always on the local file system
//! (`filesystem`).

mod fault;
pub(crate) mod filesystem;
mod local;
mod location;
mod memory;
mod stored_file;

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;

#[cfg(test)]
pub(crate) use fault::{Fault, with_fault};
pub use local::LocalStorage;
pub use location::Location;
pub use memory::MemoryStorage;
pub use stored_file::{FileReader, ReadAt, StoredFile};

/// Where files are kept, by name.
///
/// A name is relative to the storage, with `/` between its steps, and has no empty step, `.` or `..`. The
/// empty name is the storage itself. All calls may come from several threads at once.
///
/// # Errors
/// All functions return the error of the system; callers add the action and the path ([`Location`]).
pub trait Storage: fmt::Debug + Send + Sync {
    /// What has this name, links followed. `None` if nothing has.
    fn head(&self, name: &str) -> io::Result<Option<Head>>;

    /// Opens a file to read ranges of it.
    fn open(&self, name: &str) -> io::Result<StoredFile>;

    /// The entries of a folder, by name. A folder that does not exist is an error of the kind `NotFound`.
    fn list(&self, folder: &str) -> io::Result<Vec<Entry>>;

    /// Starts to write a file. It appears when the upload is finished, as a whole, and replaces an earlier
    /// file.
    fn put(&self, name: &str) -> io::Result<Box<dyn Upload>>;

    /// Writes a small file, as a whole, if nothing has its name. Of several calls at the same time only one
    /// returns true.
    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> io::Result<bool>;

    /// Copies a file over what has the other name.
    fn copy(&self, from: &str, to: &str) -> io::Result<()> {
        let mut upload = self.put(to)?;
        io::copy(&mut self.open(from)?.reader(), &mut upload)?;
        upload.finish()
    }

    /// Removes a file. One that does not exist is not an error.
    fn delete(&self, name: &str) -> io::Result<()>;

    /// The path that messages show for a name. If [`Storage::is_local`], it is the path of the file.
    fn path(&self, name: &str) -> PathBuf;

    /// Whether names are paths of the local file system, where folders can be renamed and files linked.
    fn is_local(&self) -> bool {
        false
    }
}

/// A file that is being written. It appears only when it is finished; if it is dropped before, nothing of it
/// remains.
pub trait Upload: Write + Send {
    /// Makes the file visible, durable.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

impl fmt::Debug for dyn Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upload")
    }
}

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// A file, a folder or something else.
    pub kind: EntryKind,
    /// The size of a file in bytes; 0 for anything else.
    pub bytes: u64,
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name in the folder. What is not UTF-8 in it is replaced, so the name may not open the entry.
    pub name: String,
    /// What it is, links not followed.
    pub kind: EntryKind,
}

/// A file, a folder or something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link, socket, pipe or device.
    Other,
}

impl EntryKind {
    fn of(kind: std::fs::FileType) -> Self {
        if kind.is_file() {
            Self::File
        } else if kind.is_dir() {
            Self::Folder
        } else {
            Self::Other
        }
    }
}

/// Whether a name names something within a storage.
fn is_name(name: &str) -> bool {
    name.is_empty()
        || name.split('/').all(|step| !matches!(step, "" | "." | "..") && !step.contains(std::path::is_separator))
}

/// # Errors
/// If it is not a name.
fn check_name(name: &str) -> io::Result<&str> {
    let refuse = || io::Error::new(io::ErrorKind::InvalidInput, format!("`{name}` is not a name in a storage"));
    is_name(name).then_some(name).ok_or_else(refuse)
}

#[cfg(test)]
mod tests;
