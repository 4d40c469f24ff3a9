//! The sentences of a diff, shared by all outputs for people. Values of the data are not escaped; the
//! outputs escape them.

use super::report::{Counts, DiffReport};
use super::rows::Change;
use super::schema_change::{Keyword, SchemaChange};
use super::warning::Warning;
use crate::schema::Effect;
use crate::text::{count, counted};

/// One line of the counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The kind of change that it counts; `None` for remarks.
    pub change: Option<Change>,
    /// The sentence.
    pub text: String,
}

/// What changed, with one line for each kind of change.
pub(crate) fn described(report: &DiffReport) -> Vec<Line> {
    let Counts { same, added, removed, withdrawn, changed, formatting, rekeyed, ignored, schema_only, unmatched } =
        report.counts;
    let mut lines = Vec::new();
    let mut line = |number: u64, change: Change, text: String| {
        if number > 0 {
            lines.push(Line { change: Some(change), text });
        }
    };
    line(added, Change::Added, format!("{} added", counted(added, "record")));
    line(removed, Change::Removed, format!("{} removed", counted(removed, "record")));
    line(withdrawn, Change::Withdrawn, format!("{} withdrawn", counted(withdrawn, "record")));
    let only = match formatting {
        0 => String::new(),
        number if number == changed => ", in white space or Unicode form only".to_owned(),
        number => format!(", {} of them in white space or Unicode form only", count(number)),
    };
    line(changed, Change::Changed, format!("{} changed{only}", counted(changed, "record")));
    line(rekeyed, Change::Rekeyed, format!("{} under a new key, otherwise equal", counted(rekeyed, "record")));
    let rows = format!("{} in the base and {} in the current side", count(unmatched[0]), count(unmatched[1]));
    let text = format!("rows without a unique key, not matched: {rows}");
    line(unmatched[0] + unmatched[1], Change::Unmatched, text);
    let mut remark = |is_there: bool, text: String| {
        if is_there {
            lines.push(Line { change: None, text });
        }
    };
    remark(ignored > 0, format!("{} changed in ignored columns only", counted(ignored, "record")));
    remark(schema_only > 0, format!("{} with the same values in other columns", counted(schema_only, "record")));
    let side = |rows: [u64; 2]| format!("{} in the base, {} in the current side", count(rows[0]), count(rows[1]));
    let (repeated, missing) = (report.keys.repeated, report.keys.missing);
    remark(repeated != [0, 0], format!("rows with duplicate keys: {}", side(repeated)));
    remark(missing != [0, 0], format!("rows without a key: {}", side(missing)));
    remark(true, format!("{} unchanged", counted(same, "record")));
    lines
}

/// A warning as a sentence.
pub(crate) fn warning_line(warning: &Warning) -> String {
    match warning {
        Warning::KeyRecipe { records } => {
            format!(
                "nearly every key is new, but the content is unchanged ({}): did the way keys are made change?",
                counted(*records, "record")
            )
        }
        Warning::OtherKeys => {
            "almost none of the keys in the base are left: is this a different dataset, or did keys and content both change?".into()
        }
        Warning::Normalisation { records } => {
            format!(
                "nearly every change is in white space or Unicode form ({}): did normalisation change?",
                counted(*records, "record")
            )
        }
        Warning::TimeShift { column, seconds, records } => {
            let (sign, size) = (if *seconds < 0 { "-" } else { "+" }, seconds.unsigned_abs());
            let (hours, minutes, rest) = (size / 3600, size / 60 % 60, size % 60);
            let shift = format!("{sign}{hours:02}:{minutes:02}:{rest:02}");
            format!("`{column}` shifted by {shift} in {}: did a time zone change?", counted(*records, "record"))
        }
        Warning::OneColumn { column, records } => {
            format!("only `{column}` changed in {}: use `--ignore {column}` to see the rest", counted(*records, "record"))
        }
        Warning::NearlyEverything { records } => {
            format!("nearly every record changed ({}), in several columns", counted(*records, "record"))
        }
    }
}

/// A change of the schema as a sentence.
pub(crate) fn schema_line(change: &SchemaChange) -> String {
    match change {
        SchemaChange::ColumnAdded { column, kind } => format!("column `{column}` added ({kind})"),
        SchemaChange::ColumnRemoved { column, kind } => format!("column `{column}` removed ({kind})"),
        SchemaChange::ColumnRenamed { before, column } => format!("column `{before}` renamed to `{column}`"),
        SchemaChange::ColumnRetyped { column, before, after } => {
            format!("column `{column}` changed type from {before} to {after}")
        }
        SchemaChange::Nullability { column, required: true } => format!("column `{column}` is now required"),
        SchemaChange::Nullability { column, required: false } => format!("column `{column}` may now be null"),
        SchemaChange::Key { before, after } => format!("the key changed from `{before}` to `{after}`"),
        SchemaChange::Order { before, after } => {
            format!("the order changed from {} to {}", names(before), names(after))
        }
        SchemaChange::Rule { pointer, keywords, effect } => {
            let rules = if pointer.is_empty() { "the schema itself" } else { pointer };
            let keywords: Vec<String> = keywords.iter().map(keyword).collect();
            format!("rules of {rules}, {}: {}", effect_word(*effect), keywords.join("; "))
        }
        SchemaChange::Accepts { effect, columns_aside } => {
            let sentence = match effect {
                Effect::Tightened => "the rules accept fewer records than before",
                Effect::Loosened => "the rules accept more records than before",
                Effect::Same => "the rules accept the same records as before",
                Effect::Changed => "the rules accept some records no longer, and some others now",
                Effect::NotProved => "not proved whether the rules still accept all earlier records",
            };
            let aside = if *columns_aside { ", apart from added and removed columns" } else { "" };
            format!("{sentence}{aside}")
        }
    }
}

fn keyword(Keyword { keyword, before, after }: &Keyword) -> String {
    let text = |rule: &Option<String>| rule.clone().unwrap_or_else(|| "nothing".to_owned());
    format!("{keyword} from {} to {}", text(before), text(after)).trim_start().to_owned()
}

fn effect_word(effect: Effect) -> &'static str {
    match effect {
        Effect::Same => "same meaning",
        Effect::Loosened => "loosened",
        Effect::Tightened => "tightened",
        Effect::Changed => "changed",
        Effect::NotProved => "changed (not proved how)",
    }
}

fn names(columns: &[String]) -> String {
    match columns {
        [] => "the key".to_owned(),
        columns => columns.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}
