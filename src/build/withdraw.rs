//! Withdrawals: records that are taken back, each with a reason.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::settle::{Entries, Entry, Era, Settled};
use crate::digest::Digest;
use crate::error::Error;
use crate::filesystem;
use crate::json;
use crate::record::RecordHash;
use crate::release::Withdrawn;
use crate::text;

/// The longest list of withdrawals, in bytes: it ends up in the manifest.
const MAX_BYTES: u64 = 64 << 20;

/// The withdrawals of a build, and the file they are from.
#[derive(Debug, Default)]
pub(super) struct Withdrawals {
    path: PathBuf,
    /// With their lines.
    list: Vec<(usize, Withdrawn)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: String,
    reason: String,
}

impl Withdrawals {
    /// Reads a file of JSON lines `{"key": .., "reason": ..}`.
    ///
    /// # Errors
    /// [`Error::Withdrawal`] with the line, if a line says something else or a key comes twice.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let bytes = filesystem::read_bounded(path, MAX_BYTES)?;
        let mut list: Vec<(usize, Withdrawn)> = Vec::new();
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let fail = |message: String| Error::Withdrawal { path: path.to_owned(), line: number, message };
            json::parse(line).map_err(|error| fail(error.kind.to_string()))?;
            let Line { key, reason } =
                serde_json::from_slice(line).map_err(|error| fail(text::one_line(&error.to_string(), 200)))?;
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

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// SHA-256 of each key's text.
    pub(super) fn keys(&self) -> impl Iterator<Item = Digest> {
        self.list.iter().map(|(_, withdrawn)| Digest::of(withdrawn.key.as_bytes()))
    }

    /// Puts them on the list of what is to be settled; each has its place as its ordinal.
    pub(super) fn enter(&self, entries: &mut Entries) -> Result<(), Error> {
        let hash = RecordHash::new(Digest::of(b""));
        for (ordinal, key) in (0..).zip(self.keys()) {
            entries.push(Entry { key, era: Era::Withdrawn, rank: [0; 9], hash, ordinal, length: 0 })?;
        }
        Ok(())
    }

    /// The list as the manifest has it.
    ///
    /// # Errors
    /// [`Error::Withdrawal`] if a key is not in the base, or is put on top of it in the same step.
    pub(super) fn settled(self, settled: &Settled) -> Result<Vec<Withdrawn>, Error> {
        for (ordinal, (line, withdrawn)) in (0..).zip(&self.list) {
            let what = if settled.contradicted.contains(&ordinal) {
                "is withdrawn and among the new records"
            } else if !settled.withdrawn.get(ordinal) {
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
