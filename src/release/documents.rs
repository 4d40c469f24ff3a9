//! [`Documents`]: the files of a release beside its parts, and the limits that they must keep.

use std::collections::BTreeMap;

use super::checksums::{MAX_SUMS_BYTES, Sums, write_sums};
use super::open::MAX_MANIFEST_BYTES;
use super::{MANIFEST, Manifest, Part, SCHEMA, SUMS};
use crate::digest::Digest;
use crate::error::Error;

/// The files of a release beside its parts, by name.
#[derive(Debug)]
pub(crate) struct Documents {
    files: BTreeMap<&'static str, Vec<u8>>,
    manifest: Vec<u8>,
}

impl Documents {
    /// Makes them from the manifest and the bytes of the schema.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for what no reader would read, and [`Error::Commit`] if the schema is not the one in
    /// the manifest.
    pub(crate) fn new(manifest: &Manifest, schema: &[u8]) -> Result<Self, Error> {
        if Digest::of(schema) != manifest.schema.sha256 {
            return Err(not_described(manifest, format!("the SHA-256 of {SCHEMA} differs from {MANIFEST}")));
        }
        let manifest_bytes = manifest.to_bytes();
        check_manifest(manifest, manifest_bytes.len())?;
        let mut sums: Sums = parts(manifest).map(|(name, part)| (name, part.sha256)).collect();
        sums.insert(SCHEMA.to_owned(), manifest.schema.sha256);
        sums.insert(MANIFEST.to_owned(), Digest::of(&manifest_bytes));
        let sums = write_sums(&sums);
        let bytes = sums.len() as u64;
        if bytes > MAX_SUMS_BYTES {
            let hint = "the release has too many parts; put fewer records into it".to_owned();
            return Err(Error::TooLarge { name: SUMS, bytes, limit: MAX_SUMS_BYTES, hint });
        }
        Ok(Self { files: BTreeMap::from([(SCHEMA, schema.to_owned()), (SUMS, sums)]), manifest: manifest_bytes })
    }

    /// All but the manifest, by name.
    pub(super) fn beside_manifest(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        self.files.iter().map(|(name, bytes)| (*name, bytes.as_slice()))
    }

    /// The bytes of the manifest.
    pub(crate) fn manifest(&self) -> &[u8] {
        &self.manifest
    }
}

/// The parts that a manifest lists, by name.
pub(super) fn parts(manifest: &Manifest) -> impl Iterator<Item = (String, &Part)> {
    manifest.parts.iter().enumerate().map(|(index, part)| (part.path(index), part))
}

/// Checks that a part that was written has the size in the manifest.
pub(super) fn check_size(manifest: &Manifest, (name, part): (&str, &Part), found: Option<u64>) -> Result<(), Error> {
    match found {
        Some(found) if found == part.bytes => Ok(()),
        Some(found) => Err(not_described(manifest, format!("{name} has {found} bytes, not {}", part.bytes))),
        None => Err(not_described(manifest, format!("{name} is missing"))),
    }
}

fn not_described(manifest: &Manifest, message: String) -> Error {
    let hint = "a manifest must describe the files of its release";
    Error::Commit { version: manifest.version.clone(), message, hint }
}

/// Checks the size of the manifest.
///
/// # Errors
/// [`Error::TooLarge`], which names the list that takes most of the manifest.
fn check_manifest(manifest: &Manifest, bytes: usize) -> Result<(), Error> {
    let bytes = bytes as u64;
    if bytes <= MAX_MANIFEST_BYTES {
        return Ok(());
    }
    let length = |value: serde_json::Result<String>| value.map_or(0, |text| text.len());
    let keys = |edge: fn(&Part) -> &serde_json::Map<String, serde_json::Value>| {
        manifest.parts.iter().map(|part| length(serde_json::to_string(edge(part)))).sum::<usize>()
    };
    let lists = [
        (length(serde_json::to_string(&manifest.inputs)), "inputs", "put the articles into fewer files"),
        (length(serde_json::to_string(&manifest.withdrawn)), "withdrawn", "withdraw in several releases"),
        (
            keys(|part| &part.first) + keys(|part| &part.last),
            "the first and last keys of parts",
            "choose a `key` and `order_by` with shorter values",
        ),
        (length(serde_json::to_string(&manifest.columns)), "columns", "declare fewer columns"),
        (length(serde_json::to_string(&manifest.normalised)), "normalised", "map fewer fields"),
    ];
    let (most, what, way) = lists.into_iter().max_by_key(|(length, _, _)| *length).unwrap_or_default();
    let hint = format!("most of it, {most} bytes, is {what}: {way}");
    Err(Error::TooLarge { name: MANIFEST, bytes, limit: MAX_MANIFEST_BYTES, hint })
}
