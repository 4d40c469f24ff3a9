//! Where the subschemas of a file are, and what its references lead to.
//!
//! A subschema with an `$id` is a resource of its own: within it, references and pointers start
//! there (JSON Schema 2020-12 core, section 8.2). Other files are never opened. What a schema
//! means is not known here.

use std::collections::HashMap;

use jsonschema::Uri;
use jsonschema::uri::resolve_against;

use super::derive::escape_pointer;
use super::vocabulary::SchemaFault;
use crate::code::Code;
use crate::json::Value;
use crate::text::one_line;

/// What relative references are resolved against in a file without `$id`. No host has this name (RFC 2606).
pub(super) const BASE: &str = "https://schema.invalid/";

/// What is identified in a schema.
pub(super) struct References<'s> {
    /// The whole file first.
    resources: Vec<Resource<'s>>,
    by_uri: HashMap<String, usize>,
    /// The resource that each object belongs to, by its address.
    owners: HashMap<*const Value<'s>, usize>,
    /// By the resource and name of `$anchor` and `$dynamicAnchor`.
    anchors: HashMap<(usize, &'s str), (&'s Value<'s>, String)>,
}

/// A subschema with an `$id`, or the whole file.
struct Resource<'s> {
    uri: Uri<String>,
    value: &'s Value<'s>,
    pointer: String,
}

/// What a reference leads to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target<'s> {
    /// A value of this file, and its JSON Pointer.
    Here(&'s Value<'s>, String),
    /// A schema that is in no resource of this file.
    Elsewhere,
    /// A place or anchor that its resource does not have.
    Nowhere,
    /// It is no URI reference (RFC 3986).
    Malformed,
}

impl<'s> References<'s> {
    /// # Errors
    /// An `$id` that is no URI reference, or that two subschemas have.
    pub(super) fn new(root: &'s Value<'s>) -> Result<Self, SchemaFault> {
        let base = jsonschema::uri::from_str(BASE).expect("the base is a URI");
        let mut references = Self {
            resources: vec![Resource { uri: base, value: root, pointer: String::new() }],
            by_uri: HashMap::new(),
            owners: HashMap::new(),
            anchors: HashMap::new(),
        };
        references.collect(root, "", 0)?;
        references.by_uri.entry(BASE.to_owned()).or_insert(0);
        Ok(references)
    }

    /// What a reference in the subschema `holder` leads to.
    pub(super) fn target(&self, holder: &'s Value<'s>, reference: &str) -> Target<'s> {
        let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let owner = self.owners.get(&std::ptr::from_ref(holder)).copied().unwrap_or_default();
        let Some(fragment) = decoded(fragment) else { return Target::Malformed };
        let resource = if document.is_empty() {
            Some(owner)
        } else {
            match resolve_against(&self.resources[owner].uri.borrow(), document) {
                Ok(uri) => self.by_uri.get(uri.as_str()).copied(),
                // Against some bases, such as URNs, nothing relative can be resolved.
                Err(_) if jsonschema::uri::from_str(document).is_ok() => return Target::Elsewhere,
                Err(_) => return Target::Malformed,
            }
        };
        resource.map_or(Target::Elsewhere, |resource| self.within(resource, &fragment))
    }

    fn within(&self, resource: usize, fragment: &str) -> Target<'s> {
        let Resource { value, pointer, .. } = &self.resources[resource];
        let found = match fragment {
            place if place.is_empty() || place.starts_with('/') => {
                value.pointer(place).map(|found| (found, format!("{pointer}{place}")))
            }
            anchor => self.anchors.get(&(resource, anchor)).cloned(),
        };
        found.map_or(Target::Nowhere, |(value, pointer)| Target::Here(value, pointer))
    }

    /// The JSON Pointer of each resource, by its absolute URI without a fragment.
    pub(super) fn pointers(self) -> HashMap<String, String> {
        let Self { resources, by_uri, .. } = self;
        by_uri.into_iter().map(|(uri, resource)| (uri, resources[resource].pointer.clone())).collect()
    }

    fn collect(&mut self, value: &'s Value<'s>, pointer: &str, owner: usize) -> Result<(), SchemaFault> {
        match value {
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    self.collect(value, &format!("{pointer}/{index}"), owner)?;
                }
            }
            Value::Object(object) => {
                let owner = match object.get("$id").and_then(Value::as_str) {
                    Some(id) => self.add(value, id, pointer, owner)?,
                    None => owner,
                };
                self.owners.insert(std::ptr::from_ref(value), owner);
                for (keyword, below) in object.iter() {
                    match (keyword, below) {
                        // Data identifies nothing.
                        ("const" | "enum" | "default" | "examples", _) => {}
                        ("$anchor" | "$dynamicAnchor", Value::String(name)) => {
                            self.anchors.insert((owner, name), (value, pointer.to_owned()));
                        }
                        _ => self.collect(below, &format!("{pointer}/{}", escape_pointer(keyword)), owner)?,
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Adds a resource; gives its number.
    fn add(&mut self, value: &'s Value<'s>, id: &str, pointer: &str, owner: usize) -> Result<usize, SchemaFault> {
        let fault = |message| SchemaFault::new(Code::SchemaRef, format!("{pointer}/$id"), message);
        let (document, fragment) = id.split_once('#').unwrap_or((id, ""));
        if !fragment.is_empty() {
            return Err(fault("an `$id` has nothing after `#`; names of places are given by `$anchor`".to_owned()));
        }
        let uri = resolve_against(&self.resources[owner].uri.borrow(), document).map_err(|_library| {
            let id = one_line(id, 100);
            fault(format!("`{id}` is no URI that can be resolved here; write it in full: https://example.org/person"))
        })?;
        let number = if pointer.is_empty() { 0 } else { self.resources.len() };
        if let Some(other) = self.by_uri.insert(uri.as_str().to_owned(), number) {
            let other = &self.resources[other].pointer;
            let place = if other.is_empty() { "the whole schema" } else { other };
            return Err(fault(format!("`{}` identifies {} too", one_line(id, 100), one_line(place, 100))));
        }
        let resource = Resource { uri, value, pointer: pointer.to_owned() };
        if pointer.is_empty() {
            self.resources[0] = resource;
        } else {
            self.resources.push(resource);
        }
        Ok(number)
    }
}

/// A fragment without percent signs (RFC 3986, section 2.1); none if that is no text.
pub(super) fn decoded(fragment: &str) -> Option<String> {
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
