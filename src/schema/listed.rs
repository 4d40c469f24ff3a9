//! A faster form of one rule: `enum` with many values that are not all strings.
//!
//! The validator looks strings up at once, but compares any other value with each listed value in
//! turn. The rule is compiled to an internal keyword that compares only values with the same hash.
//! `instance` decides which values are equal.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState};

use jsonschema::json::Node as _;
use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value};

use super::instance::Instance;
use super::step_budget;

/// The keyword that replaces `enum`, in the compiled schema only.
pub(super) const KEYWORD: &str = "one-of-many";
/// The least number of values for which it does.
const MANY: usize = 16;

/// Replaces a subschema's `enum` if it is slow.
pub(super) fn rewrite(schema: &mut Map<String, Value>) {
    let is_text = |value: &Value| value.is_string() || value.is_null();
    let is_slow =
        |values: &Value| values.as_array().is_some_and(|values| values.len() >= MANY && !values.iter().all(is_text));
    if schema.get("enum").is_some_and(is_slow)
        && let Some(values) = schema.remove("enum")
    {
        schema.insert(KEYWORD.to_owned(), values);
    }
}

/// Makes the keyword.
#[expect(clippy::unnecessary_wraps, reason = "the shape that the validator asks for")]
pub(super) fn keyword<'a>(
    _parent: &'a Map<String, Value>,
    value: &'a Value,
    _location: Location,
) -> Result<Box<dyn for<'i> Keyword<'i, Instance>>, ValidationError<'a>> {
    let values = value.as_array().cloned().unwrap_or_default();
    let state = RandomState::new();
    let mut by_hash: HashMap<u64, Vec<Value>> = HashMap::new();
    for value in values {
        by_hash.entry(hash_expected(&state, &value)).or_default().push(value);
    }
    Ok(Box::new(OneOfMany { state, by_hash }))
}

struct OneOfMany {
    state: RandomState,
    by_hash: HashMap<u64, Vec<Value>>,
}

impl<'i> Keyword<'i, Instance> for OneOfMany {
    fn validate(&self, instance: &'i crate::json::Value<'i>) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            return Ok(());
        }
        step_budget::count_error();
        Err(ValidationError::custom("none of the values"))
    }

    fn is_valid(&self, instance: &'i crate::json::Value<'i>) -> bool {
        let alike = self.by_hash.get(&hash_found(&self.state, instance));
        alike.is_some_and(|values| values.iter().any(|value| instance.equals_value(value)))
    }
}

/// Equal values have equal hashes: numbers by the nearest double, members in any order.
fn hash_expected(state: &RandomState, value: &Value) -> u64 {
    let mut hasher = state.build_hasher();
    match value {
        Value::Null => 0_u8.hash(&mut hasher),
        Value::Bool(truth) => (1_u8, truth).hash(&mut hasher),
        Value::Number(number) => (2_u8, bits(number.as_f64())).hash(&mut hasher),
        Value::String(text) => (3_u8, text.as_str()).hash(&mut hasher),
        Value::Array(elements) => {
            let elements: Vec<u64> = elements.iter().map(|element| hash_expected(state, element)).collect();
            (4_u8, elements).hash(&mut hasher);
        }
        Value::Object(members) => {
            let member =
                |(name, value): (&String, &Value)| state.hash_one((name.as_str(), hash_expected(state, value)));
            let all = members.iter().map(member).fold(0_u64, u64::wrapping_add);
            (5_u8, members.len(), all).hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn hash_found(state: &RandomState, value: &crate::json::Value<'_>) -> u64 {
    use crate::json::Value as Found;
    step_budget::take(1);
    let mut hasher = state.build_hasher();
    match value {
        Found::Null => 0_u8.hash(&mut hasher),
        Found::Bool(truth) => (1_u8, truth).hash(&mut hasher),
        Found::Number(number) => (2_u8, bits(number.as_f64())).hash(&mut hasher),
        Found::String(text) => (3_u8, &**text).hash(&mut hasher),
        Found::Array(elements) => {
            let elements: Vec<u64> = elements.iter().map(|element| hash_found(state, element)).collect();
            (4_u8, elements).hash(&mut hasher);
        }
        Found::Object(members) => {
            let member = |(name, value)| state.hash_one((name, hash_found(state, value)));
            let all = members.iter().map(member).fold(0_u64, u64::wrapping_add);
            (5_u8, members.len(), all).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// The same for both zeros.
fn bits(double: Option<f64>) -> Option<u64> {
    double.map(|double| (double + 0.0).to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    proptest::proptest! {
        /// Whatever equals a value has its hash, so nothing that is listed is missed.
        #[test]
        fn equal_values_have_one_hash(a in json::tests::any_json(), b in json::tests::any_json()) {
            let state = RandomState::new();
            for text in [a.to_string(), b.to_string()] {
                let value = json::parse(text.as_bytes()).expect("valid JSON");
                for expected in [&a, &b] {
                    if (&value).equals_value(expected) {
                        proptest::prop_assert_eq!(hash_found(&state, &value), hash_expected(&state, expected));
                    }
                }
            }
        }
    }

    #[track_caller]
    fn check(schema: &Value, text: &str, want: bool) {
        let schema = schema.to_string();
        let schema = json::parse(schema.as_bytes()).expect("valid JSON").into_owned();
        let graph = crate::schema::graph::Graph::new(schema).expect("a valid schema");
        let validator = crate::schema::load::compile(graph).expect("a valid schema");
        assert_eq!(validator.validator.is_valid(&json::parse(text.as_bytes()).expect("valid JSON")), want, "{text}");
    }

    #[test]
    fn values_are_compared_by_meaning() {
        let mut values: Vec<Value> = (0..40).map(|number| serde_json::json!([number])).collect();
        values.extend([serde_json::json!({"a": 1, "b": [null]}), serde_json::json!(0.5), serde_json::json!(1e20)]);
        let schema = serde_json::json!({ "enum": values });
        check(&schema, "[3.0]", true);
        check(&schema, "[40]", false);
        check(&schema, r#"{"b":[null],"a":1e0}"#, true);
        check(&schema, "5e-1", true);
        check(&schema, "100000000000000000000", true);
        check(&schema, "100000000000000000001", false);
        check(&schema, "[-0.0]", true);
    }
}
