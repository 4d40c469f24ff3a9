//! What was checked or verified, in one of five formats: for people, for programs, and for the three
//! places where continuous integration shows results.

mod causes;
mod github;
mod human;
mod junit;
mod normalised;
mod release;
mod sarif;
mod source;

use std::path::Path;

use crate::code::{Code, Severity};
use crate::diagnostics::Cause;
use crate::publish::KeyConflicts;
use crate::release::{Allowance, Dataset};
use crate::text::one_line;
use crate::validate::{InputSummary, ValidationReport};

use crate::cli::args::ReportFormat;
use crate::cli::outcome::pretty;
use crate::cli::paint::counted;

pub(crate) use release::verified;

/// A check, or the validating half of a build.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check<'r> {
    pub(crate) read: &'r InputSummary,
    pub(crate) allowance: Allowance,
    /// Whether the rejects are allowed, and the inputs undamaged.
    pub(crate) ok: bool,
    /// How many examples of each cause are shown.
    pub(crate) examples: usize,
    /// The dataset whose settings a check used.
    pub(crate) dataset: Option<&'r Dataset>,
    /// Articles that share a key, which only a build finds.
    pub(crate) conflicts: Option<&'r KeyConflicts>,
}

impl<'r> Check<'r> {
    /// The text of the whole report.
    pub(crate) fn render(&self, format: ReportFormat) -> String {
        match format {
            ReportFormat::Human => human::report(self),
            ReportFormat::Json => pretty(&self.json()),
            ReportFormat::Github => github::report(self),
            ReportFormat::Sarif => sarif::report(self),
            ReportFormat::Junit => junit::report(junit::cases(self)),
        }
    }

    /// For programs: everything.
    pub(crate) fn json(&self) -> ValidationReport<'r> {
        ValidationReport::new(self.read, self.allowance, self.ok)
    }

    /// For people: why articles were rejected, and nothing if none were.
    pub(crate) fn diagnostics(&self) -> String {
        human::diagnostics(self)
    }

    /// For people: what was read, a line for each input.
    pub(crate) fn inputs(&self) -> String {
        human::inputs(self)
    }

    /// Why the source is refused, in a few words.
    pub(crate) fn misfit_refusal(&self) -> Option<String> {
        let (source, better) = self.read.refused_source()?;
        let name = one_line(&source.name, 60);
        Some(match better.articles {
            None => format!("the source `{name}` does not fit, and `{}` does", better.source),
            Some(_) => format!("the source `{name}` fits only some of the articles, and `{}` others", better.source),
        })
    }

    fn causes(&self) -> Vec<&'r Cause> {
        self.read.rejects.diagnostics().causes()
    }

    /// How many objects of the inputs are no articles, where there are any: `, 3 objects left out`.
    fn left_out(&self) -> String {
        let (beside, skipped) = self.read.left_out();
        let told = [(beside, "left out besides articles"), (skipped, "skipped by settings")];
        let mut text = String::new();
        for (number, what) in told.into_iter().filter(|(number, _)| *number > 0) {
            text.push_str(&format!(", {} {what}", counted(number, "object")));
        }
        text
    }

    fn rejects_file(&self) -> Option<&'r Path> {
        self.read.rejects.path()
    }
}

/// For people: causes of any kind of rejects, with at most this many examples each.
pub(crate) fn causes(causes: &[&Cause], examples: usize) -> String {
    causes::report(causes, examples, None)
}

/// The word that a code's severity has everywhere.
fn level(code: Code) -> &'static str {
    match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The message of a cause: that of its examples if it is the same, otherwise the meaning of the code.
fn headline(cause: &Cause) -> &str {
    match cause.examples.as_slice() {
        [first, rest @ ..] if rest.iter().all(|example| example.message == first.message) => &first.message,
        _ => cause.code.meaning(),
    }
}
