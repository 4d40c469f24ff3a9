//! The YAML header of dataset cards, which the Hugging Face Hub reads.
//!
//! Lines are written by hand, because a header is small and no YAML library promises the same bytes for ever.

use std::collections::BTreeSet;

use super::Metadata;
use super::columns::has_map;
use super::license::License;
use super::yaml::quoted;
use crate::schema::{Columns, Kind, RECORD_SHA256};

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

/// A configuration: what `load_dataset` loads under a name.
pub(super) struct Configuration {
    pub(super) name: String,
    /// Whether it is loaded if no name is given.
    pub(super) is_default: bool,
    /// The pattern of its parts, relative to the card.
    pub(super) parts: String,
}

impl Configuration {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("  - config_name: {}", quoted(&self.name))];
        lines.extend(self.is_default.then(|| "    default: true".to_owned()));
        lines.push("    data_files:".to_owned());
        lines.push("      - split: train".to_owned());
        lines.push(format!("        path: {}", quoted(&self.parts)));
        lines
    }
}

/// What the header says about the dataset, and its configurations.
pub(super) fn header(metadata: &Metadata<'_>, configurations: &[Configuration]) -> Vec<String> {
    let mut lines = vec![format!("pretty_name: {}", quoted(metadata.title()))];
    lines.extend(metadata.about().license.as_deref().map(license).unwrap_or_default());
    lines.extend(languages(metadata));
    let records = metadata.records();
    let size = SIZES.iter().find(|(below, _)| records < *below).map_or("n>1T", |(_, name)| name);
    lines.extend(["size_categories:".to_owned(), format!("  - {size}")]);
    let mut tags = metadata.keywords();
    if metadata.has_articles() && !tags.contains(&"news") {
        tags.push("news");
    }
    lines.extend(list("tags", &tags));
    lines.push("configs:".to_owned());
    lines.extend(configurations.iter().flat_map(Configuration::lines));
    lines
}

/// The features and sizes of the one configuration of a release.
pub(super) fn dataset_info(metadata: &Metadata<'_>) -> Vec<String> {
    // `datasets` cannot load maps, so it cannot be given features that have them.
    if has_map(metadata.columns) {
        return Vec::new();
    }
    let mut lines = vec!["dataset_info:".to_owned(), "  features:".to_owned()];
    metadata.columns.iter().for_each(|column| feature(&column.name, &column.kind, 4, &mut lines));
    lines.push(format!("    - name: {RECORD_SHA256}"));
    lines.push("      dtype: binary".to_owned());
    lines.push("  splits:".to_owned());
    lines.push("    - name: train".to_owned());
    lines.push(format!("      num_examples: {}", metadata.records()));
    lines.push(format!("      num_bytes: {}", metadata.bytes()));
    lines.push(format!("  download_size: {}", metadata.bytes()));
    lines.push(format!("  dataset_size: {}", metadata.bytes()));
    lines
}

fn list(name: &str, values: &[&str]) -> Vec<String> {
    if values.is_empty() {
        return Vec::new();
    }
    [format!("{name}:")].into_iter().chain(values.iter().map(|value| format!("  - {}", quoted(value)))).collect()
}

/// The Hub lists languages by their code alone, and whole tags apart.
fn languages(metadata: &Metadata<'_>) -> Vec<String> {
    let tags = metadata.languages();
    let mut codes: Vec<&str> = tags.iter().map(|tag| tag.split('-').next().unwrap_or(tag)).collect();
    let mut seen = BTreeSet::new();
    codes.retain(|code| seen.insert(*code));
    let has_more = tags.iter().any(|tag| tag.contains('-'));
    [list("language", &codes), if has_more { list("language_bcp47", &tags) } else { Vec::new() }].concat()
}

/// A license, as the Hub names it.
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
