//! How a run ends: its exit code, and the report of an error.

use std::error::Error as _;

use crate::Error;
use crate::error::{Excerpt, said};
use crate::text::{printable, printable_json};
use unicode_width::UnicodeWidthStr as _;

use crate::cli::paint::{BOLD_RED, CYAN};
use crate::cli::progress::INTERRUPTED;
use crate::cli::terminal::{self, AS_IT_IS};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Success.
    Yes,
    /// It ran and found problems: too many rejects, findings.
    No,
    /// A usage or I/O error.
    Failed,
    /// A signal ended it.
    Interrupted,
}

/// The exit code.
impl From<Outcome> for u8 {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Yes => 0,
            Outcome::No => 1,
            Outcome::Failed => 2,
            Outcome::Interrupted => INTERRUPTED,
        }
    }
}

/// Reports an error, its causes and the way out on standard error.
pub(crate) fn report(error: &Error) {
    let code = error.code().map(|code| format!("[{code}]")).unwrap_or_default();
    let mut text = format!("{BOLD_RED}error{code}:{BOLD_RED:#} {}\n", printable(&error.to_string()));
    if let Some(Excerpt { before, marked, after }) = error.excerpt() {
        let (indent, caret) = (" ".repeat(before.width()), "^".repeat(marked.width().max(1)));
        text.push_str(&format!("{AS_IT_IS}   {CYAN}|{CYAN:#} {before}{marked}{after}\n"));
        text.push_str(&format!("{AS_IT_IS}   {CYAN}|{CYAN:#} {indent}{BOLD_RED}{caret}{BOLD_RED:#}\n"));
    }
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(&format!("  caused by: {}\n", printable(&said(source))));
        cause = source.source();
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("  {CYAN}help:{CYAN:#} {}\n", printable(&hint)));
    }
    terminal::say(&text);
}

/// A value as indented JSON with a final newline, fit for a terminal.
pub(crate) fn pretty(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("reports hold text, numbers and lists");
    text.push('\n');
    printable_json(&text)
}

/// What became of writing a result.
pub(crate) fn written(result: std::io::Result<()>, outcome: Outcome) -> Result<Outcome, Error> {
    match result {
        // Whoever read the output has read enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(outcome),
        Err(source) => Err(Error::Io { action: "write to", path: "standard output".into(), source }),
        Ok(()) => Ok(outcome),
    }
}
