//! How long the validation of one article may take, and how many errors may be collected.
//!
//! Where the alternatives of a schema lead back to it, each level of an article is held against all
//! of them, and thirty levels take forever; the validator has no limit. But it reads articles only
//! through `instance`, where each look at a member, an element or a constant takes a step. After the
//! last step, objects and arrays appear to have no more parts, so that the validator returns by
//! itself, without unwinding, and its verdict is not used. An internal keyword takes the steps of
//! alternatives that look at nothing. How large a schema is without an article is for `step_cost`.

use std::cell::Cell;

use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value};

use super::instance::Instance;

/// The keyword that takes steps, in the compiled schema only.
pub(super) const KEYWORD: &str = "take-steps";
/// The least number of alternatives for which a subschema takes a step each.
const MANY: usize = 16;

thread_local! {
    /// The steps that are left. Outside of validation there is no limit.
    static STEPS: Cell<u64> = const { Cell::new(u64::MAX) };
    /// The errors that may still be collected; `None` while errors are not collected.
    static ERRORS: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Takes steps.
pub(super) fn take(steps: u64) {
    STEPS.set(STEPS.get().saturating_sub(steps));
}

/// Whether no step is left, so that results from now on are not valid.
pub(super) fn is_spent() -> bool {
    STEPS.get() == 0
}

/// Whether errors are being collected.
pub(super) fn is_listing() -> bool {
    ERRORS.get().is_some()
}

/// Counts an error that is being collected. After the last one no step is left.
pub(super) fn count_error() {
    match ERRORS.get() {
        Some(left @ 2..) => ERRORS.set(Some(left - 1)),
        Some(_) => STEPS.set(0),
        None => {}
    }
}

/// Removes the limits when validation ends.
struct Limits;

impl Limits {
    fn set(steps: u64, errors: Option<u64>) -> Self {
        STEPS.set(steps);
        ERRORS.set(errors);
        Self
    }
}

impl Drop for Limits {
    fn drop(&mut self) {
        STEPS.set(u64::MAX);
        ERRORS.set(None);
    }
}

/// Runs `work` with at most so many steps; `None` if it takes more.
pub(super) fn within<T>(steps: u64, work: impl FnOnce() -> T) -> Option<T> {
    let _limits = Limits::set(steps, None);
    let done = work();
    (!is_spent()).then_some(done)
}

/// Collects errors with at most so many steps and errors. Returns them, and whether these are all.
pub(super) fn listing<T>(steps: u64, errors: u64, work: impl FnOnce() -> T) -> (T, bool) {
    let _limits = Limits::set(steps, Some(errors));
    let done = work();
    (done, !is_spent())
}

/// Lets a subschema of many alternatives take a step for each.
pub(super) fn rewrite(schema: &mut Map<String, Value>) {
    let length = |keyword: &&str| schema.get(*keyword).and_then(Value::as_array).map_or(0, Vec::len);
    let alternatives: usize = ["allOf", "anyOf", "oneOf"].iter().map(length).sum();
    if alternatives >= MANY {
        schema.insert(KEYWORD.to_owned(), Value::from(alternatives));
    }
}

/// Makes the keyword.
#[expect(clippy::unnecessary_wraps, reason = "the shape that the validator asks for")]
pub(super) fn keyword<'a>(
    _parent: &'a Map<String, Value>,
    value: &'a Value,
    _location: Location,
) -> Result<Box<dyn for<'i> Keyword<'i, Instance>>, ValidationError<'a>> {
    Ok(Box::new(TakeSteps(value.as_u64().unwrap_or(1))))
}

struct TakeSteps(u64);

impl<'i> Keyword<'i, Instance> for TakeSteps {
    fn validate(&self, instance: &'i crate::json::Value<'i>) -> Result<(), ValidationError<'i>> {
        self.is_valid(instance);
        Ok(())
    }

    fn is_valid(&self, _instance: &'i crate::json::Value<'i>) -> bool {
        take(self.0);
        true
    }
}
