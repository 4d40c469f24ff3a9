//! Writing one part: runs of sorted records in, a Parquet file with its size, hash and count out.
//!
//! The file's bytes depend on the records and settings alone; see [`super::runs()`].

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::schema::types::SchemaDescriptor;

use super::cut::Layout;
use super::settings::properties;
use crate::digest::{Digest, Hashing};
use crate::error::Error;
use crate::filesystem;
use crate::record::{Order, arrow_schema};
use crate::schema::Columns;

/// Writes parts of one shape.
#[derive(Debug)]
pub struct PartWriter {
    arrow: SchemaRef,
    parquet: SchemaDescriptor,
    properties: WriterPropertiesPtr,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file's size.
    pub bytes: u64,
    /// The file's SHA-256.
    pub sha256: Digest,
    /// How many records it holds.
    pub rows: u64,
}

impl PartWriter {
    /// A writer for records of these columns under the schema with this SHA-256.
    pub fn new(columns: &Columns, order: &Order, layout: &Layout, schema: &Digest) -> Result<Self, Error> {
        let arrow = arrow_schema(columns);
        let (parquet, properties) = properties(columns, &arrow, order, layout, schema)
            .map_err(|error| failed(&PathBuf::from("part"), &error))?;
        Ok(Self { arrow, parquet, properties })
    }

    /// Writes the file `path`, which must not exist, and waits until it is on the disk. Each
    /// batch is one run.
    pub fn write(&self, path: &Path, runs: impl IntoIterator<Item = RecordBatch>) -> Result<Written, Error> {
        let file = filesystem::create_new(path)?;
        let options = ArrowWriterOptions::new()
            .with_properties(self.properties.as_ref().clone())
            .with_skip_arrow_metadata(true)
            .with_parquet_schema(self.parquet.clone());
        let sink = Hashing::new(BufWriter::with_capacity(1 << 20, file));
        let mut writer = ArrowWriter::try_new_with_options(sink, self.arrow.clone(), options)
            .map_err(|error| failed(path, &error))?;
        let mut rows = 0;
        for run in runs {
            rows += run.num_rows() as u64;
            writer.write(&run).map_err(|error| failed(path, &error))?;
        }
        let (mut buffered, bytes, sha256) = writer.into_inner().map_err(|error| failed(path, &error))?.finish();
        let refuse = |source| Error::io("write", path, source);
        buffered.flush().map_err(refuse)?;
        let file = buffered.into_inner().map_err(|error| refuse(error.into_error()))?;
        filesystem::sync(&file, path)?;
        Ok(Written { bytes, sha256, rows })
    }
}

fn failed(path: &Path, error: &ParquetError) -> Error {
    Error::Part { action: "write", path: path.to_owned(), message: error.to_string() }
}
