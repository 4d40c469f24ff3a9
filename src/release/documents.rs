//! [`Documents`]: the files of a release beside its parts, and the limits that they must keep.

use std::collections::BTreeMap;

use super::checksums::{MAX_SUMS_BYTES, Sums, write_sums};
use super::lists::ListFiles;
use super::open::MAX_MANIFEST_BYTES;
use super::{Format, INPUTS, Lists, MANIFEST, METADATA, Manifest, Part, SCHEMA, SUMS, WITHDRAWN};
use crate::digest::Digest;
use crate::error::Error;

/// The largest file of metadata that is read, in bytes. The longest one has a few lines for each part, as the
/// manifest has.
pub(crate) const MAX_METADATA_BYTES: u64 = 64 << 20;

/// The files of a release beside its parts, its manifest and `SHA256SUMS`, by name.
#[derive(Debug, Clone)]
pub struct ReleaseFiles {
    files: BTreeMap<&'static str, Vec<u8>>,
}

impl ReleaseFiles {
    /// Starts with the bytes of the schema.
    pub fn new(schema: &[u8]) -> Self {
        Self { files: BTreeMap::from([(SCHEMA, schema.to_owned())]) }
    }

    /// Adds the lists of inputs and withdrawals.
    #[must_use]
    pub fn with_lists(mut self, lists: ListFiles) -> Self {
        self.files.extend(lists.into_files());
        self
    }

    /// Adds the files of metadata that describe the release.
    #[must_use]
    pub fn with_metadata(mut self, files: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> Self {
        self.files.extend(files);
        self
    }

    /// The SHA-256 of a file. That of zero bytes if there is no such file.
    fn sha256(&self, name: &str) -> Digest {
        Digest::of(self.files.get(name).map_or(b"".as_slice(), Vec::as_slice))
    }

    /// Checks that every reader would read the metadata.
    fn check_metadata(&self) -> Result<(), Error> {
        let size = |name: &'static str| self.files.get(name).map_or(0, |bytes| bytes.len() as u64);
        match METADATA.into_iter().find(|name| size(name) > MAX_METADATA_BYTES) {
            None => Ok(()),
            Some(name) => {
                let hint = "shorten the texts that describe the dataset, or put fewer records into it".to_owned();
                Err(Error::TooLarge { name, bytes: size(name), limit: MAX_METADATA_BYTES, hint })
            }
        }
    }

    /// Checks that the schema and the lists are those of the manifest, and that every file belongs to a release.
    fn check(&self, manifest: &Manifest) -> Result<(), Error> {
        let is_known = |name: &&str| [SCHEMA, INPUTS, WITHDRAWN].contains(name) || METADATA.contains(name);
        if let Some(name) = self.files.keys().find(|name| !is_known(name)) {
            return Err(not_described(manifest, format!("`{name}` is not a file of metadata")));
        }
        if let Err(fault) = manifest.about.check() {
            return Err(not_described(manifest, format!("`{}` of the dataset: {}", fault.key, fault.message)));
        }
        let mut described = vec![(SCHEMA, manifest.schema.sha256)];
        match &manifest.lists {
            Lists::Embedded { .. } if self.files.len() > 1 => {
                let message = format!("a release of {} has no file beside {SCHEMA}", manifest.format());
                return Err(not_described(manifest, message));
            }
            Lists::Embedded { .. } => {}
            Lists::Files { inputs_sha256, withdrawn_sha256, .. } => {
                described.extend([(INPUTS, *inputs_sha256), (WITHDRAWN, *withdrawn_sha256)]);
            }
        }
        if let Some((name, _)) = described.into_iter().find(|(name, sha256)| self.sha256(name) != *sha256) {
            return Err(not_described(manifest, format!("the SHA-256 of {name} differs from {MANIFEST}")));
        }
        let has_metadata = manifest.format() > Format::V1;
        match METADATA.iter().find(|name| has_metadata && !self.files.contains_key(**name)) {
            None => Ok(()),
            Some(name) => Err(not_described(manifest, format!("{name} is missing"))),
        }
    }
}

/// All files of a release beside its parts.
#[derive(Debug)]
pub(crate) struct Documents {
    files: BTreeMap<&'static str, Vec<u8>>,
    manifest: Vec<u8>,
}

impl Documents {
    /// Adds the manifest and `SHA256SUMS`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for what no reader would read, and [`Error::Commit`] if the files are not those in the
    /// manifest.
    pub(crate) fn new(manifest: &Manifest, files: ReleaseFiles) -> Result<Self, Error> {
        files.check(manifest)?;
        files.check_metadata()?;
        let manifest_bytes = manifest.to_bytes();
        check_manifest(manifest, manifest_bytes.len())?;
        let mut sums: Sums = parts(manifest).map(|(name, part)| (name, part.sha256)).collect();
        sums.extend(files.files.keys().map(|name| ((*name).to_owned(), files.sha256(name))));
        sums.insert(MANIFEST.to_owned(), Digest::of(&manifest_bytes));
        let sums = write_sums(&sums);
        let bytes = sums.len() as u64;
        if bytes > MAX_SUMS_BYTES {
            let hint = "the release has too many parts; put fewer records into it".to_owned();
            return Err(Error::TooLarge { name: SUMS, bytes, limit: MAX_SUMS_BYTES, hint });
        }
        let mut files = files.files;
        files.insert(SUMS, sums);
        Ok(Self { files, manifest: manifest_bytes })
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
