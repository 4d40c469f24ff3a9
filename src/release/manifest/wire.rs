//! `manifest.json`, byte for byte, in each format. `schema/FORMAT.md` and the JSON Schemas of manifests describe
//! the same for others.
//!
//! Unknown members are refused. The format is checked first, so that the error for a manifest of a later format
//! names it. Members are strict about form, and what they say together is checked on the way to [`Manifest`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use semver::Version;
use serde::de::DeserializeOwned;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize};

use super::{
    ColumnSummary, Input, InputTotals, Lists, Manifest, ManifestError, Normalised, Part, Previous, SchemaRef,
    Withdrawn, Writer,
};
use crate::digest::Digest;
use crate::json;
use crate::part_files::{Format, Layout};
use crate::record::Fingerprint;
use crate::release::about::{About, Creator};

/// The members of a manifest. The formats differ in what they say of the dataset, of inputs and of withdrawals.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestWire<D, I, W> {
    format: String,
    dataset: D,
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
    parts: Vec<PartWire>,
    columns: Vec<ColumnSummary>,
    inputs: I,
    rejected: BTreeMap<String, u64>,
    normalised: Normalised,
    duplicates: u64,
    superseded: u64,
    base: Option<Version>,
    withdrawn: W,
}

/// `pressmark/1`: the lists themselves.
type ManifestV1 = ManifestWire<DatasetV1, Vec<Input>, Vec<Withdrawn>>;
/// `pressmark/2`: the totals and hashes of the lists.
type ManifestV2 = ManifestWire<DatasetV2, InputsV2, WithdrawnV2>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputsV2 {
    count: u64,
    bytes: u64,
    articles: u64,
    admitted: u64,
    rejected: u64,
    sha256: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WithdrawnV2 {
    count: u64,
    sha256: Digest,
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
struct DatasetV2 {
    name: String,
    title: Option<String>,
    description: Option<String>,
    license: Option<String>,
    creators: Vec<Creator>,
    url: Option<String>,
    doi: Option<String>,
    keywords: Vec<String>,
    languages: Vec<String>,
    publisher: Option<String>,
    card: Option<String>,
}

impl DatasetV1 {
    fn new(name: &str, about: &About) -> Self {
        let About { title, description, license, creators, .. } = about.clone();
        Self { name: name.to_owned(), title, description, license, creators }
    }

    fn into_parts(self) -> (String, About) {
        let Self { name, title, description, license, creators } = self;
        (name, About { title, description, license, creators, ..About::default() })
    }
}

impl DatasetV2 {
    fn new(name: &str, about: &About) -> Self {
        let About { title, description, license, creators, url, doi, keywords, languages, publisher, card } =
            about.clone();
        let name = name.to_owned();
        Self { name, title, description, license, creators, url, doi, keywords, languages, publisher, card }
    }

    fn into_parts(self) -> (String, About) {
        let Self { name, title, description, license, creators, url, doi, keywords, languages, publisher, card } = self;
        (name, About { title, description, license, creators, url, doi, keywords, languages, publisher, card })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartWire {
    path: String,
    bytes: u64,
    rows: u64,
    sha256: Digest,
    fingerprint: Fingerprint,
    first: serde_json::Map<String, serde_json::Value>,
    last: serde_json::Map<String, serde_json::Value>,
}

pub(super) fn write(manifest: &Manifest) -> Vec<u8> {
    let (mut bytes, mut embedded) = (Vec::with_capacity(1 << 16), None);
    let members = match &manifest.lists {
        Lists::Embedded { inputs, withdrawn } => {
            embedded = Some((inputs.as_slice(), withdrawn.as_slice()));
            let dataset = DatasetV1::new(&manifest.dataset, &manifest.about);
            members(manifest, dataset, Vec::<Input>::new(), Vec::<Withdrawn>::new())
        }
        Lists::Files { inputs, inputs_sha256, withdrawn, withdrawn_sha256 } => {
            let InputTotals { count, bytes, articles, admitted, rejected } = *inputs;
            let inputs = InputsV2 { count, bytes, articles, admitted, rejected, sha256: *inputs_sha256 };
            let dataset = DatasetV2::new(&manifest.dataset, &manifest.about);
            members(manifest, dataset, inputs, WithdrawnV2 { count: *withdrawn, sha256: *withdrawn_sha256 })
        }
    };
    serde_json::to_writer_pretty(&mut bytes, &InOrder { members: &members, embedded })
        .expect("a value of text and numbers is JSON");
    bytes.push(b'\n');
    bytes
}

/// The members as a value, whose objects are ordered by name.
fn members<D: Serialize, I: Serialize, W: Serialize>(
    manifest: &Manifest,
    dataset: D,
    inputs: I,
    withdrawn: W,
) -> serde_json::Value {
    let parts = manifest.parts.iter().cloned().enumerate().map(|(index, part)| part_to_wire(index, part));
    let wire = ManifestWire {
        format: manifest.format().name().to_owned(),
        records: manifest.records(),
        dataset,
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
        inputs,
        rejected: manifest.rejected.clone(),
        normalised: manifest.normalised.clone(),
        duplicates: manifest.duplicates,
        superseded: manifest.superseded,
        base: manifest.base.clone(),
        withdrawn,
    };
    serde_json::to_value(wire).expect("a manifest has no maps with other keys than text")
}

/// A manifest whose embedded lists, if it has any, are written as they are: as values they would take several
/// times their length.
struct InOrder<'m> {
    members: &'m serde_json::Value,
    embedded: Option<(&'m [Input], &'m [Withdrawn])>,
}

impl Serialize for InOrder<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.members.as_object().into_iter().flatten();
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in members {
            match (name.as_str(), self.embedded) {
                ("inputs", Some((inputs, _))) => map.serialize_entry(name, inputs)?,
                ("withdrawn", Some((_, withdrawn))) => map.serialize_entry(name, withdrawn)?,
                _ => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

fn part_to_wire(index: usize, part: Part) -> PartWire {
    PartWire {
        path: part.path(index),
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
    match format(bytes)? {
        Format::V1 => {
            let lists = |inputs, withdrawn| Lists::Embedded { inputs, withdrawn };
            check(parse::<ManifestV1>(bytes)?, Format::V1, DatasetV1::into_parts, lists)
        }
        Format::V2 => {
            let lists = |inputs: InputsV2, withdrawn: WithdrawnV2| {
                let InputsV2 { count, bytes, articles, admitted, rejected, sha256: inputs_sha256 } = inputs;
                let inputs = InputTotals { count, bytes, articles, admitted, rejected };
                let WithdrawnV2 { count: withdrawn, sha256: withdrawn_sha256 } = withdrawn;
                Lists::Files { inputs, inputs_sha256, withdrawn, withdrawn_sha256 }
            };
            check(parse::<ManifestV2>(bytes)?, Format::V2, DatasetV2::into_parts, lists)
        }
    }
}

fn unreadable(message: &str) -> ManifestError {
    ManifestError::Unreadable(crate::text::one_line(message, 300))
}

/// The format of a manifest. Nothing else is read from it.
fn format(bytes: &[u8]) -> Result<Format, ManifestError> {
    if json::holds_more_values(bytes, most_values(bytes.len())) {
        return Err(unreadable("it holds more values than any manifest of its length"));
    }
    // Only the form of the lists is checked here. With 300,000 inputs, their values take more than 100 MB.
    let value = json::parse_without_elements(bytes).map_err(|error| {
        let (line, column) = crate::text::line_and_column(bytes, error.offset);
        unreadable(&format!("line {line} column {column}: {}", error.kind))
    })?;
    let Some(name) = value.pointer("/format").and_then(json::Value::as_str) else {
        return Err(unreadable("the member `format` is missing"));
    };
    Format::named(name).ok_or_else(|| ManifestError::UnknownFormat(crate::text::one_line(name, 60)))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ManifestError> {
    serde_json::from_slice(bytes).map_err(|error| unreadable(&json::fault::explain(&error)))
}

fn contradiction<T>(message: &str) -> Result<T, ManifestError> {
    Err(ManifestError::Contradiction(crate::text::one_line(message, 300)))
}

fn check<D, I, W>(
    wire: ManifestWire<D, I, W>,
    format: Format,
    dataset: impl FnOnce(D) -> (String, About),
    lists: impl FnOnce(I, W) -> Lists,
) -> Result<Manifest, ManifestError> {
    let (dataset, about) = dataset(wire.dataset);
    if !crate::release::dataset::is_name(&dataset) {
        return contradiction(&format!("`{dataset}` is no name of a dataset"));
    }
    // The first format has no rules for these values.
    if let Some(fault) = about.check().err().filter(|_| format > Format::V1) {
        return contradiction(&format!("`{}` of the dataset: {}", fault.key, fault.message));
    }
    if wire.writer.metadata.is_some() != format.metadata().is_some() {
        return contradiction(&format!("`writer.metadata` is not that of {format}"));
    }
    let Ok(released) = wire.released.parse::<Date>() else {
        return contradiction(&format!("`released` is no day: `{}`", wire.released));
    };
    if !wire.layout.is_valid(format) {
        return contradiction("`layout` is none that this version can cut by");
    }
    let parts = check_parts(wire.parts, wire.records)?;
    check_columns(&wire.columns, &wire.order_by, &wire.key)?;
    let lists = lists(wire.inputs, wire.withdrawn);
    check_lists(&lists)?;
    Ok(Manifest {
        dataset,
        about,
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
        lists,
        rejected: wire.rejected,
        normalised: wire.normalised,
        duplicates: wire.duplicates,
        superseded: wire.superseded,
        base: wire.base,
    })
}

fn check_parts(wire: Vec<PartWire>, records: u64) -> Result<Vec<Part>, ManifestError> {
    let mut parts = Vec::with_capacity(wire.len());
    for (index, part) in wire.into_iter().enumerate() {
        let PartWire { path, bytes, rows, sha256, fingerprint, first, last } = part;
        let part = Part { bytes, rows, sha256, fingerprint, first, last };
        if path != part.path(index) {
            return contradiction(&format!("part {index} is called `{path}`, which should be `{}`", part.path(index)));
        }
        if rows == 0 {
            return contradiction(&format!("`{path}` has no rows"));
        }
        parts.push(part);
    }
    let sum = |of: fn(&Part) -> u64| parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(of(part)));
    if sum(|part| part.rows) != Some(records) {
        return contradiction(&format!("`records` is {records}, which is not the sum of the parts' rows"));
    }
    if sum(|part| part.bytes).is_none() {
        return contradiction("the parts have more bytes than any file system holds");
    }
    Ok(parts)
}

fn check_columns(columns: &[ColumnSummary], order_by: &[String], key: &String) -> Result<(), ManifestError> {
    let names: BTreeSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    if names.len() != columns.len() {
        return contradiction("a column is listed twice");
    }
    if let Some(name) = order_by.iter().chain([key]).find(|name| !names.contains(name.as_str())) {
        return contradiction(&format!("`{name}` orders or identifies records and is no column"));
    }
    let ordering: BTreeSet<&String> = order_by.iter().collect();
    if ordering.len() != order_by.len() {
        return contradiction("`order_by` names a column twice");
    }
    Ok(())
}

fn check_lists(lists: &Lists) -> Result<(), ManifestError> {
    let has_file = |count: u64, sha256: &Digest| (count > 0) == (*sha256 != Digest::of(b""));
    match lists {
        Lists::Embedded { withdrawn, .. } if !withdrawn.is_sorted_by(|a, b| a.key < b.key) => {
            contradiction("`withdrawn` is not in the order of its keys, or has one twice")
        }
        Lists::Files { inputs, inputs_sha256, .. } if !has_file(inputs.count, inputs_sha256) => {
            contradiction("`inputs` counts no input and has the SHA-256 of a list, or the other way round")
        }
        Lists::Files { withdrawn, withdrawn_sha256, .. } if !has_file(*withdrawn, withdrawn_sha256) => {
            contradiction("`withdrawn` counts no record and has the SHA-256 of a list, or the other way round")
        }
        Lists::Embedded { .. } | Lists::Files { .. } => Ok(()),
    }
}
