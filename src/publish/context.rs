//! [`BuildContext`]: the inputs and settings of one build, and the stages with these settings.

use std::path::PathBuf;

use semver::Version;

use super::base::{self, Base};
use super::commit::Commit;
use super::ingest::{BuildMode, Ingest};
use super::inspect::Inspection;
use super::next_version::NextVersion;
use super::previous_index::PreviousIndex;
use super::sorter::{RecordSorter, UniqueRecords};
use super::validation_cache::{CacheFile, CacheIdentity};
use super::{BuildOptions, BuildReport, DatasetCard, KeyConflicts, Outcome, UpsertReport};
use crate::input::Selection;
use crate::mapping::FittedMapping;
use crate::metadata;
use crate::part_files::{Format, Layout};
use crate::progress::Progress;
use crate::release::{About, Dataset, Lock, Release, Withdrawn};
use crate::schema::Schema;
use crate::validate::{InputSummary, KeyColumns, RejectSink};

/// The inputs and settings of one build. They do not change while it runs.
pub(super) struct BuildContext<'m> {
    pub(super) dataset: &'m Dataset,
    /// What the producer states.
    pub(super) about: &'m About,
    pub(super) selection: &'m Selection,
    pub(super) schema: &'m Schema,
    pub(super) fitted: &'m FittedMapping,
    pub(super) keys: &'m KeyColumns,
    pub(super) rules: CacheIdentity,
    /// The file of the validation cache, if the build uses one.
    pub(super) cache_path: Option<PathBuf>,
    /// The inspection of the previous release.
    pub(super) previous: Option<Inspection>,
    pub(super) options: &'m BuildOptions,
    pub(super) next: &'m NextVersion,
    pub(super) lock: &'m Lock,
    pub(super) progress: &'m dyn Progress,
}

impl<'m> BuildContext<'m> {
    pub(super) fn previous_index<'k>(&'k self, previous: &Release, base: &'k Base<'_>) -> Option<PreviousIndex<'k>> {
        let (memory, threads) = (self.options.memory.previous_index(), self.options.threads);
        PreviousIndex::read(base, self.keys.order(), self.open_cache(previous), memory, threads).ok()?
    }

    /// Opens the validation cache, if it belongs to this release.
    pub(super) fn open_cache(&self, release: &Release) -> Option<CacheFile> {
        let of = (&release.manifest_sha256(), release.manifest().records());
        CacheFile::open(self.cache_path.as_deref()?, self.rules, of, self.options.memory.previous_index())
    }

    /// Whether rows of the release can be reused as they are.
    pub(super) fn is_alike(&self, release: &Release) -> bool {
        base::is_alike(release.manifest(), self.dataset, self.schema)
    }

    /// The layout of earlier releases in the newest format: that of the release, or else of the previous one.
    pub(super) fn layout(&self, release: Option<&Release>) -> Option<Layout> {
        let releases = release.into_iter().chain(&self.next.previous);
        let mut manifests = releases.map(Release::manifest);
        manifests.find(|manifest| manifest.format() == Format::NEWEST).map(|manifest| manifest.layout.clone())
    }

    pub(super) fn ingest<'p>(&self, mode: BuildMode<'p>) -> Ingest<'m, 'p> {
        let Self { dataset, selection, schema, fitted, keys, options, progress, .. } = *self;
        Ingest { dataset, selection, schema, fitted, keys, options, mode, progress }
    }

    /// A sorter for no inputs.
    pub(super) fn sorter(&self) -> RecordSorter<'m> {
        RecordSorter::new(self.schema.columns(), self.keys, self.lock.folder(), self.options.memory)
    }

    /// The report of a build that has published nothing yet and has read these records.
    pub(super) fn report(
        &self,
        unique: &UniqueRecords<'_>,
        upserted: Option<Version>,
        withdrawn: usize,
    ) -> BuildReport {
        let resolution = &unique.resolution;
        let upsert = upserted.map(|version| UpsertReport {
            version,
            replaced: resolution.replaced,
            unchanged: resolution.unchanged,
            withdrawn: withdrawn as u64,
        });
        BuildReport {
            outcome: Outcome::Refused,
            version: self.next.version.clone(),
            records: unique.records(),
            read: InputSummary::nothing(RejectSink::new()),
            allowance: self.options.max_rejects.unwrap_or(self.dataset.policy.max_rejects),
            duplicates: unique.duplicates(),
            superseded: unique.superseded(),
            changes: None,
            upsert,
            previous_format: self.next.previous.as_ref().map(|previous| previous.manifest().format()),
            parts: 0,
            reused: 0,
            damaged: Vec::new(),
            conflicts: KeyConflicts::default(),
            changelog_left: None,
            card: DatasetCard::Unchanged,
            remarks: metadata::remarks(self.about, self.schema.columns()),
        }
    }

    pub(super) fn commit<'t>(
        &'t self,
        layout: &'t Layout,
        base: Option<&'t Base<'t>>,
        withdrawn: Vec<Withdrawn>,
    ) -> Commit<'t> {
        let Self { dataset, about, schema, keys, next, progress, .. } = *self;
        let BuildOptions { released, allow_understated, readmit, dry_run, threads, memory, .. } = *self.options;
        Commit {
            dataset,
            about,
            schema,
            order: keys.order(),
            layout,
            base,
            next,
            released,
            withdrawn,
            allow_understated,
            readmit,
            dry_run,
            threads,
            memory,
            progress,
            inspection: self.previous.as_ref(),
        }
    }
}
