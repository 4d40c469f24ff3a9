//! Finds articles that share a key, with the stages of a build, and without keeping every record.
//!
//! While the articles are validated, only a hash of each key is kept. If hashes repeat, the inputs are read again,
//! and the records with these keys go to the stages of a build, which decide what counts. Inputs that can only be
//! read once, such as a pipe, give all their records to these stages. Nothing is decided here.

use std::path::Path;
use std::sync::Arc;

use crate::error::Error;
use crate::external_sort::ByteSorter;
use crate::input::{Block, Source};
use crate::part_files::key_hash;
use crate::publish::{KeyConflicts, Memory, RecordSorter};
use crate::record::{Record, batch};
use crate::schema::Columns;
use crate::storage::filesystem;
use crate::validate::{AdmittedRecord, ArticleSpan, Batch, InputSummary, KeyColumns, Provenance, RecordKey};

/// The memory for hashes of keys, in bytes.
const HASHES: usize = 64 << 20;
/// The most repeated keys that are looked for one by one. If there are more, all records are compared.
const REPEATED: usize = 1 << 20;

/// Which records of a block are collected.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'w> {
    /// None, only the hashes of their keys.
    Hashes,
    /// Those whose key has one of these hashes, which ascend.
    With(&'w [u64]),
    /// All.
    All,
}

impl<'w> Wanted<'w> {
    /// What the first reading of these sources collects.
    pub(super) fn first(sources: &[Source]) -> Result<Self, Error> {
        for source in sources {
            let can_be_read_again = source.path.as_deref().map(filesystem::is_file).transpose()?;
            if can_be_read_again != Some(true) {
                return Ok(Self::All);
            }
        }
        Ok(Self::Hashes)
    }

    /// What the second reading collects, if there must be one.
    pub(super) fn second(repeated: &'w Repeated) -> Option<Self> {
        match repeated {
            Repeated::Some(hashes) if hashes.is_empty() => None,
            Repeated::Some(hashes) => Some(Self::With(hashes)),
            Repeated::Many => Some(Self::All),
        }
    }
}

/// The hashes of keys that several articles have.
#[derive(Debug)]
pub(super) enum Repeated {
    /// These, ascending.
    Some(Vec<u64>),
    /// More than [`REPEATED`].
    Many,
}

/// What was collected of one block.
#[derive(Debug, Default)]
pub(super) struct Collected {
    hashes: Vec<u64>,
    records: Option<Batch>,
}

/// Collects the records of one block.
pub(super) struct Collector<'c, 'b> {
    columns: &'c Columns,
    keys: &'c KeyColumns,
    wanted: Wanted<'c>,
    hashes: Vec<u64>,
    records: Vec<Record<'b>>,
    record_keys: Vec<RecordKey>,
    spans: Vec<ArticleSpan>,
    canonical: Vec<u8>,
}

impl<'c, 'b> Collector<'c, 'b> {
    pub(super) fn new(columns: &'c Columns, keys: &'c KeyColumns, wanted: Wanted<'c>) -> Self {
        Self {
            columns,
            keys,
            wanted,
            hashes: Vec::new(),
            records: Vec::new(),
            record_keys: Vec::new(),
            spans: Vec::new(),
            canonical: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, admitted: AdmittedRecord<'b>) {
        let Provenance::Validated(record) = admitted.record else { return };
        let hash = || key_hash(&self.keys.key_digest(&record));
        let is_wanted = match self.wanted {
            Wanted::Hashes => {
                self.hashes.push(hash());
                false
            }
            Wanted::With(hashes) => hashes.binary_search(&hash()).is_ok(),
            Wanted::All => true,
        };
        if is_wanted {
            let (line, byte, length) = (admitted.position.line, admitted.position.byte, admitted.length);
            self.record_keys.push(self.keys.of(self.columns, &record, &mut self.canonical));
            self.spans.push(ArticleSpan { line, byte, length });
            self.records.push(record);
        }
    }

    pub(super) fn finish(self, block: &Block) -> Collected {
        let Self { columns, hashes, records, record_keys, spans, .. } = self;
        if records.is_empty() {
            return Collected { hashes, records: None };
        }
        let record_hashes: Vec<_> = record_keys.iter().map(|key| key.hash).collect();
        let rows = batch(columns, &records, &record_hashes);
        let records = Some(Batch::of_records(Arc::clone(&block.source), rows, record_keys, spans));
        Collected { hashes, records }
    }
}

/// Which articles share a key.
#[derive(Debug, Default)]
pub struct SharedKeys {
    /// Articles with the same key and different content. They are rejects.
    pub conflicts: KeyConflicts,
    /// How many articles repeat another one exactly.
    pub duplicates: u64,
    /// How many articles give way to a newer one with the same key.
    pub superseded: u64,
}

/// What was collected of all blocks.
pub(super) struct KeySearch<'s> {
    hashes: ByteSorter<8>,
    records: RecordSorter<'s>,
}

impl<'s> KeySearch<'s> {
    /// An empty one, which puts what does not fit in memory into the folder `scratch`.
    pub(super) fn new(columns: &'s Columns, keys: &'s KeyColumns, scratch: &Path) -> Self {
        let records = RecordSorter::new(columns, keys, scratch, Memory::default());
        Self { hashes: ByteSorter::new(scratch, HASHES), records }
    }

    pub(super) fn add(&mut self, collected: Collected) -> Result<(), Error> {
        collected.hashes.into_iter().try_for_each(|hash| self.hashes.push(hash.to_be_bytes()))?;
        collected.records.map_or(Ok(()), |records| self.records.push(records))
    }

    /// The hashes that were collected more than once. The next reading starts from none.
    pub(super) fn repeated(&mut self, scratch: &Path) -> Result<Repeated, Error> {
        let hashes = std::mem::replace(&mut self.hashes, ByteSorter::new(scratch, HASHES));
        let (mut repeated, mut last) = (Vec::new(), None);
        for bytes in hashes.sorted()? {
            let hash = u64::from_be_bytes(bytes?);
            if last.replace(hash) == Some(hash) && repeated.last() != Some(&hash) {
                if repeated.len() == REPEATED {
                    return Ok(Repeated::Many);
                }
                repeated.push(hash);
            }
        }
        Ok(Repeated::Some(repeated))
    }

    /// Decides as a build does, and adds the articles that it would reject to the rejects of `read`.
    pub(super) fn finish(self, read: &mut InputSummary) -> Result<SharedKeys, Error> {
        let unique = self.records.finish().resolve_keys()?;
        let (duplicates, superseded) = (unique.duplicates(), unique.superseded());
        let conflicts = unique.conflicts(&mut |reject| read.reject_admitted(reject))?;
        Ok(SharedKeys { conflicts, duplicates, superseded })
    }
}
