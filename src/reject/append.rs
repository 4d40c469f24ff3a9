//! [`RejectAppender`]: adds rejects to a file that is kept from run to run, as a crawler needs it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process;

use super::{Reject, wire};
use crate::error::Error;
use crate::storage::filesystem::{self, Handle};

/// How many bytes of rejects are kept in memory before they are written.
const BUFFERED: usize = 256 << 10;

/// Adds rejects to a file. They are kept in memory and written as one zstd frame at a time, in one step, so that a
/// crash leaves whole frames and several programs can add to one file. What is in memory is written when the appender
/// is flushed or dropped.
#[derive(Debug)]
pub struct RejectAppender {
    path: PathBuf,
    file: Handle,
    waiting: Vec<u8>,
    /// The process that added what is in memory. A process that was forked from it has a copy, which is not its own.
    process: u32,
}

impl RejectAppender {
    /// Opens a file to add rejects to, or creates it.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened for writing.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { file: filesystem::append(path)?, path: path.to_owned(), waiting: Vec::new(), process: process::id() })
    }

    /// Adds a reject.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn add(&mut self, reject: &Reject) -> Result<(), Error> {
        self.leave_parent();
        self.waiting.extend(wire::write(reject));
        if self.waiting.len() >= BUFFERED { self.flush() } else { Ok(()) }
    }

    /// Writes what is in memory.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.leave_parent();
        if self.waiting.is_empty() {
            return Ok(());
        }
        let write = |file: &mut Handle, waiting: &[u8]| file.write_all(&zstd::encode_all(waiting, 3)?);
        write(&mut self.file, &self.waiting).map_err(|source| Error::io("write", &self.path, source))?;
        self.waiting.clear();
        Ok(())
    }

    /// After a fork, leaves the rejects of the parent process to it.
    fn leave_parent(&mut self) {
        if self.process != process::id() {
            (self.process, self.waiting) = (process::id(), Vec::new());
        }
    }
}

impl Drop for RejectAppender {
    fn drop(&mut self) {
        // Who must know whether it worked flushes.
        let _best_effort = self.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Position;
    use crate::reject::Stored;

    #[test]
    fn runs_add_to_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rejects.jsonl.zst");
        for line in 1..=3 {
            let position = Position { source: "crawl".into(), line, byte: 0 };
            let mut rejects = RejectAppender::open(&path).unwrap();
            rejects.add(&Reject::new(position, 2, Some(b"{}"), Vec::new())).unwrap();
            if line == 1 {
                rejects.flush().unwrap();
            }
        }
        let text = zstd::decode_all(&*filesystem::read_bounded(&path, 1 << 20).unwrap()).unwrap();
        let lines = text.split_inclusive(|byte| *byte == b'\n').map(|line| Stored::parse(line).unwrap().line);
        assert_eq!(lines.collect::<Vec<_>>(), [1, 2, 3]);
    }
}
