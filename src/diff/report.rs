//! [`DiffReport`]: what changed, as plain values. How it is told is the business of whoever shows
//! it; which texts of it come from data is said here, and none of them is escaped.

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
    /// What was compared with.
    pub base: SideFacts,
    /// What was compared.
    pub current: SideFacts,
    /// How many records of each kind of change.
    pub counts: Counts,
    /// The columns with changed values, most changes first.
    pub columns: Vec<ColumnChange>,
    /// What changed in the schema: columns, key, rules.
    pub schema: Vec<SchemaChange>,
    /// Some of the records that came.
    pub added: Vec<Sample>,
    /// Some of the records that went without a reason.
    pub removed: Vec<Sample>,
    /// Some of the records that were taken back, with the reason.
    pub withdrawn: Vec<Sample>,
    /// Some of the records with a new key.
    pub rekeyed: Vec<Sample>,
    /// Keys that do not identify a record.
    pub keys: KeyFaults,
    /// What a person should look at first.
    pub warnings: Vec<Warning>,
    /// Whether equal records lie in other files, or the release is described otherwise.
    pub repackaged: bool,
}

/// One side of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SideFacts {
    /// The path as given.
    pub path: String,
    /// The release's dataset.
    pub dataset: Option<String>,
    /// The release's version.
    pub version: Option<Version>,
    /// The columns that identify a record together; in JSON one is a text and several are a list.
    #[serde(serialize_with = "key_columns")]
    pub key: Vec<String>,
    /// How many records there are.
    pub records: u64,
    /// The fingerprint of the records, where it is known.
    pub fingerprint: Option<Fingerprint>,
}

/// How many records of each kind of change. Every record of a side is counted once: the base
/// has `same + removed + withdrawn + changed + rekeyed + ignored + schema_only + unmatched[0]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Equal on both sides.
    pub same: u64,
    /// On the current side only.
    pub added: u64,
    /// On the base side only, and not withdrawn.
    pub removed: u64,
    /// On the base side only, and listed by the current release as taken back.
    pub withdrawn: u64,
    /// On both sides with other values.
    pub changed: u64,
    /// Those of `changed` in which only white space or Unicode forms differ.
    pub formatting: u64,
    /// The same values under another key.
    pub rekeyed: u64,
    /// On both sides with other values in ignored columns only.
    pub ignored: u64,
    /// On both sides with the same values, but for columns that came or went or have another name or type.
    pub schema_only: u64,
    /// Rows of the base and of the current side that have no key of their own and no equal.
    pub unmatched: [u64; 2],
}

/// A column with changed values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnChange {
    /// Its name.
    pub name: String,
    /// Its name on the base side, if it was renamed.
    pub renamed_from: Option<String>,
    /// In how many records it changed.
    pub changed: u64,
    /// In how many of these only white space or Unicode forms did.
    pub formatting: u64,
    /// A few of the changes, chosen to differ from one another.
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
    /// The value before, clipped around the change; a text as it is, anything else as JSON. None
    /// for null.
    pub before: Option<String>,
    /// The value after.
    pub after: Option<String>,
    /// Where both are texts: what stayed, went and came, word by word.
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

    /// The number of the version that must go up at least. None if nothing changed.
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
