//! Where references lead, and how many subschemas one value may be held against at one place. References
//! make a short schema long, and where each of them is followed twice, a page of schema keeps a
//! validator busy for years.
//!
//! Counted is what applies to the same value; what its members and elements are held against is
//! counted for these. What a schema means is not known here.

use std::collections::HashMap;

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
    /// What is referred to by `$id`, `$anchor` and `$dynamicAnchor`.
    named: HashMap<&'s str, &'s Value<'s>>,
    /// In which schema with an `$id`, or in the whole, each object stands, by its address.
    resources: HashMap<*const Value<'s>, &'s Value<'s>>,
    /// By the address of a subschema, which does not move; none while it is being counted.
    known: HashMap<*const Value<'s>, Option<u64>>,
}

impl<'s> Steps<'s> {
    pub(super) fn new(root: &'s Value<'s>) -> Self {
        let mut steps = Self { named: HashMap::new(), resources: HashMap::new(), known: HashMap::new() };
        steps.collect(root, root);
        steps
    }

    /// What a reference in `schema` leads to; none if that is not in the file.
    pub(super) fn target(&self, schema: &'s Value<'s>, reference: &str) -> Option<&'s Value<'s>> {
        let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let resource = match document {
            "" => self.resources.get(&std::ptr::from_ref(schema))?,
            id => self.named.get(id)?,
        };
        match fragment {
            pointer if pointer.is_empty() || pointer.starts_with('/') => resource.pointer(pointer),
            anchor => self.named.get(anchor).copied(),
        }
    }

    fn collect(&mut self, value: &'s Value<'s>, resource: &'s Value<'s>) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.collect(value, resource)),
            Value::Object(object) => {
                let resource = if object.get("$id").is_some_and(|id| id.as_str().is_some()) { value } else { resource };
                self.resources.insert(std::ptr::from_ref(value), resource);
                for (keyword, below) in object.iter() {
                    if let ("$id" | "$anchor" | "$dynamicAnchor", Value::String(name)) = (keyword, below) {
                        self.named.insert(name, value);
                    }
                    self.collect(below, resource);
                }
            }
            _ => {}
        }
    }

    /// Whether more than [`MOST`] subschemas apply to a value that is held against this one.
    pub(super) fn are_too_many(&mut self, schema: &'s Value<'s>) -> bool {
        self.count(schema, 0) > MOST
    }

    fn count(&mut self, schema: &'s Value<'s>, depth: usize) -> u64 {
        let Some(object) = schema.as_object() else { return 1 };
        if depth > DEPTH {
            return MOST + 1;
        }
        let place = std::ptr::from_ref(schema);
        if let Some(known) = self.known.get(&place) {
            // One that leads back to itself is refused by others.
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
                ("$ref" | "$dynamicRef", Value::String(target)) => below.extend(self.target(schema, target)),
                _ => {}
            }
        }
        below
    }
}
