//! `.zenodo.json`: the metadata of a Zenodo deposit.
//!
//! Zenodo ignores `CITATION.cff` beside it, so it is written on request and is not a part of a release.

use serde_json::{Value, json};

use super::license::License;
use super::{Metadata, orcid};
use crate::release::Creator;

pub(super) fn document(metadata: &Metadata<'_>) -> Value {
    let (manifest, about) = (metadata.manifest, metadata.about());
    let creators = match &*about.creators {
        // Zenodo requires a creator.
        [] => vec![json!({ "name": metadata.unstated_creators() })],
        creators => creators.iter().map(creator).collect(),
    };
    let mut document = json!({
        "upload_type": "dataset",
        "title": metadata.title(),
        "description": html(&metadata.description()),
        "creators": creators,
        "publication_date": manifest.released.to_string(),
        "version": manifest.version.to_string(),
        "notes": format!("pressmark fingerprint {}", manifest.fingerprint),
    });
    if let Some(License::Spdx(id)) = about.license.as_deref().map(License::of) {
        document["license"] = id.to_ascii_lowercase().into();
    }
    let keywords = metadata.keywords();
    if !keywords.is_empty() {
        document["keywords"] = keywords.into();
    }
    let related = |identifier: &str, relation| json!({ "identifier": identifier, "relation": relation });
    let page = about.url.as_deref().map(|url| related(url, "isDescribedBy"));
    let related: Vec<Value> =
        page.into_iter().chain(about.doi.as_deref().map(|doi| related(doi, "isVersionOf"))).collect();
    if !related.is_empty() {
        document["related_identifiers"] = related.into();
    }
    document
}

fn creator(creator: &Creator) -> Value {
    let mut value = json!({ "name": creator.name });
    if let Some(id) = orcid(creator).and_then(|url| url.strip_prefix("https://orcid.org/")) {
        value["orcid"] = id.into();
    }
    value
}

/// Paragraphs of HTML, which Zenodo takes a description for.
fn html(text: &str) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let paragraphs: Vec<String> = text.split("\n\n").map(|paragraph| escape(paragraph.trim())).collect();
    format!("<p>{}</p>", paragraphs.join("</p><p>"))
}
