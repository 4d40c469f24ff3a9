//! Compares the rules of two schemas, one subschema after another, with proofs by the validator's
//! algebra of schemas.
//!
//! A subschema that both schemas have is compared without the members and items below it, which are
//! compared by themselves. Nothing is proved about schemas for which the algebra would not end
//! (`proof_cost`).

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use jsonschema::canonical::{CanonicalSchema, Containment};
use serde_json::{Map, Value as Json};

use super::proof_cost::is_narrow;
use super::{Effect, KeywordChange, RuleChange};
use crate::json::{self, escape_token};
use crate::schema::graph::{Content, Graph, Node, NodeId, Target};
use crate::schema::pattern;

/// Keywords that make no rule.
const SILENT: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];
/// How deep subschemas are compared one by one; deeper ones are compared whole.
const MAX_DEPTH: usize = 16;
/// How many proofs are attempted.
const PROOFS: usize = 32;

/// What changed in the rules of two schemas.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RuleComparison {
    /// The subschemas that differ.
    pub(crate) rules: Vec<RuleChange>,
    /// What all changes do together.
    pub(crate) accepts: Effect,
    /// Whether members were ignored for this.
    pub(crate) aside: bool,
}

/// What changed in the rules of two schemas, as JSON. The members in `aside` are members of the root
/// that only one of the schemas declares: the other may allow anything for them, and that is not a
/// change, unless a reference leads to them.
pub(crate) fn compare_rules(base: &Json, current: &Json, aside: &[&str]) -> RuleComparison {
    match (graph_of(base), graph_of(current)) {
        (Some(base), Some(current)) => compare(&base, &current, aside),
        _ => RuleComparison { rules: Vec::new(), accepts: Effect::NotProved, aside: false },
    }
}

pub(super) fn compare(base: &Graph, current: &Graph, aside: &[&str]) -> RuleComparison {
    let reach = Reach::of(base).max(Reach::of(current));
    // `$id` is a rule if references depend on it.
    let ids = reach == Reach::Anywhere;
    let (mut base, mut current) = (silenced(base, ids), silenced(current, ids));
    let aside = if reach == Reach::Definitions { aside } else { &[] };
    for name in aside {
        open(&mut base, name);
        open(&mut current, name);
    }
    let mut comparison = RuleComparison { rules: Vec::new(), accepts: Effect::Same, aside: !aside.is_empty() };
    if base == current {
        return comparison;
    }
    // A subschema taken out of its document would refer to itself.
    let proofs = if reach == Reach::Definitions { PROOFS } else { 0 };
    let walk = Walk { base: &base, current: &current, proofs: Cell::new(proofs) };
    walk.subschema(&base, &current, "", 0, &mut comparison.rules);
    let whole = if reach < Reach::Anywhere { effect(&base, &current) } else { Effect::NotProved };
    comparison.accepts = if whole == Effect::NotProved { together(&comparison.rules) } else { whole };
    comparison
}

fn graph_of(schema: &Json) -> Option<Graph> {
    let text = schema.to_string();
    Graph::new(json::parse(text.as_bytes()).ok()?.into_owned()).ok()
}

/// What all changes do together, from what each does. Every subschema outside `$defs` must hold, so the
/// effects add up; how definitions are used is not known here.
fn together(rules: &[RuleChange]) -> Effect {
    let all = |most: Effect| {
        let is =
            |rule: &RuleChange| rule.effect == Effect::Same || rule.effect == most && !rule.pointer.contains("/$defs/");
        rules.iter().all(is)
    };
    [Effect::Same, Effect::Loosened, Effect::Tightened].into_iter().find(|most| all(*most)).unwrap_or(Effect::NotProved)
}

/// How far references lead. Proofs are about schemas that were changed for them, in which only
/// `$defs` is where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Definitions,
    Whole,
    Anywhere,
}

impl Reach {
    fn of(graph: &Graph) -> Self {
        let embedded = graph.nodes().skip(1).any(|node| node.data("$id").is_some_and(|id| id.as_str().is_some()));
        let of = |(keyword, text): (&str, &str)| match (keyword, text) {
            ("$ref", "#") => Self::Whole,
            ("$ref", text) if text.starts_with("#/$defs/") => Self::Definitions,
            _ => Self::Anywhere,
        };
        let references = graph.nodes().flat_map(Node::references);
        let reach = references.map(|(keyword, reference)| of((keyword, &reference.text))).max();
        if embedded { Self::Anywhere } else { reach.unwrap_or(Self::Definitions) }
    }
}

/// Lets a member of the root have any value.
fn open(schema: &mut Json, name: &str) {
    let Some(members) = schema.as_object_mut() else { return };
    let properties = members.entry("properties").or_insert_with(|| Json::Object(Map::new()));
    if let Some(properties) = properties.as_object_mut() {
        properties.insert(name.to_owned(), Json::Bool(true));
    }
}

struct Walk<'j> {
    base: &'j Json,
    current: &'j Json,
    /// How many proofs may still be looked for.
    proofs: Cell<usize>,
}

impl Walk<'_> {
    fn subschema(&self, base: &Json, current: &Json, pointer: &str, depth: usize, out: &mut Vec<RuleChange>) {
        if base == current {
            return;
        }
        let (Json::Object(old), Json::Object(new), true) = (base, current, depth <= MAX_DEPTH) else {
            let keywords = vec![changed("", Some(base), Some(current))];
            out.push(RuleChange { pointer: pointer.to_owned(), keywords, effect: self.effect(base, current) });
            return;
        };
        let (mut own_old, mut own_new) = (old.clone(), new.clone());
        let below = below(&mut own_old, &mut own_new);
        let keywords = keywords(&own_old, &own_new);
        if !keywords.is_empty() {
            let effect = self.effect(&Json::Object(own_old), &Json::Object(own_new));
            out.push(RuleChange { pointer: pointer.to_owned(), keywords, effect });
        }
        for (path, old, new) in below {
            self.subschema(&old, &new, &format!("{pointer}{path}"), depth + 1, out);
        }
    }

    /// The effect of replacing one subschema by another, each with the definitions of its document.
    fn effect(&self, base: &Json, current: &Json) -> Effect {
        let Some(left) = self.proofs.get().checked_sub(1) else { return Effect::NotProved };
        self.proofs.set(left);
        effect(&with_definitions(base, self.base), &with_definitions(current, self.current))
    }
}

/// Removes the subschemas that both have, and returns them with their pointers.
fn below(old: &mut Map<String, Json>, new: &mut Map<String, Json>) -> Vec<(String, Json, Json)> {
    let mut found = Vec::new();
    for keyword in ["properties", "$defs"] {
        let (Some(Json::Object(olds)), Some(Json::Object(news))) = (old.get_mut(keyword), new.get_mut(keyword)) else {
            continue;
        };
        for (name, current) in news.iter_mut() {
            if let Some(base) = olds.get_mut(name) {
                let path = format!("/{keyword}/{}", escape_token(name));
                found.push((
                    path,
                    std::mem::replace(base, Json::Bool(true)),
                    std::mem::replace(current, Json::Bool(true)),
                ));
            }
        }
    }
    // What `items` is about begins where `prefixItems` ends.
    let starts = [&*old, &*new].map(|schema| schema.get("prefixItems").and_then(Json::as_array).map_or(0, Vec::len));
    if let (Some(base), Some(current)) = (old.get_mut("items"), new.get_mut("items"))
        && starts[0] == starts[1]
        && base.is_object()
        && current.is_object()
    {
        let path = "/items".to_owned();
        found.push((path, std::mem::replace(base, Json::Bool(true)), std::mem::replace(current, Json::Bool(true))));
    }
    found
}

fn keywords(old: &Map<String, Json>, new: &Map<String, Json>) -> Vec<KeywordChange> {
    let mut found = Vec::new();
    for (keyword, before) in old.iter().filter(|(keyword, before)| new.get(*keyword) != Some(before)) {
        match (keyword.as_str(), before, new.get(keyword)) {
            // Only added and removed names: those that both have are compared by themselves.
            ("properties" | "$defs", Json::Object(olds), Some(Json::Object(news))) => {
                let path = |name: &String| format!("{keyword}/{}", escape_token(name));
                let gone = olds.iter().filter(|(name, _)| !news.contains_key(*name));
                found.extend(gone.map(|(name, schema)| changed(&path(name), Some(schema), None)));
                let came = news.iter().filter(|(name, _)| !olds.contains_key(*name));
                found.extend(came.map(|(name, schema)| changed(&path(name), None, Some(schema))));
            }
            (_, before, after) => found.push(changed(keyword, Some(before), after)),
        }
    }
    let came = new.iter().filter(|(keyword, _)| !old.contains_key(*keyword));
    found.extend(came.map(|(keyword, after)| changed(keyword, None, Some(after))));
    found
}

fn changed(keyword: &str, before: Option<&Json>, after: Option<&Json>) -> KeywordChange {
    KeywordChange { keyword: keyword.to_owned(), before: before.cloned(), after: after.cloned() }
}

/// A schema with those definitions of the whole that it needs.
fn with_definitions(schema: &Json, root: &Json) -> Json {
    let mut schema = schema.clone();
    let (Json::Object(members), Some(definitions @ Json::Object(_))) = (&mut schema, root.get("$defs")) else {
        return schema;
    };
    members.insert("$defs".to_owned(), definitions.clone());
    let needed = graph_of(&schema).map(|graph| needed_definitions(&graph)).unwrap_or_default();
    if let Json::Object(members) = &mut schema {
        if let Some(Json::Object(definitions)) = members.get_mut("$defs") {
            definitions.retain(|name, _| needed.contains(name));
        }
        if needed.is_empty() {
            members.remove("$defs");
        }
    }
    schema
}

/// The names of the definitions that a schema refers to outside of `$defs`, and those that these refer to.
fn needed_definitions(graph: &Graph) -> HashSet<String> {
    let definitions = graph[NodeId::ROOT].by_name("$defs");
    let name_of = |pointer: &str| {
        let below = pointer.strip_prefix("/$defs/")?;
        let token = below.split('/').next()?;
        definitions.iter().find(|(name, _)| escape_token(name) == token)
    };
    let mut needed = HashSet::new();
    let mut seen = HashSet::new();
    let outside = graph[NodeId::ROOT].keywords().iter().filter(|keyword| keyword.name != "$defs");
    let mut open: Vec<&Content> = outside.map(|keyword| &keyword.content).collect();
    while let Some(content) = open.pop() {
        let mut below: Vec<NodeId> = content.children().collect();
        if let Content::Reference(reference) = content
            && let Target::Node(target) = reference.target
            && let Some((name, definition)) = name_of(&graph[target].pointer)
        {
            needed.insert(name.clone());
            below.push(*definition);
        }
        for id in below.into_iter().filter(|id| seen.insert(*id)) {
            open.extend(graph[id].keywords().iter().map(|keyword| &keyword.content));
        }
    }
    needed
}

fn effect(base: &Json, current: &Json) -> Effect {
    let (Some(base), Some(current)) = (canonical(base), canonical(current)) else { return Effect::NotProved };
    let covers = |a: &CanonicalSchema, b: &CanonicalSchema| a.covers(b).unwrap_or(Containment::Unknown);
    match (covers(&current, &base), covers(&base, &current)) {
        (Containment::Yes, Containment::Yes) => Effect::Same,
        // One direction is enough: neither word says anything about the other direction.
        (Containment::Yes, Containment::No | Containment::Unknown) => Effect::Loosened,
        (Containment::No | Containment::Unknown, Containment::Yes) => Effect::Tightened,
        (Containment::No, Containment::No) => Effect::Changed,
        _ => Effect::NotProved,
    }
}

fn canonical(schema: &Json) -> Option<CanonicalSchema> {
    let graph = graph_of(schema)?;
    if !is_narrow(&graph) {
        return None;
    }
    let mut patterns = HashMap::new();
    let translated = graph.to_serde(NodeId::ROOT, &mut |_, schema| pattern::rewrite(schema, &mut patterns));
    jsonschema::canonical::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .offline()
        .canonicalize(&translated)
        .ok()
}

/// The schema without the keywords that make no rule.
fn silenced(graph: &Graph, ids: bool) -> Json {
    let is_silent = |keyword: &str| SILENT.contains(&keyword) && !(ids && keyword == "$id");
    graph.to_serde(NodeId::ROOT, &mut |_, schema| schema.retain(|keyword, _| !is_silent(keyword)))
}
