//! Releases made through the binary: versions, rejects, repeats, inputs in every form, schemas.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::support::{Test, article, articles, rows};

/// A dataset with a schema of its own, short enough to be shown in full.
const POINT_SCHEMA: &str = r#"{
  "$id": "urn:test:point",
  "type": "object",
  "required": ["id", "n"],
  "properties": {
    "id": { "type": "integer" },
    "n": { "type": "number" },
    "day": { "type": ["string", "null"], "format": "date" }
  },
  "additionalProperties": false
}
"#;

fn points(lines: &str) -> Test {
    Test::set("schema = \"point.schema.json\"\n", lines).file("set/point.schema.json", POINT_SCHEMA)
}

/// A set with one release of the articles `a` and `b`.
fn released() -> Test {
    let test = Test::set("", articles(&["a", "b"]));
    test.build("").check();
    test
}

#[test]
fn the_first_release_is_1_0_0() {
    let test = points("{\"id\":2,\"n\":1.5,\"day\":\"2024-12-31\"}\n{\"id\":1,\"n\":-2}\n");
    let stdout = "\
sources/a.jsonl: JSON lines, 2 articles
the dataset states no license and no creators: set `license` and `creators` in `dataset.toml`
published set/1.0.0

set 1.0.0
  released    2024-12-31
  records     2 in 1 part, 1,026 bytes
  fingerprint 8a7324d15e0f62893fd3995ed921fd5254a91541957f7ed5dc197882311b36f6
  order       id (key id)
  read        2 articles from 1 input
  columns     3; `pressmark show set/1.0.0` lists them

query it
  duckdb -c \"SELECT * FROM 'set/1.0.0/data/*.parquet' LIMIT 5\"
  python3 -c \"import pandas; print(pandas.read_parquet('set/1.0.0/data'))\"
verify it
  pressmark verify set/1.0.0
";
    test.build("")
        .stdout(stdout)
        .tree(&[
            "set/1.0.0/CITATION.cff",
            "set/1.0.0/README.md",
            "set/1.0.0/SHA256SUMS",
            "set/1.0.0/croissant.json",
            "set/1.0.0/data/part-00000-8a7324d1.parquet",
            "set/1.0.0/datapackage.json",
            "set/1.0.0/inputs.jsonl",
            "set/1.0.0/manifest.json",
            "set/1.0.0/schema.json",
            "set/CHANGELOG.md",
            "set/README.md",
            "set/dataset.toml",
            "set/point.schema.json",
            "set/sources/a.jsonl",
        ])
        .check();
    assert_eq!(test.read("set/1.0.0/schema.json"), POINT_SCHEMA.as_bytes());
    let records = [json!({ "id": 1, "n": -2 }), json!({ "id": 2, "n": 1.5, "day": "2024-12-31" })];
    assert_eq!(rows(&test.path("set/1.0.0")), records);
}

#[test]
fn a_bump_raises_one_number_of_the_newest_release() {
    let test = released();
    for (bump, version, previous) in
        [("patch", "1.0.1", "1.0.0"), ("minor", "1.1.0", "1.0.1"), ("major", "2.0.0", "1.1.0")]
    {
        test.build(&format!("--bump {bump}")).stdout_has(format!("published set/{version}\n")).check();
        assert_eq!(test.json(&format!("set/{version}/manifest.json"))["previous"]["version"], previous);
    }
}

#[test]
fn a_bump_without_a_release_is_the_first() {
    let test = Test::set("", article("a"));
    test.build("--bump minor").stdout_has("published set/1.0.0\n").check();
    assert_eq!(test.json("set/1.0.0/manifest.json")["previous"], Value::Null);
}

#[test]
fn a_second_release_needs_a_version() {
    let test = released();
    let stderr = "\
error: no version was given; the newest release of this dataset is 1.0.0
  help: add `--version V` or `--bump auto|major|minor|patch`
";
    test.build("").code(2).stdout("").stderr(stderr).leaves_nothing().check();
}

#[test]
fn a_version_below_the_newest_is_refused() {
    let test = released();
    let stderr = "\
error: version 0.9.0 is not higher than the newest release, 1.0.0
  help: use a higher `--version`, or `--bump`
";
    test.build("--version 0.9.0").code(2).stdout("").stderr(stderr).leaves_nothing().check();
}

#[test]
fn the_same_release_again_is_left_as_it_is() {
    let test = released();
    let unchanged = "unchanged set/1.0.0 already contains exactly these records\n";
    test.run("build set --version 1.0.0 --date 2025-01-01").stdout_has(unchanged).leaves_nothing().check();
    test.build("--version 1.0.0 -").stdin(articles(&["b", "a"])).stdout_has(unchanged).leaves_nothing().check();
}

#[test]
fn a_release_can_go_elsewhere() {
    let test = Test::set("", article("a"));
    let before = test.files();
    test.build("--output new/place").stdout_has("published new/place/1.0.0\n").check();
    let (new, old): (Vec<_>, Vec<_>) = test.files().into_keys().partition(|path| path.starts_with("new/place/"));
    assert_eq!(new.len(), 11);
    assert!(old.iter().eq(before.keys()), "{old:?}");
}

#[test]
fn a_release_is_read_only() {
    let test = released();
    for path in test.files().into_keys().filter(|path| path.starts_with("set/1.0.0/")) {
        assert!(std::fs::metadata(test.path(&path)).unwrap().permissions().readonly(), "{path}");
    }
}

/// Three articles of which the second cannot be read.
fn one_of_three_is_broken() -> String {
    article("a") + "no\n" + &article("b")
}

#[track_caller]
fn check_allowance(settings: &str, arguments: &str, published: bool) {
    let test = Test::set(settings, one_of_three_is_broken());
    let run = test.build(arguments).stderr_has("P-SYNTAX").stderr_has("sources/a.jsonl:2");
    if published {
        run.stdout_has("sources/a.jsonl: JSON lines, 3 articles, 1 rejected\n").check();
        assert_eq!(test.keys("set/1.0.0"), ["a", "b"]);
        assert_eq!(test.json("set/1.0.0/manifest.json")["rejected"], json!({ "P-SYNTAX": 1 }));
    } else {
        run.code(1).stdout("").stderr_has("set/rejects/1.0.0/rejects.jsonl.zst").check();
        let tree: Vec<String> = test.files().into_keys().collect();
        assert_eq!(tree, ["set/dataset.toml", "set/rejects/1.0.0/rejects.jsonl.zst", "set/sources/a.jsonl"]);
    }
}

#[test]
fn no_reject_is_allowed_unless_it_is_said() {
    check_allowance("", "", false);
    check_allowance("[policy]\nmax_rejects = 1\n", "", true);
    check_allowance("[policy]\nmax_rejects = \"33%\"\n", "", false);
    check_allowance("[policy]\nmax_rejects = \"34%\"\n", "", true);
}

#[test]
fn the_command_line_allows_and_forbids_rejects() {
    check_allowance("", "--max-rejects 1", true);
    check_allowance("", "--max-rejects 33.4%", true);
    check_allowance("[policy]\nmax_rejects = 9\n", "--max-rejects 0", false);
    check_allowance("[policy]\nmax_rejects = 9\n", "--max-rejects 33.3%", false);
}

#[test]
fn nothing_is_published_when_no_record_is_left() {
    let test = Test::set("", "no\n");
    test.build("--max-rejects 100%").code(1).stdout("").stderr_has("P-SYNTAX").check();
    assert!(!test.path("set/1.0.0").exists());
}

#[test]
fn a_reject_is_stored_with_its_place_bytes_and_reasons() {
    let test = points("{\"id\":1,\"n\":1}\n{\"id\":2,\"n\":\"x\",\"day\":\"never\"}\n\n\u{20}\n{\"id\":\n");
    test.build("--max-rejects 2").stderr_has("V-TYPE").stderr_has("sources/a.jsonl:2").check();
    let rejects = test.rejects("1.0.0");
    let want = json!({
        "format": "pressmark-reject/1",
        "source": "sources/a.jsonl",
        "line": 2,
        "byte": 15,
        "length": 30,
        "encoding": "utf-8",
        "raw": "{\"id\":2,\"n\":\"x\",\"day\":\"never\"}",
        "violations_total": 2,
    });
    for (member, value) in want.as_object().unwrap() {
        assert_eq!(&rejects[0][member], value, "{member}");
    }
    let reasons: Vec<_> =
        rejects[0]["violations"].as_array().unwrap().iter().map(|it| (&it["code"], &it["pointer"])).collect();
    assert_eq!(reasons, [(&json!("V-TYPE"), &json!("/n")), (&json!("V-FORMAT"), &json!("/day"))]);
    assert_eq!((&rejects[1]["line"], &rejects[1]["violations"][0]["code"]), (&json!(5), &json!("P-SYNTAX")));
}

#[test]
fn a_reject_that_is_no_text_is_stored_as_base64() {
    let test = points("{\"id\":1,\"n\":1}\n");
    let run = test.build("--max-rejects 1 -").stdin(b"{\"id\":1,\"n\":1}\n\xff\xfe\n");
    run.stderr_has("P-UTF8").stderr_has("-:2").check();
    let rejects = test.rejects("1.0.0");
    assert_eq!((&rejects[0]["encoding"], &rejects[0]["raw"]), (&json!("base64"), &json!("//4=")));
}

#[test]
fn identical_repeats_become_one_record() {
    // Other spelling, same record: the order of members, white space, an escape.
    let repeat = "{ \"text\": \"Text \\u0061.\", \"title\": \"Title a\", \"id\": \"a\", \"url\": null }\n";
    let test = Test::set("", articles(&["a", "b"]) + repeat);
    test.build("").stdout_has("1 identical duplicate left out\n").check();
    assert_eq!(test.keys("set/1.0.0"), ["a", "b"]);
    let manifest = test.json("set/1.0.0/manifest.json");
    assert_eq!((&manifest["duplicates"], &manifest["inputs"]["admitted"]), (&json!(1), &json!(3)));
}

#[test]
fn a_key_with_two_contents_is_rejected_with_both() {
    let test = Test::set("", articles(&["a", "b"]) + "{\"id\":\"a\",\"text\":\"Another.\"}\n");
    test.build("").code(1).stderr_has("D-DUPLICATE-KEY").stderr_has("sources/a.jsonl:1").check();
    test.build("--max-rejects 2").stderr_has("sources/a.jsonl:3").check();
    assert_eq!(test.keys("set/1.0.0"), ["b"]);
    assert_eq!(test.json("set/1.0.0/manifest.json")["rejected"], json!({ "D-DUPLICATE-KEY": 2 }));
    let lines: Vec<Value> = test.rejects("1.0.0").into_iter().map(|reject| reject["line"].clone()).collect();
    assert_eq!(lines, [json!(1), json!(3)]);
}

const WITH_MOOD: &str = "{\"id\":\"a\",\"text\":\"One.\",\"mood\":{\"b\":1,\"a\":[2.0]}}\n";

#[test]
fn undeclared_members_are_kept() {
    for settings in ["", "[policy]\nextra = \"keep\"\n"] {
        let test = Test::set(settings, WITH_MOOD);
        test.build("").check();
        let extra = json!({ "mood": { "a": [2], "b": 1 } });
        assert_eq!(rows(&test.path("set/1.0.0")), [json!({ "id": "a", "text": "One.", "_extra": extra })]);
    }
}

#[test]
fn undeclared_members_are_dropped_and_counted() {
    let test = Test::set("[policy]\nextra = \"drop\"\n", WITH_MOOD);
    test.build("").stdout_has("_extra: 1 undeclared member dropped\n").check();
    assert_eq!(rows(&test.path("set/1.0.0")), [json!({ "id": "a", "text": "One." })]);
    assert_eq!(test.json("set/1.0.0/manifest.json")["normalised"], json!({ "_extra": { "dropped": 1 } }));
}

#[test]
fn undeclared_members_are_rejected() {
    let test = Test::set("[policy]\nextra = \"reject\"\n", WITH_MOOD.to_owned() + &article("b"));
    test.build("--max-rejects 1").stderr_has("V-ADDITIONAL").stderr_has("sources/a.jsonl:1").check();
    assert_eq!(test.keys("set/1.0.0"), ["b"]);
    assert_eq!(test.rejects("1.0.0")[0]["violations"][0]["pointer"], "/mood");
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    zstd::encode_all(bytes.as_ref(), 3).unwrap()
}

/// Builds from these bytes, once from a file and once from standard input.
#[track_caller]
fn check_input(bytes: impl AsRef<[u8]>, keys: &[&str]) {
    let test = Test::set("", &bytes);
    test.build("").check();
    test.build("--output other -").stdin(&bytes).check();
    assert_eq!(test.keys("set/1.0.0"), keys);
    assert_eq!(test.keys("other/1.0.0"), keys);
}

#[test]
fn inputs_may_be_compressed_whatever_they_are_called() {
    check_input(gzip(articles(&["a", "b"])), &["a", "b"]);
    check_input(zstd(articles(&["a", "b"])), &["a", "b"]);
}

#[test]
fn compressed_inputs_may_be_joined() {
    check_input([gzip(article("a")), gzip(article("b"))].concat(), &["a", "b"]);
    check_input([zstd(article("a")), zstd(article("b"))].concat(), &["a", "b"]);
}

#[test]
fn lines_may_end_in_crlf_or_be_blank() {
    check_input(articles(&["a", "b"]).replace('\n', "\r\n"), &["a", "b"]);
    check_input("\n \t\r\n".to_owned() + &article("a") + "\n\n" + &article("b") + "\n", &["a", "b"]);
}

#[test]
fn the_last_line_needs_no_end_and_a_byte_order_mark_is_no_content() {
    check_input(articles(&["a", "b"]).trim_end(), &["a", "b"]);
    check_input("\u{feff}".to_owned() + &articles(&["a", "b"]), &["a", "b"]);
}

#[test]
fn a_page_dump_may_begin_with_a_byte_order_mark() {
    let test = Test::set("source = \"pages\"\n", "\u{feff}Title\nTT\nTitle\nBody.\n");
    test.build("").check();
    assert_eq!(rows(&test.path("set/1.0.0"))[0]["title"], "Title");
}

#[test]
fn a_page_dump_may_have_crlf_line_ends() {
    let test = Test::set("source = \"pages\"\n", "Title\r\nTT\r\nTitle\r\nOne.\r\n\r\nTwo.\r\n");
    test.build("").check();
    assert_eq!(rows(&test.path("set/1.0.0"))[0]["text"], "One.\n\nTwo.");
}

#[test]
fn standard_input_is_named_by_a_dash_in_the_list_of_inputs() {
    let test = Test::set("", "");
    test.build("-").stdin(article("a")).stdout_has("-: JSON lines, 1 article\n").check();
    let inputs = test.list("set/1.0.0/inputs.jsonl");
    assert_eq!((&inputs[0]["name"], &inputs[0]["bytes"]), (&json!("-"), &json!(article("a").len())));
}

#[test]
fn inputs_are_named_without_the_folders_above_the_dataset() {
    let test = Test::set("", article("a")).file("elsewhere/b.jsonl", article("b"));
    test.build("elsewhere/b.jsonl set/sources").check();
    let inputs = test.list("set/1.0.0/inputs.jsonl");
    assert_eq!((&inputs[0]["name"], &inputs[1]["name"]), (&json!("b.jsonl"), &json!("sources/a.jsonl")));
    let test = Test::set("", "").file("elsewhere/c/b.jsonl", article("b")).file("more/a.jsonl", article("a"));
    test.build("elsewhere/c elsewhere elsewhere/c/b.jsonl more").check();
    let inputs = test.list("set/1.0.0/inputs.jsonl");
    let names: Vec<&Value> = inputs.iter().map(|input| &input["name"]).collect();
    assert_eq!(names, ["elsewhere/c/b.jsonl", "more/a.jsonl"]);
}

#[test]
fn inputs_of_one_name_from_two_folders_are_counted_together() {
    let conflict = article("a") + "{\"id\":\"a\",\"text\":\"Another.\"}\n" + &article("b");
    let test = Test::set("", "").file("x/a.jsonl", "no\n").file("y/a.jsonl", conflict);
    test.build("--max-rejects 3 x/a.jsonl y/a.jsonl").stderr_has("D-DUPLICATE-KEY").check();
    let inputs = test.list("set/1.0.0/inputs.jsonl");
    let sum = |member: &str| inputs.iter().map(|input| input[member].as_u64().unwrap()).sum::<u64>();
    assert_eq!(["articles", "admitted", "rejected"].map(sum), [4, 1, 3]);
}

#[test]
fn a_folder_may_be_called_like_a_pattern() {
    let test = Test::new().file("a[b]/dataset.toml", "name = \"set\"\ninputs = [\"sources/*\"]\n");
    let test = test.file("a[b]/sources/a.jsonl", article("a"));
    test.run("build a[b] --date 2024-12-31").stdout_has("published a[b]/1.0.0\n").check();
}

#[test]
fn an_id_and_a_domain_are_derived_and_counted() {
    let test = Test::set("", "{\"url\":\"https://News.example/a\",\"text\":\"One.\"}\n");
    let derived = "domain: 1 value taken from the host of the URL\nid: 1 value derived by the recipe u1\n";
    test.build("").stdout_has(derived).check();
    let record = &rows(&test.path("set/1.0.0"))[0];
    assert_eq!(record["domain"], "news.example");
    assert_eq!(record["id"], "u1-95bbca1f9b4bae7d73e89dc2c1be3dbe");
}

#[test]
fn records_are_ordered_by_time_then_key_with_nulls_last() {
    let dated = |id: &str, at: &str| format!("{{\"id\":\"{id}\",\"published_at\":{at},\"text\":\"One.\"}}\n");
    let lines = [
        dated("none", "null"),
        dated("b", "\"2024-12-31T00:00:00Z\""),
        dated("late", "\"2024-12-31T00:00:00-01:00\""),
        dated("a", "\"2024-12-31T02:00:00+02:00\""),
    ];
    let test = Test::set("", lines.concat());
    test.build("").check();
    assert_eq!(test.keys("set/1.0.0"), ["a", "b", "late", "none"]);
}

#[test]
fn a_stale_lock_does_not_stop_a_build() {
    let test = Test::set("", article("a")).file("set/.lock", "");
    test.build("").check();
    assert!(!test.path("set/.lock").exists());
}

/// What a dataset's next release is to be called after a change of its articles.
#[track_caller]
fn check_auto(settings: &str, articles: &str, version: &str, since: &str) {
    let test = Test::set(settings, article("a") + &article("b"));
    test.run("build set --date 2024-12-31").check();
    test.write("set/sources/a.jsonl", articles);
    test.run("build set --date 2025-01-01 --bump auto")
        .stdout_has(format!("published set/{version}\n"))
        .stdout_has(since)
        .check();
    let changelog = String::from_utf8(test.read("set/CHANGELOG.md")).unwrap();
    assert!(changelog.starts_with(&format!("# Changelog\n\n## {version} (2025-01-01)\n\n")), "{changelog}");
    assert!(changelog.ends_with("\n## 1.0.0 (2024-12-31)\n\nThe first release: 2 records.\n"), "{changelog}");
}

#[test]
fn what_changed_decides_the_version() {
    let changed = article("a") + &article("b").replace("Text b", "Another text");
    let datapackage = "[policy]\nversions = \"datapackage\"\n";
    check_auto("", &(article("a") + &article("b") + &article("c")), "1.1.0", "since 1.0.0: 1 record added\n");
    check_auto("", &article("a"), "2.0.0", "since 1.0.0: 1 record removed\n");
    check_auto("", &changed, "2.0.0", "since 1.0.0: 1 record changed\n");
    check_auto(datapackage, &changed, "1.0.1", "since 1.0.0: 1 record changed\n");
}

#[test]
fn nothing_changed_is_nothing_new() {
    let test = released();
    test.run("build set --bump auto")
        .stdout_has("unchanged set/1.0.0 already contains exactly these records\n")
        .leaves_nothing()
        .check();
}

#[test]
fn a_version_that_says_too_little_is_refused() {
    let test = released();
    test.write("set/sources/a.jsonl", article("a"));
    let stderr = "\
error: 1.1.0 is too small a bump: by the policy `croissant`, the changes since 1.0.0 need 2.0.0: 1 record \
                  removed; 1 record unchanged
  help: use `--version 2.0.0` or `--bump auto`, or add `--allow-understated` to publish anyway; `versions = \"datapackage\"` under [policy] in dataset.toml counts changes differently
";
    let build = "build set --date 2024-12-31 --version 1.1.0";
    test.run(build).code(2).stdout("").stderr(stderr).leaves_nothing().check();
    test.run(&format!("{build} --allow-understated")).stdout_has("published set/1.1.0\n").check();
}

#[test]
fn a_version_with_build_metadata_is_refused() {
    let test = Test::set("", article("a"));
    let stderr = "\
error: version 1.0.0+a has build metadata (`+a`), which does not order releases
  help: remove the `+` and what follows it
";
    test.build("--version 1.0.0+a").code(2).stdout("").stderr(stderr).leaves_nothing().check();
}
