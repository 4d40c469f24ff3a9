//! Every keyword of JSON Schema 2020-12 that says something about a value, with values that fit and
//! values that do not. Cases of our own, for the kinds that the JSON-Schema-Test-Suite covers.

use pressmark::json::{self, Value};
use pressmark::schema::{Extra, Schema};
use serde_json::json;

/// The schema of the member `v`, values that are valid, and values that are not.
type Case = (&'static str, &'static [&'static str], &'static [&'static str]);

const TYPES: &[Case] = &[
    ("true", &["1", "null", "{}"], &[]),
    ("false", &[], &["1", "null", "{}"]),
    ("{}", &["1", "[]"], &[]),
    (r#"{"type":"null"}"#, &["null"], &["false", "0", r#""""#]),
    (r#"{"type":"boolean"}"#, &["true", "false"], &["0", r#""true""#, "null"]),
    (r#"{"type":"integer"}"#, &["0", "-3", "4.0", "1e3"], &["0.5", r#""1""#, "null"]),
    (r#"{"type":"number"}"#, &["0", "0.5", "-1e-3"], &[r#""1""#, "true"]),
    (r#"{"type":"string"}"#, &[r#""""#, r#""1""#], &["1", "null", "[]"]),
    (r#"{"type":"array"}"#, &["[]", "[1]"], &["{}", r#""[]""#]),
    (r#"{"type":"object"}"#, &["{}"], &["[]", "null"]),
    (r#"{"type":["string","null"]}"#, &[r#""a""#, "null"], &["1", "[]"]),
    (
        r#"{"enum":[1,"a",null,[1],{"a":1}]}"#,
        &["1", "1.0", r#""a""#, "null", "[1]", r#"{"a":1.0}"#],
        &["2", r#""b""#, "[]", "[1,1]", r#"{"a":1,"b":1}"#, "false"],
    ),
    (r#"{"enum":[0,false]}"#, &["0", "-0.0", "false"], &["null", "1", r#""""#]),
    (r#"{"const":{"a":[1]}}"#, &[r#"{"a":[1]}"#, r#"{"a":[1e0]}"#], &[r#"{"a":1}"#, "{}", "1"]),
    (r#"{"const":null}"#, &["null"], &["0", "false"]),
];

const NUMBERS: &[Case] = &[
    (r#"{"minimum":1.5}"#, &["1.5", "2", r#""a""#], &["1.4999", "-2"]),
    (r#"{"exclusiveMinimum":1.5}"#, &["1.6"], &["1.5", "1"]),
    (r#"{"maximum":3}"#, &["3", "3.0", "-9"], &["3.01", "4"]),
    (r#"{"exclusiveMaximum":3}"#, &["2.99"], &["3", "3.0"]),
    (r#"{"multipleOf":0.01}"#, &["0", "4.35", "-0.01", "null"], &["0.005"]),
    (r#"{"multipleOf":3}"#, &["9", "9.0", "-3"], &["10", "9.5"]),
    (r#"{"maximum":18446744073709551615}"#, &["18446744073709551615"], &["18446744073709551616"]),
];

const TEXTS: &[Case] = &[
    (r#"{"minLength":2}"#, &[r#""ab""#, r#""éé""#, "1"], &[r#""a""#, r#""😀""#, r#""""#]),
    (r#"{"maxLength":2}"#, &[r#""""#, r#""😀😀""#, "123"], &[r#""abc""#]),
    (r#"{"minLength":2.0}"#, &[r#""ab""#], &[r#""a""#]),
    (r#"{"pattern":"^a.c$"}"#, &[r#""abc""#, "5"], &[r#""ac""#, r#""a\nc""#, r#""abc\n""#]),
    (r#"{"pattern":"b"}"#, &[r#""abc""#], &[r#""ac""#]),
    (
        r#"{"contentEncoding":"base64","contentMediaType":"application/json","contentSchema":{"type":"object"}}"#,
        &[r#""e30=""#],
        &[],
    ),
];

const ARRAYS: &[Case] = &[
    (r#"{"items":{"type":"integer"}}"#, &["[]", "[1,2]", "{}"], &[r#"[1,"a"]"#]),
    (r#"{"items":false}"#, &["[]"], &["[1]"]),
    (
        r#"{"prefixItems":[{"type":"integer"},{"type":"string"}]}"#,
        &["[]", "[1]", r#"[1,"a",null]"#],
        &[r#"["a"]"#, "[1,2]"],
    ),
    (r#"{"prefixItems":[true],"items":{"type":"string"}}"#, &["[1]", r#"[1,"a"]"#], &["[1,2]"]),
    (r#"{"minItems":1}"#, &["[1]", "{}"], &["[]"]),
    (r#"{"maxItems":1}"#, &["[]", "[1]"], &["[1,2]"]),
    (
        r#"{"uniqueItems":true}"#,
        &["[]", r#"[1,"1",true]"#, r#"[{"a":1},{"a":2}]"#, "[[1],[[1]]]"],
        &["[1,1.0]", r#"[{"a":1,"b":2},{"b":2,"a":1}]"#, "[null,null]"],
    ),
    (r#"{"uniqueItems":false}"#, &["[1,1]"], &[]),
    (r#"{"contains":{"const":1}}"#, &["[1]", "[2,1]", "{}"], &["[]", "[2]"]),
    (r#"{"contains":{"const":1},"minContains":2}"#, &["[1,1]", "[1,2,1]"], &["[1]", "[]"]),
    (r#"{"contains":{"const":1},"minContains":0}"#, &["[]", "[2]"], &[]),
    (r#"{"contains":{"const":1},"maxContains":1}"#, &["[1]", "[1,2]"], &["[]", "[1,1]"]),
    (r#"{"contains":{"const":1},"minContains":1,"maxContains":2}"#, &["[1]", "[1,1,3]"], &["[2]", "[1,1,1]"]),
    (r#"{"minContains":3,"maxContains":0}"#, &["[]", "[1]"], &[]),
    (r#"{"prefixItems":[true],"unevaluatedItems":false}"#, &["[]", "[1]"], &["[1,2]"]),
    (r#"{"unevaluatedItems":{"type":"string"}}"#, &[r#"["a"]"#, "[]"], &["[1]"]),
    (
        r#"{"allOf":[{"prefixItems":[true,true]}],"prefixItems":[true],"unevaluatedItems":false}"#,
        &["[1,2]"],
        &["[1,2,3]"],
    ),
    (
        r#"{"anyOf":[{"prefixItems":[{"const":1},true]},{"prefixItems":[true]}],"unevaluatedItems":false}"#,
        &["[1,2]", "[3]"],
        &["[3,4]", "[1,2,3]"],
    ),
    (r#"{"contains":{"type":"string"},"unevaluatedItems":false}"#, &[r#"["a","b"]"#], &[r#"["a",1]"#]),
    (
        r#"{"if":{"prefixItems":[{"const":1}]},"then":{"prefixItems":[true,true]},"unevaluatedItems":false}"#,
        &["[1,2]"],
        &["[2]", "[1,2,3]"],
    ),
];

const OBJECTS: &[Case] = &[
    (
        r#"{"properties":{"a":{"type":"integer"},"b":false}}"#,
        &["{}", r#"{"a":1}"#, r#"{"c":1}"#, "[]"],
        &[r#"{"a":"x"}"#, r#"{"b":1}"#],
    ),
    (r#"{"required":["a","b"]}"#, &[r#"{"a":null,"b":1}"#, "1"], &[r#"{"a":1}"#, "{}"]),
    (r#"{"required":[]}"#, &["{}"], &[]),
    (
        r#"{"patternProperties":{"^x-":{"type":"integer"},"y$":{"maximum":3}}}"#,
        &[r#"{"x-a":1}"#, r#"{"a":"b"}"#, r#"{"x-y":3}"#],
        &[r#"{"x-a":"b"}"#, r#"{"x-y":4}"#],
    ),
    (
        r#"{"properties":{"a":true},"patternProperties":{"^b":true},"additionalProperties":false}"#,
        &[r#"{"a":1,"bc":2}"#],
        &[r#"{"c":1}"#],
    ),
    (r#"{"additionalProperties":{"type":"boolean"}}"#, &[r#"{"a":true}"#], &[r#"{"a":1}"#]),
    (r#"{"propertyNames":{"maxLength":2}}"#, &[r#"{"ab":1}"#, "{}"], &[r#"{"abc":1}"#]),
    (r#"{"propertyNames":false}"#, &["{}"], &[r#"{"a":1}"#]),
    (r#"{"minProperties":1}"#, &[r#"{"a":1}"#, "[]"], &["{}"]),
    (r#"{"maxProperties":1}"#, &["{}", r#"{"a":1}"#], &[r#"{"a":1,"b":1}"#]),
    (
        r#"{"dependentRequired":{"a":["b","c"]}}"#,
        &["{}", r#"{"b":1}"#, r#"{"a":1,"b":1,"c":1}"#],
        &[r#"{"a":1}"#, r#"{"a":1,"b":1}"#],
    ),
    (
        r#"{"dependentSchemas":{"a":{"properties":{"b":{"type":"integer"}}},"z":false}}"#,
        &[r#"{"b":"x"}"#, r#"{"a":1,"b":1}"#],
        &[r#"{"a":1,"b":"x"}"#, r#"{"z":1}"#],
    ),
    (r#"{"properties":{"a":true},"unevaluatedProperties":false}"#, &[r#"{"a":1}"#], &[r#"{"b":1}"#]),
    (r#"{"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}"#, &[r#"{"a":1}"#], &[r#"{"b":1}"#]),
    (
        r#"{"anyOf":[{"properties":{"a":{"const":1}},"required":["a"]},{"properties":{"b":true},"required":["b"]}],"unevaluatedProperties":false}"#,
        &[r#"{"a":1}"#, r#"{"a":1,"b":2}"#],
        &[r#"{"a":2,"b":1}"#, r#"{"a":1,"c":1}"#],
    ),
    (
        r#"{"oneOf":[{"required":["a"],"properties":{"a":true}},{"required":["b"],"properties":{"b":true}}],"unevaluatedProperties":false}"#,
        &[r#"{"a":1}"#],
        &[r#"{"a":1,"c":1}"#, r#"{"a":1,"b":1}"#],
    ),
    (
        r#"{"if":{"properties":{"k":{"const":1}},"required":["k"]},"then":{"properties":{"a":true}},"else":{"properties":{"b":true}},"unevaluatedProperties":false}"#,
        &[r#"{"k":1,"a":1}"#, r#"{"b":1}"#],
        &[r#"{"k":1,"b":1}"#, r#"{"a":1}"#],
    ),
    (
        r#"{"dependentSchemas":{"a":{"properties":{"b":true}}},"properties":{"a":true},"unevaluatedProperties":false}"#,
        &[r#"{"a":1,"b":1}"#],
        &[r#"{"b":1}"#],
    ),
    (
        r#"{"not":{"properties":{"a":true},"required":["a"]},"unevaluatedProperties":false}"#,
        &["{}"],
        &[r#"{"b":1}"#, r#"{"a":1}"#],
    ),
    (r#"{"unevaluatedProperties":{"type":"integer"}}"#, &[r#"{"a":1}"#], &[r#"{"a":"x"}"#]),
];

const APPLICATORS: &[Case] = &[
    (r#"{"allOf":[{"minimum":1},{"maximum":3}]}"#, &["2", r#""a""#], &["0", "4"]),
    (r#"{"anyOf":[{"type":"integer"},{"minLength":2}]}"#, &["1", r#""ab""#, "null"], &[r#""a""#]),
    (r#"{"oneOf":[{"type":"integer"},{"minimum":2}]}"#, &["1", "2.5"], &["3", "1.5"]),
    (r#"{"not":{"type":"integer"}}"#, &["1.5", "null"], &["1"]),
    (r#"{"not":{"pattern":"[a-c]"}}"#, &[r#""xyz""#], &[r#""xbz""#, "1"]),
    (r#"{"not":{"not":{"type":"null"}}}"#, &["null"], &["1"]),
    (r#"{"if":{"type":"integer"},"then":{"minimum":1},"else":{"type":"string"}}"#, &["1", r#""a""#], &["0", "null"]),
    (r#"{"if":{"type":"integer"}}"#, &["1", "null"], &[]),
    (r#"{"then":{"type":"integer"},"else":false}"#, &["null"], &[]),
];

/// The schema of the member `v` and the `$defs` beside it.
const REFERENCES: &[(&str, &str, &[&str], &[&str])] = &[
    (r##"{"$ref":"#/$defs/a"}"##, r#"{"a":{"type":"integer"}}"#, &["1"], &[r#""a""#]),
    (r##"{"$ref":"#/$defs/a","maximum":3}"##, r#"{"a":{"minimum":1}}"#, &["2"], &["0", "4"]),
    (r##"{"$ref":"#/$defs/a%20b~1c~0d"}"##, r#"{"a b/c~d":{"type":"integer"}}"#, &["1"], &["null"]),
    (r##"{"$ref":"#name"}"##, r#"{"a":{"$anchor":"name","type":"integer"}}"#, &["1"], &["null"]),
    (r#"{"$ref":"person"}"#, r#"{"a":{"$id":"person","type":"string"}}"#, &[r#""a""#], &["1"]),
    (
        r#"{"$ref":"https://a.example/deep/person"}"#,
        r#"{"a":{"$id":"https://a.example/deep/root","$defs":{"p":{"$id":"person","type":"string"}}}}"#,
        &[r#""a""#],
        &["1"],
    ),
    (
        r#"{"$ref":"urn:x#/$defs/i"}"#,
        r#"{"a":{"$id":"urn:x","$defs":{"i":{"type":"integer"}}},"i":{"type":"null"}}"#,
        &["1"],
        &["null"],
    ),
    (
        r#"{"$ref":"urn:x#i"}"#,
        r#"{"a":{"$id":"urn:x","$defs":{"i":{"$anchor":"i","type":"integer"}}}}"#,
        &["1"],
        &["null"],
    ),
    (
        r##"{"$ref":"#/$defs/tree"}"##,
        r##"{"tree":{"type":"object","properties":{"n":{"type":"integer"},"of":{"items":{"$ref":"#/$defs/tree"}}},"required":["n"]}}"##,
        &[r#"{"n":1,"of":[{"n":2,"of":[]}]}"#],
        &[r#"{"n":1,"of":[{"of":[]}]}"#, r#"{"n":1,"of":[{"n":"x"}]}"#],
    ),
    (r##"{"$dynamicRef":"#node"}"##, r#"{"a":{"$dynamicAnchor":"node","type":"integer"}}"#, &["1"], &["null"]),
    // The outermost anchor of that name counts: the list of `strict` is one of integers, the list of `open` of anything.
    (
        r#"{"$ref":"strict"}"#,
        r##"{"open":{"$id":"open","type":"array","items":{"$dynamicRef":"#entry"},"$defs":{"any":{"$dynamicAnchor":"entry"}}},"strict":{"$id":"strict","$ref":"open","$defs":{"int":{"$dynamicAnchor":"entry","type":"integer"}}}}"##,
        &["[1]", "[]"],
        &[r#"["a"]"#, "1"],
    ),
    (
        r#"{"$ref":"open"}"#,
        r##"{"open":{"$id":"open","type":"array","items":{"$dynamicRef":"#entry"},"$defs":{"any":{"$dynamicAnchor":"entry"}}}}"##,
        &[r#"["a"]"#],
        &["1"],
    ),
    (
        r##"{"$ref":"#/$defs/closed","unevaluatedProperties":false}"##,
        r#"{"closed":{"properties":{"a":true}}}"#,
        &[r#"{"a":1}"#],
        &[r#"{"b":1}"#],
    ),
];

const FORMATS: &[(&str, &[&str], &[&str])] = &[
    (
        "date-time",
        &["2024-12-13T10:00:00Z", "2024-12-13t10:00:00.5+02:00"],
        &["2024-12-13", "2024-12-13T10:00:00", "2024-13-13T10:00:00Z"],
    ),
    ("date", &["2024-02-29"], &["2023-02-29", "2024-2-9", "20240229"]),
    ("time", &["10:00:00Z", "23:59:59.123+02:00"], &["10:00:00", "25:00:00Z"]),
    ("duration", &["P1D", "PT36H", "P1Y2M3DT4H5M6S", "P4W"], &["P", "1D", "P1D2H"]),
    ("email", &["joe@example.com"], &["joe", "@example.com", "joe@"]),
    ("hostname", &["www.example.com", "a"], &["-a.example", "a_b", "a..b"]),
    ("ipv4", &["192.168.0.1"], &["256.0.0.1", "1.2.3", "01.2.3.4"]),
    ("ipv6", &["::1", "2001:db8::8a2e:370:7334"], &["1.2.3.4", "12345::", ":::"]),
    ("uri", &["https://example.com/a?b#c", "urn:isbn:1"], &["/a", "https://exa mple.com", "a b"]),
    ("uri-reference", &["/a", "#b", "https://example.com"], &["\\\\a", "a b"]),
    ("iri", &["https://exämple.com/ü"], &["/ü", "a b"]),
    ("iri-reference", &["/ü"], &["\\\\ü"]),
    ("uri-template", &["https://example.com/{id}"], &["https://example.com/{id"]),
    (
        "uuid",
        &["2eb8aa08-aa98-11ea-b4aa-73b441d16380"],
        &["2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638"],
    ),
    ("json-pointer", &["", "/a/0", "/a~1b"], &["a", "/a~2"]),
    ("relative-json-pointer", &["0", "1/a", "0#"], &["/a", "-1", "01"]),
    ("regex", &["^a+$", "(?=a)"], &["(", "\\\\a", "a{2,1}"]),
];

#[track_caller]
fn check(schema: &str, definitions: &str, valid: &[&str], invalid: &[&str]) {
    let text = format!(r#"{{"type":"object","properties":{{"id":{{}},"v":{schema}}},"$defs":{definitions}}}"#);
    let schema = Schema::compile("s.json".to_owned(), text.clone().into_bytes(), Extra::Keep).unwrap();
    for (values, want) in [(valid, true), (invalid, false)] {
        for value in values {
            let article = format!(r#"{{"v":{value}}}"#);
            let article: Value<'_> = json::parse(article.as_bytes()).unwrap();
            let violations = schema.validate(&article);
            assert_eq!(violations.is_empty(), want, "{text} {value} {violations:?}");
            // What is said leads to a rule of the file, and to a value of the article or where one is missing.
            let root = json::parse(text.as_bytes()).unwrap();
            for violation in violations {
                assert!(root.pointer(&violation.schema).is_some(), "{text} {value} {violation:?}");
                assert!(article.pointer(&violation.pointer).is_some(), "{text} {value} {violation:?}");
            }
        }
    }
}

#[test]
fn every_keyword_means_what_json_schema_says() {
    for (schema, valid, invalid) in [TYPES, NUMBERS, TEXTS, ARRAYS, OBJECTS, APPLICATORS].concat() {
        check(schema, "{}", valid, invalid);
    }
}

#[test]
fn references_lead_where_json_schema_says() {
    for (schema, definitions, valid, invalid) in REFERENCES {
        check(schema, definitions, valid, invalid);
    }
}

#[test]
fn formats_are_asserted() {
    for (format, valid, invalid) in FORMATS {
        let quoted = |texts: &[&str]| texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>();
        let (valid, invalid) = (quoted(valid), quoted(invalid));
        let valid: Vec<&str> = valid.iter().map(String::as_str).chain(["1", "null"]).collect();
        let invalid: Vec<&str> = invalid.iter().map(String::as_str).collect();
        check(&json!({ "format": format }).to_string(), "{}", &valid, &invalid);
    }
}

#[test]
fn formats_that_are_not_checked_are_refused_by_name() {
    for (format, want) in [
        ("idn-email", "the format `idn-email` is not checked, so nothing may rely on it; use `pattern`"),
        ("idn-hostname", "the format `idn-hostname` is not checked"),
        ("datetime", "did you mean `date-time`?"),
        ("phone", "the format `phone` is not checked"),
    ] {
        let schema = json!({ "type": "object", "properties": { "v": { "format": format } } });
        let error = Schema::compile("s.json".to_owned(), schema.to_string().into_bytes(), Extra::Keep).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("schema `s.json` at /properties/v/format: "), "{message}");
        assert!(message.contains(want), "{message}");
    }
}
