//! Sorted runs: records in order, in memory while there is room and in scratch files after.
//!
//! A [`Chunk`] of records comes sorted from whoever made it. [`Runs`] keeps chunks up to a
//! budget and then merges the older half of them into one run on the disk ([`super::spill`]).
//! What order the runs have together is found by [`super::merge`].

use std::path::{Path, PathBuf};

use arrow_array::{Array as _, ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;

use super::fact::{At, Fact};
use super::merge::{Facts, Merge};
use super::selection::{Rows, RunRows, Selection};
use super::spill::{SPILLED_BYTES, SPILLED_ROWS, SpillWriter, SpilledRun};
use crate::error::Error;

/// Sorted records: their facts in order, and a batch that holds the rows they speak of.
#[derive(Debug)]
pub struct Chunk {
    /// The rows, in any order.
    pub rows: RecordBatch,
    /// The facts, in order.
    pub facts: Vec<Fact>,
}

impl Chunk {
    fn memory(&self) -> usize {
        let used = |column: &ArrayRef| column.to_data().get_slice_memory_size().unwrap_or(0);
        self.rows.columns().iter().map(used).sum::<usize>() + self.facts.iter().map(Fact::memory).sum::<usize>()
    }
}

/// Sorted runs under a memory budget.
#[derive(Debug)]
pub struct Runs {
    schema: SchemaRef,
    folder: PathBuf,
    limit: usize,
    held: usize,
    chunks: Vec<Chunk>,
    spilled: Vec<SpilledRun>,
    fan_in: usize,
}

impl Runs {
    /// No runs yet. Their rows have this schema; about `memory` bytes are held, the rest goes to
    /// files in `folder`.
    pub fn new(schema: SchemaRef, folder: &Path, memory: usize) -> Self {
        // While runs are merged, a batch of each is in memory, and half of the chunks are not.
        let fan_in = (memory / 2 / SPILLED_BYTES).max(16);
        let (chunks, spilled) = (Vec::new(), Vec::new());
        Self { schema, folder: folder.to_owned(), limit: memory, held: 0, chunks, spilled, fan_in }
    }

    /// Adds a chunk.
    ///
    /// # Errors
    /// [`Error::Io`] if there is no room in memory and none on the disk.
    pub fn push(&mut self, chunk: Chunk) -> Result<(), Error> {
        self.held += chunk.memory();
        self.chunks.push(chunk);
        if self.held > self.limit { self.spill() } else { Ok(()) }
    }

    /// How many runs are on the disk.
    pub fn spilled(&self) -> usize {
        self.spilled.len()
    }

    fn spill(&mut self) -> Result<(), Error> {
        let older = self.chunks.len().div_ceil(2);
        let chunks: Vec<Chunk> = self.chunks.drain(..older).collect();
        self.held = self.chunks.iter().map(Chunk::memory).sum();
        let run = self.merge(chunks.into_iter().map(in_memory).collect())?;
        self.spilled.push(run);
        if self.spilled.len() >= self.fan_in {
            let runs = std::mem::take(&mut self.spilled).into_iter();
            let run = self.merge(runs.map(|run| run.open(&self.folder)).collect::<Result<_, _>>()?)?;
            self.spilled.push(run);
        }
        Ok(())
    }

    /// One run on the disk out of several.
    fn merge(&self, runs: Vec<(Facts, Rows)>) -> Result<SpilledRun, Error> {
        let (facts, rows): (Vec<Facts>, Vec<Rows>) = runs.into_iter().unzip();
        let mut rows = RunRows::new(rows);
        let mut out = SpillWriter::new(&self.schema, &self.folder)?;
        let (mut selection, mut bytes, mut written) = (Selection::default(), 0, 0);
        for next in Merge::new(facts)? {
            let (run, mut fact) = next?;
            if let At::Run(row) = fact.at {
                rows.select(run, row, &mut selection)?;
                fact.at = At::Run(written);
                written += 1;
                bytes += fact.length;
            }
            out.fact(&fact)?;
            if selection.len() >= SPILLED_ROWS || bytes >= SPILLED_BYTES as u64 {
                out.rows(&std::mem::take(&mut selection).batch())?;
                bytes = 0;
            }
        }
        if !selection.is_empty() {
            out.rows(&selection.batch())?;
        }
        out.finish()
    }

    /// The facts of every run, each in order, and the rows that they speak of. The number of a
    /// run is its place in both.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be read back.
    pub fn finish(self) -> Result<(Vec<Facts>, RunRows), Error> {
        let spilled = self.spilled.into_iter().map(|run| run.open(&self.folder));
        let held = self.chunks.into_iter().map(|chunk| Ok(in_memory(chunk)));
        let runs: Vec<(Facts, Rows)> = spilled.chain(held).collect::<Result<_, Error>>()?;
        let (facts, rows) = runs.into_iter().unzip();
        Ok((facts, RunRows::new(rows)))
    }
}

fn in_memory(chunk: Chunk) -> (Facts, Rows) {
    (Facts::held(chunk.facts), Rows::Held(chunk.rows))
}
