//! Sorted runs: records in order, in memory while there is room and in scratch files after.
//!
//! A [`SortedChunk`] of records comes sorted from whoever made it. [`SortedRuns`] puts small chunks together,
//! keeps chunks up to a budget and then merges the older half of them into one run on the disk
//! ([`super::spill`]). What order the runs have together is found by [`super::merge`].

use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;

use super::merge::{Merge, SortEntries};
use super::selection::{RunBatches, RunRows, Selection};
use super::sort_entry::{RowLocation, SortEntry};
use super::spill::{self, SPILLED_BYTES, SPILLED_ROWS, SpillWriter, SpilledRun};
use crate::error::Error;

/// Sorted records: their facts in order, and a batch that holds the rows they speak of.
#[derive(Debug)]
pub struct SortedChunk {
    /// The rows, in any order.
    pub rows: RecordBatch,
    /// The facts, in order.
    pub facts: Vec<SortEntry>,
}

impl SortedChunk {
    fn memory(&self) -> usize {
        spill::memory(&self.rows) + self.facts.iter().map(SortEntry::memory).sum::<usize>()
    }
}

/// Up to how many rows a chunk is small: what its arrays take beside its values counts then.
const SMALL_ROWS: usize = 64;
/// Up to how many bytes.
const SMALL_BYTES: usize = 256 << 10;
/// Of how many rows small chunks are put together.
const TOGETHER_ROWS: usize = 1024;

/// Sorted runs under a memory budget.
#[derive(Debug)]
pub struct SortedRuns {
    schema: SchemaRef,
    folder: PathBuf,
    limit: usize,
    held: usize,
    chunks: Vec<SortedChunk>,
    /// Small ones that will be one, how many rows they have, and what they take.
    small: Vec<SortedChunk>,
    small_rows: usize,
    small_held: usize,
    spilled: Vec<SpilledRun>,
    /// What the runs on the disk take while they are read, and may take.
    open: usize,
    open_limit: usize,
    /// About how many bytes a row takes beside its values.
    row: usize,
}

impl SortedRuns {
    /// No runs yet. Their rows have this schema; about `memory` bytes are held, the rest goes to
    /// files in `folder`.
    pub fn new(schema: SchemaRef, folder: &Path, memory: usize) -> Self {
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
            // While runs are merged, a batch of each is in memory, and half of the chunks are not.
            open_limit: (memory / 6).max(OPEN_LEAST),
            row,
        }
    }

    /// A batch of no rows, for a chunk of facts alone.
    pub fn no_rows(&self) -> RecordBatch {
        RecordBatch::new_empty(self.schema.clone())
    }

    /// Adds a chunk.
    ///
    /// # Errors
    /// [`Error::Io`] if there is no room in memory and none on the disk.
    pub fn push(&mut self, chunk: SortedChunk) -> Result<(), Error> {
        let memory = chunk.memory();
        if chunk.facts.len() >= SMALL_ROWS || memory >= SMALL_BYTES + self.schema.fields().len() * SMALL_BYTES / 64 {
            return self.push_whole(chunk, memory);
        }
        self.small_rows += chunk.facts.len();
        self.small_held += memory;
        self.small.push(chunk);
        let full = self.small_rows >= TOGETHER_ROWS || self.small_held >= (self.limit / 16).max(1 << 20);
        if full { self.put_together() } else { Ok(()) }
    }

    fn push_whole(&mut self, chunk: SortedChunk, memory: usize) -> Result<(), Error> {
        self.held += memory;
        self.chunks.push(chunk);
        if self.held > self.limit { self.spill() } else { Ok(()) }
    }

    /// Makes one chunk of the small ones.
    fn put_together(&mut self) -> Result<(), Error> {
        (self.small_rows, self.small_held) = (0, 0);
        let small = std::mem::take(&mut self.small);
        if small.is_empty() {
            return Ok(());
        }
        let rows = concat_batches(&self.schema, small.iter().map(|chunk| &chunk.rows));
        let rows = rows.expect("few rows of one schema");
        let (mut facts, mut first) = (Vec::new(), 0);
        for chunk in small {
            let next = first + u32::try_from(chunk.rows.num_rows()).expect("a chunk has fewer than 2^32 rows");
            facts.extend(chunk.facts.into_iter().map(|fact| match fact.at {
                RowLocation::Run(row) => SortEntry { at: RowLocation::Run(first + row), ..fact },
                RowLocation::Base(_) => fact,
            }));
            first = next;
        }
        facts.sort_unstable_by(|a: &SortEntry, b| (&a.sort_key, a.ordinal).cmp(&(&b.sort_key, b.ordinal)));
        facts.shrink_to_fit();
        let chunk = SortedChunk { rows, facts };
        let memory = chunk.memory();
        self.push_whole(chunk, memory)
    }

    /// Holds no more than about `memory` bytes from now on, if that is less than before.
    ///
    /// # Errors
    /// As for [`SortedRuns::push`].
    pub fn hold(&mut self, memory: usize) -> Result<(), Error> {
        self.limit = self.limit.min(memory);
        while self.held > self.limit {
            self.spill()?;
        }
        Ok(())
    }

    /// How many runs are on the disk.
    pub fn spilled(&self) -> usize {
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

    /// One run on the disk out of several.
    fn merge(&self, runs: Vec<(SortEntries, RunBatches)>) -> Result<SpilledRun, Error> {
        let (facts, rows): (Vec<SortEntries>, Vec<RunBatches>) = runs.into_iter().unzip();
        let mut rows = RunRows::new(rows);
        let mut out = SpillWriter::new(&self.schema, &self.folder)?;
        let (mut selection, mut bytes, mut written) = (Selection::default(), 0, 0);
        for next in Merge::new(facts)? {
            let (run, mut fact) = next?;
            if let RowLocation::Run(row) = fact.at {
                let more = usize::try_from(fact.length).unwrap_or(usize::MAX);
                // A large record is alone in its batch.
                if bytes + more > SPILLED_BYTES && !selection.is_empty() {
                    out.rows(&std::mem::take(&mut selection).batch())?;
                    bytes = 0;
                }
                rows.select(run, row, &mut selection)?;
                fact.at = RowLocation::Run(written);
                written += 1;
                bytes += more;
            }
            out.fact(&fact)?;
            let empty = selection.len() * self.row;
            if selection.len() >= SPILLED_ROWS || bytes >= SPILLED_BYTES || empty >= EMPTY_BYTES {
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
    /// [`Error::Io`] if a file cannot be read back, or there is no room.
    pub fn finish(mut self) -> Result<(Vec<SortEntries>, RunRows), Error> {
        self.put_together()?;
        let spilled = self.spilled.into_iter().map(|run| run.open(&self.folder));
        let held = self.chunks.into_iter().map(|chunk| Ok(in_memory(chunk)));
        let runs: Vec<(SortEntries, RunBatches)> = spilled.chain(held).collect::<Result<_, Error>>()?;
        let (facts, rows) = runs.into_iter().unzip();
        Ok((facts, RunRows::new(rows)))
    }
}

/// About how many bytes a row takes in a column that it has no value in.
const SLOT: usize = 5;
/// After how many bytes without values a batch on the disk ends.
const EMPTY_BYTES: usize = 1 << 20;
/// How much runs on the disk may take at least while they are read, and how many are not merged
/// before they are read.
const OPEN_LEAST: usize = 2 << 20;
const FAN_IN_LEAST: usize = 16;

fn in_memory(chunk: SortedChunk) -> (SortEntries, RunBatches) {
    (SortEntries::held(chunk.facts), RunBatches::Held(chunk.rows))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, StringArray, cast::AsArray as _};

    use super::*;
    use crate::digest::Digest;
    use crate::external_sort::{MARK, SourceSpan};
    use crate::record::RecordHash;

    /// A chunk of these numbers: each row holds its number as text, and sorts by it.
    fn chunk(numbers: &[u32], first: u64) -> SortedChunk {
        let text: ArrayRef =
            Arc::new(StringArray::from_iter_values(numbers.iter().map(|number| format!("row {number}"))));
        let mut facts: Vec<SortEntry> = (0..)
            .zip(numbers)
            .map(|(row, number)| SortEntry {
                sort_key: Box::from(number.to_be_bytes()),
                hash: RecordHash::new(Digest::of(&number.to_be_bytes())),
                cut: u64::from(*number),
                length: 100,
                ordinal: first + u64::from(row),
                at: RowLocation::Run(row),
                place: SourceSpan::default(),
                mark: [0; MARK],
            })
            .collect();
        facts.sort_by(|a, b| a.sort_key.cmp(&b.sort_key));
        SortedChunk { rows: RecordBatch::try_from_iter([("text", text)]).unwrap(), facts }
    }

    #[track_caller]
    fn check(chunks: u32, rows: u32, memory: usize, spilled: std::ops::RangeInclusive<usize>) {
        let folder = tempfile::tempdir().unwrap();
        let number = |place: u32| place.wrapping_mul(2_654_435_761) % 1_000_003;
        let mut runs = SortedRuns::new(chunk(&[], 0).rows.schema(), folder.path(), memory);
        for at in 0..chunks {
            let numbers: Vec<u32> = (at * rows..(at + 1) * rows).map(number).collect();
            runs.push(chunk(&numbers, u64::from(at * rows))).unwrap();
        }
        assert!(spilled.contains(&runs.spilled()), "{} runs on the disk", runs.spilled());
        let (facts, mut rows_of) = runs.finish().unwrap();
        let mut want: Vec<u32> = (0..chunks * rows).map(number).collect();
        want.sort_unstable();
        // Twice, as rejecting conflicts does.
        let order: Vec<(usize, SortEntry)> = Merge::new(facts).unwrap().map(Result::unwrap).collect();
        for _ in 0..2 {
            let mut selection = Selection::default();
            for (run, fact) in &order {
                let RowLocation::Run(row) = fact.at else { unreachable!("there is no base") };
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
    fn one_order_whatever_the_memory() {
        check(10, 100, 1 << 20, 0..=0);
        check(10, 100, 100_000, 1..=8);
        // So little that runs on the disk are merged into one again.
        check(60, 100, 0, 1..=16);
    }

    #[test]
    fn small_chunks_are_put_together() {
        check(300, 1, 1 << 20, 0..=0);
        check(900, 5, 0, 1..=16);
    }
}
