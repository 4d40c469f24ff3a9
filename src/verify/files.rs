//! Are exactly the files of the release there, with the bytes on record?

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::finding::{Finding, Findings};
use crate::code::Code;
use crate::digest::Digest;
use crate::error::Error;
use crate::filesystem::{self, EntryKind};
use crate::release::{DATA, MANIFEST, Manifest, SCHEMA, SUMS, parse_sums};

/// The longest `SHA256SUMS` that is read, in bytes.
const MAX_SUMS_BYTES: u64 = 64 << 20;

/// The regular files of the release, by their path relative to it. Links are findings and are
/// not followed, so that nothing outside the folder is read.
pub(super) fn walk(folder: &Path, findings: &mut Findings) -> Result<BTreeSet<String>, Error> {
    let mut present = BTreeSet::new();
    for (path, kind) in filesystem::list(folder)? {
        let name = name(&path);
        match kind {
            EntryKind::File => drop(present.insert(name)),
            EntryKind::Folder if name == DATA => {
                for (path, kind) in filesystem::list(&path)? {
                    let name = format!("{DATA}/{}", self::name(&path));
                    match kind {
                        EntryKind::File => drop(present.insert(name)),
                        EntryKind::Folder => {
                            findings.add(Finding::new(Code::FileExtra, &name, "no folder belongs here"));
                        }
                        EntryKind::Other => {
                            findings.add(Finding::new(Code::FileKind, &name, Code::FileKind.meaning()));
                        }
                    }
                }
            }
            EntryKind::Folder => findings.add(Finding::new(Code::FileExtra, &name, "no folder belongs here")),
            EntryKind::Other => findings.add(Finding::new(Code::FileKind, &name, Code::FileKind.meaning())),
        }
    }
    Ok(present)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Compares the files with the manifest and `SHA256SUMS`. Returns how many were hashed.
pub(super) fn check(folder: &Path, manifest: &Manifest, present: &BTreeSet<String>, findings: &mut Findings) -> u64 {
    let mut known: BTreeMap<String, Option<(u64, Digest)>> =
        [MANIFEST, SUMS].into_iter().map(|name| (name.to_owned(), None)).collect();
    for (place, part) in manifest.parts.iter().enumerate() {
        known.insert(part.path(place), Some((part.bytes, part.sha256)));
    }
    known.insert(SCHEMA.to_owned(), None);
    for name in known.keys().filter(|name| !present.contains(*name)) {
        findings.add(Finding::new(Code::FileMissing, name, Code::FileMissing.meaning()));
    }
    for name in present.iter().filter(|name| !known.contains_key(*name)) {
        findings.add(Finding::new(Code::FileExtra, name, Code::FileExtra.meaning()));
    }
    let mut hashed = BTreeMap::new();
    for (name, expected) in known.iter().filter(|(name, _)| present.contains(*name)) {
        match filesystem::hash_file(&folder.join(name)) {
            Ok((bytes, digest)) => {
                hashed.insert(name.as_str(), digest);
                compare(name, (bytes, digest), *expected, findings);
            }
            Err(error) => findings.add(Finding::new(Code::FileUnreadable, name, &error.to_string())),
        }
    }
    if present.contains(SUMS) {
        check_sums(folder, &known, &hashed, findings);
    }
    hashed.len() as u64
}

fn compare(name: &str, found: (u64, Digest), expected: Option<(u64, Digest)>, findings: &mut Findings) {
    let Some(expected) = expected else { return };
    if found.0 != expected.0 {
        let message = format!("the manifest says {} bytes, it has {}", expected.0, found.0);
        findings.add(Finding::new(Code::FileSize, name, &message));
    } else if found.1 != expected.1 {
        let message = format!("the manifest says {}, it has {}", expected.1, found.1);
        findings.add(Finding::new(Code::FileHash, name, &message));
    }
}

/// `SHA256SUMS` lists every other file, once. It is not in the manifest, so its own lines are
/// compared with the files.
fn check_sums(
    folder: &Path,
    known: &BTreeMap<String, Option<(u64, Digest)>>,
    hashed: &BTreeMap<&str, Digest>,
    findings: &mut Findings,
) {
    let bytes = match filesystem::read_bounded(&folder.join(SUMS), MAX_SUMS_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => return findings.add(Finding::new(Code::FileUnreadable, SUMS, &error.to_string())),
    };
    let Some(sums) = parse_sums(&bytes) else {
        return findings.add(Finding::new(Code::SumsInvalid, SUMS, "its lines are not of the form `SHA-256  path`"));
    };
    for name in known.keys().filter(|name| *name != SUMS && !sums.contains_key(*name)) {
        findings.add(Finding::new(Code::SumsInvalid, SUMS, &format!("it does not list `{name}`")));
    }
    for (name, digest) in &sums {
        match (known.get(name), hashed.get(name.as_str())) {
            (None, _) => findings.add(Finding::new(Code::SumsInvalid, SUMS, &format!("it lists `{name}`"))),
            // A part that differs from the manifest was told already.
            (Some(None), Some(found)) if found != digest => {
                let message = format!("SHA256SUMS says {digest}, it has {found}");
                findings.add(Finding::new(Code::FileHash, name, &message));
            }
            (Some(Some((_, expected))), _) if expected != digest => {
                let message = format!("for `{name}` it says {digest}, the manifest {expected}");
                findings.add(Finding::new(Code::SumsInvalid, SUMS, &message));
            }
            _ => {}
        }
    }
}
