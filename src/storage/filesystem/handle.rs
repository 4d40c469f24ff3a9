//! [`Handle`] and [`Spooled`]: open files whose every read and write passes the gate.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

use crate::storage::fault::{self, Operation};

/// An open file.
#[derive(Debug)]
pub(crate) struct Handle(pub(super) File);

impl Handle {
    /// Another handle of the same file, with the same position.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        fault::pass(Operation::Look)?;
        self.0.try_clone().map(Self)
    }
}

impl Read for Handle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        fault::pass(Operation::Look)?;
        self.0.read(buffer)
    }
}

impl Write for Handle {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        fault::write(&mut self.0, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for Handle {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.0.seek(position)
    }
}

/// A buffer that holds some bytes in memory and is a scratch file beyond.
#[derive(Debug)]
pub(crate) struct Spooled(pub(super) SpooledTempFile);

impl Read for Spooled {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        fault::pass(Operation::Look)?;
        self.0.read(buffer)
    }
}

impl Write for Spooled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        fault::write(&mut self.0, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for Spooled {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.0.seek(position)
    }
}
