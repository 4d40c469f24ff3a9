//! What the references of a document lead to.
//!
//! A subschema with an `$id` is a resource: within it, references and pointers start there (JSON
//! Schema 2020-12 core, section 8.2). Other files are never opened.

use std::collections::HashMap;

use jsonschema::Uri;
use jsonschema::uri::resolve_against;

use super::{Found, Graph, NodeId, SchemaFault, Target, unescape};
use crate::code::Code;
use crate::json::escape_token;
use crate::text::one_line;

/// The base of relative references in a document without `$id`. No host has this name (RFC 2606).
pub(in crate::schema) const BASE: &str = "https://schema.invalid/";

/// What is identified in a document.
#[derive(Debug, Default)]
pub(super) struct Resources {
    /// The whole document first.
    list: Vec<Resource>,
    by_uri: HashMap<String, usize>,
    /// The subschemas with `$anchor` or `$dynamicAnchor`, by resource and name.
    anchors: HashMap<(usize, String), NodeId>,
}

/// A subschema with an `$id`, or the whole document.
#[derive(Debug)]
struct Resource {
    uri: Uri<String>,
    pointer: String,
}

impl Resources {
    /// Adds the whole document, and returns its number.
    pub(super) fn start(&mut self) -> usize {
        let uri = jsonschema::uri::from_str(BASE).expect("the base is a URI");
        self.by_uri.insert(BASE.to_owned(), 0);
        self.list.push(Resource { uri, pointer: String::new() });
        0
    }

    /// Adds a subschema with an `$id` in the resource `outer`, and returns its number.
    pub(super) fn add(&mut self, id: &str, pointer: &str, outer: usize) -> Result<usize, SchemaFault> {
        let fault = |message| SchemaFault::new(Code::SchemaRef, format!("{pointer}/$id"), message);
        let (document, fragment) = id.split_once('#').unwrap_or((id, ""));
        if !fragment.is_empty() {
            return Err(fault("an `$id` has nothing after `#`; name a place in it with `$anchor`".to_owned()));
        }
        let uri = resolve_against(&self.list[outer].uri.borrow(), document).map_err(|_library| {
            let id = one_line(id, 100);
            fault(format!("`{id}` is no URI that can be resolved here; write it in full: https://example.org/person"))
        })?;
        let number = if pointer.is_empty() { 0 } else { self.list.len() };
        let is_base = uri.as_str() == BASE;
        if let Some(other) = self.by_uri.insert(uri.as_str().to_owned(), number).filter(|_| !is_base) {
            let other = &self.list[other].pointer;
            let place = if other.is_empty() { "the whole schema" } else { other };
            return Err(fault(format!("`{}` identifies {} too", one_line(id, 100), one_line(place, 100))));
        }
        let resource = Resource { uri, pointer: pointer.to_owned() };
        match pointer {
            "" => self.list[0] = resource,
            _ => self.list.push(resource),
        }
        Ok(number)
    }

    pub(super) fn add_anchor(&mut self, resource: usize, name: &str, node: NodeId) {
        self.anchors.insert((resource, name.to_owned()), node);
    }
}

impl Graph {
    /// What a reference in a resource leads to.
    pub(super) fn resolve(&self, resource: usize, reference: &str) -> Target {
        let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let Some(fragment) = decoded(fragment) else { return Target::Malformed };
        let resource = if document.is_empty() {
            Some(resource)
        } else {
            match resolve_against(&self.resources.list[resource].uri.borrow(), document) {
                Ok(uri) => self.resources.by_uri.get(uri.as_str()).copied(),
                // Nothing relative can be resolved against some bases, such as URNs.
                Err(_) if jsonschema::uri::from_str(document).is_ok() => return Target::Elsewhere,
                Err(_) => return Target::Malformed,
            }
        };
        let Some(resource) = resource else { return Target::Elsewhere };
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return self.resources.anchors.get(&(resource, fragment)).map_or(Target::Nowhere, |id| Target::Node(*id));
        }
        let mut pointer = self.resources.list[resource].pointer.clone();
        for token in fragment.split('/').skip(1) {
            pointer.push('/');
            pointer.push_str(&escape_token(&unescape(token)));
        }
        match self.at(&pointer) {
            Some(Found::Node(id)) => Target::Node(id),
            Some(_) => Target::Data,
            None => Target::Nowhere,
        }
    }

    /// The JSON Pointer in the document of a pointer that starts at the resource with this absolute URI.
    pub(in crate::schema) fn in_document(&self, uri: &str, pointer: &str) -> Option<String> {
        let resource = self.resources.by_uri.get(uri)?;
        Some(format!("{}{pointer}", self.resources.list[*resource].pointer))
    }
}

/// A fragment without percent signs (RFC 3986, section 2.1); `None` if that is not UTF-8.
pub(in crate::schema) fn decoded(fragment: &str) -> Option<String> {
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
