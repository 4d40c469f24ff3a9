//! Checks, before a release is published, that every command can read it.
//!
//! The checks use the code and the limits of the readers. A release that a reader refuses could never be
//! mended, because releases do not change. `schema/FORMAT.md` section 11 lists the limits. Hashes are not
//! checked here.

use std::path::Path;

use super::base::Base;
use crate::error::Error;
use crate::part_files::Indexes;
use crate::release::{MANIFEST, MAX_MANIFEST_BYTES, MAX_SUMS_BYTES, Manifest, Release, SUMS};
use crate::schema::Columns;
use crate::storage::filesystem;

/// Checks the size of the manifest.
///
/// # Errors
/// [`Error::TooLarge`], which names the list that takes most of the manifest.
pub(super) fn check_manifest(manifest: &Manifest, bytes: usize) -> Result<(), Error> {
    let bytes = bytes as u64;
    if bytes <= MAX_MANIFEST_BYTES {
        return Ok(());
    }
    let length = |value: serde_json::Result<String>| value.map_or(0, |text| text.len());
    let keys = |edge: fn(&crate::release::Part) -> &serde_json::Map<String, serde_json::Value>| {
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

/// Opens the sealed release in `staged` as a reader does, and returns it. Parts of the base are skipped: they
/// were read before.
///
/// # Errors
/// Those of the reader, and [`Error::TooLarge`] for too many parts.
pub(super) fn check(staged: &Path, columns: &Columns, base: Option<&Base<'_>>) -> Result<Release, Error> {
    if let Some(bytes) = filesystem::size(&staged.join(SUMS)).filter(|bytes| *bytes > MAX_SUMS_BYTES) {
        let hint = "the release has too many parts; put fewer records into it".to_owned();
        return Err(Error::TooLarge { name: SUMS, bytes, limit: MAX_SUMS_BYTES, hint });
    }
    let release = Release::open_intact(staged)?;
    for (index, part) in release.manifest().parts.iter().enumerate() {
        if base.is_some_and(|base| base.part_of(&part.fingerprint).is_some()) {
            continue;
        }
        let path = staged.join(part.path(index));
        part.open(&path, columns, Indexes::All)?.preflight().map_err(|error| error.at(&path))?;
    }
    Ok(release)
}
