//! A diff as Markdown, for a changelog, a pull request or the summary of a run.
//!
//! Text from the data is escaped, so that it can neither end its line nor become markup.

use std::fmt::Write as _;

use super::messages::{Line, described, schema_line, warning_line};
use super::report::{ColumnChange, DiffReport, Example, Sample};
use super::text_diff::Piece;
use crate::text::count;

/// The report as Markdown: lists and a table, without a heading.
pub fn markdown(report: &DiffReport) -> String {
    let mut text = String::new();
    for Line { text: line, .. } in described(report) {
        text.push_str(&format!("- {}\n", escaped(&line)));
    }
    for warning in &report.warnings {
        text.push_str(&format!("- **Note:** {}\n", escaped(&warning_line(warning))));
    }
    if !report.columns.is_empty() {
        text.push_str("\n| column | changed | white space or Unicode form only |\n|---|---:|---:|\n");
        for column in &report.columns {
            let _infallible =
                writeln!(text, "| {} | {} | {} |", code(&column.name), count(column.changed), count(column.formatting));
        }
    }
    if !report.schema.is_empty() {
        text.push_str("\nSchema:\n\n");
        for change in &report.schema {
            text.push_str(&format!("- {}\n", escaped(&schema_line(change))));
        }
    }
    let samples = [
        ("Added", &report.added, report.counts.added),
        ("Removed", &report.removed, report.counts.removed),
        ("Withdrawn", &report.withdrawn, report.counts.withdrawn),
        ("Under a new key", &report.rekeyed, report.counts.rekeyed),
    ];
    for (heading, samples, number) in samples.into_iter().filter(|(_, samples, _)| !samples.is_empty()) {
        text.push_str(&format!("\n{heading}:\n\n"));
        for record in samples {
            text.push_str(&sample(record));
        }
        more(&mut text, number, samples.len());
    }
    for column in &report.columns {
        text.push_str(&examples(column));
    }
    text
}

fn more(text: &mut String, number: u64, shown: usize) {
    let rest = number.saturating_sub(shown as u64);
    if rest > 0 {
        text.push_str(&format!("- ... and {} more\n", count(rest)));
    }
}

fn sample(sample: &Sample) -> String {
    let mut line = format!("- {}", code(&sample.key));
    if let Some(key) = &sample.new_key {
        line.push_str(&format!(" is now {}", code(key)));
    }
    for text in [&sample.title, &sample.reason].into_iter().flatten() {
        line.push_str(&format!(": {}", escaped(text)));
    }
    line + "\n"
}

fn examples(column: &ColumnChange) -> String {
    let mut text = format!("\nChanges of {}:\n\n", code(&column.name));
    for example in &column.examples {
        text.push_str(&format!("- {}: {}\n", code(&example.key), change(example)));
    }
    more(&mut text, column.changed, column.examples.len());
    text
}

fn change(example: &Example) -> String {
    if !example.words.is_empty() {
        let pieces = example.words.iter().map(|piece| match piece {
            Piece::Same(text) => escaped(text),
            Piece::Removed(text) => format!("<del>{}</del>", escaped(text)),
            Piece::Added(text) => format!("<ins>{}</ins>", escaped(text)),
        });
        return pieces.collect();
    }
    let value = |value: &Option<String>| value.as_ref().map_or_else(|| "*nothing*".to_owned(), |text| code(text));
    format!("{} → {}", value(&example.before), value(&example.after))
}

/// Escapes every character with a meaning in Markdown or HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(character);
            }
            '\n' => out.push_str("&#9166;"),
            other => out.push_str(&crate::text::one_line(other.encode_utf8(&mut [0; 4]), 1)),
        }
    }
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// Text as code. It is HTML, because code in Markdown cannot have both a backtick and a pipe in a table.
fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_never_becomes_markup() {
        assert_eq!(escaped("a|b`c`<b>&\n[x](y)"), "a\\|b\\`c\\`&lt;b&gt;&amp;&#9166;\\[x\\](y)");
        assert_eq!(escaped("@team https://x.example \u{1b}[0m"), "&#64;team https&#58;//x.example \\u{1b}\\[0m");
        assert_eq!(code("u1-a_b"), "<code>u1-a\\_b</code>");
    }
}
