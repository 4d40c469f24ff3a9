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
pub(crate) use crate::text::shell_word as word;

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
/// The command line. That of the process may be one of a Python interpreter.
static TYPED: OnceLock<Vec<OsString>> = OnceLock::new();

/// Applies the arguments that every command takes. Of `--quiet` and `--verbose` the last one on the command line
/// wins, before or after the command. The environment is asked only if neither is there.
pub(crate) fn set(arguments: GlobalArguments, typed: Vec<OsString>) {
    let level = match (arguments.quiet, arguments.verbose) {
        (true, false) => Level::Quiet,
        (false, true) => Level::Verbose,
        (true, true) => last_level(&typed),
        (false, false) => match (is_on("PRESSMARK_QUIET"), is_on("PRESSMARK_VERBOSE")) {
            (true, false) => Level::Quiet,
            (false, true) => Level::Verbose,
            _ => Level::Normal,
        },
    };
    let _first = (LEVEL.set(level), TYPED.set(typed));
    color(arguments.color);
}

/// Whether a variable of the environment switches something on.
fn is_on(name: &str) -> bool {
    let value = std::env::var_os(name).unwrap_or_default().to_string_lossy().to_lowercase();
    !["", "0", "false", "no", "off", "n", "f"].contains(&value.as_str())
}

/// The level of the last argument that sets one.
fn last_level(typed: &[OsString]) -> Level {
    let words = typed.iter().skip(1).map(|word| word.to_string_lossy()).take_while(|word| word != "--");
    let level = |word: std::borrow::Cow<'_, str>| match &*word {
        "--quiet" => Some(Level::Quiet),
        "--verbose" => Some(Level::Verbose),
        word if word.starts_with("--") => None,
        // Short options may be joined. What follows `-o` is its value.
        word => {
            let options = word.strip_prefix('-')?.chars().take_while(|letter| *letter != 'o');
            options
                .filter_map(|letter| {
                    [('q', Level::Quiet), ('v', Level::Verbose)].into_iter().find(|(of, _)| *of == letter)
                })
                .last()
                .map(|(_, level)| level)
        }
    };
    words.filter_map(level).last().unwrap_or(Level::Normal)
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

/// The command line of this run.
pub(crate) fn typed() -> String {
    typed_without("")
}

/// The command line of this run without an option.
pub(crate) fn typed_without(option: &str) -> String {
    let words = TYPED.get().into_iter().flatten().skip(1).map(|argument| argument.to_string_lossy());
    let words = words.filter(|argument| argument != option).map(|argument| format!(" {}", word(&argument)));
    format!("pressmark{}", words.collect::<String>())
}

/// A line whose continuation is indented by this many columns, wrapped to the terminal.
pub(crate) fn hanging(line: &str, indent: usize) -> String {
    let mut fitted = String::new();
    match width() {
        Some(width) => wrap_with(line, width, indent, &mut fitted),
        None => fitted = format!("{line}\n"),
    }
    // It is wrapped already.
    fitted.split_inclusive('\n').map(|line| format!("{AS_IT_IS}{line}")).collect::<Vec<_>>().concat()
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
    wrap_with(line, width, indent, fitted);
}

/// Wraps a line. Its continuation is indented by this many columns.
fn wrap_with(line: &str, width: usize, indent: usize, fitted: &mut String) {
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
}
