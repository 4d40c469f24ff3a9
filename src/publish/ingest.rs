//! Reads and validates all sources of a build.
//!
//! A worker thread validates each block of articles and turns it into a sorted chunk of records. Keys have
//! to be compared across all records, which this module does not do; [`super::resolve_keys`] does.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::BuildOptions;
use super::changed::Changed;
use super::key_state::Rank;
use super::memory::Memory;
use super::previous_index::PreviousIndex;
use super::resolve_keys::{KeyEntries, KeyEntry, Origin, Ranking};
use super::validation_cache;
use super::validation_cache::{CacheEntry, EffectsTable};
use crate::diagnostics::Diagnostics;
use crate::digest::Digest;
use crate::error::Error;
use crate::external_sort::{CACHE_ENTRY_BYTES, RowLocation, SortEntry, SortedChunk, SortedRuns, SourceSpan};
use crate::input::{Reader, Selection, Source};
use crate::mapping::{FillRates, FittedMapping};
use crate::part_files::key_hash;
use crate::progress::Progress;
use crate::record::{Order, Record, RecordHash, arrow_schema, batch, key_text, record_hash_and_length};
use crate::release::{Dataset, MisfitPolicy};
use crate::schema::{Columns, Schema};
use crate::validate::{
    AdmittedRecord, Effects, InputSummary, Provenance, RejectSink, SourceValidation, Step, Undeclared, Validator,
    validate_sources,
};

/// The result of ingest: records in sorted runs, their keys, and the counts for the report.
#[derive(Debug)]
pub(super) struct Ingested {
    /// The records, as sort entries and rows.
    pub(super) runs: SortedRuns,
    /// The keys of the records.
    pub(super) key_entries: KeyEntries,
    /// The number of records, including repeats. Their ordinals are below it.
    pub(super) articles: u64,
    /// The total length of their canonical forms, in bytes.
    pub(super) bytes: u64,
    /// The keys of all records, if the build upserts them into a base release.
    pub(super) changed: Changed,
    /// The sources, by [`SourceSpan::source`].
    pub(super) sources: Vec<Arc<str>>,
    /// The effects of their articles, by the index in cache entries.
    pub(super) effects: EffectsTable,
    /// Counts, rejects and normalisations of the inputs.
    pub(super) read: InputSummary,
}

/// The inputs and settings of ingest.
#[derive(Debug)]
pub(super) struct Ingest<'g> {
    pub(super) dataset: &'g Dataset,
    pub(super) selection: &'g Selection,
    pub(super) schema: &'g Schema,
    pub(super) fitted: &'g FittedMapping,
    pub(super) order: &'g Order,
    pub(super) ranking: Ranking,
    pub(super) options: &'g BuildOptions,
    /// Which release the build starts from.
    pub(super) mode: BuildMode<'g>,
    pub(super) progress: &'g dyn Progress,
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

impl Ingested {
    /// Creates the result for no articles.
    pub(super) fn nothing(
        schema: &Schema,
        folder: &Path,
        (memory, inputs): (Memory, usize),
        rejects: RejectSink,
    ) -> Self {
        Self {
            runs: SortedRuns::new(arrow_schema(schema.columns()), folder, memory.records(inputs)),
            key_entries: KeyEntries::new(folder, memory.keys()),
            articles: 0,
            bytes: 0,
            changed: Changed::new(memory.changed()),
            sources: Vec::new(),
            effects: EffectsTable::default(),
            read: InputSummary {
                inputs: Vec::new(),
                rejects,
                normalised: BTreeMap::new(),
                moved: Diagnostics::default(),
                misfit: None,
                source: None,
                misfit_policy: MisfitPolicy::default(),
                fill: FillRates::default(),
                undeclared: Undeclared::default(),
            },
        }
    }
}

impl Ingest<'_> {
    /// Reads and validates every source. Rejects go to `rejects`; scratch files go to `folder`.
    ///
    /// # Errors
    /// If a source cannot be read, or the sources contain no article.
    pub(super) fn run(&self, sources: &[Source], folder: &Path, rejects: RejectSink) -> Result<Ingested, Error> {
        let Self { dataset, selection, schema, fitted, options, .. } = self;
        let FittedMapping { mapping, fit, read_ahead, .. } = fitted;
        let unknown = PreviousIndex::default();
        let previous_index = if let BuildMode::Previous(index) = self.mode { index } else { &unknown };
        let policy = &dataset.policy;
        let validator =
            Validator::new(schema, mapping, policy.extra).moving(policy.invalid_optional).selecting(selection);
        let validator = if options.cache.is_some() { validator.recalling(previous_index) } else { validator };
        let reader = Reader::new(mapping.framing(), options.limits).with_places(selection.places()).with_hash();
        let reader = reader.after(read_ahead.clone());
        let mut ingested = Ingested::nothing(schema, folder, (options.memory, sources.len()), RejectSink::new());
        let work = |validator: &Validator<'_>, block: &_| {
            let mut records = BlockRecords::new(self, previous_index);
            let validated = validator.validate(block, |admitted| records.add(admitted));
            let effects = validated.effects.iter().map(|(effects, _)| effects.clone()).collect();
            let ingested_block = records.finish(validated.source.clone(), effects);
            (validated, ingested_block)
        };
        let (mut source_indices, mut cached) = (HashMap::new(), Vec::new());
        let take = |step: Step<IngestedBlock>| {
            let block = match step {
                Step::Made(block) => block,
                Step::Large(bytes) => return ingested.runs.hold(options.memory.records_beside(bytes)),
            };
            if let Some((line, bytes)) = block.too_long {
                let (input, limit) = (block.source.to_string(), options.limits.article as u64);
                return Err(Error::RecordTooLong { input, line, bytes, limit });
            }
            let chunk = ingested.add_block(block, self.mode, &mut source_indices, &mut cached)?;
            if cached.len() >= WAITING {
                ingested.add_cached(previous_index, &mut cached)?;
            }
            if chunk.entries.is_empty() { Ok(()) } else { ingested.runs.push(chunk) }
        };
        let memory = options.memory.articles();
        let (fit, misfit_policy, threads, progress) = (fit.clone(), policy.misfit, options.threads, self.progress);
        let what = SourceValidation { validator, fit, misfit_policy, reader, sources, threads, memory, progress };
        ingested.read = validate_sources(&what, rejects, work, take)?;
        ingested.add_cached(previous_index, &mut cached)?;
        Ok(ingested)
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

impl Ingested {
    /// Adds the key entries of a block, and numbers its records and sources as in the whole build. Appends
    /// its cached articles to `cached` and returns its chunk.
    fn add_block(
        &mut self,
        block: IngestedBlock,
        mode: BuildMode<'_>,
        source_indices: &mut HashMap<Arc<str>, u32>,
        cached: &mut Vec<CachedArticle>,
    ) -> Result<SortedChunk, Error> {
        let IngestedBlock { source, effects, mut chunk, key_entries, cached: articles, admitted, .. } = block;
        let source = *source_indices.entry(source).or_insert_with_key(|source| {
            self.sources.push(source.clone());
            u32::try_from(self.sources.len() - 1).expect("sources are far fewer than 2^32")
        });
        let effects_indices = self.effects.indices(effects.iter());
        let renumber = |ordinal: &mut u64, span: &mut SourceSpan, cache_entry: &mut CacheEntry| {
            *ordinal += self.articles;
            span.source = source;
            EffectsTable::renumber(cache_entry, &effects_indices);
        };
        for entry in &mut chunk.entries {
            renumber(&mut entry.ordinal, &mut entry.span, &mut entry.cache_entry);
            self.bytes += entry.length;
            if matches!(mode, BuildMode::Base) {
                self.changed.insert(entry.cut);
            }
        }
        for mut article in articles {
            renumber(&mut article.ordinal, &mut article.span, &mut article.cache_entry);
            cached.push(article);
        }
        for key_entry in key_entries {
            self.key_entries.push(KeyEntry { ordinal: key_entry.ordinal + self.articles, ..key_entry })?;
        }
        self.articles += admitted;
        Ok(chunk)
    }

    /// Adds the records of cached articles in the order of the previous release. The runs are then few and
    /// long, and each column is read from start to end.
    fn add_cached(&mut self, previous_index: &PreviousIndex<'_>, cached: &mut Vec<CachedArticle>) -> Result<(), Error> {
        if cached.is_empty() {
            return Ok(());
        }
        cached.sort_unstable_by_key(|article| (article.row, article.ordinal));
        let (mut entries, mut held) = (Vec::new(), 0);
        for CachedArticle { row, ordinal, span, cache_entry } in cached.drain(..) {
            let base_row = previous_index.base_row(row);
            let (hash, key) = (base_row.hash(), base_row.key());
            // The encoder computes the length of the canonical form if it needs it.
            self.key_entries.push(KeyEntry {
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
                self.runs.push(SortedChunk { rows: self.runs.no_rows(), entries: std::mem::take(&mut entries) })?;
                held = 0;
            }
        }
        self.runs.push(SortedChunk { rows: self.runs.no_rows(), entries })
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
    order: &'g Order,
    ranking: Ranking,
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
    fn new(what: &Ingest<'g>, previous_index: &'g PreviousIndex<'g>) -> Self {
        Self {
            columns: what.schema.columns(),
            order: what.order,
            ranking: what.ranking,
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
                let rank = self.ranking.rank(record.cells());
                self.add_validated(record, rank, ordinal, span, cache_entry(&rank));
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
        rank: Rank,
        ordinal: u64,
        span: SourceSpan,
        cache_entry: CacheEntry,
    ) {
        let cells = record.cells();
        let (hash, length) = record_hash_and_length(self.columns, &record, &mut self.canonical);
        if length > self.limit as u64 && self.too_long.is_none() {
            self.too_long = Some((span.line, length));
        }
        let key = key_text(&cells[self.order.key()]).unwrap_or_default();
        // Keys are compared as strings. This is safe, because all keys of a dataset have one type.
        let key = Digest::of(key.as_bytes());
        let base_row = self.previous_index.row(&hash);
        let row = u32::try_from(self.fresh.len()).expect("a block is far smaller than 2^32 records");
        let location = base_row.map_or(RowLocation::Run(row), RowLocation::Base);
        let sort_key = self.order.sort_key(|column| &cells[column]);
        self.key_entries.push(KeyEntry { key, origin: Origin::New, rank, hash, ordinal, length });
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
        entries.sort_unstable_by(|a, b| (&a.sort_key, a.ordinal).cmp(&(&b.sort_key, b.ordinal)));
        entries.shrink_to_fit();
        let chunk = SortedChunk { rows: batch(columns, &fresh, &hashes), entries };
        IngestedBlock { source, effects, chunk, key_entries, cached, admitted, too_long }
    }
}
