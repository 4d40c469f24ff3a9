//! `datapackage.json`: Data Package 2.0, as frictionless validates it.
//!
//! One resource lists all parts. Frictionless reads lists and maps of Parquet as `any`, and integers with
//! nulls as `number`, so they are described so. Patterns of the schema are left out: Data Package means a
//! match of the whole value by them, and JSON Schema a match anywhere.

use serde_json::{Map, Value, json};

use super::columns::RECORD_SHA256_DESCRIPTION;
use super::license::License;
use super::{Metadata, web_url};
use crate::release::Creator;
use crate::schema::{Column, Kind, RECORD_SHA256};

pub(super) fn document(metadata: &Metadata<'_>) -> Value {
    let manifest = metadata.manifest;
    let mut package = json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": manifest.dataset,
        "title": metadata.title(),
        "description": metadata.description(),
        "version": manifest.version.to_string(),
        "created": format!("{}T00:00:00Z", manifest.released),
        "resources": [resource(metadata)],
    });
    let about = metadata.about();
    if let Some(license) = &about.license {
        package["licenses"] = json!([license_entry(license)]);
    }
    let publisher = about.publisher.iter().map(|name| json!({ "title": name, "roles": ["publisher"] }));
    let contributors: Vec<Value> = about.creators.iter().map(creator).chain(publisher).collect();
    if !contributors.is_empty() {
        package["contributors"] = contributors.into();
    }
    let keywords = metadata.keywords();
    if !keywords.is_empty() {
        package["keywords"] = keywords.into();
    }
    if let Some(url) = &about.url {
        package["homepage"] = url.as_str().into();
    }
    if let Some(doi) = metadata.doi_url() {
        package["id"] = doi.into();
    }
    package
}

fn creator(creator: &Creator) -> Value {
    let mut contributor = json!({ "title": creator.name, "roles": ["creator"] });
    if let Some(url) = web_url(creator) {
        contributor["path"] = url.into();
    }
    contributor
}

/// A license has a name, a path or both.
fn license_entry(text: &str) -> Value {
    match License::of(text) {
        License::Spdx(id) => json!({ "name": id, "path": License::of(text).url() }),
        License::Url(url) => json!({ "path": url }),
        // Names of licenses have no blanks in Data Package.
        License::Words(words) => json!({ "name": slug(words), "title": words }),
    }
}

fn slug(words: &str) -> String {
    let kept =
        |character: char| if character.is_ascii_alphanumeric() || "-._".contains(character) { character } else { '-' };
    words.chars().map(kept).collect()
}

fn resource(metadata: &Metadata<'_>) -> Value {
    let paths: Vec<String> = metadata.part_paths().map(|(path, _)| path).collect();
    let mut resource = json!({
        "name": "records",
        "type": "table",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "schema": table_schema(metadata),
    });
    // A hash belongs to one file. The hashes of several are in SHA256SUMS.
    if let [part] = &*metadata.manifest.parts {
        resource["path"] = paths[0].clone().into();
        resource["hash"] = format!("sha256:{}", part.sha256).into();
    } else {
        resource["path"] = paths.into();
    }
    resource
}

fn table_schema(metadata: &Metadata<'_>) -> Value {
    let mut fields: Vec<Value> = metadata.columns.iter().map(|column| field(metadata, column)).collect();
    fields.push(json!({ "name": RECORD_SHA256, "type": "any", "description": RECORD_SHA256_DESCRIPTION }));
    json!({
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": fields,
        "primaryKey": [metadata.manifest.key],
    })
}

fn field(metadata: &Metadata<'_>, column: &Column) -> Value {
    let mut field = json!({ "name": column.name, "type": field_type(column) });
    if let Some(description) = metadata.column_description(column) {
        field["description"] = description.into();
    }
    let constraints = constraints(metadata, column);
    if !constraints.is_empty() {
        field["constraints"] = constraints.into();
    }
    field
}

fn field_type(column: &Column) -> &'static str {
    match &column.kind {
        Kind::Boolean => "boolean",
        Kind::Int64 | Kind::UInt64 if column.nullable => "number",
        Kind::Int64 | Kind::UInt64 => "integer",
        Kind::Float64 => "number",
        Kind::String | Kind::Json => "string",
        Kind::Timestamp => "datetime",
        Kind::Date => "date",
        Kind::Struct(_) | Kind::Tuple(_) => "object",
        Kind::List(_) | Kind::Map(_) => "any",
    }
}

/// Constraints that mean in Data Package what they mean in JSON Schema.
fn constraints(metadata: &Metadata<'_>, column: &Column) -> Map<String, Value> {
    let mut constraints = Map::new();
    if !column.nullable {
        constraints.insert("required".to_owned(), true.into());
    }
    if column.name == metadata.manifest.key {
        constraints.insert("unique".to_owned(), true.into());
    }
    let names: &[&str] = match column.kind {
        Kind::String => &["minLength", "maxLength"],
        // Frictionless compares a null with a bound, and finds it out of bounds.
        Kind::Int64 | Kind::UInt64 | Kind::Float64 if !column.nullable => &["minimum", "maximum"],
        _ => &[],
    };
    for name in names {
        if let Some(value) = metadata.subschema(column).and_then(|schema| schema.get(name)) {
            constraints.insert((*name).to_owned(), value.clone());
        }
    }
    constraints
}
