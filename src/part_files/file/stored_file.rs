//! Lets the Parquet library read a [`StoredFile`].

use std::io::{BufReader, ErrorKind};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::storage::{FileReader, StoredFile};

impl Length for StoredFile {
    fn len(&self) -> u64 {
        self.size()
    }
}

impl ChunkReader for StoredFile {
    type T = BufReader<FileReader>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(BufReader::new(self.reader_at(start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.read(start..start.saturating_add(length as u64)).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => {
                ParquetError::EOF(format!("Expected to read {length} bytes at {start} of {}", self.size()))
            }
            _ => error.into(),
        })
    }
}
