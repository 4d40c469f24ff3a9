//! Writes one part: turns encoded row groups into a Parquet file, and returns its size and hash.
//!
//! Row groups come from a [`PartEncoder`], or as bytes from a part of an earlier release with the same
//! rows. Both give the same file. The writer does not sync the file.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;

use super::encode::{EncodedRowGroup, PartEncoder};
use super::file::ParquetFile;
use crate::digest::{Digest, Hashing};
use crate::error::Error;
use crate::storage::filesystem::{self, Handle};

/// A part that is being written.
#[derive(Debug)]
pub struct PartWriter {
    path: PathBuf,
    file: SerializedFileWriter<Hashing<BufWriter<Handle>>>,
    rows: u64,
}

/// A part that was written.
#[derive(Debug)]
pub struct WrittenPart {
    /// The file's size.
    pub bytes: u64,
    /// The file's SHA-256.
    pub sha256: Digest,
    /// The number of records.
    pub rows: u64,
    /// The file. It is not synced to disk yet.
    pub(crate) file: Handle,
}

impl PartWriter {
    /// Creates the file `path`, which must not exist.
    pub fn create(path: PathBuf, encoder: &PartEncoder) -> Result<Self, Error> {
        let (schema, properties) = encoder.file();
        let sink = Hashing::new(BufWriter::with_capacity(1 << 20, filesystem::create_new(&path)?));
        let file = SerializedFileWriter::new(sink, schema, properties).map_err(|error| failed(&path, &error))?;
        Ok(Self { path, file, rows: 0 })
    }

    /// Adds a row group.
    pub fn append(&mut self, group: EncodedRowGroup) -> Result<(), Error> {
        self.rows += group.rows;
        let append = || {
            let mut out = self.file.next_row_group()?;
            for chunk in group.chunks {
                chunk.append_to_row_group(&mut out)?;
            }
            out.close()
        };
        append().map(drop).map_err(|error| failed(&self.path, &error))
    }

    /// Adds the bytes of a row group of a part that was written with the same settings.
    pub(crate) fn copy(&mut self, part: &ParquetFile, group: usize) -> Result<(), Error> {
        let (from, chunks) = part.chunks(group)?;
        self.rows += part.group(group).len() as u64;
        let copy = || {
            let mut out = self.file.next_row_group()?;
            for chunk in chunks {
                out.append_column(&from, chunk)?;
            }
            out.close()
        };
        copy().map(drop).map_err(|error| failed(&self.path, &error))
    }

    /// Writes the footer and closes the part.
    pub fn finish(self) -> Result<WrittenPart, Error> {
        let Self { path, file, rows } = self;
        let (buffered, bytes, sha256) = file.into_inner().map_err(|error| failed(&path, &error))?.finish();
        let file = buffered.into_inner().map_err(|error| Error::io("write", &path, error.into_error()))?;
        Ok(WrittenPart { bytes, sha256, rows, file })
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn failed(path: &Path, error: &ParquetError) -> Error {
    Error::Part { action: "write", path: path.to_owned(), message: error.to_string() }
}
