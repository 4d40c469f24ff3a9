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

use crate::code::{Class, Code, Severity};
use crate::diagnostics::Cause;
use crate::input::Container;
use crate::publish::KeyConflicts;
use crate::release::{Allowance, Dataset};
use crate::text::one_line;
use crate::validate::{InputCounts, InputSummary, InputWarning, ValidationReport};

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
    /// Articles that share a key.
    pub(crate) conflicts: Option<&'r KeyConflicts>,
    /// How many articles repeat another one exactly, and how many give way to a newer one. A build reports both itself.
    pub(crate) repeats: [u64; 2],
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

    /// What the formats of continuous integration say of a warning: its level and its message.
    fn warned(&self, warning: &InputWarning) -> (&'static str, String) {
        if warning.code == Code::Misfit && self.read.refused_source().is_none() {
            return ("warning", source::strange_message(self.read));
        }
        (level(warning.code), warning.code.meaning().to_owned())
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

    /// How many inputs were not read at all: they have another format, or it is not clear where their articles are.
    /// Each is counted as one rejected article.
    pub(crate) fn unread(&self) -> u64 {
        self.read.inputs.iter().filter(|input| is_unread(input)).map(|input| input.articles).sum()
    }

    fn rejects_file(&self) -> Option<&'r Path> {
        self.read.rejects.path()
    }
}

/// Whether no article of an input was found.
fn is_unread(input: &InputCounts) -> bool {
    matches!(input.tally.container, Container::Ambiguous | Container::Unknown)
}

/// What a cause counts: articles, or inputs that could not be read as a whole.
fn counted_of(cause: &Cause) -> String {
    let of_input = cause.code.class() == Class::Input || cause.code == Code::Ambiguous;
    counted(cause.articles, if of_input { "input" } else { "article" })
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
