//! `pressmark explain`: what a code means, and what to do about it.
//!
//! The texts are those of `docs/codes.md`, which is part of the binary, so that the page and the
//! command cannot tell different things.

use crate::Error;
use crate::code::Code;
use crate::text::one_line;

use crate::cli::args::ExplainArguments;
use crate::cli::outcome::Outcome;
use crate::cli::paint::BOLD;
use crate::cli::terminal::{self, AS_IT_IS};

const CODES: &str = include_str!("../../docs/codes.md");

pub(crate) fn run(arguments: &ExplainArguments) -> Result<Outcome, Error> {
    let text = match &arguments.code {
        None => list(),
        Some(name) => match Code::named(name) {
            Some(code) => format!("{BOLD}{code}{BOLD:#}: {}\n\n{}", code.meaning(), flowing(section(code))),
            None => return Err(Error::UnknownCode(one_line(name, 40))),
        },
    };
    terminal::print(&text, Outcome::Yes)
}

fn list() -> String {
    let width = Code::ALL.iter().map(|code| code.name().len()).max().unwrap_or(0);
    let line = |code: &Code| {
        terminal::hanging(&format!("{BOLD}{:width$}{BOLD:#}  {}", code.name(), code.meaning()), width + 2)
    };
    Code::ALL.iter().map(line).collect::<Vec<_>>().concat()
}

/// The text of a page with paragraphs that fit the terminal. Without a terminal its lines stay as they are, and so
/// do examples.
fn flowing(page: &str) -> String {
    if terminal::width().is_none() {
        return format!("{page}\n");
    }
    let (mut text, mut paragraph, mut is_example) = (String::new(), Vec::new(), false);
    for line in page.lines().chain([""]) {
        let is_fence = line.starts_with("```");
        let is_apart = is_fence || is_example || line.is_empty() || line.starts_with(['|', '-', '*']);
        if !is_apart {
            paragraph.push(line);
            continue;
        }
        if !paragraph.is_empty() {
            text.push_str(&terminal::hanging(&std::mem::take(&mut paragraph).join(" "), 0));
        }
        is_example ^= is_fence;
        let mark = if is_example || is_fence { AS_IT_IS.to_string() } else { String::new() };
        text.push_str(&format!("{mark}{line}\n"));
    }
    text.trim_end_matches('\n').to_owned() + "\n"
}

/// The section of a code in the page.
fn section(code: Code) -> &'static str {
    let heading = format!("### {code}\n");
    let Some((_, rest)) = CODES.split_once(&heading) else { return "" };
    let end = rest.find("\n#").unwrap_or(rest.len());
    rest[..end].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_section_that_says_what_to_do() {
        for code in Code::ALL {
            assert!(section(*code).len() > 80, "{code} is not explained in docs/codes.md");
        }
    }

    #[test]
    fn every_section_belongs_to_a_code() {
        for heading in CODES.lines().filter_map(|line| line.strip_prefix("### ")) {
            assert!(Code::named(heading).is_some(), "{heading} is no code");
        }
    }
}
