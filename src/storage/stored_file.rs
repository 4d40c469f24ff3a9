//! [`StoredFile`]: an open file of a storage. Any number of threads read it at any position at once.

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::fault::{self, Operation};

/// Bytes that can be read at any position.
pub trait ReadAt: fmt::Debug + Send + Sync {
    /// The number of bytes.
    fn size(&self) -> u64;

    /// Reads bytes from a position on, as [`Read::read`] does.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize>;

    /// All bytes, if they are in memory.
    fn in_memory(&self) -> Option<&Bytes> {
        None
    }
}

/// An open file. Cloning gives another handle of it.
#[derive(Debug, Clone)]
pub struct StoredFile {
    bytes: Arc<dyn ReadAt>,
}

impl StoredFile {
    /// A file with these bytes.
    pub(crate) fn new(bytes: impl ReadAt + 'static) -> Self {
        Self { bytes: Arc::new(bytes) }
    }

    /// Its size in bytes when it was opened.
    pub(crate) fn size(&self) -> u64 {
        self.bytes.size()
    }

    /// Fills the buffer from a position on.
    ///
    /// # Errors
    /// `UnexpectedEof` if the file ends before.
    pub(crate) fn read_exact_at(&self, mut buffer: &mut [u8], mut position: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            match self.bytes.read_at(buffer, position) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => {
                    buffer = &mut buffer[length..];
                    position += length as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads a range. The caller makes sure that its length is bounded.
    ///
    /// # Errors
    /// `UnexpectedEof` if the file ends before.
    pub(crate) fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        let length = range.end.checked_sub(range.start).and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|_| range.end <= self.size()).ok_or(io::ErrorKind::UnexpectedEof)?;
        if let Some(bytes) = self.bytes.in_memory() {
            // The size was checked, so the start fits as well.
            let start = usize::try_from(range.start).unwrap_or(usize::MAX);
            return Ok(bytes.slice(start..start + length));
        }
        let mut buffer = vec![0; length];
        self.read_exact_at(&mut buffer, range.start)?;
        Ok(buffer.into())
    }

    /// A reader from the start on.
    pub fn reader(&self) -> FileReader {
        self.reader_at(0)
    }

    /// A reader from a position on. Readers of one file do not affect each other.
    pub(crate) fn reader_at(&self, position: u64) -> FileReader {
        FileReader { file: self.clone(), position }
    }
}

/// Reads a [`StoredFile`] from a position to its end.
#[derive(Debug)]
pub struct FileReader {
    file: StoredFile,
    position: u64,
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        fault::pass(Operation::Look)?;
        let length = self.file.bytes.read_at(buffer, self.position)?;
        self.position += length as u64;
        Ok(length)
    }
}
