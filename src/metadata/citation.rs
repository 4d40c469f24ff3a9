//! `CITATION.cff`: Citation File Format 1.2.0.

use super::license::License;
use super::yaml::quoted;
use super::{Metadata, orcid, web_url};
use crate::release::Creator;

/// SPDX identifiers that Citation File Format 1.2.0 lists. Newer ones make a file invalid.
/// Source: the definition `license-enum` of its JSON Schema.
const LICENSES: &str = include_str!("../../schema/licenses/cff-1.2.0.txt");

pub(super) fn write(metadata: &Metadata<'_>) -> String {
    let manifest = metadata.manifest;
    let mut lines = vec![
        "cff-version: 1.2.0".to_owned(),
        "message: \"If you use this dataset, please cite it as below.\"".to_owned(),
        "type: dataset".to_owned(),
        format!("title: {}", quoted(metadata.title())),
        format!("version: {}", quoted(&manifest.version.to_string())),
        format!("date-released: {}", manifest.released),
        format!("abstract: {}", quoted(&metadata.description())),
        "authors:".to_owned(),
    ];
    let about = metadata.about();
    match &*about.creators {
        // The format requires an author.
        [] => lines.push(format!("  - name: {}", quoted(&metadata.unstated_creators()))),
        creators => creators.iter().for_each(|creator| lines.extend(author(creator))),
    }
    lines.extend(about.license.as_deref().and_then(license));
    lines.extend(about.url.as_deref().map(|url| format!("url: {}", quoted(url))));
    let keywords = metadata.keywords();
    if !keywords.is_empty() {
        lines.push("keywords:".to_owned());
        lines.extend(keywords.iter().map(|keyword| format!("  - {}", quoted(keyword))));
    }
    lines.push("identifiers:".to_owned());
    if let Some(doi) = &about.doi {
        lines.push("  - type: doi".to_owned());
        lines.push(format!("    value: {}", quoted(doi)));
        lines.push("    description: \"The dataset, all versions.\"".to_owned());
    }
    lines.push("  - type: other".to_owned());
    lines.push(format!("    value: {}", quoted(&manifest.fingerprint.to_string())));
    let description = format!("The pressmark fingerprint of the records of version {}.", manifest.version);
    lines.push(format!("    description: {}", quoted(&description)));
    lines.join("\n") + "\n"
}

/// An entity: whether a creator is a person is not stated.
fn author(creator: &Creator) -> Vec<String> {
    let mut lines = vec![format!("  - name: {}", quoted(&creator.name))];
    match (orcid(creator), web_url(creator)) {
        (Some(orcid), _) => lines.push(format!("    orcid: {}", quoted(orcid))),
        (None, Some(url)) => lines.push(format!("    website: {}", quoted(url))),
        (None, None) => {}
    }
    lines
}

fn license(text: &str) -> Option<String> {
    match License::of(text) {
        License::Spdx(id) if LICENSES.lines().any(|known| known == id) => Some(format!("license: {}", quoted(id))),
        other => other.url().map(|url| format!("license-url: {}", quoted(&url))),
    }
}
