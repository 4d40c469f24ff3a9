//! `verify`: proves a release intact, or says where it is not.
//!
//! From the outside in: is the manifest sound, does it agree with itself and with the release
//! before (`document`); are exactly the listed files there (`files`); is each part encoded as the
//! format says and its bytes those on record (`parts`); is every record valid and its hash right
//! (`rows`); do order, keys, ends and fingerprints hold over all of them (`sequence`, `layout`,
//! `sets`). Everything is looked at and every finding collected; only what rests on something
//! unreadable is left out. The release may come from anyone: beside its folder only the manifest
//! of the release before is read.

mod document;
mod files;
mod finding;
mod layout;
mod parts;
mod rows;
mod sequence;
mod sets;

use std::path::PathBuf;

use crate::code::Code;
use crate::error::Error;
use crate::part_files::Footer;
use crate::progress::{Progress, Stage};
use crate::record::Order;
use crate::release::{Found, MANIFEST, Manifest, Release, SCHEMA, find};
use crate::schema::Schema;
use crate::storage::Location;

use rows::Rules;

pub use finding::{Finding, Findings};

/// How to verify.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// Look at sizes and footers only; nothing is hashed and no row is read.
    pub quick: bool,
    /// How many threads work.
    pub threads: usize,
    /// Where scratch files lie while a release of many records is looked at.
    pub scratch: PathBuf,
}

/// What was found.
#[derive(Debug)]
pub struct VerifyReport {
    /// The folder.
    pub folder: PathBuf,
    /// The manifest, if it could be read.
    pub manifest: Option<Manifest>,
    /// Whether only sizes and footers were looked at.
    pub quick: bool,
    /// How many files were hashed.
    pub files: u64,
    /// How many records were hashed.
    pub records: u64,
    /// What is wrong; nothing, if the release is intact.
    pub findings: Findings,
}

impl VerifyReport {
    /// Whether nothing is wrong with what was looked at.
    pub fn is_intact(&self) -> bool {
        self.findings.total() == 0
    }
}

/// Verifies the release in a folder, which is a path or a [`Location`] in any storage, and reports progress.
///
/// # Errors
/// [`Error::NoRelease`] if the folder is not there or is no release, [`Error::Io`] if it cannot be listed or a
/// scratch file cannot be used. Whatever is wrong inside it is a finding.
pub fn verify(
    folder: impl Into<Location>,
    options: &VerifyOptions,
    progress: &dyn Progress,
) -> Result<VerifyReport, Error> {
    let location = &folder.into();
    if let Found::Releases(_) = find(location)? {
        let message = "it contains releases; verify each one".to_owned();
        return Err(Error::NoRelease { path: location.path(), message });
    }
    let (folder, quick) = (location.path(), options.quick);
    let mut report =
        VerifyReport { folder, manifest: None, quick, files: 0, records: 0, findings: Findings::default() };
    if let Some(release) = look(&mut report, location, options, progress)? {
        report.manifest = Some(release.manifest().clone());
    }
    Ok(report)
}

/// Looks at everything; gives the release back if its manifest can be read.
fn look(
    report: &mut VerifyReport,
    folder: &Location,
    options: &VerifyOptions,
    progress: &dyn Progress,
) -> Result<Option<Release>, Error> {
    let findings = &mut report.findings;
    let present = files::walk(folder, findings)?;
    if !present.contains(MANIFEST) {
        findings.add(Finding::new(Code::ManifestMissing, MANIFEST, Code::ManifestMissing.meaning()));
        return Ok(None);
    }
    let Some(release) = document::read(folder, findings) else { return Ok(None) };
    let manifest = release.manifest();
    progress.start(Stage::Verify, Some(manifest.parts.iter().map(|part| part.bytes).sum()));
    document::check_counts(manifest, findings);
    document::check_chain(&release, !options.quick, findings)?;
    let files = files::check(folder, manifest, present, findings);
    report.files = files::check_sums(folder, manifest, &files, !options.quick, findings);
    // A schema that is not among the files is missing or a link, and was told as such.
    let schema = if files.is_here(SCHEMA) { check_schema(&release, findings) } else { None };
    let rules = schema.as_ref().and_then(|schema| rules(schema, manifest, findings));
    let parts = parts::Parts { folder, manifest, rules: rules.as_ref(), files: &files, scratch: &options.scratch };
    if options.quick {
        parts.footers(progress, findings);
    } else {
        let done = parts.all(options.threads, progress, findings)?;
        report.files += done.hashed;
        report.records = done.records;
    }
    Ok(Some(release))
}

/// The schema, if rows can be judged by it. One that is not the manifest's is told.
fn check_schema(release: &Release, findings: &mut Findings) -> Option<Schema> {
    let schema = match release.load_schema() {
        Ok(schema) => schema,
        Err(error) => {
            findings.add(Finding::new(Code::SchemaInvalid, SCHEMA, &error.to_string()));
            return None;
        }
    };
    let manifest = release.manifest();
    let told = manifest.columns.iter().map(|column| (column.name.clone(), column.kind.clone()));
    let given = schema.columns().iter().map(|column| (column.name.clone(), column.kind.describe()));
    let differs = if schema.sha256() != manifest.schema.sha256 {
        Some("SHA-256")
    } else if schema.id() != manifest.schema.id.as_deref() {
        Some("`$id`")
    } else if !told.eq(given) {
        Some("columns")
    } else {
        None
    };
    if let Some(what) = differs {
        let message = format!("it does not match the schema in the manifest: different {what}");
        findings.add(Finding::new(Code::SchemaInvalid, SCHEMA, &message));
    }
    Some(schema)
}

/// What rows are held against. `None`, with a finding, if the manifest names an order that the
/// schema does not have.
fn rules<'s>(schema: &'s Schema, manifest: &Manifest, findings: &mut Findings) -> Option<Rules<'s>> {
    let order = match Order::new(schema.columns(), &manifest.order_by, &manifest.key) {
        Ok(order) => order,
        Err(error) => {
            findings.add(Finding::new(Code::ManifestInvalid, MANIFEST, &error.to_string()));
            return None;
        }
    };
    // Parts name the schema that the manifest names; whether it is the one here was told above.
    match Footer::new(schema.columns(), &order, &manifest.layout, &manifest.schema.sha256) {
        Ok(footer) => Some(Rules::new(schema, order, footer, manifest)),
        Err(error) => {
            findings.add(Finding::new(Code::SchemaInvalid, SCHEMA, &error.to_string()));
            None
        }
    }
}
