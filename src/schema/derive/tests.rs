//! The mapping table of `docs/schemas.md`, row by row: schema in, columns out.

use super::*;
use crate::json;

/// The columns of a schema in short: name, kind, `?` where it may lack a value, codes of what it
/// cannot hold; `-` before members without a column.
fn columns(schema: &str, extra: Extra) -> String {
    let schema = Graph::new(json::parse(schema.as_bytes()).unwrap().into_owned()).unwrap();
    let columns = match derive(&schema, extra) {
        Ok(columns) => columns,
        Err(fault) => return format!("{}: {}", fault.pointer, fault.message),
    };
    let omitted = columns.omitted().iter().map(|omitted| format!("-{}: {}", omitted.name, omitted.why));
    let told = columns.iter().map(|column| {
        let null = if column.nullable { "?" } else { "" };
        let codes: Vec<&str> = column.refuses.iter().map(|refusal| refusal.code.name()).collect();
        let codes = if codes.is_empty() { String::new() } else { format!(" !{}", codes.join(",")) };
        format!("{}: {}{null}{codes}", column.name, column.kind.describe())
    });
    told.chain(omitted).collect::<Vec<_>>().join("; ")
}

/// What becomes of a required member `a` of this schema.
#[track_caller]
fn check(subschema: &str, want: &str) {
    let schema = format!(
        r#"{{"type":"object","required":["a"],"properties":{{"a":{subschema}}},
        "$defs":{{"text":{{"type":"string"}},"node":{{"type":"object","properties":{{"name":{{"type":"string"}},
        "parts":{{"type":"array","items":{{"$ref":"{}"}}}}}}}}}}}}"#,
        "#/$defs/node"
    );
    let got = columns(&schema, Extra::Drop);
    assert_eq!(got.strip_prefix("a: ").unwrap_or(&got), want, "{subschema}");
}

/// The columns of a whole schema whose type is object.
#[track_caller]
fn check_members(members: &str, extra: Extra, want: &str) {
    assert_eq!(columns(&format!(r#"{{"type":"object",{members}}}"#), extra), want, "{members}");
}

const JSON: &str = "json !C-FLOAT-RANGE,C-FLOAT-PRECISION";
const ANY: &str = "json? !C-FLOAT-RANGE,C-FLOAT-PRECISION";
const DOUBLE: &str = "float64 !C-FLOAT-RANGE,C-FLOAT-PRECISION";
const INSTANT: &str = "timestamp[us, UTC] !C-TIME-PRECISION,C-TIME-RANGE,C-LEAP";

#[test]
fn texts() {
    check(r#"{"type":"string"}"#, "string");
    check(r#"{"type":"string","pattern":"^a","minLength":3}"#, "string");
    check(r#"{"type":"string","format":"date-time"}"#, INSTANT);
    check(r#"{"type":"string","format":"date"}"#, "date");
    for format in ["time", "duration", "uuid", "uri", "iri", "email", "hostname", "ipv4", "regex", "json-pointer"] {
        check(&format!(r#"{{"type":"string","format":"{format}"}}"#), "string");
    }
    check(r#"{"type":"string","contentEncoding":"base64"}"#, "string");
    check(r#"{"enum":["x","y"]}"#, "string");
    check(r#"{"const":"x"}"#, "string");
    check(r#"{"enum":["2024-12-13"],"type":"string","format":"date"}"#, "date");
}

#[test]
fn numbers_and_booleans() {
    check(r#"{"type":"boolean"}"#, "boolean");
    check(r#"{"const":true}"#, "boolean");
    check(r#"{"type":"integer"}"#, "int64 !C-INT-RANGE");
    check(r#"{"type":"integer","minimum":0}"#, "int64 !C-INT-RANGE");
    check(r#"{"type":"integer","minimum":-5,"maximum":5}"#, "int64");
    check(r#"{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807}"#, "int64");
    check(
        r#"{"type":"integer","exclusiveMinimum":-9223372036854775809,"exclusiveMaximum":9223372036854775808}"#,
        "int64",
    );
    check(r#"{"type":"integer","minimum":0,"maximum":18446744073709551615}"#, "uint64");
    check(r#"{"type":"integer","exclusiveMinimum":-1,"exclusiveMaximum":18446744073709551616}"#, "uint64");
    check(r#"{"type":"integer","minimum":0.5,"maximum":1e19}"#, "uint64");
    check(r#"{"type":"integer","minimum":0,"maximum":1e30}"#, "uint64 !C-INT-RANGE");
    check(r#"{"type":"integer","minimum":-1,"maximum":18446744073709551615}"#, "int64 !C-INT-RANGE");
    check(r#"{"type":"integer","maximum":1e400}"#, "int64 !C-INT-RANGE");
    check(r#"{"enum":[1,2.0,3]}"#, "int64");
    check(r#"{"enum":[0,18446744073709551615]}"#, "uint64");
    check(r#"{"enum":[1,2.5]}"#, DOUBLE);
    check(r#"{"const":7}"#, "int64");
    check(r#"{"type":"number"}"#, DOUBLE);
    check(r#"{"type":"number","multipleOf":0.01}"#, DOUBLE);
    check(r#"{"type":["integer","number"]}"#, DOUBLE);
}

#[test]
fn null_in_every_spelling() {
    check(r#"{"type":["string","null"]}"#, "string?");
    check(r#"{"oneOf":[{"type":"null"},{"type":"string"}]}"#, "string?");
    check(r#"{"anyOf":[{"type":"string"},{"const":null}]}"#, "string?");
    check(r#"{"enum":["x",null]}"#, "string?");
    check(r#"{"type":"string","enum":["x",null]}"#, "string");
    check(r#"{"allOf":[{"type":["string","null"]},{"type":["string","null","integer"]}]}"#, "string?");
    check_members(r#""properties":{"a":{"type":"string"}}"#, Extra::Drop, "a: string?");
    let nested = r#""required":["o"],"properties":{"o":{"type":["object","null"],"required":["a"],"properties":{"a":{"type":"string"}}}}"#;
    check_members(nested, Extra::Drop, "o: struct<a: string>?");
    check_members(
        r#""required":["b"],"properties":{"a":{"const":null},"b":{"type":"boolean"}}"#,
        Extra::Drop,
        "b: boolean; -a: it can only be null",
    );
}

#[test]
fn arrays() {
    check(r#"{"type":"array","items":{"type":"string"}}"#, "list<string>");
    check(r#"{"type":"array","items":{"type":["array","null"],"items":{"type":"boolean"}}}"#, "list<list<boolean>>");
    check(r#"{"type":"array"}"#, "list<json>");
    check(r#"{"type":"array","items":false}"#, "list<json>");
    check(r#"{"type":"array","minItems":2,"maxItems":2,"items":{"type":"number"}}"#, "list<float64>");
    check(r#"{"type":"array","prefixItems":[{"type":"number"},{"type":"integer"}]}"#, "list<json>");
    check(r#"{"type":"array","prefixItems":[{"type":"number"},{"type":"integer"}],"items":false}"#, "list<float64>");
    let pair = r#""type":"array","prefixItems":[{"type":"string"},{"type":["integer","null"]}]"#;
    check(&format!(r#"{{{pair},"items":false,"minItems":2}}"#), "struct<_0: string, _1: int64>");
    check(&format!(r#"{{{pair},"minItems":2,"maxItems":2}}"#), "struct<_0: string, _1: int64>");
    check(&format!(r#"{{{pair},"minItems":2,"unevaluatedItems":false}}"#), "struct<_0: string, _1: int64>");
    check(&format!(r#"{{{pair},"minItems":2,"contains":{{"type":"null"}},"unevaluatedItems":false}}"#), "list<json>");
    check(&format!(r#"{{{pair},"items":false}}"#), "list<json>");
    check(&format!("{{{pair}}}"), "list<json>");
    check(&format!(r#"{{{pair},"maxItems":1}}"#), "list<string>");
    check(r#"{"const":["x",1]}"#, "struct<_0: string, _1: int64>");
    check(r#"{"const":[]}"#, "list<json>");
}

#[test]
fn objects() {
    check(r#"{"type":"object","properties":{"b":{"type":"integer"}}}"#, "struct<b: int64>");
    check(r#"{"type":"object"}"#, JSON);
    check(r#"{"type":"object","properties":{}}"#, JSON);
    check(r#"{"type":"object","additionalProperties":false}"#, JSON);
    check(r#"{"type":"object","required":["b"]}"#, JSON);
    check(r#"{"const":{"b":1,"c":"x"}}"#, "struct<b: int64, c: string>");
    // Maps.
    check(r#"{"type":"object","additionalProperties":{"type":"integer"}}"#, "map<string, int64>");
    check(
        r#"{"type":"object","additionalProperties":{"type":["array","null"],"items":{"type":"string"}}}"#,
        "map<string, list<string>>",
    );
    check(r#"{"type":"object","additionalProperties":{"type":["string","integer"]}}"#, "map<string, json>");
    check(r#"{"type":"object","additionalProperties":true}"#, JSON);
    check(r#"{"type":"object","additionalProperties":{"description":"x"}}"#, JSON);
    check(r#"{"type":"object","unevaluatedProperties":{"type":"integer"}}"#, "map<string, int64>");
    let patterns = |patterns: &str| {
        format!(r#"{{"type":"object","patternProperties":{{{patterns}}},"additionalProperties":false}}"#)
    };
    check(&patterns(r#""^[a-z]{2}$":{"type":"string"}"#), "map<string, string>");
    check(&patterns(r#""^a":{"type":"string"},"^b":{"type":"string","format":"date"}"#), "map<string, string>");
    check(&patterns(r#""^a":{"type":"string"},"^b":{"type":"integer"}"#), "map<string, json>");
    check(r#"{"type":"object","patternProperties":{"^a":{"type":"string"}}}"#, JSON);
}

#[test]
fn undeclared_members() {
    let extra = "_extra: json? !C-FLOAT-RANGE,C-FLOAT-PRECISION,C-NO-COLUMN";
    let a = r#""properties":{"a":{"type":"boolean"}}"#;
    check_members(a, Extra::Keep, &format!("a: boolean?; {extra}"));
    check_members(a, Extra::Reject, "a: boolean?");
    check_members(&format!(r#"{a},"additionalProperties":false"#), Extra::Keep, "a: boolean?");
    check_members(&format!(r#"{a},"unevaluatedProperties":false"#), Extra::Keep, "a: boolean?");
    check_members(
        &format!(r#"{a},"additionalProperties":{{"type":"integer"}}"#),
        Extra::Keep,
        &format!("a: boolean?; {extra}"),
    );
    check_members(
        &format!(r#"{a},"patternProperties":{{"^x-":true}},"additionalProperties":false"#),
        Extra::Keep,
        &format!("a: boolean?; {extra}"),
    );
    // What an applied subschema has looked at is evaluated.
    let open = r#""allOf":[{"additionalProperties":true}],"unevaluatedProperties":false"#;
    check_members(&format!("{a},{open}"), Extra::Keep, &format!("a: boolean?; {extra}"));
    check_members(
        &format!(r#"{a},"anyOf":[{{"additionalProperties":true}},{{}}],"unevaluatedProperties":false"#),
        Extra::Keep,
        &format!("a: boolean?; {extra}"),
    );
    check_members(
        &format!(
            r#"{a},"allOf":[{{"properties":{{"b":{{"type":"integer","maximum":9,"minimum":0}}}}}}],"unevaluatedProperties":false"#
        ),
        Extra::Keep,
        "a: boolean?; b: int64?",
    );
    let level =
        r#""additionalProperties":false,"properties":{"o":{"type":"object","properties":{"a":{"type":"boolean"}}}}"#;
    check_members(level, Extra::Keep, "o: struct<a: boolean, _extra: json>?");
}

#[test]
fn alternatives() {
    check(r#"{"oneOf":[{"type":"string","format":"date"},{"type":"string","format":"date-time"}]}"#, "string");
    check(
        r#"{"anyOf":[{"type":"integer","maximum":9,"minimum":0},{"type":"integer","minimum":-7,"maximum":-5}]}"#,
        "int64",
    );
    check(r#"{"anyOf":[{"type":"integer"},{"type":"number"}]}"#, DOUBLE);
    check(r#"{"anyOf":[{"type":"string"},{"type":"boolean"}]}"#, JSON);
    check(r#"{"type":["string","boolean"]}"#, JSON);
    check(r#"{"enum":["x",1]}"#, JSON);
    check(r#"{"oneOf":[{"type":"string"},{"type":"object","properties":{"name":{"type":"string"}}}]}"#, JSON);
    check(r#"{"type":"string","anyOf":[{"minLength":3},{"pattern":"^a"}]}"#, "string");
    check(r#"{"type":"string","anyOf":[{"format":"date"},{"type":"integer"}]}"#, "date");
    check(r#"{"anyOf":[{"type":"array","items":{"type":"string"}},{"type":"array","maxItems":0}]}"#, "list<json>");
    check(r#"{"anyOf":[{"type":"array","items":{"type":"string"}},{"type":"array","items":false}]}"#, "list<string>");
    check(r#"{"type":"string","not":{"pattern":"x"}}"#, "string");
}

#[test]
fn alternatives_of_objects() {
    let one = r#"{"type":"object","required":["kind","x"],"properties":{"kind":{"const":"a"},"x":{"type":"integer"},"z":{"type":"string"}},"additionalProperties":false}"#;
    let two = r#"{"type":"object","required":["kind"],"properties":{"kind":{"const":"b"},"y":{"type":"boolean"},"z":{"type":"integer"}},"additionalProperties":false}"#;
    // Members that differ are JSON, not the whole object; those of one alternative may be missing.
    check(&format!(r#"{{"oneOf":[{one},{two}]}}"#), "struct<kind: string, x: int64, z: json, y: boolean>");
    check_members(
        r#""oneOf":[{"required":["a"]},{"required":["b"]}],"properties":{"a":{"type":"string"},"b":{"type":"string"}}"#,
        Extra::Drop,
        "a: string?; b: string?",
    );
    // An open alternative may hold anything under the names of another.
    let open = r#""oneOf":[{"properties":{"a":{"type":"boolean"}},"required":["a","k"]},{"properties":{"b":{"type":"date"}}}]"#.replace("date", "string");
    check_members(
        &format!(r#"{open},"properties":{{"k":{{"type":"string"}}}}"#),
        Extra::Drop,
        "k: string?; a: boolean? !C-NO-COLUMN; b: string? !C-NO-COLUMN",
    );
}

#[test]
fn what_must_hold_together() {
    check(r#"{"allOf":[{"type":["string","integer"]},{"type":["string","boolean"]}]}"#, "string");
    check(r#"{"allOf":[{"type":"integer","minimum":0},{"maximum":18446744073709551615}]}"#, "uint64");
    check(
        r#"{"type":"object","allOf":[{"properties":{"b":{"type":"string"}}},{"properties":{"c":{"type":"boolean"},"b":{"format":"date"}}}]}"#,
        "struct<b: date, c: boolean>",
    );
    check(
        r#"{"allOf":[{"type":"string"},{"type":"integer"}]}"#,
        "/properties/a: the rules for `a` contradict each other: no value can match them all",
    );
    check(
        r#"{"type":"string","format":"date","allOf":[{"format":"date-time"}]}"#,
        "/properties/a: the rules for `a` contradict each other: no value can match them all",
    );
    check("false", "/properties/a: `a` is required, and no value is allowed there, so no article can match");
    check_members(
        r#""properties":{"a":false,"b":{"type":"boolean"}}"#,
        Extra::Drop,
        "b: boolean?; -a: the schema allows nothing here",
    );
    let closed = r#""allOf":[{"properties":{"a":{"type":"boolean"}},"additionalProperties":false},{"properties":{"b":{"type":"boolean"}}}]"#;
    check_members(closed, Extra::Keep, "a: boolean?; -b: another part of the schema allows no such member");
}

#[test]
fn conditions() {
    let schema = r#""properties":{"k":{"type":"string"}},"if":{"properties":{"k":{"const":"a"}}},"then":{"properties":{"x":{"type":"boolean"}}},"else":{"properties":{"y":{"type":"string"}}}"#;
    check_members(schema, Extra::Drop, "k: string?; x: boolean? !C-NO-COLUMN; y: string? !C-NO-COLUMN");
    let schema =
        r#""properties":{"k":{"type":"string"}},"dependentSchemas":{"k":{"properties":{"x":{"type":"boolean"}}}}"#;
    check_members(schema, Extra::Drop, "k: string?; x: boolean? !C-NO-COLUMN");
    let schema = r#""properties":{"k":{"type":"string"}},"not":{"required":["k"]}"#;
    check_members(schema, Extra::Drop, "k: string?");
}

#[test]
fn anything() {
    check("true", ANY);
    check("{}", ANY);
    check(r#"{"description":"anything"}"#, ANY);
    check(r#"{"properties":{"b":true}}"#, ANY);
    check(r##"{"$dynamicRef":"#text"}"##, ANY);
}

#[test]
fn references() {
    check(r##"{"$ref":"#/$defs/text"}"##, "string");
    check(r##"{"$ref":"#/$defs/text","format":"date"}"##, "date");
    check(r##"{"$ref":"#/$defs/node"}"##, "struct<name: string, parts: list<json>>");
    check(r##"{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}"##, "struct<name: string, parts: list<json>>?");
    check(r##"{"type":"array","items":{"$ref":"#"}}"##, "list<json>");
    check(r##"{"$ref":"#/properties/a"}"##, ANY);
    let embedded = r##""properties":{"a":{"$ref":"#/$defs/d"}},"$defs":{"d":{"$id":"urn:d","type":"boolean"}}"##;
    check_members(embedded, Extra::Drop, "a: json? !C-FLOAT-RANGE,C-FLOAT-PRECISION");
}

#[test]
fn values_that_lie_deep() {
    let nested =
        (0..20).fold(r#"{"type":"boolean"}"#.to_owned(), |inner, _| format!(r#"{{"type":"array","items":{inner}}}"#));
    check(&nested, &format!("{}json{}", "list<".repeat(16), ">".repeat(16)));
}

#[test]
fn schemas_that_unfold_without_end() {
    let mut defs = r#""d0":{"type":"string"}"#.to_owned();
    for level in 1..14 {
        let below = format!(r##"{{"$ref":"#/$defs/d{}"}}"##, level - 1);
        defs += &format!(r#","d{level}":{{"type":"object","properties":{{"a":{below},"b":{below},"c":{below}}}}}"#);
    }
    let schema = format!(r##"{{"$ref":"#/$defs/d13","$defs":{{{defs}}}}}"##);
    assert!(columns(&schema, Extra::Drop).ends_with("the schema unfolds into more than 20000 subschemas"));
    let many: Vec<String> = (0..400).map(|name| format!(r#""m{name}":{{"type":"string"}}"#)).collect();
    let branch = format!(r#"{{"properties":{{{}}}}}"#, many.join(","));
    let schema = format!(r#"{{"type":"object","oneOf":[{}]}}"#, vec![branch; 40].join(","));
    assert!(columns(&schema, Extra::Drop).starts_with("m0: string?"));
    let wide: Vec<String> = (0..5000).map(|name| format!(r#""m{name}":true"#)).collect();
    let branch = format!(r#"{{"properties":{{{}}}}}"#, wide.join(","));
    let schema = format!(r#"{{"type":"object","anyOf":[{branch},{branch}]}}"#);
    assert!(columns(&schema, Extra::Drop).ends_with("too many and too large to be brought together"));
}

#[test]
fn names_that_clash() {
    let check =
        |properties: &str, want: &str| check_members(&format!(r#""properties":{properties}"#), Extra::Keep, want);
    check(r#"{"a":true,"A":true}"#, "/properties/A: the columns `a` and `A` differ in case only");
    check(r#"{"\u00e9":true,"\u00c9":true}"#, "/properties/É: the columns `é` and `É` differ in case only");
    check(r#"{"":true}"#, "/properties/: a column needs a name");
    check(r#"{"_Extra":true}"#, "/properties/_Extra: the column name `_extra` is reserved for undeclared members");
    check(r#"{"_0":true}"#, "/properties/_0: the column name `_0` is reserved for the entries of arrays");
    check(r#"{"a\nb":true}"#, "/properties/a\nb: the column name `a\\u{a}b` contains a control character");
    check(
        r#"{"Record_SHA256":true}"#,
        "/properties/Record_SHA256: the column name `record_sha256` is reserved for the record hash",
    );
    let nested = r#"{"o":{"type":"object","properties":{"a/b":{"type":"array","items":{"type":"object","properties":{"x":true,"X":true}}}}}}"#;
    check(nested, "/properties/o/properties/a~1b/items/properties/X: the columns `x` and `X` differ in case only");
    // At another level than the records' the hash has no column.
    check_members(
        r#""properties":{"o":{"type":"object","properties":{"record_sha256":{"type":"string"}}}}"#,
        Extra::Drop,
        "o: struct<record_sha256: string>?",
    );
}

#[test]
fn schemas_without_columns() {
    assert_eq!(columns(r#"{"type":"string"}"#, Extra::Keep), ": does not describe an object");
    for schema in [
        "true",
        "{}",
        r#"{"type":"object"}"#,
        r#"{"properties":{"a":true}}"#,
        r#"{"type":["object","array"],"properties":{"a":true}}"#,
    ] {
        let want = ": articles are objects: the schema needs \"type\": \"object\" and \"properties\"";
        assert_eq!(columns(schema, Extra::Keep), want, "{schema}");
    }
    let want = ": no declared member can hold a value, so there are no columns";
    assert_eq!(columns(r#"{"type":"object","properties":{"a":false}}"#, Extra::Keep), want);
}
