//! Runs on the disk: facts in one scratch file, columns in another.
//!
//! They are apart so that order, cuts and fingerprints are found by reading the small one. The
//! columns stand there as an Arrow IPC stream, compressed with LZ4: it costs little beside the
//! judging that made them. The files have no names and vanish with the process.

use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use arrow_array::{Array as _, ArrayRef, RecordBatch};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::{ArrowError, Schema};

use super::merge::SortEntries;
use super::selection::{RunBatches, SpilledRows};
use super::sort_entry::SortEntry;
use crate::error::Error;
use crate::filesystem::{self, Handle};

/// How many rows, and about how many bytes of canonical form, a batch on the disk has at most, or
/// one row.
pub(super) const SPILLED_ROWS: usize = 1024;
pub(super) const SPILLED_BYTES: usize = 256 << 10;
/// The size of the buffers between scratch files and code.
pub(super) const BUFFER: usize = 64 << 10;

/// A run on the disk.
#[derive(Debug)]
pub(super) struct SpilledRun {
    facts: Handle,
    count: u64,
    rows: Handle,
    /// About how many bytes it takes in memory while it is read.
    memory: usize,
}

/// Writes a run.
pub(super) struct SpillWriter {
    facts: BufWriter<Handle>,
    count: u64,
    rows: StreamWriter<BufWriter<Handle>>,
    /// What the largest fact takes, and the largest batch of several rows.
    largest_fact: usize,
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
        Ok(Self { facts: open()?, count: 0, rows, largest_fact: 0, largest_batch: 0, folder: folder.to_owned() })
    }

    /// Adds the next fact.
    pub(super) fn fact(&mut self, fact: &SortEntry) -> Result<(), Error> {
        self.count += 1;
        self.largest_fact = self.largest_fact.max(fact.memory());
        fact.write(&mut self.facts).map_err(|error| failed("write to", &self.folder, error.into()))
    }

    /// Adds the next rows.
    pub(super) fn rows(&mut self, rows: &RecordBatch) -> Result<(), Error> {
        // A row that is alone is read when it is asked for, and handed on.
        if rows.num_rows() > 1 {
            self.largest_batch = self.largest_batch.max(memory(rows));
        }
        self.rows.write(rows).map_err(|error| failed("write to", &self.folder, error))
    }

    pub(super) fn finish(self) -> Result<SpilledRun, Error> {
        let Self { facts, count, rows, largest_fact, largest_batch, folder } = self;
        let memory = 2 * BUFFER + largest_fact + largest_batch;
        let facts = facts.into_inner().map_err(|error| error.into_error().into());
        let rows = rows.into_inner().and_then(|mut out| {
            out.flush()?;
            out.into_inner().map_err(|error| error.into_error().into())
        });
        let failed = |error| failed("write to", &folder, error);
        Ok(SpilledRun { facts: facts.map_err(failed)?, count, rows: rows.map_err(failed)?, memory })
    }
}

/// About how many bytes a batch takes in memory: its values, and what every array takes however
/// few it holds.
pub(super) fn memory(rows: &RecordBatch) -> usize {
    let used = |column: &ArrayRef| column.to_data().get_slice_memory_size().unwrap_or(0);
    rows.columns().iter().map(used).sum::<usize>() + rows.num_columns() * ARRAY
}

/// About how many bytes an array takes beside its values.
const ARRAY: usize = 384;

impl SpilledRun {
    /// About how many bytes it takes in memory while it is read.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// Its facts and rows, to be read from the start.
    pub(super) fn open(self, folder: &Path) -> Result<(SortEntries, RunBatches), Error> {
        let from = BufReader::with_capacity(BUFFER, filesystem::rewound(self.facts, folder)?);
        let facts = SpilledEntries { from, left: self.count, folder: folder.to_owned() };
        Ok((SortEntries::Spilled(facts), RunBatches::Spilled(Box::new(SpilledRows::open(self.rows, folder)?))))
    }
}

/// The facts of a run on the disk.
#[derive(Debug)]
pub struct SpilledEntries {
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
