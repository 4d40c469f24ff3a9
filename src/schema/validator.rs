//! [`Violation`]: one rule broken at one position in one article.
//!
//! The `jsonschema` crate finds violations; `describe` writes their messages.

mod describe;

use jsonschema::ValidationError;

use super::instance::{Excerpt, Instance};
use super::load::Compiled;
use super::rule_index::RuleIndex;
use super::step_budget;
use super::undeclared::{self, Origin};
use crate::code::Code;
use crate::json::Value;
use describe::Describer;

pub(super) use describe::message;

/// How many violations of one article are listed.
pub(super) const MAX_LISTED: usize = 1000;
/// How many errors may be collected for that, those of alternatives among them, each some hundred bytes.
const ERRORS: u64 = 20_000;
/// How many steps may be taken with an article, or with each of its parts, whichever is more, and how
/// many at most. A step takes some nanoseconds.
const STEPS: u64 = 1 << 24;
const STEPS_FOR_PART: u64 = 256;
const MOST_STEPS: u64 = 1 << 28;

/// One rule broken at one position in one article. Messages are one line of bounded length without
/// control characters.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// Which rule, as a stable code.
    pub code: Code,
    /// JSON Pointer to the value within the article (RFC 6901); empty for the article itself.
    pub pointer: String,
    /// JSON Pointer to the rule within the schema; empty where no rule of the schema is broken.
    pub schema: String,
    /// What is wrong, in one line.
    pub message: String,
    /// What the rule asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// What would probably fix it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Violation {
    /// A violation of a rule that is not in the schema.
    pub(crate) fn plain(code: Code, pointer: String, message: String) -> Self {
        Self { code, pointer, schema: String::new(), message, expected: None, actual: None, help: None }
    }
}

/// Every rule that a value breaks, up to [`MAX_LISTED`]. Most values break none, and a check for that is much
/// faster than listing all.
pub(super) fn validate(compiled: &Compiled, value: &Value<'_>) -> Vec<Violation> {
    match is_valid(&compiled.validator, value) {
        Some(true) => return Vec::new(),
        Some(false) => {}
        None => return vec![endless("whether it is valid takes too many steps to find out")],
    }
    let errors = (ERRORS / compiled.error_size).max(1);
    let collect = || compiled.validator.iter_errors(value).take(2 * MAX_LISTED).collect();
    let (errors, are_all): (Vec<ValidationError<'_>>, bool) = step_budget::listing(steps(value), errors, collect);
    let mut violations = list(&errors, value, &compiled.rules);
    if violations.len() >= MAX_LISTED {
        violations.truncate(MAX_LISTED);
    } else if !are_all {
        violations.push(endless("it breaks the schema in more ways than can be listed"));
    }
    violations
}

/// Whether a value is valid; `None` if finding out takes more steps than its size justifies.
fn is_valid(validator: &jsonschema::Validator<Instance>, value: &Value<'_>) -> Option<bool> {
    let check = || validator.is_valid(value);
    step_budget::within(STEPS, check).or_else(|| {
        // Its parts are only counted where it matters.
        let steps = steps(value);
        if steps > STEPS { step_budget::within(steps, check) } else { None }
    })
}

fn steps(value: &Value<'_>) -> u64 {
    STEPS_FOR_PART.saturating_mul(value.parts(usize::MAX) as u64).clamp(STEPS, MOST_STEPS)
}

fn endless(message: &str) -> Violation {
    let help =
        "where alternatives lead back to the schema, choose between them with `if` and `then`, which look at one";
    Violation { help: Some(help.to_owned()), ..Violation::plain(Code::StepLimit, String::new(), message.to_owned()) }
}

/// The violations that the validator's errors mean, without redundant ones. Members and items that
/// were not evaluated come last.
fn list(errors: &[ValidationError<'_>], article: &Value<'_>, rules: &RuleIndex) -> Vec<Violation> {
    let describer = Describer { rules };
    let mut found = Vec::new();
    let mut origins = Vec::new();
    for error in errors.iter().filter(|error| Excerpt::from_value(error.instance()) != Excerpt::Nothing) {
        let rule = rules.rule(error);
        for (violation, unevaluated) in describer.violations(error, &rule, article) {
            let way = error.evaluation_path().as_str().to_owned();
            let at = error.instance_path().as_str().to_owned();
            origins.push(Origin { way, rule: rule.clone(), code: violation.code, at, unevaluated });
            found.push(violation);
            if found.len() > 2 * MAX_LISTED {
                break;
            }
        }
    }
    let redundant = undeclared::redundant(&origins, &rules.graph);
    let kept = found.into_iter().zip(origins).zip(redundant).filter(|(_, redundant)| !redundant).map(|(kept, _)| kept);
    let (last, first): (Vec<_>, Vec<_>) = kept.partition(|(_, origin)| origin.unevaluated.is_some());
    first.into_iter().chain(last).map(|(violation, _)| violation).collect()
}
