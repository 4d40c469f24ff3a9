//! [`DiffReport`]: what changed, as plain values. It serialises to the members of `diff --format json`.
//!
//! Keys, values, titles and reasons come from the data and are not escaped.

use semver::Version;
use serde::{Serialize, Serializer};

use super::schema_change::SchemaChange;
use super::text_diff::Piece;
use super::warning::Warning;
use crate::record::Fingerprint;
use crate::release::{Bump, VersionCause, VersionPolicy};

/// What changed between two sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiffReport {
    /// The old side.
    pub base: SideFacts,
    /// The new side.
    pub current: SideFacts,
    /// The number of records of each kind of change.
    pub counts: Counts,
    /// The columns with changed values, most changes first.
    pub columns: Vec<ColumnChange>,
    /// What changed in the schema: columns, key, rules.
    pub schema: Vec<SchemaChange>,
    /// Some of the added records.
    pub added: Vec<Sample>,
    /// Some of the removed records.
    pub removed: Vec<Sample>,
    /// Some of the withdrawn records, with the reason.
    pub withdrawn: Vec<Sample>,
    /// Some of the rekeyed records.
    pub rekeyed: Vec<Sample>,
    /// Keys that do not identify a record.
    pub keys: KeyFaults,
    /// What to look at first.
    pub warnings: Vec<Warning>,
    /// Whether files or metadata differ.
    pub repackaged: bool,
    /// Whether no row was read, because the manifests have the same fingerprint for every part.
    #[serde(skip)]
    pub by_manifests: bool,
}

/// One side of a diff.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SideFacts {
    /// The path as given.
    pub path: String,
    /// The release's dataset.
    pub dataset: Option<String>,
    /// The release's version.
    pub version: Option<Version>,
    /// The columns that together identify a record; in JSON, one is a string and several are a list.
    #[serde(serialize_with = "key_columns")]
    pub key: Vec<String>,
    /// The number of records.
    pub records: u64,
    /// The fingerprint of the records, if it is known.
    pub fingerprint: Option<Fingerprint>,
}

/// The number of records of each kind of change. Every record of a side is counted once: the base
/// has `same + removed + withdrawn + changed + rekeyed + ignored + schema_only + unmatched[0]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Equal on both sides.
    pub same: u64,
    /// On the current side only.
    pub added: u64,
    /// On the base side only, and not withdrawn.
    pub removed: u64,
    /// On the base side only, and listed as withdrawn by the current release.
    pub withdrawn: u64,
    /// On both sides with different values.
    pub changed: u64,
    /// Those of `changed` in which only white space or Unicode forms differ.
    pub formatting: u64,
    /// The same values under another key.
    pub rekeyed: u64,
    /// On both sides with different values in ignored columns only.
    pub ignored: u64,
    /// On both sides with the same values, except in columns that were added, removed, renamed or retyped.
    pub schema_only: u64,
    /// Rows of the base and of the current side without a unique key and without an equal.
    pub unmatched: [u64; 2],
}

/// A column with changed values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnChange {
    /// Its name.
    pub name: String,
    /// Its name on the base side, if it was renamed.
    pub renamed_from: Option<String>,
    /// The number of records in which it changed.
    pub changed: u64,
    /// How many of these changed only in white space or Unicode forms.
    pub formatting: u64,
    /// A few different changes.
    pub examples: Vec<Example>,
}

/// One change of one value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    /// The record's key.
    pub key: String,
    /// The record's title, its URL, or its first text, clipped. `None` if it has none, or if this is the column
    /// that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The value before, clipped around the change: a string as it is, other values as JSON. `None` for
    /// null.
    pub before: Option<String>,
    /// The value after.
    pub after: Option<String>,
    /// The change word by word, if both are strings.
    pub words: Vec<Piece>,
    /// Whether only white space or Unicode forms differ.
    pub formatting: bool,
}

/// One record, by its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Its key.
    pub key: String,
    /// Its new key, if it was rekeyed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_key: Option<String>,
    /// Its title or name, clipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Why it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Keys that do not identify a record; rows of the base and of the current side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KeyFaults {
    /// Rows that share their key with another one.
    pub repeated: [u64; 2],
    /// Rows without a key.
    pub missing: [u64; 2],
    /// Some of the repeated keys.
    pub examples: Vec<String>,
}

fn key_columns<S: Serializer>(key: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    match key {
        [only] => only.serialize(serializer),
        several => several.serialize(serializer),
    }
}

impl DiffReport {
    /// Whether both sides hold the same records under the same schema.
    pub fn is_same(&self) -> bool {
        let Counts { added, removed, withdrawn, changed, rekeyed, schema_only, unmatched, .. } = self.counts;
        added + removed + withdrawn + changed + rekeyed + schema_only + unmatched[0] + unmatched[1] == 0
            && self.schema.is_empty()
    }

    /// The number of the version that must increase at least. `None` if nothing changed.
    pub fn bump(&self, policy: VersionPolicy) -> Option<Bump> {
        self.causes().into_iter().map(|cause| policy.bump(cause)).max()
    }

    fn causes(&self) -> Vec<VersionCause> {
        let counts = &self.counts;
        let mut causes = Vec::new();
        let mut add = |is_there: bool, cause| causes.extend(is_there.then_some(cause));
        add(counts.added > 0, VersionCause::Added);
        add(counts.removed + counts.withdrawn + counts.rekeyed > 0, VersionCause::Removed);
        add(counts.unmatched != [0, 0], VersionCause::Removed);
        add(counts.changed > 0, VersionCause::Changed);
        add(self.repackaged || counts.ignored > 0, VersionCause::Packaging);
        causes.extend(self.schema.iter().filter_map(SchemaChange::cause));
        causes
    }
}
