//! What is reported of a violation: the rule in the file, the real cause first, once.

use serde_json::{Value, json};

use crate::support::Test;

/// The causes of a check, as code, place in the article and rule.
#[track_caller]
fn causes(schema: impl AsRef<[u8]>, articles: impl AsRef<[u8]>) -> Vec<(String, String, String)> {
    let test = Test::new().file("s.json", schema).file("in.jsonl", articles);
    let report = test.run("check in.jsonl --schema s.json --format json").code(1).json();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let cause = |cause: &Value| (word(&cause["code"]), word(&cause["examples"][0]["pointer"]), word(&cause["schema"]));
    report["causes"].as_array().unwrap().iter().map(cause).collect()
}

fn told(causes: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    causes.iter().map(|(code, at, rule)| ((*code).to_owned(), (*at).to_owned(), (*rule).to_owned())).collect()
}

#[test]
fn rules_below_an_id_are_named_by_their_place_in_the_file() {
    let stdout = r#"in.jsonl: JSON lines, 3 articles, 3 rejected
articles  code          field     first       message
       1  V-TYPE        by.name   in.jsonl:1  expected string, found 7
       1  V-TYPE        by        in.jsonl:3  expected object, found "A. Writer"
       1  V-MAX-LENGTH  by.title  in.jsonl:2  expected at most 3 characters, found "Professor"

error[V-TYPE]: by.name: expected string, found 7, 1 article
  --> in.jsonl:1:50 at /by/name
   | …,"title":"A long headline","by":{"name":7}}
   |                                          ^
  rule: /$defs/p/properties/name/type; for details: pressmark explain V-TYPE

error[V-TYPE]: by: expected object, found "A. Writer", 1 article
  --> in.jsonl:3:16 at /by
   | {"id":"3","by":"A. Writer"}
   |                ^^^^^^^^^^^
  rule: /$defs/p/type; for details: pressmark explain V-TYPE

error[V-MAX-LENGTH]: by.title: expected at most 3 characters, found "Professor", 1 article
  --> in.jsonl:2:25 at /by/title
   | {"id":"2","by":{"title":"Professor"}}
   |                         ^^^^^^^^^^^
  rule: /$defs/p/properties/title/maxLength; for details: pressmark explain V-MAX-LENGTH

failed 3 articles: 0 admitted, 3 rejected for 3 causes; 0 allowed
to keep the rejected articles with their reasons:
  pressmark check in.jsonl --schema set/s.json --rejects rejects.jsonl.zst
"#;
    let test = Test::set("schema = \"s.json\"\n", include_bytes!("cases/embedded-pointer/in.jsonl"))
        .file("set/s.json", include_bytes!("cases/embedded-pointer/s.json"))
        .file("in.jsonl", include_bytes!("cases/embedded-pointer/in.jsonl"));
    test.run("check in.jsonl --schema set/s.json").code(1).stdout(stdout).check();
    test.build("").code(1).stderr_has("/$defs/p/type").check();
    let rejects = test.rejects("1.0.0");
    let rules: Vec<&Value> = rejects.iter().map(|reject| &reject["violations"][0]["schema"]).collect();
    assert_eq!(rules, ["/$defs/p/properties/name/type", "/$defs/p/properties/title/maxLength", "/$defs/p/type"]);
    // With and without an `$id` the same is said, also in the schema's own words.
    let of = |schema: &[u8]| {
        let test =
            Test::new().file("s.json", schema).file("in.jsonl", include_bytes!("cases/embedded-pointer/in2.jsonl"));
        test.run("check in.jsonl --schema s.json").code(1).stdout_has("The title of the person, such as Dr.").check()
    };
    let with_id = of(include_bytes!("cases/embedded-pointer/s2.json"));
    assert_eq!(with_id, of(include_bytes!("cases/embedded-pointer/s3.json")));
}

#[test]
fn declared_members_with_wrong_values_are_not_undeclared() {
    let article = include_bytes!("cases/unevaluated-noise/in.jsonl");
    let wrong = told(&[
        ("V-TYPE", "/title", "/$defs/p/properties/title/type"),
        ("V-ENUM", "/section", "/$defs/p/properties/section/enum"),
    ]);
    assert_eq!(causes(include_bytes!("cases/unevaluated-noise/s.json"), article), wrong);
    assert_eq!(causes(include_bytes!("cases/unevaluated-noise/s-ref.json"), article), wrong);
    // `section` is declared nowhere in this one.
    let of_any = told(&[("V-ANYOF", "", "/anyOf"), ("V-ADDITIONAL", "/section", "/unevaluatedProperties")]);
    assert_eq!(causes(include_bytes!("cases/unevaluated-noise/s-anyof.json"), article), of_any);
}

/// The same below every keyword that applies a subschema to the same value.
#[test]
fn what_failed_is_no_reason_to_call_its_members_undeclared() {
    let part = json!({ "properties": { "a": { "type": "string" }, "b": true }, "required": ["a"] });
    let other = json!({ "required": ["c"], "properties": { "c": true } });
    for (keyword, applied) in [
        ("allOf", json!([part])),
        ("anyOf", json!([part, other])),
        ("oneOf", json!([part, other])),
        ("then", part.clone()),
        ("$ref", json!("#/$defs/part")),
        ("dependentSchemas", json!({ "b": part })),
    ] {
        let mut schema = json!({ "type": "object", "properties": { "id": true }, "unevaluatedProperties": false,
            "if": true, "$defs": { "part": part } });
        schema[keyword] = applied;
        let articles = "{\"id\":1,\"a\":5,\"b\":1}\n";
        let found = causes(schema.to_string(), articles);
        assert!(!found.iter().any(|(code, ..)| code == "V-ADDITIONAL"), "{keyword} {found:?}");
        assert_eq!(found.len(), 1, "{keyword} {found:?}");
        let found = causes(schema.to_string(), "{\"id\":1,\"a\":5,\"b\":1,\"z\":1}\n");
        assert_eq!((found.len(), found[1].1.as_str()), (2, "/z"), "{keyword} {found:?}");
        assert_eq!(found[1].0, "V-ADDITIONAL");
    }
}

#[test]
fn what_is_undeclared_is_said_where_nothing_else_is_wrong() {
    let schema = json!({ "type": "object", "properties": { "id": true }, "unevaluatedProperties": false,
        "anyOf": [{ "properties": { "a": { "const": 1 } }, "required": ["a"] }, { "properties": { "b": true } }] });
    let undeclared = told(&[("V-ADDITIONAL", "/a", "/unevaluatedProperties")]);
    assert_eq!(causes(schema.to_string(), "{\"id\":1,\"a\":2}\n"), undeclared);
}

#[test]
fn a_null_text_is_reported_once() {
    let test = Test::new().file("in.jsonl", "{\"id\":\"a\",\"text\":null}\n");
    let report = test.run("check in.jsonl --format json").code(1).json();
    let codes: Vec<&Value> = report["causes"].as_array().unwrap().iter().map(|cause| &cause["code"]).collect();
    assert_eq!(codes, ["V-TYPE"]);
}

#[test]
fn one_character_is_no_characters() {
    let test = Test::new().file("in.jsonl", "{\"id\":\"\",\"text\":\"t\"}\n");
    test.run("check in.jsonl").code(1).stdout_has("expected at least 1 character, found \"\"").check();
}

#[test]
fn members_are_named_where_nothing_is_declared() {
    let schema = json!({ "type": "object", "properties": { "id": true, "of": {
        "type": "object", "additionalProperties": false } } });
    let rule = "/properties/of/additionalProperties";
    let undeclared = told(&[("V-ADDITIONAL", "/of/a", rule)]);
    assert_eq!(causes(schema.to_string(), "{\"id\":1,\"of\":{\"a\":1,\"b\":2}}\n"), undeclared);
}
