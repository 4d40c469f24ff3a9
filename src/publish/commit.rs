//! [`Commit`]: writes a release to a staging folder and publishes it with one rename. It does not decide
//! which records the release has.

use std::path::Path;
use std::thread;

use jiff::civil::Date;
use semver::Version;

use super::base::Base;
use super::changelog::ChangelogEntry;
use super::encode_parts::{PartsEncoding, WrittenParts};
use super::inspect::{Inspection, damaged_base};
use super::layout::{RecordHashes, ReleaseLayout};
use super::memory::Memory;
use super::next_version;
use super::next_version::NextVersion;
use super::preflight;
use super::validation_cache::{CacheWriter, EffectsTable, StagedCache};
use super::withdrawals::check_return;
use super::{BuildReport, Outcome};
use crate::diff::{DiffInput, DiffOptions, DiffReport, diff};
use crate::digest::Digest;
use crate::error::Error;
use crate::external_sort::RunRows;
use crate::metadata;
use crate::ordered_pool::Room;
use crate::part_files::{Layout, PartEncoder};
use crate::progress::{Progress, Quiet};
use crate::record::{Fingerprint, Order};
use crate::release::{
    About, DATA, Dataset, Documents, Input, ListFiles, Lists, Lock, Manifest, Previous, Release, ReleaseFiles, Staging,
    Withdrawn,
};
use crate::schema::Schema;
use crate::storage::filesystem;
use crate::validate::InputCounts;

/// What to do if the previous release is damaged, so that it cannot be compared.
const NOT_COMPARED: &str = "the changes since that release cannot be determined: restore the file from a copy, or add \
                            `--allow-understated` to publish without comparing";

/// A release that is to be published, with its settings.
pub(super) struct Commit<'t> {
    pub(super) dataset: &'t Dataset,
    /// What the producer states.
    pub(super) about: &'t About,
    pub(super) schema: &'t Schema,
    pub(super) order: &'t Order,
    pub(super) layout: &'t Layout,
    /// The release whose parts and rows are reused.
    pub(super) base: Option<&'t Base<'t>>,
    pub(super) next: &'t NextVersion,
    pub(super) released: Date,
    pub(super) withdrawn: Vec<Withdrawn>,
    pub(super) allow_understated: bool,
    pub(super) readmit: bool,
    /// Whether to stop before the release is visible.
    pub(super) dry_run: bool,
    pub(super) threads: usize,
    pub(super) memory: Memory,
    pub(super) progress: &'t dyn Progress,
    /// The inspection of the previous release.
    pub(super) inspection: Option<&'t Inspection>,
}

impl Commit<'_> {
    /// Writes and publishes the records of the layout.
    pub(super) fn publish(
        &self,
        lock: &Lock,
        (release_layout, rows): (ReleaseLayout, RunRows),
        (cache_writer, effects): (CacheWriter, &EffectsTable),
        report: &mut BuildReport,
    ) -> Result<Outcome, Error> {
        let staging = Staging::new(lock)?;
        let (columns, room) = (self.schema.columns(), Room::new(self.memory.row_groups()));
        let encoder = PartEncoder::new(columns, self.order, self.layout, &self.schema.sha256());
        let encoder = encoder.map_err(|error| error.at(Path::new(DATA)))?;
        let Self { order, layout, base, threads, progress, .. } = *self;
        let writing = PartsEncoding { columns, order, layout, encoder: &encoder, base, threads, room: &room, progress };
        let ReleaseLayout { parts, row_refs, hashes } = release_layout;
        // With a base few rows are read, and they should not wait for the fingerprint.
        let (early, late) = if base.is_some() { (None, Some(hashes)) } else { (Some(hashes), None) };
        let (written, fingerprint) = thread::scope(|scope| {
            let early = early.map(|hashes| scope.spawn(|| hashes.fingerprint()));
            let late = || late.map(RecordHashes::fingerprint).transpose();
            let (written, late) = writing.write(&parts, (row_refs, rows), &staging, late)?;
            let early = early.map(|early| early.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            let fingerprint = late.or(early.transpose()?).expect("it is computed early or late");
            Ok::<_, Error>((written, fingerprint))
        })?;
        (report.parts, report.reused) = (written.parts.len(), written.reused);
        let lists = ListFiles::new(report.read.inputs.iter().map(input), self.withdrawn.iter().cloned())?;
        let mut manifest = self.manifest(written, fingerprint, lists.lists(), report);
        if let Some(folder) = &self.next.existing {
            self.check_base()?;
            return self.unchanged(folder, &manifest, report);
        }
        if let Some(previous) = &self.next.previous {
            report.changes = self.changes(previous, &staging, &manifest)?;
            let Some(version) = self.version(previous, report.changes.as_ref())? else {
                self.check_base()?;
                return Ok(Outcome::Unchanged(previous.folder().to_owned()));
            };
            manifest.version = version;
        }
        if let Some(previous) = self.next.previous.as_ref().filter(|_| !self.readmit) {
            check_return(lock.folder(), previous, (&staging.path(""), &manifest), columns)?;
        }
        report.version = manifest.version.clone();
        let metadata = metadata::release_files(&manifest, columns, self.schema.bytes());
        let files = ReleaseFiles::new(self.schema.bytes()).with_lists(lists).with_metadata(metadata);
        let documents = Documents::new(&manifest, files)?;
        staging.seal(&manifest, &documents)?;
        let manifest_sha256 = Digest::of(documents.manifest());
        // The list of inputs may be large, and the check reads the manifest again.
        drop((manifest, documents));
        let release = preflight::check(&staging.path(""), columns, base)?;
        let manifest = release.manifest();
        // The release does not need the cache: without it the next build only takes longer.
        let cache = (!self.dry_run).then(|| cache_writer.stage(effects, &manifest_sha256));
        // This waits for the hashes of the base, so it comes as late as possible.
        self.check_base()?;
        if self.dry_run {
            return Ok(Outcome::DryRun(lock.folder().join(manifest.version.to_string())));
        }
        // Before the release: once it is published, no build would write its rejects again.
        publish_rejects(lock, &manifest.version, report)?;
        let folder = staging.publish(&manifest.version)?;
        report.changelog_left = changelog_entry(manifest, report).add(lock)?;
        let _cache_is_optional = cache.transpose().map(|staged| staged.map(StagedCache::publish));
        Ok(Outcome::Published(folder))
    }

    /// Checks that the reused release is intact and was not replaced during the build.
    fn check_base(&self) -> Result<(), Error> {
        let Some(inspection) = self.base.map(Base::inspection) else { return Ok(()) };
        inspection.wait(self.progress)?;
        damaged_base(inspection).map_or_else(|| inspection.check_unchanged(), Err)
    }

    /// The outcome of a build whose version already exists in `folder`.
    fn unchanged(&self, folder: &Path, manifest: &Manifest, report: &mut BuildReport) -> Result<Outcome, Error> {
        let existing = Release::open_intact(folder)?;
        if !same_content(&existing, manifest) {
            return Err(Error::VersionExists { version: self.next.version.clone(), path: folder.to_owned() });
        }
        // The outcome is a statement about the files, so the manifest alone is not enough.
        let inspected = Inspection::new(&existing);
        inspected.start(self.threads);
        report.damaged.extend(inspected.damaged().cloned());
        Ok(Outcome::Unchanged(folder.to_owned()))
    }

    /// Compares with the previous release. If that is damaged or cannot be read, returns `None` where the
    /// version may understate the changes, and an error otherwise.
    fn changes(&self, previous: &Release, staging: &Staging, manifest: &Manifest) -> Result<Option<DiffReport>, Error> {
        // Damage to parts that the new release has too does not matter.
        let fingerprints: Vec<Fingerprint> = manifest.parts.iter().map(|part| part.fingerprint).collect();
        // `check_base` checks the base in the end, and damage there stops the build.
        let is_base =
            |inspection: &Inspection| self.base.is_some_and(|base| std::ptr::eq(base.inspection(), inspection));
        let inspection = self.inspection.filter(|inspection| !is_base(inspection));
        match inspection.and_then(|inspection| inspection.damaged_beyond(&fingerprints)) {
            Some(_) if self.allow_understated => return Ok(None),
            Some(damaged) => return Err(damaged.error(NOT_COMPARED)),
            None => {}
        }
        let current = DiffInput::staged(staging.path(""), (manifest, &self.withdrawn), self.schema);
        let changes = DiffInput::release(previous).and_then(|mut base| {
            // A damaged part that both releases have is read from the new release.
            for (index, fingerprint) in inspection.iter().flat_map(|inspection| inspection.damaged_parts()) {
                if let Some(written) = fingerprints.iter().position(|other| *other == fingerprint) {
                    base.read_from(index, staging.path(&manifest.parts[written].path(written)).into());
                }
            }
            let options = DiffOptions { threads: self.threads, memory: self.memory.diff(), ..DiffOptions::default() };
            diff(&base, &current, &options, &Quiet(self.progress))
        });
        match changes {
            Err(Error::Cancelled) => Err(Error::Cancelled),
            Err(_) if self.allow_understated => Ok(None),
            changes => changes.map(Some),
        }
    }

    /// The version of the release. `None` if nothing changed.
    fn version(&self, previous: &Release, changes: Option<&DiffReport>) -> Result<Option<Version>, Error> {
        let (policy, previous) = (self.dataset.policy.versions, &previous.manifest().version);
        match changes {
            Some(changes) if self.next.auto => return Ok(next_version::asked_for(previous, changes, policy)),
            Some(changes) if !self.allow_understated => {
                next_version::check(&self.next.version, previous, changes, policy)?;
            }
            _ => {}
        }
        Ok(Some(self.next.version.clone()))
    }

    fn manifest(
        &self,
        written: WrittenParts<'_>,
        fingerprint: Fingerprint,
        lists: &Lists,
        report: &BuildReport,
    ) -> Manifest {
        let manifest = Manifest::new(
            (&self.dataset.name, self.next.version.clone(), self.released),
            (self.schema, self.dataset.policy.extra),
            (&self.dataset.key, &self.dataset.order_by),
            self.layout,
            (written.parts, fingerprint),
            &written.summary,
        );
        Manifest {
            about: self.about.clone(),
            previous: self.next.previous.as_ref().map(|previous| Previous {
                version: previous.manifest().version.clone(),
                manifest_sha256: previous.manifest_sha256(),
                fingerprint: previous.manifest().fingerprint,
            }),
            lists: lists.clone(),
            rejected: report.read.rejects.counts().iter().map(|(code, count)| (code.to_string(), *count)).collect(),
            normalised: report.read.recorded(),
            duplicates: report.duplicates,
            superseded: report.superseded,
            base: report.upsert.as_ref().map(|base| base.version.clone()),
            ..manifest
        }
    }
}

fn changelog_entry<'e>(manifest: &'e Manifest, report: &'e BuildReport) -> ChangelogEntry<'e> {
    ChangelogEntry {
        version: &manifest.version,
        released: manifest.released,
        records: report.records,
        rejected: report.read.rejects.total(),
        previous: manifest.previous.as_ref().map(|previous| &previous.version),
        changes: report.changes.as_ref(),
    }
}

/// Publishes the reject file of a version. Removes the file of an earlier attempt if there is no reject.
fn publish_rejects(lock: &Lock, version: &Version, report: &mut BuildReport) -> Result<(), Error> {
    let rejects_file = super::sources::rejects_file(lock.folder(), version);
    if report.read.rejects.total() == 0 {
        return filesystem::remove_file(&rejects_file);
    }
    report.read.rejects.retarget(&rejects_file);
    report.read.rejects.publish()
}

fn input(read: &InputCounts) -> Input {
    Input {
        name: read.name.to_string(),
        bytes: read.tally.bytes,
        sha256: read.tally.sha256.expect("a build's reader hashes"),
        articles: read.articles,
        admitted: read.articles - read.rejected,
        rejected: read.rejected,
    }
}

/// Whether a release has the same records, files and description as the manifest. The release date, the
/// version of pressmark and the inputs may differ, and so may the files of a release in an earlier format.
fn same_content(release: &Release, manifest: &Manifest) -> bool {
    let mut other = release.manifest().clone();
    other.released = manifest.released;
    if other.format() == manifest.format() {
        other.writer.tool.clone_from(&manifest.writer.tool);
    } else {
        (other.writer, other.layout) = (manifest.writer.clone(), manifest.layout.clone());
        other.parts.clone_from(&manifest.parts);
    }
    if withdrawals(&other.lists) != withdrawals(&manifest.lists) {
        return false;
    }
    other.lists.clone_from(&manifest.lists);
    other.rejected.clone_from(&manifest.rejected);
    other.normalised.clone_from(&manifest.normalised);
    other.duplicates = manifest.duplicates;
    other.superseded = manifest.superseded;
    other.base.clone_from(&manifest.base);
    other == *manifest
}

/// The SHA-256 of the list of withdrawals, in whichever format it is.
fn withdrawals(lists: &Lists) -> Option<Digest> {
    match lists {
        Lists::Files { withdrawn_sha256, .. } => Some(*withdrawn_sha256),
        Lists::Embedded { withdrawn, .. } => {
            ListFiles::new([], withdrawn.iter().cloned()).ok().and_then(|files| withdrawals(files.lists()))
        }
    }
}
