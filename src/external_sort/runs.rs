//! Sorted runs: keeps sorted chunks in memory up to a budget and spills the rest to scratch files.
//!
//! The caller sorts each [`SortedChunk`]. [`SortedRuns`] concatenates small chunks. When the budget is
//! used up, it merges the older half of the chunks into one run on disk ([`super::spill`]). It does not
//! produce the final order; [`super::merge`] does.

use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;

use super::merge::{Merge, SortEntries};
use super::selection::{RunBatches, RunRows, Selection};
use super::sort_entry::{RowLocation, SortEntry};
use super::spill::{self, SLOT, SPILLED_BYTES, SPILLED_ROWS, SpillWriter, SpilledRun};
use crate::error::Error;

/// Sorted records: their sort entries, and a batch with the rows that the entries refer to.
#[derive(Debug)]
pub(crate) struct SortedChunk {
    /// The rows, in any order.
    pub(crate) rows: RecordBatch,
    /// The entries, in order.
    pub(crate) entries: Vec<SortEntry>,
}

impl SortedChunk {
    fn memory(&self) -> usize {
        spill::memory(&self.rows) + self.entries.iter().map(SortEntry::memory).sum::<usize>()
    }
}

/// A chunk with fewer rows is small: its arrays then take more memory than their values.
const SMALL_ROWS: usize = 64;
/// A small chunk takes less than about this many bytes.
const SMALL_BYTES: usize = 256 << 10;
/// Small chunks are concatenated when together they have this many rows.
const TOGETHER_ROWS: usize = 1024;

/// Sorted runs under a memory budget.
#[derive(Debug)]
pub(crate) struct SortedRuns {
    schema: SchemaRef,
    folder: PathBuf,
    limit: usize,
    held: usize,
    chunks: Vec<SortedChunk>,
    /// Small chunks that wait to be concatenated, with their rows and bytes.
    small: Vec<SortedChunk>,
    small_rows: usize,
    small_held: usize,
    spilled: Vec<SpilledRun>,
    /// The memory in bytes that the runs on disk need while they are read, and its limit.
    open: usize,
    open_limit: usize,
    /// About how many bytes a row takes in addition to its values.
    row: usize,
}

impl SortedRuns {
    /// Creates an empty set of runs for rows of this schema. About `memory` bytes stay in memory; the
    /// rest goes to files in `folder`.
    pub(crate) fn new(schema: SchemaRef, folder: &Path, memory: usize) -> Self {
        let row = schema.fields().len() * SLOT;
        Self {
            schema,
            folder: folder.to_owned(),
            limit: memory,
            held: 0,
            chunks: Vec::new(),
            small: Vec::new(),
            small_rows: 0,
            small_held: 0,
            spilled: Vec::new(),
            open: 0,
            // A merge holds one batch of each run in memory, but only half of the chunks.
            open_limit: (memory / 6).max(OPEN_LEAST),
            row,
        }
    }

    /// Returns a batch without rows, for a chunk that only has sort entries.
    pub(crate) fn no_rows(&self) -> RecordBatch {
        RecordBatch::new_empty(self.schema.clone())
    }

    /// Adds a chunk.
    ///
    /// # Errors
    /// [`Error::Io`] if a scratch file cannot be written.
    pub(crate) fn push(&mut self, chunk: SortedChunk) -> Result<(), Error> {
        let memory = chunk.memory();
        if chunk.entries.len() >= SMALL_ROWS || memory >= SMALL_BYTES + self.schema.fields().len() * SMALL_BYTES / 64 {
            return self.push_whole(chunk, memory);
        }
        self.small_rows += chunk.entries.len();
        self.small_held += memory;
        self.small.push(chunk);
        let full = self.small_rows >= TOGETHER_ROWS || self.small_held >= (self.limit / 16).max(1 << 20);
        if full { self.concatenate_small() } else { Ok(()) }
    }

    fn push_whole(&mut self, chunk: SortedChunk, memory: usize) -> Result<(), Error> {
        self.held += memory;
        self.chunks.push(chunk);
        if self.held + self.small_held > self.limit { self.spill() } else { Ok(()) }
    }

    /// Concatenates the small chunks into one.
    fn concatenate_small(&mut self) -> Result<(), Error> {
        (self.small_rows, self.small_held) = (0, 0);
        let small = std::mem::take(&mut self.small);
        if small.is_empty() {
            return Ok(());
        }
        let rows = concat_batches(&self.schema, small.iter().map(|chunk| &chunk.rows));
        let rows = rows.expect("few rows of one schema");
        let (mut entries, mut first) = (Vec::new(), 0);
        for chunk in small {
            let next = first + u32::try_from(chunk.rows.num_rows()).expect("a chunk has fewer than 2^32 rows");
            entries.extend(chunk.entries.into_iter().map(|entry| match entry.location {
                RowLocation::Run(row) => SortEntry { location: RowLocation::Run(first + row), ..entry },
                RowLocation::Base(_) => entry,
            }));
            first = next;
        }
        entries.sort_unstable_by(|a: &SortEntry, b| (&a.sort_key, a.ordinal).cmp(&(&b.sort_key, b.ordinal)));
        entries.shrink_to_fit();
        let chunk = SortedChunk { rows, entries };
        let memory = chunk.memory();
        self.push_whole(chunk, memory)
    }

    /// Lowers the budget to about `memory` bytes. A larger value changes nothing.
    ///
    /// # Errors
    /// As for [`SortedRuns::push`].
    pub(crate) fn hold(&mut self, memory: usize) -> Result<(), Error> {
        self.limit = self.limit.min(memory);
        while self.held > self.limit {
            self.spill()?;
        }
        Ok(())
    }

    /// The number of runs on disk.
    #[cfg(test)]
    fn spilled(&self) -> usize {
        self.spilled.len()
    }

    fn spill(&mut self) -> Result<(), Error> {
        let older = self.chunks.len().div_ceil(2);
        let chunks: Vec<SortedChunk> = self.chunks.drain(..older).collect();
        self.held = self.chunks.iter().map(SortedChunk::memory).sum();
        let run = self.merge(chunks.into_iter().map(in_memory).collect())?;
        self.add_spilled(run);
        if self.open > self.open_limit && self.spilled.len() >= FAN_IN_LEAST {
            let runs = std::mem::take(&mut self.spilled).into_iter();
            self.open = 0;
            let run = self.merge(runs.map(|run| run.open(&self.folder)).collect::<Result<_, _>>()?)?;
            self.add_spilled(run);
        }
        Ok(())
    }

    fn add_spilled(&mut self, run: SpilledRun) {
        self.open += run.memory();
        self.spilled.push(run);
    }

    /// Merges several runs into one run on disk.
    fn merge(&self, runs: Vec<(SortEntries, RunBatches)>) -> Result<SpilledRun, Error> {
        let (entries, rows): (Vec<SortEntries>, Vec<RunBatches>) = runs.into_iter().unzip();
        let mut rows = RunRows::new(rows);
        let mut out = SpillWriter::new(&self.schema, &self.folder)?;
        let (mut selection, mut bytes, mut written) = (Selection::default(), 0, 0);
        for next in Merge::new(entries)? {
            let (run, mut entry) = next?;
            if let RowLocation::Run(row) = entry.location {
                let more = usize::try_from(entry.length).unwrap_or(usize::MAX);
                // A large record gets a batch for itself.
                if bytes + more > SPILLED_BYTES && !selection.is_empty() {
                    out.rows(&std::mem::take(&mut selection).batch())?;
                    bytes = 0;
                }
                rows.select(run, row, &mut selection)?;
                entry.location = RowLocation::Run(written);
                written += 1;
                bytes += more;
            }
            out.entry(&entry)?;
            let nulls = selection.len() * self.row;
            if selection.len() >= SPILLED_ROWS || bytes >= SPILLED_BYTES || nulls >= NULL_BYTES {
                out.rows(&std::mem::take(&mut selection).batch())?;
                bytes = 0;
            }
        }
        if !selection.is_empty() {
            out.rows(&selection.batch())?;
        }
        out.finish()
    }

    /// Returns the sort entries of every run, each in order, and the rows that they refer to. A run has
    /// the same index in both.
    ///
    /// # Errors
    /// [`Error::Io`] if a scratch file cannot be written or read.
    pub(crate) fn finish(mut self) -> Result<(Vec<SortEntries>, RunRows), Error> {
        self.concatenate_small()?;
        let spilled = self.spilled.into_iter().map(|run| run.open(&self.folder));
        let held = self.chunks.into_iter().map(|chunk| Ok(in_memory(chunk)));
        let runs: Vec<(SortEntries, RunBatches)> = spilled.chain(held).collect::<Result<_, Error>>()?;
        let (entries, rows) = runs.into_iter().unzip();
        Ok((entries, RunRows::new(rows)))
    }
}

/// A batch on disk ends when its nulls take this many bytes.
const NULL_BYTES: usize = 1 << 20;
/// The least memory for reading runs on disk, in bytes, and the number of runs below which they are
/// not merged early.
const OPEN_LEAST: usize = 2 << 20;
const FAN_IN_LEAST: usize = 16;

fn in_memory(chunk: SortedChunk) -> (SortEntries, RunBatches) {
    (SortEntries::held(chunk.entries), RunBatches::Held(chunk.rows))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, StringArray, cast::AsArray as _};

    use super::*;
    use crate::digest::Digest;
    use crate::external_sort::{CACHE_ENTRY_BYTES, SourceSpan};
    use crate::record::RecordHash;

    /// A chunk of these numbers: each row holds its number as a string and sorts by it.
    fn chunk(numbers: &[u32], first: u64) -> SortedChunk {
        let text: ArrayRef =
            Arc::new(StringArray::from_iter_values(numbers.iter().map(|number| format!("row {number}"))));
        let mut entries: Vec<SortEntry> = (0..)
            .zip(numbers)
            .map(|(row, number)| SortEntry {
                sort_key: Box::from(number.to_be_bytes()),
                hash: RecordHash::new(Digest::of(&number.to_be_bytes())),
                cut: u64::from(*number),
                length: 100,
                ordinal: first + u64::from(row),
                location: RowLocation::Run(row),
                span: SourceSpan::default(),
                cache_entry: [0; CACHE_ENTRY_BYTES],
            })
            .collect();
        entries.sort_by(|a, b| a.sort_key.cmp(&b.sort_key));
        SortedChunk { rows: RecordBatch::try_from_iter([("text", text)]).unwrap(), entries }
    }

    #[track_caller]
    fn check(chunks: u32, rows: u32, memory: usize, spilled: std::ops::RangeInclusive<usize>) {
        let folder = tempfile::tempdir().unwrap();
        let number = |index: u32| index.wrapping_mul(2_654_435_761) % 1_000_003;
        let mut runs = SortedRuns::new(chunk(&[], 0).rows.schema(), folder.path(), memory);
        for at in 0..chunks {
            let numbers: Vec<u32> = (at * rows..(at + 1) * rows).map(number).collect();
            runs.push(chunk(&numbers, u64::from(at * rows))).unwrap();
        }
        assert!(spilled.contains(&runs.spilled()), "{} runs on the disk", runs.spilled());
        let (entries, mut rows_of) = runs.finish().unwrap();
        let mut want: Vec<u32> = (0..chunks * rows).map(number).collect();
        want.sort_unstable();
        // Reads twice, as a build with conflicts does.
        let order: Vec<(usize, SortEntry)> = Merge::new(entries).unwrap().map(Result::unwrap).collect();
        for _ in 0..2 {
            let mut selection = Selection::default();
            for (run, entry) in &order {
                let RowLocation::Run(row) = entry.location else { unreachable!("there is no base") };
                rows_of.select(*run, row, &mut selection).unwrap();
            }
            let batch = selection.batch();
            let texts: Vec<&str> = batch.column(0).as_string::<i32>().iter().flatten().collect();
            assert_eq!(texts, want.iter().map(|number| format!("row {number}")).collect::<Vec<String>>());
            rows_of = rows_of.rewound().unwrap();
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "the files have names");
    }

    #[test]
    fn the_order_does_not_depend_on_memory() {
        check(10, 100, 1 << 20, 0..=0);
        check(10, 100, 100_000, 1..=8);
        // So little memory that runs on disk are merged again.
        check(60, 100, 0, 1..=16);
    }

    #[test]
    fn small_chunks_are_concatenated() {
        check(300, 1, 1 << 20, 0..=0);
        check(900, 5, 0, 1..=16);
    }
}
