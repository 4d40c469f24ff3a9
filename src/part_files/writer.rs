//! Writes one part: turns encoded row groups into a Parquet file, and returns its size and hash.
//!
//! Row groups come from a [`PartEncoder`], or as bytes from a part of an earlier release with the same
//! rows. Both give the same file. The writer knows no path and syncs nothing: the caller owns the output.

use std::io::Write;
use std::path::Path;

use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;

use super::encode::{EncodedRowGroup, PartEncoder, unwritable};
use super::file::ParquetFile;
use crate::digest::{Digest, Hashing};
use crate::error::Error;

/// Why a part cannot be written: the output fails, or the rows are not those of a part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PartWriteError(pub(super) String);

impl PartWriteError {
    /// The error with the path of the file.
    pub(crate) fn at(&self, path: &Path) -> Error {
        Error::Part { action: "write", path: path.to_owned(), message: self.0.clone() }
    }
}

/// A part that is being written.
#[derive(Debug)]
pub struct PartWriter<W: Write + Send> {
    file: SerializedFileWriter<Hashing<W>>,
    rows: u64,
}

/// A part that was written.
#[derive(Debug)]
pub struct WrittenPart<W> {
    /// Its size in bytes.
    pub bytes: u64,
    /// The SHA-256 of its bytes.
    pub sha256: Digest,
    /// The number of records.
    pub rows: u64,
    /// The output, which was not flushed.
    pub out: W,
}

impl<W: Write + Send> PartWriter<W> {
    /// Starts a part in `out`.
    ///
    /// # Errors
    /// [`PartWriteError`] if `out` cannot be written, as for all methods.
    pub fn new(out: W, encoder: &PartEncoder) -> Result<Self, PartWriteError> {
        let (schema, properties) = encoder.file();
        let file = SerializedFileWriter::new(Hashing::new(out), schema, properties);
        Ok(Self { file: file.map_err(|error| unwritable(&error))?, rows: 0 })
    }

    /// Adds a row group.
    pub fn append(&mut self, group: EncodedRowGroup) -> Result<(), PartWriteError> {
        self.rows += group.rows;
        let append = || -> Result<(), ParquetError> {
            let mut out = self.file.next_row_group()?;
            for chunk in group.chunks {
                chunk.append_to_row_group(&mut out)?;
            }
            out.close().map(drop)
        };
        append().map_err(|error| unwritable(&error))
    }

    /// Adds the bytes of a row group of a part that was written with the same settings.
    ///
    /// # Errors
    /// [`Error::Part`] if the part cannot be read or `out` cannot be written.
    pub(crate) fn copy(&mut self, part: &ParquetFile, group: usize) -> Result<(), Error> {
        let (from, chunks) = part.chunks(group)?;
        self.rows += part.group(group).len() as u64;
        let copy = || -> Result<(), ParquetError> {
            let mut out = self.file.next_row_group()?;
            for chunk in chunks {
                out.append_column(&from, chunk)?;
            }
            out.close().map(drop)
        };
        copy().map_err(|error| unwritable(&error).at(part.path()))
    }

    /// Writes the footer and returns the output.
    pub fn finish(self) -> Result<WrittenPart<W>, PartWriteError> {
        let (out, bytes, sha256) = self.file.into_inner().map_err(|error| unwritable(&error))?.finish();
        Ok(WrittenPart { bytes, sha256, rows: self.rows, out })
    }
}
