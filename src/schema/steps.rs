//! How many subschemas one value may be held against at one place. References make a short schema
//! long, and where each of them is followed twice, a page of schema keeps a validator busy for years.
//!
//! Counted is what applies to the same value; what its members and elements are held against is
//! counted for these. What a schema means is not known here.

use std::collections::HashMap;

use crate::json::{Object, Value};

/// How many subschemas may apply to one value, each as often as it is referred to.
pub(super) const MOST: u64 = 20_000;
/// How many of them may lead to one another.
const DEPTH: usize = 512;

/// Counts the steps of the subschemas of one schema.
pub(super) struct Steps<'s> {
    root: &'s Value<'s>,
    /// What is referred to by `$id`, `$anchor` and `$dynamicAnchor`.
    named: HashMap<&'s str, &'s Value<'s>>,
    /// By the address of a subschema, which does not move; none while it is being counted.
    known: HashMap<*const Value<'s>, Option<u64>>,
}

impl<'s> Steps<'s> {
    pub(super) fn new(root: &'s Value<'s>) -> Self {
        let mut named = HashMap::new();
        collect(root, &mut named, 0);
        Self { root, named, known: HashMap::new() }
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
        let below = self.in_place(object);
        let steps = below.into_iter().fold(1_u64, |sum, schema| sum.saturating_add(self.count(schema, depth + 1)));
        self.known.insert(place, Some(steps));
        steps
    }

    /// The subschemas that apply where this one does.
    fn in_place(&self, object: &'s Object<'s>) -> Vec<&'s Value<'s>> {
        let mut below = Vec::new();
        for (keyword, value) in object.iter() {
            match (keyword, value) {
                ("not" | "if" | "then" | "else", schema) => below.push(schema),
                ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => below.extend(schemas),
                ("dependentSchemas", Value::Object(schemas)) => below.extend(schemas.iter().map(|(_, schema)| schema)),
                ("$ref" | "$dynamicRef", Value::String(target)) => below.extend(self.target(target)),
                _ => {}
            }
        }
        below
    }

    fn target(&self, reference: &str) -> Option<&'s Value<'s>> {
        let name = reference.strip_prefix('#');
        match name {
            Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => self.root.pointer(pointer),
            _ => self.named.get(name.unwrap_or(reference)).copied(),
        }
    }
}

fn collect<'s>(schema: &'s Value<'s>, named: &mut HashMap<&'s str, &'s Value<'s>>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    match schema {
        Value::Array(schemas) => schemas.iter().for_each(|schema| collect(schema, named, depth + 1)),
        Value::Object(object) => {
            for (keyword, value) in object.iter() {
                if let ("$id" | "$anchor" | "$dynamicAnchor", Value::String(name)) = (keyword, value) {
                    named.insert(name, schema);
                }
                collect(value, named, depth + 1);
            }
        }
        _ => {}
    }
}
