//! [`RecordSorter`]: sorts the records of validated batches, makes their keys unique and lays them out.
//!
//! The stages follow each other: [`RecordSorter`] -> [`SortedRecords`] -> [`UniqueRecords`] ->
//! [`SortedRelease`]. A build runs the same stages. Nothing here encodes or publishes a part.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;

use super::base::Base;
use super::key_conflicts::{Conflicts, KeyConflicts};
use super::layout::{LayoutInputs, PlannedPart, ReleaseLayout, RowRef, Visitor};
use super::memory::Memory;
use super::resolve_keys::{KeyEntries, KeyEntry, Resolution};
use crate::error::Error;
use crate::external_sort::{
    CACHE_ENTRY_BYTES, RowLocation, RunRows, Selection, SortEntries, SortEntry, SortedChunk, SortedRuns, SourceSpan,
};
use crate::part_files::{Layout, RowGroupRule, key_hash};
use crate::progress::{NoProgress, Progress};
use crate::record::{Fingerprint, arrow_schema};
use crate::reject::Reject;
use crate::schema::Columns;
use crate::validate::{Batch, KeyColumns};

/// Sorts the records of any number of batches in bounded memory. The order of the batches does not
/// matter, except that of records which are identical the first one is kept.
///
/// ```
/// use pressmark::mapping::Mapping;
/// use pressmark::part_files::Layout;
/// use pressmark::publish::RecordSorter;
/// use pressmark::schema::{Extra, Schema};
/// use pressmark::validate::{KeyColumns, Validator, ValidatorOptions};
///
/// let schema = br#"{"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "n": {"type": "integer"}}}"#;
/// let schema = Schema::compile("s.json".into(), schema.to_vec(), Extra::Keep)?;
/// let mapping = Mapping::parse("plain.toml", "name = \"plain\"\nunmapped = \"pass\"", schema.targets())?;
/// let keys = KeyColumns::new(schema.columns(), &[], "id", None)?;
/// let validator = Validator::new(&schema, &mapping, keys.clone(), ValidatorOptions::default())?;
///
/// let mut sorter = RecordSorter::in_memory(schema.columns(), &keys);
/// sorter.push(validator.validate_articles("one", &[r#"{"id": "b"}"#, r#"{"id": "a", "n": 1}"#])?)?;
/// sorter.push(validator.validate_articles("two", &[r#"{"id": "b"}"#, r#"{"id": "a", "n": 2}"#])?)?;
///
/// let unique = sorter.finish().resolve_keys()?;
/// assert_eq!((unique.records(), unique.duplicates()), (1, 1));
/// let layout = unique.layout();
/// let mut conflicts = Vec::new();
/// let mut release = unique.lay_out(&layout, &mut |reject| {
///     conflicts.push(reject.position.to_string());
///     Ok(())
/// })?;
/// // Both records `a` are rejected: they differ, and nothing says which one counts.
/// assert_eq!(conflicts.len(), 2);
///
/// let mut part = release.next_part().expect("there is one part")?;
/// assert_eq!(part.rows(), 1);
/// let row_group = part.next().expect("it has one row group")?;
/// assert_eq!(row_group.num_rows(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RecordSorter<'s> {
    pub(super) columns: &'s Columns,
    pub(super) keys: &'s KeyColumns,
    pub(super) folder: PathBuf,
    pub(super) memory: Memory,
    /// The records, as sort entries and rows.
    pub(super) runs: SortedRuns,
    /// What decides which of them are kept.
    pub(super) key_entries: KeyEntries,
    /// The number of records, including repeats. Their ordinals are below it.
    pub(super) records: u64,
    /// The total length of their canonical forms, in bytes.
    pub(super) bytes: u64,
    /// The sources, by [`SourceSpan::source`].
    sources: Vec<Arc<str>>,
}

impl<'s> RecordSorter<'s> {
    /// Creates a sorter for records of these columns. It spills to unnamed files in the folder `scratch`
    /// what exceeds its share of `memory`.
    pub fn new(columns: &'s Columns, keys: &'s KeyColumns, scratch: &Path, memory: Memory) -> Self {
        Self::beside_inputs(columns, keys, scratch, memory, 0)
    }

    /// Creates a sorter that keeps everything in memory.
    pub fn in_memory(columns: &'s Columns, keys: &'s KeyColumns) -> Self {
        Self::new(columns, keys, Path::new(""), Memory::new(u64::MAX))
    }

    /// Creates a sorter for a build that lists this many inputs.
    pub(super) fn beside_inputs(
        columns: &'s Columns,
        keys: &'s KeyColumns,
        scratch: &Path,
        memory: Memory,
        inputs: usize,
    ) -> Self {
        Self {
            columns,
            keys,
            folder: scratch.to_owned(),
            memory,
            runs: SortedRuns::new(arrow_schema(columns), scratch, memory.records(inputs, columns.leaves())),
            key_entries: KeyEntries::new(scratch, memory.keys()),
            records: 0,
            bytes: 0,
            sources: Vec::new(),
        }
    }

    /// Adds the records of a batch.
    ///
    /// # Errors
    /// [`Error::Io`] if a scratch file cannot be written.
    pub fn push(&mut self, batch: Batch) -> Result<(), Error> {
        let source = self.source(&batch.source);
        let mut entries = Vec::with_capacity(batch.keys.len());
        for (row, (key, span)) in (0..).zip(batch.keys.into_iter().zip(&batch.spans)) {
            let ordinal = self.records + u64::from(row);
            self.key_entries.push(KeyEntry::of_record(&key, ordinal))?;
            self.bytes += key.length;
            let span = SourceSpan { source, line: span.line, byte: span.byte, length: span.length };
            entries.push(SortEntry {
                sort_key: key.sort_key,
                hash: key.hash,
                cut: key_hash(&key.key),
                length: key.length,
                ordinal,
                location: RowLocation::Run(row),
                span,
                cache_entry: [0; CACHE_ENTRY_BYTES],
            });
        }
        self.records += entries.len() as u64;
        SortEntry::sort(&mut entries);
        if entries.is_empty() { Ok(()) } else { self.runs.push(SortedChunk { rows: batch.records, entries }) }
    }

    /// The index of the source with this name. A source whose blocks do not follow each other has several.
    pub(super) fn source(&mut self, name: &Arc<str>) -> u32 {
        if self.sources.last() != Some(name) {
            self.sources.push(name.clone());
        }
        u32::try_from(self.sources.len() - 1).expect("sources are far fewer than 2^32")
    }

    /// Ends the input.
    pub fn finish(self) -> SortedRecords<'s> {
        SortedRecords { sorter: self }
    }
}

/// All records, sorted, with the keys that they may share.
#[derive(Debug)]
pub struct SortedRecords<'s> {
    sorter: RecordSorter<'s>,
}

impl<'s> SortedRecords<'s> {
    /// Decides which record of each key is kept: of identical records the first, of records with
    /// different ranks the newest, and otherwise none.
    ///
    /// # Errors
    /// [`Error::Io`] if a scratch file cannot be read.
    pub fn resolve_keys(self) -> Result<UniqueRecords<'s>, Error> {
        self.resolve(0)
    }

    /// The key entries, to add those of withdrawals.
    pub(super) fn key_entries(&mut self) -> &mut KeyEntries {
        &mut self.sorter.key_entries
    }

    /// Decides with this many withdrawals, whose entries were added.
    pub(super) fn resolve(self, withdrawals: usize) -> Result<UniqueRecords<'s>, Error> {
        let RecordSorter { columns, keys, folder, memory, runs, key_entries, records, bytes, sources, .. } =
            self.sorter;
        let resolution = key_entries.resolve(records, withdrawals)?;
        Ok(UniqueRecords { columns, keys, folder, memory, runs, records, bytes, sources, resolution })
    }
}

/// Sorted records with unique keys.
#[derive(Debug)]
pub struct UniqueRecords<'s> {
    columns: &'s Columns,
    keys: &'s KeyColumns,
    folder: PathBuf,
    memory: Memory,
    runs: SortedRuns,
    records: u64,
    bytes: u64,
    sources: Vec<Arc<str>>,
    pub(super) resolution: Resolution,
}

impl<'s> UniqueRecords<'s> {
    /// The number of records that are kept.
    pub fn records(&self) -> u64 {
        self.records - self.resolution.dropped_count
    }

    /// How many identical repeats are left out.
    pub fn duplicates(&self) -> u64 {
        self.resolution.duplicates
    }

    /// How many records give way to a newer one with the same key.
    pub(crate) fn superseded(&self) -> u64 {
        self.resolution.superseded
    }

    /// The layout for the first release of a dataset with these records. Later releases keep it.
    pub fn layout(&self) -> Layout {
        Layout::choose(self.records(), self.bytes - self.resolution.dropped_bytes)
    }

    /// Cuts the records into parts. Calls `conflict` with a reject for each record that differs from
    /// another one with its key and rank. Runs on the thread of the caller.
    ///
    /// # Errors
    /// [`Error::Io`] if a scratch file cannot be written or read, or the first error of `conflict`.
    pub fn lay_out(
        self,
        layout: &Layout,
        conflict: &mut dyn FnMut(&Reject) -> Result<(), Error>,
    ) -> Result<SortedRelease<'s>, Error> {
        let columns = self.columns;
        let run = |inputs: LayoutInputs<'_>, entries, conflicts: &mut Conflicts<'_>| {
            let rejected = |run: usize, entry: &SortEntry| conflicts.reject(run, entry);
            inputs.lay_out(entries, Visitor { kept: |_: &SortEntry| Ok(()), rejected })
        };
        let (release, rows, _) = self.lay_out_by(layout, None, &NoProgress, conflict, run)?;
        let ReleaseLayout { parts, row_refs, hashes } = release;
        let fingerprint = hashes.fingerprint()?;
        let parts = parts.into_iter();
        Ok(SortedRelease { columns, layout: layout.clone(), parts, row_refs, rows, fingerprint })
    }

    /// The records that differ from another one with their key and rank, by key. Calls `each` with a reject for each
    /// of them, and lays nothing out.
    ///
    /// # Errors
    /// As for [`UniqueRecords::lay_out`].
    pub(crate) fn conflicts(self, each: &mut dyn FnMut(&Reject) -> Result<(), Error>) -> Result<KeyConflicts, Error> {
        let layout = self.layout();
        self.lay_out_with(&layout, None, &NoProgress, |_| Ok(()), each).map(|(_, _, conflicts)| conflicts)
    }

    /// As [`UniqueRecords::lay_out`] for a build on several threads. Rows may be in `base`, and `kept` is
    /// called with each record of the release.
    pub(super) fn lay_out_with(
        self,
        layout: &Layout,
        base: Option<&Base<'_>>,
        progress: &dyn Progress,
        kept: impl FnMut(&SortEntry) -> Result<(), Error>,
        conflict: &mut dyn FnMut(&Reject) -> Result<(), Error>,
    ) -> Result<(ReleaseLayout, RunRows, KeyConflicts), Error> {
        self.lay_out_by(layout, base, progress, conflict, |inputs, entries, conflicts| {
            let rejected = |run: usize, entry: &SortEntry| conflicts.reject(run, entry);
            inputs.lay_out_on_two_threads(entries, Visitor { kept, rejected })
        })
    }

    fn lay_out_by(
        self,
        layout: &Layout,
        base: Option<&Base<'_>>,
        progress: &dyn Progress,
        conflict: &mut dyn FnMut(&Reject) -> Result<(), Error>,
        run: impl FnOnce(LayoutInputs<'_>, Vec<SortEntries>, &mut Conflicts<'_>) -> Result<ReleaseLayout, Error>,
    ) -> Result<(ReleaseLayout, RunRows, KeyConflicts), Error> {
        let Self { columns, keys, folder, memory, runs, sources, resolution, .. } = self;
        let (entries, rows) = runs.finish()?;
        let mut conflicts = Conflicts::new((columns, keys.order().key()), base, rows, &sources, conflict);
        let inputs = LayoutInputs { resolution: &resolution, layout, base, folder: &folder, memory, progress };
        let release = run(inputs, entries, &mut conflicts)?;
        let (rows, conflicts) = conflicts.finish(resolution.conflicting_keys)?;
        Ok((release, rows, conflicts))
    }
}

/// The records of a release, in order and cut into parts.
#[derive(Debug)]
pub struct SortedRelease<'s> {
    columns: &'s Columns,
    layout: Layout,
    parts: std::vec::IntoIter<PlannedPart>,
    row_refs: super::layout::RowRefs,
    rows: RunRows,
    fingerprint: Fingerprint,
}

impl SortedRelease<'_> {
    /// The fingerprint of all records.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The columns of the records.
    pub fn columns(&self) -> &Columns {
        self.columns
    }

    /// How the records are cut.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The next part. `None` after the last one. Parts are read once and in order.
    pub fn next_part(&mut self) -> Option<Result<PartRows<'_>, Error>> {
        let PlannedPart { rows, fingerprint } = self.parts.next()?;
        let row_refs = self.row_refs.next(rows).map(Vec::into_iter);
        let groups = RowGroupRule::new(&self.layout);
        Some(row_refs.map(|row_refs| PartRows {
            fingerprint,
            row_refs,
            groups,
            rows: &mut self.rows,
            is_broken: false,
        }))
    }
}

/// The rows of one part: an iterator of Arrow batches, one for each row group. The batches have the
/// columns of a release, `record_sha256` last.
#[derive(Debug)]
pub struct PartRows<'r> {
    fingerprint: Fingerprint,
    row_refs: std::vec::IntoIter<RowRef>,
    groups: RowGroupRule,
    rows: &'r mut RunRows,
    is_broken: bool,
}

impl PartRows<'_> {
    /// The number of rows that were not returned yet.
    pub fn rows(&self) -> u64 {
        self.row_refs.len() as u64
    }

    /// The fingerprint of the part's records.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    fn group(&mut self) -> Result<RecordBatch, Error> {
        let mut selection = Selection::default();
        for row_ref in self.row_refs.by_ref() {
            self.rows.select(row_ref.run as usize, row_ref.row, &mut selection)?;
            if self.groups.after(row_ref.length) {
                break;
            }
        }
        Ok(selection.batch())
    }
}

impl Iterator for PartRows<'_> {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_broken || self.row_refs.len() == 0 {
            return None;
        }
        let group = self.group();
        self.is_broken = group.is_err();
        Some(group)
    }
}
