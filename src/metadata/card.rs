//! `README.md`: a dataset card. Its YAML header tells the Hugging Face Hub what to load, and its prose tells
//! people what the release is, how to read it and how to verify it.
//!
//! Text of the producer and names of columns stay text: nothing in them becomes markup.

use super::Metadata;
use super::columns::{RECORD_SHA256_DESCRIPTION, has_map};
use super::license::License;
use super::markdown::{line, paragraphs};
use super::yaml::quoted;
use crate::release::{Format, InputTotals};
use crate::schema::{Column, Columns, Kind, RECORD_SHA256};
use crate::text::{count, counted};

/// The Hub's names for sizes of datasets, by the number of records below which each applies.
const SIZES: [(u64, &str); 10] = [
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
    (10_000_000_000, "1B<n<10B"),
    (100_000_000_000, "10B<n<100B"),
    (1_000_000_000_000, "100B<n<1T"),
];

pub(super) fn write(metadata: &Metadata<'_>) -> String {
    let header = header(metadata).join("\n");
    let sections =
        [about(metadata), loading(metadata), columns_table(metadata), provenance(metadata), verifying(metadata)];
    format!("---\n{header}\n---\n\n# {}\n\n{}\n", line(metadata.title()), sections.join("\n\n"))
}

fn header(metadata: &Metadata<'_>) -> Vec<String> {
    let manifest = metadata.manifest;
    let records = manifest.records();
    let mut lines = vec![format!("pretty_name: {}", quoted(metadata.title()))];
    lines.extend(manifest.license.as_deref().map(license).unwrap_or_default());
    let size = SIZES.iter().find(|(below, _)| records < *below).map_or("n>1T", |(_, name)| name);
    lines.push("size_categories:".to_owned());
    lines.push(format!("  - {size}"));
    lines.push("tags:".to_owned());
    lines.push("  - news".to_owned());
    lines.push("configs:".to_owned());
    lines.push("  - config_name: default".to_owned());
    lines.push("    data_files:".to_owned());
    lines.push("      - split: train".to_owned());
    lines.push("        path: data/*.parquet".to_owned());
    // `datasets` cannot load maps, so it cannot be given features that have them.
    if !has_map(metadata.columns) {
        lines.push("dataset_info:".to_owned());
        lines.push("  features:".to_owned());
        metadata.columns.iter().for_each(|column| feature(&column.name, &column.kind, 4, &mut lines));
        lines.push(format!("    - name: {RECORD_SHA256}"));
        lines.push("      dtype: binary".to_owned());
        lines.push("  splits:".to_owned());
        lines.push("    - name: train".to_owned());
        lines.push(format!("      num_examples: {records}"));
        lines.push(format!("      num_bytes: {}", metadata.bytes()));
        lines.push(format!("  download_size: {}", metadata.bytes()));
        lines.push(format!("  dataset_size: {}", metadata.bytes()));
    }
    lines
}

fn license(text: &str) -> Vec<String> {
    let license = License::of(text);
    if let Some(id) = license.on_the_hub() {
        return vec![format!("license: {id}")];
    }
    let mut lines = vec!["license: other".to_owned(), format!("license_name: {}", quoted(text))];
    lines.extend(license.url().map(|url| format!("license_link: {}", quoted(&url))));
    lines
}

/// The feature of a column, as `datasets` names types.
fn feature(name: &str, kind: &Kind, indent: usize, lines: &mut Vec<String>) {
    let blank = " ".repeat(indent);
    lines.push(format!("{blank}- name: {}", quoted(name)));
    feature_type(kind, indent + 2, lines);
}

fn feature_type(kind: &Kind, indent: usize, lines: &mut Vec<String>) {
    let blank = " ".repeat(indent);
    match kind {
        Kind::List(element) => match (&element.kind, simple_type(&element.kind)) {
            (_, Some(simple)) => lines.push(format!("{blank}list: {simple}")),
            (Kind::Struct(columns) | Kind::Tuple(columns), None) => {
                lines.push(format!("{blank}list:"));
                members(columns, indent + 2, lines);
            }
            (other, None) => {
                lines.push(format!("{blank}list:"));
                feature_type(other, indent + 2, lines);
            }
        },
        Kind::Struct(columns) | Kind::Tuple(columns) => {
            lines.push(format!("{blank}struct:"));
            members(columns, indent + 2, lines);
        }
        _ => lines.extend(simple_type(kind).map(|simple| format!("{blank}dtype: {simple}"))),
    }
}

fn members(columns: &Columns, indent: usize, lines: &mut Vec<String>) {
    columns.iter().for_each(|column| feature(&column.name, &column.kind, indent, lines));
}

fn simple_type(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Boolean => Some("bool"),
        Kind::Int64 => Some("int64"),
        Kind::UInt64 => Some("uint64"),
        Kind::Float64 => Some("float64"),
        Kind::String | Kind::Json => Some("string"),
        Kind::Timestamp => Some("timestamp[us, tz=UTC]"),
        Kind::Date => Some("date32"),
        Kind::List(_) | Kind::Struct(_) | Kind::Tuple(_) | Kind::Map(_) => None,
    }
}

fn about(metadata: &Metadata<'_>) -> String {
    let manifest = metadata.manifest;
    let creators: Vec<String> = metadata.creators().iter().map(|creator| line(&creator.name)).collect();
    let license = manifest.license.as_deref().map_or_else(|| "not stated".to_owned(), line);
    let mut rows = vec![
        ("Version", format!("{}, released {}", manifest.version, manifest.released)),
        ("Records", count(manifest.records())),
        (
            "Size",
            format!(
                "{} of Parquet in {}",
                counted(metadata.bytes(), "byte"),
                counted(manifest.parts.len() as u64, "file")
            ),
        ),
        ("Licence", license),
        ("Creators", creators.join("; ")),
        ("Fingerprint", format!("`{}`", manifest.fingerprint)),
    ];
    if let Some(previous) = &manifest.previous {
        rows.push(("Previous version", previous.version.to_string()));
    }
    let rows: Vec<String> = rows.iter().map(|(name, value)| format!("| {name} | {value} |")).collect();
    format!("{}\n\n| | |\n|---|---|\n{}", paragraphs(&metadata.description()), rows.join("\n"))
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
         record. Two releases with the fingerprint `{}` have the same records.",
        metadata.manifest.fingerprint.short()
    )
}
