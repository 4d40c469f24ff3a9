//! A diff for people: the verdict first, then counts, causes, schema, columns with examples.

use crate::diff::{
    Change, ColumnChange, DiffReport, Example, Line, Piece, Sample, SideFacts, described, schema_line, warning_line,
};
use crate::release::VersionPolicy;
use crate::text::one_line;

use super::Suggestion;
use crate::cli::paint::{BOLD, BOLD_GREEN, BOLD_YELLOW, CYAN, DIM, GREEN, RED, count, counted};

/// How many characters of a sentence are shown.
const SENTENCE: usize = 1000;
/// How many characters of a value are shown.
const VALUE: usize = 260;
/// How many characters of a title are shown beside a key.
const TITLE: usize = 60;
/// How many changes of the schema are shown.
const SCHEMA: usize = 30;
/// How many columns are shown with examples.
const COLUMNS: usize = 20;

pub(super) fn report(report: &DiffReport, policy: VersionPolicy) -> String {
    let mut text = verdict(report, policy);
    for warning in &report.warnings {
        let line = one_line(&warning_line(warning), SENTENCE);
        text.push_str(&format!("{BOLD_YELLOW}warning:{BOLD_YELLOW:#} {line}\n"));
    }
    if !report.keys.examples.is_empty() {
        let keys: Vec<String> = report.keys.examples.iter().map(|key| one_line(key, VALUE)).collect();
        text.push_str(&format!("{BOLD_YELLOW}warning:{BOLD_YELLOW:#} duplicate keys: {}\n", keys.join(", ")));
    }
    text.push_str(&schema(report));
    text.push_str(&columns(report));
    let counts = &report.counts;
    for (heading, samples, number) in [
        ("added", &report.added, counts.added),
        ("removed", &report.removed, counts.removed),
        ("withdrawn", &report.withdrawn, counts.withdrawn),
        ("under a new key", &report.rekeyed, counts.rekeyed),
    ] {
        if !samples.is_empty() {
            text.push_str(&format!("\n{BOLD}{heading}{BOLD:#}\n"));
            for record in samples {
                text.push_str(&sample(record));
            }
            text.push_str(&more(number, samples.len()));
        }
    }
    text
}

/// The verdict, the suggestion and the counts.
pub(super) fn verdict(report: &DiffReport, policy: VersionPolicy) -> String {
    let word = if report.is_same() {
        format!("{BOLD_GREEN}same{BOLD_GREEN:#}")
    } else {
        format!("{BOLD_YELLOW}differs{BOLD_YELLOW:#}")
    };
    let mut text = format!("{word} {} -> {}\n", side(&report.base), side(&report.current));
    if report.is_same() && report.repackaged {
        text.push_str("  the records are the same, but files or metadata differ\n");
    }
    for Line { change, text: line } in described(report) {
        let mark = match change {
            Some(Change::Added) => format!("{GREEN}+{GREEN:#}"),
            Some(Change::Removed | Change::Withdrawn) => format!("{RED}-{RED:#}"),
            Some(Change::Changed | Change::Rekeyed) => format!("{CYAN}~{CYAN:#}"),
            Some(Change::Unmatched) => format!("{BOLD_YELLOW}!{BOLD_YELLOW:#}"),
            Some(Change::Ignored | Change::SchemaOnly) | None => " ".to_owned(),
        };
        text.push_str(&format!("{mark} {}\n", one_line(&line, SENTENCE)));
    }
    if let Some(suggestion) = Suggestion::of(report, policy).sentence() {
        text.push_str(&format!("  {suggestion}\n"));
    }
    if report.by_manifests {
        text.push_str(&format!("  {BY_MANIFESTS}\n"));
    }
    text
}

/// What an answer without a row rests on.
pub(super) const BY_MANIFESTS: &str =
    "compared by the fingerprints in the manifests; `pressmark verify` checks that the files match them";

fn side(side: &SideFacts) -> String {
    format!("{} ({})", one_line(&side.path, VALUE), counted(side.records, "record"))
}

fn schema(report: &DiffReport) -> String {
    if report.schema.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{BOLD}schema{BOLD:#}\n");
    for change in report.schema.iter().take(SCHEMA) {
        text.push_str(&format!("  {}\n", one_line(&schema_line(change), SENTENCE)));
    }
    text + &more(report.schema.len() as u64, SCHEMA.min(report.schema.len()))
}

fn columns(report: &DiffReport) -> String {
    if report.columns.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{BOLD}changed columns{BOLD:#}\n");
    for column in report.columns.iter().take(COLUMNS) {
        text.push_str(&self::column(column));
    }
    text + &more(report.columns.len() as u64, COLUMNS.min(report.columns.len()))
}

fn column(column: &ColumnChange) -> String {
    let name = one_line(&column.name, VALUE);
    let renamed = column.renamed_from.as_ref().map(|name| format!(" (was {})", one_line(name, VALUE)));
    let formatting = match column.formatting {
        0 => String::new(),
        number if number == column.changed => ", white space or Unicode form only".to_owned(),
        number => format!(", {} of them white space or Unicode form only", count(number)),
    };
    let records = counted(column.changed, "record");
    let mut text = format!("  {BOLD}{name}{BOLD:#}{}: {records}{formatting}\n", renamed.unwrap_or_default());
    for example in &column.examples {
        let title = example.title.as_ref().map(|title| format!(" ({})", one_line(title, TITLE)));
        let key = one_line(&example.key, VALUE);
        text.push_str(&format!("    {DIM}{key}{}:{DIM:#} {}\n", title.unwrap_or_default(), change(example)));
    }
    text
}

fn change(example: &Example) -> String {
    let mark = if example.formatting { format!(" {DIM}(white space or Unicode form){DIM:#}") } else { String::new() };
    if !example.words.is_empty() {
        return example.words.iter().map(piece).collect::<String>() + &mark;
    }
    let value = |value: &Option<String>| {
        value.as_ref().map_or_else(|| format!("{DIM}nothing{DIM:#}"), |text| one_line(text, VALUE))
    };
    format!("{} -> {}{mark}", value(&example.before), value(&example.after))
}

/// With brackets, because colours are not visible to everyone and are lost in copies.
fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Same(text) => one_line(text, SENTENCE),
        Piece::Removed(text) => format!("{RED}[-{}-]{RED:#}", one_line(text, VALUE)),
        Piece::Added(text) => format!("{GREEN}{{+{}+}}{GREEN:#}", one_line(text, VALUE)),
    }
}

fn sample(sample: &Sample) -> String {
    let mut line = format!("  {}", one_line(&sample.key, VALUE));
    if let Some(key) = &sample.new_key {
        line.push_str(&format!(" -> {}", one_line(key, VALUE)));
    }
    for told in [&sample.title, &sample.reason].into_iter().flatten() {
        line.push_str(&format!("  {DIM}{}{DIM:#}", one_line(told, VALUE)));
    }
    line + "\n"
}

fn more(number: u64, shown: usize) -> String {
    match number.saturating_sub(shown as u64) {
        0 => String::new(),
        rest => format!("  {DIM}... and {} more{DIM:#}\n", count(rest)),
    }
}
