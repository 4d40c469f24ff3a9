//! Whether a schema is so small that the algebra of schemas comes to an end with it.
//!
//! To compare two schemas their choices are multiplied out: ten pairs of alternatives that must all
//! hold are a thousand cases. How many there would be is estimated here, before anything is
//! multiplied; what the cases say is not looked at.

use serde_json::{Map, Value as Json};

/// How many values a schema may consist of.
const PARTS: usize = 2048;
/// How many cases there may be at one place, and how many of them may come of others by multiplying.
const CASES: u64 = 256;
const MULTIPLIED: u64 = 64;
/// How many regular expressions it may have: each is held against each other.
const PATTERNS: usize = 32;
/// How many subschemas are looked at, each as often as it is referred to.
const STEPS: usize = 10_000;

/// Whether a proof about this schema ends soon.
pub(super) fn is_narrow(schema: &Json) -> bool {
    // A comparison asks for what one accepts and the other does not.
    parts(schema) <= PARTS
        && patterns(schema) <= PATTERNS
        && [Sign::Plain, Sign::Negated].into_iter().all(|sign| is_narrow_as(schema, sign))
}

fn patterns(value: &Json) -> usize {
    match value {
        Json::Array(values) => values.iter().map(patterns).sum(),
        Json::Object(members) => {
            usize::from(members.contains_key("pattern")) + members.values().map(patterns).sum::<usize>()
        }
        _ => 0,
    }
}

fn is_narrow_as(schema: &Json, sign: Sign) -> bool {
    let mut width = Width { root: schema, steps: STEPS, most: 0, multiplied: 0, open: Vec::new() };
    let cases = width.of(schema, sign).max(width.most);
    cases <= CASES && width.multiplied <= MULTIPLIED && width.steps > 0
}

fn parts(value: &Json) -> usize {
    match value {
        Json::Array(values) => 1 + values.iter().map(parts).sum::<usize>(),
        Json::Object(members) => 1 + members.values().map(parts).sum::<usize>(),
        _ => 1,
    }
}

/// Whether a subschema is to hold or not to hold.
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

    /// The cases of entries that all hold, or of which one does not.
    fn some(self, of: &Json) -> u64 {
        match self {
            Self::Plain => 1,
            Self::Negated => entries(of).max(1),
        }
    }
}

fn entries(value: &Json) -> u64 {
    match value {
        Json::Array(values) => values.len() as u64,
        // Nothing breaks what lets everything pass.
        Json::Object(members) => members.values().filter(|value| **value != Json::Bool(true)).count() as u64,
        _ => 1,
    }
}

struct Width<'j> {
    root: &'j Json,
    steps: usize,
    /// The most cases at a place below, and the most anywhere that came of others by multiplying.
    most: u64,
    multiplied: u64,
    /// The references that are being followed.
    open: Vec<&'j str>,
}

impl<'j> Width<'j> {
    /// How many cases a subschema has where it stands.
    fn of(&mut self, schema: &'j Json, sign: Sign) -> u64 {
        self.steps = self.steps.saturating_sub(1);
        let Some(keywords) = schema.as_object().filter(|_| self.steps > 0) else { return 1 };
        let cases: Vec<u64> =
            keywords.iter().map(|(keyword, value)| self.keyword(keywords, keyword, value, sign)).collect();
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

    fn keyword(&mut self, beside: &'j Map<String, Json>, keyword: &str, value: &'j Json, sign: Sign) -> u64 {
        match (keyword, value) {
            ("allOf", Json::Array(schemas)) => {
                let cases = self.each(schemas, sign);
                self.all(&cases, sign)
            }
            ("anyOf", Json::Array(schemas)) => {
                let cases = self.each(schemas, sign);
                self.all(&cases, sign.other())
            }
            // One holds and each other does not.
            ("oneOf", Json::Array(schemas)) => {
                let cases = self.each(schemas, sign);
                self.all(&cases, sign.other()).saturating_mul(schemas.len() as u64)
            }
            ("not", schema) => self.of(schema, sign.other()),
            ("if", schema) => {
                let [held, failed] = [Sign::Plain, Sign::Negated].map(|sign| self.of(schema, sign));
                let [then, other] =
                    ["then", "else"].map(|keyword| beside.get(keyword).map_or(1, |schema| self.of(schema, sign)));
                held.saturating_mul(then).saturating_add(failed.saturating_mul(other))
            }
            ("dependentSchemas", Json::Object(schemas)) => {
                let cases: Vec<u64> = schemas.values().map(|schema| self.of(schema, sign).saturating_add(1)).collect();
                self.all(&cases, sign)
            }
            ("dependentRequired", Json::Object(names)) => match sign {
                Sign::Plain => self.either(names.len()),
                Sign::Negated => names.values().map(entries).fold(0, u64::saturating_add),
            },
            // A name may fit any of them.
            ("patternProperties", Json::Object(schemas)) => {
                self.below(schemas.values(), sign);
                self.either(schemas.len())
            }
            ("$ref" | "$dynamicRef", Json::String(target)) => self.reference(target, sign),
            ("$defs", Json::Object(schemas)) => {
                self.below(schemas.values(), sign);
                1
            }
            ("properties", Json::Object(schemas)) => {
                self.below(schemas.values(), sign);
                sign.some(value)
            }
            ("prefixItems", Json::Array(schemas)) => {
                self.below(schemas.iter(), sign);
                sign.some(value)
            }
            ("required", _) => sign.some(value),
            (
                "items"
                | "contains"
                | "propertyNames"
                | "additionalProperties"
                | "unevaluatedProperties"
                | "unevaluatedItems",
                schema,
            ) => {
                self.below(std::iter::once(schema), sign);
                1
            }
            _ => 1,
        }
    }

    /// The cases of so many choices between two.
    fn either(&mut self, choices: usize) -> u64 {
        self.all(&vec![2; choices], Sign::Plain)
    }

    fn each(&mut self, schemas: &'j [Json], sign: Sign) -> Vec<u64> {
        schemas.iter().map(|schema| self.of(schema, sign)).collect()
    }

    /// Subschemas of other values, whose cases are not multiplied with those here.
    fn below(&mut self, schemas: impl Iterator<Item = &'j Json>, sign: Sign) {
        for schema in schemas {
            let cases = self.of(schema, sign);
            self.most = self.most.max(cases);
        }
    }

    fn reference(&mut self, target: &'j str, sign: Sign) -> u64 {
        let found = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
        let Some(schema) = found.filter(|_| !self.open.contains(&target)) else { return 1 };
        self.open.push(target);
        let cases = self.of(schema, sign);
        self.open.pop();
        cases
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        assert!(is_narrow_as(&json!({ "not": pairs(100) }), Sign::Plain) && !is_narrow(&json!({ "not": pairs(100) })));
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
