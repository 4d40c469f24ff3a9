//! `verify`: proves a release intact, or says where it is not.
//!
//! Three questions, in three files: are exactly the listed files there, with their bytes
//! (`files`); do the parts hold records of the schema, in order, each with its own hash
//! (`rows`); do counts and fingerprints agree with the manifest. Everything is looked at and
//! every finding collected; only what rests on something unreadable is left out. The release
//! may come from anyone: nothing outside its folder is read.

mod files;
mod finding;
mod rows;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::code::Code;
use crate::error::Error;
use crate::progress::{Stage, Watch};
use crate::record::Fingerprint;
use crate::release::{MANIFEST, Manifest, Release, SCHEMA};
use crate::schema::Schema;

pub use finding::{Finding, Findings};

/// What was found.
#[derive(Debug)]
pub struct VerifyReport {
    /// The folder.
    pub folder: PathBuf,
    /// The manifest, if it could be read.
    pub manifest: Option<Manifest>,
    /// How many files were hashed.
    pub files: u64,
    /// How many records were hashed.
    pub records: u64,
    /// What is wrong; nothing, if the release is intact.
    pub findings: Findings,
}

impl VerifyReport {
    /// Whether the release is intact.
    pub fn is_intact(&self) -> bool {
        self.findings.total() == 0
    }
}

/// Verifies the release in `folder`, and tells `watch` how far it is.
///
/// # Errors
/// [`Error::NoRelease`] if there is no such folder. Whatever is wrong inside it is a finding.
pub fn verify(folder: &Path, watch: &dyn Watch) -> Result<VerifyReport, Error> {
    if !folder.is_dir() {
        return Err(Error::NoRelease { path: folder.to_owned(), message: "there is no such folder".into() });
    }
    let mut report =
        VerifyReport { folder: folder.to_owned(), manifest: None, files: 0, records: 0, findings: Findings::default() };
    let present = files::walk(folder, &mut report.findings)?;
    if !present.contains(MANIFEST) {
        report.findings.add(Finding::new(Code::ManifestMissing, MANIFEST, Code::ManifestMissing.meaning()));
        return Ok(report);
    }
    let release = match Release::open(folder) {
        Ok(release) => release,
        Err(error) => {
            report.findings.add(Finding::new(Code::ManifestInvalid, MANIFEST, &error.to_string()));
            return Ok(report);
        }
    };
    watch.start(
        Stage::Verify,
        Some(release.manifest().parts.iter().fold(0, |sum: u64, part| sum.saturating_add(part.bytes))),
    );
    report.files = files::check(folder, release.manifest(), &present, &mut report.findings);
    // What is not among the listed files is missing or a link, and was told as such.
    if present.contains(SCHEMA)
        && let Some(schema) = check_schema(&release, &mut report.findings)
    {
        check_records(&release, &schema, &present, &mut report, watch);
    }
    report.manifest = Some(release.manifest().clone());
    Ok(report)
}

fn check_schema(release: &Release, findings: &mut Findings) -> Option<Schema> {
    let schema = match release.load_schema() {
        Ok(schema) => schema,
        Err(error) => {
            findings.add(Finding::new(Code::SchemaInvalid, SCHEMA, &error.to_string()));
            return None;
        }
    };
    let manifest = release.manifest();
    let told: Vec<(&str, &str)> =
        manifest.columns.iter().map(|column| (column.name.as_str(), column.kind.as_str())).collect();
    let kinds: Vec<String> = schema.columns().iter().map(|column| column.kind.describe()).collect();
    let given: Vec<(&str, &str)> =
        schema.columns().iter().zip(&kinds).map(|(column, kind)| (column.name.as_str(), kind.as_str())).collect();
    if schema.sha256() != manifest.schema.sha256 || told != given {
        findings.add(Finding::new(Code::SchemaInvalid, SCHEMA, "it is not the schema that the manifest describes"));
    }
    Some(schema)
}

fn check_records(
    release: &Release,
    schema: &Schema,
    present: &BTreeSet<String>,
    report: &mut VerifyReport,
    watch: &dyn Watch,
) {
    let manifest = release.manifest();
    let Some(mut checker) = rows::Checker::new(schema, manifest, &mut report.findings) else { return };
    for (place, part) in manifest.parts.iter().enumerate() {
        checker.part(release.folder(), present, place, part);
        watch.advance(part.bytes);
    }
    let (mut hashes, complete) = checker.finish();
    report.records = hashes.len() as u64;
    if !complete {
        return; // of some of the rows there is no fingerprint to compare
    }
    let fingerprint = Fingerprint::of(&mut hashes);
    if fingerprint != manifest.fingerprint {
        let message = format!("the manifest says {}, the rows give {fingerprint}", manifest.fingerprint);
        report.findings.add(Finding::new(Code::Fingerprint, MANIFEST, &message));
    }
}
