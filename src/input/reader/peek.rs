//! Looking at the beginning of a source before it is read.
//!
//! A file is opened again afterwards. What is read of standard input cannot be read again, so it is kept,
//! and [`Reader::after`] continues with it.

use std::io::{self, Read};

use super::{Reader, State};
use crate::error::Error;
use crate::input::block::Block;
use crate::input::envelope::Recognise;
use crate::input::sources::Source;

/// How much of standard input is kept, in bytes. A longer line is taken for its end.
const KEPT: usize = 16 << 20;

impl Reader {
    /// Reads the beginning of a source and hands each block to `take` until that fails with
    /// [`Error::Stopped`]. Returns what was read of standard input, and nothing of a file.
    ///
    /// # Errors
    /// A file that cannot be opened or read, or another error of `take`.
    pub(crate) fn peek(
        &self,
        source: &Source,
        recognise: &dyn Recognise,
        mut take: impl FnMut(Block) -> Result<(), Error>,
    ) -> Result<Vec<u8>, Error> {
        let mut stored = Copying { inner: self.open(source)?, copy: source.path.is_none().then(Vec::new) };
        let mut state = State::new(source, recognise);
        match self.stored(&mut stored, &mut state, &mut take) {
            Ok(_) | Err(Error::Stopped) => Ok(stored.copy.unwrap_or_default()),
            Err(error) => Err(error),
        }
    }
}

/// Keeps a copy of what is read, if one is wanted.
struct Copying<R> {
    inner: R,
    copy: Option<Vec<u8>>,
}

impl<R: Read> Read for Copying<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(copy) = &mut self.copy else { return self.inner.read(buffer) };
        let room = buffer.len().min(KEPT - copy.len());
        let read = self.inner.read(&mut buffer[..room])?;
        copy.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}
