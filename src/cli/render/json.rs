//! For programs: everything, in the shape of `schema/check-report.schema.json`.

use std::collections::BTreeMap;

use pressmark::diagnostics::Cause;
use pressmark::input::pages::DroppedLine;
use pressmark::input::{Left, LeftOut, Pointer};
use pressmark::mapping::{FillRates, Misfit, SourceFit};
use pressmark::release::Normalised;
use pressmark::text::one_line;
use pressmark::validate::{InputCounts, Undeclared};
use serde::Serialize;

use super::{Check, Warning};

/// The whole report.
#[derive(Serialize)]
pub(crate) struct Checked<'r> {
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
    warnings: Vec<Warning>,
    causes: Vec<&'r Cause>,
}

#[derive(Serialize)]
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
#[derive(Serialize)]
struct LeftOutJson {
    objects: u64,
    members: BTreeMap<String, LeftJson>,
    other_members: u64,
}

#[derive(Serialize)]
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
#[derive(Serialize)]
struct Dropped {
    rule: &'static str,
    first: u64,
    last: u64,
}

fn input(read: &InputCounts) -> Input<'_> {
    Input {
        name: &read.name,
        container: read.tally.container.to_string(),
        bytes: read.tally.bytes,
        articles: read.articles,
        admitted: read.articles - read.rejected,
        rejected: read.rejected,
        skipped: &read.skipped,
        left_out: left_out(&read.tally.left_out),
        dropped: read.drops.iter().map(dropped).collect(),
        dropped_total: read.drops_total,
    }
}

fn dropped(drop: &DroppedLine) -> Dropped {
    Dropped { rule: drop.rule.name(), first: drop.lines.first, last: drop.lines.last }
}

impl<'r> Checked<'r> {
    pub(crate) fn new(check: &Check<'r>) -> Self {
        let read = check.read;
        let rejected = read.rejects.total();
        Self {
            format: "pressmark-check/1",
            ok: check.ok,
            damaged: read.rejects.has_damage(),
            articles: read.articles(),
            admitted: read.articles() - rejected,
            rejected,
            allowed: check.allowed(),
            rejects_file: check.rejects_file().map(|path| path.display().to_string()),
            inputs: read.inputs.iter().map(input).collect(),
            rejected_by_code: read.rejects.counts().iter().map(|(code, count)| (code.name(), *count)).collect(),
            normalised: &read.normalised,
            undeclared: &read.undeclared,
            filled: &read.fill,
            source: read.source.as_ref(),
            moved: read.moved.causes(),
            misfit: read.misfit.as_ref(),
            warnings: check.warnings(),
            causes: check.causes(),
        }
    }
}

pub(super) fn report(check: &Check<'_>) -> String {
    crate::outcome::pretty(&Checked::new(check))
}
