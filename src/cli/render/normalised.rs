//! For people: what normalisation changed, as sentences.
//!
//! The names of the rules are those of the manifest and of `--format json`. A rule without a sentence, such as one
//! of a later version, is shown by its name.

use crate::release::Normalised;
use crate::text::one_line;

use crate::cli::paint::counted;

/// A line for each field and rule.
pub(super) fn lines(normalised: &Normalised) -> String {
    let mut text = String::new();
    for (field, rules) in normalised {
        for (rule, number) in rules {
            let (noun, what) = sentence(rule);
            let kept = if rule == "no-offset" && keeps_day(field, normalised) { KEPT } else { "" };
            let what = if *number == 1 { what.replacen("have ", "has ", 1) } else { what };
            let line = format!("{} {what}{kept}", counted(*number, noun));
            text.push_str(&format!("{}: {}\n", one_line(field, 100), one_line(&line, 300)));
        }
    }
    text
}

/// What follows where the day of a time without a zone is in a field of its own.
const KEPT: &str = ", the day is kept in published_date";

fn keeps_day(field: &str, normalised: &Normalised) -> bool {
    let days = normalised.get("published_date");
    let naive = |rule: &String| matches!(rule.as_str(), "day-of-naive-midnight" | "day-of-naive-time" | "date");
    field == "published_at" && days.is_some_and(|rules| rules.keys().any(naive))
}

/// What is counted, and what happened to it.
fn sentence(rule: &str) -> (&'static str, String) {
    let (noun, what) = match rule {
        "byline" => ("value", "stripped of a leading \"By\""),
        "constant" => ("value", "set by the mapping"),
        "date" => ("date", "rewritten as YYYY-MM-DD"),
        "day-of-instant" => ("date", "taken from a timestamp"),
        "day-of-naive-midnight" => ("date", "taken from midnight without a time zone"),
        "day-of-naive-time" => ("date", "taken from a time without a time zone"),
        "dropped" => ("undeclared member", "dropped"),
        "epoch" => ("timestamp", "converted from a Unix time"),
        "finer-than-microseconds" => ("timestamp", "finer than a microsecond; left empty"),
        "host-of-url" => ("value", "taken from the host of the URL"),
        "html" => ("value", "converted from HTML to plain text"),
        "instant" => ("timestamp", "rewritten in RFC 3339"),
        "join" => ("value", "joined from several strings"),
        "language" => ("language tag", "rewritten in its usual form"),
        "leap-second" => ("timestamp", "with a leap second; left empty"),
        "lines" => ("value", "with line endings or blank lines cleaned"),
        "list" => ("value", "wrapped in a list"),
        "no-offset" => ("date", "have no time zone; left empty"),
        "not-a-language" => ("value", "not a language tag; left empty"),
        "not-a-url" => ("value", "not an absolute http or https URL; left empty"),
        "null" => ("placeholder", "read as null"),
        "number" => ("number", "converted to a string"),
        "paragraphs" => ("value", "with lines split into paragraphs"),
        "space" => ("value", "with white space collapsed"),
        "split" => ("value", "split into a list"),
        "struct-time" => ("timestamp", "converted from a Python struct_time"),
        "trim" => ("value", "with surrounding white space removed"),
        "unique" => ("duplicate", "removed from a list"),
        "unreadable-date" => ("date", "in an unknown form; left empty"),
        "unreadable-time" => ("timestamp", "in an unknown form; left empty"),
        "url" => ("URL", "cleaned"),
        "utc-by-definition" => ("timestamp", "without a zone read as UTC, as the source defines"),
        "year-out-of-range" => ("timestamp", "outside the years 0000 to 9999 in UTC; left empty"),
        other => return named(other),
    };
    (noun, what.to_owned())
}

/// A rule whose name holds a recipe or a code.
fn named(rule: &str) -> (&'static str, String) {
    match rule.split_once([':', '-']) {
        Some(("derived", recipe)) => ("value", format!("derived by the recipe {recipe}")),
        Some(("invalid", code)) => ("invalid value", format!("moved to _extra ({code})")),
        _ => ("value", format!("changed by `{rule}`")),
    }
}
