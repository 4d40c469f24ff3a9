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
    /// What is referred to by `$id`.
    named: HashMap<&'s str, &'s Value<'s>>,
    /// What is referred to by `$anchor` and `$dynamicAnchor`, each in the schema that it stands in.
    anchors: HashMap<(*const Value<'s>, &'s str), &'s Value<'s>>,
    /// In which schema with an `$id`, or in the whole, each object stands, by its address.
    resources: HashMap<*const Value<'s>, &'s Value<'s>>,
    documents: Vec<&'s Value<'s>>,
    /// By the address of a subschema, which does not move; none while it is being counted.
    known: HashMap<*const Value<'s>, Option<u64>>,
    /// Whether a subschema was seen that applies to a value if it applies to that value.
    is_circular: bool,
}

impl<'s> Steps<'s> {
    pub(super) fn new(root: &'s Value<'s>) -> Self {
        let mut steps = Self {
            named: HashMap::new(),
            anchors: HashMap::new(),
            resources: HashMap::new(),
            documents: vec![root],
            known: HashMap::new(),
            is_circular: false,
        };
        steps.collect(root, root);
        steps
    }

    /// What a reference in `schema` leads to; none if that is not told here. How relative addresses
    /// are resolved is left to the validator.
    pub(super) fn target(&self, schema: &'s Value<'s>, reference: &str) -> Option<&'s Value<'s>> {
        let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let resource = match document {
            "" => self.resources.get(&std::ptr::from_ref(schema))?,
            id => self.named.get(id)?,
        };
        self.within(resource, fragment)
    }

    /// What a reference may lead to, whichever schema with an `$id` it is about.
    pub(super) fn targets(&self, reference: &str) -> Vec<&'s Value<'s>> {
        let (_document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        self.documents.iter().filter_map(|resource| self.within(resource, fragment)).collect()
    }

    fn within(&self, resource: &'s Value<'s>, fragment: &str) -> Option<&'s Value<'s>> {
        let fragment = decoded(fragment)?;
        match fragment.as_str() {
            pointer if pointer.is_empty() || pointer.starts_with('/') => resource.pointer(pointer),
            anchor => self.anchors.get(&(std::ptr::from_ref(resource), anchor)).copied(),
        }
    }

    fn collect(&mut self, value: &'s Value<'s>, resource: &'s Value<'s>) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.collect(value, resource)),
            Value::Object(object) => {
                let is_document = object.get("$id").is_some_and(|id| id.as_str().is_some());
                self.documents.extend(is_document.then_some(value));
                let resource = if is_document { value } else { resource };
                self.resources.insert(std::ptr::from_ref(value), resource);
                for (keyword, below) in object.iter() {
                    match (keyword, below) {
                        // Data names nothing.
                        ("const" | "enum" | "default" | "examples", _) => {}
                        ("$id", Value::String(name)) => {
                            self.named.insert(name, value);
                        }
                        ("$anchor" | "$dynamicAnchor", Value::String(name)) => {
                            self.anchors.insert((std::ptr::from_ref(resource), name), value);
                        }
                        _ => self.collect(below, resource),
                    }
                }
            }
            _ => {}
        }
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
                ("$ref" | "$dynamicRef", Value::String(target)) => below.extend(self.target(schema, target)),
                _ => {}
            }
        }
        below
    }
}

/// A fragment without percent signs (RFC 3986, section 2.1); none if that is no text.
fn decoded(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if let (b'%', [high, low, after @ ..]) = (first, after) {
            let digits = [*high, *low];
            bytes.push(u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}
