//! Reading and judging all sources of a build.

use arrow_array::RecordBatch;

use super::BuildOptions;
use crate::digest::Digest;
use crate::error::Error;
use crate::input::{Position, Reader, Source};
use crate::judge::{Admitted, Judge, Read, RejectLog, Survey, survey};
use crate::record::{BatchBuilder, Order, RecordHash, canonical_form, key_text};
use crate::release::Dataset;
use crate::schema::{Columns, Schema};

/// What was read: the records of every block, and what is to be reported.
#[derive(Debug)]
pub(super) struct Gathered {
    /// The records, block by block.
    pub(super) batches: Vec<RecordBatch>,
    /// What is known of them, block by block.
    pub(super) entries: Vec<Vec<Entry>>,
    /// The rest.
    pub(super) read: Read,
}

/// What is known of a record beside its columns.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// SHA-256 of its key's text.
    pub(super) key: Digest,
    /// Its record hash.
    pub(super) hash: RecordHash,
    /// The length of its canonical form in bytes.
    pub(super) bytes: u64,
    /// Where its article stood.
    pub(super) position: Position,
    /// How many bytes the article had there.
    pub(super) length: u64,
}

/// Reads and judges every source; rejects go to the log `rejects`.
///
/// # Errors
/// A source that cannot be read, or no article at all.
pub(super) fn gather(
    dataset: &Dataset,
    schema: &Schema,
    order: &Order,
    sources: &[Source],
    options: &BuildOptions,
    rejects: RejectLog,
) -> Result<Gathered, Error> {
    let judge = Judge::new(schema, dataset.source, dataset.policy.extra);
    let reader = Reader::new(dataset.source.framing(), options.limits).with_hash();
    let (mut batches, mut entries) = (Vec::new(), Vec::new());
    let work = |judge: &Judge<'_>, block: &_| {
        let mut records = Records::new(schema.columns(), order);
        let judged = judge.block(block, |admitted| records.add(&admitted));
        (judged, records)
    };
    let take = |mut records: Records<'_>| {
        if !records.entries.is_empty() {
            batches.push(records.builder.finish());
            entries.push(records.entries);
        }
        Ok(())
    };
    let what = Survey { judge, reader, sources, threads: options.threads };
    let read = survey(&what, rejects, work, take)?;
    Ok(Gathered { batches, entries, read })
}

/// The records of one block.
struct Records<'s> {
    columns: &'s Columns,
    order: &'s Order,
    builder: BatchBuilder,
    entries: Vec<Entry>,
    canonical: Vec<u8>,
}

impl<'s> Records<'s> {
    fn new(columns: &'s Columns, order: &'s Order) -> Self {
        Self { columns, order, builder: BatchBuilder::new(columns), entries: Vec::new(), canonical: Vec::new() }
    }

    fn add(&mut self, admitted: &Admitted<'_>) {
        self.canonical.clear();
        canonical_form(self.columns, admitted.record, &mut self.canonical);
        let hash = RecordHash::new(Digest::of(&self.canonical));
        let key = key_text(&admitted.record.cells()[self.order.key()]).unwrap_or_default();
        self.builder.append(admitted.record, &hash);
        self.entries.push(Entry {
            key: Digest::of(key.as_bytes()),
            hash,
            bytes: self.canonical.len() as u64,
            position: admitted.position.clone(),
            length: admitted.length,
        });
    }
}
