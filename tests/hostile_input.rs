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
    check(nested(127), &[], 1);
    check_line(nested(128), "P-DEPTH");
    check_line(nested(1_000_000), "P-DEPTH");
    check_line("[".repeat(1_000_000), "P-DEPTH");
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
    test.build("--max-rejects 100%").code(1).stdout("").stderr_has("I-HTML").stderr_has("cannot be allowed").check();
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

/// Each violation takes memory, and a line has room for millions of them.
#[test]
fn of_a_very_large_article_the_first_violation_is_told() {
    let told = |tags: usize| {
        let test = Test::new()
            .file("in.jsonl", format!("{{\"id\":\"a\",\"text\":\"t\",\"tags\":[0{}]}}", ",0".repeat(tags - 1)));
        let report = test.run("check in.jsonl --format json").code(1).json();
        (report["causes"][0]["code"].clone(), report["causes"][0]["violations"].clone())
    };
    assert_eq!(told(65_000), (json!("V-TYPE"), json!(99)));
    assert_eq!(told(66_000), (json!("V-UNIQUE-ITEMS"), json!(1)));
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
