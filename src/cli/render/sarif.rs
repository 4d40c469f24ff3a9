//! SARIF 2.1.0, for code scanning.
//!
//! One result for each example of a cause, so the number of results is bounded by the number of
//! rules in the schema and stays far below the 5,000 that GitHub stores; the number of articles
//! is in the message and in `occurrenceCount`.

use std::collections::BTreeSet;

use crate::code::Code;
use crate::diagnostics::{Cause, Example};
use crate::validate::InputWarning;
use serde_json::{Value, json};

use super::{Check, counted_of, level};

/// How many results GitHub stores of a run.
const RESULTS: usize = 5000;

pub(super) fn report(check: &Check<'_>) -> String {
    let causes = check.causes();
    let warnings = check.read.warnings();
    let codes = causes.iter().map(|cause| cause.code).chain(warnings.iter().map(|warning| warning.code));
    let codes: BTreeSet<Code> = codes.collect();
    let results: Vec<Value> = causes
        .iter()
        .flat_map(|cause| cause.examples.iter().map(|example| result(cause, example)))
        .chain(warnings.iter().map(|warning| warned(check, warning)))
        .collect();
    document_with(&codes, results, check.left_out().trim_start_matches([',', ' ']))
}

/// The whole of one run, with the rules that its results name.
pub(super) fn document(codes: &BTreeSet<Code>, results: Vec<Value>) -> String {
    document_with(codes, results, "")
}

/// The same; what is said of objects that were left out is a property of the run.
fn document_with(codes: &BTreeSet<Code>, results: Vec<Value>, left_out: &str) -> String {
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    let results: Vec<Value> = results.into_iter().take(RESULTS).collect();
    crate::cli::outcome::pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "pressmark",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": if left_out.is_empty() { json!({}) } else { json!({ "leftOut": left_out }) },
        }],
    }))
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.name(),
        "shortDescription": { "text": code.meaning() },
        "help": { "text": format!("pressmark explain {code}") },
        "defaultConfiguration": { "level": level(code) },
    })
}

fn result(cause: &Cause, example: &Example) -> Value {
    let more = counted_of(cause);
    json!({
        "ruleId": cause.code.name(),
        "level": level(cause.code),
        "message": { "text": format!("{} ({more} in all)", example.message) },
        "occurrenceCount": cause.articles,
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&example.source) },
            "region": { "startLine": example.line, "startColumn": example.column, "byteOffset": example.byte },
        }}],
        "properties": { "pointer": example.pointer, "rule": cause.schema },
    })
}

fn warned(check: &Check<'_>, warning: &InputWarning) -> Value {
    let (level, message) = check.warned(warning);
    json!({
        "ruleId": warning.code.name(),
        "level": level,
        "message": { "text": message },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(&warning.source) } } }],
    })
}

/// A relative path as a URI reference (RFC 3986): what is not unreserved or a slash is escaped.
pub(super) fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        assert_eq!(uri("sources/my file.jsonl"), "sources/my%20file.jsonl");
        assert_eq!(uri("é"), "%C3%A9");
    }
}
