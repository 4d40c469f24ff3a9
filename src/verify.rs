//! `verify`: checks that a release is intact, or reports what is wrong with it.
//!
//! The checks go from the outside in. `document`: the manifest is valid and agrees with itself and with the
//! previous release. `files`: exactly the listed files exist. `lists`: the lists of inputs and withdrawals have the
//! totals in the manifest. `metadata`: the documents about the release are those that follow from it. `parts`: each
//! part has the listed bytes and is encoded as the format requires. `rows`: every record is valid and has its hash.
//! `sequence`, `layout` and `sets`: order, keys, ends and fingerprints are correct across all records. `signatures`:
//! signers whom the reader trusts have signed the list of hashes.
//!
//! All checks run and all findings are collected; a check is skipped only if it needs something that cannot
//! be read. The release is not trusted. Outside of its folder, only the manifest of the previous release is
//! read. Nothing is repaired.

mod document;
mod files;
mod finding;
mod layout;
mod lists;
mod metadata;
mod parts;
mod rows;
mod sequence;
mod sets;
mod signatures;

use std::path::PathBuf;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::code::Code;
use crate::error::Error;
use crate::part_files::Footer;
use crate::progress::{Progress, Stage};
use crate::record::Order;
use crate::release::{Found, MANIFEST, Manifest, Release, SCHEMA, find};
use crate::schema::Schema;
use crate::signature::Signers;
use crate::storage::Location;

use lists::CheckedLists;
use rows::Rules;

pub(crate) use finding::Finding;
pub use finding::Findings;
pub use signatures::Signatures;

/// How to verify.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// Check only sizes and footers. Nothing is hashed and no row is read.
    pub quick: bool,
    /// The number of threads.
    pub threads: usize,
    /// The folder for scratch files, which large releases need.
    pub scratch: PathBuf,
    /// The signers of whom one must have signed the release. Without them, signatures are not checked. A signature
    /// is over hashes, so with `quick` it says nothing about the parts.
    pub signers: Option<Signers>,
}

/// What was checked, and what is wrong. It serialises to an entry of `releases` in
/// `schema/verify-report.schema.json`.
#[derive(Debug)]
pub struct VerifyReport {
    /// The folder of the release.
    pub folder: PathBuf,
    /// The manifest, if it can be read.
    pub manifest: Option<Manifest>,
    /// Whether only sizes and footers were checked.
    pub quick: bool,
    /// The number of hashed files.
    pub files: u64,
    /// The number of hashed records.
    pub records: u64,
    /// The signatures of the release.
    pub signatures: Signatures,
    /// What is wrong. Empty if the release is intact.
    pub findings: Findings,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn is_intact(&self) -> bool {
        self.findings.total() == 0
    }
}

impl Serialize for VerifyReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let manifest = self.manifest.as_ref();
        let mut report = serializer.serialize_struct("VerifyReport", 10)?;
        report.serialize_field("release", &self.folder.display().to_string())?;
        report.serialize_field("intact", &self.is_intact())?;
        report.serialize_field("quick", &self.quick)?;
        report.serialize_field("version", &manifest.map(|manifest| &manifest.version))?;
        report.serialize_field("fingerprint", &manifest.map(|manifest| manifest.fingerprint))?;
        report.serialize_field("files", &self.files)?;
        report.serialize_field("records", &self.records)?;
        match &self.signatures {
            Signatures::None => report.skip_field("signatures")?,
            signatures => report.serialize_field("signatures", signatures)?,
        }
        report.serialize_field("counts", self.findings.counts())?;
        report.serialize_field("findings", self.findings.kept())?;
        report.end()
    }
}

/// Verifies the release in a folder, which is a path or a [`Location`] in any storage. Progress counts the bytes of its parts.
///
/// # Errors
/// [`Error::NoRelease`] if the folder does not exist or is not a release. [`Error::Io`] if it cannot be listed,
/// the system refuses to read one of its files, or a scratch file cannot be written. [`Error::Cancelled`] if `progress` cancels.
/// Everything wrong inside of it is a finding.
///
/// # Examples
/// ```
/// use std::path::Path;
/// use pressmark::progress::NoProgress;
/// use pressmark::verify::{VerifyOptions, verify};
///
/// # fn main() -> Result<(), pressmark::Error> {
/// let options = VerifyOptions { quick: false, threads: 2, scratch: std::env::temp_dir(), signers: None };
/// let report = verify(Path::new("datasets/asharq-al-awsat/1.1.0"), &options, &NoProgress)?;
/// assert!(report.is_intact(), "{:?}", report.findings);
/// assert_eq!(report.records, 2);
/// # Ok(())
/// # }
/// ```
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
    let (signatures, findings) = (Signatures::None, Findings::default());
    let mut report = VerifyReport { folder, manifest: None, quick, files: 0, records: 0, signatures, findings };
    if let Some(release) = check(&mut report, location, options, progress)? {
        report.manifest = Some(release.manifest().clone());
    }
    Ok(report)
}

/// Runs all checks. Returns the release if its manifest can be read.
fn check(
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
    let Some(release) = document::read(folder, findings)? else { return Ok(None) };
    let manifest = release.manifest();
    progress.start(Stage::Verify, Some(manifest.parts.iter().map(|part| part.bytes).sum()));
    document::check_counts(manifest, findings);
    document::check_chain(&release, !options.quick, findings)?;
    for name in &present {
        // What the system does not open may be intact. Other errors are found again below.
        if let Err(error) = folder.join(name).open() {
            Findings::default().add_unreadable(name, error)?;
        }
    }
    let files = files::check(folder, manifest, present, findings);
    let lists = if options.quick { CheckedLists::default() } else { lists::check(folder, manifest, &files, findings)? };
    report.files = lists.hashed + files::check_sums(folder, manifest, &files, !options.quick, findings)?;
    report.signatures = signatures::check(&release, &files, options.signers.as_ref(), findings);
    // A schema that is missing or a link was reported above.
    let schema = if files.has(SCHEMA) { check_schema(&release, findings) } else { None };
    if let Some(schema) = schema.as_ref().filter(|_| !options.quick) {
        metadata::check(folder, manifest, schema, &files, findings);
    }
    let rules = schema.as_ref().and_then(|schema| rules(schema, manifest, findings));
    let (rules, withdrawn, scratch) = (rules.as_ref(), &lists.withdrawn, options.scratch.as_path());
    let parts = parts::Parts { folder, manifest, rules, withdrawn, files: &files, scratch };
    if options.quick {
        parts.footers(progress, findings)?;
    } else {
        let checked = parts.all(options.threads, progress, findings)?;
        report.files += checked.hashed;
        report.records = checked.records;
    }
    Ok(Some(release))
}

/// Loads the schema, and reports differences to the manifest. `None` if it cannot validate rows.
fn check_schema(release: &Release, findings: &mut Findings) -> Option<Schema> {
    let schema = match release.load_schema() {
        Ok(schema) => schema,
        Err(error) => {
            findings.add(Finding::new(Code::SchemaInvalid, SCHEMA, &error.to_string()));
            return None;
        }
    };
    let manifest = release.manifest();
    let listed = manifest.columns.iter().map(|column| (column.name.clone(), column.kind.clone()));
    let derived = schema.columns().iter().map(|column| (column.name.clone(), column.kind.describe()));
    let differs = if schema.sha256() != manifest.schema.sha256 {
        Some("SHA-256")
    } else if schema.id() != manifest.schema.id.as_deref() {
        Some("`$id`")
    } else if !listed.eq(derived) {
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

/// The rules for rows. `None`, with a finding, if the manifest names an order that the schema does not have.
fn rules<'s>(schema: &'s Schema, manifest: &Manifest, findings: &mut Findings) -> Option<Rules<'s>> {
    let order = match Order::new(schema.columns(), &manifest.order_by, &manifest.key) {
        Ok(order) => order,
        Err(error) => {
            findings.add(Finding::new(Code::ManifestInvalid, MANIFEST, &error.to_string()));
            return None;
        }
    };
    // Parts name the schema that the manifest names. Whether it is this one was checked above.
    match Footer::new(manifest.format(), schema.columns(), &order, &manifest.layout, &manifest.schema.sha256) {
        Ok(footer) => Some(Rules::new(schema, order, footer, manifest)),
        Err(error) => {
            findings.add(Finding::new(Code::SchemaInvalid, SCHEMA, &error.to_string()));
            None
        }
    }
}
