//! [`ValidationReport`]: what was read and rejected, in the published JSON form
//! (`schema/check-report.schema.json`). Names are those of the schema.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{InputCounts, InputSummary, Undeclared};
use crate::code::Code;
use crate::diagnostics::Cause;
use crate::input::pages::DroppedLine;
use crate::input::{Left, LeftOut, Pointer};
use crate::mapping::{FillRates, Misfit, SourceFit};
use crate::release::{Allowance, Normalised};
use crate::text::one_line;

/// Something about an input that rejects no article, but that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct InputWarning {
    /// What kind of thing.
    pub code: Code,
    /// The name of the input, fit for a terminal.
    pub source: String,
}

impl InputSummary {
    /// A source that does not fit, documents that are not news articles, and inputs without an article or
    /// with texts that the source cut.
    pub(crate) fn warnings(&self) -> Vec<InputWarning> {
        let code = |input: &InputCounts| match input {
            InputCounts { articles: 0, .. } => Some(Code::EmptyInput),
            input if input.notes().cut == 0 => None,
            _ => Some(Code::Truncated),
        };
        let warning = |input| Some(InputWarning { code: code(input)?, source: one_line(&input.name, 200) });
        let is_misfit = self.refused_source().is_some() || !self.strange_members().is_empty();
        let misfit = self.inputs.first().filter(|_| is_misfit);
        let misfit = misfit.map(|input| InputWarning { code: Code::Misfit, source: one_line(&input.name, 200) });
        misfit.into_iter().chain(self.inputs.iter().filter_map(warning)).collect()
    }
}

/// The JSON form of a check, or of the validation of a build.
#[derive(Debug, Serialize)]
pub(crate) struct ValidationReport<'r> {
    format: &'static str,
    ok: bool,
    damaged: bool,
    articles: u64,
    admitted: u64,
    rejected: u64,
    allowed: String,
    rejects_file: Option<String>,
    inputs: Vec<Input<'r>>,
    rejected_by_code: BTreeMap<&'static str, u64>,
    normalised: &'r Normalised,
    undeclared: &'r Undeclared,
    filled: &'r FillRates,
    source: Option<&'r SourceFit>,
    /// Causes by which values of optional members were moved to `_extra`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    moved: Vec<&'r Cause>,
    misfit: Option<&'r Misfit>,
    warnings: Vec<InputWarning>,
    causes: Vec<&'r Cause>,
}

#[derive(Debug, Serialize)]
struct Input<'r> {
    name: &'r str,
    container: String,
    bytes: u64,
    articles: u64,
    admitted: u64,
    rejected: u64,
    skipped: &'r BTreeMap<String, u64>,
    left_out: LeftOutJson,
    dropped: Vec<Dropped>,
    dropped_total: u64,
}

/// What is beside the articles of an input.
#[derive(Debug, Serialize)]
struct LeftOutJson {
    objects: u64,
    members: BTreeMap<String, LeftJson>,
    other_members: u64,
}

#[derive(Debug, Serialize)]
struct LeftJson {
    times: u64,
    objects: u64,
}

fn left_out(left_out: &LeftOut) -> LeftOutJson {
    let member = |(place, left): (&Pointer, &Left)| {
        let Left { times, objects } = *left;
        (one_line(&place.to_string(), 200), LeftJson { times, objects })
    };
    let members = left_out.members.iter().map(member).collect();
    LeftOutJson { objects: left_out.objects, members, other_members: left_out.others }
}

/// A run of lines of a page dump that was left out.
#[derive(Debug, Serialize)]
struct Dropped {
    rule: &'static str,
    first: u64,
    last: u64,
}

fn input(read: &InputCounts) -> Input<'_> {
    let notes = read.notes();
    Input {
        name: &read.name,
        container: read.tally.container.to_string(),
        bytes: read.tally.bytes,
        articles: read.articles,
        admitted: read.articles - read.rejected,
        rejected: read.rejected,
        skipped: &notes.skipped,
        left_out: left_out(read.tally.left_out()),
        dropped: notes.drops.iter().map(dropped).collect(),
        dropped_total: notes.drops_total,
    }
}

fn dropped(drop: &DroppedLine) -> Dropped {
    Dropped { rule: drop.rule.name(), first: drop.lines.first, last: drop.lines.last }
}

impl<'r> ValidationReport<'r> {
    /// Creates the report of what was read. `ok` says whether the operation succeeded.
    pub(crate) fn new(read: &'r InputSummary, allowance: Allowance, ok: bool) -> Self {
        let rejected = read.rejects.total();
        Self {
            format: "pressmark-check/1",
            ok,
            damaged: read.rejects.has_damage(),
            articles: read.articles(),
            admitted: read.articles() - rejected,
            rejected,
            allowed: allowance.to_string(),
            rejects_file: read.rejects.path().map(|path| path.display().to_string()),
            inputs: read.inputs.iter().map(input).collect(),
            rejected_by_code: read.rejects.counts().iter().map(|(code, count)| (code.name(), *count)).collect(),
            normalised: &read.normalised,
            undeclared: &read.undeclared,
            filled: &read.fill,
            source: read.source.as_ref(),
            moved: read.moved.causes(),
            misfit: read.misfit.as_ref(),
            warnings: read.warnings(),
            causes: read.rejects.diagnostics().causes(),
        }
    }
}
