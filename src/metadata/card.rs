//! `README.md` of a release: a dataset card. Its header tells the Hugging Face Hub what to load, and its prose
//! tells people what the release is, how to read it and how to verify it.
//!
//! Text of the producer and names of columns stay text: nothing in them becomes markup. The exception is the
//! producer's own card, which is Markdown.

use super::Metadata;
use super::card_header::{Configuration, dataset_info, header};
use super::columns::{RECORD_SHA256_DESCRIPTION, has_map};
use super::markdown::{line, paragraphs};
use crate::release::{Format, InputTotals};
use crate::schema::{Column, RECORD_SHA256};
use crate::text::{count, counted};

pub(super) fn write(metadata: &Metadata<'_>) -> String {
    let configuration =
        Configuration { name: "default".to_owned(), is_default: false, parts: "data/*.parquet".to_owned() };
    let header = [header(metadata, &[configuration]), dataset_info(metadata)].concat();
    let mut sections = introduction(metadata);
    sections.extend([loading(metadata), columns_table(metadata), provenance(metadata), verifying(metadata)]);
    page(&header, &sections)
}

/// A page with a header and these sections.
pub(super) fn page(header: &[String], sections: &[String]) -> String {
    format!("---\n{}\n---\n\n{}\n", header.join("\n"), sections.join("\n\n"))
}

/// The title, the description, a table of facts, and the producer's own card.
pub(super) fn introduction(metadata: &Metadata<'_>) -> Vec<String> {
    let rows: Vec<String> = facts(metadata).iter().map(|(name, value)| format!("| {name} | {value} |")).collect();
    let mut sections = vec![
        format!("# {}", line(metadata.title())),
        paragraphs(&metadata.description()),
        format!("| | |\n|---|---|\n{}", rows.join("\n")),
    ];
    sections
        .extend(metadata.about().card.as_deref().map(|card| card.trim().to_owned()).filter(|card| !card.is_empty()));
    sections
}

fn facts(metadata: &Metadata<'_>) -> Vec<(&'static str, String)> {
    const UNSTATED: &str = "not stated";
    let (manifest, about) = (metadata.manifest, metadata.about());
    let creators: Vec<String> = about.creators.iter().map(|creator| line(&creator.name)).collect();
    let (bytes, files) = (counted(metadata.bytes(), "byte"), counted(manifest.parts.len() as u64, "file"));
    let list = |words: Vec<&str>| words.iter().map(|word| line(word)).collect::<Vec<_>>().join(", ");
    let mut rows = vec![
        ("Version", format!("{}, released {}", manifest.version, manifest.released)),
        ("Records", count(metadata.records())),
        ("Size", format!("{bytes} of Parquet in {files}")),
        ("License", about.license.as_deref().map_or_else(|| UNSTATED.to_owned(), line)),
        ("Creators", if creators.is_empty() { UNSTATED.to_owned() } else { creators.join("; ") }),
        ("Publisher", about.publisher.as_deref().map(line).unwrap_or_default()),
        ("Languages", list(metadata.languages())),
        ("Keywords", list(metadata.keywords())),
        ("Page", about.url.as_ref().map(|url| format!("<{url}>")).unwrap_or_default()),
        ("DOI", metadata.doi_url().map(|url| format!("<{url}>")).unwrap_or_default()),
        ("Fingerprint", format!("`{}`", manifest.fingerprint)),
        ("Previous version", manifest.previous.as_ref().map(|before| before.version.to_string()).unwrap_or_default()),
    ];
    rows.retain(|(_, value)| !value.is_empty());
    rows
}

fn loading(metadata: &Metadata<'_>) -> String {
    let mut text =
        "## Load it\n\nThe records are plain Parquet files in `data/`. Run these lines in the folder of the \
                    release.\n\n```python\nimport pandas\npandas.read_parquet(\"data\")\n```\n\n\
                    ```sql\nSELECT * FROM 'data/*.parquet' LIMIT 5; -- DuckDB\n```\n\n"
            .to_owned();
    if has_map(metadata.columns) {
        text.push_str("Hugging Face `datasets` cannot load this release, because it has a column of maps.");
    } else {
        text.push_str("```python\nfrom datasets import load_dataset\nload_dataset(\".\", split=\"train\")\n```");
    }
    text
}

fn columns_table(metadata: &Metadata<'_>) -> String {
    let manifest = metadata.manifest;
    let records = manifest.records();
    let nulls = |column: &Column| {
        manifest.columns.iter().find(|summary| summary.name == column.name).map(|summary| summary.nulls)
    };
    let mut rows: Vec<String> = Vec::new();
    for column in metadata.columns {
        let filled = nulls(column).map(|nulls| percent(records.saturating_sub(nulls), records)).unwrap_or_default();
        let description = metadata.column_description(column).map(|text| line(&text)).unwrap_or_default();
        let key = if column.name == manifest.key { " (key)" } else { "" };
        rows.push(format!(
            "| {}{key} | {} | {filled} | {description} |",
            line(&column.name),
            line(&column.kind.describe())
        ));
    }
    rows.push(format!("| {} | binary | 100 % | {RECORD_SHA256_DESCRIPTION} |", line(RECORD_SHA256)));
    let mut order: Vec<String> = manifest.order_by.iter().map(|name| line(name)).collect();
    if !manifest.order_by.contains(&manifest.key) {
        order.push(line(&manifest.key));
    }
    let order = order.join(", ");
    format!(
        "## Columns\n\nRecords are ordered by {order}. `schema.json` is the JSON Schema that every record satisfies.\n\n\
         | Column | Type | Filled | Description |\n|---|---|---|---|\n{}",
        rows.join("\n")
    )
}

fn percent(part: u64, whole: u64) -> String {
    match (part, whole) {
        (_, 0) => String::new(),
        (part, whole) if part == whole => "100 %".to_owned(),
        (0, _) => "0 %".to_owned(),
        (part, whole) => {
            let tenths = (u128::from(part) * 1000 / u128::from(whole)).clamp(1, 999);
            format!("{}.{} %", tenths / 10, tenths % 10)
        }
    }
}

fn provenance(metadata: &Metadata<'_>) -> String {
    let manifest = metadata.manifest;
    let InputTotals { count: inputs, articles, rejected, .. } = manifest.inputs();
    let list = if manifest.format() == Format::V1 { "manifest.json" } else { "inputs.jsonl" };
    let mut text = format!(
        "## How it was made\n\n{} validated {} from {} against `schema.json`, rejected {} and left out {}. `{list}` \
         lists the inputs with their hashes.",
        line(&manifest.writer.tool),
        counted(articles, "article"),
        counted(inputs, "input"),
        count(rejected),
        counted(manifest.duplicates, "identical duplicate"),
    );
    let changes = manifest.normalised.iter().flat_map(|(field, rules)| rules.iter().map(move |rule| (field, rule)));
    let rows: Vec<String> = changes
        .map(|(field, (rule, times))| format!("| {} | {} | {} |", line(field), line(rule), count(*times)))
        .collect();
    if !rows.is_empty() {
        text.push_str("\n\nValues that were changed before validation:\n\n| Field | Rule | Times |\n|---|---|---|\n");
        text.push_str(&rows.join("\n"));
    }
    text
}

fn verifying(metadata: &Metadata<'_>) -> String {
    format!(
        "## Verify it\n\n`sha256sum -c SHA256SUMS` checks that every file arrived intact. `pressmark verify .` also checks every \
         record. Two releases with the fingerprint `{}` have the same records. For other tools, `croissant.json`, \
         `datapackage.json` and `CITATION.cff` describe the release.",
        metadata.manifest.fingerprint.short()
    )
}
