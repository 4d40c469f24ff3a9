//! Patterns are those of ECMA-262 with the `u` flag: every assertion, class and escape against what
//! Node.js says of it (`tests/patterns/`). Each goes through every rule that holds a pattern:
//! `pattern`, `not` with a pattern, which has a way of its own, and `patternProperties`.
//!
//! `table.json` is what Node said; where Node is there, the table is compared with it again. Without
//! Node the test says that it was skipped, except where `CI` is set.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::Path;
use std::process::Command;

use pressmark::json::{self, Value};
use pressmark::schema::{Extra, MAX_LISTED, Schema};
use serde::Deserialize;
use serde_json::json;

use crate::support::Test;

#[derive(Deserialize)]
struct Table {
    last: u32,
    specials: Vec<u32>,
    classes: Vec<Class>,
    cases: Vec<(String, BTreeMap<String, Option<bool>>)>,
}

/// Which code points a pattern matches, between two texts.
#[derive(Deserialize)]
struct Class {
    pattern: String,
    before: String,
    after: String,
    ranges: Vec<(u32, u32)>,
}

fn table() -> Table {
    serde_json::from_str(include_str!("patterns/table.json")).unwrap()
}

/// The rules in one schema; the error is that of a schema that cannot be used.
fn rules(pattern: &str) -> Result<Schema, String> {
    let text = json!({ "type": "string" });
    let schema = json!({ "type": "object", "properties": {
        "pattern": { "type": "array", "items": { "type": "string", "pattern": pattern } },
        "not": { "type": "array", "items": { "type": "string", "not": { "pattern": pattern } } },
        "closed": { "type": "object", "patternProperties": { pattern: text }, "additionalProperties": false },
        "open": { "type": "object", "patternProperties": { pattern: false } },
    }});
    let schema = Schema::compile("s.json".to_owned(), schema.to_string().into_bytes(), Extra::Keep);
    schema.map_err(|error| error.to_string())
}

/// Which of the rules say of each text that it matches. There may not be more texts than violations are listed.
fn verdicts(schema: &Schema, texts: &[String]) -> Vec<[bool; 4]> {
    assert!(2 * texts.len() < MAX_LISTED);
    let names: serde_json::Map<String, serde_json::Value> =
        texts.iter().map(|text| (text.clone(), json!(""))).collect();
    let article = json!({ "pattern": texts, "not": texts, "closed": names, "open": names }).to_string();
    let article: Value<'_> = json::parse(article.as_bytes()).unwrap();
    let broken: BTreeSet<String> = schema.validate(&article).into_iter().map(|violation| violation.pointer).collect();
    let name = |text: &String| text.replace('~', "~0").replace('/', "~1");
    let one = |(index, text): (usize, &String)| {
        let is_broken = |member: &str, at: &str| broken.contains(&format!("/{member}/{at}"));
        let index = index.to_string();
        [
            !is_broken("pattern", &index),
            is_broken("not", &index),
            !is_broken("closed", &name(text)),
            is_broken("open", &name(text)),
        ]
    };
    texts.iter().enumerate().map(one).collect()
}

#[test]
fn patterns_mean_what_node_says() {
    let mut wrong = Vec::new();
    for (pattern, texts) in table().cases {
        let (texts, wanted): (Vec<String>, Vec<Option<bool>>) = texts.into_iter().unzip();
        match rules(&pattern) {
            Ok(schema) => {
                let got = verdicts(&schema, &texts).into_iter().zip(wanted).zip(texts);
                let got = got.filter(|((got, want), _)| want.is_none_or(|want| *got != [want; 4]));
                wrong.extend(got.map(|((got, want), text)| format!("{pattern} {text:?}: {got:?} and not {want:?}")));
            }
            Err(message) if wanted.iter().all(Option::is_none) && message.contains("cannot be used") => {}
            Err(message) => wrong.push(format!("{pattern}: {message} and not {wanted:?}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn classes_hold_what_node_says() {
    let Table { last, specials, classes, .. } = table();
    let points: Vec<u32> = (0..=last).chain(specials).collect();
    let mut wrong = Vec::new();
    for Class { pattern, before, after, ranges } in classes {
        let schema = rules(&pattern).unwrap();
        for points in points.chunks(400) {
            let text = |point: &u32| format!("{before}{}{after}", char::from_u32(*point).unwrap());
            let texts: Vec<String> = points.iter().map(text).collect();
            for (point, got) in points.iter().zip(verdicts(&schema, &texts)) {
                let want = ranges.iter().any(|(first, last)| (first..=last).contains(&point));
                if got != [want; 4] {
                    wrong.push(format!("{pattern} U+{point:04X}: {got:?} and not {want}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_table_is_what_node_says() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/patterns/compute.mjs");
    match Command::new("node").arg(script).arg("--check").output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
        Err(error) => {
            assert!(env::var_os("CI").is_none(), "CI needs node: {error}");
            println!("skipped: node cannot be run ({error})");
        }
    }
}

#[test]
fn what_cannot_run_in_linear_time_is_refused_by_name() {
    for (pattern, want) in [
        ("(?=a)b", "`(?=` looks around"),
        ("(?!a)b", "`(?!` looks around"),
        ("(?<=a)b", "`(?<=` looks around"),
        ("(?<!a)b", "`(?<!` looks around"),
        ("(a)\\1", "`\\1` refers back to a group"),
        ("(?<n>a)\\k<n>", "`\\k` refers back to a group"),
        ("(?i:a\\b)", "within `(?i:..)` are not supported"),
        ("(?m:^a)", "`(?m:` starts no group that is supported"),
        ("(?:(?:a{1000}){1000}){1000}", "it is too large"),
        ("a{99999999999}", "`{99999999999}` repeats too often"),
        ("\\A", "`\\A` is no escape of ECMA-262"),
        ("[\\w-z]", "put a `-` that is meant itself at the end"),
    ] {
        let message = rules(pattern).unwrap_err();
        assert!(message.starts_with("schema `s.json` at /properties/"), "{message}");
        assert!(message.contains(want), "{message}");
    }
}

/// Escaped punctuation stands for itself, as it does without the flag.
#[test]
fn escaped_punctuation() {
    for character in (' '..='~').filter(|character| !character.is_ascii_alphanumeric()) {
        for pattern in [format!("^\\{character}$"), format!("^[\\{character}]$")] {
            let schema = rules(&pattern).unwrap();
            let texts = [character.to_string(), "x".to_owned()];
            assert_eq!(verdicts(&schema, &texts), [[true; 4], [false; 4]], "{pattern}");
        }
    }
}

/// Two patterns that are translated to one stay two, and reports know them as the file has them.
#[test]
fn patterns_of_members_keep_their_names() {
    let schema = r#"{"type":"object","properties":{"id":{}},
        "patternProperties":{"^\\d$":{"type":"string"},"^[0-9]$":{"maxLength":3}}}"#;
    let test = Test::new().file("s.json", schema).file("in.jsonl", "{\"1\":1}\n{\"1\":\"long\"}\n");
    let report = test.run("check in.jsonl --schema s.json --format json").code(1).json();
    let rules: Vec<&str> =
        report["causes"].as_array().unwrap().iter().map(|cause| cause["schema"].as_str().unwrap()).collect();
    assert_eq!(rules, ["/patternProperties/^\\d$/type", "/patternProperties/^[0-9]$/maxLength"]);
    let schema = json::parse(schema.as_bytes()).unwrap();
    assert!(rules.iter().all(|rule| schema.pointer(rule).is_some()));
}

#[test]
fn word_boundaries() {
    let test = Test::new()
        .file("s.json", include_bytes!("cases/word-boundary/s.json"))
        .file("in.jsonl", include_bytes!("cases/word-boundary/in.jsonl"));
    let stdout = r#"in.jsonl: JSON lines, 3 articles, 2 rejected
articles  code       field  first       message
       1  V-PATTERN  v      in.jsonl:2  expected text that matches `\bé`, found "é"
       1  V-PATTERN  w      in.jsonl:3  expected text that matches `caf\b`, found "cafe"

error[V-PATTERN]: v: expected text that matches `\bé`, found "é", 1 article
  --> in.jsonl:2:30 at /v
   | {"id":"must be rejected","v":"é"}
   |                              ^^^
  rule: /properties/v/pattern; for details: pressmark explain V-PATTERN

error[V-PATTERN]: w: expected text that matches `caf\b`, found "cafe", 1 article
  --> in.jsonl:3:34 at /w
   | {"id":"must be rejected too","w":"cafe"}
   |                                  ^^^^^^
  rule: /properties/w/pattern; for details: pressmark explain V-PATTERN

failed 3 articles: 1 admitted, 2 rejected for 2 causes; 0 allowed
to keep the rejected articles with their reasons:
  pressmark check in.jsonl --schema s.json --rejects rejects.jsonl.zst
"#;
    test.run("check in.jsonl --schema s.json").code(1).stdout(stdout).check();
}
