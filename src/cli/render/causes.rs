//! For people: why articles were rejected. First a table with one row for each cause, then the causes with
//! positions and carets.

use std::collections::BTreeSet;

use crate::code::Code;
use crate::diagnostics::{Cause, Example, Snippet};
use crate::publish::{KeyConflict, KeyConflicts};
use crate::text::one_line;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{counted_of, headline, level};
use crate::cli::paint::{BOLD, BOLD_RED, CYAN, DIM, count, counted};
use crate::cli::terminal::{self, AS_IT_IS};

/// The maximum number of causes that are shown with examples.
const CAUSES: usize = 10;
/// The maximum number of rows of the table.
const ROWS: usize = 30;
/// The width of a table where the terminal has none.
const WIDTH: usize = 120;
/// The narrowest column for messages in the table.
const MESSAGE: usize = 12;

/// The table, if there are several causes, and the causes with at most this many examples each.
pub(super) fn report(causes: &[&Cause], examples: usize, conflicts: Option<&KeyConflicts>) -> String {
    let mut text = if causes.len() > 1 || examples == 0 { table(causes) } else { String::new() };
    if examples == 0 {
        return text;
    }
    let most = if terminal::is_verbose() { usize::MAX } else { CAUSES };
    text.extend(causes.iter().take(most).map(|cause| self::cause(cause, examples, conflicts)));
    if let Some(more) = causes.len().checked_sub(most).filter(|more| *more > 0) {
        let more = counted(more as u64, "more cause");
        text.push_str(&format!("{DIM}... and {more} without examples here; --verbose shows all{DIM:#}\n\n"));
    }
    text
}

/// A row for each cause: how many articles, the code, the field, the first position, and the message.
fn table(causes: &[&Cause]) -> String {
    let width = terminal::width().unwrap_or(WIDTH);
    let most = if terminal::is_verbose() { usize::MAX } else { ROWS };
    let rows: Vec<[String; 5]> = causes.iter().take(most).map(|cause| row(cause, width)).collect();
    let headings = ["articles", "code", "field", "first", "message"].map(str::to_owned);
    let longest = |at: usize| rows.iter().chain([&headings]).map(|row| row[at].width()).max().unwrap_or(0);
    let widths: [usize; 4] = std::array::from_fn(longest);
    let left = width.saturating_sub(widths.iter().map(|width| width + 2).sum());
    let line = |row: &[String; 5]| {
        let pad = |at: usize| " ".repeat(widths[at] - row[at].width());
        let [number, code, field, first, message] = row;
        let message = if left < MESSAGE { String::new() } else { clipped(message, left) };
        let (before, code, field) = (pad(0), format!("{code}{}", pad(1)), format!("{field}{}", pad(2)));
        let line = format!("{before}{number}  {code}  {field}  {first}{}  {message}", pad(3));
        line.trim_end().to_owned()
    };
    let mut text = format!("{AS_IT_IS}{DIM}{}{DIM:#}\n", line(&headings));
    text.extend(rows.iter().map(|row| format!("{AS_IT_IS}{}\n", line(row))));
    if let Some(more) = causes.len().checked_sub(most).filter(|more| *more > 0) {
        let more = counted(more as u64, "more cause");
        text.push_str(&format!("{DIM}... and {more}; --verbose and --format json show all{DIM:#}\n"));
    }
    text + "\n"
}

fn row(cause: &Cause, width: usize) -> [String; 5] {
    let first = cause.examples.first();
    let position = first.map_or(String::new(), |example| format!("{}:{}", example.source, example.line));
    let message = first.map_or(cause.code.meaning(), |example| &example.message);
    [
        count(cause.articles),
        cause.code.to_string(),
        clipped(&fields(cause), width / 4),
        clipped_front(&position, width / 4),
        message.to_owned(),
    ]
}

/// The fields at fault, as paths: `authors[].name`.
fn fields(cause: &Cause) -> String {
    let fields: BTreeSet<String> = cause.examples.iter().map(field).collect();
    let mut shown: Vec<&str> = fields.iter().map(String::as_str).take(2).collect();
    if fields.len() > 2 {
        shown.push("...");
    }
    shown.join(", ")
}

fn field(example: &Example) -> String {
    let missing = example.message.strip_prefix("missing member `").and_then(|rest| rest.strip_suffix('`'));
    let path = path(&example.pointer);
    match missing {
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None => path,
    }
}

/// A JSON Pointer as `schema explain` writes the paths of columns: `[]` is any element of a list.
fn path(pointer: &str) -> String {
    let is_index = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    pointer.split('/').skip(1).fold(String::new(), |path, step| match step {
        index if is_index(index) => path + "[]",
        name => {
            let name = name.replace("~1", "/").replace("~0", "~");
            if path.is_empty() { name } else { format!("{path}.{name}") }
        }
    })
}

/// The start of a text, in at most so many columns.
fn clipped(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let fits = |letter: &char| {
        let width = letter.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    text.chars().take_while(fits).collect::<String>() + "…"
}

/// The end of a text, in at most so many columns.
fn clipped_front(text: &str, columns: usize) -> String {
    let reversed: String = text.chars().rev().collect();
    clipped(&reversed, columns).chars().rev().collect()
}

fn cause(cause: &Cause, examples: usize, conflicts: Option<&KeyConflicts>) -> String {
    let code = cause.code;
    let articles = counted_of(cause);
    let head = |what: &str| format!("{BOLD_RED}{}[{code}]{BOLD_RED:#}: {BOLD}{what}{BOLD:#}, {articles}", level(code));
    if let Some(conflicts) = conflicts.filter(|_| code == Code::DuplicateRecord) {
        let head = format!("{} with {}\n", head(code.meaning()), counted(conflicts.total, "key"));
        return head + &conflicting(conflicts, examples);
    }
    let headline = headline(cause);
    let places: BTreeSet<String> = cause.examples.iter().map(|example| path(&example.pointer)).collect();
    let place = places.first().filter(|place| places.len() == 1 && !place.is_empty());
    let what = place.map_or_else(|| headline.to_owned(), |place| format!("{place}: {headline}"));
    let mut text = head(&what) + "\n";
    for (index, example) in cause.examples.iter().take(examples).enumerate() {
        text.push_str(&self::example(example, headline, index == 0));
    }
    let more = cause.articles - cause.examples.len().min(examples) as u64;
    if more > 0 {
        text.push_str(&format!("  {DIM}... and {} more{DIM:#}\n", count(more)));
    }
    let rule = match cause.schema.as_str() {
        "" => String::new(),
        rule => format!("rule: {}; ", one_line(rule, 120)),
    };
    text.push_str(&format!("  {DIM}{rule}for details: pressmark explain {code}{DIM:#}\n\n"));
    text
}

pub(super) fn example(example: &Example, headline: &str, first: bool) -> String {
    let at = if example.pointer.is_empty() { String::new() } else { format!(" at {}", example.pointer) };
    let mut text = format!("  {CYAN}-->{CYAN:#} {}:{}:{}{at}\n", example.source, example.line, example.column);
    if example.message != headline {
        text.push_str(&format!("      {}\n", example.message));
    }
    if let Some(snippet) = &example.snippet {
        text.push_str(&self::snippet(snippet));
    }
    if let Some(help) = example.help.as_ref().filter(|_| first) {
        text.push_str(&format!("   {CYAN}= help:{CYAN:#} {help}\n"));
    }
    text
}

/// The line of an article, and carets under the fault. A line that is too long is cut around the fault.
fn snippet(snippet: &Snippet) -> String {
    let width = terminal::width().map_or(usize::MAX, |width| width.saturating_sub(6));
    let letters: Vec<char> = snippet.text.chars().collect();
    let columns = |letters: &[char]| letters.iter().map(|letter| letter.width().unwrap_or(0)).sum::<usize>();
    let (mut start, mut end) = (0, letters.len());
    let fault = snippet.start.min(end);
    while columns(&letters[start..end]) > width {
        // The start of the fault stays: what comes before it goes first, as far as a third of the width.
        if columns(&letters[start..fault]) > width / 3 {
            start += 1;
        } else {
            end -= 1;
        }
    }
    let (lead, trail) = (if start > 0 { "…" } else { "" }, if end < letters.len() { "…" } else { "" });
    let shown: String = letters[start..end].iter().collect();
    let indent = " ".repeat(lead.width() + columns(&letters[start..fault]));
    let fault_end = (fault + snippet.length).min(end).max(fault);
    let caret = "^".repeat(columns(&letters[fault..fault_end]).max(1));
    format!(
        "{AS_IT_IS}   {CYAN}|{CYAN:#} {lead}{shown}{trail}\n\
         {AS_IT_IS}   {CYAN}|{CYAN:#} {indent}{BOLD_RED}{caret}{BOLD_RED:#}\n"
    )
}

/// The keys that several articles have, where these articles are, and what differs.
fn conflicting(conflicts: &KeyConflicts, examples: usize) -> String {
    let shown = if terminal::is_verbose() { usize::MAX } else { examples };
    let mut text: String = conflicts.keys.iter().take(shown).map(conflict).collect();
    let more = conflicts.total.saturating_sub(conflicts.keys.len().min(shown) as u64);
    if more > 0 {
        text.push_str(&format!("  {DIM}... and {}{DIM:#}\n", counted(more, "more key")));
    }
    text.push_str(&format!(
        "   {CYAN}= help:{CYAN:#} remove all but one article of a key; or set `on_conflict = \"newest\"` and `newest_by` \
         under [policy] in dataset.toml to keep the newest one; or choose another `key`\n"
    ));
    text.push_str(&format!("  {DIM}for details: pressmark explain {}{DIM:#}\n\n", Code::DuplicateRecord));
    text
}

fn conflict(conflict: &KeyConflict) -> String {
    let differ: Vec<String> = conflict.differ.iter().map(|name| format!("`{name}`")).collect();
    let key = &conflict.key;
    let mut text = format!("  key `{key}`: {} differ in {}\n", counted(conflict.total, "article"), differ.join(", "));
    for article in &conflict.articles {
        text.push_str(&format!("  {CYAN}-->{CYAN:#} {}:{}\n", article.source, article.line));
    }
    let more = conflict.total - conflict.articles.len() as u64;
    if more > 0 {
        text.push_str(&format!("  {DIM}... and {} more{DIM:#}\n", count(more)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_fields() {
        assert_eq!(path(""), "");
        assert_eq!(path("/tags"), "tags");
        assert_eq!(path("/authors/0/name"), "authors[].name");
        assert_eq!(path("/0/1/a"), "[][].a");
        assert_eq!(path("/a~1b/~0"), "a/b.~");
    }

    #[test]
    fn long_texts_are_clipped() {
        assert_eq!(clipped("abc", 3), "abc");
        assert_eq!(clipped("abcd", 3), "ab…");
        assert_eq!(clipped("新聞紙", 5), "新聞…");
        assert_eq!(clipped_front("sources/a.jsonl:4", 10), "….jsonl:4".replacen("….", "…a.", 1));
    }
}
