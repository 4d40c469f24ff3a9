//! Every code is reached by something: the smallest input for each, and a list that must be
//! whole. Codes of releases (`R-`) are reached in `corruption`, where releases are damaged.

use std::collections::BTreeSet;

use pressmark::code::{Class, Code};

use crate::support::{Test, article};

/// An article for a schema with one member `a`, and the code it gets.
const VIOLATIONS: &[(&str, &str, &str)] = &[
    ("V-TYPE", r#"{"type":"string"}"#, "1"),
    ("V-FORMAT", r#"{"type":"string","format":"date"}"#, "\"2024-02-30\""),
    ("V-PATTERN", r#"{"type":"string","pattern":"^x"}"#, "\"y\""),
    ("V-ENUM", r#"{"enum":["x"]}"#, "\"y\""),
    ("V-CONST", r#"{"const":"x"}"#, "\"y\""),
    ("V-MIN-LENGTH", r#"{"type":"string","minLength":2}"#, "\"y\""),
    ("V-MAX-LENGTH", r#"{"type":"string","maxLength":2}"#, "\"yyy\""),
    ("V-MINIMUM", r#"{"type":"integer","minimum":2}"#, "1"),
    ("V-MINIMUM", r#"{"type":"integer","exclusiveMinimum":1}"#, "1"),
    ("V-MAXIMUM", r#"{"type":"integer","maximum":2}"#, "3"),
    ("V-MAXIMUM", r#"{"type":"integer","exclusiveMaximum":3}"#, "3"),
    ("V-MULTIPLE-OF", r#"{"type":"integer","multipleOf":2}"#, "3"),
    ("V-MIN-ITEMS", r#"{"type":"array","minItems":1}"#, "[]"),
    ("V-MAX-ITEMS", r#"{"type":"array","maxItems":1}"#, "[1,2]"),
    ("V-UNIQUE-ITEMS", r#"{"type":"array","uniqueItems":true}"#, "[1,1.0]"),
    ("V-CONTAINS", r#"{"type":"array","contains":{"const":1}}"#, "[2]"),
    ("V-MIN-PROPERTIES", r#"{"type":"object","minProperties":1}"#, "{}"),
    ("V-MAX-PROPERTIES", r#"{"type":"object","maxProperties":0}"#, "{\"x\":1}"),
    ("V-PROPERTY-NAMES", r#"{"type":"object","propertyNames":{"maxLength":1}}"#, "{\"xy\":1}"),
    ("V-ADDITIONAL", r#"{"type":"object","properties":{},"additionalProperties":false}"#, "{\"x\":1}"),
    ("V-ADDITIONAL", r#"{"type":"object","properties":{},"unevaluatedProperties":false}"#, "{\"x\":1}"),
    ("V-REQUIRED", r#"{"type":"object","required":["x"]}"#, "{}"),
    ("V-ANYOF", r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#, "1"),
    ("V-ONEOF-NONE", r#"{"oneOf":[{"type":"string"},{"type":"null"}]}"#, "1"),
    ("V-ONEOF-MANY", r#"{"oneOf":[{"type":"integer"},{"minimum":0}]}"#, "1"),
    ("V-NOT", r#"{"not":{"type":"integer"}}"#, "1"),
    ("V-NOT", r#"{"type":"string","not":{"pattern":"[\\x00-\\x1f]"}}"#, "\"\\u0007\""),
    ("V-FALSE", "false", "1"),
    ("C-INT-RANGE", r#"{"type":"integer"}"#, "9223372036854775808"),
    ("C-FLOAT-RANGE", r#"{"type":"number"}"#, "1e400"),
    ("C-FLOAT-PRECISION", r#"{"type":"number"}"#, "0.12345678901234567890"),
    ("C-TIME-PRECISION", r#"{"type":"string","format":"date-time"}"#, "\"2024-01-01T00:00:00.1234567Z\""),
    ("C-TIME-RANGE", r#"{"type":"string","format":"date-time"}"#, "\"0000-01-01T00:00:00+01:00\""),
    ("C-LEAP", r#"{"type":"string","format":"date-time"}"#, "\"2016-12-31T23:59:60Z\""),
    ("C-NO-COLUMN", "true", "1,\"_extra\":{\"x\":1},\"x\":2"),
    (
        "C-NO-COLUMN",
        r#"{"type":"object","anyOf":[{"properties":{"b":{"type":"object","properties":{"c":{"type":"string"}},"additionalProperties":false}},"additionalProperties":false},{"type":"object"}]}"#,
        r#"{"b":{"x":1}}"#,
    ),
];

/// Whole inputs, and the code they get.
const INPUTS: &[(&str, &[u8])] = &[
    ("I-GZIP", b"\x1f\x8b\x08\x00cut"),
    ("I-ZSTD", b"\x28\xb5\x2f\xfdcut"),
    ("I-UTF16", b"\xff\xfe{\x00}\x00"),
    ("I-LFS-POINTER", b"version https://git-lfs.github.com/spec/v1\n"),
    ("I-HTML", b"<html>"),
    ("I-OTHER-FORMAT", b"PAR1"),
    ("I-CONTAINER", b"[{} x]"),
    ("F-GLUED-ARRAYS", b"[{},]"),
    ("F-AMBIGUOUS", br#"{"a":{"id":"a","text":"A."},"b":[{"id":"b","text":"B."}]}"#),
    ("F-NOT-OBJECT", b"1\n"),
    ("F-LAST-TRUNCATED", b"{\"id\":\"a\"\n{\"id\":"),
    ("F-TRAILING-DATA", b"{\"id\":\"a\"} x\n"),
    ("P-UTF8", b"{\"id\":\"\xff\"}\n"),
    ("P-SYNTAX", b"{\"id\" 1}\n"),
    ("P-CONTROL-CHAR", b"{\"id\":\"\x01\"}\n"),
    ("P-NUMBER", b"{\"id\":01}\n"),
    ("P-SURROGATE", b"{\"id\":\"\\ud800\"}\n"),
    ("P-DUPLICATE-KEY", b"{\"id\":1,\"id\":2}\n"),
];

/// Codes with a test of their own elsewhere, which needs more than one line.
const ELSEWHERE: &[&str] = &[
    "I-EMPTY",         // below
    "I-RATIO",         // hostile_input: a decompression bomb
    "I-TOO-LARGE",     // hostile_input: an input beyond its limit
    "F-NOT-THERE",     // inputs: texts without the place
    "F-TOO-LONG",      // hostile_input: an endless line
    "F-PAGE-UNSPLIT",  // below
    "V-TRUNCATED",     // below
    "P-DEPTH",         // hostile_input: depth
    "V-STEP-LIMIT",    // hostile_input: alternatives without end
    "D-EMPTY",         // bad_input: an empty file
    "D-MISFIT",        // source_fit: a source that leaves core fields empty
    "D-UNDESCRIBED",   // metadata: every build says what is not stated
    "D-LICENSE",       // metadata: a license that is no identifier
    "D-MAPS",          // metadata: a column of maps
    "D-DUPLICATE-KEY", // build: records that share a key
    "V-REGEX-LIMIT",   // only if the engine of regular expressions fails; nothing is known that does
];

#[track_caller]
fn check(test: &Test, arguments: &str, code: &str) {
    let report = test.run(&format!("check in --format json {arguments}")).code(1).json();
    let found = report["causes"].as_array().unwrap().iter().any(|cause| cause["code"] == code);
    assert!(found, "{code} is not in {report:#}");
}

#[test]
fn violations_and_conversions() {
    for (code, schema, value) in VIOLATIONS {
        let schema = format!("{{\"type\":\"object\",\"properties\":{{\"id\":true,\"a\":{schema}}}}}");
        let line = format!("{{\"id\":\"i\",\"a\":{value}}}\n");
        check(&Test::new().file("in", line).file("s.json", schema), "--schema s.json", code);
    }
}

#[test]
fn inputs() {
    for (code, bytes) in INPUTS {
        check(&Test::new().file("in", bytes), "", code);
    }
    check(&Test::new().file("in", "no anchor here\n"), "--source pages", "F-PAGE-UNSPLIT");
}

#[test]
fn an_input_without_articles_is_worth_a_warning() {
    let test = Test::new().file("in/a", article("a")).file("in/b", "\n");
    let report = test.run("check in --format json").json();
    assert_eq!((&report["warnings"][0]["code"], &report["warnings"][0]["source"]), (&"I-EMPTY".into(), &"in/b".into()));
    for format in ["human", "github", "sarif"] {
        let told = test.run(&format!("check in --format {format}")).check();
        assert!(told.contains("I-EMPTY") && told.contains("warning"), "{format}: {told}");
    }
}

#[test]
fn texts_that_were_cut_are_worth_a_warning() {
    let line = |id: &str, text: &str| format!("{{\"id\":\"{id}\",\"text\":\"{text}\"}}\n");
    let test = Test::new().file("a", line("a", "It rained ... [+6746 chars]"));
    let test = test.file("b", line("b", "It went on … [+ chars]"));
    let test = test.file("c", line("c", &("é".repeat(9_999) + "…"))).file("d", line("d", &("é".repeat(9_998) + "…")));
    let report = test.run("check a b c d --format json").json();
    let warnings = report["warnings"].as_array().unwrap();
    let told: Vec<_> = warnings.iter().map(|warning| (&warning["code"], &warning["source"])).collect();
    assert_eq!(told, [(&"V-TRUNCATED".into(), &"a".into()), (&"V-TRUNCATED".into(), &"c".into())]);
}

#[test]
fn every_code_is_reached() {
    let cases = VIOLATIONS.iter().map(|(code, ..)| *code).chain(INPUTS.iter().map(|(code, _)| *code));
    let reached: BTreeSet<&str> = cases.chain(ELSEWHERE.iter().copied()).collect();
    for code in Code::ALL {
        // Schemas are refused in `check`, releases damaged in `corruption`.
        if !matches!(code.class(), Class::Schema | Class::Release) {
            assert!(reached.contains(code.name()), "nothing reaches {code}");
        }
    }
    for name in reached {
        assert!(Code::named(name).is_some(), "{name} is no code");
    }
}
