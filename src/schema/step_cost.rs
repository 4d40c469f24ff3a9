//! How long one article may be judged.
//!
//! Where alternatives of a schema lead back to it, each level of an article is held against all of
//! them, and of thirty levels nobody sees the end; nothing asks the validator to give up. Every
//! way back is a reference, and what else is judged again at each level stands beside a few keywords.
//! So subschemas with these count a step, by a keyword of our own, and the one after the last step
//! unwinds out of the validator. What a schema costs without an article is for `steps`.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value};

use super::instance::Instance;

/// The keyword that counts, which stands in the compiled schema alone.
pub(super) const KEYWORD: &str = "count-step";

/// What a thread unwinds with.
struct NoStepLeft;

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// What makes a subschema count: references, and what is judged again to find out what was evaluated.
const COUNTED: [&str; 5] = ["$ref", "$dynamicRef", "contains", "unevaluatedItems", "unevaluatedProperties"];

/// Lets a subschema count, if it is one of those.
pub(super) fn rewrite(schema: &mut Map<String, Value>) {
    if COUNTED.iter().any(|keyword| schema.contains_key(*keyword)) {
        schema.insert(KEYWORD.to_owned(), Value::Null);
    }
}

/// Does what takes at most so many steps; none if it takes more.
pub(super) fn within<T>(steps: u64, work: impl FnOnce() -> T) -> Option<T> {
    LEFT.set(steps);
    let done = catch_unwind(AssertUnwindSafe(work));
    LEFT.set(u64::MAX);
    match done {
        Ok(done) => Some(done),
        Err(panic) if panic.is::<NoStepLeft>() => None,
        Err(panic) => resume_unwind(panic),
    }
}

/// Makes the keyword.
#[expect(clippy::unnecessary_wraps, reason = "the shape that the validator asks for")]
pub(super) fn keyword<'a>(
    _parent: &'a Map<String, Value>,
    _value: &'a Value,
    _location: Location,
) -> Result<Box<dyn for<'i> Keyword<'i, Instance>>, ValidationError<'a>> {
    Ok(Box::new(CountStep))
}

struct CountStep;

impl<'i> Keyword<'i, Instance> for CountStep {
    fn validate(&self, instance: &'i crate::json::Value<'i>) -> Result<(), ValidationError<'i>> {
        self.is_valid(instance);
        Ok(())
    }

    fn is_valid(&self, _instance: &'i crate::json::Value<'i>) -> bool {
        match LEFT.get().checked_sub(1) {
            Some(left) => LEFT.set(left),
            // Not a panic: no hook is called.
            None => resume_unwind(Box::new(NoStepLeft)),
        }
        true
    }
}
