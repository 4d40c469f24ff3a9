//! What the terminal takes: how much is printed, how wide a line may be, and whether it has colour.
//!
//! A report is composed without regard to the width, and wrapped when it is printed. Lines for programs,
//! and lines to be copied, are never wrapped. The width is that of the terminal; without one it is
//! `COLUMNS`, and without that nothing is wrapped.

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::sync::OnceLock;

use crate::Error;
use anstream::ColorChoice;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

use crate::cli::args::{ColorArgument, GlobalArguments};
use crate::cli::outcome::{Outcome, written};

/// Starts a line that is not wrapped. Text from outside never has it, because control characters in it are
/// escaped.
pub(crate) const AS_IT_IS: char = '\u{1}';

/// The narrowest width that reports are wrapped to.
const NARROWEST: usize = 40;

/// How much is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Quiet,
    Normal,
    Verbose,
}

static LEVEL: OnceLock<Level> = OnceLock::new();

/// Applies the arguments that every command takes.
pub(crate) fn set(arguments: GlobalArguments) {
    let level = match (arguments.quiet, arguments.verbose) {
        (true, false) => Level::Quiet,
        (false, true) => Level::Verbose,
        _ => Level::Normal,
    };
    let _first = LEVEL.set(level);
    color(arguments.color);
}

/// Chooses colour by the environment, before any argument is known.
pub(crate) fn color_from_environment() {
    color(ColorArgument::Auto);
}

fn color(argument: ColorArgument) {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    match argument {
        ColorArgument::Always => ColorChoice::Always.write_global(),
        ColorArgument::Never => ColorChoice::Never.write_global(),
        ColorArgument::Auto if is_set("FORCE_COLOR") && !is_set("NO_COLOR") => ColorChoice::Always.write_global(),
        ColorArgument::Auto => ColorChoice::Auto.write_global(),
    }
}

fn level() -> Level {
    LEVEL.get().copied().unwrap_or(Level::Normal)
}

pub(crate) fn is_quiet() -> bool {
    level() == Level::Quiet
}

pub(crate) fn is_verbose() -> bool {
    level() == Level::Verbose
}

/// The width of a line, in columns; `None` if lines are not wrapped.
pub(crate) fn width() -> Option<usize> {
    let of = |size: Option<(terminal_size::Width, _)>| size.map(|(width, _)| usize::from(width.0));
    let out = std::io::stdout();
    let terminal = if out.is_terminal() {
        of(terminal_size::terminal_size_of(out))
    } else {
        of(terminal_size::terminal_size_of(std::io::stderr())).filter(|_| std::io::stderr().is_terminal())
    };
    #[expect(clippy::disallowed_methods, reason = "shells set it for programs without a terminal")]
    let variable = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(variable).filter(|width| *width > 0).map(|width| width.max(NARROWEST))
}

/// Prints a report on standard output.
pub(crate) fn print(text: &str, outcome: Outcome) -> Result<Outcome, Error> {
    written(anstream::stdout().lock().write_all(fit(text, width()).as_bytes()), outcome)
}

/// Prints a message on standard error. If that is closed, there is nowhere to report to.
pub(crate) fn say(text: &str) {
    let _closed = anstream::stderr().lock().write_all(fit(text, width()).as_bytes());
}

/// A line to be copied, such as a command.
pub(crate) fn command(line: &str) -> String {
    format!("{AS_IT_IS}  {line}\n")
}

/// The commands that may follow, each with what it is for.
pub(crate) fn next(steps: &[(&str, String)]) -> String {
    if is_quiet() || steps.is_empty() {
        return String::new();
    }
    let dim = crate::cli::paint::DIM;
    let step = |(what, line): &(&str, String)| format!("{dim}{what}:{dim:#}\n{}", command(line));
    steps.iter().map(step).collect()
}

static TYPED: OnceLock<String> = OnceLock::new();

/// Keeps the arguments of this run, the program's own name first.
pub(crate) fn set_typed(arguments: &[OsString]) {
    let words = arguments.iter().skip(1).map(|argument| format!(" {}", word(&argument.to_string_lossy())));
    let _first = TYPED.set(format!("pressmark{}", words.collect::<String>()));
}

/// The command line of this run.
pub(crate) fn typed() -> String {
    TYPED.get().cloned().unwrap_or_default()
}

/// A word of a command line, quoted for a shell where that is needed.
pub(crate) fn word(text: &str) -> String {
    let shown = crate::text::printable(text);
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./=:,@%+~".contains(letter);
    if !shown.is_empty() && shown.chars().all(is_plain) { shown } else { format!("'{}'", shown.replace('\'', "'\\''")) }
}

/// Wraps each line at spaces. A continued line is indented by two more columns than its first line.
pub(crate) fn fit(text: &str, width: Option<usize>) -> String {
    let mut fitted = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let is_long = |width: &usize| textwrap::core::display_width(line.trim_end_matches('\n')) > *width;
        match (line.strip_prefix(AS_IT_IS), width.filter(is_long)) {
            (Some(line), _) => fitted.push_str(line),
            (None, Some(width)) => wrap(line, width, &mut fitted),
            (None, None) => fitted.push_str(line),
        }
    }
    fitted
}

fn wrap(line: &str, width: usize, fitted: &mut String) {
    let indent = line.len() - line.trim_start_matches(' ').len() + 2;
    let indent = " ".repeat(indent.min(width / 2));
    let options = Options::new(width)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    for line in textwrap::wrap(line.trim_end_matches('\n'), options) {
        fitted.push_str(&line);
        fitted.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, width: Option<usize>, want: &str) {
        assert_eq!(fit(text, width), want);
    }

    #[test]
    fn lines_are_wrapped_at_spaces() {
        check("one two three\n", Some(8), "one two\n  three\n");
        check("  one two three\nfour\n", Some(9), "  one two\n    three\nfour\n");
        check("one two three\n", None, "one two three\n");
        check("\u{1b}[1mone\u{1b}[0m two\n", Some(7), "\u{1b}[1mone\u{1b}[0m two\n");
        check("新聞 新聞\n", Some(8), "新聞\n  新聞\n");
        check("averylongword\n", Some(5), "averylongword\n");
        check("\u{1}  a command to copy\n", Some(8), "  a command to copy\n");
        check("\n\n", Some(8), "\n\n");
    }

    #[test]
    fn words_of_commands() {
        assert_eq!(word("a/b-1.json"), "a/b-1.json");
        assert_eq!(word("a b"), "'a b'");
        assert_eq!(word("it's"), "'it'\\''s'");
        assert_eq!(word(""), "''");
    }
}
