//! Removes violations that only follow from others.
//!
//! Where a subschema fails, what it declares does not count as evaluated, so that
//! `unevaluatedProperties` reports members that are declared. The failure already says all there is
//! to say about the article. Which subschema failed is known from the other violations alone.

use super::graph::{Content, Found, Graph, NodeId, Reference, Target};
use super::pattern::{self, Dialect};
use crate::code::Code;

/// Where a violation comes from.
#[derive(Debug)]
pub(super) struct Origin {
    /// The way through the schema that led to the rule, references among it.
    pub(super) way: String,
    /// The rule in the file.
    pub(super) rule: String,
    pub(super) code: Code,
    /// The value in the article; of what was not evaluated, the object or array that it is in.
    pub(super) at: String,
    pub(super) unevaluated: Option<Unevaluated>,
}

/// What no subschema has evaluated.
#[derive(Debug)]
pub(super) enum Unevaluated {
    Member(String),
    Items,
}

/// Which of them say nothing new.
pub(super) fn redundant(origins: &[Origin], graph: &Graph) -> Vec<bool> {
    origins.iter().map(|origin| follows(graph, origin, origins) || is_of_another_type(origin, origins)).collect()
}

/// `"not": {"pattern": ..}` is broken by any value that is not a string; the type says so already.
fn is_of_another_type(origin: &Origin, origins: &[Origin]) -> bool {
    let subschema = |rule: &str| rule.rsplit_once('/').map_or(String::new(), |(subschema, _)| subschema.to_owned());
    origin.code == Code::Not
        && origins.iter().any(|other| {
            other.code == Code::Type && other.at == origin.at && subschema(&other.rule) == subschema(&origin.rule)
        })
}

/// How deep subschemas for the same value are followed.
const MAX_DEPTH: usize = 32;

/// Whether what was not evaluated is declared in a subschema for the same value that failed.
fn follows(graph: &Graph, origin: &Origin, origins: &[Origin]) -> bool {
    let Some(unevaluated) = &origin.unevaluated else { return false };
    let (Some((way, _)), Some((holder, _))) = (origin.way.rsplit_once('/'), origin.rule.rsplit_once('/')) else {
        return false;
    };
    let is_within = |at: &str| at.strip_prefix(&origin.at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let others = origins.iter().filter(|other| other.unevaluated.is_none() && is_within(&other.at));
    let failed = others.filter_map(|other| {
        let below = other.way.strip_prefix(way)?.strip_prefix('/')?;
        applicator(below)
    });
    let mut failed: Vec<&str> = failed.collect();
    failed.sort_unstable();
    failed.dedup();
    failed.iter().any(|below| {
        let subschemas = match graph.at(&format!("{holder}/{below}")) {
            Some(Found::Node(id)) => vec![id],
            Some(Found::Content(content)) => applied(content),
            Some(Found::Data(_)) | None => Vec::new(),
        };
        subschemas.into_iter().any(|id| declares(graph, id, unevaluated, 0))
    })
}

/// The subschemas that a keyword applies, a reference among them.
fn applied(content: &Content) -> Vec<NodeId> {
    match content {
        Content::Reference(Reference { target: Target::Node(id), .. }) => vec![*id],
        content => content.children().collect(),
    }
}

fn declares(graph: &Graph, id: NodeId, what: &Unevaluated, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    graph[id].keywords().iter().any(|keyword| match (keyword.name.as_str(), &keyword.content, what) {
        ("properties", Content::ByName(members), Unevaluated::Member(name)) => {
            members.iter().any(|(member, _)| member == name)
        }
        ("patternProperties", Content::ByName(patterns), Unevaluated::Member(name)) => {
            let matches =
                |text: &str| pattern::compile(text, Dialect::Published).is_ok_and(|pattern| pattern.is_match(name));
            patterns.iter().any(|(text, _)| matches(text))
        }
        ("additionalProperties" | "unevaluatedProperties", _, Unevaluated::Member(_))
        | ("prefixItems" | "items" | "contains" | "unevaluatedItems", _, Unevaluated::Items) => true,
        (
            "allOf" | "anyOf" | "oneOf" | "if" | "then" | "else" | "$ref" | "$dynamicRef" | "dependentSchemas",
            content,
            _,
        ) => applied(content).into_iter().any(|id| declares(graph, id, what, depth + 1)),
        _ => false,
    })
}

/// The start of a way that leads to another subschema for the same value: which, so far as it is known.
fn applicator(way: &str) -> Option<&str> {
    let tokens = |number: usize| way.match_indices('/').nth(number - 1).map_or(way, |(end, _)| &way[..end]);
    match tokens(1) {
        one @ ("anyOf" | "oneOf" | "then" | "else" | "$ref" | "$dynamicRef") => Some(one),
        "allOf" | "dependentSchemas" => Some(tokens(2)),
        _ => None,
    }
}
