//! Writing a release beside its place and publishing it.

use jiff::civil::Date;

use super::arrange::Arranged;
use super::version::Plan;
use super::{BuildReport, Outcome};
use crate::error::Error;
use crate::judge::InputRead;
use crate::parts::{CODEC, Cut, Layout, PartWriter, SETTINGS, runs};
use crate::record::{Fingerprint, Order, RecordHash, Summary};
use crate::release::{
    ColumnSummary, Dataset, Input, Lock, MANIFEST, Manifest, Part, Previous, Release, SCHEMA, SchemaRef, Staging,
    Writer,
};
use crate::schema::Schema;

/// The release that is to be made.
pub(super) struct Target<'t> {
    pub(super) dataset: &'t Dataset,
    pub(super) schema: &'t Schema,
    pub(super) order: &'t Order,
    pub(super) plan: Plan,
    pub(super) released: Date,
}

impl Target<'_> {
    /// Writes and publishes the arranged records.
    pub(super) fn publish(&self, lock: &Lock, arranged: &Arranged, report: &BuildReport) -> Result<Outcome, Error> {
        let layout = self.layout(arranged);
        let mut staging = Staging::new(lock, &self.plan.version.to_string())?;
        let mut summary = Summary::new(self.schema.columns());
        let parts = self.write_parts(&mut staging, arranged, &layout, &mut summary)?;
        let manifest = self.manifest(arranged, report, layout, parts, &summary);
        if let Some(folder) = &self.plan.existing {
            return if same_content(&Release::open(folder)?, &manifest) {
                Ok(Outcome::Unchanged(folder.clone()))
            } else {
                Err(Error::VersionExists { version: self.plan.version.clone(), path: folder.clone() })
            };
        }
        staging.write(SCHEMA, self.schema.bytes())?;
        staging.write(MANIFEST, &manifest.to_bytes())?;
        Ok(Outcome::Published(staging.publish()?))
    }

    /// The previous release's layout, or one that fits the records if there is none.
    fn layout(&self, arranged: &Arranged) -> Layout {
        if let Some(previous) = &self.plan.previous {
            return previous.manifest().layout.clone();
        }
        let bytes = (0..arranged.len()).map(|index| arranged.bytes(index)).sum();
        Layout::choose(arranged.len() as u64, bytes)
    }

    fn write_parts(
        &self,
        staging: &mut Staging,
        arranged: &Arranged,
        layout: &Layout,
        summary: &mut Summary<'_>,
    ) -> Result<Vec<Part>, Error> {
        let columns = self.schema.columns();
        let writer = PartWriter::new(columns, self.order, layout, &self.schema.sha256())?;
        let mut cut = Cut::new(layout);
        let mut parts = Vec::new();
        let mut start = 0;
        for index in 0..arranged.len() {
            let last = index + 1 == arranged.len();
            if !cut.after(arranged.key(columns, self.order, index).as_bytes()) && !last {
                continue;
            }
            let range = start..index + 1;
            start = range.end;
            let mut hashes: Vec<RecordHash> = range.clone().map(|index| arranged.hash(index)).collect();
            let mut part = Part {
                bytes: 0,
                rows: range.len() as u64,
                sha256: crate::digest::Digest::of(b""),
                fingerprint: Fingerprint::of(&mut hashes),
                first: arranged.order_values(columns, self.order, range.start),
                last: arranged.order_values(columns, self.order, index),
            };
            let name = part.path(parts.len());
            let runs = runs(range.clone().map(|index| arranged.bytes(index)));
            let batches = runs.into_iter().map(|run| {
                let batch = arranged.batch(range.start + run.start..range.start + run.end);
                summary.add(&batch);
                batch
            });
            let written = writer.write(&staging.path(&name), batches)?;
            staging.add(&name, written.sha256)?;
            (part.bytes, part.sha256) = (written.bytes, written.sha256);
            parts.push(part);
        }
        Ok(parts)
    }

    fn manifest(
        &self,
        arranged: &Arranged,
        report: &BuildReport,
        layout: Layout,
        parts: Vec<Part>,
        summary: &Summary<'_>,
    ) -> Manifest {
        let mut hashes: Vec<RecordHash> = (0..arranged.len()).map(|index| arranged.hash(index)).collect();
        let columns = self.schema.columns().iter().zip(summary.finish());
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
            version: self.plan.version.clone(),
            released: self.released,
            previous: self.plan.previous.as_ref().map(|previous| Previous {
                version: previous.manifest().version.clone(),
                manifest_sha256: previous.manifest_sha256(),
                fingerprint: previous.manifest().fingerprint,
            }),
            fingerprint: Fingerprint::of(&mut hashes),
            schema: SchemaRef {
                id: self.schema.id().map(str::to_owned),
                sha256: self.schema.sha256(),
                extra: self.dataset.policy.extra,
            },
            key: self.dataset.key.clone(),
            order_by: self.dataset.order_by.clone(),
            layout,
            writer: Writer {
                tool: concat!("pressmark ", env!("CARGO_PKG_VERSION")).to_owned(),
                codec: CODEC.to_owned(),
                settings: SETTINGS.to_owned(),
            },
            parts,
            columns: columns.collect(),
            inputs: report.read.inputs.iter().map(input).collect(),
            rejected: report.read.rejects.counts().iter().map(|(code, count)| (code.to_string(), *count)).collect(),
            normalised: report.read.normalised.clone(),
            duplicates: report.duplicates,
            withdrawn: Vec::new(),
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
    other == *manifest
}
