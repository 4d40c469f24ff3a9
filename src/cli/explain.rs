//! `pressmark explain`: what a code means, and what to do about it.
//!
//! The texts are those of `docs/codes.md`, which is part of the binary, so that the page and the
//! command cannot tell different things.

use std::io::Write as _;

use crate::Error;
use crate::code::Code;
use crate::text::one_line;

use crate::cli::args::ExplainArguments;
use crate::cli::outcome::{Outcome, written};
use crate::cli::paint::BOLD;

const CODES: &str = include_str!("../../docs/codes.md");

pub(crate) fn run(arguments: &ExplainArguments) -> Result<Outcome, Error> {
    let text = match &arguments.code {
        None => list(),
        Some(name) => match Code::named(name) {
            Some(code) => format!("{BOLD}{code}{BOLD:#}: {}\n\n{}\n", code.meaning(), section(code)),
            None => return Err(Error::UnknownCode { name: one_line(name, 40) }),
        },
    };
    let mut out = anstream::stdout().lock();
    written(out.write_all(text.as_bytes()), Outcome::Yes)
}

fn list() -> String {
    let width = Code::ALL.iter().map(|code| code.name().len()).max().unwrap_or(0);
    let line = |code: &Code| format!("{BOLD}{:width$}{BOLD:#}  {}\n", code.name(), code.meaning());
    Code::ALL.iter().map(line).collect::<Vec<_>>().concat()
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
