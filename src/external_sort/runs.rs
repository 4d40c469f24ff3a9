//! Sorted runs: records in order, in memory while there is room and in scratch files after.
//!
//! A [`SortedChunk`] of records comes sorted from whoever made it. [`SortedRuns`] keeps chunks up to a
//! budget and then merges the older half of them into one run on the disk ([`super::spill`]).
//! What order the runs have together is found by [`super::merge`].

use std::path::{Path, PathBuf};

use arrow_array::{Array as _, ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;

use super::merge::{Merge, SortEntries};
use super::selection::{RunBatches, RunRows, Selection};
use super::sort_entry::{RowLocation, SortEntry};
use super::spill::{SPILLED_BYTES, SPILLED_ROWS, SpillWriter, SpilledRun};
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
        let used = |column: &ArrayRef| column.to_data().get_slice_memory_size().unwrap_or(0);
        self.rows.columns().iter().map(used).sum::<usize>() + self.facts.iter().map(SortEntry::memory).sum::<usize>()
    }
}

/// Sorted runs under a memory budget.
#[derive(Debug)]
pub struct SortedRuns {
    schema: SchemaRef,
    folder: PathBuf,
    limit: usize,
    held: usize,
    chunks: Vec<SortedChunk>,
    spilled: Vec<SpilledRun>,
    fan_in: usize,
}

impl SortedRuns {
    /// No runs yet. Their rows have this schema; about `memory` bytes are held, the rest goes to
    /// files in `folder`.
    pub fn new(schema: SchemaRef, folder: &Path, memory: usize) -> Self {
        // While runs are merged, a batch of each is in memory, and half of the chunks are not.
        let fan_in = (memory / 2 / SPILLED_BYTES).max(16);
        let (chunks, spilled) = (Vec::new(), Vec::new());
        Self { schema, folder: folder.to_owned(), limit: memory, held: 0, chunks, spilled, fan_in }
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
        let chunks: Vec<SortedChunk> = self.chunks.drain(..older).collect();
        self.held = self.chunks.iter().map(SortedChunk::memory).sum();
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
    fn merge(&self, runs: Vec<(SortEntries, RunBatches)>) -> Result<SpilledRun, Error> {
        let (facts, rows): (Vec<SortEntries>, Vec<RunBatches>) = runs.into_iter().unzip();
        let mut rows = RunRows::new(rows);
        let mut out = SpillWriter::new(&self.schema, &self.folder)?;
        let (mut selection, mut bytes, mut written) = (Selection::default(), 0, 0);
        for next in Merge::new(facts)? {
            let (run, mut fact) = next?;
            if let RowLocation::Run(row) = fact.at {
                rows.select(run, row, &mut selection)?;
                fact.at = RowLocation::Run(written);
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
    pub fn finish(self) -> Result<(Vec<SortEntries>, RunRows), Error> {
        let spilled = self.spilled.into_iter().map(|run| run.open(&self.folder));
        let held = self.chunks.into_iter().map(|chunk| Ok(in_memory(chunk)));
        let runs: Vec<(SortEntries, RunBatches)> = spilled.chain(held).collect::<Result<_, Error>>()?;
        let (facts, rows) = runs.into_iter().unzip();
        Ok((facts, RunRows::new(rows)))
    }
}

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
        check(20, 50, 1 << 20, 0..=0);
        check(20, 50, 100_000, 1..=8);
        // So little that runs on the disk are merged into one again.
        check(60, 50, 0, 1..=16);
    }
}
