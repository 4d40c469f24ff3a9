//! [`ReleaseLayout`]: which records each part has, in which order, with which fingerprint.
//!
//! The layout is computed from sort entries. No column is read and nothing is encoded here, so that a
//! part that an earlier release has is found before any work is spent on it.

use std::io::{BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::thread;

use super::base::BASE;
use super::memory::Memory;
use super::resolve_keys::Resolution;
use crate::error::Error;
use crate::external_sort::{ByteSorter, Merge, RowLocation, SortEntries, SortEntry};
use crate::part_files::{Chunker, Layout};
use crate::progress::Progress;
use crate::record::{Fingerprint, Fingerprinting, RecordHash};
use crate::storage::filesystem::{self, Spooled};

/// The parts and rows of a release that is to be written.
#[derive(Debug)]
pub(super) struct ReleaseLayout {
    /// The parts, in order.
    pub(super) parts: Vec<PlannedPart>,
    /// The rows of all parts, in order.
    pub(super) row_refs: RowRefs,
    /// The hashes of all records, for the fingerprint of the release.
    pub(super) hashes: RecordHashes,
}

/// The hashes of all records of a release. They may exceed the memory.
#[derive(Debug)]
pub(super) struct RecordHashes(ByteSorter<32>);

impl RecordHashes {
    /// Computes the fingerprint of the records.
    pub(super) fn fingerprint(self) -> Result<Fingerprint, Error> {
        let mut fingerprint = Fingerprinting::default();
        for hash in self.0.sorted()? {
            fingerprint.add(&RecordHash::from_bytes(hash?));
        }
        Ok(fingerprint.finish())
    }
}

/// A part that is to be written.
#[derive(Debug)]
pub(super) struct PlannedPart {
    /// The number of records.
    pub rows: usize,
    /// Their fingerprint.
    pub fingerprint: Fingerprint,
}

/// Where the row of a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowRef {
    /// The index of its run, or [`BASE`].
    pub(super) run: u32,
    /// The index of the row in the run.
    pub(super) row: u32,
    /// The length of its canonical form in bytes. 0 if it was not computed for a row of the base.
    pub(super) length: u64,
}

impl RowRef {
    fn of(run: usize, entry: &SortEntry) -> Self {
        match entry.location {
            RowLocation::Run(row) => {
                let run = u32::try_from(run).expect("runs are far fewer than 2^32");
                Self { run, row, length: entry.length }
            }
            RowLocation::Base(row) => Self { run: BASE, row, length: entry.length },
        }
    }
}

/// The inputs and settings of a layout.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayoutInputs<'l> {
    pub(super) resolution: &'l Resolution,
    pub(super) layout: &'l Layout,
    /// The folder for scratch files.
    pub(super) folder: &'l Path,
    pub(super) memory: Memory,
    pub(super) progress: &'l dyn Progress,
}

/// Receives the entries of a layout, in order.
pub(super) struct Visitor<K, R> {
    /// Called for each record of the release.
    pub(super) kept: K,
    /// Called for each rejected record, with its run.
    pub(super) rejected: R,
}

/// The number of hashes that are handed on together.
const HASHES: usize = 1 << 13;

impl LayoutInputs<'_> {
    /// Merges the records of the runs, skips dropped ones, and cuts the others into parts.
    pub(super) fn lay_out(
        &self,
        entries: Vec<SortEntries>,
        visitor: Visitor<
            impl FnMut(&SortEntry) -> Result<(), Error>,
            impl FnMut(usize, &SortEntry) -> Result<(), Error>,
        >,
    ) -> Result<ReleaseLayout, Error> {
        let mut planner = PartPlanner::new(self.folder, self.memory);
        let row_refs = self.merge(entries, visitor, |hashes, ends| planner.add(&hashes, ends))?;
        Ok(planner.finish(row_refs))
    }

    /// As [`LayoutInputs::lay_out`], with a second thread: hashing takes as long as merging.
    pub(super) fn lay_out_on_two_threads(
        &self,
        entries: Vec<SortEntries>,
        visitor: Visitor<
            impl FnMut(&SortEntry) -> Result<(), Error>,
            impl FnMut(usize, &SortEntry) -> Result<(), Error>,
        >,
    ) -> Result<ReleaseLayout, Error> {
        let (next, parts) = sync_channel::<(Vec<RecordHash>, bool)>(2);
        let mut planner = PartPlanner::new(self.folder, self.memory);
        thread::scope(|scope| {
            let thread = scope.spawn(move || {
                parts.into_iter().try_for_each(|(hashes, ends)| planner.add(&hashes, ends)).map(|()| planner)
            });
            let send = move |hashes, ends| next.send((hashes, ends)).or(Err(Error::Stopped));
            let row_refs = self.merge(entries, visitor, send);
            // If the planner failed, merging was stopped, and the error is the planner's.
            let planner = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            Ok(planner.finish(row_refs?))
        })
    }

    /// Merges the records and hands on the hashes of those that are kept, each time with whether a part
    /// ends after them.
    fn merge(
        &self,
        entries: Vec<SortEntries>,
        mut visitor: Visitor<
            impl FnMut(&SortEntry) -> Result<(), Error>,
            impl FnMut(usize, &SortEntry) -> Result<(), Error>,
        >,
        mut next: impl FnMut(Vec<RecordHash>, bool) -> Result<(), Error>,
    ) -> Result<RowRefs, Error> {
        let mut row_refs = RowRefWriter::new(self.folder, self.memory);
        let mut cut = Chunker::new(self.layout);
        let mut hashes = Vec::new();
        for entry in Merge::new(entries)? {
            let (run, entry) = entry?;
            if self.resolution.dropped.get(entry.ordinal) {
                if self.resolution.conflicts.get(entry.ordinal) {
                    (visitor.rejected)(run, &entry)?;
                }
                continue;
            }
            row_refs.push(RowRef::of(run, &entry))?;
            (visitor.kept)(&entry)?;
            hashes.push(entry.hash);
            let ends = cut.after(entry.cut);
            if ends || hashes.len() == HASHES {
                self.progress.step(0)?;
                next(std::mem::take(&mut hashes), ends)?;
            }
        }
        next(hashes, true)?;
        row_refs.finish()
    }
}

/// Collects hashes in order, and plans a part whenever one ends.
struct PartPlanner<'p> {
    folder: &'p Path,
    memory: Memory,
    all: ByteSorter<32>,
    part: ByteSorter<32>,
    rows: usize,
    parts: Vec<PlannedPart>,
}

impl<'p> PartPlanner<'p> {
    fn new(folder: &'p Path, memory: Memory) -> Self {
        let (all, part) = (ByteSorter::new(folder, memory.hashes()), ByteSorter::new(folder, memory.part_hashes()));
        Self { folder, memory, all, part, rows: 0, parts: Vec::new() }
    }

    fn add(&mut self, hashes: &[RecordHash], ends: bool) -> Result<(), Error> {
        for hash in hashes {
            self.all.push(*hash.as_bytes())?;
            self.part.push(*hash.as_bytes())?;
        }
        self.rows += hashes.len();
        if ends && self.rows > 0 {
            let next = ByteSorter::new(self.folder, self.memory.part_hashes());
            let fingerprint = RecordHashes(std::mem::replace(&mut self.part, next)).fingerprint()?;
            self.parts.push(PlannedPart { rows: std::mem::take(&mut self.rows), fingerprint });
        }
        Ok(())
    }

    fn finish(self, row_refs: RowRefs) -> ReleaseLayout {
        ReleaseLayout { parts: self.parts, row_refs, hashes: RecordHashes(self.all) }
    }
}

/// The length of a row reference in bytes.
const ROW_REF_BYTES: usize = 16;

/// Writes row references, to memory while they fit and then to a scratch file.
struct RowRefWriter {
    out: BufWriter<Spooled>,
    folder: PathBuf,
}

impl RowRefWriter {
    fn new(folder: &Path, memory: Memory) -> Self {
        let out = BufWriter::new(filesystem::spooled(folder, memory.row_refs()));
        Self { out, folder: folder.to_owned() }
    }

    fn push(&mut self, row_ref: RowRef) -> Result<(), Error> {
        let mut bytes = [0; ROW_REF_BYTES];
        bytes[..4].copy_from_slice(&row_ref.run.to_le_bytes());
        bytes[4..8].copy_from_slice(&row_ref.row.to_le_bytes());
        bytes[8..].copy_from_slice(&row_ref.length.to_le_bytes());
        self.out.write_all(&bytes).map_err(|source| Error::io("write a scratch file in", &self.folder, source))
    }

    fn finish(self) -> Result<RowRefs, Error> {
        let failed = |source| Error::io("write a scratch file in", &self.folder, source);
        let mut file = self.out.into_inner().map_err(|error| failed(error.into_error()))?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(RowRefs { from: BufReader::new(file), folder: self.folder })
    }
}

/// Reads the row references of a release, once and in order.
#[derive(Debug)]
pub(super) struct RowRefs {
    from: BufReader<Spooled>,
    folder: PathBuf,
}

impl RowRefs {
    /// Returns the next `rows` row references.
    pub(super) fn next(&mut self, rows: usize) -> Result<Vec<RowRef>, Error> {
        let failed = |source| Error::io("read a scratch file in", &self.folder, source);
        let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().expect("4 bytes are 4 bytes"));
        let mut row_refs = Vec::with_capacity(rows);
        for _ in 0..rows {
            let mut bytes = [0; ROW_REF_BYTES];
            self.from.read_exact(&mut bytes).map_err(failed)?;
            row_refs.push(RowRef {
                run: number(&bytes[..4]),
                row: number(&bytes[4..8]),
                length: u64::from_le_bytes(bytes[8..].try_into().expect("8 bytes are 8 bytes")),
            });
        }
        Ok(row_refs)
    }
}
