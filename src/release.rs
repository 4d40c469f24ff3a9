//! Releases in a storage: `dataset.toml`, the manifest, committing, opening.
//!
//! A release appears whole or not at all: by one rename on the local file system, by its manifest elsewhere.
//! [`crate::record`] and [`crate::part_files`] decide what its records are; [`crate::verify`] checks whether it
//! is intact.

mod about;
mod checksums;
mod dataset;
mod documents;
mod find;
mod lists;
mod manifest;
mod named;
mod open;
mod owner;
mod publisher;
mod scan;
mod staging;
mod version_policy;
mod write_guard;

pub use about::{About, Creator};
pub(crate) use about::{MAX_CARD_BYTES, is_web_url};
pub(crate) use checksums::{MAX_SUMS_BYTES, parse_sums, write_sums};
pub use dataset::{Allowance, AllowanceError, Dataset, MisfitPolicy, OnConflict, Policy, SchemaChoice};
pub(crate) use dataset::{DATASET_TOML, is_name};
pub(crate) use documents::Documents;
pub use documents::ReleaseFiles;
pub use find::{Found, dataset_of, find, newest};
pub use lists::{Inputs, ListFiles};
pub(crate) use lists::{ListLines, MAX_INPUT_BYTES, MAX_WITHDRAWN_BYTES};
pub(crate) use manifest::ManifestError;
pub use manifest::{
    ColumnSummary, Input, InputTotals, Lists, Manifest, Normalised, Part, Previous, SchemaRef, Withdrawn, Writer,
};
pub(crate) use named::release_of_version;
pub use named::{find_release, schema_named};
pub(crate) use open::MAX_MANIFEST_BYTES;
pub use open::{Release, releases};
pub use publisher::{Draft, Publisher};
pub use scan::{PartBatches, ReadAhead, Scan, ScanBatches, ScanPart};
pub(crate) use staging::{Lock, Staging};
pub(crate) use version_policy::VersionCause;
pub use version_policy::{Bump, VersionPolicy};
pub(crate) use write_guard::check_target;

pub use crate::part_files::Format;
pub use crate::record::Key;

/// The folder of a release that holds its parts, and nothing else.
pub(crate) const DATA: &str = "data";
/// The name of the manifest.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The name of the schema's copy.
pub(crate) const SCHEMA: &str = "schema.json";
/// The list of inputs, of `pressmark/2`.
pub(crate) const INPUTS: &str = "inputs.jsonl";
/// The list of withdrawals, of `pressmark/2`.
pub(crate) const WITHDRAWN: &str = "withdrawn.jsonl";
/// The files of metadata of a release of `pressmark/2`.
pub(crate) const METADATA: [&str; 4] = ["CITATION.cff", "README.md", "croissant.json", "datapackage.json"];
/// The list of hashes that `sha256sum -c` reads.
pub(crate) const SUMS: &str = "SHA256SUMS";
/// The signatures of [`SUMS`], which a release of `pressmark/2` may have. No hash covers the file: it is written
/// after the release was published.
pub(crate) const SIGNATURE: &str = "SHA256SUMS.sig";
