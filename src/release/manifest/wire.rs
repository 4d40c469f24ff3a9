//! `manifest.json` of format `pressmark/1`, byte for byte. `schema/FORMAT.md` and
//! `schema/manifest.schema.json` describe the same thing for others.
//!
//! Unknown members are refused; the format is looked at first, so that a manifest of a later
//! version is told as such. Members are strict about form, and what they say together is
//! checked on the way to [`Manifest`].

use std::collections::BTreeSet;

use jiff::civil::Date;
use semver::Version;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize};

use super::{ColumnSummary, Input, Manifest, ManifestError, Normalised, Part, Previous, SchemaRef, Withdrawn, Writer};
use crate::digest::Digest;
use crate::json;
use crate::part_files::Layout;
use crate::record::Fingerprint;
use crate::release::FORMAT;
use crate::release::about::{About, Creator};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestV1 {
    format: String,
    dataset: DatasetV1,
    version: Version,
    released: String,
    previous: Option<Previous>,
    records: u64,
    fingerprint: Fingerprint,
    schema: SchemaRef,
    key: String,
    order_by: Vec<String>,
    layout: Layout,
    writer: Writer,
    parts: Vec<PartV1>,
    columns: Vec<ColumnSummary>,
    inputs: Vec<Input>,
    rejected: std::collections::BTreeMap<String, u64>,
    normalised: Normalised,
    duplicates: u64,
    superseded: u64,
    base: Option<Version>,
    withdrawn: Vec<Withdrawn>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DatasetV1 {
    name: String,
    title: Option<String>,
    description: Option<String>,
    license: Option<String>,
    creators: Vec<Creator>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartV1 {
    path: String,
    bytes: u64,
    rows: u64,
    sha256: Digest,
    fingerprint: Fingerprint,
    first: serde_json::Map<String, serde_json::Value>,
    last: serde_json::Map<String, serde_json::Value>,
}

pub(super) fn write(manifest: &Manifest) -> Vec<u8> {
    let parts = manifest.parts.iter().cloned().enumerate().map(|(place, part)| part_to_wire(place, part));
    let wire = ManifestV1 {
        format: FORMAT.to_owned(),
        records: manifest.records(),
        dataset: DatasetV1 {
            name: manifest.dataset.clone(),
            title: manifest.about.title.clone(),
            description: manifest.about.description.clone(),
            license: manifest.about.license.clone(),
            creators: manifest.about.creators.clone(),
        },
        version: manifest.version.clone(),
        released: manifest.released.to_string(),
        previous: manifest.previous.clone(),
        fingerprint: manifest.fingerprint,
        schema: manifest.schema.clone(),
        key: manifest.key.clone(),
        order_by: manifest.order_by.clone(),
        layout: manifest.layout.clone(),
        writer: manifest.writer.clone(),
        parts: parts.collect(),
        columns: manifest.columns.clone(),
        inputs: Vec::new(),
        rejected: manifest.rejected.clone(),
        normalised: manifest.normalised.clone(),
        duplicates: manifest.duplicates,
        superseded: manifest.superseded,
        base: manifest.base.clone(),
        withdrawn: Vec::new(),
    };
    // By way of a value, whose objects are ordered by name.
    let members = serde_json::to_value(wire).expect("a manifest has no maps with other keys than text");
    let lists = (manifest.inputs.len() + manifest.withdrawn.len()) * LISTED;
    let mut bytes = Vec::with_capacity(lists + (1 << 16));
    serde_json::to_writer_pretty(&mut bytes, &InOrder { members: &members, manifest })
        .expect("a value of text and numbers is JSON");
    bytes.push(b'\n');
    bytes
}

/// About how many bytes an input takes.
const LISTED: usize = 224;

/// A manifest whose long lists are written as they are: as values they would take several times their
/// length.
struct InOrder<'m> {
    members: &'m serde_json::Value,
    manifest: &'m Manifest,
}

impl Serialize for InOrder<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.members.as_object().into_iter().flatten();
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in members {
            match name.as_str() {
                "inputs" => map.serialize_entry(name, &self.manifest.inputs)?,
                "withdrawn" => map.serialize_entry(name, &self.manifest.withdrawn)?,
                _ => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

fn part_to_wire(place: usize, part: Part) -> PartV1 {
    PartV1 {
        path: part.path(place),
        bytes: part.bytes,
        rows: part.rows,
        sha256: part.sha256,
        fingerprint: part.fingerprint,
        first: part.first,
        last: part.last,
    }
}

/// How many values a manifest of so many bytes may hold. A withdrawal, of which it can have most, has
/// three in 23 bytes or more.
pub(crate) fn most_values(bytes: usize) -> usize {
    (1 << 10) + bytes / 6
}

pub(super) fn read(bytes: &[u8]) -> Result<Manifest, ManifestError> {
    let unreadable = |message: String| ManifestError::Unreadable(crate::text::one_line(&message, 300));
    if json::holds_more_values(bytes, most_values(bytes.len())) {
        return Err(unreadable("it holds more values than any manifest of its length".into()));
    }
    // Only the form of the lists is checked here. With 300,000 inputs, their values take more than 100 MB.
    let value = json::parse_without_elements(bytes).map_err(|error| {
        let (line, column) = crate::text::line_and_column(bytes, error.offset);
        unreadable(format!("line {line} column {column}: {}", error.kind))
    })?;
    match value.pointer("/format").and_then(json::Value::as_str) {
        Some(FORMAT) => {}
        Some(other) => return Err(ManifestError::UnknownFormat(crate::text::one_line(other, 60))),
        None => return Err(unreadable("the member `format` is missing".into())),
    }
    drop(value);
    let wire: ManifestV1 = serde_json::from_slice(bytes).map_err(|error| unreadable(json::fault::explain(&error)))?;
    check(wire)
}

fn check(wire: ManifestV1) -> Result<Manifest, ManifestError> {
    let contradiction = |message: String| Err(ManifestError::Contradiction(crate::text::one_line(&message, 300)));
    if !crate::release::dataset::is_name(&wire.dataset.name) {
        return contradiction(format!("`{}` is no name of a dataset", wire.dataset.name));
    }
    let Ok(released) = wire.released.parse::<Date>() else {
        return contradiction(format!("`released` is no day: `{}`", wire.released));
    };
    if !wire.layout.is_valid() {
        return contradiction("`layout` is none that this version can cut by".into());
    }
    let mut parts = Vec::with_capacity(wire.parts.len());
    for (place, part) in wire.parts.into_iter().enumerate() {
        let PartV1 { path, bytes, rows, sha256, fingerprint, first, last } = part;
        let part = Part { bytes, rows, sha256, fingerprint, first, last };
        if path != part.path(place) {
            return contradiction(format!("part {place} is called `{path}`, which should be `{}`", part.path(place)));
        }
        if rows == 0 {
            return contradiction(format!("`{path}` has no rows"));
        }
        parts.push(part);
    }
    let rows = parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.rows));
    if rows != Some(wire.records) {
        return contradiction(format!("`records` is {}, which is not the sum of the parts' rows", wire.records));
    }
    if parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(part.bytes)).is_none() {
        return contradiction("the parts have more bytes than any file system holds".into());
    }
    let names: BTreeSet<&str> = wire.columns.iter().map(|column| column.name.as_str()).collect();
    if names.len() != wire.columns.len() {
        return contradiction("a column is listed twice".into());
    }
    if let Some(name) = wire.order_by.iter().chain([&wire.key]).find(|name| !names.contains(name.as_str())) {
        return contradiction(format!("`{name}` orders or identifies records and is no column"));
    }
    if !wire.withdrawn.is_sorted_by(|a, b| a.key < b.key) {
        return contradiction("`withdrawn` is not in the order of its keys, or has one twice".into());
    }
    let ordering: BTreeSet<&String> = wire.order_by.iter().collect();
    if ordering.len() != wire.order_by.len() {
        return contradiction("`order_by` names a column twice".into());
    }
    Ok(Manifest {
        dataset: wire.dataset.name,
        about: About {
            title: wire.dataset.title,
            description: wire.dataset.description,
            license: wire.dataset.license,
            creators: wire.dataset.creators,
            ..About::default()
        },
        version: wire.version,
        released,
        previous: wire.previous,
        fingerprint: wire.fingerprint,
        schema: wire.schema,
        key: wire.key,
        order_by: wire.order_by,
        layout: wire.layout,
        writer: wire.writer,
        parts,
        columns: wire.columns,
        inputs: wire.inputs,
        rejected: wire.rejected,
        normalised: wire.normalised,
        duplicates: wire.duplicates,
        superseded: wire.superseded,
        base: wire.base,
        withdrawn: wire.withdrawn,
    })
}
