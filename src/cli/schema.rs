//! `pressmark schema`: the columns of a schema with their reasons, and what changed between two.

use std::io::Write as _;
use std::path::Path;

use crate::Error;
use crate::progress::NoProgress;
use crate::release::schema_named;
use crate::revalidate::{RevalidateReport, revalidate};
use crate::schema::{
    Change, Class, ColumnChange, Comparison, Effect, Explained, Explanation, Extra, KeywordChange, Schema,
};
use crate::text::one_line;
use serde::Serialize;

use crate::cli::args::{Format, SchemaArguments, SchemaCommand, SchemaDiffArguments, SchemaExplainArguments};
use crate::cli::outcome::{Outcome, pretty, written};
use crate::cli::paint::{BOLD, BOLD_GREEN, BOLD_RED, BOLD_YELLOW, DIM, count, counted};
use crate::cli::{locate, terminal};

pub(crate) fn run(arguments: &SchemaArguments) -> Result<Outcome, Error> {
    match &arguments.command {
        SchemaCommand::Explain(arguments) => explain(arguments),
        SchemaCommand::Diff(arguments) => diff(arguments),
    }
}

/// A schema as reports name it.
#[derive(Serialize)]
struct Named<'s> {
    name: &'s str,
    id: Option<&'s str>,
    sha256: String,
}

fn named(schema: &Schema) -> Named<'_> {
    Named { name: schema.name(), id: schema.id(), sha256: schema.sha256().to_string() }
}

/// In the shape of `schema/schema-explanation.schema.json`.
#[derive(Serialize)]
struct ExplanationReport<'s> {
    format: &'static str,
    schema: Named<'s>,
    extra: Extra,
    #[serde(flatten)]
    explanation: Explanation,
}

fn explain(arguments: &SchemaExplainArguments) -> Result<Outcome, Error> {
    let name = match &arguments.schema {
        Some(name) => name.clone(),
        None => locate::around().map_or_else(|_| "article".to_owned(), |folder| folder.display().to_string()),
    };
    let (schema, extra) = schema_named(&name, arguments.extra.map(Into::into))?;
    let explanation = schema.explain();
    match arguments.format {
        Format::Human => terminal::print(&explained(&explanation, schema.columns().len()), Outcome::Yes),
        Format::Json => {
            let format = "pressmark-schema-explanation/1";
            let text = pretty(&ExplanationReport { format, schema: named(&schema), extra, explanation });
            written(anstream::stdout().lock().write_all(text.as_bytes()), Outcome::Yes)
        }
    }
}

fn explained(explanation: &Explanation, columns: usize) -> String {
    let total = format!("\n{}, plus record_sha256, the hash of the record\n", counted(columns as u64, "column"));
    if !terminal::is_verbose() {
        let more = "--verbose shows where each column comes from, its types, and the values it cannot hold";
        return listed(explanation) + &total + &format!("{DIM}{more}{DIM:#}\n");
    }
    let mut text = String::new();
    for column in &explanation.columns {
        text.push_str(&explained_column(column));
    }
    for omitted in &explanation.omitted {
        let (path, pointer) = (one_line(&omitted.path, 120), place(&omitted.pointer));
        text.push_str(&format!(
            "{BOLD}{path}{BOLD:#}  no column\n    {}\n    {DIM}{pointer}{DIM:#}\n",
            one_line(&omitted.why, 200)
        ));
    }
    text + &total
}

/// The longest path of a column that others are aligned with.
const ALIGNED: usize = 32;

/// A line for each column: its type, and whether it may be empty.
fn listed(explanation: &Explanation) -> String {
    let paths = explanation.columns.iter().map(|column| one_line(&column.path, 120).chars().count());
    let width = paths.filter(|length| *length <= ALIGNED).max().unwrap_or(0);
    let line = |column: &Explained| {
        let kind = column.kind.split('<').next().unwrap_or_default();
        format!("{BOLD}{:width$}{BOLD:#}  {kind}, {}\n", one_line(&column.path, 120), column.presence)
    };
    let omitted = explanation.omitted.iter().map(|omitted| {
        let (path, why) = (one_line(&omitted.path, 120), one_line(&omitted.why, 200));
        format!("{BOLD}{path:width$}{BOLD:#}  no column: {why}\n")
    });
    explanation.columns.iter().map(line).chain(omitted).collect()
}

fn explained_column(column: &Explained) -> String {
    let path = one_line(&column.path, 120);
    // The inner types are listed below, column by column.
    let kind = column.kind.split('<').next().unwrap_or_default();
    let pointer = place(&column.pointer);
    let mut text = format!("{BOLD}{path}{BOLD:#}  {kind}, {}\n    {}\n", column.presence, one_line(&column.why, 200));
    text.push_str(&format!("    {DIM}{pointer}; Arrow {}, Parquet {}{DIM:#}\n", column.arrow, column.parquet));
    for refusal in &column.refuses {
        text.push_str(&format!("    cannot hold {} ({})\n", refusal.what, refusal.code));
    }
    text
}

fn place(pointer: &str) -> String {
    if pointer.is_empty() { "the schema itself".to_owned() } else { one_line(pointer, 200) }
}

/// In the shape of `schema/schema-diff.schema.json`.
#[derive(Serialize)]
struct DiffReport<'s> {
    format: &'static str,
    base: Named<'s>,
    current: Named<'s>,
    extra: Extra,
    same: bool,
    class: Option<Class>,
    #[serde(flatten)]
    comparison: Comparison,
    against: Option<Against<'s>>,
}

#[derive(Serialize)]
struct Against<'s> {
    release: &'s str,
    #[serde(flatten)]
    report: RevalidateReport,
}

fn diff(arguments: &SchemaDiffArguments) -> Result<Outcome, Error> {
    let extra = arguments.extra.into();
    let load = |name: &str| schema_named(name, Some(extra)).map(|(schema, _)| schema);
    let (base, current) = (load(&arguments.base)?, load(&arguments.current)?);
    let comparison = current.compare(&base);
    let release = arguments.against.as_deref().map(|named| locate::release(Some(named))).transpose()?;
    let against = release.as_deref().map(|release| revalidate(release, &current, extra, &NoProgress)).transpose()?;
    let same = comparison.is_empty();
    let rejects = against.as_ref().is_some_and(|report| report.rejected > 0);
    let outcome = if same && !rejects { Outcome::Yes } else { Outcome::No };
    let text = match arguments.format {
        Format::Human => {
            let against = against.as_ref().zip(release.as_deref());
            let against = against.map(|(report, release)| counted_against(report, release));
            return terminal::print(&(compared(&comparison) + &against.unwrap_or_default()), outcome);
        }
        Format::Json => {
            let release = release.as_ref().map(|release| release.display().to_string());
            let against = against.zip(release.as_deref()).map(|(report, release)| Against { release, report });
            let (base, current, class) = (named(&base), named(&current), comparison.class());
            let format = "pressmark-schema-diff/1";
            pretty(&DiffReport { format, base, current, extra, same, class, comparison, against })
        }
    };
    written(anstream::stdout().lock().write_all(text.as_bytes()), outcome)
}

fn compared(comparison: &Comparison) -> String {
    if comparison.is_empty() {
        return "same columns and same rules\n".to_owned();
    }
    let mut text = format!("{BOLD}columns{BOLD:#}\n");
    if comparison.columns.is_empty() {
        text.push_str("  the same\n");
    }
    for change in &comparison.columns {
        text.push_str(&compared_column(change));
    }
    text.push_str(&format!("{BOLD}rules{BOLD:#}\n"));
    if comparison.rules.is_empty() {
        text.push_str("  the same\n");
    }
    for rule in &comparison.rules {
        let keywords: Vec<String> = rule.keywords.iter().map(compared_keyword).collect();
        let effect = effect(rule.effect);
        text.push_str(&format!("  {effect:<11} {}: {}\n", place(&rule.pointer), keywords.join("; ")));
    }
    let whole = match comparison.accepts {
        Effect::Same => "proved: both schemas accept the same articles",
        Effect::Loosened => "proved: every article that was accepted still is",
        Effect::Tightened => "proved: no article is newly accepted",
        Effect::Changed => "proved: some articles are no longer accepted, and some others now are",
        Effect::NotProved => "not proved whether accepted articles are still accepted; use --against RELEASE to count",
    };
    text.push_str(&format!("{BOLD}as a whole{BOLD:#}\n  {whole}\n"));
    text
}

fn compared_column(change: &ColumnChange) -> String {
    let (style, class) = match change.class {
        Class::Safe => (BOLD_GREEN, "safe"),
        Class::ReaderVisible => (BOLD_YELLOW, "reader-visible"),
        Class::Breaking => (BOLD_RED, "breaking"),
    };
    let kind = |kind: &Option<String>| one_line(kind.as_deref().unwrap_or_default(), 100);
    let (before, after) = (kind(&change.before), kind(&change.after));
    let what = match change.change {
        Change::Added => format!("added, {after}"),
        Change::Removed => format!("removed, was {before}"),
        Change::Renamed => format!("renamed, was {before}; same rules"),
        Change::Retyped => format!("retyped, {before} -> {after}"),
        Change::MadeOptional => "may now be empty".to_owned(),
        Change::MadeRequired => "is now required".to_owned(),
    };
    format!("  {style}{class:<14}{style:#} {}: {what}\n", one_line(&change.path, 120))
}

fn compared_keyword(change: &KeywordChange) -> String {
    let value = |value: &serde_json::Value| one_line(&value.to_string(), 60);
    let keyword = one_line(&change.keyword, 80);
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => {
            format!("{keyword} {} -> {}", value(before), value(after)).trim_start().to_owned()
        }
        (Some(before), None) => format!("{keyword} {} removed", value(before)),
        (None, Some(after)) => format!("{keyword} {} added", value(after)),
        (None, None) => keyword,
    }
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Same => "same",
        Effect::Loosened => "loosened",
        Effect::Tightened => "tightened",
        Effect::Changed => "changed",
        Effect::NotProved => "not proved",
    }
}

fn counted_against(report: &RevalidateReport, release: &Path) -> String {
    let release = one_line(&release.display().to_string(), 200);
    let (rejected, records) = (count(report.rejected), counted(report.records, "record"));
    let mut text = format!("{BOLD}against {release}{BOLD:#}\n  {rejected} of {records} would be rejected\n");
    for cause in &report.causes {
        text.push_str(&format!("  {:>9} {} {}\n", count(cause.records), cause.code, place(&cause.schema)));
    }
    text
}
