//! `ro-crate-metadata.json`: RO-Crate 1.1, which describes the release as a crate of files.

use serde_json::{Value, json};

use super::license::License;
use super::{Metadata, web_url};
use crate::release::{Creator, Format, INPUTS, WITHDRAWN};
use crate::text::counted;

const LICENSE: &str = "#license";
const PUBLISHER: &str = "#publisher";

pub(super) fn document(metadata: &Metadata<'_>) -> Value {
    let about = metadata.about();
    let files = files(metadata);
    let mut graph = vec![
        json!({
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "conformsTo": reference("https://w3id.org/ro/crate/1.1"),
            "about": reference("./"),
        }),
        root(metadata, &files),
        license(about.license.as_deref()),
    ];
    graph.extend(about.creators.iter().enumerate().map(|(index, creator)| person(index, creator)));
    graph.extend(about.publisher.iter().map(|name| json!({ "@id": PUBLISHER, "@type": "Organization", "name": name })));
    graph.extend(files);
    json!({ "@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph })
}

/// The release itself.
fn root(metadata: &Metadata<'_>, files: &[Value]) -> Value {
    let (manifest, about) = (metadata.manifest, metadata.about());
    let identifiers: Vec<String> =
        metadata.doi_url().into_iter().chain([format!("urn:pressmark:{}", manifest.fingerprint)]).collect();
    let parts: Vec<Value> = files.iter().map(|file| json!({ "@id": file["@id"] })).collect();
    let mut root = json!({
        "@id": "./",
        "@type": "Dataset",
        "name": metadata.title(),
        "description": metadata.description(),
        "datePublished": manifest.released.to_string(),
        "version": manifest.version.to_string(),
        "identifier": identifiers,
        "license": reference(LICENSE),
        "hasPart": parts,
    });
    let creators: Vec<Value> = (0..about.creators.len()).map(|index| reference(&creator_id(index))).collect();
    if !creators.is_empty() {
        root["author"] = creators.clone().into();
        root["creator"] = creators.into();
    }
    let keywords = metadata.keywords();
    if !keywords.is_empty() {
        root["keywords"] = keywords.into();
    }
    let languages = metadata.languages();
    if !languages.is_empty() {
        root["inLanguage"] = languages.into();
    }
    if let Some(url) = &about.url {
        root["url"] = url.as_str().into();
    }
    if about.publisher.is_some() {
        root["publisher"] = reference(PUBLISHER);
    }
    root
}

fn reference(id: &str) -> Value {
    json!({ "@id": id })
}

fn creator_id(index: usize) -> String {
    format!("#creator-{index}")
}

fn person(index: usize, creator: &Creator) -> Value {
    let kind = if super::orcid(creator).is_some() { "Person" } else { "Organization" };
    let mut value = json!({ "@id": creator_id(index), "@type": kind, "name": creator.name });
    if let Some(url) = web_url(creator) {
        value["url"] = url.into();
    }
    value
}

/// RO-Crate requires a license, so a dataset without one says that.
fn license(text: Option<&str>) -> Value {
    let Some(text) = text else {
        let description = "The producer of this dataset states no license.";
        return json!({ "@id": LICENSE, "@type": "CreativeWork", "name": "No license stated", "description": description });
    };
    let mut value = json!({ "@id": LICENSE, "@type": "CreativeWork", "name": text, "description": text });
    if let Some(url) = License::of(text).url() {
        value["url"] = url.into();
    }
    value
}

fn files(metadata: &Metadata<'_>) -> Vec<Value> {
    let file = |path: &str, description: String, format: &str| json!({ "@id": path, "@type": "File", "name": path, "description": description, "encodingFormat": format });
    let mut files = vec![
        file("manifest.json", "The manifest of the release.".to_owned(), "application/json"),
        file("schema.json", "The JSON Schema of the records.".to_owned(), "application/schema+json"),
        file("SHA256SUMS", "The SHA-256 of every other file.".to_owned(), "text/plain"),
    ];
    if metadata.manifest.format() > Format::V1 {
        let description = |text: &str| text.to_owned();
        files.extend([
            file("README.md", description("The dataset card."), "text/markdown"),
            file("croissant.json", description("The release in the words of Croissant."), "application/ld+json"),
            file("datapackage.json", description("The release as a data package."), "application/json"),
            file("CITATION.cff", description("How to cite the release."), "application/yaml"),
        ]);
        let lists = [
            (INPUTS, "The inputs, one a line.", metadata.manifest.inputs().count),
            (WITHDRAWN, "The withdrawn records, one a line.", metadata.manifest.withdrawn()),
        ];
        let lists = lists.into_iter().filter(|(_, _, count)| *count > 0);
        files.extend(lists.map(|(name, text, _)| file(name, description(text), "application/jsonl")));
    }
    for (path, part) in metadata.part_paths() {
        let mut entry = file(&path, counted(part.rows, "record"), "application/vnd.apache.parquet");
        entry["contentSize"] = part.bytes.to_string().into();
        files.push(entry);
    }
    files
}
