//! `datacite.json`: the attributes of a DOI by the `DataCite` schema 4.5.
//!
//! It has no identifier: whoever registers the DOI adds it.

use serde_json::{Value, json};

use super::license::License;
use super::{Metadata, orcid};
use crate::release::Creator;
use crate::text::counted;

/// What `DataCite` writes for a value that is not available (appendix 3 of its documentation).
const UNAVAILABLE: &str = ":unav";

pub(super) fn document(metadata: &Metadata<'_>) -> Value {
    let (manifest, about) = (metadata.manifest, metadata.about());
    let creators = match &*about.creators {
        [] => vec![json!({ "name": UNAVAILABLE })],
        creators => creators.iter().map(creator).collect(),
    };
    let publisher = about.publisher.as_deref().or(about.creators.first().map(|creator| &*creator.name));
    let mut document = json!({
        "types": { "resourceTypeGeneral": "Dataset", "resourceType": "Text corpus" },
        "creators": creators,
        "titles": [{ "title": metadata.title() }],
        "publisher": { "name": publisher.unwrap_or(UNAVAILABLE) },
        "publicationYear": metadata.year().to_string(),
        "dates": [{ "date": manifest.released.to_string(), "dateType": "Issued" }],
        "version": manifest.version.to_string(),
        "sizes": [counted(metadata.records(), "record"), counted(metadata.bytes(), "byte")],
        "formats": ["application/vnd.apache.parquet"],
        "descriptions": [{ "description": metadata.description(), "descriptionType": "Abstract" }],
        "alternateIdentifiers": [{
            "alternateIdentifier": manifest.fingerprint.to_string(),
            "alternateIdentifierType": "pressmark fingerprint",
        }],
        "schemaVersion": "http://datacite.org/schema/kernel-4",
    });
    if let Some(license) = &about.license {
        document["rightsList"] = json!([rights(license)]);
    }
    let subjects: Vec<Value> = metadata.keywords().iter().map(|keyword| json!({ "subject": keyword })).collect();
    if !subjects.is_empty() {
        document["subjects"] = subjects.into();
    }
    // A document has one language, the primary one.
    if let [language] = &*metadata.languages() {
        document["language"] = (*language).into();
    }
    if let Some(url) = &about.url {
        document["url"] = url.as_str().into();
    }
    if let Some(doi) = &about.doi {
        document["relatedIdentifiers"] = json!([{
            "relatedIdentifier": doi, "relatedIdentifierType": "DOI", "relationType": "IsVersionOf",
        }]);
    }
    document
}

fn creator(creator: &Creator) -> Value {
    match orcid(creator) {
        Some(orcid) => json!({
            "name": creator.name,
            "nameType": "Personal",
            "nameIdentifiers": [{
                "nameIdentifier": orcid, "nameIdentifierScheme": "ORCID", "schemeUri": "https://orcid.org",
            }],
        }),
        None => json!({ "name": creator.name, "nameType": "Organizational" }),
    }
}

fn rights(text: &str) -> Value {
    let license = License::of(text);
    let mut rights = json!({ "rights": text });
    if let Some(url) = license.url() {
        rights["rightsUri"] = url.into();
    }
    if let License::Spdx(id) = license {
        rights["rightsIdentifier"] = id.into();
        rights["rightsIdentifierScheme"] = "SPDX".into();
    }
    rights
}
