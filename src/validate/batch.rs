//! [`Batch`]: the result of validating some bytes, with the records as an Arrow batch.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_select::concat::concat_batches;

use super::article::{ArticleValidator, Provenance, ValidatedBlock};
use super::effects;
use super::keys::{KeyColumns, RecordKey};
use crate::diagnostics::Diagnostics;
use crate::error::Error;
use crate::input::pages::DroppedLine;
use crate::input::{Block, LeftOut};
use crate::mapping::FitCheck;
use crate::record::{arrow_schema, batch};
use crate::reject::Reject;
use crate::release::Normalised;

/// The most bytes that the records of a batch may have in canonical form. Arrow strings of one column are
/// limited to 2 GiB.
pub(crate) const MAX_BATCH_BYTES: u64 = 1 << 30;

/// The result of validating some bytes. Every article is a row of [`Batch::records`], a reject, or
/// counted in `skipped`.
#[derive(Debug)]
pub struct Batch {
    /// The name of the source.
    pub source: Arc<str>,
    pub(crate) records: RecordBatch,
    pub(crate) keys: Vec<RecordKey>,
    pub(crate) spans: Vec<ArticleSpan>,
    /// How many articles were validated.
    pub articles: u64,
    /// The rejected articles, in the order of the input.
    pub rejects: Vec<Reject>,
    /// The changes of admitted articles before validation, by field and rule.
    pub normalised: Normalised,
    /// How many objects were skipped because a setting says that they are not articles, by setting.
    pub skipped: BTreeMap<String, u64>,
    /// What the source holds beside its articles, if its bytes were read as a whole.
    pub left_out: LeftOut,
    /// How well the mapping fits the articles. [`Validator::misfit`](super::Validator::misfit) assesses it.
    pub fit: FitCheck,
    /// Invalid values of optional members that were moved to `_extra`, as causes with examples.
    pub moved: Diagnostics,
    /// The lines of page dumps that are not in the records.
    pub drops: Vec<DroppedLine>,
}

impl Batch {
    /// A batch of only these records, which were validated elsewhere.
    pub(crate) fn of_records(
        source: Arc<str>,
        records: RecordBatch,
        keys: Vec<RecordKey>,
        spans: Vec<ArticleSpan>,
    ) -> Self {
        Self {
            source,
            records,
            keys,
            spans,
            articles: 0,
            rejects: Vec::new(),
            normalised: Normalised::new(),
            skipped: BTreeMap::new(),
            left_out: LeftOut::default(),
            fit: FitCheck::default(),
            moved: Diagnostics::default(),
            drops: Vec::new(),
        }
    }

    /// The admitted records in the order of the input: the columns of a release, `record_sha256` last.
    pub fn records(&self) -> &RecordBatch {
        &self.records
    }

    /// What identifies and sorts each record, by row.
    pub fn keys(&self) -> &[RecordKey] {
        &self.keys
    }

    /// Where the article of each record is in the source, by row.
    pub fn spans(&self) -> &[ArticleSpan] {
        &self.spans
    }
}

/// Where an article is in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArticleSpan {
    /// The line of its first byte, from 1.
    pub line: u64,
    /// The offset of its first byte, from 0.
    pub byte: u64,
    /// Its length in bytes.
    pub length: u64,
}

/// Validates blocks one after another and collects their records.
pub(super) struct BatchBuilder<'v> {
    validator: &'v ArticleValidator<'v>,
    keys: &'v KeyColumns,
    /// The most bytes of a record in canonical form.
    limit: u64,
    bytes: u64,
    canonical: Vec<u8>,
    records: Vec<RecordBatch>,
    batch: Batch,
}

impl<'v> BatchBuilder<'v> {
    pub(super) fn new(validator: &'v ArticleValidator<'v>, keys: &'v KeyColumns, source: &str, limit: usize) -> Self {
        let none = RecordBatch::new_empty(arrow_schema(validator.columns()));
        let batch = Batch::of_records(source.into(), none, Vec::new(), Vec::new());
        let limit = limit as u64;
        Self { validator, keys, limit, bytes: 0, canonical: Vec::new(), records: Vec::new(), batch }
    }

    /// Validates the articles of a block and adds what becomes of them.
    pub(super) fn add(&mut self, block: &Block) -> Result<(), Error> {
        let columns = self.validator.columns();
        let (mut records, mut hashes, mut too_long) = (Vec::new(), Vec::new(), None);
        let validated = self.validator.validate(block, |admitted| {
            let Provenance::Validated(record) = admitted.record else { return };
            let key = self.keys.of(columns, &record, &mut self.canonical);
            let (line, byte) = (admitted.position.line, admitted.position.byte);
            if key.length > self.limit {
                too_long.get_or_insert((line, key.length));
            }
            self.bytes += key.length;
            hashes.push(key.hash);
            self.batch.keys.push(key);
            self.batch.spans.push(ArticleSpan { line, byte, length: admitted.length });
            records.push(record);
        });
        if let Some((line, bytes)) = too_long {
            return Err(Error::RecordTooLong { input: block.source.to_string(), line, bytes, limit: self.limit });
        }
        if self.bytes > MAX_BATCH_BYTES {
            return Err(Error::BatchTooLarge { input: block.source.to_string(), limit: MAX_BATCH_BYTES });
        }
        if !records.is_empty() {
            self.records.push(batch(columns, &records, &hashes));
        }
        self.count(validated);
        Ok(())
    }

    fn count(&mut self, validated: ValidatedBlock) {
        let batch = &mut self.batch;
        batch.articles += validated.articles;
        batch.rejects.extend(validated.rejects);
        validated.effects.iter().for_each(|(one, times)| effects::add(&mut batch.normalised, one, *times));
        for (setting, times) in validated.skipped {
            *batch.skipped.entry(setting).or_default() += times;
        }
        batch.fit.add(&validated.fit);
        batch.moved.merge(&validated.moved);
        batch.drops.extend(validated.drops);
    }

    pub(super) fn finish(self, left_out: LeftOut) -> Batch {
        let Self { mut records, batch, .. } = self;
        let records = match records.len() {
            0 => batch.records,
            1 => records.remove(0),
            _ => concat_batches(batch.records.schema_ref(), &records).expect("few bytes of one schema"),
        };
        Batch { records, left_out, ..batch }
    }
}
