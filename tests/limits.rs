//! Limits of readers: whatever a command writes, no other refuses. Where a limit would be passed the
//! writer says so, and nothing is published.

use serde_json::{Value, json};

use pressmark::digest::Digest;

use crate::support::{Test, article, articles};

/// The longest article, manifest and list of withdrawals that is read, in bytes.
const LIMIT: usize = 64 << 20;

#[test]
fn a_manifest_that_no_command_reads_is_not_published() {
    let schema = include_bytes!("cases/manifest-limit/s.json");
    let test = Test::set("schema = \"s.json\"\n", "").file("set/s.json", schema);
    // The first and the last key of the only part.
    test.write("set/sources/a.jsonl", format!("{{\"id\":\"{}\"}}\n", "k".repeat(LIMIT / 2)));
    let told =
        test.build("").code(2).stdout("").stderr_has("error: `manifest.json` would have 67").leaves_nothing().told();
    assert!(told.contains("more than the limit of 67108864; nothing was published"), "{told}");
    assert!(told.contains("is the first and last keys of parts: choose a `key`"), "{told}");
    // The dataset is not stuck.
    test.write("set/sources/a.jsonl", "{\"id\":\"k\"}\n");
    test.build("").stderr_has("warning[D-MAPS]").check();
    test.run("verify set").check();
}

#[test]
fn withdrawals_that_no_command_reads_are_refused() {
    let test = Test::set("", articles(&["a", "b"]));
    test.build("").check();
    // As long as a list of withdrawals may be.
    let frame = "{\"key\":\"a\",\"reason\":\"\"}";
    test.write("gone.jsonl", frame.replace("\"\"}", &format!("\"{}\"}}", "r".repeat(LIMIT - frame.len()))));
    let build = test.build("--base 1.0.0 --version 2.0.0 --withdraw gone.jsonl").code(2).stdout("");
    build
        .stderr_has("error: `withdrawn.jsonl` would have 67108865 bytes, more than the limit of 67108864")
        .stderr_has("help: withdraw in several releases")
        .leaves_nothing()
        .check();
    test.run("log set").check();
}

#[test]
fn a_record_that_no_command_reads_again_is_not_published() {
    let schema = r#"{"type": "object", "required": ["id"], "properties": {
        "id": {"type": "string"}, "a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}}}"#;
    let mapping = "name = \"mine\"\n[fields]\nid = \"/id\"\na = \"/text\"\nb = \"/text\"\nc = \"/text\"\n";
    let test = Test::set("schema = \"s.json\"\nsource = \"./mine.toml\"\n", "");
    let test = test.file("set/s.json", schema).file("set/mine.toml", mapping);
    let write = |length: usize| {
        let long = json!({"id": "long", "text": "t".repeat(length)});
        test.write("set/sources/a.jsonl", format!("{}\n{long}\n", json!({"id": "a", "text": "t"})));
    };
    write(LIMIT / 3);
    let stderr = "error: `sources/a.jsonl` line 2: the record of this article has 67";
    let told = test.build("").code(2).stdout("").stderr_has(stderr).leaves_nothing().told();
    assert!(told.contains("help: split the article, map its text to fewer fields"), "{told}");
    // One that is just short enough is read by everyone.
    write(LIMIT / 3 - 40);
    test.build("").check();
    test.run("verify set/1.0.0").check();
    test.run("export set/1.0.0 -o lines.jsonl").stderr_has("").check();
    assert!(test.read("lines.jsonl").len() > LIMIT - 200);
    test.run("check lines.jsonl --schema set/s.json").check();
}

#[test]
fn a_reject_file_is_read_again_however_long_names_are() {
    let schema = r#"{"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}},
        "additionalProperties": {"type": "array", "items": {"type": "string"}}}"#;
    let test = Test::set("schema = \"s.json\"\n", "").file("set/s.json", schema);
    let name = "n".repeat(1 << 20);
    let escaped = "~1/\\u0001".repeat(1 << 17);
    for name in [&name, &escaped] {
        test.write("set/sources/a.jsonl", format!("{{\"id\":\"a\",\"{name}\":{}}}\n", json!(vec![1; 120])));
        test.build("").code(1).stderr_has("V-TYPE").check();
        let reject: Value = test.rejects("1.0.0").remove(0);
        assert_eq!((&reject["violations_total"], &reject["violations"][0]["pointer"]), (&json!(120), &json!("")));
        assert_eq!(reject["violations"].as_array().unwrap().len(), 100);
        test.run("retry set/rejects --schema set/s.json").code(1).stderr_has("").check();
    }
}

/// What is not declared is kept in a column of its own, a level further down. An article that would be
/// too deep there is rejected, so that every export can be read again.
#[test]
fn an_article_as_deep_as_may_be_is_read_again() {
    for (depth, code) in [(125, 0), (126, 0), (127, 1), (128, 1)] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let test = Test::set("", article("a") + &format!("{{\"id\":\"b\",\"text\":\"B.\",\"more\":{deep}}}\n"));
        let build = test.build("").code(code);
        if code == 0 {
            build.check();
            test.run("verify set/1.0.0").check();
            test.run("export set/1.0.0 -o lines.jsonl").stderr_has("").check();
            test.run("check lines.jsonl").check();
            test.build("--version 1.0.1 lines.jsonl").check();
        } else {
            build.stderr_has("P-DEPTH").check();
        }
    }
}

/// 10^9 records in 31,000 parts: the manifest stays far below the limit of readers, and so do the documents.
#[test]
fn a_manifest_of_many_parts() {
    const PARTS: u64 = 31_000;
    let test = Test::set("", article("a"));
    test.build("").check();
    let mut manifest = test.json("set/1.0.0/manifest.json");
    let hex = |number: u64| Digest::of(number.to_string().as_bytes()).to_string();
    let edge =
        |number: u64| json!({ "id": format!("u1-{}", &hex(number)[..32]), "published_at": "2024-12-13T10:00:00Z" });
    let part = |index: u64| {
        let fingerprint = hex(index + 1_000_000);
        json!({
            "path": format!("data/part-{index:05}-{}.parquet", &fingerprint[..8]), "fingerprint": fingerprint,
            "sha256": hex(index + 2_000_000), "bytes": 123_456_789, "rows": 32_259,
            "first": edge(index), "last": edge(index + 3_000_000),
        })
    };
    manifest["parts"] = (0..PARTS).map(part).collect();
    manifest["records"] = (PARTS * 32_259).into();
    test.write("set/1.0.0/manifest.json", serde_json::to_string_pretty(&manifest).unwrap() + "\n");
    let bytes = test.read("set/1.0.0/manifest.json").len();
    assert!(bytes < 16 << 20, "{bytes}");
    // Readers take it, and every document can be made.
    test.run("show set/1.0.0").stdout_has("1,000,029,000 in 31,000 parts").check();
    for (format, limit) in
        [("card", 100_000), ("croissant", 16 << 20), ("datapackage", 3_000_000), ("citation", 10_000)]
    {
        let bytes = test.run(&format!("show set/1.0.0 --format {format}")).check().len();
        assert!(bytes < limit, "{format}: {bytes}");
    }
}
