//! Reading and judging all sources of a build.
//!
//! Each block of articles becomes a sorted chunk of records on the thread that judged it; what
//! has to be compared across all records, their keys, goes to [`super::resolve_keys`].

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
use crate::mapping::Mapping;
use crate::part_files::key_hash;
use crate::progress::Progress;
use crate::record::{Order, Record, RecordHash, arrow_schema, batch, key_text, record_hash_and_length};
use crate::release::Dataset;
use crate::schema::{Columns, Schema};
use crate::validate::{
    AdmittedRecord, Effects, InputSummary, Provenance, RejectSink, SourceValidation, Step, Validator, validate_sources,
};

/// What was read: the records in sorted runs, their keys, and what is to be reported.
#[derive(Debug)]
pub(super) struct Ingested {
    /// The records.
    pub(super) runs: SortedRuns,
    /// Their keys.
    pub(super) key_entries: KeyEntries,
    /// How many there are, repeats included; their ordinals count up to it.
    pub(super) articles: u64,
    /// The bytes of their canonical forms.
    pub(super) bytes: u64,
    /// The keys of all records, where they are put on top of a release.
    pub(super) changed: Changed,
    /// The sources, as [`SourceSpan::source`] numbers them.
    pub(super) sources: Vec<Arc<str>>,
    /// The traces of their articles, as cache_entries number them.
    pub(super) traces: EffectsTable,
    /// The rest.
    pub(super) read: InputSummary,
}

/// By what the gathering is done.
#[derive(Debug)]
pub(super) struct Ingest<'g> {
    pub(super) dataset: &'g Dataset,
    pub(super) selection: &'g Selection,
    pub(super) schema: &'g Schema,
    pub(super) mapping: &'g Mapping,
    pub(super) order: &'g Order,
    pub(super) ranking: Ranking,
    pub(super) options: &'g BuildOptions,
    /// What is there already.
    pub(super) onto: BuildMode<'g>,
    pub(super) progress: &'g dyn Progress,
}

/// What is there already.
#[derive(Debug, Clone, Copy)]
pub(super) enum BuildMode<'g> {
    /// Nothing that need be known.
    Nothing,
    /// The records of the release before, which need not be held.
    Previous(&'g PreviousIndex<'g>),
    /// A release on top of which the records are put.
    Base,
}

impl Ingested {
    /// No articles at all.
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
            traces: EffectsTable::default(),
            read: InputSummary {
                inputs: Vec::new(),
                rejects,
                normalised: BTreeMap::new(),
                moved: Diagnostics::default(),
                misfit: None,
            },
        }
    }
}

impl Ingest<'_> {
    /// Reads and judges every source; rejects go to the log `rejects`, what does not fit into
    /// memory to `folder`.
    ///
    /// # Errors
    /// A source that cannot be read, or no article at all.
    pub(super) fn gather(&self, sources: &[Source], folder: &Path, rejects: RejectSink) -> Result<Ingested, Error> {
        let Self { dataset, selection, schema, mapping, options, .. } = self;
        let unknown = PreviousIndex::default();
        let known = if let BuildMode::Previous(known) = self.onto { known } else { &unknown };
        let policy = &dataset.policy;
        let validator =
            Validator::new(schema, mapping, policy.extra).moving(policy.invalid_optional).selecting(selection);
        let validator = if options.cache.is_some() { validator.recalling(known) } else { validator };
        let reader = Reader::new(mapping.framing(), options.limits).with_places(selection.places()).with_hash();
        let mut gathered = Ingested::nothing(schema, folder, (options.memory, sources.len()), RejectSink::new());
        let mut numbers: HashMap<Arc<str>, u32> = HashMap::new();
        let work = |validator: &Validator<'_>, block: &_| {
            let mut records = BlockRecords::new(self, known);
            let validated = validator.validate(block, |admitted| records.add(admitted));
            let traces = validated.traces.iter().map(|(trace, _)| trace.clone()).collect();
            let made = records.finish(validated.source.clone(), traces);
            (validated, made)
        };
        let mut recalled = Vec::new();
        let take = |step: Step<IngestedBlock>| {
            let made = match step {
                Step::Made(made) => made,
                Step::Large(bytes) => return gathered.runs.hold(options.memory.records_beside(bytes)),
            };
            let IngestedBlock { source, traces, mut chunk, keys, recalled: more, admitted, too_long } = made;
            if let Some((line, bytes)) = too_long {
                let (input, limit) = (source.to_string(), options.limits.article as u64);
                return Err(Error::RecordTooLong { input, line, bytes, limit });
            }
            let number = *numbers.entry(source).or_insert_with_key(|source| {
                gathered.sources.push(source.clone());
                u32::try_from(gathered.sources.len() - 1).expect("sources are far fewer than 2^32")
            });
            let traces = gathered.traces.places(traces.iter());
            let number_in_build = |ordinal: &mut u64, span: &mut SourceSpan, cache_entry: &mut CacheEntry| {
                *ordinal += gathered.articles;
                span.source = number;
                EffectsTable::renumber(cache_entry, &traces);
            };
            for entry in &mut chunk.entries {
                number_in_build(&mut entry.ordinal, &mut entry.span, &mut entry.cache_entry);
                gathered.bytes += entry.length;
                if matches!(self.onto, BuildMode::Base) {
                    gathered.changed.insert(entry.cut);
                }
            }
            for mut one in more {
                number_in_build(&mut one.ordinal, &mut one.span, &mut one.cache_entry);
                recalled.push(one);
            }
            for key_entry in keys {
                gathered.key_entries.push(KeyEntry { ordinal: key_entry.ordinal + gathered.articles, ..key_entry })?;
            }
            gathered.articles += admitted;
            if recalled.len() >= WAITING {
                gathered.add_recalled(known, &mut recalled)?;
            }
            if chunk.entries.is_empty() { Ok(()) } else { gathered.runs.push(chunk) }
        };
        let memory = options.memory.articles();
        let what =
            SourceValidation { validator, reader, sources, threads: options.threads, memory, progress: self.progress };
        gathered.read = validate_sources(&what, rejects, work, take)?;
        gathered.add_recalled(known, &mut recalled)?;
        Ok(gathered)
    }
}

/// How many recalled articles wait to be looked up together.
const WAITING: usize = 1 << 15;

/// How many bytes of entries become one run in memory.
const RECALLED_BYTES: usize = 8 << 20;

/// An article that was recalled.
struct CachedArticle {
    /// Where its record stands.
    row: u32,
    ordinal: u64,
    span: SourceSpan,
    cache_entry: CacheEntry,
}

impl Ingested {
    /// Adds the records of recalled articles: in the order in which they stand, so that few long
    /// runs have to be merged, and each column is read from its one end to the other.
    fn add_recalled(&mut self, known: &PreviousIndex<'_>, recalled: &mut Vec<CachedArticle>) -> Result<(), Error> {
        if recalled.is_empty() {
            return Ok(());
        }
        recalled.sort_unstable_by_key(|article| (article.row, article.ordinal));
        let (mut entries, mut held) = (Vec::new(), 0);
        for CachedArticle { row, ordinal, span, cache_entry } in recalled.drain(..) {
            let standing = known.standing(row);
            let (hash, key) = (standing.hash(), standing.key());
            // The length of the canonical form is only needed where it is encoded anew, and found then.
            self.key_entries.push(KeyEntry {
                key,
                origin: Origin::New,
                rank: known.rank(row),
                hash,
                ordinal,
                length: 0,
            })?;
            let (sort_key, cut, location) = (standing.sort_key(), key_hash(&key), RowLocation::Base(row));
            let entry = SortEntry { sort_key, hash, cut, length: 0, ordinal, location, span, cache_entry };
            held += entry.memory();
            entries.push(entry);
            // Long keys: so many of them that the runs can be told.
            if held > RECALLED_BYTES {
                self.runs.push(SortedChunk { rows: self.runs.no_rows(), entries: std::mem::take(&mut entries) })?;
                held = 0;
            }
        }
        self.runs.push(SortedChunk { rows: self.runs.no_rows(), entries })
    }
}

/// What was made of one block.
struct IngestedBlock {
    source: Arc<str>,
    /// The traces of its articles, as its cache_entries number them.
    traces: Vec<Effects>,
    chunk: SortedChunk,
    keys: Vec<KeyEntry>,
    recalled: Vec<CachedArticle>,
    /// How many articles were admitted in all.
    admitted: u64,
    /// The line of the first record that is longer than an article may be, and its length.
    too_long: Option<(u64, u64)>,
}

/// The records of one block.
struct BlockRecords<'g, 'b> {
    columns: &'g Columns,
    order: &'g Order,
    ranking: Ranking,
    known: &'g PreviousIndex<'g>,
    /// Those that stand nowhere yet, and their hashes.
    fresh: Vec<Record<'b>>,
    hashes: Vec<RecordHash>,
    entries: Vec<SortEntry>,
    key_entries: Vec<KeyEntry>,
    recalled: Vec<CachedArticle>,
    admitted: u64,
    canonical: Vec<u8>,
    /// How many bytes a record may have in canonical form.
    limit: usize,
    too_long: Option<(u64, u64)>,
}

impl<'g, 'b> BlockRecords<'g, 'b> {
    fn new(what: &Ingest<'g>, known: &'g PreviousIndex<'g>) -> Self {
        Self {
            columns: what.schema.columns(),
            order: what.order,
            ranking: what.ranking,
            known,
            fresh: Vec::new(),
            hashes: Vec::new(),
            entries: Vec::new(),
            key_entries: Vec::new(),
            recalled: Vec::new(),
            admitted: 0,
            canonical: Vec::new(),
            limit: what.options.limits.article,
            too_long: None,
        }
    }

    fn add(&mut self, admitted: AdmittedRecord<'b>) {
        let AdmittedRecord { record, position, length, seen, trace } = admitted;
        let ordinal = self.admitted;
        self.admitted += 1;
        let span = SourceSpan { source: 0, line: position.line, byte: position.byte, length };
        let cache_entry =
            |rank: &Rank| seen.map_or([0; CACHE_ENTRY_BYTES], |seen| validation_cache::cache_entry(&seen, trace, rank));
        match record {
            Provenance::Validated(record) => {
                let rank = self.ranking.rank(record.cells());
                self.add_judged(record, rank, ordinal, span, cache_entry(&rank));
            }
            Provenance::Cached(row) => {
                let cache_entry = cache_entry(&self.known.rank(row));
                self.recalled.push(CachedArticle { row, ordinal, span, cache_entry });
            }
        }
    }

    fn add_judged(&mut self, record: Record<'b>, rank: Rank, ordinal: u64, span: SourceSpan, cache_entry: CacheEntry) {
        let cells = record.cells();
        let (hash, length) = record_hash_and_length(self.columns, &record, &mut self.canonical);
        if length > self.limit as u64 && self.too_long.is_none() {
            self.too_long = Some((span.line, length));
        }
        let key = key_text(&cells[self.order.key()]).unwrap_or_default();
        // The text of a key is the key: all keys of a dataset have one type.
        let key = Digest::of(key.as_bytes());
        let known = self.known.row(&hash);
        let row = u32::try_from(self.fresh.len()).expect("a block is far smaller than 2^32 records");
        let location = known.map_or(RowLocation::Run(row), RowLocation::Base);
        let sort_key = self.order.sort_key(|place| &cells[place]);
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
        if known.is_none() {
            self.fresh.push(record);
            self.hashes.push(hash);
        }
    }

    /// All that was made of the block, which had these traces.
    fn finish(self, source: Arc<str>, traces: Vec<Effects>) -> IngestedBlock {
        let Self { columns, fresh, hashes, mut entries, key_entries: keys, recalled, admitted, too_long, .. } = self;
        entries.sort_unstable_by(|a, b| (&a.sort_key, a.ordinal).cmp(&(&b.sort_key, b.ordinal)));
        entries.shrink_to_fit();
        let chunk = SortedChunk { rows: batch(columns, &fresh, &hashes), entries };
        IngestedBlock { source, traces, chunk, keys, recalled, admitted, too_long }
    }
}
