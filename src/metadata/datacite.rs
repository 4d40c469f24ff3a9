//! `datacite.json`: the attributes of a DOI by the `DataCite` schema 4.5.
//!
//! It has no identifier: whoever registers the DOI adds it.

use serde_json::{Value, json};

use super::license::License;
use super::{Metadata, orcid};
use crate::release::Creator;

pub(super) fn document(metadata: &Metadata<'_>) -> Value {
    let manifest = metadata.manifest;
    let creators = metadata.creators();
    let mut document = json!({
        "types": { "resourceTypeGeneral": "Dataset", "resourceType": "News article corpus" },
        "creators": creators.iter().map(creator).collect::<Vec<_>>(),
        "titles": [{ "title": metadata.title() }],
        "publisher": { "name": creators[0].name },
        "publicationYear": metadata.year().to_string(),
        "dates": [{ "date": manifest.released.to_string(), "dateType": "Issued" }],
        "version": manifest.version.to_string(),
        "sizes": [format!("{} records", manifest.records()), format!("{} bytes", metadata.bytes())],
        "formats": ["application/vnd.apache.parquet"],
        "descriptions": [{ "description": metadata.description(), "descriptionType": "Abstract" }],
        "alternateIdentifiers": [{
            "alternateIdentifier": manifest.fingerprint.to_string(),
            "alternateIdentifierType": "pressmark fingerprint",
        }],
        "schemaVersion": "http://datacite.org/schema/kernel-4",
    });
    if let Some(license) = &manifest.license {
        document["rightsList"] = json!([rights(license)]);
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
