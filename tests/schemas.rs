//! `pressmark schema`: what `explain` and `diff` say, and the examples of `docs/schemas.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pressmark::record::arrow_schema;
use pressmark::schema::{BuiltIn, Extra, Kind, Schema};
use serde_json::{Value, json};

use crate::support::{Random, Test};

const PAGE: &str = include_str!("../docs/schemas.md");

/// What the page shows below the line that runs this command.
fn shown(command: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```console\n$ {command}\n")).unwrap_or_else(|| panic!("{command}"));
    rest.split_once("```\n").unwrap().0
}

fn docs(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas").join(name)).unwrap()
}

#[test]
fn the_examples_of_the_page_are_what_is_said() {
    for name in ["nested", "recursive", "union"] {
        let file = format!("docs/schemas/{name}.schema.json");
        let test = Test::new().file(&file, docs(&format!("{name}.schema.json")));
        let command = format!("schema explain {file} --verbose");
        test.run(&command).stdout(shown(&format!("pressmark {command}"))).check();
    }
    let test = Test::new().file("before.json", BASE).file("after.json", CURRENT);
    let command = "schema diff before.json after.json";
    test.run(command).code(1).stdout(shown(&format!("pressmark {command}"))).check();
}

#[track_caller]
fn check_shape(schema: &str, report: &Value) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::options().should_validate_formats(true).offline().build(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?} {report:#}");
    for name in report.as_object().unwrap().keys() {
        let mut without = report.clone();
        without.as_object_mut().unwrap().remove(name);
        assert!(!validator.is_valid(&without), "`{name}` is not needed");
    }
}

#[test]
fn explanations_for_programs() {
    let test = Test::new().file("nested.json", docs("nested.schema.json"));
    for arguments in ["article", "article-strict --extra reject", "nested.json"] {
        let report = test.run(&format!("schema explain {arguments} --format json")).json();
        check_shape(include_str!("../schema/schema-explanation.schema.json"), &report);
    }
    let report = test.run("schema explain nested.json --format json").json();
    let want = json!({
        "path": "oven[0]", "kind": "int64", "arrow": "Int64", "parquet": "INT64", "nullable": false,
        "pointer": "/properties/oven/prefixItems/0", "presence": "required", "why": "integers", "refuses": [],
    });
    assert!(report["columns"].as_array().unwrap().contains(&want), "{report:#}");
    assert_eq!(report["omitted"][0]["path"], "legacy");
}

/// The words of an explanation are the types that are written.
#[test]
fn explained_types_are_those_of_arrow() {
    let schema = Schema::compile("nested".into(), docs("nested.schema.json").into_bytes(), Extra::Keep).unwrap();
    let fields = arrow_schema(schema.columns());
    for (column, field) in schema.columns().iter().zip(fields.fields()) {
        let found = field.data_type().to_string();
        assert!(found.starts_with(column.kind.arrow()), "{}: {found}", column.name);
    }
}

#[test]
fn the_strict_article_has_the_columns_of_the_article() {
    let columns = |schema| {
        let schema = Schema::built_in(schema, Extra::Keep).unwrap();
        schema.columns().iter().map(|column| (column.name.clone(), column.kind.describe())).collect::<Vec<_>>()
    };
    assert_eq!(columns(BuiltIn::Article), columns(BuiltIn::ArticleStrict));
    let strict = Schema::built_in(BuiltIn::ArticleStrict, Extra::Keep).unwrap();
    let required: Vec<&str> =
        strict.columns().iter().filter(|column| !column.nullable).map(|column| column.name.as_str()).collect();
    assert_eq!(required, ["id", "url", "title", "language", "text"]);
}

#[test]
fn the_strict_article_wants_a_date() {
    let article = |dates: &str| {
        format!(
            "{{\"id\":\"a\",\"url\":\"https://news.example/a\",\"title\":\"T\",\"language\":\"en\",\"text\":\"It rained.\"{dates}}}\n"
        )
    };
    let check = |dates: &str, code| {
        let test = Test::new().file("a.jsonl", article(dates));
        test.run("check a.jsonl --schema article-strict").code(code).check();
    };
    check(r#","published_date":"2024-12-13""#, 0);
    check(r#","published_at":"2024-12-13T10:00:00Z""#, 0);
    check(r#","published_at":null,"published_date":"2024-12-13""#, 0);
    check(r#","published_date":null"#, 1);
    check(r#","published_raw":"Friday""#, 1);
    check("", 1);
}

const BASE: &str = r#"{
  "type": "object",
  "required": ["id", "text"],
  "properties": {
    "id": { "type": "string" },
    "text": { "type": "string", "maxLength": 5000 },
    "byline": { "type": "string", "minLength": 1, "maxLength": 99 },
    "section": { "enum": ["news", "sport"] },
    "words": { "type": "integer" },
    "place": { "type": "object", "properties": { "name": { "type": "string" } }, "additionalProperties": false }
  }
}
"#;
const CURRENT: &str = r#"{
  "type": "object",
  "required": ["id"],
  "properties": {
    "id": { "type": "string" },
    "text": { "type": "string", "maxLength": 3000 },
    "credit": { "type": "string", "minLength": 1, "maxLength": 99 },
    "section": { "enum": ["news", "sport", "culture"] },
    "words": { "type": "number" },
    "place": {
      "type": "object",
      "properties": { "name": { "type": "string" }, "country": { "type": "string" } },
      "additionalProperties": false
    },
    "tags": { "type": "array", "items": { "type": "string" } }
  }
}
"#;

#[test]
fn differences_for_programs() {
    let test = Test::new().file("before.json", BASE).file("after.json", CURRENT);
    let report = test.run("schema diff before.json after.json --format json").code(1).json();
    check_shape(include_str!("../schema/schema-diff.schema.json"), &report);
    assert_eq!((&report["same"], &report["class"]), (&json!(false), &json!("breaking")));
    let same = test.run("schema diff before.json before.json --format json").json();
    check_shape(include_str!("../schema/schema-diff.schema.json"), &same);
    assert_eq!((&same["same"], &same["accepts"]), (&json!(true), &json!("same")));
}

#[test]
fn notes_are_no_change() {
    let noted = BASE.replacen("\"type\": \"object\",", "\"type\": \"object\", \"title\": \"Noted\",", 1);
    let test = Test::new().file("before.json", BASE).file("after.json", noted);
    test.run("schema diff before.json after.json").stdout("same columns and same rules\n").check();
}

#[test]
fn what_is_not_proved_is_told() {
    let pattern = |pattern: &str| {
        format!(r#"{{"type":"object","properties":{{"a":{{"type":"string","pattern":"{pattern}"}}}}}}"#)
    };
    let test = Test::new().file("before.json", pattern("^[a-z]+$")).file("after.json", pattern("^[a-y]+(z|)$"));
    test.run("schema diff before.json after.json").code(1).stdout_has("not proved  /properties/a: pattern").check();
}

#[test]
fn a_release_is_judged_by_a_new_schema() {
    let articles = r#"{"id":"a","text":"long enough","n":1,"late":"x"}
{"id":"b","text":"short","n":null,"late":"y"}
{"id":"c","text":"long enough"}
"#;
    let schema = |text: &str, more: &str| {
        format!(
            r#"{{"type":"object","required":["id","text"{more}],"properties":{{"id":{{"type":"string"}},"text":{text},"n":{{"type":["integer","null"]}}"#
        )
    };
    let old = schema(r#"{"type":"string"}"#, "") + "}}";
    // `late` was kept in `_extra`; `n` is required and may be null, which is what a missing one is.
    let new = schema(r#"{"type":"string","minLength":6}"#, r#","n""#) + r#","late":{"type":"string"}}}"#;
    let test =
        Test::set("schema = \"old.json\"\norder_by = []", articles).file("set/old.json", old).file("new.json", new);
    test.build("").check();
    let told = test.run("schema diff set/old.json new.json --against set/1.0.0").code(1).check();
    let want = "\
against set/1.0.0
  1 of 3 records would be rejected
          1 V-MIN-LENGTH /properties/text/minLength
";
    assert!(told.ends_with(want), "{told}");
    let report = test.run("schema diff set/old.json new.json --against set/1.0.0 --format json").code(1).json();
    check_shape(include_str!("../schema/schema-diff.schema.json"), &report);
    assert_eq!((&report["against"]["records"], &report["against"]["rejected"]), (&json!(3), &json!(1)));
}

#[test]
fn schemas_that_cannot_be_used() {
    let test = Test::new().file(
        "clash.json",
        r#"{"type":"object","properties":{"a":true,"o":{"type":"object","properties":{"B":true,"b":true}}}}"#,
    );
    for command in ["schema explain clash.json", "schema diff article clash.json", "schema diff clash.json article"] {
        test.run(command).code(2).stdout("").stderr_has("S-COLUMNS").check();
    }
    let told = test.run("schema explain clash.json").code(2).stderr_has("/properties/o/properties/b").told();
    assert!(told.contains("the columns `B` and `b` differ in case only"), "{told}");
    test.run("schema explain missing.json").code(2).stderr_has("missing.json").check();
    test.run("schema diff article article --against .").code(2).stderr_has("is not a release").check();
}

/// Readers tell kinds apart by these words; a new kind has new ones.
#[test]
fn kinds_have_parquet_types() {
    for (kind, parquet) in [(Kind::Json, "BYTE_ARRAY STRING"), (Kind::UInt64, "INT64 INTEGER(64, unsigned)")] {
        assert_eq!(kind.parquet(), parquet);
    }
}

/// An object schema with some of these members, as deep as `depth`, each required or not.
fn generated(random: &mut Random, depth: u32) -> Value {
    let (mut properties, mut required) = (serde_json::Map::new(), Vec::new());
    for name in ["a", "b", "c"] {
        let member = match random.below(if depth > 0 { 6 } else { 3 }) {
            0 => continue,
            1 => json!({ "type": "string" }),
            2 => json!({ "type": "integer" }),
            3 | 4 => generated(random, depth - 1),
            _ => json!({ "type": "array", "items": generated(random, depth - 1) }),
        };
        if random.below(3) == 0 {
            required.push(name);
        }
        properties.insert(name.to_owned(), member);
    }
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// A schema for records that have an id and, perhaps, such an object.
fn record_schema(object: &Value) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": false,
        "required": ["id"], "properties": { "id": { "type": "string" }, "x": object },
    })
}

/// `schema diff` and `diff`, by which `--bump` goes, see the same changes of columns at every level.
#[test]
fn one_comparison_of_columns() {
    let mut random = Random(11);
    for _ in 0..12 {
        let pair = [generated(&mut random, 2), generated(&mut random, 2)].map(|object| record_schema(&object));
        let test = Test::new();
        for (name, schema) in ["old", "new"].iter().zip(&pair) {
            test.write(&format!("{name}.json"), schema.to_string());
            let toml = format!("name = \"set\"\nschema = \"../{name}.json\"\ninputs = [\"../a.jsonl\"]\n");
            test.write(&format!("{name}/dataset.toml"), toml);
            test.write("a.jsonl", "{\"id\":\"a\"}\n");
            test.run(&format!("build {name} --version 1.0.0")).check();
        }
        let code = u8::from(pair[0] != pair[1]);
        let rules = test.run("schema diff old.json new.json --format json").code(code.into()).json();
        let releases = test.run("diff old/1.0.0 new/1.0.0 --exit-zero --format json").json();
        let change =
            |change: &Value, path: &Value| (path.as_str().unwrap().to_owned(), change.as_str().unwrap().to_owned());
        let of_schemas: BTreeSet<(String, String)> = rules["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| change(&column["change"], &column["path"]))
            .collect();
        let word = |change: &Value| match (change["change"].as_str().unwrap(), change["required"].as_bool()) {
            ("nullability", Some(true)) => Some("made-required".to_owned()),
            ("nullability", _) => Some("made-optional".to_owned()),
            (column, _) => column.strip_prefix("column-").map(str::to_owned),
        };
        let of_releases: BTreeSet<(String, String)> = releases["schema"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|found| Some((found["column"].as_str()?.to_owned(), word(found)?)))
            .collect();
        assert_eq!(of_schemas, of_releases, "{}\n{}", pair[0], pair[1]);
    }
}
