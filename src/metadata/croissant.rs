//! `croissant.json`: Croissant 1.1, as mlcroissant loads it.
//!
//! The parts are listed one by one for their hashes, and once more as a file set, from which records are
//! loaded. Croissant has no type for maps and no path into lists within structs. Columns of such kinds are
//! left out, and the description of the record set names them.

use serde_json::{Map, Value, json};

use super::columns::RECORD_SHA256_DESCRIPTION;
use super::license::License;
use super::{Metadata, orcid, web_url};
use crate::digest::Digest;
use crate::release::{Creator, INPUTS, InputTotals, Lists};
use crate::schema::{Column, Columns, Kind, RECORD_SHA256};
use crate::text::{count, counted};

/// The id of the record set, and the start of the id of each field.
const RECORDS: &str = "records";
/// The id of the set of all parts.
const PARTS: &str = "parts";
/// `application/x-parquet` is what mlcroissant knows. The registered name is another.
const PARQUET: &str = "application/x-parquet";

pub(super) fn document(metadata: &Metadata<'_>) -> Value {
    let manifest = metadata.manifest;
    let mut document = json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "@id": format!("urn:pressmark:{}", manifest.fingerprint),
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": manifest.dataset,
        "alternateName": metadata.title(),
        "description": metadata.description(),
        "datePublished": manifest.released.to_string(),
        "version": manifest.version.to_string(),
        "isLiveDataset": false,
        "citeAs": cite_as(metadata),
        "distribution": distribution(metadata),
        "recordSet": [record_set(metadata)],
        "prov:wasGeneratedBy": activity(metadata),
    });
    state(&mut document, metadata);
    if let Some(previous) = &manifest.previous {
        document["prov:wasDerivedFrom"] = json!({ "@id": format!("urn:pressmark:{}", previous.fingerprint) });
    }
    document
}

/// Adds what the producer states.
fn state(document: &mut Value, metadata: &Metadata<'_>) {
    let about = metadata.about();
    if let Some(license) = &about.license {
        let address = License::of(license).url();
        document["license"] = address.unwrap_or_else(|| license.clone()).into();
    }
    if !about.creators.is_empty() {
        document["creator"] = about.creators.iter().map(creator).collect();
    }
    if let Some(publisher) = &about.publisher {
        document["publisher"] = json!({ "@type": "sc:Organization", "name": publisher });
    }
    if let Some(url) = &about.url {
        document["url"] = url.as_str().into();
    }
    if let Some(doi) = metadata.doi_url() {
        document["identifier"] = doi.into();
    }
    let (keywords, languages) = (metadata.keywords(), metadata.languages());
    if !keywords.is_empty() {
        document["keywords"] = keywords.into();
    }
    if !languages.is_empty() {
        document["inLanguage"] = languages.into();
    }
}

/// The context that the specification asks for, with the addresses that mlcroissant takes, and PROV-O.
fn context() -> Value {
    let mut context = json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "sc": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "prov": "http://www.w3.org/ns/prov#",
        "conformsTo": "dct:conformsTo",
        "data": { "@id": "cr:data", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "examples": { "@id": "cr:examples", "@type": "@json" },
    });
    for term in [
        "annotation",
        "arrayShape",
        "citeAs",
        "column",
        "containedIn",
        "equivalentProperty",
        "excludes",
        "extract",
        "field",
        "fileObject",
        "fileProperty",
        "fileSet",
        "format",
        "includes",
        "isArray",
        "isLiveDataset",
        "jsonPath",
        "key",
        "md5",
        "parentField",
        "path",
        "readLines",
        "recordSet",
        "references",
        "regex",
        "repeated",
        "replace",
        "samplingRate",
        "sdVersion",
        "separator",
        "source",
        "subField",
        "transform",
        "unArchive",
        "value",
    ] {
        context[term] = format!("cr:{term}").into();
    }
    context
}

fn creator(creator: &Creator) -> Value {
    let kind = if orcid(creator).is_some() { "sc:Person" } else { "sc:Organization" };
    let mut value = json!({ "@type": kind, "name": creator.name });
    if let Some(url) = web_url(creator) {
        value["url"] = url.into();
    }
    value
}

/// A BibTeX entry. Braces and backslashes have a meaning there, so they are left out.
fn cite_as(metadata: &Metadata<'_>) -> String {
    let plain = |text: &str| text.replace(['{', '}', '\\', '\n'], " ");
    let about = metadata.about();
    let authors: Vec<String> = about.creators.iter().map(|creator| format!("{{{}}}", plain(&creator.name))).collect();
    let author = if authors.is_empty() { String::new() } else { format!(" author={{{}}},", authors.join(" and ")) };
    let doi = about.doi.as_ref().map(|doi| format!(", doi={{{doi}}}")).unwrap_or_default();
    let manifest = metadata.manifest;
    let key: String = format!("{}_{}", manifest.dataset, manifest.version)
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character } else { '_' })
        .collect();
    format!(
        "@dataset{{{key}, title={{{}}},{author} year={{{}}}, version={{{}}}{doi}}}",
        plain(metadata.title()),
        metadata.year(),
        manifest.version
    )
}

/// How the release was made: one activity with its tool and counts, and each input with its hash.
fn activity(metadata: &Metadata<'_>) -> Value {
    let manifest = metadata.manifest;
    let entity =
        |name: &str, sha256: Digest| json!({ "@type": "prov:Entity", "name": name, "sha256": sha256.to_string() });
    let inputs: Vec<Value> = match &manifest.lists {
        Lists::Embedded { inputs, .. } => inputs.iter().map(|input| entity(&input.name, input.sha256)).collect(),
        Lists::Files { inputs, .. } if inputs.count == 0 => Vec::new(),
        Lists::Files { inputs_sha256, .. } => vec![entity(INPUTS, *inputs_sha256)],
    };
    let InputTotals { articles: read, rejected, .. } = manifest.inputs();
    json!({
        "@type": "prov:Activity",
        "name": "pressmark build",
        "description": format!(
            "{} read, {} rejected, {} released.",
            counted(read, "article"),
            count(rejected),
            counted(metadata.records(), "record"),
        ),
        "prov:wasAssociatedWith": { "@type": "prov:SoftwareAgent", "name": manifest.writer.tool },
        "prov:used": inputs,
    })
}

fn distribution(metadata: &Metadata<'_>) -> Vec<Value> {
    let file = |(path, part): (String, &crate::release::Part)| {
        json!({
            "@type": "cr:FileObject",
            "@id": path,
            "name": path,
            "contentUrl": path,
            "contentSize": format!("{} B", part.bytes),
            "encodingFormat": PARQUET,
            "sha256": part.sha256.to_string(),
        })
    };
    let set = json!({
        "@type": "cr:FileSet", "@id": PARTS, "name": PARTS, "encodingFormat": PARQUET, "includes": "data/*.parquet",
    });
    metadata.part_paths().map(file).chain([set]).collect()
}

fn record_set(metadata: &Metadata<'_>) -> Value {
    let mut left_out = Vec::new();
    let mut fields = Vec::new();
    for column in metadata.columns {
        match top_level(metadata, column) {
            Some(field) => fields.push(field),
            None => left_out.push(column.name.as_str()),
        }
    }
    let mut hash = field(RECORD_SHA256, &[], "sc:Text", &source(RECORD_SHA256, &[]));
    hash["description"] = RECORD_SHA256_DESCRIPTION.into();
    fields.push(hash);
    let mut set = json!({
        "@type": "cr:RecordSet",
        "@id": RECORDS,
        "name": RECORDS,
        "description": format!("{}.", counted(metadata.records(), "record")),
        "key": { "@id": id(&metadata.manifest.key, &[]) },
        "field": fields,
    });
    if !left_out.is_empty() {
        let (records, names) = (counted(metadata.records(), "record"), left_out.join(", "));
        let text = format!("{records}. Croissant cannot describe these columns of the files: {names}.");
        set["description"] = text.into();
    }
    set
}

/// The field of a column of the record, unless Croissant cannot describe it.
fn top_level(metadata: &Metadata<'_>, column: &Column) -> Option<Value> {
    let mut field = described(&column.name, &[], column)?;
    if let Some(description) = metadata.column_description(column) {
        field["description"] = description.into();
    }
    Some(field)
}

/// The field for a column, at `path` within the column `top` of the record.
fn described(top: &str, path: &[&str], column: &Column) -> Option<Value> {
    match &column.kind {
        Kind::List(element) => {
            let (shape, element) = match &element.kind {
                Kind::List(inner) => ("-1,-1", inner),
                _ => ("-1", element),
            };
            // A path into a list of lists, or into a list within a struct, cannot be written.
            let is_simple = !matches!(element.kind, Kind::List(_) | Kind::Struct(_) | Kind::Tuple(_) | Kind::Map(_));
            if !path.is_empty() || !(is_simple || shape == "-1") {
                return None;
            }
            let mut field = described(top, path, element)?;
            field["isArray"] = true.into();
            field["arrayShape"] = shape.into();
            Some(field)
        }
        Kind::Struct(columns) | Kind::Tuple(columns) => structure(top, path, columns),
        Kind::Map(_) => None,
        _ => Some(field(top, path, data_type(column)?, &source(top, path))),
    }
}

fn structure(top: &str, path: &[&str], columns: &Columns) -> Option<Value> {
    let mut members = Vec::new();
    for column in columns {
        if !is_identifier(&column.name) {
            return None;
        }
        let inner = [path, &[column.name.as_str()]].concat();
        members.push(described(top, &inner, column)?);
    }
    let mut structure = json!({ "@type": "cr:Field", "@id": id(top, path), "name": name(top, path) });
    structure["subField"] = members.into();
    Some(structure)
}

/// Whether a name needs no quotes in a `JSONPath`.
fn is_identifier(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(is_word) && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}

fn field(top: &str, path: &[&str], data_type: &str, source: &Value) -> Value {
    json!({
        "@type": "cr:Field", "@id": id(top, path), "name": name(top, path), "dataType": data_type, "source": source,
    })
}

fn name<'n>(top: &'n str, path: &[&'n str]) -> &'n str {
    path.last().copied().unwrap_or(top)
}

/// The id of a field. Tools take letters, digits and a few marks; other bytes are a dot and two hex digits.
fn id(top: &str, path: &[&str]) -> String {
    let mut id = RECORDS.to_owned();
    for name in [&[top], path].concat() {
        id.push('/');
        for byte in name.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => id.push(char::from(byte)),
                _ => id.push_str(&format!(".{byte:02x}")),
            }
        }
    }
    id
}

fn source(top: &str, path: &[&str]) -> Value {
    let mut source = Map::new();
    source.insert("fileSet".to_owned(), json!({ "@id": PARTS }));
    source.insert("extract".to_owned(), json!({ "column": top }));
    if !path.is_empty() {
        source.insert("transform".to_owned(), json!({ "jsonPath": path.join(".") }));
    }
    source.into()
}

/// The data type of values that have no parts. Tools read integers with nulls as doubles, which do not fit
/// into types of 64 bits at their ends.
fn data_type(column: &Column) -> Option<&'static str> {
    match column.kind {
        Kind::Boolean => Some("sc:Boolean"),
        Kind::Int64 | Kind::UInt64 if column.nullable => Some("sc:Integer"),
        Kind::Int64 => Some("cr:Int64"),
        Kind::UInt64 => Some("cr:UInt64"),
        Kind::Float64 => Some("cr:Float64"),
        Kind::String | Kind::Json => Some("sc:Text"),
        Kind::Timestamp => Some("sc:DateTime"),
        Kind::Date => Some("sc:Date"),
        Kind::List(_) | Kind::Struct(_) | Kind::Tuple(_) | Kind::Map(_) => None,
    }
}
