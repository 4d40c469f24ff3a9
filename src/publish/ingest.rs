//! Reads and validates all sources of a build.
//!
//! A worker thread validates each block of articles and turns it into a sorted chunk of records. Keys have
//! to be compared across all records, which this module does not do; [`super::resolve_keys`] does.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use super::BuildOptions;
use super::changed::Changed;
use super::previous_index::PreviousIndex;
use super::resolve_keys::{KeyEntry, Origin};
use super::sorter::RecordSorter;
use super::validation_cache;
use super::validation_cache::{CacheEntry, EffectsTable};
use crate::error::Error;
use crate::external_sort::{CACHE_ENTRY_BYTES, RowLocation, SortEntry, SortedChunk, SourceSpan};
use crate::input::{Reader, Selection, Source};
use crate::mapping::FittedMapping;
use crate::part_files::key_hash;
use crate::progress::Progress;
use crate::record::{Record, RecordHash, batch};
use crate::release::Dataset;
use crate::schema::{Columns, Schema};
use crate::validate::{
    AdmittedRecord, ArticleValidator, Effects, InputSummary, KeyColumns, Provenance, Rank, RecordKey, RejectSink,
    SourceValidation, Step, validate_sources,
};

/// The result of ingest: sorted records, and the counts for the report.
#[derive(Debug)]
pub(super) struct Ingested<'s> {
    /// The records and their keys.
    pub(super) sorter: RecordSorter<'s>,
    /// The keys of all records, if the build upserts them into a base release.
    pub(super) changed: Changed,
    /// The effects of their articles, by the index in cache entries.
    pub(super) effects: EffectsTable,
    /// Counts, rejects and normalisations of the inputs.
    pub(super) read: InputSummary,
}

/// The inputs and settings of ingest.
#[derive(Debug)]
pub(super) struct Ingest<'s, 'p> {
    pub(super) dataset: &'s Dataset,
    pub(super) selection: &'s Selection,
    pub(super) schema: &'s Schema,
    pub(super) fitted: &'s FittedMapping,
    pub(super) keys: &'s KeyColumns,
    pub(super) options: &'s BuildOptions,
    /// Which release the build starts from.
    pub(super) mode: BuildMode<'p>,
    pub(super) progress: &'s dyn Progress,
}

/// Which release a build starts from.
#[derive(Debug, Clone, Copy)]
pub(super) enum BuildMode<'g> {
    /// None, or one whose rows cannot be reused.
    Nothing,
    /// None, but rows of the previous release are reused and not held in memory.
    Previous(&'g PreviousIndex<'g>),
    /// A base release, into which the records are upserted.
    Base,
}

impl<'s> Ingested<'s> {
    /// Creates the result for no articles. Scratch files go to the sorter's folder.
    pub(super) fn nothing(sorter: RecordSorter<'s>, rejects: RejectSink) -> Self {
        let read = InputSummary::nothing(rejects);
        Self { changed: Changed::new(sorter.memory.changed()), sorter, effects: EffectsTable::default(), read }
    }
}

impl<'s> Ingest<'s, '_> {
    /// Reads and validates every source. Rejects go to `rejects`; scratch files go to `folder`.
    ///
    /// # Errors
    /// If a source cannot be read, or the sources contain no article.
    pub(super) fn run(&self, sources: &[Source], folder: &Path, rejects: RejectSink) -> Result<Ingested<'s>, Error> {
        let Self { schema, options, keys, .. } = *self;
        let unknown = PreviousIndex::default();
        let previous_index = if let BuildMode::Previous(index) = self.mode { index } else { &unknown };
        let sorter = RecordSorter::beside_inputs(schema.columns(), keys, folder, options.memory, sources.len());
        let mut ingested = Ingested::nothing(sorter, RejectSink::new());
        let work = |validator: &ArticleValidator<'_>, block: &_| {
            let mut records = BlockRecords::new(self, previous_index);
            let validated = validator.validate(block, |admitted| records.add(admitted));
            let effects = validated.effects.iter().map(|(effects, _)| effects.clone()).collect();
            let ingested_block = records.finish(validated.source.clone(), effects);
            (validated, ingested_block)
        };
        let mut cached = Vec::new();
        let take = |step: Step<IngestedBlock>| {
            let block = match step {
                Step::Output(block) => block,
                Step::LargeBlock(bytes) => return ingested.sorter.runs.hold(options.memory.records_beside(bytes)),
            };
            if let Some((line, bytes)) = block.too_long {
                let (input, limit) = (block.source.to_string(), options.limits.article as u64);
                return Err(Error::RecordTooLong { input, line, bytes, limit });
            }
            let chunk = ingested.add_block(block, self.mode, &mut cached)?;
            if cached.len() >= WAITING {
                ingested.add_cached(previous_index, &mut cached)?;
            }
            if chunk.entries.is_empty() { Ok(()) } else { ingested.sorter.runs.push(chunk) }
        };
        ingested.read = validate_sources(&self.validation(sources, previous_index), rejects, work, take)?;
        ingested.add_cached(previous_index, &mut cached)?;
        Ok(ingested)
    }

    fn validation<'v>(&self, sources: &'v [Source], previous_index: &'v PreviousIndex<'v>) -> SourceValidation<'v>
    where
        's: 'v,
    {
        let Self { dataset, selection, schema, fitted, options, progress, .. } = *self;
        let FittedMapping { mapping, fit, read_ahead, .. } = fitted;
        let policy = &dataset.policy;
        let validator = ArticleValidator::new(schema, mapping, policy.extra)
            .with_invalid_optional(policy.invalid_optional)
            .with_selection(Cow::Borrowed(selection));
        let validator = if options.cache.is_some() { validator.with_cache(previous_index) } else { validator };
        let reader = Reader::new(mapping.framing(), options.limits).with_places(selection.places()).with_hash();
        let reader = reader.after(read_ahead.clone());
        let (threads, memory) = (options.threads, options.memory.articles());
        let (fit, misfit_policy) = (fit.clone(), policy.misfit);
        SourceValidation { validator, fit, misfit_policy, reader, sources, threads, memory, progress }
    }
}

/// The number of cached articles that are looked up together.
const WAITING: usize = 1 << 15;

/// The bytes of sort entries of cached articles that become one chunk.
const CACHED_BYTES: usize = 8 << 20;

/// An article that the validation cache has.
struct CachedArticle {
    /// The row of its record in the previous release.
    row: u32,
    ordinal: u64,
    span: SourceSpan,
    cache_entry: CacheEntry,
}

impl Ingested<'_> {
    /// Adds the key entries of a block, and numbers its records and sources as in the whole build. Appends
    /// its cached articles to `cached` and returns its chunk.
    fn add_block(
        &mut self,
        block: IngestedBlock,
        mode: BuildMode<'_>,
        cached: &mut Vec<CachedArticle>,
    ) -> Result<SortedChunk, Error> {
        let IngestedBlock { source, effects, mut chunk, key_entries, cached: articles, admitted, .. } = block;
        let source = self.sorter.source(&source);
        let effects_indices = self.effects.indices(effects.iter());
        let first = self.sorter.records;
        let renumber = |ordinal: &mut u64, span: &mut SourceSpan, cache_entry: &mut CacheEntry| {
            *ordinal += first;
            span.source = source;
            EffectsTable::renumber(cache_entry, &effects_indices);
        };
        for entry in &mut chunk.entries {
            renumber(&mut entry.ordinal, &mut entry.span, &mut entry.cache_entry);
            self.sorter.bytes += entry.length;
            if matches!(mode, BuildMode::Base) {
                self.changed.insert(entry.cut);
            }
        }
        for mut article in articles {
            renumber(&mut article.ordinal, &mut article.span, &mut article.cache_entry);
            cached.push(article);
        }
        for key_entry in key_entries {
            self.sorter.key_entries.push(KeyEntry { ordinal: key_entry.ordinal + first, ..key_entry })?;
        }
        self.sorter.records += admitted;
        Ok(chunk)
    }

    /// Adds the records of cached articles in the order of the previous release. The runs are then few and
    /// long, and each column is read from start to end.
    fn add_cached(&mut self, previous_index: &PreviousIndex<'_>, cached: &mut Vec<CachedArticle>) -> Result<(), Error> {
        if cached.is_empty() {
            return Ok(());
        }
        let RecordSorter { runs, key_entries, .. } = &mut self.sorter;
        cached.sort_unstable_by_key(|article| (article.row, article.ordinal));
        let (mut entries, mut held) = (Vec::new(), 0);
        for CachedArticle { row, ordinal, span, cache_entry } in cached.drain(..) {
            let base_row = previous_index.base_row(row);
            let (hash, key) = (base_row.hash(), base_row.key());
            // The encoder computes the length of the canonical form if it needs it.
            key_entries.push(KeyEntry {
                key,
                origin: Origin::New,
                rank: previous_index.rank(row),
                hash,
                ordinal,
                length: 0,
            })?;
            let (sort_key, cut, location) = (base_row.sort_key(), key_hash(&key), RowLocation::Base(row));
            let entry = SortEntry { sort_key, hash, cut, length: 0, ordinal, location, span, cache_entry };
            held += entry.memory();
            entries.push(entry);
            // Long keys take much memory, so the runs must be able to spill.
            if held > CACHED_BYTES {
                runs.push(SortedChunk { rows: runs.no_rows(), entries: std::mem::take(&mut entries) })?;
                held = 0;
            }
        }
        runs.push(SortedChunk { rows: runs.no_rows(), entries })
    }
}

/// The records of one block, ready to be added to the build.
struct IngestedBlock {
    source: Arc<str>,
    /// The effects of its articles, by the index in its cache entries.
    effects: Vec<Effects>,
    chunk: SortedChunk,
    key_entries: Vec<KeyEntry>,
    cached: Vec<CachedArticle>,
    /// The number of admitted articles, including cached ones.
    admitted: u64,
    /// The line and length of the first record that is longer than the limit for articles.
    too_long: Option<(u64, u64)>,
}

/// Collects the records of one block.
struct BlockRecords<'g, 'b> {
    columns: &'g Columns,
    keys: &'g KeyColumns,
    previous_index: &'g PreviousIndex<'g>,
    /// The records that the previous release does not have, and their hashes.
    fresh: Vec<Record<'b>>,
    hashes: Vec<RecordHash>,
    entries: Vec<SortEntry>,
    key_entries: Vec<KeyEntry>,
    cached: Vec<CachedArticle>,
    admitted: u64,
    canonical: Vec<u8>,
    /// The most bytes of the canonical form of a record.
    limit: usize,
    too_long: Option<(u64, u64)>,
}

impl<'g, 'b> BlockRecords<'g, 'b> {
    fn new(what: &Ingest<'g, '_>, previous_index: &'g PreviousIndex<'g>) -> Self {
        Self {
            columns: what.schema.columns(),
            keys: what.keys,
            previous_index,
            fresh: Vec::new(),
            hashes: Vec::new(),
            entries: Vec::new(),
            key_entries: Vec::new(),
            cached: Vec::new(),
            admitted: 0,
            canonical: Vec::new(),
            limit: what.options.limits.article,
            too_long: None,
        }
    }

    fn add(&mut self, admitted: AdmittedRecord<'b>) {
        let AdmittedRecord { record, position, length, digest, effects_index } = admitted;
        let ordinal = self.admitted;
        self.admitted += 1;
        let span = SourceSpan { source: 0, line: position.line, byte: position.byte, length };
        let cache_entry = |rank: &Rank| {
            digest.map_or([0; CACHE_ENTRY_BYTES], |digest| validation_cache::cache_entry(&digest, effects_index, rank))
        };
        match record {
            Provenance::Validated(record) => {
                let key = self.keys.of(self.columns, &record, &mut self.canonical);
                let cache_entry = cache_entry(&key.rank);
                self.add_validated(record, key, ordinal, span, cache_entry);
            }
            Provenance::Cached(row) => {
                let cache_entry = cache_entry(&self.previous_index.rank(row));
                self.cached.push(CachedArticle { row, ordinal, span, cache_entry });
            }
        }
    }

    fn add_validated(
        &mut self,
        record: Record<'b>,
        key: RecordKey,
        ordinal: u64,
        span: SourceSpan,
        cache_entry: CacheEntry,
    ) {
        self.key_entries.push(KeyEntry::of_record(&key, ordinal));
        let RecordKey { sort_key, key, hash, length, .. } = key;
        if length > self.limit as u64 && self.too_long.is_none() {
            self.too_long = Some((span.line, length));
        }
        let base_row = self.previous_index.row(&hash);
        let row = u32::try_from(self.fresh.len()).expect("a block is far smaller than 2^32 records");
        let location = base_row.map_or(RowLocation::Run(row), RowLocation::Base);
        self.entries.push(SortEntry {
            sort_key,
            hash,
            cut: key_hash(&key),
            length,
            ordinal,
            location,
            span,
            cache_entry,
        });
        if base_row.is_none() {
            self.fresh.push(record);
            self.hashes.push(hash);
        }
    }

    /// Sorts the records and returns the ingested block, whose articles had these effects.
    fn finish(self, source: Arc<str>, effects: Vec<Effects>) -> IngestedBlock {
        let Self { columns, fresh, hashes, mut entries, key_entries, cached, admitted, too_long, .. } = self;
        SortEntry::sort(&mut entries);
        let chunk = SortedChunk { rows: batch(columns, &fresh, &hashes), entries };
        IngestedBlock { source, effects, chunk, key_entries, cached, admitted, too_long }
    }
}
