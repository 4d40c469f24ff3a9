//! Violations that only follow from others, which are taken out of the list.
//!
//! Where a subschema fails, what it declares does not count as evaluated, so that
//! `unevaluatedProperties` finds members that are declared very well. They say nothing about the
//! article that the failure does not say already. Which subschema failed is known from the other
//! violations alone.

use super::pattern;
use super::places::Places;
use crate::code::Code;
use crate::json::Value;

/// What there is to know of a violation, beside itself.
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
pub(super) fn redundant(origins: &[Origin], schema: &Value<'_>, places: &Places) -> Vec<bool> {
    let walk = Walk { schema, places };
    origins.iter().map(|origin| walk.follows(origin, origins) || is_of_another_type(origin, origins)).collect()
}

/// `"not": {"pattern": ..}` is broken by anything that is no text; the type says so already.
fn is_of_another_type(origin: &Origin, origins: &[Origin]) -> bool {
    let subschema = |rule: &str| rule.rsplit_once('/').map_or(String::new(), |(subschema, _)| subschema.to_owned());
    origin.code == Code::Not
        && origins.iter().any(|other| {
            other.code == Code::Type && other.at == origin.at && subschema(&other.rule) == subschema(&origin.rule)
        })
}

struct Walk<'s> {
    schema: &'s Value<'s>,
    places: &'s Places,
}

/// How deep subschemas for the same value are followed.
const MAX_DEPTH: usize = 32;

impl Walk<'_> {
    /// Whether what was not evaluated is declared in a subschema for the same value that failed.
    fn follows(&self, origin: &Origin, origins: &[Origin]) -> bool {
        let Some(unevaluated) = &origin.unevaluated else { return false };
        let (Some((way, _)), Some((holder, _))) = (origin.way.rsplit_once('/'), origin.rule.rsplit_once('/')) else {
            return false;
        };
        let is_within =
            |at: &str| at.strip_prefix(&origin.at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let others = origins.iter().filter(|other| other.unevaluated.is_none() && is_within(&other.at));
        let failed = others.filter_map(|other| {
            let below = other.way.strip_prefix(way)?.strip_prefix('/')?;
            applicator(below)
        });
        let mut failed: Vec<&str> = failed.collect();
        failed.sort_unstable();
        failed.dedup();
        failed.iter().any(|below| {
            let subschema = format!("{holder}/{below}");
            self.subschemas(&subschema).iter().any(|place| self.declares(place, unevaluated, 0))
        })
    }

    /// The subschemas that an applicator leads to.
    fn subschemas(&self, applicator: &str) -> Vec<String> {
        match self.schema.pointer(applicator) {
            Some(Value::String(_)) => self.places.target(applicator).map(str::to_owned).into_iter().collect(),
            Some(Value::Array(schemas)) => (0..schemas.len()).map(|index| format!("{applicator}/{index}")).collect(),
            Some(_) => vec![applicator.to_owned()],
            None => Vec::new(),
        }
    }

    fn declares(&self, place: &str, what: &Unevaluated, depth: usize) -> bool {
        let Some(object) = self.schema.pointer(place).and_then(Value::as_object) else { return false };
        if depth > MAX_DEPTH {
            return false;
        }
        object.iter().any(|(keyword, value)| match (keyword, what) {
            ("properties", Unevaluated::Member(name)) => {
                value.as_object().is_some_and(|members| members.get(name).is_some())
            }
            ("patternProperties", Unevaluated::Member(name)) => value.as_object().is_some_and(|patterns| {
                patterns.iter().any(|(text, _)| pattern::compile(text).is_ok_and(|pattern| pattern.is_match(name)))
            }),
            ("additionalProperties" | "unevaluatedProperties", Unevaluated::Member(_))
            | ("prefixItems" | "items" | "contains" | "unevaluatedItems", Unevaluated::Items) => true,
            ("allOf" | "anyOf" | "oneOf" | "if" | "then" | "else" | "$ref" | "$dynamicRef", _) => {
                let below = self.subschemas(&format!("{place}/{keyword}"));
                below.iter().any(|place| self.declares(place, what, depth + 1))
            }
            ("dependentSchemas", _) => value.as_object().is_some_and(|schemas| {
                let place = |name| format!("{place}/dependentSchemas/{}", super::derive::escape_pointer(name));
                schemas.iter().any(|(of, _)| self.declares(&place(of), what, depth + 1))
            }),
            _ => false,
        })
    }
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
