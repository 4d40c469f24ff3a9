//! Writing a release beside its place and publishing it.

use std::thread;

use jiff::civil::Date;
use semver::Version;

use super::base::Base;
use super::changelog::ChangelogEntry;
use super::encode_parts::{PartsEncoding, WrittenParts};
use super::layout::ReleaseLayout;
use super::next_version;
use super::next_version::NextVersion;
use super::validation_cache::{CacheWriter, EffectsTable};
use super::withdrawals::check_return;
use super::{BuildReport, Outcome};
use crate::diff::{DiffInput, DiffOptions, DiffReport, diff};
use crate::digest::Digest;
use crate::error::Error;
use crate::external_sort::RunRows;
use crate::filesystem;
use crate::part_files::{CODEC, Layout, PartEncoder, SETTINGS};
use crate::progress::{NoProgress, Progress};
use crate::record::{Fingerprint, Order};
use crate::release::{
    ColumnSummary, Dataset, Input, Lock, MANIFEST, Manifest, Previous, Release, SCHEMA, SchemaRef, Staging, Withdrawn,
    Writer,
};
use crate::schema::Schema;
use crate::validate::InputCounts;

/// The release that is to be made.
pub(super) struct Commit<'t> {
    pub(super) dataset: &'t Dataset,
    pub(super) schema: &'t Schema,
    pub(super) order: &'t Order,
    pub(super) layout: &'t Layout,
    /// What can be taken over.
    pub(super) base: Option<&'t Base<'t>>,
    pub(super) next: &'t NextVersion,
    pub(super) released: Date,
    pub(super) withdrawn: Vec<Withdrawn>,
    pub(super) allow_understated: bool,
    pub(super) readmit: bool,
    pub(super) threads: usize,
    pub(super) progress: &'t dyn Progress,
}

impl Commit<'_> {
    /// Writes and publishes the planned records.
    pub(super) fn publish(
        &self,
        lock: &Lock,
        (plan, rows): (ReleaseLayout, RunRows),
        (marks, traces): (CacheWriter, &EffectsTable),
        report: &mut BuildReport,
    ) -> Result<Outcome, Error> {
        let mut staging = Staging::new(lock)?;
        let columns = self.schema.columns();
        let encoder = PartEncoder::new(columns, self.order, self.layout, &self.schema.sha256())?;
        let Self { order, layout, base, threads, progress, .. } = *self;
        let writing = PartsEncoding { columns, order, layout, encoder: &encoder, base, threads, progress };
        let ReleaseLayout { parts, picks, hashes } = plan;
        let (written, fingerprint) = thread::scope(|scope| {
            let fingerprint = scope.spawn(|| hashes.fingerprint());
            let written = writing.write(&parts, picks, rows, &mut staging)?;
            let fingerprint = fingerprint.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            Ok((written, fingerprint))
        })?;
        (report.parts, report.reused) = (written.parts.len(), written.reused);
        let mut manifest = self.manifest(written, fingerprint, report);
        if let Some(folder) = &self.next.existing {
            return if same_content(&Release::open(folder)?, &manifest) {
                Ok(Outcome::Unchanged(folder.clone()))
            } else {
                Err(Error::VersionExists { version: self.next.version.clone(), path: folder.clone() })
            };
        }
        if let Some(previous) = &self.next.previous {
            report.changes = self.changes(previous, &staging, &manifest)?;
            match self.version(previous, report.changes.as_ref())? {
                Some(version) => manifest.version = version,
                None => return Ok(Outcome::Unchanged(previous.folder().to_owned())),
            }
        }
        if let Some(previous) = self.next.previous.as_ref().filter(|_| !self.readmit) {
            check_return(lock.folder(), previous, (&staging.path(""), &manifest), (columns, order))?;
        }
        report.version = manifest.version.clone();
        staging.write(SCHEMA, self.schema.bytes())?;
        let manifest_bytes = manifest.to_bytes();
        staging.write(MANIFEST, &manifest_bytes)?;
        // Before the release: once that stands, no build comes back for its rejects.
        let rejects_file = super::rejects_file(lock.folder(), &manifest.version);
        if report.read.rejects.total() == 0 {
            // Those of an earlier attempt.
            filesystem::remove_file(&rejects_file)?;
        } else {
            report.read.rejects.retarget(&rejects_file);
            report.read.rejects.publish()?;
        }
        let folder = staging.publish(&manifest.version.to_string())?;
        let entry = ChangelogEntry {
            version: &manifest.version,
            released: manifest.released,
            records: report.records,
            previous: manifest.previous.as_ref().map(|previous| &previous.version),
            changes: report.changes.as_ref(),
        };
        entry.add(lock.folder())?;
        // The release stands; without a memo the next build only takes longer.
        let _judged_again = marks.write(lock.folder(), traces, &Digest::of(&manifest_bytes));
        Ok(Outcome::Published(folder))
    }

    /// What changed since the previous release. One that cannot be read is no obstacle if the
    /// version may understate what changed.
    fn changes(&self, previous: &Release, staging: &Staging, manifest: &Manifest) -> Result<Option<DiffReport>, Error> {
        let current = DiffInput::staged(&staging.path(""), manifest, self.schema);
        let changes =
            DiffInput::release(previous).and_then(|base| diff(&base, &current, &DiffOptions::default(), &NoProgress));
        match changes {
            Err(_) if self.allow_understated => Ok(None),
            changes => changes.map(Some),
        }
    }

    /// The version of the release; none if there is nothing new to release.
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

    fn manifest(&self, written: WrittenParts<'_>, fingerprint: Fingerprint, report: &BuildReport) -> Manifest {
        let columns = self.schema.columns().iter().zip(written.summary.finish());
        let columns = columns.map(|(column, (nulls, extremes))| {
            let (min, max) = extremes.unzip();
            ColumnSummary { name: column.name.clone(), kind: column.kind.describe(), nulls, min, max }
        });
        Manifest {
            dataset: self.dataset.name.clone(),
            title: self.dataset.title.clone(),
            description: self.dataset.description.clone(),
            license: self.dataset.license.clone(),
            creators: self.dataset.creators.clone(),
            version: self.next.version.clone(),
            released: self.released,
            previous: self.next.previous.as_ref().map(|previous| Previous {
                version: previous.manifest().version.clone(),
                manifest_sha256: previous.manifest_sha256(),
                fingerprint: previous.manifest().fingerprint,
            }),
            fingerprint,
            schema: SchemaRef {
                id: self.schema.id().map(str::to_owned),
                sha256: self.schema.sha256(),
                extra: self.dataset.policy.extra,
            },
            key: self.dataset.key.clone(),
            order_by: self.dataset.order_by.clone(),
            layout: self.layout.clone(),
            writer: Writer {
                tool: concat!("pressmark ", env!("CARGO_PKG_VERSION")).to_owned(),
                codec: CODEC.to_owned(),
                settings: SETTINGS.to_owned(),
            },
            parts: written.parts,
            columns: columns.collect(),
            inputs: report.read.inputs.iter().map(input).collect(),
            rejected: report.read.rejects.counts().iter().map(|(code, count)| (code.to_string(), *count)).collect(),
            normalised: report.read.recorded(),
            duplicates: report.duplicates,
            superseded: report.superseded,
            base: report.put_on.as_ref().map(|base| base.version.clone()),
            withdrawn: self.withdrawn.clone(),
        }
    }
}

fn input(read: &InputCounts) -> Input {
    Input {
        name: read.name.clone(),
        bytes: read.tally.bytes,
        sha256: read.tally.sha256.expect("a build's reader hashes"),
        articles: read.articles,
        admitted: read.articles - read.rejected,
        rejected: read.rejected,
    }
}

/// Whether a release holds the same records in the same files and says the same of them,
/// whenever, with which version of the tool and from whatever inputs it was made.
fn same_content(release: &Release, manifest: &Manifest) -> bool {
    let mut other = release.manifest().clone();
    other.released = manifest.released;
    other.writer.tool.clone_from(&manifest.writer.tool);
    other.inputs.clone_from(&manifest.inputs);
    other.rejected.clone_from(&manifest.rejected);
    other.normalised.clone_from(&manifest.normalised);
    other.duplicates = manifest.duplicates;
    other.superseded = manifest.superseded;
    other.base.clone_from(&manifest.base);
    other == *manifest
}
