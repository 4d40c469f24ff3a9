//! Writes the parts of a layout. A part that the base has is linked, a row group that the base has is
//! copied, and all other rows are encoded.
//!
//! Several threads encode row groups, and the results arrive in order. The bytes of a part do not depend
//! on how its row groups were obtained. This module does not decide which rows a part has.

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::base::{BASE, Base, BaseRowGroup, BaseRows};
use super::claim::Claim;
use super::layout::{PlannedPart, RowRef, RowRefs};
use crate::error::Error;
use crate::external_sort::{RunRows, Selection};
use crate::ordered_pool::{Room, Share, Workers, ordered_pool};
use crate::part_files::{EncodedRowGroup, Layout, PartEncoder, PartWriter, RecordKeys, RowGroupRule, record_keys};
use crate::progress::{Progress, Stage};
use crate::record::{Order, Summary};
use crate::release::{DATA, Part, Staging};
use crate::schema::Columns;
use crate::storage::filesystem::{self, Handle};

/// About how many bytes the nulls of a row group that is being read may take.
const NULL_BYTES: usize = 16 << 20;
/// The size of the write buffer of a part in bytes.
const WRITE_BYTES: usize = 1 << 20;

/// The inputs and settings for writing parts.
#[derive(Debug)]
pub(super) struct PartsEncoding<'w> {
    pub(super) columns: &'w Columns,
    pub(super) order: &'w Order,
    pub(super) layout: &'w Layout,
    pub(super) encoder: &'w PartEncoder,
    /// The release whose parts and row groups are reused.
    pub(super) base: Option<&'w Base<'w>>,
    pub(super) threads: usize,
    /// The memory for row groups that are being encoded.
    pub(super) room: &'w Room,
    pub(super) progress: &'w dyn Progress,
}

/// The written parts and their summary.
#[derive(Debug)]
pub(super) struct WrittenParts<'w> {
    pub(super) parts: Vec<Part>,
    pub(super) summary: Summary<'w>,
    /// The number of linked parts.
    pub(super) reused: usize,
}

/// A step of writing parts.
enum EncodeStep {
    /// Links the part of the base with this index.
    Link(usize),
    /// Copies a row group of the base into the open part.
    Copy(BaseRowGroup),
    /// Encodes these rows as a row group of the open part. They hold their share of the memory.
    Encode(Selection, Share),
    /// Closes the open part.
    End,
}

/// The result of a step.
enum EncodeResult<'w> {
    Link(usize),
    Copy(BaseRowGroup),
    Encoded { group: EncodedRowGroup, first: RecordKeys, last: RecordKeys, summary: Summary<'w>, share: Share },
    End,
}

impl<'w> PartsEncoding<'w> {
    /// Writes these parts into the staging folder. `row_refs` has the rows of all of them. Calls `then` on the
    /// thread that reads the rows, once it has read all, and returns its result too.
    pub(super) fn write<T: Send>(
        &self,
        parts: &[PlannedPart],
        (mut row_refs, rows): (RowRefs, RunRows),
        staging: &Staging,
        then: impl FnOnce() -> Result<T, Error> + Send,
    ) -> Result<(WrittenParts<'w>, T), Error> {
        let mut steps = EncodeSteps { writing: self, rows, base_rows: self.base.map(Base::rows) };
        let rows = parts.iter().map(|part| part.rows as u64).sum();
        self.progress.start(Stage::Write, Some(rows));
        let (to_sync, syncing) = channel::<(Handle, PathBuf)>();
        thread::scope(|scope| {
            // Syncing waits for the disk and needs no processor.
            let synced =
                scope.spawn(move || syncing.iter().try_for_each(|(file, path)| filesystem::sync(&file, &path)));
            let mut assembly = PartAssembly {
                writing: self,
                planned: parts.iter().collect(),
                staging,
                to_sync,
                begun: None,
                written: WrittenParts { parts: Vec::new(), summary: Summary::new(self.columns), reused: 0 },
            };
            let produce = |give: &mut dyn FnMut(EncodeStep) -> Result<(), Error>| {
                parts.iter().try_for_each(|part| steps.part(part, &mut row_refs, give))?;
                then()
            };
            // Row groups are large, so there is one for each thread and one that waits.
            let workers = Workers { threads: self.threads, under_way: self.threads + 1 };
            let work = |step| self.work(step);
            let then = ordered_pool(workers, produce, work, |done| assembly.take(done?), || Error::Stopped)?;
            let written = assembly.finish();
            synced.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            Ok((written, then))
        })
    }

    fn work(&self, step: EncodeStep) -> Result<EncodeResult<'w>, Error> {
        Ok(match step {
            EncodeStep::Link(index) => EncodeResult::Link(index),
            EncodeStep::Copy(group) => EncodeResult::Copy(group),
            EncodeStep::End => EncodeResult::End,
            EncodeStep::Encode(rows, share) => {
                let mut summary = Summary::new(self.columns);
                let keys = |row| record_keys(self.columns, self.order, &row);
                let (first, last) = (keys(rows.first()), keys(rows.last()));
                let group = self.encoder.encode(rows, &mut summary).map_err(|error| error.at(Path::new(DATA)))?;
                EncodeResult::Encoded { group, first, last, summary, share }
            }
        })
    }
}

/// Produces the steps, part by part.
struct EncodeSteps<'w> {
    writing: &'w PartsEncoding<'w>,
    rows: RunRows,
    base_rows: Option<BaseRows<'w>>,
}

impl EncodeSteps<'_> {
    fn part(
        &mut self,
        part: &PlannedPart,
        row_refs: &mut RowRefs,
        give: &mut dyn FnMut(EncodeStep) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let row_refs = row_refs.next(part.rows)?;
        if let Some(index) = self.writing.base.and_then(|base| base.part_of(&part.fingerprint)) {
            return give(EncodeStep::Link(index));
        }
        let mut at = 0;
        while at < row_refs.len() {
            if let Some(group) = self.writing.base.and_then(|base| copyable(base, &row_refs, at)) {
                at += group.rows as usize;
                give(EncodeStep::Copy(group))?;
                continue;
            }
            let mut groups = RowGroupRule::new(self.writing.layout);
            let (mut selection, mut claim) =
                (Selection::compacting(NULL_BYTES), Claim::new(self.writing.room, self.writing.columns));
            while at < row_refs.len() {
                claim.before(row_refs[at].length);
                let length = self.select(row_refs[at], &mut selection)?;
                // The length of a base row is only known after reading it.
                claim.before(length - row_refs[at].length);
                at += 1;
                if groups.after(length) {
                    break;
                }
            }
            give(EncodeStep::Encode(selection, claim.share()))?;
        }
        give(EncodeStep::End)
    }

    /// Selects a row and returns the length of its canonical form.
    fn select(&mut self, row_ref: RowRef, selection: &mut Selection) -> Result<u64, Error> {
        match &mut self.base_rows {
            Some(rows) if row_ref.run == BASE => rows.select(row_ref.row, selection),
            _ => self.rows.select(row_ref.run as usize, row_ref.row, selection).map(|()| row_ref.length),
        }
    }
}

/// Returns the row group of the base with exactly the rows that would form a row group here, from `at`.
fn copyable(base: &Base<'_>, row_refs: &[RowRef], at: usize) -> Option<BaseRowGroup> {
    let first = row_refs[at];
    let group = (first.run == BASE).then(|| base.group_at(first.row)).flatten()?;
    let rows = row_refs.get(at..at + group.rows as usize)?;
    let consecutive = (first.row..).zip(rows).all(|(row, row_ref)| row_ref.run == BASE && row_ref.row == row);
    // The last row group of a part ends with the part, the others where the rule says. The first record
    // is only listed for parts, so a first row group must be copied from a first row group.
    let same_end = (at + rows.len() == row_refs.len()) == (group.index + 1 == base.part(group.part).0.groups());
    (consecutive && same_end && (at > 0 || group.index == 0)).then_some(group)
}

/// Assembles parts from the results of the steps, in order.
struct PartAssembly<'w, 's> {
    writing: &'s PartsEncoding<'w>,
    planned: std::collections::VecDeque<&'s PlannedPart>,
    staging: &'s Staging,
    to_sync: Sender<(Handle, PathBuf)>,
    begun: Option<OpenPart>,
    written: WrittenParts<'w>,
}

/// A part that is being written.
struct OpenPart {
    path: PathBuf,
    writer: PartWriter<BufWriter<Handle>>,
    part: Part,
}

impl<'w> PartAssembly<'w, '_> {
    fn take(&mut self, done: EncodeResult<'w>) -> Result<(), Error> {
        match done {
            EncodeResult::Link(index) => self.link(index),
            EncodeResult::Copy(group) => self.copy(group),
            EncodeResult::Encoded { group, first, last, summary, share } => {
                self.written.summary.merge(summary);
                self.writing.progress.step(group.rows)?;
                let begun = self.begin(|| first)?;
                begun.part.last = last;
                begun.writer.append(group).map_err(|error| error.at(&begun.path))?;
                drop(share);
                Ok(())
            }
            EncodeResult::End => self.end(),
        }
    }

    /// Returns the open part. Opens one if there is none.
    fn begin(&mut self, first: impl FnOnce() -> RecordKeys) -> Result<&mut OpenPart, Error> {
        if self.begun.is_none() {
            let planned = self.planned.pop_front().expect("every part that is begun was planned");
            let part = Part {
                bytes: 0,
                rows: planned.rows as u64,
                sha256: crate::digest::Digest::of(b""),
                fingerprint: planned.fingerprint,
                first: first(),
                last: RecordKeys::new(),
            };
            let path = self.staging.path(&part.path(self.written.parts.len()));
            let out = BufWriter::with_capacity(WRITE_BYTES, filesystem::create_new(&path)?);
            let writer = PartWriter::new(out, self.writing.encoder).map_err(|error| error.at(&path))?;
            self.begun = Some(OpenPart { path, writer, part });
        }
        Ok(self.begun.as_mut().expect("it was just begun"))
    }

    fn base(&self) -> &'w Base<'w> {
        self.writing.base.expect("only parts of a base are reused")
    }

    fn link(&mut self, index: usize) -> Result<(), Error> {
        self.planned.pop_front();
        let (from, listed) = self.base().part(index);
        let name = listed.path(self.written.parts.len());
        let is_copy = self.staging.link(&name, from.path(), listed.sha256)?;
        if !is_copy && !self.base().is_part(index, &self.staging.path(&name))? {
            return Err(super::inspect::replaced(from.path()));
        }
        self.writing.progress.step(listed.rows)?;
        from.summarise(0..from.groups(), &mut self.written.summary, self.writing.columns)?;
        self.written.parts.push(listed.clone());
        self.written.reused += 1;
        Ok(())
    }

    fn copy(&mut self, group: BaseRowGroup) -> Result<(), Error> {
        let (from, listed) = self.base().part(group.part);
        self.writing.progress.step(u64::from(group.rows))?;
        from.summarise(group.index..group.index + 1, &mut self.written.summary, self.writing.columns)?;
        let begun = self.begin(|| listed.first.clone())?;
        begun.part.last.clone_from(&listed.last);
        begun.writer.copy(from, group.index)
    }

    fn end(&mut self) -> Result<(), Error> {
        let OpenPart { path, writer, mut part } = self.begun.take().expect("a part that ends was begun");
        let written = writer.finish().map_err(|error| error.at(&path))?;
        let file = written.out.into_inner().map_err(|error| Error::io("write", &path, error.into_error()))?;
        (part.bytes, part.sha256) = (written.bytes, written.sha256);
        // If the receiver is gone, syncing failed. Joining its thread returns the error.
        let _joined_later = self.to_sync.send((file, path));
        self.written.parts.push(part);
        Ok(())
    }

    fn finish(self) -> WrittenParts<'w> {
        self.written
    }
}
