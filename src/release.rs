//! Releases on disk: `dataset.toml`, the manifest, staging and publishing, opening.
//!
//! A release is written beside its place and becomes visible by one rename, whole or not at
//! all. What its records are was decided before ([`crate::record`], [`crate::part_files`]); whether
//! it is still intact is found out by [`crate::verify`].

mod checksums;
mod dataset;
mod find;
mod manifest;
mod open;
mod scan;
mod staging;
mod version_policy;
mod write_guard;

pub(crate) use checksums::{MAX_SUMS_BYTES, write_sums};
pub use checksums::{Sums, parse_sums};
pub(crate) use dataset::is_name;
pub use dataset::{Allowance, AllowanceError, DATASET_TOML, Dataset, MisfitPolicy, OnConflict, Policy, SchemaChoice};
pub use find::{Found, dataset_of, find, newest};
pub use manifest::{
    ColumnSummary, Creator, Input, Manifest, ManifestError, Normalised, Part, Previous, SchemaRef, Withdrawn, Writer,
};
pub(crate) use open::MAX_MANIFEST_BYTES;
pub use open::{Release, releases};
pub use scan::{PartBatches, Scan, ScanBatches, ScanPart};
pub use staging::{Lock, Staging};
pub use version_policy::{Bump, VersionCause, VersionPolicy};
pub use write_guard::check_target;

pub use crate::part_files::FORMAT;
pub use crate::record::Key;

/// The folder of a release that holds its parts, and nothing else.
pub const DATA: &str = "data";
/// The name of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// The name of the schema's copy.
pub const SCHEMA: &str = "schema.json";
/// The list of hashes that `sha256sum -c` reads.
pub const SUMS: &str = "SHA256SUMS";
