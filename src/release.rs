//! Releases on disk: `dataset.toml`, the manifest, staging and publishing, opening.
//!
//! A release is written beside its place and becomes visible by one rename, whole or not at
//! all. What its records are was decided before ([`crate::record`], [`crate::part_files`]); whether
//! it is still intact is found out by [`crate::verify`].

mod checksums;
mod dataset;
mod find;
mod key_lookup;
mod manifest;
mod open;
mod staging;
mod version_policy;
mod write_guard;

pub(crate) use checksums::{MAX_SUMS_BYTES, write_sums};
pub use checksums::{Sums, parse_sums};
pub use dataset::{Allowance, AllowanceError, Dataset, MisfitPolicy, OnConflict, Policy, SchemaChoice};
pub(crate) use dataset::{DATASET_TOML, is_name};
pub use find::{Found, find};
pub(crate) use key_lookup::Lookup;
pub use manifest::{
    ColumnSummary, Creator, Input, Manifest, ManifestError, Normalised, Part, Previous, SchemaRef, Withdrawn, Writer,
};
pub(crate) use open::MAX_MANIFEST_BYTES;
pub use open::{Release, releases};
pub use staging::{Lock, Staging};
pub use version_policy::{Bump, VersionCause, VersionPolicy};
pub use write_guard::check_target;

pub use crate::part_files::FORMAT;

/// The folder of a release that holds its parts, and nothing else.
pub const DATA: &str = "data";
/// The name of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// The name of the schema's copy.
pub const SCHEMA: &str = "schema.json";
/// The list of hashes that `sha256sum -c` reads.
pub const SUMS: &str = "SHA256SUMS";
