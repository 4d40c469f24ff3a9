//! `.zenodo.json`: the metadata of a Zenodo deposit.
//!
//! Zenodo ignores `CITATION.cff` beside it, so it is written on request and is not a part of a release.

use serde_json::{Value, json};

use super::license::License;
use super::{Metadata, orcid};
use crate::release::Creator;

pub(super) fn document(metadata: &Metadata<'_>) -> Value {
    let manifest = metadata.manifest;
    let mut document = json!({
        "upload_type": "dataset",
        "title": metadata.title(),
        "description": html(&metadata.description()),
        "creators": metadata.creators().iter().map(creator).collect::<Vec<_>>(),
        "publication_date": manifest.released.to_string(),
        "version": manifest.version.to_string(),
        "notes": format!("pressmark fingerprint {}", manifest.fingerprint),
    });
    if let Some(License::Spdx(id)) = manifest.license.as_deref().map(License::of) {
        document["license"] = id.to_ascii_lowercase().into();
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
