//! Groups thousands of violations by cause.
//!
//! A cause is a code and the rule of the schema that was broken. Counts are exact, examples are few, and
//! everything in them is bounded and safe to print. How a cause is shown is not decided here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::code::Code;
use crate::reject::{Placed, Reject};
use crate::text::{one_line, printable_pieces};

/// How many examples a cause keeps by default.
pub const EXAMPLES: usize = 3;
/// The maximum number of causes.
const CAUSES: usize = 1000;
/// How much of an article is shown around a fault, in bytes before and after it.
const BEFORE: usize = 40;
const AFTER: usize = 40;
/// How much of the faulty value itself is shown, in bytes.
const FAULT: usize = 40;

/// Why articles were rejected.
#[derive(Debug)]
pub struct Diagnostics {
    causes: BTreeMap<(Code, String), Cause>,
    /// The maximum number of examples of each cause.
    examples: usize,
}

impl Default for Diagnostics {
    fn default() -> Self {
        Self::keeping(EXAMPLES)
    }
}

/// One rule that articles broke.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Cause {
    /// What kind of fault.
    pub code: Code,
    /// JSON Pointer to the rule in the schema; empty if no rule of the schema is broken.
    pub schema: String,
    /// How many articles broke it.
    pub articles: u64,
    /// How many articles are counted under it, since it is the first rule that they broke.
    #[serde(skip)]
    pub counted: u64,
    /// How many times it was broken, by the articles whose violations were all kept.
    pub violations: u64,
    /// The first articles that broke it.
    pub examples: Vec<Example>,
}

/// One article that broke a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Example {
    /// The source's name.
    pub source: String,
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1, in characters.
    pub column: u64,
    /// The offset in the source, from 0, in bytes.
    pub byte: u64,
    /// JSON Pointer to the value within the article.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What the rule asks for.
    pub expected: Option<String>,
    /// What was found.
    pub actual: Option<String>,
    /// What probably fixes it.
    pub help: Option<String>,
    /// The place in the article.
    pub snippet: Option<Snippet>,
}

/// A few words of an article, with the fault in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Snippet {
    /// The text, on one line and without control characters.
    pub text: String,
    /// Where the fault starts, in characters, from 0.
    pub start: usize,
    /// How many characters it has; at least one.
    pub length: usize,
}

impl Diagnostics {
    /// No causes yet. Each will keep at most this many examples, and always the first.
    pub(crate) fn keeping(examples: usize) -> Self {
        Self { causes: BTreeMap::new(), examples: examples.max(1) }
    }

    /// Adds the causes of one reject.
    pub(crate) fn add(&mut self, reject: &Reject) {
        let mut counted = BTreeSet::new();
        for (index, placed) in reject.violations.iter().enumerate() {
            let violation = &placed.violation;
            let key = (violation.code, violation.schema.clone());
            if !self.causes.contains_key(&key) && self.causes.len() >= CAUSES {
                continue;
            }
            let (code, schema) = key.clone();
            let new = || Cause { code, schema, articles: 0, counted: 0, violations: 0, examples: Vec::new() };
            let cause = self.causes.entry(key.clone()).or_insert_with(new);
            cause.violations += 1;
            cause.counted += u64::from(index == 0);
            if counted.insert(key) {
                cause.articles += 1;
                if cause.examples.len() < self.examples {
                    cause.examples.push(example(reject, placed));
                }
            }
        }
    }

    /// Adds what was found later.
    pub(crate) fn merge(&mut self, later: &Self) {
        for (key, cause) in &later.causes {
            if let Some(known) = self.causes.get_mut(key) {
                known.articles += cause.articles;
                known.violations += cause.violations;
                let room = self.examples.saturating_sub(known.examples.len());
                known.examples.extend(cause.examples.iter().take(room).cloned());
            } else if self.causes.len() < CAUSES {
                self.causes.insert(key.clone(), cause.clone());
            }
        }
    }

    /// Gives sources other names.
    pub(crate) fn rename(&mut self, shown: &BTreeMap<String, String>) {
        for example in self.causes.values_mut().flat_map(|cause| &mut cause.examples) {
            if let Some(name) = shown.get(&example.source) {
                example.source = one_line(name, 200);
            }
        }
    }

    /// The causes, the most frequent first; of those that are as frequent, those that articles are counted under.
    pub(crate) fn causes(&self) -> Vec<&Cause> {
        let mut causes: Vec<&Cause> = self.causes.values().collect();
        causes.sort_by_key(|cause| std::cmp::Reverse((cause.articles, cause.counted)));
        causes
    }
}

fn example(reject: &Reject, placed: &Placed) -> Example {
    let violation = &placed.violation;
    let safe = |text: &Option<String>| text.as_ref().map(|text| one_line(text, 200));
    let start = usize::try_from(placed.byte - reject.position.byte).unwrap_or(usize::MAX);
    Example {
        source: one_line(&reject.position.source, 200),
        line: placed.line,
        column: placed.column,
        byte: placed.byte,
        pointer: one_line(&violation.pointer, 200),
        message: one_line(&violation.message, 300),
        expected: safe(&violation.expected),
        actual: safe(&violation.actual),
        help: safe(&violation.help),
        snippet: reject.raw.as_deref().and_then(|raw| snippet(raw, start, placed.length)),
    }
}

/// The surroundings of a fault, on its own line.
fn snippet(raw: &[u8], start: usize, length: usize) -> Option<Snippet> {
    let line_start = memchr::memrchr(b'\n', raw.get(..start)?).map_or(0, |newline| newline + 1);
    let line_end = memchr::memchr(b'\n', &raw[start..]).map_or(raw.len(), |newline| start + newline);
    let end = (start + length.clamp(1, FAULT)).min(line_end);
    let from = boundary(raw, start.saturating_sub(BEFORE).max(line_start));
    let to = boundary(raw, (end + AFTER).min(line_end));
    let piece = |from: usize, to: usize| String::from_utf8_lossy(&raw[from..to.max(from)]);
    let fault_end = boundary(raw, end);
    let [before, fault, after] =
        printable_pieces([&piece(from, start), &piece(start, fault_end), &piece(fault_end, to)]);
    let lead = if from > line_start { "…" } else { "" };
    let before = format!("{lead}{before}").trim_start().to_owned();
    let trail = if to < line_end { "…" } else { "" };
    let shown = Snippet {
        start: before.chars().count(),
        length: fault.chars().count().max(1),
        text: format!("{before}{fault}{}{trail}", after.trim_end()),
    };
    Some(shown)
}

/// The next place, from `at` on, where a character of UTF-8 starts.
fn boundary(raw: &[u8], at: usize) -> usize {
    (at..raw.len()).find(|place| raw[*place] & 0xc0 != 0x80).unwrap_or(raw.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &[u8], start: usize, length: usize, want: &str) {
        let snippet = snippet(raw, start, length).unwrap();
        let caret = format!("{}{}", " ".repeat(snippet.start), "^".repeat(snippet.length));
        assert_eq!(format!("{}\n{caret}", snippet.text), want);
    }

    #[test]
    fn snippets() {
        check(b"{\"a\":12}", 5, 2, "{\"a\":12}\n     ^^");
        check("{\"é\":12}".as_bytes(), 6, 2, "{\"é\":12}\n     ^^");
        check(b"{\n  \"a\": 12,\n  \"b\": 3\n}", 9, 2, "\"a\": 12,\n     ^^");
        check(b"", 0, 0, "\n^");
        check(b"##[error]", 1, 1, "#\\u{23}[error]\n ^^^^^^");
        check(b"##[error]", 2, 1, "#\\u{23}[error]\n       ^");
        check(b"\x1b[31m{", 0, 1, "\\u{1b}[31m{\n^^^^^^");
        let long = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let (before, after) = ("a".repeat(40), "b".repeat(40));
        check(long.as_bytes(), 500, 1, &format!("…{before}X{after}…\n{}^", " ".repeat(41)));
        check(
            long.as_bytes(),
            500,
            400,
            &format!("…{before}X{}{after}…\n{}{}", "b".repeat(39), " ".repeat(41), "^".repeat(40)),
        );
    }

    #[test]
    fn places_outside_give_no_snippet() {
        assert_eq!(snippet(b"{}", 9, 1), None);
    }
}
