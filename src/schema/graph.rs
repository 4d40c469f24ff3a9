//! The schema document as a graph: its subschemas are nodes, its references are edges.
//!
//! The document is taken apart once and every reference in it is resolved once (`resolve`);
//! whatever else reads a schema walks this graph. The graph is as large as the document, however
//! often its references repeat a subschema: a walk that follows references bounds itself. Which
//! keywords a schema may have, and what they mean for a value, is not known here.

mod resolve;

use std::collections::HashMap;
use std::ops::Index;

use serde_json::{Map, Value as Json};

use super::fault::SchemaFault;
use super::keyword::{self, Holds};
use crate::json::{Value, escape_token};
use resolve::Resources;

pub(super) use resolve::{BASE, decoded};

/// The subschemas of one schema document.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// In the order of the document; the document itself is the first.
    nodes: Vec<Node>,
    by_pointer: HashMap<String, NodeId>,
    resources: Resources,
    /// Whether a value below the root has an `$id`, be it data: columns do not follow references then.
    embeds: bool,
}

/// Which node of its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NodeId(usize);

impl NodeId {
    /// The whole document.
    pub(super) const ROOT: Self = Self(0);
}

/// One subschema.
#[derive(Debug)]
pub(super) struct Node {
    /// Its JSON Pointer in the document.
    pub(super) pointer: String,
    pub(super) body: Body,
    /// The number of the resource that it is in: the nearest subschema with an `$id`, or the document.
    resource: usize,
}

/// What a subschema consists of.
#[derive(Debug)]
pub(super) enum Body {
    /// `true` or `false`.
    Always(bool),
    /// The keywords in the order of the document.
    Keywords(Vec<Keyword>),
    /// A value that cannot be a schema. The meta-schema reports it.
    Malformed(Value<'static>),
}

/// One keyword of a subschema.
#[derive(Debug)]
pub(super) struct Keyword {
    pub(super) name: String,
    pub(super) content: Content,
}

/// The value of a keyword.
#[derive(Debug)]
pub(super) enum Content {
    /// A value without subschemas; also a value of the wrong type, which the meta-schema reports.
    Data(Value<'static>),
    Reference(Reference),
    Schema(NodeId),
    Schemas(Vec<NodeId>),
    ByName(Vec<(String, NodeId)>),
}

/// The value of `$ref` or `$dynamicRef`.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) text: String,
    pub(super) target: Target,
}

/// What a reference leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Node(NodeId),
    /// A value of the document that is not a subschema.
    Data,
    /// A schema that is not in the document.
    Elsewhere,
    /// A place or an anchor that its resource does not have.
    Nowhere,
    /// It is not a URI reference (RFC 3986).
    Malformed,
}

/// What is at a JSON Pointer in the document.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found<'g> {
    Node(NodeId),
    /// The value of a keyword that is a reference, or a list or an object of subschemas.
    Content(&'g Content),
    Data(&'g Value<'static>),
}

impl Graph {
    /// Takes a document apart.
    ///
    /// # Errors
    /// An `$id` that is not a URI reference, or that two subschemas have.
    pub(super) fn new(document: Value<'static>) -> Result<Self, SchemaFault> {
        let embeds = embeds(&document, true);
        let mut graph = Self { embeds, ..Self::default() };
        let resource = graph.resources.start();
        graph.add(document, String::new(), resource)?;
        graph.resolve_all();
        Ok(graph)
    }

    /// Every node, in the order of the document.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter()
    }

    /// What is at a JSON Pointer in the document.
    pub(super) fn at(&self, pointer: &str) -> Option<Found<'_>> {
        let mut end = pointer.len();
        loop {
            if let Some(id) = self.by_pointer.get(&pointer[..end]) {
                let Some(rest) = pointer[end..].strip_prefix('/') else { return Some(Found::Node(*id)) };
                return self[*id].below(rest);
            }
            end = pointer[..end].rfind('/')?;
        }
    }

    /// The subschema at a JSON Pointer in the document.
    pub(super) fn node_at(&self, pointer: &str) -> Option<NodeId> {
        self.by_pointer.get(pointer).copied()
    }

    /// The value without subschemas at a JSON Pointer in the document.
    pub(super) fn data_at(&self, pointer: &str) -> Option<&Value<'static>> {
        match self.at(pointer)? {
            Found::Data(value) => Some(value),
            _ => None,
        }
    }

    /// The subschema that columns take a reference for. They follow JSON Pointers only, as they are
    /// written, in documents without embedded schemas: the columns of a release depend on it.
    pub(super) fn followed(&self, reference: &Reference) -> Option<NodeId> {
        let place = reference.text.strip_prefix('#').filter(|place| !self.embeds && !place.contains('%'))?;
        match reference.target {
            Target::Node(id) if place.is_empty() || place.starts_with('/') => Some(id),
            _ => None,
        }
    }

    /// A subschema as JSON. `rewrite` changes every subschema that has keywords, the innermost first.
    pub(super) fn to_serde(&self, id: NodeId, rewrite: &mut impl FnMut(&Node, &mut Map<String, Json>)) -> Json {
        let keywords = match &self[id].body {
            Body::Always(verdict) => return Json::Bool(*verdict),
            Body::Malformed(value) => return value.to_serde(),
            Body::Keywords(keywords) => keywords,
        };
        let mut members = Map::new();
        for Keyword { name, content } in keywords {
            let value = match content {
                Content::Data(value) => value.to_serde(),
                Content::Reference(reference) => Json::from(reference.text.as_str()),
                Content::Schema(id) => self.to_serde(*id, rewrite),
                Content::Schemas(ids) => ids.iter().map(|id| self.to_serde(*id, rewrite)).collect(),
                Content::ByName(ids) => {
                    ids.iter().map(|(name, id)| (name.clone(), self.to_serde(*id, rewrite))).collect()
                }
            };
            members.insert(name.clone(), value);
        }
        rewrite(&self[id], &mut members);
        Json::Object(members)
    }

    /// Whether a subschema is written like one of another document: in the same order, with the same
    /// spelling of numbers.
    pub(super) fn is_same(&self, id: NodeId, other: &Self, other_id: NodeId) -> bool {
        let same = |(a, b): (&NodeId, &NodeId)| self.is_same(*a, other, *b);
        let same_named = |((a, id), (b, other)): (&(String, NodeId), &(String, NodeId))| a == b && same((id, other));
        let same_content = |a: &Content, b: &Content| match (a, b) {
            (Content::Data(a), Content::Data(b)) => a == b,
            (Content::Reference(a), Content::Reference(b)) => a.text == b.text,
            (Content::Schema(a), Content::Schema(b)) => same((a, b)),
            (Content::Schemas(a), Content::Schemas(b)) => a.len() == b.len() && a.iter().zip(b).all(same),
            (Content::ByName(a), Content::ByName(b)) => a.len() == b.len() && a.iter().zip(b).all(same_named),
            _ => false,
        };
        match (&self[id].body, &other[other_id].body) {
            (Body::Always(a), Body::Always(b)) => a == b,
            (Body::Malformed(a), Body::Malformed(b)) => a == b,
            (Body::Keywords(a), Body::Keywords(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b).all(|(a, b)| a.name == b.name && same_content(&a.content, &b.content))
            }
            _ => false,
        }
    }

    fn add(&mut self, value: Value<'static>, pointer: String, resource: usize) -> Result<NodeId, SchemaFault> {
        let id = NodeId(self.nodes.len());
        let own = value.as_object().and_then(|members| members.get("$id")?.as_str());
        let resource = own.map_or(Ok(resource), |own| self.resources.add(own, &pointer, resource))?;
        self.by_pointer.insert(pointer.clone(), id);
        self.nodes.push(Node { pointer, body: Body::Keywords(Vec::new()), resource });
        self.nodes[id.0].body = match value {
            Value::Bool(verdict) => Body::Always(verdict),
            Value::Object(members) => {
                let mut keywords = Vec::with_capacity(members.len());
                for (name, value) in members {
                    let content = self.content(&name, value, id)?;
                    keywords.push(Keyword { name: name.into_owned(), content });
                }
                Body::Keywords(keywords)
            }
            other => Body::Malformed(other),
        };
        Ok(id)
    }

    fn content(&mut self, keyword: &str, value: Value<'static>, holder: NodeId) -> Result<Content, SchemaFault> {
        let resource = self[holder].resource;
        let pointer = format!("{}/{}", self[holder].pointer, escape_token(keyword));
        let holds = keyword::holds(keyword).unwrap_or(Holds::Nothing);
        Ok(match (holds, value) {
            (Holds::Schema, schema) => Content::Schema(self.add(schema, pointer, resource)?),
            (Holds::Schemas, Value::Array(schemas)) => {
                let schemas = schemas.into_iter().enumerate();
                let ids = schemas.map(|(index, schema)| self.add(schema, format!("{pointer}/{index}"), resource));
                Content::Schemas(ids.collect::<Result<_, _>>()?)
            }
            (Holds::SchemasByName, Value::Object(schemas)) => {
                let ids = schemas.into_iter().map(|(name, schema)| {
                    let id = self.add(schema, format!("{pointer}/{}", escape_token(&name)), resource)?;
                    Ok((name.into_owned(), id))
                });
                Content::ByName(ids.collect::<Result<_, _>>()?)
            }
            (_, Value::String(text)) if matches!(keyword, "$ref" | "$dynamicRef") => {
                Content::Reference(Reference { text: text.into_owned(), target: Target::Nowhere })
            }
            (_, value) => {
                if let ("$anchor" | "$dynamicAnchor", Some(name)) = (keyword, value.as_str()) {
                    self.resources.add_anchor(resource, name, holder);
                }
                Content::Data(value)
            }
        })
    }

    /// Resolves each reference, now that every node is known.
    fn resolve_all(&mut self) {
        let resolve = |node: &Node| -> Vec<Target> {
            node.references().map(|(_, reference)| self.resolve(node.resource, &reference.text)).collect()
        };
        let targets: Vec<Vec<Target>> = self.nodes.iter().map(resolve).collect();
        for (node, targets) in self.nodes.iter_mut().zip(targets) {
            let Body::Keywords(keywords) = &mut node.body else { continue };
            let references = keywords.iter_mut().filter_map(|keyword| match &mut keyword.content {
                Content::Reference(reference) => Some(reference),
                _ => None,
            });
            references.zip(targets).for_each(|(reference, target)| reference.target = target);
        }
    }
}

impl Index<NodeId> for Graph {
    type Output = Node;

    fn index(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }
}

impl Node {
    /// Its keywords; none if it is `true`, `false` or malformed.
    pub(super) fn keywords(&self) -> &[Keyword] {
        match &self.body {
            Body::Keywords(keywords) => keywords,
            _ => &[],
        }
    }

    pub(super) fn get(&self, keyword: &str) -> Option<&Content> {
        self.keywords().iter().find(|other| other.name == keyword).map(|keyword| &keyword.content)
    }

    /// The value of a keyword without subschemas.
    pub(super) fn data(&self, keyword: &str) -> Option<&Value<'static>> {
        match self.get(keyword)? {
            Content::Data(value) => Some(value),
            _ => None,
        }
    }

    /// The value of a keyword that is a subschema.
    pub(super) fn schema(&self, keyword: &str) -> Option<NodeId> {
        match self.get(keyword)? {
            Content::Schema(id) => Some(*id),
            _ => None,
        }
    }

    /// The value of a keyword that is a list of subschemas.
    pub(super) fn schemas(&self, keyword: &str) -> &[NodeId] {
        match self.get(keyword) {
            Some(Content::Schemas(ids)) => ids,
            _ => &[],
        }
    }

    /// The value of a keyword that is an object of subschemas.
    pub(super) fn by_name(&self, keyword: &str) -> &[(String, NodeId)] {
        match self.get(keyword) {
            Some(Content::ByName(ids)) => ids,
            _ => &[],
        }
    }

    /// Its references, by their keywords.
    pub(super) fn references(&self) -> impl Iterator<Item = (&str, &Reference)> {
        self.keywords().iter().filter_map(|keyword| match &keyword.content {
            Content::Reference(reference) => Some((keyword.name.as_str(), reference)),
            _ => None,
        })
    }

    /// What is below it, at a pointer without its first slash.
    fn below(&self, pointer: &str) -> Option<Found<'_>> {
        let end = pointer.find('/').unwrap_or(pointer.len());
        match self.get(&unescape(&pointer[..end]))? {
            Content::Data(value) => value.pointer(&pointer[end..]).map(Found::Data),
            Content::Schema(_) => None,
            content => pointer[end..].is_empty().then_some(Found::Content(content)),
        }
    }
}

impl Content {
    /// The subschemas in it, without what references lead to.
    pub(super) fn children(&self) -> impl Iterator<Item = NodeId> {
        let (one, many, named): (_, &[NodeId], &[(String, NodeId)]) = match self {
            Self::Data(_) | Self::Reference(_) => (None, &[], &[]),
            Self::Schema(id) => (Some(*id), &[], &[]),
            Self::Schemas(ids) => (None, ids, &[]),
            Self::ByName(ids) => (None, &[], ids),
        };
        one.into_iter().chain(many.iter().copied()).chain(named.iter().map(|(_, id)| *id))
    }
}

/// Whether a value below the root has an `$id`.
fn embeds(value: &Value<'_>, is_root: bool) -> bool {
    match value {
        Value::Object(members) => {
            (!is_root && members.get("$id").is_some_and(|id| id.as_str().is_some()))
                || members.iter().any(|(_, value)| embeds(value, false))
        }
        Value::Array(values) => values.iter().any(|value| embeds(value, false)),
        _ => false,
    }
}

/// The name that a reference token stands for (RFC 6901 section 4).
pub(super) fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests;
