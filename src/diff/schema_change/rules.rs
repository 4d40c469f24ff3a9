//! Two JSON Schemas, place by place: what was said, what is said, and whether that is stricter.
//!
//! It compares texts and proves nothing: where the effect of a keyword is not plain, the rule
//! counts as changed. A declared member that came or went is told as a column and not here.

use serde_json::{Map, Value};

use super::{Effect, SchemaChange};
use crate::schema::escape_pointer;

/// How deep the comparison goes; what lies deeper is one rule.
const DEPTH: usize = 64;
/// How many characters of a rule are told.
const TOLD: usize = 200;
/// Keywords that describe and judge nothing (JSON Schema validation, section 9, and core).
const DESCRIBING: [&str; 11] = [
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
    "contentMediaType",
];
/// Keywords whose members are subschemas by name.
const MAPS: [&str; 5] = ["properties", "patternProperties", "$defs", "dependentSchemas", "definitions"];

/// Appends every rule that differs.
pub(super) fn compare(before: &Value, after: &Value, changes: &mut Vec<SchemaChange>) {
    schema(before, after, "", 0, changes);
}

fn schema(before: &Value, after: &Value, at: &str, depth: usize, changes: &mut Vec<SchemaChange>) {
    let (Value::Object(old), Value::Object(new), true) = (before, after, depth < DEPTH) else {
        if before != after {
            changes.push(rule(at.to_owned(), Some(before), Some(after), boolean(before, after)));
        }
        return;
    };
    for name in names(old, new) {
        let at = format!("{at}/{}", escape_pointer(name));
        match (old.get(name), new.get(name)) {
            (Some(Value::Object(old)), Some(Value::Object(new))) if MAPS.contains(&name) => {
                for member in names(old, new) {
                    let at = format!("{at}/{}", escape_pointer(member));
                    match (old.get(member), new.get(member)) {
                        (Some(old), Some(new)) => schema(old, new, &at, depth + 2, changes),
                        // Told as a column.
                        _ if name == "properties" && depth == 0 => {}
                        (old, new) => changes.push(rule(at, old, new, Effect::Changed)),
                    }
                }
            }
            (Some(old @ Value::Object(_)), Some(new @ Value::Object(_))) => schema(old, new, &at, depth + 1, changes),
            (old, new) if old != new => changes.push(rule(at, old, new, effect(name, old, new))),
            _ => {}
        }
    }
}

fn names<'v>(old: &'v Map<String, Value>, new: &'v Map<String, Value>) -> Vec<&'v str> {
    let mut names: Vec<&str> = old.keys().chain(new.keys()).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn rule(pointer: String, before: Option<&Value>, after: Option<&Value>, effect: Effect) -> SchemaChange {
    let text = |value: &Value| crate::text::one_line(&value.to_string(), TOLD);
    SchemaChange::Rule { pointer, before: before.map(text), after: after.map(text), effect }
}

/// `true` and `{}` allow everything, `false` nothing.
fn boolean(before: &Value, after: &Value) -> Effect {
    let all = |value: &Value| *value == Value::Bool(true) || value.as_object().is_some_and(Map::is_empty);
    match (before, after) {
        (_, Value::Bool(false)) => Effect::Tightened,
        (Value::Bool(false), _) => Effect::Loosened,
        (before, _) if all(before) => Effect::Tightened,
        (_, after) if all(after) => Effect::Loosened,
        _ => Effect::Changed,
    }
}

fn effect(keyword: &str, before: Option<&Value>, after: Option<&Value>) -> Effect {
    if DESCRIBING.contains(&keyword) {
        return Effect::Described;
    }
    let wider = |is: bool| if is { Effect::Loosened } else { Effect::Tightened };
    match (keyword, before, after) {
        ("additionalProperties" | "unevaluatedProperties" | "items" | "unevaluatedItems", before, after) => {
            let all = Value::Bool(true);
            boolean(before.unwrap_or(&all), after.unwrap_or(&all))
        }
        ("uniqueItems", before, after) => wider(after.is_none_or(|value| before.is_some() && value == false)),
        (_, None, Some(_)) => Effect::Tightened,
        (_, Some(_), None) => Effect::Loosened,
        (
            "maxLength" | "maximum" | "exclusiveMaximum" | "maxItems" | "maxProperties" | "maxContains",
            Some(before),
            Some(after),
        ) => number(before, after).map_or(Effect::Changed, wider),
        (
            "minLength" | "minimum" | "exclusiveMinimum" | "minItems" | "minProperties" | "minContains",
            Some(before),
            Some(after),
        ) => number(before, after).map_or(Effect::Changed, |greater| wider(!greater)),
        ("enum" | "type", Some(before), Some(after)) => among(before, after),
        ("required", Some(before), Some(after)) => match among(before, after) {
            Effect::Loosened => Effect::Tightened,
            Effect::Tightened => Effect::Loosened,
            other => other,
        },
        _ => Effect::Changed,
    }
}

/// Whether the second number is the greater one.
fn number(before: &Value, after: &Value) -> Option<bool> {
    Some(after.as_f64()? > before.as_f64()?)
}

/// Whether a list, or a single value, grew or shrank.
fn among(before: &Value, after: &Value) -> Effect {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let (before, after) = (list(before), list(after));
    let within = |some: &[Value], all: &[Value]| some.iter().all(|value| all.contains(value));
    match (within(&before, &after), within(&after, &before)) {
        (true, true) => Effect::Described,
        (true, false) => Effect::Loosened,
        (false, true) => Effect::Tightened,
        (false, false) => Effect::Changed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, want: &str) {
        let mut changes = Vec::new();
        compare(&serde_json::from_str(before).unwrap(), &serde_json::from_str(after).unwrap(), &mut changes);
        let lines: Vec<String> = changes
            .iter()
            .map(|change| match change {
                SchemaChange::Rule { pointer, effect, .. } => format!("{pointer} {effect:?}"),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(lines.join(", "), want, "{before} {after}");
    }

    #[test]
    fn effects() {
        check("{}", "{}", "");
        check(r#"{"title":"a"}"#, "{}", "/title Described");
        check(r#"{"maxLength":3}"#, r#"{"maxLength":2}"#, "/maxLength Tightened");
        check(r#"{"minimum":3}"#, r#"{"minimum":2}"#, "/minimum Loosened");
        check("{}", r#"{"pattern":"^a"}"#, "/pattern Tightened");
        check(r#"{"pattern":"^a"}"#, r#"{"pattern":"^b"}"#, "/pattern Changed");
        check(r#"{"type":"string"}"#, r#"{"type":["string","null"]}"#, "/type Loosened");
        check(r#"{"enum":[1,2]}"#, r#"{"enum":[1]}"#, "/enum Tightened");
        check(r#"{"required":["a"]}"#, r#"{"required":["a","b"]}"#, "/required Tightened");
        check(r#"{"required":["a","b"]}"#, r#"{"required":["b","a"]}"#, "/required Described");
        check("{}", r#"{"additionalProperties":false}"#, "/additionalProperties Tightened");
        check("{}", r#"{"uniqueItems":true}"#, "/uniqueItems Tightened");
        check(r#"{"uniqueItems":true}"#, r#"{"uniqueItems":false}"#, "/uniqueItems Loosened");
        check(r#"{"items":true}"#, r#"{"items":false}"#, "/items Tightened");
    }

    #[test]
    fn places() {
        let before = r#"{"properties":{"a":{"maxLength":1},"gone":{}},"$defs":{"x":{"type":"string"}}}"#;
        let after = r#"{"properties":{"a":{"maxLength":2},"b":{}},"$defs":{"x":{"type":"integer"}}}"#;
        check(before, after, "/$defs/x/type Changed, /properties/a/maxLength Loosened");
        check(
            r#"{"properties":{"title":{}}}"#,
            r#"{"properties":{"title":{"title":"T"}}}"#,
            "/properties/title/title Described",
        );
        check(r#"{"items":{"maximum":1}}"#, r#"{"items":{"maximum":0}}"#, "/items/maximum Tightened");
    }
}
