//! How many subschemas one value may be held against at one place. References make a short schema
//! long, and where each of them is followed twice, a page of schema keeps a validator busy for years.
//!
//! Counted is what applies to the same value; what its members and elements are held against is
//! counted for these. What a schema means is not known here.

use std::collections::HashMap;

use super::references::{References, Target};
use crate::json::{Object, Value};

/// How many subschemas may apply to one value, each as often as it is referred to.
pub(super) const MOST: u64 = 20_000;
/// How many of them may lead to one another.
const DEPTH: usize = 512;
/// How often the subschemas beside `unevaluatedProperties` or `unevaluatedItems` apply: once more to
/// find out what they evaluated, and the validator does that by judging.
const EVALUATED: u64 = 3;

/// Counts the steps of the subschemas of one schema.
pub(super) struct Steps<'s> {
    references: References<'s>,
    /// By the address of a subschema, which does not move; none while it is being counted.
    known: HashMap<*const Value<'s>, Option<u64>>,
    /// Whether a subschema was seen that applies to a value if it applies to that value.
    is_circular: bool,
}

impl<'s> Steps<'s> {
    pub(super) fn new(references: References<'s>) -> Self {
        Self { references, known: HashMap::new(), is_circular: false }
    }

    /// What a reference in `schema` leads to.
    pub(super) fn target(&self, schema: &'s Value<'s>, reference: &str) -> Target<'s> {
        self.references.target(schema, reference)
    }

    /// Whether more than [`MOST`] subschemas apply to a value that is held against this one.
    pub(super) fn are_too_many(&mut self, schema: &'s Value<'s>) -> bool {
        self.count(schema, 0) > MOST
    }

    /// Whether one of those asked for applies to a value if it applies to that value, and so never comes
    /// to say anything.
    pub(super) fn is_circular(&self) -> bool {
        self.is_circular
    }

    fn count(&mut self, schema: &'s Value<'s>, depth: usize) -> u64 {
        let Some(object) = schema.as_object() else { return 1 };
        if depth > DEPTH {
            return MOST + 1;
        }
        let place = std::ptr::from_ref(schema);
        if let Some(known) = self.known.get(&place) {
            self.is_circular |= known.is_none();
            return known.unwrap_or_default();
        }
        self.known.insert(place, None);
        let below = self.in_place(schema, object);
        let steps = below.into_iter().fold(1_u64, |sum, schema| sum.saturating_add(self.count(schema, depth + 1)));
        let evaluates =
            ["unevaluatedProperties", "unevaluatedItems"].iter().any(|keyword| object.get(keyword).is_some());
        let steps = if evaluates { steps.saturating_mul(EVALUATED) } else { steps };
        self.known.insert(place, Some(steps));
        steps
    }

    /// The subschemas that apply where this one does.
    fn in_place(&self, schema: &'s Value<'s>, object: &'s Object<'s>) -> Vec<&'s Value<'s>> {
        let mut below = Vec::new();
        for (keyword, value) in object.iter() {
            match (keyword, value) {
                ("not" | "if" | "then" | "else", schema) => below.push(schema),
                ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => below.extend(schemas),
                ("dependentSchemas", Value::Object(schemas)) => below.extend(schemas.iter().map(|(_, schema)| schema)),
                ("$ref" | "$dynamicRef", Value::String(reference)) => {
                    if let Target::Here(target, _) = self.target(schema, reference) {
                        below.push(target);
                    }
                }
                _ => {}
            }
        }
        below
    }
}
