//! What `show` and `verify` say, to people and to programs.

use serde_json::json;

use crate::support::{Test, article};

const FINGERPRINT: &str = "8a7324d15e0f62893fd3995ed921fd5254a91541957f7ed5dc197882311b36f6";

/// A release of two records with three columns.
fn released() -> Test {
    let schema = r#"{ "type": "object", "required": ["id", "n"], "properties": {
        "id": { "type": "integer" }, "n": { "type": "number" },
        "day": { "type": ["string", "null"], "format": "date" } }, "additionalProperties": false }"#;
    let settings = "title = \"Two points\"\nlicense = \"CC0-1.0\"\nschema = \"point.json\"\n";
    let lines = "{\"id\":2,\"n\":1.5,\"day\":\"2024-12-31\"}\n{\"id\":1,\"n\":-2}\n";
    let test = Test::set(settings, lines).file("set/point.json", schema);
    test.build("").check();
    test
}

#[test]
fn show_tells_what_a_release_holds() {
    let stdout = format!(
        "
set 1.0.0 (Two points)
  released    2024-12-31
  license     CC0-1.0
  records     2 in 1 part, 1,026 bytes
  fingerprint {FINGERPRINT}
  order       id (key id)
  read        2 articles from 1 input

columns
  id   int64
  n    float64
  day  date  1 of 2 filled

query it
  duckdb -c \"SELECT * FROM 'set/1.0.0/data/*.parquet' LIMIT 5\"
  python3 -c \"import pandas; print(pandas.read_parquet('set/1.0.0/data'))\"
verify it
  pressmark verify set/1.0.0
"
    );
    released().run("show set/1.0.0").stdout(stdout).leaves_nothing().check();
}

#[test]
fn show_tells_what_was_kept_out() {
    let bad = "{\"id\":\"b\"}\n";
    let test = Test::set("[policy]\nmax_rejects = 2\n", format!("{0}{0}{1}", article("a"), bad));
    test.write("set/sources/b.jsonl", bad.replace('b', "c"));
    test.build("").stderr_has("V-REQUIRED").check();
    let stdout = "
  order       published_at, id (key id)
  read        4 articles from 2 inputs, 2 rejected, 1 identical duplicate left out
";
    test.run("show set/1.0.0").stdout_has(stdout).check();
}

#[test]
fn show_as_json_is_the_manifest() {
    let test = released();
    let manifest = String::from_utf8(test.read("set/1.0.0/manifest.json")).unwrap();
    test.run("show set/1.0.0 --format json").stdout(manifest).leaves_nothing().check();
}

#[test]
fn show_needs_a_release() {
    let stderr = "\
error: the dataset `set` has no releases yet
  help: to publish the first one, run: pressmark build set
";
    Test::set("", "").run("show set").code(2).stdout("").stderr(stderr).check();
}

#[test]
fn verify_tells_an_intact_release() {
    let stdout = format!("intact set/1.0.0: verified 9 files and 2 records; fingerprint {FINGERPRINT}\n");
    released().run("verify set/1.0.0").stdout(stdout).leaves_nothing().check();
}

#[test]
fn verify_as_json_tells_an_intact_release() {
    let want = json!({ "format": "pressmark-verify/1", "releases": [{
        "release": "set/1.0.0", "intact": true, "quick": false, "version": "1.0.0", "fingerprint": FINGERPRINT,
        "files": 9, "records": 2, "counts": {}, "findings": [],
    }] });
    assert_eq!(released().run("verify set/1.0.0 --format json").json(), want);
}

#[test]
fn verify_tells_what_is_damaged() {
    let test = released();
    test.write("set/1.0.0/notes.txt", "mine");
    let stdout = "\
damaged set/1.0.0: 1 finding
  R-FILE-EXTRA notes.txt: the release contains a file that the manifest does not list
help: restore damaged files from a copy of the release, and remove files that do not belong to it
";
    test.run("verify set/1.0.0").code(1).stdout(stdout).leaves_nothing().check();
}

#[test]
fn verify_as_json_tells_what_is_damaged() {
    let test = released();
    test.write("set/1.0.0/notes.txt", "mine");
    let report = test.run("verify set/1.0.0 --format json").code(1).json();
    let finding = json!({
        "code": "R-FILE-EXTRA", "file": "notes.txt",
        "message": "the release contains a file that the manifest does not list",
    });
    assert_eq!(report["releases"][0]["findings"], json!([finding]));
    assert_eq!(report["releases"][0]["counts"], json!({ "R-FILE-EXTRA": 1 }));
    assert_eq!(report["releases"][0]["intact"], json!(false));
}

/// The releases of a run, checked against the published schema.
#[track_caller]
fn described(report: &serde_json::Value) -> serde_json::Value {
    let schema = serde_json::from_str(include_str!("../schema/verify-report.schema.json")).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    report["releases"].clone()
}

/// A release that is damaged, with the row of `b` in it.
fn damaged() -> Test {
    let test = released();
    let part = crate::support::parts(&test.path("set/1.0.0")).into_keys().next().unwrap();
    let name = format!("set/1.0.0/data/{part}");
    let mut bytes = test.read(&name);
    let at = bytes.windows(8).position(|window| window == b"pressmar").unwrap();
    bytes[at] ^= 1;
    test.write(&name, bytes);
    test
}

#[test]
fn verify_as_json_is_as_described() {
    let intact = released();
    described(&intact.run("verify set/1.0.0 --format json").json());
    described(&intact.run("verify set/1.0.0 --quick --format json").json());
    let told = described(&damaged().run("verify set/1.0.0 --format json").code(1).json());
    assert_eq!(told[0]["counts"]["R-FILE-HASH"], json!(1));
}

#[test]
fn a_quick_look_says_that_it_was_one() {
    let test = released();
    let stdout = "ok set/1.0.0: checked only sizes and footers\n";
    test.run("verify set/1.0.0 --quick").stdout(stdout).leaves_nothing().check();
    // A byte that is turned over has the same size; one more has not.
    let part = crate::support::parts(&test.path("set/1.0.0")).into_keys().next().unwrap();
    let name = format!("set/1.0.0/data/{part}");
    let mut bytes = test.read(&name);
    bytes[100] ^= 1;
    test.write(&name, &bytes);
    test.run("verify set/1.0.0 --quick").stdout(stdout).check();
    // Before the footer, whose place is told from the end, as those of the pages are from the start.
    let footer = u32::from_le_bytes(bytes[bytes.len() - 8..][..4].try_into().unwrap());
    bytes.insert(bytes.len() - 8 - usize::try_from(footer).unwrap(), 0);
    test.write(&name, &bytes);
    let told = test.run("verify set/1.0.0 --quick").code(1).check();
    let head = "damaged set/1.0.0: 1 finding; checked only sizes and footers\n  R-FILE-SIZE data/";
    assert!(told.starts_with(head), "{told}");
}

#[test]
fn verify_does_the_same_with_any_number_of_threads() {
    let test = damaged();
    let with = |threads: u32| test.run(&format!("verify set/1.0.0 --format json --threads {threads}")).code(1).json();
    assert_eq!(with(1), with(4));
}

#[test]
fn verify_as_annotations() {
    let test = released();
    test.write("set/1.0.0/notes.txt", "mine");
    let stdout = "\
::error file=set/1.0.0/notes.txt,title=R-FILE-EXTRA%3A 1 finding::the release contains a file that the manifest does not list
::notice title=pressmark::set/1.0.0 damaged: 1 finding
";
    test.run("verify set/1.0.0 --format github").code(1).stdout(stdout).check();
}

#[test]
fn verify_as_junit_and_sarif() {
    let test = released();
    let clean = test.run("verify set/1.0.0 --format junit").check();
    assert!(clean.contains("tests=\"1\" skipped=\"0\" failures=\"0\""), "{clean}");
    test.write("set/1.0.0/notes.txt", "mine");
    let junit = test.run("verify set/1.0.0 --format junit").code(1).check();
    assert!(
        junit.contains("tests=\"2\" skipped=\"0\" failures=\"2\"") && junit.contains("type=\"R-FILE-EXTRA\""),
        "{junit}"
    );
    let sarif = test.run("verify set/1.0.0 --format sarif").code(1).json();
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "R-FILE-EXTRA");
    let place = &run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(place, "set/1.0.0/notes.txt");
}

#[test]
fn verify_takes_a_dataset_for_all_its_releases() {
    let test = released();
    test.build("--bump minor").check();
    let stdout = ["1.0.0", "1.1.0"]
        .map(|version| format!("intact set/{version}: verified 9 files and 2 records; fingerprint {FINGERPRINT}\n"))
        .concat();
    test.run("verify set").stdout(stdout).check();
}

#[test]
fn verify_needs_releases() {
    let hint = "  help: a release is a folder with a manifest.json, such as datasets/NAME/1.0.0\n";
    let test = Test::set("", "");
    let stderr = format!("error: `none` is not a release: no such folder\n{hint}");
    test.run("verify none").code(2).stdout("").stderr(stderr).check();
    let stderr = "\
error: the dataset `set` has no releases yet
  help: to publish the first one, run: pressmark build set
";
    test.run("verify set").code(2).stdout("").stderr(stderr).check();
}

#[test]
fn verify_and_log_find_releases_without_a_dataset() {
    let test = released();
    test.build("--bump minor").check();
    test.remove("set/dataset.toml");
    let stdout = ["1.0.0", "1.1.0"]
        .map(|version| format!("intact set/{version}: verified 9 files and 2 records; fingerprint {FINGERPRINT}\n"))
        .concat();
    test.run("verify set").stdout(stdout).check();
    test.run("log set").stdout_has("1.1.0    2024-12-31").check();
}

#[test]
fn verify_and_log_say_what_a_folder_holds_instead() {
    let help = "  help: a release is a folder with a manifest.json, such as datasets/NAME/1.0.0\n";
    let test = Test::new().file("sets/a/dataset.toml", "").file("sets/b/1.0.0/manifest.json", "").file("x/y.txt", "");
    for command in ["verify", "log"] {
        let says = |folder: &str, what: &str| {
            let stderr = format!("error: `{folder}` is not a release: {what}\n{help}");
            test.run(&format!("{command} {folder}")).code(2).stdout("").stderr(stderr).leaves_nothing().check();
        };
        says("x", "it has no manifest.json and contains no releases");
        says("x/y.txt", "it is not a folder");
        says("sets", "it contains datasets (`a`, `b`); name one, such as `sets/a`");
    }
}

#[test]
fn what_is_left_of_a_release_is_damaged() {
    let (test, left) = (released(), "damaged ");
    test.remove("set/1.0.0/manifest.json");
    test.run("verify set").code(1).stdout_has(left).stdout_has("R-MANIFEST-MISSING").check();
    std::fs::rename(test.path("set/1.0.0"), test.path("r")).unwrap();
    test.run("verify r").code(1).stdout_has(left).stdout_has("R-MANIFEST-MISSING").check();
    test.write("set/1.0.1/notes.txt", "");
    test.run("verify set/1.0.1").code(1).stdout_has(left).stdout_has("R-MANIFEST-MISSING").check();
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let test = released();
    let colours = |run: crate::support::Run<'_>| run.check().contains('\u{1b}');
    assert!(!colours(test.run("show set/1.0.0")));
    assert!(colours(test.run("show set/1.0.0").variable("CLICOLOR_FORCE", "1")));
    assert!(!colours(test.run("show set/1.0.0").variable("CLICOLOR_FORCE", "1").variable("NO_COLOR", "1")));
}

#[test]
fn nothing_from_a_dataset_reaches_the_terminal_raw() {
    let test = Test::set("title = \"Red \\u001b[31m\\u202e\"\nlicense = \"\\u0007\"\n", article("a"));
    let unsafe_in = |text: &str| text.contains(['\u{1b}', '\u{7}', '\u{202e}']);
    assert!(!unsafe_in(
        &test.build("").stdout_has("(Red \\u{1b}[31m\\u{202e})").stderr_has("license `\\u{7}` is").check()
    ));
    assert!(!unsafe_in(&test.run("show set/1.0.0").check()));
    assert!(!unsafe_in(&test.run("verify set/1.0.0").check()));
}

#[test]
fn a_reject_reaches_the_terminal_disarmed() {
    let test = Test::set("", "{\"id\":\"\u{1b}[31m\"}\n{\"id\":\"\\u001b[31m \",\"text\":\"One.\"}\n");
    test.build("").code(1).stdout("").stderr_has("sources/a.jsonl:1").stderr_has("V-PATTERN").check();
    assert!(!test.build("").code(1).stderr_has("P-CONTROL-CHAR").told().contains('\u{1b}'));
}

#[test]
fn a_usage_error_exits_with_2() {
    let test = released();
    for arguments in ["", "nothing", "build set --version one", "build set --max-rejects 101%"] {
        test.run(arguments).code(2).stdout("").stderr_has("--help").leaves_nothing().check();
    }
}
