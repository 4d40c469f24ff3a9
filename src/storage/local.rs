//! [`LocalStorage`]: a folder of the local file system.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::fault::{Operation, pass};
use super::filesystem::{self, Handle, StagedFile, UNFINISHED};
use super::stored_file::{ReadAt, StoredFile};
use super::{Entry, EntryKind, Head, Storage, Upload, check_name};
use crate::error::Error;

/// A folder of the local file system, or a single file, whose name is empty.
#[derive(Debug, Clone)]
pub struct LocalStorage {
    root: PathBuf,
}

impl LocalStorage {
    /// The storage of this folder, which need not exist.
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn checked(&self, name: &str) -> io::Result<PathBuf> {
        check_name(name).map(|name| self.path(name))
    }
}

impl Storage for LocalStorage {
    fn head(&self, name: &str) -> io::Result<Option<Head>> {
        let path = self.checked(name)?;
        match pass(Operation::Look).and_then(|()| fs::metadata(path)) {
            Ok(metadata) => {
                let kind = EntryKind::of(metadata.file_type());
                Ok(Some(Head { kind, bytes: if kind == EntryKind::File { metadata.len() } else { 0 } }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn open(&self, name: &str) -> io::Result<StoredFile> {
        let file = filesystem::open(&self.checked(name)?).map_err(io_error)?;
        let size = file.metadata()?.len();
        Ok(StoredFile::new(LocalFile { file, size }))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Entry>> {
        let name = |path: PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let entries = filesystem::list(&self.checked(folder)?).map_err(io_error)?;
        Ok(entries.into_iter().map(|(path, kind)| Entry { name: name(path), kind }).collect())
    }

    fn put(&self, name: &str) -> io::Result<Box<dyn Upload>> {
        let target = self.checked(name)?;
        let (staged, file) = stage(&target).map_err(io_error)?;
        Ok(Box::new(LocalUpload { target, staged, file }))
    }

    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> io::Result<bool> {
        let target = self.checked(name)?;
        let (staged, mut file) = stage(&target).map_err(io_error)?;
        file.write_all(bytes)?;
        filesystem::publish_if_absent((staged, file), &target).map_err(io_error)
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        filesystem::remove_file(&self.checked(name)?).map_err(io_error)
    }

    fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.root.clone() } else { self.root.join(name) }
    }

    fn is_local(&self) -> bool {
        true
    }
}

fn stage(target: &Path) -> Result<(StagedFile, Handle), Error> {
    let folder = filesystem::folder_of(target);
    filesystem::create_folder(folder)?;
    filesystem::stage_file(folder, UNFINISHED)
}

/// The error of the system.
fn io_error(error: Error) -> io::Error {
    match error {
        Error::Io { source, .. } => source,
        error => io::Error::other(error),
    }
}

/// A file that is being written beside its place.
struct LocalUpload {
    target: PathBuf,
    staged: StagedFile,
    file: Handle,
}

impl Write for LocalUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Upload for LocalUpload {
    fn finish(self: Box<Self>) -> io::Result<()> {
        let Self { target, staged, file } = *self;
        filesystem::publish_file((staged, file), &target).map_err(io_error)
    }
}

/// An open file of the system.
#[derive(Debug)]
struct LocalFile {
    file: File,
    size: u64,
}

impl ReadAt for LocalFile {
    fn size(&self) -> u64 {
        self.size
    }

    #[cfg(unix)]
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buffer, position)
    }

    #[cfg(windows)]
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, buffer, position)
    }
}
