//! From a JSON Schema to its columns: a pure function of the schema and the `extra` policy.
//!
//! Each subschema is classified by what it admits, never by what data looks like. Where a
//! subschema admits values of several kinds, or of a kind with no column of its own, the column
//! holds JSON text: nothing that the schema accepts is squeezed into a narrower type.

use super::columns::{Column, Columns, EXTRA, Extra, Kind, RECORD_SHA256, Role, SHORT};
use super::vocabulary::SchemaFault;
use crate::code::Code;
use crate::json::{self, Object, Value};

/// How deep subschemas are followed before a level becomes a JSON column. It only stops
/// schemas that refer to themselves and absurd ones.
const MAX_DEPTH: usize = 16;

/// The columns of a record under `schema`.
pub(super) fn derive(schema: &Value<'_>, extra: Extra) -> Result<Columns, SchemaFault> {
    let deriver = Deriver { root: schema, extra, embeds: embeds(schema, true) };
    let Some((object, pointer)) = deriver.resolve(schema, String::new()) else {
        return Err(SchemaFault::new(Code::SchemaColumns, "", "does not describe an object"));
    };
    if types(object).is_some_and(|types| !types.contains(&"object")) || object.get("properties").is_none() {
        let message = "articles are objects: the schema needs \"type\": \"object\" and \"properties\"";
        return Err(SchemaFault::new(Code::SchemaColumns, pointer, message));
    }
    let columns = deriver.members(object, &pointer, 0)?;
    // Readers such as DuckDB do not tell the case of names.
    match columns.iter().find(|column| column.name.eq_ignore_ascii_case(RECORD_SHA256)) {
        Some(column) => {
            let message = format!("the column name `{RECORD_SHA256}` is reserved for the record hash");
            Err(SchemaFault::new(Code::SchemaColumns, &column.pointer, message))
        }
        None => Ok(columns),
    }
}

struct Deriver<'s> {
    root: &'s Value<'s>,
    extra: Extra,
    embeds: bool,
}

impl<'s> Deriver<'s> {
    /// The columns of an object's members: the declared ones, then `_extra` if members that are
    /// not declared may come and are kept.
    fn members(&self, object: &'s Object<'s>, pointer: &str, depth: usize) -> Result<Columns, SchemaFault> {
        let required = required(object);
        let mut columns: Vec<Column> = Vec::new();
        for (name, subschema) in object.get("properties").and_then(Value::as_object).into_iter().flat_map(Object::iter)
        {
            let pointer = format!("{pointer}/properties/{}", escape_pointer(name));
            check_name(name, &columns, &pointer)?;
            let (kind, null) = self.kind(subschema, &pointer, depth + 1)?;
            let nullable = null || !required.contains(&name);
            let short = self.short(subschema);
            columns.push(Column { name: name.to_owned(), kind, nullable, short, pointer, role: Role::Declared });
        }
        let closed = matches!(object.get("additionalProperties"), Some(Value::Bool(false)));
        let open = !closed || object.get("patternProperties").is_some();
        if open && self.extra == Extra::Keep {
            columns.push(Column {
                name: EXTRA.into(),
                kind: Kind::Json,
                nullable: true,
                short: false,
                pointer: pointer.to_owned(),
                role: Role::Extra,
            });
        }
        Ok(Columns::new(columns))
    }

    /// The kind of a subschema's values, and whether null is among them.
    fn kind(&self, schema: &'s Value<'s>, pointer: &str, depth: usize) -> Result<(Kind, bool), SchemaFault> {
        let Some((object, pointer)) = self.resolve(schema, pointer.to_owned()) else { return Ok((Kind::Json, true)) };
        let Some(mut types) = types(object) else { return Ok((Kind::Json, true)) };
        let null = types.contains(&"null");
        types.retain(|name| *name != "null");
        let kind = match types.as_slice() {
            _ if depth > MAX_DEPTH => Kind::Json,
            ["boolean"] => Kind::Boolean,
            ["integer"] => integer(object),
            ["number"] => Kind::Float64,
            ["string"] => string(object),
            ["array"] => self.list(object, &pointer, depth)?,
            ["object"] if object.get("properties").is_some_and(|members| !is_empty_object(members)) => {
                Kind::Struct(self.members(object, &pointer, depth)?)
            }
            _ => Kind::Json,
        };
        Ok((kind, null))
    }

    fn list(&self, object: &'s Object<'s>, pointer: &str, depth: usize) -> Result<Kind, SchemaFault> {
        let pointer = format!("{pointer}/items");
        let items = object.get("items").filter(|_| object.get("prefixItems").is_none());
        let (kind, nullable) = match items {
            Some(items) => self.kind(items, &pointer, depth + 1)?,
            None => (Kind::Json, true),
        };
        let (name, short) = ("element".into(), items.is_some_and(|items| self.short(items)));
        Ok(Kind::List(Box::new(Column { name, kind, nullable, short, pointer, role: Role::Declared })))
    }

    /// Whether the texts that a subschema admits are bounded to [`SHORT`] characters.
    fn short(&self, schema: &'s Value<'s>) -> bool {
        let Some((object, _)) = self.resolve(schema, String::new()) else { return false };
        let bound = object.get("maxLength").and_then(Value::as_number).and_then(json::Number::as_u64);
        bound.is_some_and(|bound| bound <= SHORT) || enumerated(object).is_some()
    }

    /// Follows `$ref`s within the schema file. `None` where the subschema is no object, where a
    /// reference stands beside rules or leads elsewhere: such a place holds JSON.
    fn resolve(&self, schema: &'s Value<'s>, mut pointer: String) -> Option<(&'s Object<'s>, String)> {
        let mut schema = schema;
        for _ in 0..MAX_DEPTH {
            let object = schema.as_object()?;
            let Some(reference) = object.get("$ref") else { return Some((object, pointer)) };
            if self.embeds || object.iter().any(|(name, _)| name != "$ref" && !SILENT.contains(&name)) {
                return None;
            }
            reference.as_str()?.strip_prefix('#')?.clone_into(&mut pointer);
            schema = self.root.pointer(&pointer)?;
        }
        None
    }
}

/// Keywords that a reference may stand beside, since they make no rule.
const SILENT: &[&str] = &[
    "$schema",
    "$id",
    "$defs",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];

/// Whether schemas with an identity of their own are embedded, within which `#` means another
/// place.
fn embeds(schema: &Value<'_>, root: bool) -> bool {
    match schema {
        Value::Object(members) => {
            (!root && members.get("$id").is_some_and(|id| id.as_str().is_some()))
                || members.iter().any(|(_, value)| embeds(value, false))
        }
        Value::Array(values) => values.iter().any(|value| embeds(value, false)),
        _ => false,
    }
}

/// The names in `type`, or `None` where the keyword is missing or something else decides too.
fn types<'s>(object: &'s Object<'s>) -> Option<Vec<&'s str>> {
    if ["oneOf", "anyOf", "allOf", "enum", "const", "$dynamicRef"].iter().any(|name| object.get(name).is_some()) {
        return enumerated(object);
    }
    match object.get("type")? {
        Value::String(name) => Some(vec![name.as_ref()]),
        Value::Array(names) => names.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// The types of an `enum` or `const` of strings, which is an ordinary string column.
fn enumerated<'s>(object: &'s Object<'s>) -> Option<Vec<&'s str>> {
    let values = match (object.get("enum"), object.get("const")) {
        (Some(Value::Array(values)), None) => values.as_slice(),
        (None, Some(value)) => std::slice::from_ref(value),
        _ => return None,
    };
    let type_of = |value: &Value<'_>| match value {
        Value::String(_) => Some("string"),
        Value::Null => Some("null"),
        _ => None,
    };
    let mut types: Vec<&str> = values.iter().map(type_of).collect::<Option<_>>()?;
    types.sort_unstable();
    types.dedup();
    Some(types)
}

fn required<'s>(object: &'s Object<'s>) -> Vec<&'s str> {
    match object.get("required") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn string(object: &Object<'_>) -> Kind {
    match object.get("format").and_then(Value::as_str) {
        Some("date-time") => Kind::Timestamp,
        Some("date") => Kind::Date,
        _ => Kind::String,
    }
}

/// Signed, unless negative numbers are excluded and large ones are explicitly let in.
fn integer(object: &Object<'_>) -> Kind {
    let bound = |name| object.get(name).and_then(Value::as_number);
    let not_negative = bound("minimum").is_some_and(|minimum| minimum.as_u64().is_some());
    let large = bound("maximum").is_some_and(|maximum| maximum.as_i64().is_none() && maximum.as_u64().is_some());
    if not_negative && large { Kind::UInt64 } else { Kind::Int64 }
}

fn is_empty_object(value: &Value<'_>) -> bool {
    value.as_object().is_some_and(Object::is_empty)
}

fn check_name(name: &str, before: &[Column], pointer: &str) -> Result<(), SchemaFault> {
    let message = if name.is_empty() {
        "a column needs a name".to_owned()
    } else if name.eq_ignore_ascii_case(EXTRA) {
        format!("the column name `{EXTRA}` is reserved for undeclared members")
    } else if let Some(other) = before.iter().find(|column| column.name.to_lowercase() == name.to_lowercase()) {
        format!("the columns `{}` and `{}` differ in case only", other.name.escape_debug(), name.escape_debug())
    } else {
        return Ok(());
    };
    Err(SchemaFault::new(Code::SchemaColumns, pointer, message))
}

/// One reference token of a JSON Pointer (RFC 6901 section 3).
pub(crate) fn escape_pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(properties: &str, want: &str) {
        let schema = format!(r#"{{"type":"object","required":["r"],"properties":{properties}}}"#);
        let schema = json::parse(schema.as_bytes()).unwrap();
        let got = match derive(&schema, Extra::Drop) {
            Ok(columns) => columns
                .iter()
                .map(|column| {
                    let null = if column.nullable { "?" } else { "" };
                    format!("{}: {}{null}", column.name, column.kind.describe())
                })
                .collect::<Vec<_>>()
                .join("; "),
            Err(error) => format!("{}: {}", error.pointer, error.message),
        };
        assert_eq!(got, want);
    }

    #[test]
    fn kinds() {
        check(r#"{"r":{"type":"string"}}"#, "r: string");
        check(r#"{"r":{"type":["string","null"]}}"#, "r: string?");
        check(r#"{"a":{"type":"string"}}"#, "a: string?");
        check(r#"{"a":{"type":"string","format":"date-time"}}"#, "a: timestamp[us, UTC]?");
        check(r#"{"a":{"type":"string","format":"date"}}"#, "a: date?");
        check(r#"{"a":{"type":"boolean"}}"#, "a: boolean?");
        check(r#"{"a":{"type":"integer","minimum":0}}"#, "a: int64?");
        check(r#"{"a":{"type":"integer","minimum":0,"maximum":18446744073709551615}}"#, "a: uint64?");
        check(r#"{"a":{"type":"number"}}"#, "a: float64?");
        check(r#"{"a":{"type":["integer","number"]}}"#, "a: json?");
        check(r#"{"a":{"type":"array","items":{"type":"string"}}}"#, "a: list<string>?");
        check(r#"{"a":{"type":"array"}}"#, "a: list<json>?");
        check(r#"{"a":{"enum":["x","y"]}}"#, "a: string?");
        check(r#"{"r":{"enum":["x",null]}}"#, "r: string?");
        check(r#"{"a":{"enum":["x",1]}}"#, "a: json?");
        check(r#"{"a":true}"#, "a: json?");
        check(r#"{"a":{"type":"object"}}"#, "a: json?");
        check(r#"{"a":{"type":"object","properties":{"b":{"type":"integer"}}}}"#, "a: struct<b: int64>?");
    }

    #[test]
    fn names_that_clash() {
        check(r#"{"a":true,"A":true}"#, "/properties/A: the columns `a` and `A` differ in case only");
        check(r#"{"":true}"#, "/properties/: a column needs a name");
        check(r#"{"_extra":true}"#, "/properties/_extra: the column name `_extra` is reserved for undeclared members");
        check(
            r#"{"record_sha256":true}"#,
            "/properties/record_sha256: the column name `record_sha256` is reserved for the record hash",
        );
    }

    #[test]
    fn references_within_the_file() {
        let schema = r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/d"}},"$defs":{"d":{"type":"boolean"}}}"##;
        let schema = json::parse(schema.as_bytes()).unwrap();
        let columns = derive(&schema, Extra::Keep).unwrap();
        assert_eq!(columns.at(0).kind, Kind::Boolean);
        assert_eq!((columns.at(1).name.as_str(), columns.at(1).role), ("_extra", Role::Extra));
    }
}
