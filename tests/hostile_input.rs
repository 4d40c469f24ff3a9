//! Bad inputs, one by one: each gets its own code at its own line, and the good records after it
//! still arrive. The list is that of inputs over which converters and validators are known to
//! stumble.

use std::io::{Read as _, Write as _};

use serde_json::{Value, json};

use crate::support::{Test, article, articles};

/// Checks an input with the bad `line` between two good articles and expects its code.
#[track_caller]
fn check_line(line: impl AsRef<[u8]>, code: &str) {
    let mut bytes = article("a").into_bytes();
    bytes.extend_from_slice(line.as_ref());
    bytes.push(b'\n');
    bytes.extend_from_slice(article("z").as_bytes());
    check(&bytes, &[(code, 2)], 2);
}

/// Checks an input and expects causes, as codes with their first lines, and so many records.
#[track_caller]
fn check(bytes: impl AsRef<[u8]>, causes: &[(&str, u64)], admitted: u64) {
    let test = Test::new().file("in.jsonl", bytes);
    let code = i32::from(!causes.is_empty());
    let report = test.run("check in.jsonl --format json").code(code).stderr("").json();
    let told: Vec<(&str, u64)> = report["causes"].as_array().unwrap().iter().map(cause).collect();
    assert_eq!((told.as_slice(), report["admitted"].as_u64()), (causes, Some(admitted)), "{report:#}");
}

fn cause(cause: &Value) -> (&str, u64) {
    (cause["code"].as_str().unwrap(), cause["examples"][0]["line"].as_u64().unwrap())
}

/// An article with these members beside its id and text.
fn with(members: &str) -> String {
    format!("{{\"id\":\"b\",\"text\":\"t\",{members}}}")
}

#[test]
fn encodings() {
    check_line(b"{\"id\":\"b\",\"text\":\"caf\xe9\"}", "P-UTF8");
    check(format!("\u{feff}{}", article("a")), &[], 1);
    let utf16: Vec<u8> = "\u{feff}{\"id\":\"a\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check(utf16, &[("I-UTF16", 1)], 0);
    check(b"\0{\0\"".as_slice(), &[("I-UTF16", 1)], 0);
}

#[test]
fn control_characters_and_escapes() {
    check_line(b"{\"id\":\"b\",\"text\":\"a\0b\"}", "P-CONTROL-CHAR");
    check_line(b"{\"id\":\"b\",\"text\":\"a\x1b[31mb\"}", "P-CONTROL-CHAR");
    check_line(r#"{"id":"b","text":"half \ud83d here"}"#, "P-SURROGATE");
    check_line(r#"{"id":"b","text":"\x41"}"#, "P-SYNTAX");
    check(with(r#""note":"\u0000""#), &[], 1);
}

#[test]
fn duplicate_names() {
    check_line(r#"{"id":"b","text":"one","text":"two"}"#, "P-DUPLICATE-KEY");
    check_line(r#"{"id":"b","text":"one","te\u0078t":"two"}"#, "P-DUPLICATE-KEY");
}

#[test]
fn numbers_that_no_column_holds() {
    check_line(with(r#""n":1e400"#), "C-FLOAT-RANGE");
    check_line(with(r#""n":0.1234567890123456789"#), "C-FLOAT-PRECISION");
    check_line(with(r#""n":123456789012345678901234567890"#), "C-FLOAT-PRECISION");
    check(with(r#""n":18446744073709551615,"m":0.1,"k":-0.0"#), &[], 1);
}

#[test]
fn numbers_that_are_none() {
    for number in ["NaN", "Infinity", "007", "+1", "1.", ".5", "0x1F", "1e"] {
        check_line(with(&format!("\"n\":{number}")), "P-NUMBER");
    }
}

#[test]
fn integers_are_not_coerced() {
    let schema = r#"{"type":"object","required":["id"],"properties":{"id":{"type":"string"},"n":{"type":"integer"}}}"#;
    for (value, code) in [("2.7", "V-TYPE"), ("\"2\"", "V-TYPE"), ("9223372036854775808", "C-INT-RANGE")] {
        let line = format!("{{\"id\":\"a\",\"n\":{value}}}\n");
        let test = Test::new().file("in.jsonl", line).file("s.json", schema);
        let report = test.run("check in.jsonl --schema s.json --format json").code(1).json();
        assert_eq!(report["causes"][0]["code"], code, "{value}");
    }
    let test =
        Test::new().file("in.jsonl", "{\"id\":\"a\",\"n\":1.0}\n{\"id\":\"b\",\"n\":1e3}\n").file("s.json", schema);
    test.run("check in.jsonl --schema s.json").stdout_has("2 admitted, 0 rejected").check();
}

#[test]
fn depth() {
    let nested = |depth: usize| with(&format!("\"n\":{}{}", "[".repeat(depth), "]".repeat(depth)));
    // A level more is around it in the record: `_extra`.
    check(nested(126), &[], 1);
    check_line(nested(127), "P-DEPTH");
    check_line(nested(128), "P-DEPTH");
    check_line(nested(1_000_000), "P-DEPTH");
    check_line("[".repeat(1_000_000), "P-DEPTH");
}

#[test]
fn values_without_end() {
    check_line(with(&format!("\"n\":[{}1]", "1,".repeat(1 << 22))), "F-TOO-LONG");
}

#[test]
fn syntax() {
    check_line(r#"{"id":"b","text":"t",}"#, "P-SYNTAX");
    check_line(r#"{"id":"b" "text":"t"}"#, "P-SYNTAX");
    check_line(r#"{"id":"b","text":"lost quote}"#, "P-SYNTAX");
    check_line(r#"{"id":"b","text":"t"}{"id":"c","text":"t"}"#, "F-TRAILING-DATA");
    check_line(r#"{"id":"b","text":"t"}TRAILER"#, "F-TRAILING-DATA");
    check_line("[1,2]", "F-NOT-OBJECT");
    check_line("null", "F-NOT-OBJECT");
}

#[test]
fn a_raw_line_end_costs_its_own_lines_only() {
    check(article("a") + "{\"id\":\"b\",\"text\":\"broken\nhere\"}\n" + &article("z"), &[("P-SYNTAX", 2)], 2);
}

#[test]
fn a_last_line_that_breaks_off() {
    check(article("a") + "{\"id\":\"b\",\"te", &[("F-LAST-TRUNCATED", 2)], 1);
    check(article("a") + article("b").trim_end(), &[], 2);
}

#[test]
fn line_ends() {
    check(articles(&["a", "b"]).replace('\n', "\r\n\r\n"), &[], 2);
    check(article("a").replace("Text", "Te\u{2028}\u{85}xt") + &article("b"), &[], 2);
}

#[test]
fn things_that_are_no_articles_at_all() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    check(pointer, &[("I-LFS-POINTER", 1)], 0);
    check("<!DOCTYPE html>\n<title>404</title>\n", &[("I-HTML", 1)], 0);
}

#[test]
fn damaged_inputs_are_never_allowed() {
    let test = Test::set("", "").file("set/sources/b.jsonl", "<html>").file("set/sources/a.jsonl", article("a"));
    test.build("--max-rejects 100%")
        .code(1)
        .stdout("")
        .stderr_has("I-HTML")
        .stderr_has("--max-rejects does not apply")
        .check();
}

#[test]
fn gzip_that_breaks_off() {
    let lines: String = (0..10_000).map(|number| article(&format!("a{number}"))).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(lines.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let test = Test::new().file("in.gz", &gzip[..gzip.len() / 2]);
    let report = test.run("check in.gz --format json").code(1).json();
    assert_eq!(report["causes"][0]["code"], "I-GZIP");
    assert_eq!(report["damaged"], true);
    // Everything before the break was judged, and the break is told at the line after it.
    let admitted = report["admitted"].as_u64().unwrap();
    assert!(admitted > 1000, "{admitted}");
    assert_eq!(report["causes"][0]["examples"][0]["line"], admitted + 1);
}

#[test]
fn several_members_and_frames() {
    let gzip = |text: &str| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    };
    check([gzip(&article("a")), gzip(&article("b"))].concat(), &[], 2);
    let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
    check([zstd(&article("a")), zstd(&article("b"))].concat(), &[], 2);
    let whole = zstd(&articles(&["a", "b"]));
    check(&whole[..whole.len() - 3], &[("I-ZSTD", 1)], 0);
}

#[test]
fn a_decompression_bomb() {
    // 128 MiB of white space in a few kilobytes.
    let bomb = zstd::encode_all(std::io::repeat(b'\n').take(128 << 20), 1).unwrap();
    assert!(bomb.len() < 64 << 10);
    let report = Test::new().file("in.zst", bomb).run("check in.zst --format json").code(1).json();
    assert_eq!(report["causes"][0]["code"], "I-RATIO");
}

#[test]
fn an_input_beyond_its_limit() {
    let test = Test::new().file("in.jsonl", articles(&["a", "b", "c"]));
    test.run("check in.jsonl --max-bytes 100KiB").stdout_has("ok 3 articles").check();
    let report = test.run("check in.jsonl --max-bytes 100 --format json").code(1).json();
    assert_eq!((&report["causes"][0]["code"], &report["damaged"]), (&"I-TOO-LARGE".into(), &true.into()));
}

#[test]
fn terminals_are_safe_from_data() {
    let evil = "{\"id\":\"b\",\"text\":\"t\",\"url\":\"\\u001b]0;owned\\u0007\\u202e\",\"\\u001b[2J\":1,\"images\":[{\"\\u001b[1m\":1}]}\n";
    let test = Test::new().file("in.jsonl", evil);
    for format in ["human", "json", "github", "sarif", "junit"] {
        let told = test.run(&format!("check in.jsonl --format {format}")).code(1).check();
        assert!(!told.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{format}: {told:?}");
    }
}

#[test]
fn long_values_never_reach_the_terminal() {
    let long =
        format!("{{\"id\":\"{}\",\"text\":\"t\",\"language\":\"{}\"}}\n", "i".repeat(900), "x".repeat(1_000_000));
    let test = Test::new().file("in.jsonl", long);
    for format in ["human", "json", "github", "sarif", "junit"] {
        let told = test.run(&format!("check in.jsonl --format {format}")).code(1).check();
        assert!(told.len() < 8_000, "{format}: {} bytes", told.len());
    }
}

/// The most memory that a process has had so far, in bytes.
#[cfg(target_os = "linux")]
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// The same of one that may have ended, by the file that says so.
#[cfg(target_os = "linux")]
fn peak_so_far(status: &str) -> u64 {
    let status = std::fs::read_to_string(status).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1024
}

/// A line of one gigabyte is passed over in the memory of the longest line that is held.
#[cfg(target_os = "linux")]
#[test]
fn memory_stays_flat_over_an_endless_line() {
    let test = Test::new();
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_pressmark"))
        .args(["check", "-", "--format", "json"])
        .current_dir(test.path(""))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = process.stdin.take().unwrap();
    let megabyte = vec![b'x'; 1 << 20];
    stdin.write_all(b"{\"id\":\"a\",\"text\":\"").unwrap();
    for _ in 0..1024 {
        stdin.write_all(&megabyte).unwrap();
    }
    stdin.write_all(format!("\n{}", article("z")).as_bytes()).unwrap();
    let peak = peak_memory(process.id());
    drop(stdin);
    let report: Value = serde_json::from_slice(&process.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(report["causes"][0]["code"], "F-TOO-LONG");
    assert_eq!(report["admitted"], 1);
    assert!(peak < 256 << 20, "{peak} bytes");
}

/// Each violation takes memory, and a line has room for millions of them. They are counted up to a thousand.
#[test]
fn the_first_violations_of_a_very_large_article_are_listed() {
    for tags in [900, 65_000, 300_000] {
        let line = format!("{{\"id\":\"a\",\"text\":\"t\",\"tags\":[0{}]}}\n", ",0".repeat(tags - 1));
        let test = Test::set("", line);
        let report = test.build("--format json").code(1).json();
        let causes: Vec<(&str, u64)> = report["check"]["causes"].as_array().unwrap().iter().map(cause).collect();
        assert_eq!(causes, [("V-UNIQUE-ITEMS", 1), ("V-TYPE", 1)]);
        let rejects = test.rejects("1.0.0");
        assert_eq!(rejects[0]["violations_total"], json!((tags + 1).min(1000)));
        assert_eq!(rejects[0]["violations"].as_array().unwrap().len(), 100);
    }
}

/// The rule of a member, its value, and the code that it breaks first.
#[cfg(target_os = "linux")]
#[expect(clippy::too_many_lines, reason = "a table")]
fn multiplying_rules() -> Vec<(&'static str, Value, String, &'static str)> {
    let many = |number: usize, rule: &dyn Fn(usize) -> Value| (0..number).map(rule).collect::<Vec<Value>>();
    let ones = |number: usize| format!("[1{}]", ",1".repeat(number - 1));
    let lists = format!("[[7]{}]", ",[7]".repeat(99_999));
    let members = |number: usize| {
        let members: Vec<String> = (0..number).map(|number| format!("\"m{number}\":{number}")).collect();
        format!("{{{}}}", members.join(","))
    };
    let of = |name: &str, schemas: Vec<Value>| json!({ "type": "array", "items": { name: schemas } });
    vec![
        (
            "an enum of arrays",
            json!({ "contains": { "enum": many(3000, &|n| json!([n + 10])) } }),
            lists.clone(),
            "V-CONTAINS",
        ),
        (
            "an enum of objects",
            json!({ "items": { "enum": many(3000, &|n| json!({ "a": n })) } }),
            lists.clone(),
            "V-ENUM",
        ),
        ("an enum of numbers", json!({ "items": { "enum": many(9000, &|n| json!(n + 10)) } }), ones(60_000), "V-ENUM"),
        (
            "300 rules for each value",
            of("allOf", many(300, &|n| json!({ "minimum": n + 2 }))),
            ones(60_000),
            "V-MINIMUM",
        ),
        ("300 alternatives", of("anyOf", many(300, &|n| json!({ "const": n + 2 }))), ones(60_000), "V-ANYOF"),
        ("10,000 alternatives", of("anyOf", many(10_000, &|n| json!({ "const": n + 2 }))), ones(60_000), "V-ANYOF"),
        ("one of 300", of("oneOf", many(300, &|n| json!({ "minimum": n + 2 }))), ones(60_000), "V-ONEOF-NONE"),
        ("excluded by 300", of("allOf", many(300, &|n| json!({ "not": { "maximum": n + 1 } }))), ones(60_000), "V-NOT"),
        ("300 constants", of("allOf", many(300, &|n| json!({ "const": [n] }))), ones(60_000), "V-CONST"),
        (
            "unique items, often",
            json!({ "allOf": many(300, &|n| json!({ "uniqueItems": true, "minItems": n })) }),
            ones(60_000),
            "V-UNIQUE-ITEMS",
        ),
        (
            "many required",
            json!({ "required": many(20_000, &|n| json!(format!("x{n}"))) }),
            members(60_000),
            "V-REQUIRED",
        ),
        (
            "many patterns",
            json!({ "patternProperties": Value::Object(many(300, &|n| json!(n)).into_iter().map(|n| (format!("^m.*{n}$"), json!(false))).collect()) }),
            members(60_000),
            "V-FALSE",
        ),
        (
            "many names",
            json!({ "propertyNames": { "enum": many(3000, &|n| json!(format!("x{n}"))) } }),
            members(60_000),
            "V-PROPERTY-NAMES",
        ),
        (
            "many dependent schemas",
            json!({ "dependentSchemas": Value::Object((0..3000).map(|n| (format!("m{n}"), json!({ "required": ["x"] }))).collect()) }),
            members(60_000),
            "V-REQUIRED",
        ),
        (
            "undeclared, often",
            json!({ "allOf": many(300, &|_| json!({ "additionalProperties": false })) }),
            members(60_000),
            "V-ADDITIONAL",
        ),
        (
            "a large schema excluded",
            json!({ "items": { "not": { "enum": many(9000, &|n| json!(n)) } } }),
            ones(60_000),
            "V-NOT",
        ),
    ]
}

/// Rules that each value of a large article breaks, and rules that look at it many times: each ends soon, in
/// little memory, and lists real violations where there are some.
#[test]
#[cfg(target_os = "linux")]
fn rules_that_multiply() {
    for (what, schema, value, code) in multiplying_rules() {
        let whole = json!({ "type": "object", "properties": { "id": {}, "v": schema } });
        let line = format!("{{\"id\":1,\"v\":{value}}}\n");
        let test = Test::new().file("s.json", whole.to_string()).file("in.jsonl", line);
        let start = std::time::Instant::now();
        let (report, peak) = checked_with_peak(&test);
        assert_eq!(report["causes"][0]["code"], code, "{what}: {}", report["causes"][0]);
        assert!(peak < 256 << 20, "{what}: {peak} bytes");
        assert!(start.elapsed().as_secs() < 60, "{what}: {:?}, without optimisation", start.elapsed());
    }
}

/// The report of a check by `s.json`, and the most memory that it took.
#[cfg(target_os = "linux")]
fn checked_with_peak(test: &Test) -> (Value, u64) {
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_pressmark"))
        .args(["check", "in.jsonl", "--schema", "s.json", "--format", "json", "--threads", "1"])
        .current_dir(test.path("."))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", process.id());
    let mut out = process.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut report = String::new();
        out.read_to_string(&mut report).unwrap();
        report
    });
    let mut peak = 0;
    while process.try_wait().unwrap().is_none() {
        peak = peak.max(peak_so_far(&status));
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    (serde_json::from_str(&reader.join().unwrap()).unwrap(), peak)
}

/// Names that break a rule must not take the memory of their object each.
#[test]
fn many_names_that_are_not_allowed() {
    let members: Vec<String> = (0..20_000).map(|number| format!("\"{number}\":0")).collect();
    let test = Test::new()
        .file("in.jsonl", format!("{{\"id\":\"a\",\"of\":{{{}}}}}", members.join(",")))
        .file("a.schema.json", r#"{"type":"object","properties":{"id":{"type":"string"},"of":{"type":"object","propertyNames":{"pattern":"^[a-z]+$"}}}}"#);
    let report = test.run("check in.jsonl --schema a.schema.json --format json").code(1).json();
    assert_eq!(
        (&report["causes"][0]["code"], &report["causes"][0]["violations"]),
        (&json!("V-PROPERTY-NAMES"), &json!(100))
    );
}

/// Every level of the article is held against two alternatives that hold all levels below against two.
#[test]
fn alternatives_without_end() {
    let schema = json!({
        "type": "object",
        "properties": {"id": {"type": "string"}, "tree": {"$ref": "#/$defs/node"}},
        "$defs": {"node": {"anyOf": [
            {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/node"}}},
            {"type": "object", "properties": {"a": {"$ref": "#/$defs/node"}, "b": {"type": "string"}}},
            {"type": "integer"},
        ]}},
    });
    let tree = |levels: usize, leaf: &str| format!("{}{leaf}{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    let line = |id: &str, tree: &str| format!("{{\"id\":\"{id}\",\"tree\":{tree}}}\n");
    let lines = [
        line("deep", &tree(120, "1")),
        line("shallow-invalid", &tree(5, "true")),
        // Half a million errors.
        line("many-errors", &tree(17, "true")),
        line("deep-invalid", &tree(120, "true")),
    ];
    let test = Test::new().file("s.json", schema.to_string()).file("in.jsonl", lines.concat());
    let report = test.run("check in.jsonl --schema s.json --format json").code(1).json();
    let causes: Vec<(&str, u64)> = report["causes"].as_array().unwrap().iter().map(cause).collect();
    assert_eq!(causes, [("V-STEP-LIMIT", 3), ("V-ANYOF", 2)]);
    assert_eq!(report["admitted"], 1);
}
