//! Reading and judging all sources of a build.
//!
//! Each block of articles becomes a sorted chunk of records on the thread that judged it; what
//! has to be compared across all records, their keys, goes to [`super::settle`].

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::BuildOptions;
use super::known::Known;
use super::memo::{self, Mark, Traces};
use super::memory::Memory;
use super::settle::{Entries, Entry, Era, Rank, Ranking};
use crate::digest::Digest;
use crate::error::Error;
use crate::input::{Reader, Source};
use crate::judge::{Admitted, Judge, Kept, Read, RejectLog, Survey, Trace, survey};
use crate::mapping::Mapping;
use crate::parts::{At, Chunk, Fact, MARK, Place, Runs, key_hash};
use crate::progress::Watch;
use crate::record::{Order, Record, RecordHash, arrow_schema, batch, canonical_form, key_text};
use crate::release::Dataset;
use crate::schema::{Columns, Schema};

/// What was read: the records in sorted runs, their keys, and what is to be reported.
#[derive(Debug)]
pub(super) struct Gathered {
    /// The records.
    pub(super) runs: Runs,
    /// Their keys.
    pub(super) entries: Entries,
    /// How many there are, repeats included; their ordinals count up to it.
    pub(super) articles: u64,
    /// The bytes of their canonical forms.
    pub(super) bytes: u64,
    /// The [`key_hash`] of every record's key, where they are put on top of a release.
    pub(super) changed: HashSet<u64>,
    /// The sources, as [`Place::source`] numbers them.
    pub(super) sources: Vec<Arc<str>>,
    /// The traces of their articles, as marks number them.
    pub(super) traces: Traces,
    /// The rest.
    pub(super) read: Read,
}

/// By what the gathering is done.
#[derive(Debug)]
pub(super) struct Gathering<'g> {
    pub(super) dataset: &'g Dataset,
    pub(super) schema: &'g Schema,
    pub(super) mapping: &'g Mapping,
    pub(super) order: &'g Order,
    pub(super) ranking: Ranking,
    pub(super) options: &'g BuildOptions,
    /// What is there already.
    pub(super) onto: Onto<'g>,
    pub(super) watch: &'g dyn Watch,
}

/// What is there already.
#[derive(Debug, Clone, Copy)]
pub(super) enum Onto<'g> {
    /// Nothing that need be known.
    Nothing,
    /// The records of the release before, which need not be held.
    Previous(&'g Known<'g>),
    /// A release on top of which the records are put.
    Base,
}

impl Gathered {
    /// No articles at all.
    pub(super) fn nothing(schema: &Schema, folder: &Path, memory: Memory, rejects: RejectLog) -> Self {
        Self {
            runs: Runs::new(arrow_schema(schema.columns()), folder, memory.records()),
            entries: Entries::new(folder, memory.keys()),
            articles: 0,
            bytes: 0,
            changed: HashSet::new(),
            sources: Vec::new(),
            traces: Traces::default(),
            read: Read { inputs: Vec::new(), rejects, normalised: BTreeMap::new(), misfit: None },
        }
    }
}

impl Gathering<'_> {
    /// Reads and judges every source; rejects go to the log `rejects`, what does not fit into
    /// memory to `folder`.
    ///
    /// # Errors
    /// A source that cannot be read, or no article at all.
    pub(super) fn gather(&self, sources: &[Source], folder: &Path, rejects: RejectLog) -> Result<Gathered, Error> {
        let Self { dataset, schema, mapping, options, .. } = self;
        let unknown = Known::default();
        let known = if let Onto::Previous(known) = self.onto { known } else { &unknown };
        let judge = Judge::new(schema, mapping, dataset.policy.extra).recalling(known);
        let reader = Reader::new(mapping.framing(), options.limits).with_hash();
        let mut gathered = Gathered::nothing(schema, folder, options.memory, RejectLog::new());
        let mut numbers: HashMap<Arc<str>, u32> = HashMap::new();
        let work = |judge: &Judge<'_>, block: &_| {
            let mut records = Records::new(self, known);
            let judged = judge.block(block, |admitted| records.add(admitted));
            let traces = judged.traces.iter().map(|(trace, _)| trace.clone()).collect();
            let made = records.finish(judged.source.clone(), traces);
            (judged, made)
        };
        let mut recalled = Vec::new();
        let take = |made: Made| {
            let Made { source, traces, mut chunk, keys, recalled: more, admitted } = made;
            let number = *numbers.entry(source).or_insert_with_key(|source| {
                gathered.sources.push(source.clone());
                u32::try_from(gathered.sources.len() - 1).expect("sources are far fewer than 2^32")
            });
            let traces = gathered.traces.places(traces.iter());
            let place = |ordinal: &mut u64, place: &mut Place, mark: &mut Mark| {
                *ordinal += gathered.articles;
                place.source = number;
                Traces::renumber(mark, &traces);
            };
            for fact in &mut chunk.facts {
                place(&mut fact.ordinal, &mut fact.place, &mut fact.mark);
                gathered.bytes += fact.length;
                if matches!(self.onto, Onto::Base) {
                    gathered.changed.insert(fact.cut);
                }
            }
            for mut one in more {
                place(&mut one.ordinal, &mut one.place, &mut one.mark);
                recalled.push(one);
            }
            for entry in keys {
                gathered.entries.push(Entry { ordinal: entry.ordinal + gathered.articles, ..entry })?;
            }
            gathered.articles += admitted;
            if recalled.len() >= WAITING {
                gathered.add_recalled(known, &mut recalled)?;
            }
            if chunk.facts.is_empty() { Ok(()) } else { gathered.runs.push(chunk) }
        };
        let what = Survey { judge, reader, sources, threads: options.threads, watch: self.watch };
        gathered.read = survey(&what, rejects, work, take)?;
        gathered.add_recalled(known, &mut recalled)?;
        Ok(gathered)
    }
}

/// How many recalled articles wait to be looked up together.
const WAITING: usize = 1 << 15;

/// An article that was recalled.
struct Recalled {
    /// Where its record stands.
    row: u32,
    ordinal: u64,
    place: Place,
    mark: Mark,
}

impl Gathered {
    /// Adds the records of recalled articles: in the order in which they stand, so that few long
    /// runs have to be merged, and each column is read from its one end to the other.
    fn add_recalled(&mut self, known: &Known<'_>, recalled: &mut Vec<Recalled>) -> Result<(), Error> {
        if recalled.is_empty() {
            return Ok(());
        }
        recalled.sort_unstable_by_key(|article| (article.row, article.ordinal));
        let mut facts = Vec::with_capacity(recalled.len());
        for Recalled { row, ordinal, place, mark } in recalled.drain(..) {
            let standing = known.standing(row);
            let (hash, key) = (standing.hash(), standing.key());
            // The length of the canonical form is only needed where it is encoded anew, and found then.
            self.entries.push(Entry { key, era: Era::New, rank: known.rank(row), hash, ordinal, length: 0 })?;
            let (sort_key, cut, at) = (standing.sort_key(), key_hash(&key), At::Base(row));
            facts.push(Fact { sort_key, hash, cut, length: 0, ordinal, at, place, mark });
        }
        self.runs.push(Chunk { rows: self.runs.no_rows(), facts })
    }
}

/// What was made of one block.
struct Made {
    source: Arc<str>,
    /// The traces of its articles, as its marks number them.
    traces: Vec<Trace>,
    chunk: Chunk,
    keys: Vec<Entry>,
    recalled: Vec<Recalled>,
    /// How many articles were admitted in all.
    admitted: u64,
}

/// The records of one block.
struct Records<'g, 'b> {
    columns: &'g Columns,
    order: &'g Order,
    ranking: Ranking,
    known: &'g Known<'g>,
    /// Those that stand nowhere yet, and their hashes.
    fresh: Vec<Record<'b>>,
    hashes: Vec<RecordHash>,
    facts: Vec<Fact>,
    entries: Vec<Entry>,
    recalled: Vec<Recalled>,
    admitted: u64,
    canonical: Vec<u8>,
}

impl<'g, 'b> Records<'g, 'b> {
    fn new(what: &Gathering<'g>, known: &'g Known<'g>) -> Self {
        Self {
            columns: what.schema.columns(),
            order: what.order,
            ranking: what.ranking,
            known,
            fresh: Vec::new(),
            hashes: Vec::new(),
            facts: Vec::new(),
            entries: Vec::new(),
            recalled: Vec::new(),
            admitted: 0,
            canonical: Vec::new(),
        }
    }

    fn add(&mut self, admitted: Admitted<'b>) {
        let Admitted { record, position, length, seen, trace } = admitted;
        let ordinal = self.admitted;
        self.admitted += 1;
        let place = Place { source: 0, line: position.line, byte: position.byte, length };
        let mark = |rank: &Rank| seen.map_or([0; MARK], |seen| memo::mark(&seen, trace, rank));
        match record {
            Kept::Judged(record) => {
                let rank = self.ranking.rank(record.cells());
                self.add_judged(record, rank, ordinal, place, mark(&rank));
            }
            Kept::Recalled(row) => {
                let mark = mark(&self.known.rank(row));
                self.recalled.push(Recalled { row, ordinal, place, mark });
            }
        }
    }

    fn add_judged(&mut self, record: Record<'b>, rank: Rank, ordinal: u64, place: Place, mark: Mark) {
        let cells = record.cells();
        self.canonical.clear();
        canonical_form(self.columns, &record, &mut self.canonical);
        let hash = RecordHash::new(Digest::of(&self.canonical));
        let key = key_text(&cells[self.order.key()]).unwrap_or_default();
        let key = Digest::of(key.as_bytes());
        let known = self.known.row(&hash);
        let row = u32::try_from(self.fresh.len()).expect("a block is far smaller than 2^32 records");
        let at = known.map_or(At::Run(row), At::Base);
        let sort_key = self.order.sort_key(|place| &cells[place]);
        let length = self.canonical.len() as u64;
        self.entries.push(Entry { key, era: Era::New, rank, hash, ordinal, length });
        self.facts.push(Fact { sort_key, hash, cut: key_hash(&key), length, ordinal, at, place, mark });
        if known.is_none() {
            self.fresh.push(record);
            self.hashes.push(hash);
        }
    }

    /// All that was made of the block, which had these traces.
    fn finish(self, source: Arc<str>, traces: Vec<Trace>) -> Made {
        let Self { columns, fresh, hashes, mut facts, entries: keys, recalled, admitted, .. } = self;
        facts.sort_unstable_by(|a, b| (&a.sort_key, a.ordinal).cmp(&(&b.sort_key, b.ordinal)));
        let chunk = Chunk { rows: batch(columns, &fresh, &hashes), facts };
        Made { source, traces, chunk, keys, recalled, admitted }
    }
}
