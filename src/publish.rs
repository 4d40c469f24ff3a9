//! `build`: inputs to a published release.
//!
//! Reads and judges every article into sorted runs (`ingest`), makes keys unique (`resolve_keys`),
//! finds order and cuts from facts alone (`layout`), writes or takes over the parts beside the
//! target (`encode_parts`) and publishes them by one rename (`commit`). A release may be built upon
//! (`base`) instead of being read anew. Nothing is printed; what happened is in the
//! [`BuildReport`]. Too many rejects are not an error: the report says that nothing was
//! published, and the reject file says why.

mod base;
mod changed;
mod changelog;
mod claim;
mod commit;
mod encode_parts;
mod ingest;
mod inspect;
mod key_conflicts;
mod key_state;
mod layout;
mod memory;
mod next_version;
mod options;
mod preflight;
mod previous_index;
mod resolve_keys;
mod settings;
mod validation_cache;
mod withdrawals;

use std::path::{Path, PathBuf};
use std::thread;

use semver::Version;

use crate::error::Error;
use crate::external_sort::{SortEntry, SortedChunk};
use crate::input::{Selection, Source, resolve};
use crate::mapping::Mapping;
use crate::ordered_pool::{Room, Share, Workers, ordered_pool};
use crate::part_files::{Layout, key_hash};
use crate::progress::Progress;
use crate::record::Order;
use crate::release::{Dataset, Lock, Release};
use crate::schema::Schema;
use crate::validate::RejectSink;
use base::{Base, Piece};
use changed::Changed;
use ingest::{BuildMode, Ingest, Ingested};
use inspect::Inspection;
use key_conflicts::Conflicts;
use next_version::NextVersion;
use previous_index::PreviousIndex;
use resolve_keys::{KeyEntry, Ranking};
use settings::{order, ranking};
use validation_cache::{CacheFile, CacheIdentity, CacheWriter, EffectsTable};
use withdrawals::Withdrawals;

pub use crate::release::Bump;
pub use changelog::ChangelogLeft;
pub use inspect::DamagedFile;
pub use key_state::{ArticlePosition, KeyChoice, KeyResolution, KeyState, Rank};
pub use memory::Memory;
pub use next_version::VersionChoice;
pub use options::{BuildInputs, BuildOptions, BuildReport, Outcome, UpsertReport};

/// Builds a release of the dataset.
///
/// # Errors
/// Whatever keeps it from doing its job; then no release is published, or a whole one if it was
/// the end that failed: making it durable, or its entry in the changelog. [`Error::Damaged`] for an
/// earlier release that is not as it was published where its records are in no input.
pub fn build(dataset: &Dataset, options: &BuildOptions, progress: &dyn Progress) -> Result<BuildReport, Error> {
    let schema = dataset.load_schema()?;
    let mapping = dataset.load_mapping(&schema)?;
    let order = order(dataset, schema.columns())?;
    let ranking = ranking(dataset, schema.columns())?;
    let lock = Lock::take(options.output.as_deref().unwrap_or(&dataset.folder))?;
    let next = next_version::next(lock.folder(), &options.version)?;
    if next.existing.is_none() && !options.allow_backdated {
        next_version::check_day(options.released, next.previous.as_ref())?;
    }
    // After the release before: its manifest takes room to read, and so do lists of many inputs.
    let sources = sources(dataset, &options.from)?;
    let rejects = RejectSink::staged(rejects_file(lock.folder(), &next.version), lock.folder().to_owned());
    let typed = Selection { articles: options.articles.clone(), ..Selection::default() };
    let selection = mapping.select(typed.or(&dataset.selection))?;
    let making = BuildContext {
        memo: options.cache.as_deref().and_then(|cache| validation_cache::file(cache, lock.folder(), dataset)),
        previous: next.previous.as_ref().map(Inspection::new),
        dataset,
        selection: &selection,
        schema: &schema,
        mapping: &mapping,
        order: &order,
        ranking,
        rules: CacheIdentity::of(dataset, &selection, &schema, &mapping),
        options,
        next: &next,
        lock: &lock,
        progress,
    };
    let mut report = match &options.from {
        BuildInputs::Base { version, withdraw, .. } => {
            let base = open_base(lock.folder(), version)?;
            let is_previous = next.previous.as_ref().is_some_and(|previous| previous.folder() == base.folder());
            let own = (!is_previous).then(|| Inspection::new(&base));
            let inspection =
                own.as_ref().or(making.previous.as_ref()).expect("a base that is not the previous has its own");
            let made = making.upon(&base, inspection, sources, withdraw.as_deref(), rejects);
            // Damage shows in many ways; what is said is what it is.
            match (made, inspection) {
                (Err(Error::Part { .. }), inspection) if !inspection.is_intact() => {
                    return Err(damaged_base(inspection));
                }
                (made, _) => made?,
            }
        }
        BuildInputs::Dataset | BuildInputs::Inputs(_) => making.anew(sources, rejects)?,
    };
    // Those of a published release stand already, and of one that is left as it is they are its own.
    if report.outcome == Outcome::Refused {
        report.read.rejects.publish()?;
    }
    Ok(report)
}

/// How many times its bytes an outline takes while facts are made of it.
const OUTLINE_COPIES: usize = 3;

/// Where the rejects of a version go.
fn rejects_file(folder: &Path, version: &Version) -> PathBuf {
    folder.join("rejects").join(version.to_string()).join("rejects.jsonl.zst")
}

/// One build, and all that does not change while it runs.
struct BuildContext<'m> {
    dataset: &'m Dataset,
    selection: &'m Selection,
    schema: &'m Schema,
    mapping: &'m Mapping,
    order: &'m Order,
    ranking: Ranking,
    rules: CacheIdentity,
    /// Where it is kept what the next build need not validate again.
    memo: Option<PathBuf>,
    /// Whether the release before is intact.
    previous: Option<Inspection>,
    options: &'m BuildOptions,
    next: &'m NextVersion,
    lock: &'m Lock,
    progress: &'m dyn Progress,
}

impl BuildContext<'_> {
    /// From all inputs. What the release before holds already is taken over.
    fn anew(&self, sources: Vec<Source>, rejects: RejectSink) -> Result<BuildReport, Error> {
        let previous = self.next.previous.as_ref();
        let layout = previous.map(|previous| previous.manifest().layout.clone());
        let alike = previous.zip(layout.as_ref()).filter(|(previous, layout)| self.is_alike(previous, layout));
        // Which records need not be held is known when the last part was looked at.
        self.previous.iter().for_each(|inspection| inspection.start(self.options.threads));
        // One that is damaged is no reason not to build: everything is written from the inputs then.
        let opened = alike.zip(self.previous.as_ref());
        let base =
            opened.and_then(|((previous, _), inspection)| Base::open(previous, self.schema.columns(), inspection).ok());
        let known = alike.zip(base.as_ref()).and_then(|((previous, _), base)| self.known(previous, base));
        let is_intact = base.is_none() || self.previous.as_ref().is_none_or(Inspection::is_intact);
        let (base, known) = (base.as_ref().filter(|_| is_intact), known.filter(|_| is_intact));
        let onto = known.as_ref().map_or(BuildMode::Nothing, BuildMode::Previous);
        let gathered = self.gathering(onto).gather(&sources, self.lock.folder(), rejects)?;
        // The report names them.
        drop((known, sources));
        self.finish(gathered, Withdrawals::default(), layout, base, None)
    }

    /// From a release, with records put on top and others taken back.
    fn upon(
        &self,
        release: &Release,
        inspection: &Inspection,
        sources: Vec<Source>,
        withdraw: Option<&Path>,
        rejects: RejectSink,
    ) -> Result<BuildReport, Error> {
        let layout = &release.manifest().layout;
        let version = release.manifest().version.clone();
        if !self.is_alike(release, layout) {
            let message =
                "the dataset's schema, `extra`, `key` or `order_by` has changed since that release".to_owned();
            return Err(Error::BaseUnlike { version, message });
        }
        let withdrawals = withdraw.map(Withdrawals::read).transpose()?.unwrap_or_default();
        let base = Base::open(release, self.schema.columns(), inspection)?;
        let (memo, gathered) = thread::scope(|scope| {
            let memo = scope.spawn(|| self.memo(release));
            let gathered = match &*sources {
                [] => Ok(Ingested::nothing(self.schema, self.lock.folder(), (self.options.memory, 0), rejects)),
                sources => self.gathering(BuildMode::Base).gather(sources, self.lock.folder(), rejects),
            };
            (memo.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), gathered)
        });
        drop(sources);
        let mut gathered = gathered?;
        let traces = memo.as_ref().map(CacheFile::traces).unwrap_or_default();
        let traces = gathered.traces.places(traces.iter());
        let first = gathered.articles;
        // A key that shares these eight bytes with a changed one is looked at for nothing; keys are matched whole.
        withdrawals.keys().for_each(|key| gathered.changed.insert(key_hash(&key)));
        let changed = std::mem::replace(&mut gathered.changed, Changed::new(0));
        let threads = self.options.threads;
        let memory = self.options.memory;
        let pieces = base.pieces(self.order, memory.outlines() / 4);
        let largest = pieces.iter().map(|(_, bytes)| bytes * OUTLINE_COPIES).max().unwrap_or_default();
        if largest > memory.outlines() {
            gathered.runs.hold(memory.records_beside(largest))?;
        }
        let room = Room::new(memory.outlines());
        let produce = |give: &mut dyn FnMut((Piece, Share)) -> Result<(), Error>| {
            pieces.into_iter().try_for_each(|(piece, bytes)| give((piece, room.take(bytes * OUTLINE_COPIES))))
        };
        let work = |(piece, share)| -> Result<(Vec<SortEntry>, Vec<KeyEntry>, Share), Error> {
            let (mut facts, mut entries): (Vec<SortEntry>, Vec<KeyEntry>) =
                base.facts(&piece, self.order, memo.as_ref(), first)?.into_iter().unzip();
            for fact in &mut facts {
                EffectsTable::renumber(&mut fact.mark, &traces);
            }
            entries.retain(|entry| changed.contains(key_hash(&entry.key)));
            Ok((facts, entries, share))
        };
        let take = |made: Result<(Vec<SortEntry>, Vec<KeyEntry>, Share), Error>| {
            let (facts, entries, _share) = made?;
            gathered.articles += facts.len() as u64;
            entries.into_iter().try_for_each(|entry| gathered.entries.push(entry))?;
            gathered.runs.push(SortedChunk { rows: gathered.runs.no_rows(), facts })
        };
        ordered_pool(Workers { threads, under_way: threads }, produce, work, take, || Error::Stopped)?;
        // What follows leaves a processor idle most of the time, and damage only ends the build.
        self.previous.iter().chain([inspection]).for_each(|inspection| inspection.start(1));
        self.finish(gathered, withdrawals, Some(layout.clone()), Some(&base), Some(version))
    }

    fn known<'k>(&'k self, previous: &Release, base: &'k Base<'_>) -> Option<PreviousIndex<'k>> {
        let (memory, threads) = (self.options.memory.known(), self.options.threads);
        PreviousIndex::read(base, self.order, self.memo(previous), memory, threads).ok()?
    }

    /// What is remembered of a release.
    fn memo(&self, release: &Release) -> Option<CacheFile> {
        let of = (&release.manifest_sha256(), release.manifest().records());
        CacheFile::open(self.memo.as_deref()?, self.rules, of, self.options.memory.known())
    }

    fn is_alike(&self, release: &Release, layout: &Layout) -> bool {
        base::is_alike(release.manifest(), self.dataset, self.schema, layout)
    }

    fn gathering<'g>(&'g self, onto: BuildMode<'g>) -> Ingest<'g> {
        let Self { dataset, selection, schema, mapping, order, ranking, options, progress, .. } = *self;
        Ingest { dataset, selection, schema, mapping, order, ranking, options, onto, progress }
    }

    /// Makes keys unique, and then a release if there is nothing against it.
    fn finish(
        &self,
        gathered: Ingested,
        withdrawals: Withdrawals,
        layout: Option<Layout>,
        base: Option<&Base<'_>>,
        version: Option<Version>,
    ) -> Result<BuildReport, Error> {
        let Ingested { runs, mut entries, articles, bytes, sources, traces, mut read, .. } = gathered;
        let (folder, memory, threads) = (self.lock.folder(), self.options.memory, self.options.threads);
        withdrawals.enter(&mut entries)?;
        let settled = entries.resolve(articles, withdrawals.len())?;
        let withdrawn = withdrawals.settled(&settled)?;
        let records = articles - settled.dropped_count;
        let layout = layout.unwrap_or_else(|| Layout::choose(records, bytes - settled.dropped_bytes));
        let (facts, rows) = runs.finish()?;
        let mut conflicts = Conflicts::new((self.schema.columns(), self.order.key()), base, rows, &sources, &mut read);
        let reject = |run, fact: &_| conflicts.reject(run, fact);
        let mut marks = CacheWriter::new(self.rules, self.memo.clone(), folder, memory);
        let plan = layout::lay_out(facts, &settled, &layout, (folder, memory), &mut marks, reject)?;
        let rows = conflicts.finish()?;
        let put_on = version.map(|version| UpsertReport {
            version,
            replaced: settled.replaced,
            unchanged: settled.unchanged,
            withdrawn: withdrawn.len() as u64,
        });
        let mut report = BuildReport {
            outcome: Outcome::Refused,
            version: self.next.version.clone(),
            records,
            read,
            allowance: self.options.max_rejects.unwrap_or(self.dataset.policy.max_rejects),
            duplicates: settled.duplicates,
            superseded: settled.superseded,
            changes: None,
            put_on,
            parts: 0,
            reused: 0,
            damaged: Vec::new(),
            changelog_left: None,
        };
        if report.read.is_allowed(report.allowance) && records > 0 {
            let Self { dataset, schema, order, next, progress, .. } = *self;
            let (layout, released) = (&layout, self.options.released);
            let BuildOptions { allow_understated, readmit, .. } = *self.options;
            let commit = commit::Commit {
                dataset,
                schema,
                order,
                layout,
                base,
                next,
                released,
                withdrawn,
                allow_understated,
                readmit,
                threads,
                memory,
                progress,
                inspection: self.previous.as_ref(),
            };
            report.outcome = commit.publish(self.lock, (plan, rows), (marks, &traces), &mut report)?;
        }
        report.damaged.extend(self.previous.iter().flat_map(Inspection::damaged).cloned());
        Ok(report)
    }
}

/// Why a damaged release cannot be built upon.
fn damaged_base(inspection: &Inspection) -> Error {
    const HINT: &str = "restore the file from a copy of the release, or build from all inputs, without `--base`";
    let first = inspection.damaged().next();
    first.expect("a release that is not intact has a damaged file").error(HINT)
}

fn open_base(folder: &Path, version: &Version) -> Result<Release, Error> {
    let found = crate::release::releases(folder)?.into_iter().find(|(other, _)| other == version);
    let (_, folder) = found.ok_or_else(|| Error::NoBase { version: version.clone() })?;
    Release::open_intact(&folder)
}

fn sources(dataset: &Dataset, from: &BuildInputs) -> Result<Vec<Source>, Error> {
    let (base, patterns) = match from {
        BuildInputs::Inputs(patterns) => (Path::new(""), patterns),
        BuildInputs::Dataset => (dataset.folder.as_path(), &dataset.inputs),
        BuildInputs::Base { upsert, .. } if upsert.is_empty() => return Ok(Vec::new()),
        BuildInputs::Base { upsert, .. } => (Path::new(""), upsert),
    };
    if patterns.is_empty() {
        return Err(Error::NoInputs { path: dataset.path() });
    }
    resolve(base, &dataset.folder, patterns)
}
