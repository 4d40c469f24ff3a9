//! `build`: turns inputs into a published release.
//!
//! A build reads and validates every article into sorted runs (`ingest`), makes keys unique
//! (`resolve_keys`), computes order and cuts from the sort entries (`layout`), encodes, links or copies
//! the parts into a staging folder (`encode_parts`) and publishes the folder with one rename
//! (`commit`). It can also start from a base release (`base`) and only read the changes. A build prints
//! nothing; it returns a [`BuildReport`]. Too many rejects are not an error: the report says that
//! nothing was published, and the reject file says why.

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
use crate::mapping::FittedMapping;
use crate::ordered_pool::{Room, Share, Workers, ordered_pool};
use crate::part_files::{Layout, key_hash};
use crate::progress::Progress;
use crate::record::Order;
use crate::release::{Dataset, Lock, Release, Withdrawn};
use crate::schema::Schema;
use crate::validate::RejectSink;
use base::{Base, Piece};
use changed::Changed;
use commit::Commit;
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
/// Any failure to read, validate or write. No release is then published, unless only the last steps
/// failed: syncing it to disk or adding its changelog entry. [`Error::Damaged`] if an earlier release
/// is not as it was published and its records are in no input.
pub fn build(dataset: &Dataset, options: &BuildOptions, progress: &dyn Progress) -> Result<BuildReport, Error> {
    let schema = dataset.load_schema()?;
    let mapping = dataset.load_mapping(&schema)?;
    let order = order(dataset, schema.columns())?;
    let ranking = ranking(dataset, schema.columns())?;
    let lock = Lock::take(options.output.as_deref().unwrap_or(&dataset.folder))?;
    let next = next_version::next(lock.folder(), &options.version)?;
    if next.existing.is_none() && !options.allow_backdated {
        next_version::check_date(options.released, next.previous.as_ref())?;
    }
    // Listed after the previous release was opened, because its manifest and a long list both need memory.
    let sources = sources(dataset, &options.from)?;
    let rejects = RejectSink::staged(rejects_file(lock.folder(), &next.version), lock.folder().to_owned());
    let typed = Selection { articles: options.articles.clone(), ..Selection::default() };
    let selection = mapping.select(typed.or(&dataset.selection))?;
    let fitted = mapping.fitted(dataset.source.is_some(), &sources, selection.places(), options.limits)?;
    let FittedMapping { mapping, .. } = &fitted;
    let context = BuildContext {
        cache_path: options.cache.as_deref().and_then(|cache| validation_cache::file(cache, lock.folder(), dataset)),
        previous: next.previous.as_ref().map(Inspection::new),
        dataset,
        selection: &selection,
        schema: &schema,
        fitted: &fitted,
        order: &order,
        ranking,
        rules: CacheIdentity::of(dataset, &selection, &schema, mapping),
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
                own.as_ref().or(context.previous.as_ref()).expect("a base that is not the previous has its own");
            let result = context.build_from_base(&base, inspection, sources, withdraw.as_deref(), rejects);
            // Damage can cause many errors. The one that names the damaged file is reported.
            match (result, inspection) {
                (Err(Error::Part { .. }), inspection) if !inspection.is_intact() => {
                    return Err(damaged_base(inspection));
                }
                (result, _) => result?,
            }
        }
        BuildInputs::Dataset | BuildInputs::Inputs(_) => context.build_from_inputs(sources, rejects)?,
    };
    // The commit wrote the reject file of a published release. An unchanged release keeps its own.
    if report.outcome == Outcome::Refused {
        report.read.rejects.publish()?;
    }
    Ok(report)
}

/// The memory of an outline while its sort entries are created, as a multiple of its bytes.
const OUTLINE_COPIES: usize = 3;

/// The path of the reject file of a version.
fn rejects_file(folder: &Path, version: &Version) -> PathBuf {
    folder.join("rejects").join(version.to_string()).join("rejects.jsonl.zst")
}

/// The inputs and settings of one build. They do not change while it runs.
struct BuildContext<'m> {
    dataset: &'m Dataset,
    selection: &'m Selection,
    schema: &'m Schema,
    fitted: &'m FittedMapping,
    order: &'m Order,
    ranking: Ranking,
    rules: CacheIdentity,
    /// The file of the validation cache, if the build uses one.
    cache_path: Option<PathBuf>,
    /// The inspection of the previous release.
    previous: Option<Inspection>,
    options: &'m BuildOptions,
    next: &'m NextVersion,
    lock: &'m Lock,
    progress: &'m dyn Progress,
}

impl BuildContext<'_> {
    /// Builds from all inputs. Rows and parts that the previous release has are reused.
    fn build_from_inputs(&self, sources: Vec<Source>, rejects: RejectSink) -> Result<BuildReport, Error> {
        let previous = self.next.previous.as_ref();
        let layout = previous.map(|previous| previous.manifest().layout.clone());
        let alike = previous.zip(layout.as_ref()).filter(|(previous, layout)| self.is_alike(previous, layout));
        // Rows can only be reused once every part was inspected.
        self.previous.iter().for_each(|inspection| inspection.start(self.options.threads));
        // A damaged previous release does not stop the build: everything is written from the inputs.
        let opened = alike.zip(self.previous.as_ref());
        let base =
            opened.and_then(|((previous, _), inspection)| Base::open(previous, self.schema.columns(), inspection).ok());
        let previous_index =
            alike.zip(base.as_ref()).and_then(|((previous, _), base)| self.previous_index(previous, base));
        let is_intact = base.is_none() || self.previous.as_ref().is_none_or(Inspection::is_intact);
        let (base, previous_index) = (base.as_ref().filter(|_| is_intact), previous_index.filter(|_| is_intact));
        let mode = previous_index.as_ref().map_or(BuildMode::Nothing, BuildMode::Previous);
        let ingested = self.ingest(mode).run(&sources, self.lock.folder(), rejects)?;
        // They are not needed any more, and `finish` needs the memory.
        drop((previous_index, sources));
        self.finish(ingested, Withdrawals::default(), layout, base, None)
    }

    /// Builds from a base release, with records to upsert and records to withdraw.
    fn build_from_base(
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
        let (cache, ingested) = thread::scope(|scope| {
            let cache = scope.spawn(|| self.open_cache(release));
            let ingested = match &*sources {
                [] => Ok(Ingested::nothing(self.schema, self.lock.folder(), (self.options.memory, 0), rejects)),
                sources => self.ingest(BuildMode::Base).run(sources, self.lock.folder(), rejects),
            };
            (cache.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), ingested)
        });
        drop(sources);
        let mut ingested = ingested?;
        withdrawals.keys().for_each(|key| ingested.changed.insert(key_hash(&key)));
        self.add_base(&base, cache.as_ref(), &mut ingested)?;
        // One thread is enough: the rest of the build leaves a processor idle, and the result is needed late.
        self.previous.iter().chain([inspection]).for_each(|inspection| inspection.start(1));
        self.finish(ingested, withdrawals, Some(layout.clone()), Some(&base), Some(version))
    }

    /// Adds the sort entries of all records of the base, and the key entries of those whose key may be
    /// upserted or withdrawn.
    fn add_base(&self, base: &Base<'_>, cache: Option<&CacheFile>, ingested: &mut Ingested) -> Result<(), Error> {
        let effects = cache.map(CacheFile::effects).unwrap_or_default();
        let effects_indices = ingested.effects.indices(effects.iter());
        let first = ingested.articles;
        let changed = std::mem::replace(&mut ingested.changed, Changed::new(0));
        let (threads, memory) = (self.options.threads, self.options.memory);
        let pieces = base.pieces(self.order, memory.outlines() / 4);
        let largest = pieces.iter().map(|(_, bytes)| bytes * OUTLINE_COPIES).max().unwrap_or_default();
        if largest > memory.outlines() {
            ingested.runs.hold(memory.records_beside(largest))?;
        }
        let room = Room::new(memory.outlines());
        let produce = |give: &mut dyn FnMut((Piece, Share)) -> Result<(), Error>| {
            pieces.into_iter().try_for_each(|(piece, bytes)| give((piece, room.take(bytes * OUTLINE_COPIES))))
        };
        let work = |(piece, share)| -> Result<(Vec<SortEntry>, Vec<KeyEntry>, Share), Error> {
            let (mut entries, mut key_entries): (Vec<SortEntry>, Vec<KeyEntry>) =
                base.entries(&piece, self.order, cache, first)?.into_iter().unzip();
            for entry in &mut entries {
                EffectsTable::renumber(&mut entry.cache_entry, &effects_indices);
            }
            // Only eight bytes of the key are compared. A false match costs time and nothing else.
            key_entries.retain(|key_entry| changed.contains(key_hash(&key_entry.key)));
            Ok((entries, key_entries, share))
        };
        let take = |result: Result<(Vec<SortEntry>, Vec<KeyEntry>, Share), Error>| {
            let (entries, key_entries, _share) = result?;
            ingested.articles += entries.len() as u64;
            key_entries.into_iter().try_for_each(|key_entry| ingested.key_entries.push(key_entry))?;
            ingested.runs.push(SortedChunk { rows: ingested.runs.no_rows(), entries })
        };
        ordered_pool(Workers { threads, under_way: threads }, produce, work, take, || Error::Stopped)
    }

    fn previous_index<'k>(&'k self, previous: &Release, base: &'k Base<'_>) -> Option<PreviousIndex<'k>> {
        let (memory, threads) = (self.options.memory.previous_index(), self.options.threads);
        PreviousIndex::read(base, self.order, self.open_cache(previous), memory, threads).ok()?
    }

    /// Opens the validation cache, if it belongs to this release.
    fn open_cache(&self, release: &Release) -> Option<CacheFile> {
        let of = (&release.manifest_sha256(), release.manifest().records());
        CacheFile::open(self.cache_path.as_deref()?, self.rules, of, self.options.memory.previous_index())
    }

    fn is_alike(&self, release: &Release, layout: &Layout) -> bool {
        base::is_alike(release.manifest(), self.dataset, self.schema, layout)
    }

    fn ingest<'g>(&'g self, mode: BuildMode<'g>) -> Ingest<'g> {
        let Self { dataset, selection, schema, fitted, order, ranking, options, progress, .. } = *self;
        Ingest { dataset, selection, schema, fitted, order, ranking, options, mode, progress }
    }

    /// Makes keys unique. Then publishes a release, if the rejects are within the allowance.
    fn finish(
        &self,
        ingested: Ingested,
        withdrawals: Withdrawals,
        layout: Option<Layout>,
        base: Option<&Base<'_>>,
        version: Option<Version>,
    ) -> Result<BuildReport, Error> {
        let Ingested { runs, mut key_entries, articles, bytes, sources, effects, mut read, .. } = ingested;
        let (folder, memory) = (self.lock.folder(), self.options.memory);
        withdrawals.enter(&mut key_entries)?;
        let resolution = key_entries.resolve(articles, withdrawals.len())?;
        let withdrawn = withdrawals.resolved(&resolution)?;
        let records = articles - resolution.dropped_count;
        let layout = layout.unwrap_or_else(|| Layout::choose(records, bytes - resolution.dropped_bytes));
        let (entries, rows) = runs.finish()?;
        let mut conflicts = Conflicts::new((self.schema.columns(), self.order.key()), base, rows, &sources, &mut read);
        let reject = |run, entry: &_| conflicts.reject(run, entry);
        let mut cache_writer = CacheWriter::new(self.rules, self.cache_path.clone(), folder, memory);
        let release_layout =
            layout::lay_out(entries, &resolution, &layout, (folder, memory), &mut cache_writer, reject)?;
        let rows = conflicts.finish()?;
        let upsert = version.map(|version| UpsertReport {
            version,
            replaced: resolution.replaced,
            unchanged: resolution.unchanged,
            withdrawn: withdrawn.len() as u64,
        });
        let mut report = BuildReport {
            outcome: Outcome::Refused,
            version: self.next.version.clone(),
            records,
            read,
            allowance: self.options.max_rejects.unwrap_or(self.dataset.policy.max_rejects),
            duplicates: resolution.duplicates,
            superseded: resolution.superseded,
            changes: None,
            put_on: upsert,
            parts: 0,
            reused: 0,
            damaged: Vec::new(),
            changelog_left: None,
        };
        if report.read.is_allowed(report.allowance) && records > 0 {
            let commit = self.commit(&layout, base, withdrawn);
            report.outcome =
                commit.publish(self.lock, (release_layout, rows), (cache_writer, &effects), &mut report)?;
        }
        report.damaged.extend(self.previous.iter().flat_map(Inspection::damaged).cloned());
        Ok(report)
    }

    fn commit<'t>(&'t self, layout: &'t Layout, base: Option<&'t Base<'t>>, withdrawn: Vec<Withdrawn>) -> Commit<'t> {
        let Self { dataset, schema, order, next, progress, .. } = *self;
        let BuildOptions { released, allow_understated, readmit, threads, memory, .. } = *self.options;
        Commit {
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
        }
    }
}

/// The error for a damaged base release.
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
