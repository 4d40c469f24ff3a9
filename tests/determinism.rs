//! The same records give the same bytes, however they arrive.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::support::{Files, Test, article, files, parts};

/// How many articles: enough for many parts under the smallest layout.
const COUNT: usize = 400;

/// Articles on some days and on none, a line each, in no particular order.
fn lines() -> Vec<String> {
    (0..COUNT)
        .map(|number| {
            let day = match number % 5 {
                0 => "null".to_owned(),
                rest => format!("\"2024-12-{:02}T0{rest}:00:00Z\"", 1 + number * 7 % 30),
            };
            let text = format!("Paragraph {number}. ").repeat(1 + number % 13);
            let text = text.trim_end();
            format!(
                "{{\"id\":\"a{number}\",\"published_at\":{day},\"tags\":[\"t{}\"],\"text\":\"{text}\"}}\n",
                number % 3
            )
        })
        .collect()
}

/// The lines in another order, which is the same every time.
fn shuffled(mut lines: Vec<String>) -> Vec<String> {
    let mut state = 12_345_u64;
    for at in (1..lines.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(state >> 33).unwrap() % (at + 1);
        lines.swap(at, other);
    }
    lines
}

/// Builds 1.1.0 of `set` from `sources`, after a release of one record that has the smallest layout
/// there is, for the next one to inherit: so few records make many parts.
fn build(test: &Test) {
    test.build("-").stdin(article("seed")).check();
    let mut manifest = test.json("set/1.0.0/manifest.json");
    manifest["layout"]["target_rows"] = json!(16);
    manifest["layout"]["row_group_rows"] = json!(2);
    test.write_manifest("set/1.0.0", &manifest);
    test.build("--version 1.1.0").check();
}

/// What a release has in common with every other of the same records: its parts, and its manifest
/// but for the inputs.
fn lasting(test: &Test) -> (Files, Value) {
    let mut manifest = test.json("set/1.1.0/manifest.json");
    manifest["inputs"] = json!(null);
    (parts(&test.path("set/1.1.0")), manifest)
}

/// A dataset with the articles in other files must give the release that one file gives.
#[track_caller]
fn check(test: &Test) {
    let first = Test::set("", lines().concat());
    build(&first);
    build(test);
    assert!(lasting(&first).0.len() > 10);
    assert!(lasting(&first) == lasting(test));
}

#[test]
fn the_same_input_twice() {
    let test = Test::set("", lines().concat());
    check(&test);
    let once = test.files();
    std::fs::remove_dir_all(test.path("set/1.1.0")).unwrap();
    test.build("--version 1.1.0").check();
    assert!(once == test.files(), "the whole release is the same, manifest and all");
}

#[test]
fn other_threads_and_memory() {
    let first = Test::set("", lines().concat());
    build(&first);
    for arguments in ["--threads 1 --memory 64MiB", "--threads 8", "--threads 3 --memory 4GiB"] {
        let test = Test::set("", lines().concat());
        build(&test);
        std::fs::remove_dir_all(test.path("set/1.1.0")).unwrap();
        test.build(&format!("--version 1.1.0 {arguments}")).check();
        assert!(lasting(&first) == lasting(&test), "{arguments}");
    }
}

#[test]
fn the_input_shuffled() {
    check(&Test::set("", shuffled(lines()).concat()));
    check(&Test::set("", lines().into_iter().rev().collect::<String>()));
}

#[test]
fn the_input_in_several_files() {
    let lines = shuffled(lines());
    let test = Test::set("", lines[..100].concat());
    let test = test.file("set/sources/b.jsonl", lines[100..399].concat()).file("set/sources/c.jsonl", &lines[399]);
    check(&test);
}

#[test]
fn the_input_through_gzip() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(lines().concat().as_bytes()).unwrap();
    check(&Test::set("", encoder.finish().unwrap()));
}

#[test]
fn the_input_spelt_in_another_way() {
    let spelt =
        |line: String| line.replace("{\"id\":", "{ \"url\": null, \"id\" : ").replace("T0", "t0").replace('\n', "\r\n");
    check(&Test::set("", lines().into_iter().map(spelt).collect::<String>()));
}

#[test]
fn the_folder_has_no_part_in_it() {
    let first = Test::set("", article("a"));
    first.build("").check();
    let other = Test::new();
    other.write("else/where/dataset.toml", first.read("set/dataset.toml"));
    other.write("else/where/sources/a.jsonl", article("a"));
    other.run("build else/where --output set --date 2024-12-31").check();
    let release = |test: &Test| files(&test.path("set/1.0.0"));
    assert!(release(&first) == release(&other));
}

#[test]
fn a_removed_record_leaves_the_parts_far_from_it() {
    let test = Test::set("", lines().concat());
    build(&test);
    test.write("set/sources/a.jsonl", lines()[1..].concat());
    test.build("--version 1.2.0").check();
    let (before, after) = (parts(&test.path("set/1.1.0")), parts(&test.path("set/1.2.0")));
    assert!(before.len() > 10, "{:?}", before.keys());
    let kept = after.values().filter(|bytes| before.values().any(|other| &other == bytes)).count();
    assert!(kept + 2 >= after.len() && kept < after.len(), "{kept} of {} parts are as before", after.len());
}
