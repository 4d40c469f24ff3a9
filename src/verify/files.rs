//! Are exactly the files of the release there, with the bytes on record?

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Finding, Findings};
use crate::code::Code;
use crate::digest::Digest;
use crate::error::Error;
use crate::release::{DATA, MANIFEST, MAX_SUMS_BYTES, Manifest, SCHEMA, SUMS, parse_sums, write_sums};
use crate::storage::{EntryKind, Location};

/// The regular files of the release, by their path relative to it. Links are findings and are
/// not followed, so that nothing outside the folder is read.
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

/// The files of a release as they lie there.
#[derive(Debug)]
pub(super) struct Files {
    present: BTreeSet<String>,
    /// The files among them that the manifest lists with the size that they have.
    sized: BTreeSet<String>,
}

impl Files {
    /// Whether there is a regular file of this name.
    pub(super) fn is_here(&self, name: &str) -> bool {
        self.present.contains(name)
    }

    /// Whether it has the size that the manifest says.
    pub(super) fn has_its_size(&self, name: &str) -> bool {
        self.sized.contains(name)
    }
}

/// Compares which files there are, and how large, with the manifest.
pub(super) fn check(
    folder: &Location,
    manifest: &Manifest,
    present: BTreeSet<String>,
    findings: &mut Findings,
) -> Files {
    let parts: BTreeMap<String, u64> =
        manifest.parts.iter().enumerate().map(|(place, part)| (part.path(place), part.bytes)).collect();
    let known: BTreeSet<&str> = parts.keys().map(String::as_str).chain([MANIFEST, SCHEMA, SUMS]).collect();
    for name in known.iter().filter(|name| !present.contains(**name)) {
        findings.add(Finding::new(Code::FileMissing, name, Code::FileMissing.meaning()));
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

/// `SHA256SUMS` lists every other file, once. It is not in the manifest, so its own lines are
/// compared with the manifest and, with `hash`, with the files that the manifest has no hash of.
/// Returns how many files were hashed.
pub(super) fn check_sums(
    folder: &Location,
    manifest: &Manifest,
    files: &Files,
    hash: bool,
    findings: &mut Findings,
) -> u64 {
    let mut hashed = 0;
    let mut found = BTreeMap::new();
    for name in [MANIFEST, SUMS, SCHEMA].into_iter().filter(|name| hash && files.is_here(name)) {
        match folder.join(name).hash() {
            Ok((_bytes, digest)) => {
                hashed += 1;
                found.insert(name, digest);
            }
            Err(error) => findings.add(Finding::unreadable(name, &error)),
        }
    }
    if files.is_here(SUMS) {
        match folder.join(SUMS).read_bounded(MAX_SUMS_BYTES) {
            Ok(bytes) => compare_sums(&bytes, manifest, &found, findings),
            Err(error) => findings.add(Finding::unreadable(SUMS, &error)),
        }
    }
    hashed
}

fn compare_sums(bytes: &[u8], manifest: &Manifest, found: &BTreeMap<&str, Digest>, findings: &mut Findings) {
    let mut tell = |message: &str| findings.add(Finding::new(Code::SumsInvalid, SUMS, message));
    let Some(mut sums) = parse_sums(bytes) else { return tell("lines must have the form `SHA-256  path`") };
    if bytes != write_sums(&sums) {
        tell("lines are not sorted by path, or have the wrong line endings");
    }
    for (place, part) in manifest.parts.iter().enumerate() {
        let name = part.path(place);
        match sums.remove(&name) {
            None => tell(&format!("`{name}` is not listed")),
            Some(digest) if digest != part.sha256 => {
                tell(&format!("`{name}` has {digest} here, but {} in the manifest", part.sha256));
            }
            Some(_) => {}
        }
    }
    for name in [MANIFEST, SCHEMA] {
        match (sums.remove(name), found.get(name)) {
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
