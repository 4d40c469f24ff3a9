//! Withdrawals: reads the list of records to withdraw, and checks that withdrawn records do not return by
//! accident. It does not remove records; [`super::resolve_keys`] does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use semver::Version;
use serde::Deserialize;

use super::resolve_keys::{KeyEntries, KeyEntry, Origin, Resolution};
use crate::digest::Digest;
use crate::error::Error;
use crate::json;
use crate::record::{Key, RecordHash};
use crate::release::{Manifest, Release, Scan, Withdrawn, releases};
use crate::schema::Columns;
use crate::storage::{Location, filesystem};
use crate::text;

/// The largest file of withdrawals, in bytes. Its content becomes a file of the release.
const MAX_BYTES: u64 = 64 << 20;

/// The withdrawals of a build, and their file.
#[derive(Debug, Default)]
pub(super) struct Withdrawals {
    path: PathBuf,
    /// The withdrawals with their line numbers.
    list: Vec<(usize, Withdrawn)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: String,
    reason: String,
}

/// Checks that the release in `staged` has no record that an earlier release in the folder `dataset`
/// withdrew, unless `previous` has the record. Inputs that still have such a record would add it again
/// with every build, and the person who asked for the withdrawal would not notice.
///
/// # Errors
/// [`Error::ComesBack`] for such records, [`Error::Damaged`] for a release whose manifest is damaged, and
/// [`Error::Part`] for parts that cannot be read.
pub(super) fn check_return(
    dataset: &Path,
    previous: &Release,
    (staged, manifest): (&Path, &Manifest),
    columns: &Columns,
) -> Result<(), Error> {
    let mut withdrawn: BTreeMap<String, (Version, String)> = BTreeMap::new();
    // The withdrawals of a damaged release are not known, so damage is an error.
    for (_, folder) in releases(dataset)? {
        let opened = (folder != *previous.location()).then(|| Release::open_listed(&folder)).transpose()?;
        let release = opened.as_ref().unwrap_or(previous);
        let (version, list) = (&release.manifest().version, release.withdrawn()?);
        let reasons = list.into_iter().map(|Withdrawn { key, reason }| (key, (version.clone(), reason)));
        withdrawn.extend(reasons);
    }
    if withdrawn.is_empty() {
        return Ok(());
    }
    let back = with_keys(Scan::new(&Location::from(staged), manifest, columns.clone())?, withdrawn.keys())?;
    if back.is_empty() {
        return Ok(());
    }
    let previous_keys = with_keys(previous.scan()?, &back)?;
    let mut back = back.difference(&previous_keys);
    match back.next().and_then(|key| withdrawn.remove_entry(key)) {
        None => Ok(()),
        Some((key, (version, reason))) => {
            let (key, reason) = (text::one_line(&key, 120), text::one_line(&reason, 120));
            let first = format!("`{key}` was withdrawn in {version} ({reason})");
            Err(Error::ComesBack { first, more: back.count() })
        }
    }
}

/// Those of these keys, as text, that records of a release have.
fn with_keys<'k>(scan: Scan, keys: impl IntoIterator<Item = &'k String>) -> Result<BTreeSet<String>, Error> {
    let keys: Vec<Key> = keys.into_iter().filter_map(|key| scan.parse_key(key)).collect();
    Ok(scan.keys(keys)?.found_keys()?.iter().map(ToString::to_string).collect())
}

impl Withdrawals {
    /// Reads a file of JSON lines `{"key": .., "reason": ..}`.
    ///
    /// # Errors
    /// [`Error::Withdrawal`] with the line, if a line has another form or a key occurs twice.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let bytes = filesystem::read_input_bounded(path, MAX_BYTES)?;
        let mut list: Vec<(usize, Withdrawn)> = Vec::new();
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let fail = |message: String| Error::Withdrawal { path: path.to_owned(), line: number, message };
            json::parse(line).map_err(|error| fail(error.kind.to_string()))?;
            let Line { key, reason } =
                serde_json::from_slice(line).map_err(|error| fail(json::fault::reason(&error)))?;
            if reason.trim().is_empty() {
                return Err(fail(format!("there is no reason for `{}`", text::one_line(&key, 120))));
            }
            list.push((number, Withdrawn { key, reason }));
        }
        list.sort_by(|a, b| a.1.key.cmp(&b.1.key));
        if let Some(pair) = list.windows(2).find(|pair| pair[0].1.key == pair[1].1.key) {
            let message = format!("`{}` is withdrawn twice", text::one_line(&pair[1].1.key, 120));
            return Err(Error::Withdrawal { path: path.to_owned(), line: pair[1].0, message });
        }
        Ok(Self { path: path.to_owned(), list })
    }

    /// The number of withdrawals.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The SHA-256 of each key as a string.
    pub(super) fn keys(&self) -> impl Iterator<Item = Digest> {
        self.list.iter().map(|(_, withdrawn)| Digest::of(withdrawn.key.as_bytes()))
    }

    /// Adds a key entry for each withdrawal. Its ordinal is its index in the list.
    pub(super) fn enter(&self, key_entries: &mut KeyEntries) -> Result<(), Error> {
        let hash = RecordHash::new(Digest::of(b""));
        for (ordinal, key) in (0..).zip(self.keys()) {
            key_entries.push(KeyEntry { key, origin: Origin::Withdrawn, rank: [0; 9], hash, ordinal, length: 0 })?;
        }
        Ok(())
    }

    /// Returns the withdrawals for the release.
    ///
    /// # Errors
    /// [`Error::Withdrawal`] if a key is not in the base, or is also among the new records.
    pub(super) fn resolved(self, resolution: &Resolution) -> Result<Vec<Withdrawn>, Error> {
        for (ordinal, (line, withdrawn)) in (0..).zip(&self.list) {
            let what = if resolution.contradicted.get(ordinal) {
                "is withdrawn and among the new records"
            } else if !resolution.withdrawn.get(ordinal) {
                "is not in the release that is built upon"
            } else {
                continue;
            };
            let message = format!("`{}` {what}", text::one_line(&withdrawn.key, 120));
            return Err(Error::Withdrawal { path: self.path, line: *line, message });
        }
        Ok(self.list.into_iter().map(|(_, withdrawn)| withdrawn).collect())
    }
}
