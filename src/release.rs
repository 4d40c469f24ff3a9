//! Releases on disk: `dataset.toml`, the manifest, staging and publishing, opening.
//!
//! A release is written beside its place and becomes visible by one rename, whole or not at
//! all. What its records are was decided before ([`crate::record`], [`crate::parts`]); whether
//! it is still intact is found out by [`crate::verify`].

mod bump;
mod dataset;
mod lookup;
mod manifest;
mod open;
mod staging;
mod sums;
mod target;

pub use bump::{Bump, VersionCause, VersionPolicy};
pub use dataset::{Allowance, AllowanceError, Dataset, OnConflict, Policy, SchemaChoice};
pub(crate) use dataset::{DATASET_TOML, is_name};
pub(crate) use lookup::Lookup;
pub use manifest::{
    ColumnSummary, Creator, Input, Manifest, ManifestError, Normalised, Part, Previous, SchemaRef, Withdrawn, Writer,
};
pub(crate) use open::MAX_MANIFEST_BYTES;
pub use open::{Release, releases};
pub use staging::{Lock, Staging};
pub(crate) use sums::write_sums;
pub use sums::{Sums, parse_sums};
pub use target::check_target;

pub use crate::parts::FORMAT;

/// The folder of a release that holds its parts, and nothing else.
pub const DATA: &str = "data";
/// The name of the manifest.
pub const MANIFEST: &str = "manifest.json";
/// The name of the schema's copy.
pub const SCHEMA: &str = "schema.json";
/// The list of hashes that `sha256sum -c` reads.
pub const SUMS: &str = "SHA256SUMS";
