//! Whether a schema is so small that the algebra of schemas ends with it.
//!
//! To compare two schemas their alternatives are multiplied out: ten pairs of alternatives that must
//! all hold are a thousand cases. Their number is estimated here before anything is multiplied; what
//! the cases mean is not looked at.

use crate::json::Value;
use crate::schema::graph::{Body, Content, Graph, Keyword, Node, NodeId, Reference, Target};

/// How many values a schema may consist of.
const PARTS: usize = 2048;
/// How many cases one subschema may have, and how many of them may result from multiplication.
const CASES: u64 = 256;
const MULTIPLIED: u64 = 64;
/// How many regular expressions it may have: each is held against each other.
const PATTERNS: usize = 32;
/// How many subschemas are looked at, each as often as it is referred to.
const STEPS: usize = 10_000;

/// Whether a proof about this schema ends soon.
pub(super) fn is_narrow(graph: &Graph) -> bool {
    let patterns = graph.nodes().filter(|node| node.get("pattern").is_some()).count();
    // A comparison asks for what one accepts and the other does not.
    parts(graph) <= PARTS
        && patterns <= PATTERNS
        && [Sign::Plain, Sign::Negated].into_iter().all(|sign| is_narrow_as(graph, sign))
}

fn is_narrow_as(graph: &Graph, sign: Sign) -> bool {
    let mut cost = ProofCost { graph, steps: STEPS, most: 0, multiplied: 0, open: Vec::new() };
    let cases = cost.of(NodeId::ROOT, sign).max(cost.most);
    cases <= CASES && cost.multiplied <= MULTIPLIED && cost.steps > 0
}

/// How many values the schema consists of.
fn parts(graph: &Graph) -> usize {
    let of = |keyword: &Keyword| match &keyword.content {
        Content::Data(value) => value.parts(PARTS + 1),
        Content::Reference(_) | Content::Schemas(_) | Content::ByName(_) => 1,
        Content::Schema(_) => 0,
    };
    graph.nodes().map(|node| 1 + node.keywords().iter().map(of).sum::<usize>()).sum()
}

/// Whether a subschema must hold or must not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Plain,
    Negated,
}

impl Sign {
    fn other(self) -> Self {
        match self {
            Self::Plain => Self::Negated,
            Self::Negated => Self::Plain,
        }
    }

    /// The cases of so many entries that all hold, or of which one does not.
    fn some(self, entries: usize) -> u64 {
        match self {
            Self::Plain => 1,
            Self::Negated => (entries as u64).max(1),
        }
    }
}

struct ProofCost<'g> {
    graph: &'g Graph,
    steps: usize,
    /// The most cases of a subschema below, and the most anywhere that result from multiplication.
    most: u64,
    multiplied: u64,
    /// The subschemas that are being followed.
    open: Vec<NodeId>,
}

impl<'g> ProofCost<'g> {
    /// How many cases a subschema has.
    fn of(&mut self, id: NodeId, sign: Sign) -> u64 {
        self.steps = self.steps.saturating_sub(1);
        if self.steps == 0 {
            return 1;
        }
        let node = &self.graph[id];
        let cases: Vec<u64> = node.keywords().iter().map(|keyword| self.keyword(node, keyword, sign)).collect();
        self.all(&cases, sign)
    }

    /// The cases of what must hold together: each with each, and negated each alone.
    fn all(&mut self, cases: &[u64], sign: Sign) -> u64 {
        if sign == Sign::Negated {
            return cases.iter().copied().fold(0, u64::saturating_add).max(1);
        }
        let product = cases.iter().copied().fold(1, u64::saturating_mul);
        if cases.iter().filter(|number| **number > 1).count() > 1 {
            self.multiplied = self.multiplied.max(product);
        }
        product
    }

    fn keyword(&mut self, beside: &Node, Keyword { name, content }: &'g Keyword, sign: Sign) -> u64 {
        match (name.as_str(), content) {
            ("allOf", Content::Schemas(schemas)) => {
                let cases = self.each(schemas, sign);
                self.all(&cases, sign)
            }
            ("anyOf", Content::Schemas(schemas)) => {
                let cases = self.each(schemas, sign);
                self.all(&cases, sign.other())
            }
            // One holds and each other does not.
            ("oneOf", Content::Schemas(schemas)) => {
                let cases = self.each(schemas, sign);
                self.all(&cases, sign.other()).saturating_mul(schemas.len() as u64)
            }
            ("not", Content::Schema(schema)) => self.of(*schema, sign.other()),
            ("if", Content::Schema(schema)) => {
                let [held, failed] = [Sign::Plain, Sign::Negated].map(|sign| self.of(*schema, sign));
                let [then, other] =
                    ["then", "else"].map(|keyword| beside.schema(keyword).map_or(1, |id| self.of(id, sign)));
                held.saturating_mul(then).saturating_add(failed.saturating_mul(other))
            }
            ("dependentSchemas", Content::ByName(schemas)) => {
                let cases: Vec<u64> = schemas.iter().map(|(_, id)| self.of(*id, sign).saturating_add(1)).collect();
                self.all(&cases, sign)
            }
            ("dependentRequired", Content::Data(Value::Object(names))) => match sign {
                Sign::Plain => self.either(names.len()),
                Sign::Negated => names.iter().map(|(_, names)| entries(names)).fold(0, u64::saturating_add),
            },
            (_, Content::Reference(reference)) => self.reference(reference, sign),
            ("required", Content::Data(names)) => sign.some(usize::try_from(entries(names)).unwrap_or(usize::MAX)),
            ("then" | "else" | "contentSchema", _) => 1,
            (name, content) => self.values_below(name, content, sign),
        }
    }

    /// The cases of a keyword whose subschemas apply to other values, so that their cases are not
    /// multiplied with those here.
    fn values_below(&mut self, name: &str, content: &'g Content, sign: Sign) -> u64 {
        let mut restricting = 0;
        for id in content.children() {
            let cases = self.of(id, sign);
            self.most = self.most.max(cases);
            // Nothing breaks a schema that accepts everything.
            restricting += usize::from(!matches!(self.graph[id].body, Body::Always(true)));
        }
        match (name, content) {
            // A name may match any of them.
            ("patternProperties", Content::ByName(schemas)) => self.either(schemas.len()),
            ("properties", _) => sign.some(restricting),
            ("prefixItems", Content::Schemas(schemas)) => sign.some(schemas.len()),
            _ => 1,
        }
    }

    /// The cases of so many choices between two.
    fn either(&mut self, choices: usize) -> u64 {
        self.all(&vec![2; choices], Sign::Plain)
    }

    fn each(&mut self, schemas: &[NodeId], sign: Sign) -> Vec<u64> {
        schemas.iter().map(|id| self.of(*id, sign)).collect()
    }

    fn reference(&mut self, reference: &Reference, sign: Sign) -> u64 {
        let Target::Node(id) = reference.target else { return 1 };
        if self.open.contains(&id) {
            return 1;
        }
        self.open.push(id);
        let cases = self.of(id, sign);
        self.open.pop();
        cases
    }
}

fn entries(value: &Value<'_>) -> u64 {
    match value {
        Value::Array(values) => values.len() as u64,
        Value::Object(members) => members.len() as u64,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value as Json, json};

    use super::*;
    use crate::json;

    fn graph(schema: &Json) -> Graph {
        Graph::new(json::parse(schema.to_string().as_bytes()).expect("valid JSON").into_owned()).expect("a schema")
    }

    fn is_narrow(schema: &Json) -> bool {
        super::is_narrow(&graph(schema))
    }

    #[test]
    fn choices_multiply() {
        let pairs =
            |number: usize| json!({ "allOf": vec![json!({ "anyOf": [{ "minimum": 1 }, { "maximum": 0 }] }); number] });
        assert!(is_narrow(&pairs(6)) && !is_narrow(&pairs(7)));
        assert!(is_narrow(&json!({ "anyOf": vec![json!({ "minimum": 1 }); 200] })));
        assert!(!is_narrow(&json!({ "properties": { "a": { "items": pairs(10) } } })));
        assert!(!is_narrow(
            &json!({ "$ref": "#/$defs/a", "$defs": { "a": pairs(3), "b": { "allOf": [pairs(4), { "$ref": "#/$defs/a" }] } } })
        ));
        assert!(!is_narrow(&json!({ "allOf": vec![json!({ "not": { "required": ["a", "b", "c"] } }); 5] })));
        assert!(!is_narrow(&json!({ "allOf": vec![json!({ "not": { "properties": { "a": {}, "b": {} } } }); 7] })));
        let names: Map<String, Json> = (0..7).map(|name| (name.to_string(), json!(["x"]))).collect();
        assert!(!is_narrow(&json!({ "items": { "dependentRequired": names } })));
        // Where they must not all hold they add up, but the other side of a comparison negates.
        assert!(
            is_narrow_as(&graph(&json!({ "not": pairs(100) })), Sign::Plain)
                && !is_narrow(&json!({ "not": pairs(100) }))
        );
        assert!(!is_narrow(
            &json!({ "not": { "anyOf": vec![json!({ "allOf": [{ "minimum": 1 }, { "maximum": 0 }] }); 10] } })
        ));
        assert!(!is_narrow(&json!({ "allOf": vec![json!({ "if": { "minimum": 1 }, "then": { "maximum": 2 } }); 10] })));
    }

    #[test]
    fn references_end() {
        let tree = json!({ "anyOf": [{ "type": "integer" }, { "items": { "$ref": "#" } }] });
        assert!(is_narrow(&tree));
        let each = |level: usize| json!({ "allOf": vec![json!({ "$ref": format!("#/$defs/{}", level + 1) }); 2] });
        let levels: Map<String, Json> = (0..40).map(|level| (level.to_string(), each(level))).collect();
        assert!(!is_narrow(&json!({ "$ref": "#/$defs/0", "$defs": levels })));
    }
}
