//! `build`: turns inputs into a published release.
//!
//! A build composes stages. It reads and validates every article and sorts the records (`ingest`, into a
//! [`RecordSorter`]), makes keys unique and lays the records out (`sorter`), encodes, links or copies the
//! parts into a staging folder (`encode_parts`) and publishes the folder with one rename (`commit`). It can
//! also start from a base release (`base`) and only read the changes. A build prints nothing; it returns
//! a [`BuildReport`]. Too many rejects are not an error: the report says that nothing was published, and
//! the reject file says why.

mod base;
mod base_entries;
mod beside_file;
mod changed;
mod changelog;
mod claim;
mod commit;
mod context;
mod dataset_card;
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
mod report;
mod resolve_keys;
mod settings;
mod sorter;
mod sources;
mod validation_cache;
mod withdrawals;

use std::path::Path;
use std::thread;

use semver::Version;

use crate::error::Error;
use crate::input::{Selection, Source};
use crate::mapping::FittedMapping;
use crate::part_files::{Layout, key_hash};
use crate::progress::Progress;
use crate::release::{Dataset, Lock, Release};
use crate::validate::{InputSummary, RejectSink};
use base::Base;
use context::BuildContext;
use ingest::{BuildMode, Ingested};
use inspect::{Inspection, damaged_base};
use sources::{open_base, rejects_file, resolve_sources};
use validation_cache::{CacheIdentity, CacheWriter};
use withdrawals::Withdrawals;

pub use crate::release::Bump;
pub use beside_file::LeftFile;
pub use dataset_card::DatasetCard;
pub use inspect::DamagedFile;
pub use key_conflicts::{ConflictingArticle, KeyConflict, KeyConflicts};
pub use key_state::{KeyChoice, KeyResolution, KeyState};
pub use memory::Memory;
pub use next_version::VersionChoice;
pub use options::{BuildInputs, BuildOptions, BuildReport, Outcome, UpsertReport};
pub use settings::key_columns;
pub use sorter::{PartRows, RecordSorter, SortedRecords, SortedRelease, UniqueRecords};

/// Builds a release of the dataset.
///
/// # Errors
/// Any failure to read, validate or write. No release is then published, unless only the last steps
/// failed: syncing it to disk or adding its changelog entry. [`Error::Damaged`] if an earlier release
/// is not as it was published and its records are in no input. [`Error::Cancelled`] if `progress` cancels.
pub fn build(dataset: &Dataset, options: &BuildOptions, progress: &dyn Progress) -> Result<BuildReport, Error> {
    let about = dataset.load_about()?;
    let schema = dataset.load_schema()?;
    let mapping = dataset.load_mapping(&schema)?;
    let keys = key_columns(dataset, schema.columns())?;
    let lock = Lock::take(options.output.as_deref().unwrap_or(&dataset.folder))?;
    let next = next_version::next(lock.folder(), &options.version)?;
    if next.existing.is_none() && !options.allow_backdated {
        next_version::check_date(options.released, next.previous.as_ref())?;
    }
    // Listed after the previous release was opened, because its manifest and a long list both need memory.
    let sources = resolve_sources(dataset, &options.from)?;
    let rejects = if options.dry_run {
        RejectSink::new()
    } else {
        RejectSink::staged(
            rejects_file(lock.folder(), &next.version),
            lock.folder().to_owned(),
            lock.prefix().to_owned(),
        )
    };
    let rejects = rejects.keeping(options.examples);
    let typed = Selection { articles: options.articles.clone(), ..Selection::default() };
    let selection = mapping.select(typed.or(&dataset.selection))?;
    let fitted = mapping.fitted(dataset.source.is_some(), &sources, selection.places(), options.limits)?;
    let FittedMapping { mapping, .. } = &fitted;
    let context = BuildContext {
        cache_path: options.cache.as_deref().and_then(|cache| validation_cache::file(cache, lock.folder(), dataset)),
        previous: next.previous.as_ref().map(Inspection::new),
        dataset,
        about: &about,
        selection: &selection,
        schema: &schema,
        fitted: &fitted,
        keys: &keys,
        rules: CacheIdentity::of(dataset, &selection, &schema, mapping),
        options,
        next: &next,
        lock: &lock,
        progress,
    };
    let mut report = match &options.from {
        BuildInputs::Base { version, withdraw, .. } => {
            context.build_from_base(version, sources, withdraw.as_deref(), rejects)?
        }
        BuildInputs::Dataset | BuildInputs::Inputs(_) => context.build_from_inputs(sources, rejects)?,
    };
    // The commit wrote the reject file of a published release. An unchanged release keeps its own.
    match report.outcome {
        Outcome::Refused => report.read.rejects.publish()?,
        Outcome::Published(_) | Outcome::Unchanged(_) => report.card = dataset_card::keep(&lock)?,
        Outcome::DryRun(_) => {}
    }
    Ok(report)
}

/// What a build reuses from an earlier release.
#[derive(Debug, Default)]
struct Reused<'b> {
    layout: Option<Layout>,
    base: Option<&'b Base<'b>>,
    /// The version of the release that records are upserted into.
    upserted: Option<Version>,
}

impl BuildContext<'_> {
    /// Builds from all inputs. Rows and parts that the previous release has are reused.
    fn build_from_inputs(&self, sources: Vec<Source>, rejects: RejectSink) -> Result<BuildReport, Error> {
        let previous = self.next.previous.as_ref();
        let layout = self.layout(None);
        // The first release of a format reuses nothing: its layout depends on the lengths of all records.
        let is_reusable = |release: &Release| self.is_alike(release) && base::has_same_encoding(release.manifest());
        let alike = previous.filter(|previous| is_reusable(previous));
        // Rows can only be reused once every part was inspected.
        self.previous.iter().for_each(|inspection| inspection.start(self.options.threads));
        // A damaged previous release does not stop the build: everything is written from the inputs.
        let opened = alike.zip(self.previous.as_ref());
        let base =
            opened.and_then(|(previous, inspection)| Base::open(previous, self.schema.columns(), inspection).ok());
        let previous_index = alike.zip(base.as_ref()).and_then(|(previous, base)| self.previous_index(previous, base));
        if let Some(inspection) = self.previous.as_ref().filter(|_| base.is_some()) {
            inspection.wait(self.progress)?;
        }
        let is_intact = base.is_none() || self.previous.as_ref().is_none_or(Inspection::is_intact);
        let (base, previous_index) = (base.as_ref().filter(|_| is_intact), previous_index.filter(|_| is_intact));
        let mode = previous_index.as_ref().map_or(BuildMode::Nothing, BuildMode::Previous);
        let ingested = self.ingest(mode).run(&sources, self.lock.folder(), rejects)?;
        // They are not needed any more, and `finish` needs the memory.
        drop((previous_index, sources));
        self.finish(ingested, Withdrawals::default(), Reused { layout, base, upserted: None })
    }

    /// Builds from a base release, with records to upsert and records to withdraw.
    fn build_from_base(
        &self,
        version: &Version,
        sources: Vec<Source>,
        withdraw: Option<&Path>,
        rejects: RejectSink,
    ) -> Result<BuildReport, Error> {
        let release = open_base(self.lock.folder(), version)?;
        let is_previous = |previous: &&Release| previous.folder() == release.folder();
        let inspected = self.next.previous.as_ref().filter(is_previous).and(self.previous.as_ref());
        let own;
        let inspection = if let Some(inspection) = inspected {
            inspection
        } else {
            own = Inspection::new(&release);
            &own
        };
        match self.upsert(&release, inspection, sources, withdraw, rejects) {
            // Damage can cause many errors. The one that names the damaged file is reported.
            Err(error @ Error::Part { .. }) => Err(damaged_base(inspection).unwrap_or(error)),
            result => result,
        }
    }

    fn upsert(
        &self,
        release: &Release,
        inspection: &Inspection,
        sources: Vec<Source>,
        withdraw: Option<&Path>,
        rejects: RejectSink,
    ) -> Result<BuildReport, Error> {
        let (version, layout) = (release.manifest().version.clone(), self.layout(Some(release)));
        if !self.is_alike(release) {
            let message =
                "the dataset's schema, `extra`, `key` or `order_by` has changed since that release".to_owned();
            return Err(Error::BaseUnlike { version, message });
        }
        let withdrawals = withdraw.map(Withdrawals::read).transpose()?.unwrap_or_default();
        let (opened, ingested) = thread::scope(|scope| {
            let opened = scope.spawn(|| {
                let base = Base::open(release, self.schema.columns(), inspection)?;
                Ok::<_, Error>((base, self.open_cache(release)))
            });
            let ingested = match &*sources {
                [] => Ok(Ingested::nothing(self.sorter(), rejects)),
                sources => self.ingest(BuildMode::Base).run(sources, self.lock.folder(), rejects),
            };
            (opened.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), ingested)
        });
        let (base, cache) = opened?;
        drop(sources);
        let mut ingested = ingested?;
        withdrawals.keys().for_each(|key| ingested.changed.insert(key_hash(&key)));
        self.add_base(&base, cache.as_ref(), &mut ingested)?;
        // One thread is enough: the rest of the build leaves a processor idle, and the result is needed late.
        self.previous.iter().chain([inspection]).for_each(|inspection| inspection.start(1));
        let reused = Reused { layout, base: Some(&base), upserted: Some(version) };
        self.finish(ingested, withdrawals, reused)
    }

    /// Makes keys unique. Then publishes a release, if the rejects are within the allowance.
    fn finish(
        &self,
        ingested: Ingested<'_>,
        withdrawals: Withdrawals,
        reused: Reused<'_>,
    ) -> Result<BuildReport, Error> {
        let Ingested { sorter, effects, mut read, .. } = ingested;
        let Reused { layout, base, upserted } = reused;
        let mut sorted = sorter.finish();
        withdrawals.enter(sorted.key_entries())?;
        let unique = sorted.resolve(withdrawals.len())?;
        let withdrawn = withdrawals.resolved(&unique.resolution)?;
        let layout = layout.unwrap_or_else(|| unique.layout());
        let mut report = self.report(&unique, upserted, withdrawn.len());
        let mut cache_writer =
            CacheWriter::new(self.rules, self.cache_path.clone(), self.lock.folder(), self.options.memory);
        let kept = |entry: &_| cache_writer.push(entry);
        let mut conflict = |reject: &_| InputSummary::reject_admitted(&mut read, reject);
        let (release_layout, rows, conflicts) =
            unique.lay_out_with(&layout, base, self.progress, kept, &mut conflict)?;
        (report.read, report.conflicts) = (read, conflicts);
        if report.read.is_allowed(report.allowance) && report.records > 0 {
            let commit = self.commit(&layout, base, withdrawn);
            report.outcome =
                commit.publish(self.lock, (release_layout, rows), (cache_writer, &effects), &mut report)?;
        }
        report.damaged.extend(self.previous.iter().flat_map(Inspection::damaged).cloned());
        Ok(report)
    }
}
