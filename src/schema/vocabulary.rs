//! What a schema may say: every keyword is one of JSON Schema 2020-12, every reference stays in
//! the document, and validation ends. A misspelt keyword would otherwise be a rule that is never
//! applied.

use super::assertions;
use super::fault::SchemaFault;
use super::graph::{Body, Content, Graph, NodeId, Reference, Target};
use super::keyword;
use super::pattern::Dialect;
use super::step_cost::{self, StepCosts};
use crate::code::Code;
use crate::json::{Value, escape_token};
use crate::text::one_line;

/// The one draft that is read.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
/// How deep subschemas may be nested.
const MAX_DEPTH: usize = 128;

type Result<T> = std::result::Result<T, SchemaFault>;

/// Checks every subschema, in the order of the document.
pub(super) fn check(graph: &Graph, dialect: Dialect) -> Result<()> {
    let mut check = Check { graph, dialect, costs: StepCosts::new(graph), references: Vec::new() };
    check.subschema(NodeId::ROOT, 0)?;
    check.references.iter().try_for_each(|(pointer, reference)| follow(pointer, reference))
}

struct Check<'g> {
    graph: &'g Graph,
    dialect: Dialect,
    costs: StepCosts<'g>,
    /// The references that were seen, with their pointers. They are checked last.
    references: Vec<(String, &'g Reference)>,
}

impl<'g> Check<'g> {
    fn subschema(&mut self, id: NodeId, depth: usize) -> Result<()> {
        let node = &self.graph[id];
        let Body::Keywords(keywords) = &node.body else { return Ok(()) };
        let fault = |message: String| Err(SchemaFault::new(Code::SchemaMeta, &*node.pointer, message));
        if depth > MAX_DEPTH {
            return fault("subschemas are nested too deep".to_owned());
        }
        if self.costs.is_too_large(id) {
            return fault(format!("one value would be held against more than {} subschemas", step_cost::MOST));
        }
        if self.costs.is_circular() {
            let message = "its references lead back to one another for the same value, so that no rule is ever reached";
            return fault(message.to_owned());
        }
        for keyword in keywords {
            let pointer = format!("{}/{}", node.pointer, escape_token(&keyword.name));
            self.keyword(&keyword.name, &keyword.content, pointer)?;
            keyword.content.children().try_for_each(|child| self.subschema(child, depth + 1))?;
        }
        Ok(())
    }

    fn keyword(&mut self, name: &str, content: &'g Content, pointer: String) -> Result<()> {
        match (name, content) {
            (_, _) if keyword::holds(name).is_none() => {
                return Err(SchemaFault::new(Code::SchemaKeyword, pointer, keyword::unknown(name)));
            }
            (_, Content::Reference(reference)) => self.references.push((pointer, reference)),
            ("$schema", Content::Data(value)) => draft(value, &pointer)?,
            ("pattern", Content::Data(Value::String(pattern))) => assertions::pattern(pattern, &pointer, self.dialect)?,
            ("patternProperties", Content::ByName(schemas)) => {
                for (pattern, id) in schemas {
                    assertions::pattern(pattern, &self.graph[*id].pointer, self.dialect)?;
                }
            }
            ("format", Content::Data(value)) => assertions::format(value.as_str(), &pointer)?,
            _ => {}
        }
        Ok(())
    }
}

/// A reference leads to a subschema of the document, or to the meta-schema.
fn follow(pointer: &str, Reference { text, target }: &Reference) -> Result<()> {
    if text.split('#').next() == Some(DRAFT) {
        return Ok(());
    }
    let quoted = one_line(text, 100);
    let message = match target {
        _ if text.is_empty() => "an empty reference means the whole schema; write `#`".to_owned(),
        Target::Node(_) => return Ok(()),
        Target::Data => format!("`{quoted}` leads to a value that is not a subschema; put the subschema into `$defs`"),
        Target::Nowhere => format!("`{quoted}` leads nowhere; {}", nowhere(text)),
        Target::Malformed => format!("`{quoted}` is not a URI reference; write one such as `#/$defs/name`"),
        Target::Elsewhere => {
            let message = format!(
                "`{quoted}` is in another file, and other files are never opened; copy what it leads to into \
                 `$defs` and refer to it there: `#/$defs/name`"
            );
            return Err(SchemaFault::new(Code::SchemaRemoteRef, pointer, message));
        }
    };
    Err(SchemaFault::new(Code::SchemaRef, pointer, message))
}

/// Why a reference within this document may lead nowhere.
fn nowhere(target: &str) -> String {
    match target.split_once('#').map(|(_, fragment)| fragment).unwrap_or_default() {
        place if place.starts_with('/') => "the schema has nothing at this place".to_owned(),
        anchor => format!("no subschema has `\"$anchor\": \"{}\"`", one_line(anchor, 60)),
    }
}

/// Embedded schemas may name their draft too.
fn draft(value: &Value<'_>, pointer: &str) -> Result<()> {
    match value.as_str() {
        Some(draft) if draft.trim_end_matches('#') != DRAFT => {
            let message = format!("`{}` is another draft; only {DRAFT} is read", one_line(draft, 80));
            Err(SchemaFault::new(Code::SchemaDraft, pointer, message))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn read(schema: &str) -> Result<()> {
        check(&Graph::new(json::parse(schema.as_bytes()).expect("valid JSON").into_owned())?, Dialect::Ecma)
    }

    #[track_caller]
    fn check_schema(schema: &str, want: &str) {
        let got = read(schema).map_or_else(|fault| format!("{} {}", fault.code, fault.pointer), |()| "fine".into());
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

    /// At each level, the validator validates again to find out what was evaluated.
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
            read(&schema).map_err(|fault| fault.message)
        };
        let message = "one value would be held against more than 20000 subschemas".to_owned();
        for keyword in ["allOf", "anyOf", "oneOf"] {
            assert_eq!(doubled(keyword, 10), Ok(()));
            assert_eq!(doubled(keyword, 40), Err(message.clone()));
        }
    }
}
