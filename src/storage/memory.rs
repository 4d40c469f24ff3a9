//! [`MemoryStorage`]: files in memory, as an object store holds them: folders exist through their files,
//! and nothing can be renamed.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::fault::{self, Operation, pass};
use super::stored_file::{ReadAt, StoredFile};
use super::{Entry, EntryKind, Head, Storage, Upload, check_name};

/// What the paths of its files start with in messages.
const SCHEME: &str = "memory:";

type Files = BTreeMap<String, Bytes>;

/// Files in memory. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryStorage {
    files: Arc<Mutex<Files>>,
}

impl MemoryStorage {
    /// A storage without files.
    pub fn new() -> Self {
        Self::default()
    }
}

fn held(files: &Mutex<Files>) -> MutexGuard<'_, Files> {
    // Each change is one call of the map, so a panic elsewhere leaves nothing half done.
    files.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The names in a folder start with this.
fn prefix(folder: &str) -> String {
    if folder.is_empty() { String::new() } else { format!("{folder}/") }
}

impl Storage for MemoryStorage {
    fn head(&self, name: &str) -> io::Result<Option<Head>> {
        pass(Operation::Look)?;
        let (name, files) = (check_name(name)?, held(&self.files));
        if let Some(bytes) = files.get(name) {
            return Ok(Some(Head { kind: EntryKind::File, bytes: bytes.len() as u64 }));
        }
        let prefix = prefix(name);
        let is_folder = prefix.is_empty()
            || files.range(prefix.clone()..).next().is_some_and(|(name, _)| name.starts_with(&prefix));
        Ok(is_folder.then_some(Head { kind: EntryKind::Folder, bytes: 0 }))
    }

    fn open(&self, name: &str) -> io::Result<StoredFile> {
        pass(Operation::Look)?;
        let bytes = held(&self.files).get(check_name(name)?).cloned();
        bytes.map(|bytes| StoredFile::new(MemoryFile(bytes))).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, folder: &str) -> io::Result<Vec<Entry>> {
        pass(Operation::Look)?;
        let prefix = prefix(check_name(folder)?);
        let mut entries: Vec<Entry> = Vec::new();
        for (name, _) in held(&self.files).range(prefix.clone()..).take_while(|(name, _)| name.starts_with(&prefix)) {
            let entry = match name[prefix.len()..].split_once('/') {
                Some((folder, _)) => Entry { name: folder.to_owned(), kind: EntryKind::Folder },
                None => Entry { name: name[prefix.len()..].to_owned(), kind: EntryKind::File },
            };
            entries.push(entry);
        }
        if entries.is_empty() && !prefix.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        entries.sort();
        entries.dedup();
        Ok(entries)
    }

    fn put(&self, name: &str) -> io::Result<Box<dyn Upload>> {
        pass(Operation::Fill)?;
        let (name, files) = (check_name(name)?.to_owned(), self.files.clone());
        Ok(Box::new(MemoryUpload { name, files, bytes: Vec::new() }))
    }

    fn put_if_absent(&self, name: &str, bytes: &[u8]) -> io::Result<bool> {
        pass(Operation::Fill)?;
        let (name, mut files) = (check_name(name)?, held(&self.files));
        if files.contains_key(name) {
            return Ok(false);
        }
        files.insert(name.to_owned(), Bytes::copy_from_slice(bytes));
        Ok(true)
    }

    fn copy(&self, from: &str, to: &str) -> io::Result<()> {
        pass(Operation::Fill)?;
        let (from, to, mut files) = (check_name(from)?, check_name(to)?, held(&self.files));
        let bytes = files.get(from).cloned().ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), bytes);
        Ok(())
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        pass(Operation::Look)?;
        held(&self.files).remove(check_name(name)?);
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        format!("{SCHEME}/{name}").into()
    }
}

/// A file that is being written.
struct MemoryUpload {
    name: String,
    files: Arc<Mutex<Files>>,
    bytes: Vec<u8>,
}

impl Write for MemoryUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        fault::write(&mut self.bytes, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Upload for MemoryUpload {
    fn finish(self: Box<Self>) -> io::Result<()> {
        pass(Operation::Fill)?;
        held(&self.files).insert(self.name, self.bytes.into());
        Ok(())
    }
}

/// The bytes of a file when it was opened.
#[derive(Debug)]
struct MemoryFile(Bytes);

impl ReadAt for MemoryFile {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let rest = usize::try_from(position).ok().and_then(|position| self.0.get(position..)).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }

    fn in_memory(&self) -> Option<&Bytes> {
        Some(&self.0)
    }
}
