//! Checks that exactly the listed files exist, with the listed sizes, and that `SHA256SUMS` lists them.
//! Parts are hashed in `parts`, and lists in `lists`.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Finding, Findings};
use crate::code::Code;
use crate::digest::Digest;
use crate::error::Error;
use crate::metadata::file_names;
use crate::release::{
    DATA, Format, INPUTS, Lists, MANIFEST, MAX_SUMS_BYTES, Manifest, SCHEMA, SIGNATURE, SUMS, WITHDRAWN, parse_sums,
    write_sums,
};
use crate::storage::{EntryKind, Location};

/// The paths of the regular files of the release, relative to it. Links are findings and are not followed, so
/// that nothing outside of the folder is read.
pub(super) fn walk(folder: &Location, findings: &mut Findings) -> Result<BTreeSet<String>, Error> {
    let mut present = BTreeSet::new();
    for entry in folder.list()? {
        let name = entry.name;
        match entry.kind {
            EntryKind::File => drop(present.insert(name)),
            EntryKind::Folder if name == DATA => {
                for entry in folder.join(DATA).list()? {
                    let name = format!("{DATA}/{}", entry.name);
                    match entry.kind {
                        EntryKind::File => drop(present.insert(name)),
                        EntryKind::Folder => {
                            findings.add(Finding::new(Code::FileExtra, &name, "unexpected folder"));
                        }
                        EntryKind::Other => {
                            findings.add(Finding::new(Code::FileKind, &name, Code::FileKind.meaning()));
                        }
                    }
                }
            }
            EntryKind::Folder => findings.add(Finding::new(Code::FileExtra, &name, "unexpected folder")),
            EntryKind::Other => findings.add(Finding::new(Code::FileKind, &name, Code::FileKind.meaning())),
        }
    }
    Ok(present)
}

/// The files that exist.
#[derive(Debug)]
pub(super) struct Files {
    present: BTreeSet<String>,
    /// Those of them that have the size in the manifest.
    sized: BTreeSet<String>,
}

impl Files {
    /// Whether a regular file has this path.
    pub(super) fn has(&self, name: &str) -> bool {
        self.present.contains(name)
    }

    /// Whether it has the size in the manifest.
    pub(super) fn has_listed_size(&self, name: &str) -> bool {
        self.sized.contains(name)
    }
}

/// The files whose hashes only `SHA256SUMS` has: the manifest, the schema and the metadata.
fn unlisted(manifest: &Manifest) -> Vec<&'static str> {
    [MANIFEST, SCHEMA].iter().chain(file_names(manifest.format())).copied().collect()
}

/// The lists of a release that are files, with the SHA-256 in the manifest.
fn lists(manifest: &Manifest) -> Vec<(&'static str, Digest)> {
    let Lists::Files { inputs, inputs_sha256, withdrawn, withdrawn_sha256 } = &manifest.lists else {
        return Vec::new();
    };
    let lists = [(INPUTS, inputs.count, *inputs_sha256), (WITHDRAWN, *withdrawn, *withdrawn_sha256)];
    lists.into_iter().filter(|(_, count, _)| *count > 0).map(|(name, _, sha256)| (name, sha256)).collect()
}

/// Compares the names and sizes of the files with the manifest.
pub(super) fn check(
    folder: &Location,
    manifest: &Manifest,
    present: BTreeSet<String>,
    findings: &mut Findings,
) -> Files {
    let parts: BTreeMap<String, u64> =
        manifest.parts.iter().enumerate().map(|(index, part)| (part.path(index), part.bytes)).collect();
    let mut known: BTreeSet<&str> = parts.keys().map(String::as_str).chain([SUMS]).collect();
    known.extend(unlisted(manifest).into_iter().chain(lists(manifest).into_iter().map(|(name, _)| name)));
    for name in known.iter().filter(|name| !present.contains(**name)) {
        findings.add(Finding::new(Code::FileMissing, name, Code::FileMissing.meaning()));
    }
    if manifest.format() > Format::V1 {
        known.insert(SIGNATURE);
    }
    for name in present.iter().filter(|name| !known.contains(name.as_str())) {
        findings.add(Finding::new(Code::FileExtra, name, Code::FileExtra.meaning()));
    }
    let mut sized = BTreeSet::new();
    for (name, expected) in parts.into_iter().filter(|(name, _)| present.contains(name)) {
        match folder.join(&name).size().ok().flatten() {
            Some(found) if found == expected => drop(sized.insert(name)),
            found => {
                let found = found.map_or("a different size".to_owned(), |found| found.to_string());
                let message = format!("expected {expected} bytes, found {found}");
                findings.add(Finding::new(Code::FileSize, &name, &message));
            }
        }
    }
    Files { present, sized }
}

/// Checks that `SHA256SUMS` lists every other file once. Its lines are compared with the manifest and, with
/// `hash`, with the files that the manifest has no hash of. Returns the number of hashed files.
pub(super) fn check_sums(
    folder: &Location,
    manifest: &Manifest,
    files: &Files,
    hash: bool,
    findings: &mut Findings,
) -> u64 {
    let (mut hashed, unlisted) = (0, unlisted(manifest));
    let mut found = BTreeMap::new();
    for name in unlisted.iter().copied().chain([SUMS]).filter(|name| hash && files.has(name)) {
        match folder.join(name).hash() {
            Ok((_bytes, digest)) => {
                hashed += 1;
                found.insert(name, digest);
            }
            Err(error) => findings.add(Finding::unreadable(name, &error)),
        }
    }
    if files.has(SUMS) {
        match folder.join(SUMS).read_bounded(MAX_SUMS_BYTES) {
            Ok(bytes) => compare_sums(&bytes, manifest, (&unlisted, &found), findings),
            Err(error) => findings.add(Finding::unreadable(SUMS, &error)),
        }
    }
    hashed
}

fn compare_sums(
    bytes: &[u8],
    manifest: &Manifest,
    (unlisted, found): (&[&str], &BTreeMap<&str, Digest>),
    findings: &mut Findings,
) {
    let mut report = |message: &str| findings.add(Finding::new(Code::SumsInvalid, SUMS, message));
    let Some(mut sums) = parse_sums(bytes) else { return report("lines must have the form `SHA-256  path`") };
    if bytes != write_sums(&sums) {
        report("lines are not sorted by path, or have the wrong line endings");
    }
    let parts = manifest.parts.iter().enumerate().map(|(index, part)| (part.path(index), part.sha256));
    let lists = lists(manifest).into_iter().map(|(name, sha256)| (name.to_owned(), sha256));
    for (name, listed) in parts.chain(lists) {
        match sums.remove(&name) {
            None => report(&format!("`{name}` is not listed")),
            Some(digest) if digest != listed => {
                report(&format!("`{name}` has {digest} here, but {listed} in the manifest"));
            }
            Some(_) => {}
        }
    }
    for name in unlisted {
        match (sums.remove(*name), found.get(name)) {
            (None, _) => findings.add(Finding::new(Code::SumsInvalid, SUMS, &format!("`{name}` is not listed"))),
            (Some(digest), Some(found)) if digest != *found => {
                let message = format!("expected {digest} (SHA256SUMS), found {found}");
                findings.add(Finding::new(Code::FileHash, name, &message));
            }
            _ => {}
        }
    }
    for name in sums.keys() {
        findings.add(Finding::new(Code::SumsInvalid, SUMS, &format!("`{name}` should not be listed")));
    }
}
