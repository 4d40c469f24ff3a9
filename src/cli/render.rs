//! What was checked or verified, in one of five formats: for people, for programs, and for the three
//! places where continuous integration shows results.

mod github;
mod human;
mod json;
mod junit;
mod normalised;
mod release;
mod sarif;
mod source;

use std::path::Path;

use pressmark::code::{Code, Severity};
use pressmark::diagnostics::Cause;
use pressmark::release::Allowance;
use pressmark::text::one_line;
use pressmark::validate::{InputCounts, InputSummary};
use serde::Serialize;

use crate::args::ReportFormat;
use crate::paint::counted;

pub(crate) use json::Checked;
pub(crate) use release::verified;

/// Something that is worth a look.
#[derive(Debug, Serialize)]
pub(crate) struct Warning {
    code: Code,
    source: String,
}

/// A check or the checking half of a build.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check<'r> {
    pub(crate) read: &'r InputSummary,
    pub(crate) allowance: Allowance,
    /// Whether the answer is yes.
    pub(crate) ok: bool,
}

impl<'r> Check<'r> {
    /// The text of the whole report.
    pub(crate) fn render(&self, format: ReportFormat) -> String {
        match format {
            ReportFormat::Human => human::report(self),
            ReportFormat::Json => json::report(self),
            ReportFormat::Github => github::report(self),
            ReportFormat::Sarif => sarif::report(self),
            ReportFormat::Junit => junit::report(junit::cases(self)),
        }
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
        Some(format!("the source `{}` does not fit, and `{}` does", one_line(&source.name, 60), better.source))
    }

    fn causes(&self) -> Vec<&'r Cause> {
        self.read.rejects.diagnostics().causes()
    }

    /// What is worth a look and keeps nothing out: inputs without a single article, or with texts
    /// that were cut.
    fn warnings(&self) -> Vec<Warning> {
        let worth = |input: &InputCounts| match input {
            InputCounts { articles: 0, .. } => Some(Code::EmptyInput),
            InputCounts { cut: 0, .. } => None,
            InputCounts { .. } => Some(Code::Truncated),
        };
        let warning = |input| Some(Warning { code: worth(input)?, source: one_line(&input.name, 200) });
        let misfit = self.read.refused_source().and_then(|_| self.read.inputs.first());
        let misfit = misfit.map(|input| Warning { code: Code::Misfit, source: one_line(&input.name, 200) });
        misfit.into_iter().chain(self.read.inputs.iter().filter_map(warning)).collect()
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

    /// The allowance as it is typed: `10`, `0.5%`.
    fn allowed(&self) -> String {
        match self.allowance {
            Allowance::Count(number) => number.to_string(),
            Allowance::PerMillion(share) => {
                let percent = format!("{}.{:04}", share / 10_000, share % 10_000);
                format!("{}%", percent.trim_end_matches('0').trim_end_matches('.'))
            }
        }
    }
}

/// For people: causes of any kind of rejects.
pub(crate) fn causes(causes: &[&Cause]) -> String {
    human::causes(causes)
}

/// The word that a code's severity has everywhere.
fn level(code: Code) -> &'static str {
    match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The message that stands for a cause: its examples' if they agree, else the code's meaning.
fn headline(cause: &Cause) -> &str {
    match cause.examples.as_slice() {
        [first, rest @ ..] if rest.iter().all(|example| example.message == first.message) => &first.message,
        _ => cause.code.meaning(),
    }
}
