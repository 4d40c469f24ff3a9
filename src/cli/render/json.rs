//! For programs: everything, in the shape of `schema/check-report.schema.json`.

use std::collections::BTreeMap;

use pressmark::diagnostics::Cause;
use pressmark::release::{Input, Normalised};
use serde::Serialize;

use super::Check;

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
    inputs: Vec<InputRead<'r>>,
    rejected_by_code: BTreeMap<&'static str, u64>,
    normalised: &'r Normalised,
    causes: Vec<&'r Cause>,
}

#[derive(Serialize)]
struct InputRead<'r> {
    #[serde(flatten)]
    input: &'r Input,
    container: String,
}

impl<'r> Checked<'r> {
    pub(crate) fn new(check: &Check<'r>) -> Self {
        let read = check.read;
        let inputs = read.inputs.iter().zip(&read.containers);
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
            inputs: inputs.map(|(input, container)| InputRead { input, container: container.to_string() }).collect(),
            rejected_by_code: read.rejects.counts().iter().map(|(code, count)| (code.name(), *count)).collect(),
            normalised: &read.normalised,
            causes: check.causes(),
        }
    }
}

pub(super) fn report(check: &Check<'_>) -> String {
    crate::outcome::pretty(&Checked::new(check))
}
