//! [`ReleaseLayout`]: which records each part has, in which order, with which fingerprint.
//!
//! The layout is computed from sort entries. No column is read and nothing is encoded here, so that a
//! part that an earlier release has is found before any work is spent on it.

use std::io::{BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::base::BASE;
use super::memory::Memory;
use super::resolve_keys::Resolution;
use super::validation_cache::CacheWriter;
use crate::error::Error;
use crate::external_sort::{ByteSorter, Merge, RowLocation, SortEntries, SortEntry};
use crate::filesystem::{self, Spooled};
use crate::part_files::{Chunker, Layout};
use crate::progress::Progress;
use crate::record::{Fingerprint, Fingerprinting, RecordHash};

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
    pub(super) rows: usize,
    /// Their fingerprint.
    pub(super) fingerprint: Fingerprint,
}

/// Where the row of a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowRef {
    /// The index of its run, or [`BASE`].
    pub(super) run: u32,
    /// The index of the row in the run.
    pub(super) row: u32,
    /// The length of its canonical form in bytes; 0 if only the base has it.
    pub(super) length: u64,
}

/// Merges the records of the runs, skips dropped ones, and cuts the others into parts. Their cache
/// entries go to `cache_writer`. Calls `reject` for each rejected record, in order.
pub(super) fn lay_out(
    entries: Vec<SortEntries>,
    resolution: &Resolution,
    layout: &Layout,
    (folder, memory): (&Path, Memory),
    cache_writer: &mut CacheWriter,
    progress: &dyn Progress,
    mut reject: impl FnMut(usize, &SortEntry) -> Result<(), Error>,
) -> Result<ReleaseLayout, Error> {
    let mut row_refs = RowRefWriter::new(folder, memory);
    let mut cut = Chunker::new(layout);
    let mut hashes = Vec::new();
    // Hashing takes as long as merging, so another thread does it.
    let (next, parts) = sync_channel(2);
    thread::scope(|scope| {
        let planned = scope.spawn(move || planned_parts(parts, folder, memory));
        for entry in Merge::new(entries)? {
            let (run, entry) = entry?;
            if resolution.dropped.get(entry.ordinal) {
                if resolution.conflicts.get(entry.ordinal) {
                    reject(run, &entry)?;
                }
                continue;
            }
            row_refs.push(match entry.location {
                RowLocation::Run(row) => {
                    let run = u32::try_from(run).expect("runs are far fewer than 2^32");
                    RowRef { run, row, length: entry.length }
                }
                RowLocation::Base(row) => RowRef { run: BASE, row, length: entry.length },
            })?;
            cache_writer.push(&entry)?;
            hashes.push(entry.hash);
            let ends = cut.after(entry.cut);
            if hashes.len() == HASHES {
                progress.step(0)?;
            }
            if (ends || hashes.len() == HASHES) && next.send((std::mem::take(&mut hashes), ends)).is_err() {
                // The other thread failed. Joining it below returns its error.
                break;
            }
        }
        let _joined_below = next.send((hashes, true));
        drop(next);
        let (parts, hashes) = planned.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(ReleaseLayout { parts, row_refs: row_refs.finish()?, hashes })
    })
}

/// The number of hashes that are sent together.
const HASHES: usize = 1 << 13;

/// Receives hashes in order, each time with whether a part ends after them. Returns the parts and all
/// hashes.
fn planned_parts(
    next: Receiver<(Vec<RecordHash>, bool)>,
    folder: &Path,
    memory: Memory,
) -> Result<(Vec<PlannedPart>, RecordHashes), Error> {
    let mut all = ByteSorter::new(folder, memory.hashes());
    let of_part = || ByteSorter::new(folder, memory.part_hashes());
    let (mut parts, mut part, mut rows) = (Vec::new(), of_part(), 0);
    for (hashes, ends) in next {
        for hash in &hashes {
            all.push(*hash.as_bytes())?;
            part.push(*hash.as_bytes())?;
        }
        rows += hashes.len();
        if ends && rows > 0 {
            let fingerprint = RecordHashes(std::mem::replace(&mut part, of_part())).fingerprint()?;
            parts.push(PlannedPart { rows, fingerprint });
            rows = 0;
        }
    }
    Ok((parts, RecordHashes(all)))
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
