//! [`Manifest`]: the list of everything in a release.
//!
//! The values here are sound: counts add up, and a part's path follows from its place and
//! fingerprint, so that a manifest cannot point outside its release. The bytes on disk are in
//! [`wire`], apart, because they are a promise and these types are not. One type serves all formats:
//! [`Lists`] has what differs between them.

mod wire;

use std::collections::BTreeMap;

use jiff::civil::Date;
use semver::Version;

use super::about::About;
use crate::digest::Digest;
use crate::part_files::{CODEC, Format, Layout, PartDescription};
use crate::record::{Fingerprint, Summary};
use crate::schema::{Extra, Schema};

/// The list of everything in a release.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The dataset's name.
    pub dataset: String,
    /// What its producer states about it.
    pub about: About,
    /// The release's version.
    pub version: Version,
    /// The day it was released.
    pub released: Date,
    /// The release before this one.
    pub previous: Option<Previous>,
    /// The fingerprint of all records.
    pub fingerprint: Fingerprint,
    /// The schema of the records.
    pub schema: SchemaRef,
    /// The column that identifies a record.
    pub key: String,
    /// The columns that order the records.
    pub order_by: Vec<String>,
    /// How the records are cut.
    pub layout: Layout,
    /// What wrote the parts.
    pub writer: Writer,
    /// The parts, in the order of their records.
    pub parts: Vec<Part>,
    /// The columns.
    pub columns: Vec<ColumnSummary>,
    /// The inputs and the withdrawn records, or what their files have.
    pub lists: Lists,
    /// How many articles were rejected, by the code of their first violation.
    pub rejected: BTreeMap<String, u64>,
    /// What was changed before validation: field, rule, count.
    pub normalised: Normalised,
    /// How many identical repeats of records were left out.
    pub duplicates: u64,
    /// How many records gave way to a newer one with their key.
    pub superseded: u64,
    /// The release that records are from which are not from the inputs.
    pub base: Option<Version>,
}

/// The lists that grow with the work, as a manifest has them.
#[derive(Debug, Clone, PartialEq)]
pub enum Lists {
    /// `pressmark/1`: the manifest contains them.
    Embedded {
        /// The inputs.
        inputs: Vec<Input>,
        /// The withdrawn records, sorted by key.
        withdrawn: Vec<Withdrawn>,
    },
    /// `pressmark/2`: they are files beside the manifest. The SHA-256 of an empty list is that of zero bytes.
    Files {
        /// The sums over all inputs.
        inputs: InputTotals,
        /// SHA-256 of `inputs.jsonl`.
        inputs_sha256: Digest,
        /// The number of withdrawn records.
        withdrawn: u64,
        /// SHA-256 of `withdrawn.jsonl`.
        withdrawn_sha256: Digest,
    },
}

/// The sums over all inputs of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InputTotals {
    /// The number of inputs.
    pub count: u64,
    /// Their size in bytes, as stored.
    pub bytes: u64,
    /// How many articles they hold.
    pub articles: u64,
    /// How many of these were admitted.
    pub admitted: u64,
    /// How many of these were rejected.
    pub rejected: u64,
}

impl Lists {
    /// The lists of a release without inputs and withdrawals.
    fn none() -> Self {
        let nothing = Digest::of(b"");
        Self::Files { inputs: InputTotals::default(), inputs_sha256: nothing, withdrawn: 0, withdrawn_sha256: nothing }
    }
}

impl InputTotals {
    /// The sums with one more input. `None` if one of them does not fit.
    pub(crate) fn checked_add(self, input: &Input) -> Option<Self> {
        Some(Self {
            count: self.count.checked_add(1)?,
            bytes: self.bytes.checked_add(input.bytes)?,
            articles: self.articles.checked_add(input.articles)?,
            admitted: self.admitted.checked_add(input.admitted)?,
            rejected: self.rejected.checked_add(input.rejected)?,
        })
    }

    /// The sums over these inputs. `None` if one of them does not fit.
    pub(crate) fn checked_sum<'i>(inputs: impl IntoIterator<Item = &'i Input>) -> Option<Self> {
        inputs.into_iter().try_fold(Self::default(), Self::checked_add)
    }
}

/// What was changed before validation: field, rule, count.
pub type Normalised = BTreeMap<String, BTreeMap<String, u64>>;

/// The release before.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Its version.
    pub version: Version,
    /// SHA-256 of its manifest's bytes.
    pub manifest_sha256: Digest,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
}

/// The schema of the records.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaRef {
    /// Its `$id`.
    pub id: Option<String>,
    /// SHA-256 of `schema.json`.
    pub sha256: Digest,
    /// What became of members that it does not declare.
    pub extra: Extra,
}

/// What wrote the files.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writer {
    /// Name and version of the tool.
    pub tool: String,
    /// The codec and its level.
    pub codec: String,
    /// The name of the settings of the parts (`schema/FORMAT.md`).
    pub settings: String,
    /// The name of the settings of the files of metadata, from `pressmark/2` on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
}

/// One Parquet file.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its size in bytes.
    pub bytes: u64,
    /// How many records it holds; at least one.
    pub rows: u64,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// The fingerprint of its records.
    pub fingerprint: Fingerprint,
    /// The ordering columns and key of its first record.
    pub first: serde_json::Map<String, serde_json::Value>,
    /// The ordering columns and key of its last record.
    pub last: serde_json::Map<String, serde_json::Value>,
}

impl Part {
    /// The path of the part at `place` (from 0), relative to the release, with `/`.
    pub fn path(&self, place: usize) -> String {
        format!("{}/part-{place:05}-{}.parquet", super::DATA, self.fingerprint.short())
    }
}

/// What is known of a column without reading it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnSummary {
    /// Its name.
    pub name: String,
    /// Its kind in words.
    #[serde(rename = "type")]
    pub kind: String,
    /// In how many records it is null.
    pub nulls: u64,
    /// The smallest value, for numbers, days and instants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<serde_json::Value>,
    /// The largest value, for numbers, days and instants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<serde_json::Value>,
}

/// One input and what came of it. Its members are declared in the order of their names, in which they are
/// written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// How many of its articles were admitted.
    pub admitted: u64,
    /// How many articles it holds.
    pub articles: u64,
    /// Its size in bytes, as stored.
    pub bytes: u64,
    /// Its name: a path relative to the dataset, or `-`.
    pub name: String,
    /// How many of its articles were rejected.
    pub rejected: u64,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// A record that was withdrawn. Its members are declared in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    /// The record's key as text.
    pub key: String,
    /// Why.
    pub reason: String,
}

/// Why bytes are not a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ManifestError {
    /// Not JSON, or with members that do not belong there.
    #[error("{0}")]
    Unreadable(String),
    /// Of a format that this version does not know.
    #[error("format `{0}` is not known to this version of pressmark, which reads {first} and {newest}", first = Format::V1, newest = Format::V2)]
    UnknownFormat(String),
    /// Readable, and in contradiction with itself.
    #[error("{0}")]
    Contradiction(String),
}

impl From<PartDescription> for Part {
    fn from(part: PartDescription) -> Self {
        let PartDescription { rows, bytes, sha256, fingerprint, first, last } = part;
        Self { bytes, rows, sha256, fingerprint, first, last }
    }
}

impl Manifest {
    /// The manifest of a first release with these parts, in the newest format. `summary` covers the records of all
    /// parts. Lists, descriptions and the previous release can be added to the result.
    pub fn new(
        (dataset, version, released): (&str, Version, Date),
        (schema, extra): (&Schema, Extra),
        (key, order_by): (&str, &[String]),
        layout: &Layout,
        (parts, fingerprint): (Vec<Part>, Fingerprint),
        summary: &Summary<'_>,
    ) -> Self {
        let columns = schema.columns().iter().zip(summary.finish());
        let columns = columns.map(|(column, (nulls, extremes))| {
            let (min, max) = extremes.unzip();
            ColumnSummary { name: column.name.clone(), kind: column.kind.describe(), nulls, min, max }
        });
        Self {
            dataset: dataset.to_owned(),
            about: About::default(),
            version,
            released,
            previous: None,
            fingerprint,
            schema: SchemaRef { id: schema.id().map(str::to_owned), sha256: schema.sha256(), extra },
            key: key.to_owned(),
            order_by: order_by.to_vec(),
            layout: layout.clone(),
            writer: Writer {
                tool: concat!("pressmark ", env!("CARGO_PKG_VERSION")).to_owned(),
                codec: CODEC.to_owned(),
                settings: Format::NEWEST.settings().to_owned(),
                metadata: Format::NEWEST.metadata().map(str::to_owned),
            },
            parts,
            columns: columns.collect(),
            lists: Lists::none(),
            rejected: BTreeMap::new(),
            normalised: Normalised::new(),
            duplicates: 0,
            superseded: 0,
            base: None,
        }
    }

    /// The format of the release.
    pub fn format(&self) -> Format {
        match &self.lists {
            Lists::Embedded { .. } => Format::V1,
            Lists::Files { .. } => Format::V2,
        }
    }

    /// The sums over all inputs. A sum that does not fit, which no release of ours has, is the largest number.
    pub fn inputs(&self) -> InputTotals {
        match &self.lists {
            Lists::Files { inputs, .. } => *inputs,
            Lists::Embedded { inputs, .. } => {
                let sum = |of: fn(&Input) -> u64| inputs.iter().map(of).fold(0, u64::saturating_add);
                InputTotals {
                    count: inputs.len() as u64,
                    bytes: sum(|input| input.bytes),
                    articles: sum(|input| input.articles),
                    admitted: sum(|input| input.admitted),
                    rejected: sum(|input| input.rejected),
                }
            }
        }
    }

    /// The number of records that the release withdrew.
    pub fn withdrawn(&self) -> u64 {
        match &self.lists {
            Lists::Embedded { withdrawn, .. } => withdrawn.len() as u64,
            Lists::Files { withdrawn, .. } => *withdrawn,
        }
    }

    /// The number of records.
    pub fn records(&self) -> u64 {
        self.parts.iter().map(|part| part.rows).sum()
    }

    /// The bytes of `manifest.json`: indented JSON with sorted names and a final newline.
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::write(self)
    }

    /// How many JSON values a manifest of so many bytes may hold; one with more is refused unread.
    pub(crate) fn most_values(bytes: usize) -> usize {
        wire::most_values(bytes)
    }

    /// Reads the bytes of a `manifest.json`.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, ManifestError> {
        wire::read(bytes)
    }
}
