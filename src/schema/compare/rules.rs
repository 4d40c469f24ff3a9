//! Rules place by place, with proofs by the validator's own algebra of schemas.
//!
//! A place is a subschema that both have. Rules of the members and items below it are compared
//! below it, and for the proof at the place itself they are taken out on both sides. About schemas that
//! the algebra does not come to an end with nothing is proved (`width`).

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use jsonschema::canonical::{CanonicalSchema, Containment};
use serde_json::{Map, Value as Json};

use super::proof_cost::is_narrow;
use super::{Effect, KeywordChange, RuleChange};
use crate::schema::derive::escape_pointer;
use crate::schema::pattern;
use crate::schema::vocabulary::each_subschema;

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
/// How deep places are told apart; below, everything is one place.
const MAX_DEPTH: usize = 16;
/// At how many places a proof is looked for.
const PROOFS: usize = 32;

/// What changed in the rules of two schemas.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleComparison {
    /// The places at which they differ.
    pub rules: Vec<RuleChange>,
    /// What the schemas do as a whole.
    pub accepts: Effect,
    /// Whether members were left aside for this.
    pub aside: bool,
}

/// What changed in the rules. Of these members at the root, which one of the schemas declares, it is left
/// aside that they may be anything in the other, if no reference leads to where they stand.
pub fn compare_rules(base: &Json, current: &Json, aside: &[&str]) -> RuleComparison {
    let reach = Reach::of(base, true).max(Reach::of(current, true));
    // Where references go by it, `$id` is more than a name.
    let ids = reach == Reach::Anywhere;
    let (mut base, mut current) = (silenced(base.clone(), ids), silenced(current.clone(), ids));
    let aside = if reach == Reach::Definitions { aside } else { &[] };
    for name in aside {
        open(&mut base, name);
        open(&mut current, name);
    }
    let mut comparison = RuleComparison { rules: Vec::new(), accepts: Effect::Same, aside: !aside.is_empty() };
    if base == current {
        return comparison;
    }
    // A place that is taken out of its schema would refer to itself.
    let proofs = if reach == Reach::Definitions { PROOFS } else { 0 };
    let walk = Walk { base: &base, current: &current, proofs: Cell::new(proofs) };
    walk.place(&base, &current, "", 0, &mut comparison.rules);
    let whole = if reach < Reach::Anywhere { effect(&base, &current) } else { Effect::NotProved };
    comparison.accepts = if whole == Effect::NotProved { together(&comparison.rules) } else { whole };
    comparison
}

/// What places do together. All that is not in `$defs` must hold, so nothing is lost where nothing is
/// lost at any of them; what definitions are used for nobody has looked at.
fn together(rules: &[RuleChange]) -> Effect {
    let all = |most: Effect| {
        let is =
            |rule: &RuleChange| rule.effect == Effect::Same || rule.effect == most && !rule.pointer.contains("/$defs/");
        rules.iter().all(is)
    };
    [Effect::Same, Effect::Loosened, Effect::Tightened].into_iter().find(|most| all(*most)).unwrap_or(Effect::NotProved)
}

/// How far references lead. Proofs are about schemas that were changed for them, and in which
/// nobody but `$defs` is found where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Definitions,
    Whole,
    Anywhere,
}

impl Reach {
    fn of(value: &Json, is_root: bool) -> Self {
        match value {
            Json::Array(values) => values.iter().map(|value| Self::of(value, false)).max().unwrap_or(Self::Definitions),
            Json::Object(members) => members
                .iter()
                .map(|(name, value)| Self::of_member(name, value, is_root))
                .max()
                .unwrap_or(Self::Definitions),
            _ => Self::Definitions,
        }
    }

    fn of_member(name: &str, value: &Json, is_root: bool) -> Self {
        match (name, value) {
            ("$ref", Json::String(target)) if target == "#" => Self::Whole,
            ("$ref", Json::String(target)) if target.starts_with("#/$defs/") => Self::Definitions,
            ("$ref" | "$dynamicRef", Json::String(_)) => Self::Anywhere,
            ("$id", Json::String(_)) if !is_root => Self::Anywhere,
            _ => Self::of(value, false),
        }
    }
}

/// Lets a member of the root be anything.
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
    fn place(&self, base: &Json, current: &Json, pointer: &str, depth: usize, out: &mut Vec<RuleChange>) {
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
            self.place(&old, &new, &format!("{pointer}{path}"), depth + 1, out);
        }
    }

    /// The effect of one subschema in the place of another, each with the definitions of its file.
    fn effect(&self, base: &Json, current: &Json) -> Effect {
        let Some(left) = self.proofs.get().checked_sub(1) else { return Effect::NotProved };
        self.proofs.set(left);
        effect(&with_definitions(base, self.base), &with_definitions(current, self.current))
    }
}

/// Takes the subschemas that both have out of them, and returns them with their pointers.
fn below(old: &mut Map<String, Json>, new: &mut Map<String, Json>) -> Vec<(String, Json, Json)> {
    let mut found = Vec::new();
    for keyword in ["properties", "$defs"] {
        let (Some(Json::Object(olds)), Some(Json::Object(news))) = (old.get_mut(keyword), new.get_mut(keyword)) else {
            continue;
        };
        for (name, current) in news.iter_mut() {
            if let Some(base) = olds.get_mut(name) {
                let path = format!("/{keyword}/{}", escape_pointer(name));
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
            // Only the names that came or went: those of both are places of their own.
            ("properties" | "$defs", Json::Object(olds), Some(Json::Object(news))) => {
                let path = |name: &String| format!("{keyword}/{}", escape_pointer(name));
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
    let (Json::Object(members), Some(Json::Object(definitions))) = (&mut schema, root.get("$defs")) else {
        return schema;
    };
    members.remove("$defs");
    let mut needed: BTreeSet<String> = BTreeSet::new();
    let mut found = Vec::new();
    members.values().for_each(|value| push_references(value, &mut found));
    while let Some(name) = found.pop() {
        if let Some(definition) = definitions.get(&name).filter(|_| !needed.contains(&name)) {
            push_references(definition, &mut found);
            needed.insert(name);
        }
    }
    let kept = definitions.iter().filter(|(name, _)| needed.contains(*name));
    let kept: Map<String, Json> = kept.map(|(name, schema)| (name.clone(), schema.clone())).collect();
    if !kept.is_empty() {
        members.insert("$defs".to_owned(), Json::Object(kept));
    }
    schema
}

/// Appends the names of the definitions that are referred to.
fn push_references(value: &Json, names: &mut Vec<String>) {
    match value {
        Json::Array(values) => values.iter().for_each(|value| push_references(value, names)),
        Json::Object(members) => {
            let target = members.get("$ref").and_then(Json::as_str).and_then(|target| target.strip_prefix("#/$defs/"));
            let name = target.and_then(|path| path.split('/').next());
            names.extend(name.map(|name| name.replace("~1", "/").replace("~0", "~")));
            members.values().for_each(|value| push_references(value, names));
        }
        _ => {}
    }
}

fn effect(base: &Json, current: &Json) -> Effect {
    let (Some(base), Some(current)) = (canonical(base), canonical(current)) else { return Effect::NotProved };
    let covers = |a: &CanonicalSchema, b: &CanonicalSchema| a.covers(b).unwrap_or(Containment::Unknown);
    match (covers(&current, &base), covers(&base, &current)) {
        (Containment::Yes, Containment::Yes) => Effect::Same,
        // One direction is enough: both words leave open whether anything is lost the other way.
        (Containment::Yes, Containment::No | Containment::Unknown) => Effect::Loosened,
        (Containment::No | Containment::Unknown, Containment::Yes) => Effect::Tightened,
        (Containment::No, Containment::No) => Effect::Changed,
        _ => Effect::NotProved,
    }
}

fn canonical(schema: &Json) -> Option<CanonicalSchema> {
    if !is_narrow(schema) {
        return None;
    }
    let (mut translated, mut patterns) = (schema.clone(), HashMap::new());
    each_subschema(&mut translated, &mut |schema| pattern::rewrite(schema, &mut patterns));
    jsonschema::canonical::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .offline()
        .canonicalize(&translated)
        .ok()
}

/// The schema without the keywords that make no rule. What stands in `const` and `enum` is data.
fn silenced(schema: Json, ids: bool) -> Json {
    match schema {
        Json::Object(members) => {
            let is_silent = |keyword: &str| SILENT.contains(&keyword) && !(ids && keyword == "$id");
            let kept = members.into_iter().filter(|(keyword, _)| !is_silent(keyword));
            let members = kept.map(|(keyword, value)| {
                let value = match keyword.as_str() {
                    "properties" | "patternProperties" | "$defs" | "dependentSchemas" => match value {
                        Json::Object(schemas) => Json::Object(
                            schemas.into_iter().map(|(name, schema)| (name, silenced(schema, ids))).collect(),
                        ),
                        other => other,
                    },
                    "const" | "enum" | "required" | "dependentRequired" | "type" => value,
                    _ => silenced(value, ids),
                };
                (keyword, value)
            });
            Json::Object(members.collect())
        }
        Json::Array(schemas) => Json::Array(schemas.into_iter().map(|schema| silenced(schema, ids)).collect()),
        other => other,
    }
}
