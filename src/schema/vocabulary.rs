//! What a schema may say: every keyword is one of JSON Schema 2020-12, every reference stays in
//! the file, and judging comes to an end. A misspelt keyword would otherwise be a rule that nobody applies.

use std::collections::HashSet;

use serde_json::Map;

use super::assertions;
use super::derive::escape_pointer;
use super::references::{References, Target};
use super::step_budget;
use super::step_budget::Steps;
use crate::code::Code;
use crate::error::Error;
use crate::json::{Object, Value};
use crate::text::one_line;

/// Why a schema cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SchemaFault {
    pub(super) code: Code,
    /// JSON Pointer into the schema.
    pub(super) pointer: String,
    /// In plain words.
    pub(super) message: String,
}

impl SchemaFault {
    pub(super) fn new(code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, pointer: pointer.into(), message: message.into() }
    }

    /// As the error of the schema of this name.
    pub(super) fn of(self, name: &str) -> Error {
        let Self { code, pointer, message } = self;
        Error::Schema { code, name: name.to_owned(), pointer, message }
    }
}

/// What the value of a keyword is, as far as subschemas are concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Nothing,
    Schema,
    Schemas,
    SchemasByName,
}

/// The one draft that is read.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
/// How deep subschemas may be nested.
const MAX_DEPTH: usize = 128;

/// The keywords of the vocabularies of 2020-12 (Core, Applicator, Unevaluated, Validation,
/// Format, Content and Meta-Data).
const KEYWORDS: &[(&str, Holds)] = &[
    ("$anchor", Holds::Nothing),
    ("$comment", Holds::Nothing),
    ("$defs", Holds::SchemasByName),
    ("$dynamicAnchor", Holds::Nothing),
    ("$dynamicRef", Holds::Nothing),
    ("$id", Holds::Nothing),
    ("$ref", Holds::Nothing),
    ("$schema", Holds::Nothing),
    ("$vocabulary", Holds::Nothing),
    ("additionalProperties", Holds::Schema),
    ("allOf", Holds::Schemas),
    ("anyOf", Holds::Schemas),
    ("const", Holds::Nothing),
    ("contains", Holds::Schema),
    ("contentEncoding", Holds::Nothing),
    ("contentMediaType", Holds::Nothing),
    ("contentSchema", Holds::Schema),
    ("default", Holds::Nothing),
    ("dependentRequired", Holds::Nothing),
    ("dependentSchemas", Holds::SchemasByName),
    ("deprecated", Holds::Nothing),
    ("description", Holds::Nothing),
    ("else", Holds::Schema),
    ("enum", Holds::Nothing),
    ("examples", Holds::Nothing),
    ("exclusiveMaximum", Holds::Nothing),
    ("exclusiveMinimum", Holds::Nothing),
    ("format", Holds::Nothing),
    ("if", Holds::Schema),
    ("items", Holds::Schema),
    ("maxContains", Holds::Nothing),
    ("maxItems", Holds::Nothing),
    ("maxLength", Holds::Nothing),
    ("maxProperties", Holds::Nothing),
    ("maximum", Holds::Nothing),
    ("minContains", Holds::Nothing),
    ("minItems", Holds::Nothing),
    ("minLength", Holds::Nothing),
    ("minProperties", Holds::Nothing),
    ("minimum", Holds::Nothing),
    ("multipleOf", Holds::Nothing),
    ("not", Holds::Schema),
    ("oneOf", Holds::Schemas),
    ("pattern", Holds::Nothing),
    ("patternProperties", Holds::SchemasByName),
    ("prefixItems", Holds::Schemas),
    ("properties", Holds::SchemasByName),
    ("propertyNames", Holds::Schema),
    ("readOnly", Holds::Nothing),
    ("required", Holds::Nothing),
    ("then", Holds::Schema),
    ("title", Holds::Nothing),
    ("type", Holds::Nothing),
    ("unevaluatedItems", Holds::Schema),
    ("unevaluatedProperties", Holds::Schema),
    ("uniqueItems", Holds::Nothing),
    ("writeOnly", Holds::Nothing),
];

/// Checks every subschema, in the order of the file.
pub(super) fn check<'s>(schema: &'s Value<'s>) -> Result<(), SchemaFault> {
    let steps = Steps::new(References::new(schema)?);
    let mut whole = Whole { steps, places: HashSet::new(), references: Vec::new() };
    subschema(schema, "", &mut whole, 0)?;
    whole.references.iter().try_for_each(|reference| whole.follow(reference))
}

/// What is known of the whole schema.
struct Whole<'s> {
    steps: Steps<'s>,
    /// The subschemas that were checked, by their addresses.
    places: HashSet<*const Value<'s>>,
    references: Vec<Reference<'s>>,
}

/// A reference, and the subschema that it stands in.
struct Reference<'s> {
    schema: &'s Value<'s>,
    target: &'s str,
    pointer: String,
}

impl<'s> Whole<'s> {
    /// Anything may be referred to, data such as a `default` too, but nobody has checked that.
    fn follow(&self, Reference { schema, target, pointer }: &Reference<'s>) -> Result<(), SchemaFault> {
        if target.split('#').next() == Some(DRAFT) {
            return Ok(());
        }
        let quoted = one_line(target, 100);
        let (code, message) = match self.steps.target(schema, target) {
            _ if target.is_empty() => {
                (Code::SchemaRef, "an empty reference means the whole schema; write `#`".to_owned())
            }
            Target::Here(found, _) if self.places.contains(&std::ptr::from_ref(found)) => return Ok(()),
            Target::Here(..) => {
                (Code::SchemaRef, format!("`{quoted}` leads to what is no subschema; put it into `$defs`"))
            }
            Target::Nowhere => (Code::SchemaRef, format!("`{quoted}` leads nowhere; {}", nowhere(target))),
            Target::Malformed => {
                (Code::SchemaRef, format!("`{quoted}` is no URI reference; write one such as `#/$defs/name`"))
            }
            Target::Elsewhere => (
                Code::SchemaRemoteRef,
                format!(
                    "`{quoted}` is in another file, and other files are never opened; copy what it leads to into \
                     `$defs` and refer to it there: `#/$defs/name`"
                ),
            ),
        };
        Err(SchemaFault::new(code, pointer.clone(), message))
    }
}

/// Why a reference within this file may lead nowhere.
fn nowhere(target: &str) -> String {
    match target.split_once('#').map(|(_, fragment)| fragment).unwrap_or_default() {
        place if place.starts_with('/') => "the schema has nothing at this place".to_owned(),
        anchor => format!("no subschema has `\"$anchor\": \"{}\"`", one_line(anchor, 60)),
    }
}

fn subschema<'s>(schema: &'s Value<'s>, pointer: &str, whole: &mut Whole<'s>, depth: usize) -> Result<(), SchemaFault> {
    whole.places.insert(std::ptr::from_ref(schema));
    // Something other than an object or a truth value is told by the meta-schema.
    let Some(object) = schema.as_object() else { return Ok(()) };
    if depth > MAX_DEPTH {
        return Err(SchemaFault::new(Code::SchemaMeta, pointer, "subschemas are nested too deep"));
    }
    if whole.steps.are_too_many(schema) {
        let message = format!("one value would be held against more than {} subschemas", step_budget::MOST);
        return Err(SchemaFault::new(Code::SchemaMeta, pointer, message));
    }
    if whole.steps.is_circular() {
        let message = "its references lead back to one another for the same value, so that no rule is ever reached";
        return Err(SchemaFault::new(Code::SchemaMeta, pointer, message));
    }
    for (keyword, value) in object.iter() {
        let here = format!("{pointer}/{}", escape_pointer(keyword));
        let Some((_, holds)) = KEYWORDS.iter().find(|(known, _)| *known == keyword) else {
            return Err(SchemaFault::new(Code::SchemaKeyword, here, unknown(keyword)));
        };
        match keyword {
            "$ref" | "$dynamicRef" => {
                let reference = |target| Reference { schema, target, pointer: here.clone() };
                whole.references.extend(value.as_str().map(reference));
            }
            "$schema" => draft(value, &here)?,
            "pattern" => assertions::pattern(value.as_str(), &here)?,
            "patternProperties" => {
                let members = value.as_object().into_iter().flat_map(Object::iter);
                for (name, _) in members {
                    assertions::pattern(Some(name), &format!("{here}/{}", escape_pointer(name)))?;
                }
            }
            "format" => assertions::format(value.as_str(), &here)?,
            _ => {}
        }
        match (holds, value) {
            (Holds::Schema, schema) => subschema(schema, &here, whole, depth + 1)?,
            (Holds::Schemas, Value::Array(schemas)) => {
                for (place, schema) in schemas.iter().enumerate() {
                    subschema(schema, &format!("{here}/{place}"), whole, depth + 1)?;
                }
            }
            (Holds::SchemasByName, Value::Object(schemas)) => {
                for (name, schema) in schemas.iter() {
                    subschema(schema, &format!("{here}/{}", escape_pointer(name)), whole, depth + 1)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Hands every subschema that has keywords to `each`, the innermost first. The schema was checked.
pub(super) fn each_subschema(
    schema: &mut serde_json::Value,
    each: &mut impl FnMut(&mut Map<String, serde_json::Value>),
) {
    let Some(members) = schema.as_object_mut() else { return };
    for (keyword, value) in members.iter_mut() {
        let holds = KEYWORDS.iter().find(|(known, _)| known == keyword).map_or(Holds::Nothing, |(_, holds)| *holds);
        match (holds, value) {
            (Holds::Schema, schema) => each_subschema(schema, each),
            (Holds::Schemas, serde_json::Value::Array(schemas)) => {
                for schema in schemas {
                    each_subschema(schema, each);
                }
            }
            (Holds::SchemasByName, serde_json::Value::Object(schemas)) => {
                for schema in schemas.values_mut() {
                    each_subschema(schema, each);
                }
            }
            _ => {}
        }
    }
    each(members);
}

/// Hands every subschema and its JSON Pointer to `each`. The schema was checked.
pub(super) fn each_pointer<'s>(schema: &'s Value<'s>, pointer: &str, each: &mut impl FnMut(&'s Value<'s>, &str)) {
    let Some(object) = schema.as_object() else { return };
    each(schema, pointer);
    for (keyword, value) in object.iter() {
        let holds = KEYWORDS.iter().find(|(known, _)| *known == keyword).map_or(Holds::Nothing, |(_, holds)| *holds);
        let here = || format!("{pointer}/{}", escape_pointer(keyword));
        match (holds, value) {
            (Holds::Schema, schema) => each_pointer(schema, &here(), each),
            (Holds::Schemas, Value::Array(schemas)) => {
                for (index, schema) in schemas.iter().enumerate() {
                    each_pointer(schema, &format!("{}/{index}", here()), each);
                }
            }
            (Holds::SchemasByName, Value::Object(schemas)) => {
                for (name, schema) in schemas.iter() {
                    each_pointer(schema, &format!("{}/{}", here(), escape_pointer(name)), each);
                }
            }
            _ => {}
        }
    }
}

/// Embedded schemas may name their draft too.
fn draft(value: &Value<'_>, pointer: &str) -> Result<(), SchemaFault> {
    match value.as_str() {
        Some(draft) if draft.trim_end_matches('#') != DRAFT => {
            let message = format!("`{}` is another draft; only {DRAFT} is read", one_line(draft, 80));
            Err(SchemaFault::new(Code::SchemaDraft, pointer, message))
        }
        _ => Ok(()),
    }
}

fn unknown(keyword: &str) -> String {
    let quoted = one_line(keyword, 60);
    let way_out = match keyword {
        "nullable" => "write \"type\": [\"string\", \"null\"]".to_owned(),
        "definitions" => "it is called `$defs` in 2020-12".to_owned(),
        "dependencies" => "use `dependentRequired` or `dependentSchemas`".to_owned(),
        "additionalItems" => "use `items` beside `prefixItems`".to_owned(),
        "id" => "it is called `$id`".to_owned(),
        _ => {
            let alike = |known: &str| strsim::damerau_levenshtein(known, &keyword.chars().take(64).collect::<String>());
            match KEYWORDS.iter().map(|(known, _)| (alike(known), known)).min() {
                Some((distance, known)) if distance <= 2 => format!("did you mean `{known}`?"),
                _ => "notes belong in `$comment` or `description`".to_owned(),
            }
        }
    };
    format!("`{quoted}` is no keyword of JSON Schema 2020-12; {way_out}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[track_caller]
    fn check_schema(schema: &str, want: &str) {
        let value = json::parse(schema.as_bytes()).unwrap();
        let got = check(&value).map_or_else(|fault| format!("{} {}", fault.code, fault.pointer), |()| "fine".into());
        assert_eq!(got, want, "{schema}");
    }

    #[test]
    fn keywords() {
        check_schema(r#"{"type":"object","properties":{"typo":{"type":"string"}}}"#, "fine");
        check_schema(r#"{"properties":{"a":{"maxLenght":3}}}"#, "S-UNKNOWN-KEYWORD /properties/a/maxLenght");
        check_schema(r#"{"items":{"oneOf":[{},{"nullable":true}]}}"#, "S-UNKNOWN-KEYWORD /items/oneOf/1/nullable");
        check_schema(r#"{"const":{"anything":1},"default":{"goes":2},"examples":[{"here":3}]}"#, "fine");
        check_schema(r#"{"definitions":{}}"#, "S-UNKNOWN-KEYWORD /definitions");
        check_schema("true", "fine");
    }

    #[test]
    fn drafts_and_references() {
        check_schema(r#"{"$schema":"https://json-schema.org/draft/2020-12/schema"}"#, "fine");
        check_schema(r#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#, "S-DRAFT /$schema");
        let embedded = r#"{"$defs":{"a":{"$id":"urn:a","$schema":"http://json-schema.org/draft-07/schema#"}}}"#;
        check_schema(embedded, "S-DRAFT /$defs/a/$schema");
        check_schema(r##"{"$ref":"#/$defs/a","$defs":{"a":{}}}"##, "fine");
        check_schema(r#"{"items":{"$ref":"https://example.org/x"}}"#, "S-REMOTE-REF /items/$ref");
        check_schema(
            r#"{"items":{"$ref":"https://example.org/x"},"$defs":{"x":{"$id":"https://example.org/x"}}}"#,
            "fine",
        );
    }

    /// Each level once, and not each twice.
    #[test]
    fn deep_schemas() {
        let deep = |levels: usize| format!("{}{{}}{}", r#"{"not":"#.repeat(levels), "}".repeat(levels));
        check_schema(&deep(100), "fine");
    }

    #[test]
    fn references_lead_to_subschemas() {
        check_schema(r##"{"$ref":"#/default","default":{}}"##, "S-REF /$ref");
        check_schema(r##"{"items":{"$ref":"#/const"},"const":{"anything":1}}"##, "S-REF /items/$ref");
        check_schema(r##"{"items":{"$ref":"#/%64efault"},"default":{"anything":1}}"##, "S-REF /items/$ref");
        check_schema(
            r#"{"$id":"https://x.example/a","items":{"$ref":"a#/default"},"default":{"anything":1}}"#,
            "S-REF /items/$ref",
        );
        // Nothing relative can be resolved against it.
        check_schema(r#"{"$id":"urn:x/a","items":{"$ref":"a"}}"#, "S-REMOTE-REF /items/$ref");
        check_schema(r#"{"items":{"$ref":""}}"#, "S-REF /items/$ref");
        check_schema(r##"{"items":{"$ref":"#/$defs/a%20b"},"$defs":{"a b":{}}}"##, "fine");
        check_schema(r#"{"$id":"https://example.org/a","items":{"$ref":"b"},"$defs":{"b":{"$id":"./b"}}}"#, "fine");
        let bundled =
            r#"{"$id":"https://example.org/a","items":{"$ref":"https://example.org/b"},"$defs":{"b":{"$id":"b"}}}"#;
        check_schema(bundled, "fine");
        check_schema(r##"{"items":{"$ref":"#a"},"$defs":{"a":{"$anchor":"a"}},"examples":[{"$anchor":"a"}]}"##, "fine");
        check_schema(
            r##"{"items":{"$ref":"#a"},"$defs":{"a":{"$anchor":"a"},"b":true},"not":{"$ref":"#/$defs/b"}}"##,
            "fine",
        );
        check_schema(r##"{"$dynamicRef":"#a","$defs":{"a":{"$dynamicAnchor":"a"}}}"##, "fine");
        // Two schemas with an `$id` may have anchors of one name.
        let anchors = r#"{"$ref":"urn:a#x","$defs":{"b":{"$id":"urn:b","$defs":{"x":{"$anchor":"x"}}},
            "a":{"$id":"urn:a","$defs":{"x":{"$anchor":"x","$ref":"urn:b#x"}}}}}"#;
        check_schema(anchors, "fine");
        // Within a schema with an `$id` a pointer starts there.
        let embedded = |place: &str| {
            format!(r##"{{"$defs":{{"a":{{"$id":"urn:a","$ref":"#/$defs/{place}","$defs":{{"x":{{}}}}}},"y":{{}}}}}}"##)
        };
        check_schema(&embedded("x"), "fine");
        check_schema(&format!(r#"{{"$ref":"urn:a#/$defs/x",{}"#, &embedded("x")[1..]), "fine");
    }

    /// For the same value; in members and elements they are trees.
    #[test]
    fn references_that_lead_back() {
        check_schema(r##"{"items":{"$ref":"#"},"properties":{"a":{"$ref":"#"}}}"##, "fine");
        check_schema(r##"{"anyOf":[{},{"$ref":"#"}]}"##, "S-META ");
        check_schema(
            r##"{"items":{"$ref":"#/$defs/a"},"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"not":{"$ref":"#/$defs/a"}}}}"##,
            "S-META /items",
        );
    }

    /// What was evaluated is found out by judging again, at each level.
    #[test]
    fn unevaluated_members_below_one_another() {
        let nested = |levels: usize| {
            format!("{}{{}}{}", r#"{"allOf":["#.repeat(levels), r#"],"unevaluatedProperties":false}"#.repeat(levels))
        };
        check_schema(&nested(6), "fine");
        check_schema(&nested(16), "S-META ");
    }

    #[test]
    fn references_that_double() {
        let doubled = |keyword: &str, levels: usize| {
            let each = |level: usize| {
                let next = format!(r##"{{"not":{{"$ref":"#/$defs/{}"}}}}"##, level + 1);
                format!(r#""{level}":{{"not":{{"{keyword}":[{next},{next}]}}}},"#)
            };
            let all: String = (0..levels).map(each).collect();
            let schema = format!(r##"{{"$ref":"#/$defs/0","$defs":{{{all}"{levels}":{{}}}}}}"##);
            check(&json::parse(schema.as_bytes()).expect("valid JSON")).map_err(|fault| fault.message)
        };
        let message = "one value would be held against more than 20000 subschemas".to_owned();
        for keyword in ["allOf", "anyOf", "oneOf"] {
            assert_eq!(doubled(keyword, 10), Ok(()));
            assert_eq!(doubled(keyword, 40), Err(message.clone()));
        }
    }

    #[test]
    fn hints() {
        assert!(unknown("maxLenght").ends_with("did you mean `maxLength`?"));
        assert!(unknown("x-owner").ends_with("`$comment` or `description`"));
    }
}
