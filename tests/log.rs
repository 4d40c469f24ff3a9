//! The releases of a dataset, and whether each follows the one before.

use serde_json::json;

use crate::support::{Test, article, articles};

/// Releases of one, three and two records, and a last one like the third.
fn released() -> Test {
    let test = Test::set("title = \"A set\"\n", articles(&["a", "b", "c"]));
    test.build("--version 0.9.0 -").stdin(article("a")).check();
    test.build("--version 1.0.0").check();
    test.build("--version 1.1.0 -").stdin(articles(&["a", "b"])).check();
    test.run("build set --date 2025-01-02 --version 1.10.0 -").stdin(articles(&["a", "b"])).check();
    test
}

/// What `log` says of them, given the size and fingerprint of each.
fn want(test: &Test, notes: [&str; 4]) -> String {
    let line = |(version, words, note): (&str, &str, &str)| {
        let manifest = test.json(&format!("set/{version}/manifest.json"));
        let size = manifest["parts"][0]["bytes"].as_u64().unwrap();
        let size = format!("{},{:03} bytes", size / 1000, size % 1000);
        let fingerprint = &manifest["fingerprint"].as_str().unwrap()[..8];
        format!("{words}  {size}  {fingerprint:>11}  1{note}\n")
    };
    let lines = [
        ("1.10.0", "1.10.0   2025-01-02        2       =", notes[3]),
        ("1.1.0", "1.1.0    2024-12-31        2      -1", notes[2]),
        ("1.0.0", "1.0.0    2024-12-31        3      +2", notes[1]),
        ("0.9.0", "0.9.0    2024-12-31        1        ", notes[0]),
    ];
    "version    released  records  change         size  fingerprint  parts\n".to_owned() + &lines.map(line).concat()
}

#[test]
fn log_lists_releases_the_newest_first() {
    let test = released();
    test.run("log set").stdout(want(&test, ["", "", "", ", 1 reused"])).leaves_nothing().check();
}

#[test]
fn log_tells_a_broken_chain() {
    let test = released();
    let was = test.json("set/1.10.0/manifest.json")["previous"]["manifest_sha256"].as_str().unwrap().to_owned();
    let mut manifest = test.json("set/1.1.0/manifest.json");
    manifest["dataset"]["title"] = json!("Another set");
    let bytes = manifest.to_string();
    let is = pressmark::digest::Digest::of(bytes.as_bytes());
    test.write("set/1.1.0/manifest.json", bytes);
    let note = format!(
        ", 1 reused\n  broken chain: it was built on a different 1.1.0: the manifest was {was} and is now {is}"
    );
    test.run("log set").code(1).stdout(want(&test, ["", "", "", &note])).leaves_nothing().check();
    let report = test.run("log set --format json").code(1).json();
    assert_eq!(report["intact"], json!(false));
    assert_eq!(report["releases"][0]["manifest"]["chain"], json!("broken"));
    assert_eq!(report["releases"][1]["manifest"]["chain"], json!("intact"));
}

#[test]
fn log_tells_a_release_that_is_gone() {
    let test = released();
    std::fs::rename(test.path("set/0.9.0"), test.path("elsewhere")).unwrap();
    let stdout = test.run("log set").check();
    assert!(stdout.ends_with("  1\n  follows 0.9.0, which is missing\n"), "{stdout}");
    let report = test.run("log set --format json").json();
    let oldest = &report["releases"][2]["manifest"];
    assert_eq!((&oldest["chain"], &oldest["growth"]), (&json!("missing"), &json!(null)));
    assert_eq!(oldest["previous"]["version"], json!("0.9.0"));
}

#[test]
fn log_tells_a_manifest_that_cannot_be_read() {
    let test = released();
    test.write("set/1.0.0/manifest.json", "{\u{1b}");
    let stdout =
        test.run("log set").code(1).stdout_has("\n1.0.0    unreadable: `set/1.0.0` is not a release: ").check();
    assert!(stdout.contains("  broken chain: it was built on a different 1.0.0: the manifest was "), "{stdout}");
    assert!(stdout.contains(" and cannot be read\n") && !stdout.contains('\u{1b}'), "{stdout}");
    let report = test.run("log set --format json").code(1).json();
    assert_eq!(report["releases"][2]["manifest"], json!(null));
    assert!(report["releases"][2]["error"].as_str().unwrap().starts_with("`set/1.0.0` is not a release: "));
}

#[test]
fn log_as_json() {
    let test = released();
    let report = test.run("log set --format json").leaves_nothing().json();
    let manifest = test.json("set/1.1.0/manifest.json");
    let sha256 = pressmark::digest::Digest::of(&test.read("set/1.1.0/manifest.json")).to_string();
    let want = json!({ "version": "1.1.0", "release": "set/1.1.0", "error": null, "manifest": {
        "sha256": sha256, "released": "2024-12-31", "fingerprint": manifest["fingerprint"], "records": 2,
        "growth": -1, "bytes": manifest["parts"][0]["bytes"], "parts": 1, "reused": 0,
        "previous": manifest["previous"], "chain": "intact",
    } });
    assert_eq!(report["releases"][1], want);
    assert_eq!((&report["format"], &report["intact"]), (&json!("pressmark-log/1"), &json!(true)));
    let first = &report["releases"][3]["manifest"];
    assert_eq!((&first["chain"], &first["previous"]), (&json!("first"), &json!(null)));
}

/// As many records are not the same records.
#[test]
fn log_tells_other_records_and_rejects() {
    let test = Test::set("[policy]\nmax_rejects = 9\n", articles(&["a", "b"]));
    test.build("").check();
    test.write("set/sources/a.jsonl", articles(&["a", "c"]) + "{}\n");
    test.build("--version 2.0.0").stderr_has("V-REQUIRED").check();
    let stdout = test.run("log set").check();
    let line = stdout.lines().nth(1).unwrap();
    assert!(line.starts_with("2.0.0    2024-12-31        2      ±0  "), "{stdout}");
    assert!(line.ends_with("  1; 1 article rejected"), "{stdout}");
}

#[test]
fn log_needs_releases() {
    let test = Test::set("", "");
    let help = "  help: a release is a folder with a manifest.json, such as datasets/NAME/1.0.0\n";
    let stderr = "\
error: the dataset `set` has no releases yet
  help: to publish the first one, run: pressmark build set
";
    test.run("log set").code(2).stdout("").stderr(stderr).check();
    test.build("-").stdin(article("a")).check();
    let stderr = "\
error: `set/1.0.0` is not a dataset: it is a release itself
  help: name the folder that contains the releases
";
    test.run("log set/1.0.0").code(2).stdout("").stderr(stderr).check();
    let stderr = format!("error: `none` is not a release: no such folder\n{help}");
    test.run("log none").code(2).stdout("").stderr(stderr).check();
}
