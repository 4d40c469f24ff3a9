//! Writing a release beside its place and publishing it.

use jiff::civil::Date;

use super::base::Base;
use super::plan::Plan;
use super::version::Next;
use super::write::{Writing, WrittenParts};
use super::{BuildReport, Outcome};
use crate::error::Error;
use crate::judge::InputRead;
use crate::parts::{CODEC, Encoder, Layout, RunRows, SETTINGS};
use crate::progress::Watch;
use crate::record::{Fingerprint, Order};
use crate::release::{
    ColumnSummary, Dataset, Input, Lock, MANIFEST, Manifest, Previous, Release, SCHEMA, SchemaRef, Staging, Withdrawn,
    Writer,
};
use crate::schema::Schema;

/// The release that is to be made.
pub(super) struct Target<'t> {
    pub(super) dataset: &'t Dataset,
    pub(super) schema: &'t Schema,
    pub(super) order: &'t Order,
    pub(super) layout: &'t Layout,
    /// What can be taken over.
    pub(super) base: Option<&'t Base<'t>>,
    pub(super) next: &'t Next,
    pub(super) released: Date,
    pub(super) withdrawn: Vec<Withdrawn>,
    pub(super) threads: usize,
    pub(super) watch: &'t dyn Watch,
}

impl Target<'_> {
    /// Writes and publishes the planned records.
    pub(super) fn publish(
        &self,
        lock: &Lock,
        plan: Plan,
        rows: RunRows,
        report: &mut BuildReport,
    ) -> Result<Outcome, Error> {
        let mut staging = Staging::new(lock, &self.next.version.to_string())?;
        let columns = self.schema.columns();
        let encoder = Encoder::new(columns, self.order, self.layout, &self.schema.sha256())?;
        let Self { order, layout, base, threads, watch, .. } = *self;
        let writing = Writing { columns, order, layout, encoder: &encoder, base, threads, watch };
        let fingerprint = plan.fingerprint;
        let written = writing.write(plan, rows, &mut staging)?;
        (report.parts, report.reused) = (written.parts.len(), written.reused);
        let manifest = self.manifest(written, fingerprint, report);
        if let Some(folder) = &self.next.existing {
            return if same_content(&Release::open(folder)?, &manifest) {
                Ok(Outcome::Unchanged(folder.clone()))
            } else {
                Err(Error::VersionExists { version: self.next.version.clone(), path: folder.clone() })
            };
        }
        staging.write(SCHEMA, self.schema.bytes())?;
        staging.write(MANIFEST, &manifest.to_bytes())?;
        Ok(Outcome::Published(staging.publish()?))
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
            normalised: report.read.normalised.clone(),
            duplicates: report.duplicates,
            superseded: report.superseded,
            base: report.put_on.as_ref().map(|base| base.version.clone()),
            withdrawn: self.withdrawn.clone(),
        }
    }
}

fn input(read: &InputRead) -> Input {
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
