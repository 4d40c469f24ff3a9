//! Runs on disk: sort entries in one scratch file, rows in another.
//!
//! With two files, order, cuts and fingerprints are computed by reading the small one. The rows are an
//! Arrow IPC stream, compressed with LZ4, which costs little compared to validation. The files have no
//! names, so the system deletes them with the process. Nothing here compares entries.

use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use arrow_array::{Array as _, ArrayRef, RecordBatch};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::{ArrowError, DataType, Schema};

use super::merge::SortEntries;
use super::selection::{RunBatches, SpilledRows};
use super::sort_entry::SortEntry;
use crate::error::Error;
use crate::storage::filesystem::{self, Handle};

/// The most rows and about the most bytes of canonical form of a batch on disk. A larger row has a
/// batch for itself.
pub(super) const SPILLED_ROWS: usize = 1024;
pub(super) const SPILLED_BYTES: usize = 256 << 10;
/// The size of the read and write buffers of scratch files, in bytes.
pub(super) const BUFFER: usize = 64 << 10;

/// A run on disk.
#[derive(Debug)]
pub(super) struct SpilledRun {
    entries: Handle,
    count: u64,
    rows: Handle,
    /// About how many bytes of memory it takes while it is read.
    memory: usize,
}

/// Writes a run to disk.
pub(super) struct SpillWriter {
    entries: BufWriter<Handle>,
    count: u64,
    rows: StreamWriter<BufWriter<Handle>>,
    /// The memory of the largest entry and of the largest batch with several rows, in bytes.
    largest_entry: usize,
    largest_batch: usize,
    folder: PathBuf,
}

impl SpillWriter {
    pub(super) fn new(schema: &Schema, folder: &Path) -> Result<Self, Error> {
        let open = || Ok::<_, Error>(BufWriter::with_capacity(BUFFER, filesystem::scratch(folder)?));
        let rows = open()?;
        let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME));
        let rows = options.and_then(|options| StreamWriter::try_new_with_options(rows, schema, options));
        let rows = rows.map_err(|error| failed("write to", folder, error))?;
        Ok(Self { entries: open()?, count: 0, rows, largest_entry: 0, largest_batch: 0, folder: folder.to_owned() })
    }

    /// Adds the next entry.
    pub(super) fn entry(&mut self, entry: &SortEntry) -> Result<(), Error> {
        self.count += 1;
        self.largest_entry = self.largest_entry.max(entry.memory());
        entry.write(&mut self.entries).map_err(|error| failed("write to", &self.folder, error.into()))
    }

    /// Adds the next rows.
    pub(super) fn rows(&mut self, rows: &RecordBatch) -> Result<(), Error> {
        // The reader frees a batch of one row as soon as the row is selected.
        if rows.num_rows() > 1 {
            self.largest_batch = self.largest_batch.max(memory(rows));
        }
        self.rows.write(rows).map_err(|error| failed("write to", &self.folder, error))
    }

    pub(super) fn finish(self) -> Result<SpilledRun, Error> {
        let Self { entries, count, rows, largest_entry, largest_batch, folder } = self;
        let memory = 2 * BUFFER + largest_entry + largest_batch;
        let entries = entries.into_inner().map_err(|error| error.into_error().into());
        let rows = rows.into_inner().and_then(|mut out| {
            out.flush()?;
            out.into_inner().map_err(|error| error.into_error().into())
        });
        let failed = |error| failed("write to", &folder, error);
        Ok(SpilledRun { entries: entries.map_err(failed)?, count, rows: rows.map_err(failed)?, memory })
    }
}

/// About how many bytes of memory a batch takes: its values, and the fixed part of each array.
pub(super) fn memory(rows: &RecordBatch) -> usize {
    let values = |column: &ArrayRef| column.to_data().get_slice_memory_size().unwrap_or(0);
    rows.columns().iter().map(|column| values(column) + fixed(column.data_type())).sum()
}

/// About how many bytes an array and those below it take in addition to their values.
pub(super) fn fixed(kind: &DataType) -> usize {
    let (buffers, below) = match kind {
        DataType::Utf8 => (3, 0),
        DataType::List(field) | DataType::Map(field, _) => (2, fixed(field.data_type())),
        DataType::Struct(fields) => (1, fields.iter().map(|field| fixed(field.data_type())).sum()),
        _ => (2, 0),
    };
    ARRAY + buffers * BLOCK + below
}

/// About how many bytes an array takes beside its buffers.
const ARRAY: usize = 160;
/// About how many bytes a buffer takes in addition to its content: what counts its owners, and what the
/// allocator adds to blocks that start at multiples of 128 bytes.
const BLOCK: usize = 160;
/// About how many bytes a null takes in a column.
pub(super) const SLOT: usize = 5;

impl SpilledRun {
    /// About how many bytes of memory it takes while it is read.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// Opens its entries and rows for reading from the start.
    pub(super) fn open(self, folder: &Path) -> Result<(SortEntries, RunBatches), Error> {
        let from = BufReader::with_capacity(BUFFER, filesystem::rewound(self.entries, folder)?);
        let entries = SpilledEntries { from, left: self.count, folder: folder.to_owned() };
        Ok((SortEntries::Spilled(entries), RunBatches::Spilled(Box::new(SpilledRows::open(self.rows, folder)?))))
    }
}

/// The sort entries of a run on disk.
#[derive(Debug)]
pub(crate) struct SpilledEntries {
    from: BufReader<Handle>,
    left: u64,
    folder: PathBuf,
}

impl Iterator for SpilledEntries {
    type Item = Result<SortEntry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(SortEntry::read(&mut self.from).map_err(|error| failed("read", &self.folder, error.into())))
    }
}

pub(super) fn failed(action: &'static str, folder: &Path, error: ArrowError) -> Error {
    let source = match error {
        ArrowError::IoError(_, source) => source,
        other => io::Error::other(other),
    };
    let action = if action == "read" { "read a scratch file in" } else { "write a scratch file in" };
    Error::io(action, folder, source)
}
