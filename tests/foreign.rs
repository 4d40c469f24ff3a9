//! Words of the libraries never reach people: many broken schemas and settings, each refused in
//! sentences of our own with the place and the way out.

use serde_json::json;

use crate::support::Test;

/// What the libraries say.
const FOREIGN: &[&str] = &[
    "Adjust configuration",
    "unrecognized",
    "registry",
    "base URI",
    "Retrieval",
    "retrieving",
    "is not of type",
    "is not valid under",
    "is not a \"regex\"",
    "does not match \"",
    "does not exist",
    "is less than",
    "regex parse error",
    "Unicode property",
    "unexpected character at",
    "unknown field",
    "unknown variant",
    "missing field",
    "invalid type",
    "expected struct",
    "expected a sequence",
    "untagged",
    "variant",
    "EOF while",
    "trailing characters",
    "key must be",
    "unexpected end of input",
    "failed to parse",
    "json-schema:",
    "schema.invalid",
    "ValidationError",
];

#[track_caller]
fn check_words(text: &str) {
    for words in FOREIGN {
        assert!(!text.contains(words), "`{words}` is a library's: {text}");
    }
}

/// Schemas of the member `v`, each with the code and place that it is refused with.
#[expect(clippy::too_many_lines, reason = "one table")]
fn broken_schemas() -> Vec<(serde_json::Value, &'static str, &'static str)> {
    vec![
        (json!({ "format": "idn-email" }), "S-UNKNOWN-FORMAT", "/format"),
        (json!({ "format": "phone" }), "S-UNKNOWN-FORMAT", "/format"),
        (json!({ "format": 3 }), "S-META", "/format"),
        (json!({ "$ref": "common.json" }), "S-REMOTE-REF", "/$ref"),
        (json!({ "$ref": "./common.json#/$defs/a" }), "S-REMOTE-REF", "/$ref"),
        (json!({ "$ref": "https://example.org/a" }), "S-REMOTE-REF", "/$ref"),
        (json!({ "$ref": "file:///etc/passwd" }), "S-REMOTE-REF", "/$ref"),
        (json!({ "$ref": "urn:a" }), "S-REMOTE-REF", "/$ref"),
        (json!({ "$ref": "#/$defs/nothing" }), "S-REF", "/$ref"),
        (json!({ "$ref": "#nothing" }), "S-REF", "/$ref"),
        (json!({ "$dynamicRef": "#nothing" }), "S-REF", "/$dynamicRef"),
        (json!({ "$ref": "http://[" }), "S-REF", "/$ref"),
        (json!({ "$ref": "#/%zz" }), "S-REF", "/$ref"),
        (json!({ "$ref": "a b" }), "S-REF", "/$ref"),
        (json!({ "$ref": "" }), "S-REF", "/$ref"),
        (json!({ "$ref": 5 }), "S-META", "/$ref"),
        (json!({ "$id": "http://[" }), "S-REF", "/$id"),
        (json!({ "$id": "a b" }), "S-REF", "/$id"),
        (json!({ "$id": 5 }), "S-META", "/$id"),
        (json!({ "$id": "#a" }), "S-REF", "/$id"),
        (json!({ "$anchor": "a b" }), "S-META", "/$anchor"),
        (json!({ "$schema": "http://json-schema.org/draft-07/schema#" }), "S-DRAFT", "/$schema"),
        (json!({ "$schema": 5 }), "S-META", "/$schema"),
        (json!({ "type": "strng" }), "S-META", "/type"),
        (json!({ "type": [] }), "S-META", "/type"),
        (json!({ "type": 5 }), "S-META", "/type"),
        (json!({ "type": ["string", "string"] }), "S-META", "/type"),
        (json!({ "enum": 5 }), "S-META", "/enum"),
        (json!({ "minLength": -1 }), "S-META", "/minLength"),
        (json!({ "minLength": 1.5 }), "S-META", "/minLength"),
        (json!({ "maxItems": "3" }), "S-META", "/maxItems"),
        (json!({ "multipleOf": 0 }), "S-META", "/multipleOf"),
        (json!({ "minimum": "3" }), "S-META", "/minimum"),
        (json!({ "pattern": 5 }), "S-META", "/pattern"),
        (json!({ "pattern": "(" }), "S-REGEX", "/pattern"),
        (json!({ "pattern": "[a" }), "S-REGEX", "/pattern"),
        (json!({ "pattern": "a**" }), "S-REGEX", "/pattern"),
        (json!({ "pattern": "(?=a)" }), "S-REGEX", "/pattern"),
        (json!({ "pattern": "\\p{Nothing}" }), "S-REGEX", "/pattern"),
        (json!({ "pattern": "(?:a{1000}){1000}{1000}" }), "S-REGEX", "/pattern"),
        (json!({ "pattern": "(".repeat(5000) + &")".repeat(5000) }), "S-REGEX", "/pattern"),
        (json!({ "patternProperties": { "(": true } }), "S-REGEX", "/patternProperties/("),
        (json!({ "patternProperties": { "\\d": 5 } }), "S-META", "/patternProperties/\\d"),
        (json!({ "patternProperties": [] }), "S-META", "/patternProperties"),
        (json!({ "properties": { "a": 5 } }), "S-META", "/properties/a"),
        (json!({ "properties": [] }), "S-META", "/properties"),
        (json!({ "required": "a" }), "S-META", "/required"),
        (json!({ "required": ["a", "a"] }), "S-META", "/required"),
        (json!({ "required": [5] }), "S-META", "/required/0"),
        (json!({ "items": [true] }), "S-META", "/items"),
        (json!({ "prefixItems": [] }), "S-META", "/prefixItems"),
        (json!({ "prefixItems": {} }), "S-META", "/prefixItems"),
        (json!({ "allOf": [] }), "S-META", "/allOf"),
        (json!({ "allOf": {} }), "S-META", "/allOf"),
        (json!({ "anyOf": [5] }), "S-META", "/anyOf/0"),
        (json!({ "not": 5 }), "S-META", "/not"),
        (json!({ "uniqueItems": "yes" }), "S-META", "/uniqueItems"),
        (json!({ "dependentRequired": { "a": 5 } }), "S-META", "/dependentRequired/a"),
        (json!({ "additionalProperties": "no" }), "S-META", "/additionalProperties"),
        (json!({ "title": 5 }), "S-META", "/title"),
        (json!({ "nullable": true }), "S-UNKNOWN-KEYWORD", "/nullable"),
        (json!({ "maxLenght": 5 }), "S-UNKNOWN-KEYWORD", "/maxLenght"),
        (json!(5), "S-META", ""),
        (json!("x"), "S-META", ""),
        (json!([]), "S-META", ""),
    ]
}

#[test]
fn schemas_are_refused_in_our_own_words() {
    let name = json!({ "$ref": "#/$defs/n" });
    for (schema, code, place) in broken_schemas() {
        for root in [json!({}), json!({ "$id": "https://paper.example/root" }), json!({ "$id": "urn:root" })] {
            let mut whole =
                json!({ "type": "object", "properties": { "v": schema, "n": name }, "$defs": { "n": true } });
            whole.as_object_mut().unwrap().extend(root.as_object().unwrap().clone());
            let test = Test::new().file("s.json", whole.to_string());
            let told = test.run("schema explain s.json").code(2).stdout("").told_any();
            let start = format!("error[{code}]: schema `s.json` at /properties/v{place}: ");
            assert!(told.starts_with(&start), "{schema} {told}");
            check_words(&told[start.len()..]);
        }
    }
}

#[test]
fn the_cases_are_refused_with_place_and_way_out() {
    let refused = |schema: &[u8]| {
        let test = Test::new().file("s.json", schema);
        test.run("schema explain s.json").code(2).stdout("").told_any()
    };
    assert_eq!(
        refused(include_bytes!("cases/foreign-messages/fmt.json")),
        "error[S-UNKNOWN-FORMAT]: schema `s.json` at /properties/mail/format: the format `idn-email` is not checked, \
         so nothing may rely on it; use `pattern`, or leave the format out. Checked are date, date-time, duration, \
         email, hostname, ipv4, ipv6, iri, iri-reference, json-pointer, regex, relative-json-pointer, time, uri, \
         uri-reference, uri-template, uuid\n"
    );
    assert_eq!(
        refused(include_bytes!("cases/foreign-messages/remote.json")),
        "error[S-REMOTE-REF]: schema `s.json` at /properties/by/$ref: `common.json#/$defs/author` is in another \
         file, and other files are never opened; copy what it leads to into `$defs` and refer to it there: \
         `#/$defs/name`\n"
    );
    assert_eq!(
        refused(include_bytes!("cases/foreign-messages/remote3.json")),
        "error[S-REMOTE-REF]: schema `s.json` at /properties/by/$ref: `./common.json` is in another file, and other \
         files are never opened; copy what it leads to into `$defs` and refer to it there: `#/$defs/name`\n"
    );
}

#[test]
fn settings_are_refused_in_our_own_words() {
    for toml in [
        "name = 5\n",
        "title = \"no name\"\n",
        "name = \"set\"\ninputs = \"a\"\n",
        "name = \"set\"\ninputs = [5]\n",
        "name = \"set\"\npolicy = 5\n",
        "name = \"set\"\ncreators = [\"me\"]\n",
        "name = \"set\"\ncreators = \"me\"\n",
        "name = \"set\"\n[[creators]]\nurl = \"x\"\n",
        "name = \"set\"\n[[creators]]\nname = \"x\"\nemail = \"x\"\n",
        "name = \"set\"\n[policy]\nmax_rejects = true\n",
        "name = \"set\"\n[policy]\nmax_rejects = \"many\"\n",
        "name = \"set\"\n[policy]\nextra = \"x\"\n",
        "name = \"set\"\n[policy]\nextra = 5\n",
        "name = \"set\"\n[policy]\nversions = \"x\"\n",
        "name = \"set\"\n[policy]\non_conflict = \"x\"\n",
        "name = \"set\"\n[policies]\n",
        "name = \"set\"\nnames = 1\n",
        "name = \"set\"\n[policy.more]\nx = 1\n",
        "name = \"set\"\nname = \"set\"\n",
        "name = \"set\"\norder_by = 5\n",
        "name = \"set\"\nkey = [\"a\"]\n",
        "name = \"set\"\nsource = 5\n",
    ] {
        let test = Test::new().file("set/dataset.toml", toml);
        let told = test.run("build set").code(2).stdout("").told_any();
        assert!(told.starts_with("error: `set/dataset.toml`"), "{told}");
        check_words(&told);
    }
}

#[test]
fn arguments_are_refused_in_our_own_words() {
    let test = Test::set("", "");
    for arguments in [
        "build set --version 1",
        "build set --version one",
        "build set --date yesterday",
        "build set --date 2024-02-30",
        "build set --memory lots",
        "build set --threads 0",
        "build set --max-rejects x",
    ] {
        check_words(&test.run(arguments).code(2).stdout("").told_any());
    }
}

/// Documents of ours that others wrote.
#[test]
fn documents_are_refused_in_our_own_words() {
    for manifest in [
        "{",
        "5",
        "[]",
        "{\"format\":\"pressmark/1\"}",
        "{\"format\":\"pressmark/1\",\"x\":1}",
        "{\"format\":5}",
        "{\"format\":\"pressmark/1\",\"dataset\":5}",
        "{\"format\":\"pressmark/9\"}",
    ] {
        let test = Test::new().file("1.0.0/manifest.json", manifest);
        for command in ["show 1.0.0", "export 1.0.0", "diff 1.0.0 1.0.0"] {
            check_words(&test.run(command).code(2).stdout("").told_any());
        }
        check_words(&test.run("verify 1.0.0 --format json").code(1).check());
    }
    for rejects in ["{\n", "{}\n", "5\n", "{\"format\":5}\n", "{\"format\":\"pressmark-reject/1\",\"source\":5}\n"] {
        let test = Test::new().file("rejects.jsonl", rejects);
        check_words(&test.run("retry rejects.jsonl").code(2).stdout("").told_any());
    }
}
