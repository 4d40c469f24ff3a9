//! Reading and judging all sources of a build.
//!
//! Each block of articles becomes a sorted chunk of records on the thread that judged it; what
//! has to be compared across all records, their keys, goes to [`super::settle`].

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::BuildOptions;
use super::base::Known;
use super::memory::Memory;
use super::settle::{Entries, Entry, Era, Ranking};
use crate::digest::Digest;
use crate::error::Error;
use crate::input::{Reader, Source};
use crate::judge::{Admitted, Judge, Read, RejectLog, Survey, survey};
use crate::mapping::Mapping;
use crate::parts::{At, Chunk, Fact, Place, Runs, key_hash};
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
    Previous(&'g Known),
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
        let judge = Judge::new(schema, mapping, dataset.policy.extra);
        let reader = Reader::new(mapping.framing(), options.limits).with_hash();
        let mut gathered = Gathered::nothing(schema, folder, options.memory, RejectLog::new(None));
        let mut numbers: HashMap<Arc<str>, u32> = HashMap::new();
        let work = |judge: &Judge<'_>, block: &_| {
            let mut records = Records::new(self);
            let judged = judge.block(block, |admitted| records.add(admitted));
            let source = judged.source.clone();
            (judged, (source, records.finish()))
        };
        let take = |(source, (mut chunk, keys)): (Arc<str>, (Chunk, Vec<Entry>))| {
            let number = *numbers.entry(source).or_insert_with_key(|source| {
                gathered.sources.push(source.clone());
                u32::try_from(gathered.sources.len() - 1).expect("sources are far fewer than 2^32")
            });
            for fact in &mut chunk.facts {
                fact.ordinal += gathered.articles;
                fact.place.source = number;
                gathered.bytes += fact.length;
                if matches!(self.onto, Onto::Base) {
                    gathered.changed.insert(fact.cut);
                }
            }
            for entry in keys {
                gathered.entries.push(Entry { ordinal: entry.ordinal + gathered.articles, ..entry })?;
            }
            gathered.articles += chunk.facts.len() as u64;
            if chunk.facts.is_empty() { Ok(()) } else { gathered.runs.push(chunk) }
        };
        let what = Survey { judge, reader, sources, threads: options.threads, watch: self.watch };
        gathered.read = survey(&what, rejects, work, take)?;
        Ok(gathered)
    }
}

/// The records of one block.
struct Records<'g, 'b> {
    columns: &'g Columns,
    order: &'g Order,
    ranking: Ranking,
    onto: Onto<'g>,
    /// Those that stand nowhere yet, and their hashes.
    fresh: Vec<Record<'b>>,
    hashes: Vec<RecordHash>,
    facts: Vec<Fact>,
    entries: Vec<Entry>,
    canonical: Vec<u8>,
}

impl<'g, 'b> Records<'g, 'b> {
    fn new(what: &Gathering<'g>) -> Self {
        Self {
            columns: what.schema.columns(),
            order: what.order,
            ranking: what.ranking,
            onto: what.onto,
            fresh: Vec::new(),
            hashes: Vec::new(),
            facts: Vec::new(),
            entries: Vec::new(),
            canonical: Vec::new(),
        }
    }

    fn add(&mut self, admitted: Admitted<'b>) {
        let Admitted { record, position, length: bytes } = admitted;
        let cells = record.cells();
        self.canonical.clear();
        canonical_form(self.columns, &record, &mut self.canonical);
        let hash = RecordHash::new(Digest::of(&self.canonical));
        let key = key_text(&cells[self.order.key()]).unwrap_or_default();
        let key = Digest::of(key.as_bytes());
        let ordinal = self.facts.len() as u64;
        let known = match self.onto {
            Onto::Previous(known) => known.row(&hash),
            Onto::Nothing | Onto::Base => None,
        };
        let row = u32::try_from(self.fresh.len()).expect("a block is far smaller than 2^32 records");
        let at = known.map_or(At::Run(row), At::Base);
        let place = Place { source: 0, line: position.line, byte: position.byte, length: bytes };
        let sort_key = self.order.sort_key(|place| &cells[place]);
        let length = self.canonical.len() as u64;
        self.entries.push(Entry { key, era: Era::New, rank: self.ranking.rank(cells), hash, ordinal, length });
        self.facts.push(Fact { sort_key, hash, cut: key_hash(&key), length, ordinal, at, place });
        if known.is_none() {
            self.fresh.push(record);
            self.hashes.push(hash);
        }
    }

    /// The records as a sorted chunk, and their keys.
    fn finish(self) -> (Chunk, Vec<Entry>) {
        let Self { columns, fresh, hashes, mut facts, entries, .. } = self;
        facts.sort_unstable_by(|a, b| (&a.sort_key, a.ordinal).cmp(&(&b.sort_key, b.ordinal)));
        (Chunk { rows: batch(columns, &fresh, &hashes), facts }, entries)
    }
}
