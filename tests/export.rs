//! `export`: exactly what it writes, and which bytes it reads for that.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use pressmark::digest::Digest;
use serde_json::json;

use crate::support::{Run, Test, article};

/// Points with a column of every kind. They are not ordered by their keys.
fn points() -> Test {
    let schema = r#"{ "type": "object", "required": ["id", "at"], "additionalProperties": false, "properties": {
        "id": { "type": "integer" },
        "at": { "type": "string", "format": "date-time" },
        "name": { "type": ["string", "null"] },
        "day": { "type": ["string", "null"], "format": "date" },
        "size": { "type": ["number", "null"] },
        "seen": { "type": ["boolean", "null"] },
        "tags": { "type": ["array", "null"], "items": { "type": "string" } },
        "place": { "type": ["object", "null"], "additionalProperties": false, "properties": {
            "y": { "type": "integer" }, "x": { "type": ["integer", "null"] } } } } }"#;
    let settings = "schema = \"point.json\"\nkey = \"id\"\norder_by = [\"at\"]\n";
    let lines = r#"{"id":1,"at":"2024-12-31T01:30:00+01:00","name":"a, \"b\"\nc","day":null,"size":0.50,"tags":["x","y\"z"]}
{"id":2,"at":"2024-12-30T10:00:00.120Z","name":"","day":"2024-12-30","seen":true,"tags":[],"place":{"x":null,"y":3}}
{"id":-3,"at":"2025-01-01T00:00:00Z","place":{}}
"#;
    let test = Test::set(settings, lines).file("set/point.json", schema);
    test.build("").check();
    test
}

/// The number of articles of a large release.
const COUNT: usize = 400;

/// A release 1.1.0 of many parts with several row groups each, ordered by these columns. It takes the smallest
/// layout from an earlier release of one record.
fn large(order_by: &str) -> Test {
    let lines: String = (0..COUNT).map(line).collect();
    let test = Test::set(&format!("order_by = [{order_by}]\n"), lines);
    test.build("-").stdin(article("seed")).check();
    let mut manifest = test.json("set/1.0.0/manifest.json");
    manifest["layout"]["target_rows"] = json!(16);
    manifest["layout"]["row_group_rows"] = json!(2);
    test.write_manifest("set/1.0.0", &manifest);
    test.build("--version 1.1.0").check();
    test
}

fn id(number: usize) -> String {
    format!("a{number:03}")
}

fn line(number: usize) -> String {
    let day = 1 + number * 7 % 30;
    let text = format!("Paragraph {number}. ").repeat(80);
    format!(
        "{{\"id\":\"{}\",\"published_at\":\"2024-12-{day:02}T00:00:00Z\",\"text\":\"{}\"}}\n",
        id(number),
        text.trim_end()
    )
}

/// The parts of the large release: their paths and the keys of their records.
fn parts(test: &Test) -> Vec<(PathBuf, Vec<String>)> {
    let manifest = test.json("set/1.1.0/manifest.json");
    let (mut keys, mut found) = (test.keys("set/1.1.0").into_iter(), Vec::new());
    for part in manifest["parts"].as_array().unwrap() {
        let rows = usize::try_from(part["rows"].as_u64().unwrap()).unwrap();
        let path = test.path("set/1.1.0").join(part["path"].as_str().unwrap());
        found.push((path, keys.by_ref().take(rows).collect()));
    }
    assert!(found.len() > 10, "{} parts", found.len());
    found
}

/// Makes some column chunks of a part unreadable.
fn damage(part: &PathBuf, chosen: impl Fn(usize, &str) -> bool) {
    let mut bytes = fs::read(part).unwrap();
    let reader = SerializedFileReader::new(File::open(part).unwrap()).unwrap();
    let mut damaged = 0;
    for (number, group) in reader.metadata().row_groups().iter().enumerate() {
        for chunk in group.columns().iter().filter(|chunk| chosen(number, &chunk.column_path().string())) {
            let (start, length) = chunk.byte_range();
            let (start, length) = (usize::try_from(start).unwrap(), usize::try_from(length).unwrap());
            bytes[start..start + length].fill(0xff);
            damaged += 1;
        }
    }
    assert!(damaged > 0);
    fs::remove_file(part).unwrap();
    fs::write(part, bytes).unwrap();
}

#[test]
fn json_lines_are_canonical() {
    let stdout = "\
{\"at\":\"2024-12-30T10:00:00.12Z\",\"day\":\"2024-12-30\",\"id\":2,\"name\":\"\",\"place\":{\"y\":3},\"seen\":true,\"tags\":[]}
{\"at\":\"2024-12-31T00:30:00Z\",\"id\":1,\"name\":\"a, \\\"b\\\"\\nc\",\"size\":0.5,\"tags\":[\"x\",\"y\\\"z\"]}
{\"at\":\"2025-01-01T00:00:00Z\",\"id\":-3,\"place\":{}}
";
    points().run("export set/1.0.0").stdout(stdout).leaves_nothing().check();
}

#[test]
fn the_hash_of_a_line_is_the_record_hash() {
    let test = points();
    let lines = test.run("export set/1.0.0").check();
    let hash = |line: &str| Digest::of(line.as_bytes()).to_string() + "\n";
    let hashes: String = lines.lines().map(hash).collect();
    let stored = test.run("export set/1.0.0 --columns record_sha256 --format csv").check();
    assert_eq!(stored.replace('\r', ""), format!("record_sha256\n{hashes}"));
    let mut sorted: Vec<&str> = hashes.split_inclusive('\n').collect();
    sorted.sort_unstable();
    let fingerprint = Digest::of(sorted.concat().as_bytes()).to_string();
    assert_eq!(test.json("set/1.0.0/manifest.json")["fingerprint"], fingerprint);
}

#[test]
fn csv_distinguishes_null_from_an_empty_string() {
    let stdout = "\
id,at,name,day,size,seen,tags,place\r
2,2024-12-30T10:00:00.12Z,\"\",2024-12-30,,true,[],\"{\"\"y\"\":3}\"\r
1,2024-12-31T00:30:00Z,\"a, \"\"b\"\"\nc\",,0.5,,\"[\"\"x\"\",\"\"y\\\"\"z\"\"]\",\r
-3,2025-01-01T00:00:00Z,,,,,,{}\r
";
    points().run("export set/1.0.0 --format csv").stdout(stdout).leaves_nothing().check();
}

#[test]
fn columns_have_the_requested_order() {
    let test = points();
    let stdout = "name,id\r\n\"\",2\r\n\"a, \"\"b\"\"\nc\",1\r\n,-3\r\n";
    test.run("export set/1.0.0 --format csv --columns name,id").stdout(stdout).check();
    let stdout = "{\"id\":2,\"name\":\"\"}\n{\"id\":1,\"name\":\"a, \\\"b\\\"\\nc\"}\n{\"id\":-3}\n";
    test.run("export set/1.0.0 --columns name --columns id").stdout(stdout).check();
}

#[test]
fn invalid_columns_are_refused() {
    let test = points();
    let help =
        "  help: did you mean `name`? available columns: id, at, name, day, size, seen, tags, place, record_sha256\n";
    let stderr = format!("error: there is no column `nam`\n{help}");
    test.run("export set/1.0.0 --columns nam").code(2).stdout("").stderr(stderr).leaves_nothing().check();
    let help = help.replace("did you mean `name`? ", "");
    let stderr = format!(
        "error: the column `id` is requested twice
{help}"
    );
    test.run("export set/1.0.0 --columns id,at,id").code(2).stdout("").stderr(stderr).leaves_nothing().check();
}

#[test]
fn keys_are_looked_up() {
    let test = points();
    let run = |arguments: &str| test.run(&format!("export set/1.0.0 --columns id {arguments}")).leaves_nothing();
    run("--where-key=-3 --where-key 2").stdout("{\"id\":2}\n{\"id\":-3}\n").check();
    run("--where-key 2 --where-key 2").stdout("{\"id\":2}\n").check();
    let stderr = "failed: no record has the key `02`\nfailed: no record has the key `7`\n";
    run("--where-key 7 --where-key 1 --where-key 02").code(1).stdout("{\"id\":1}\n").stderr(stderr).check();
    run("--where-key a").code(1).stdout("").stderr("failed: no record has the key `a`\n").check();
}

#[test]
fn keys_are_escaped_for_the_terminal() {
    let stderr = "failed: no record has the key `\\u{1b}[31m`\n";
    points().run("export set/1.0.0 --where-key \u{1b}[31m").code(1).stdout("").stderr(stderr).check();
}

#[test]
fn a_large_release_is_exported_once_and_in_order() {
    let test = large("\"published_at\"");
    let export = |arguments: &str| test.run(&format!("export set/1.1.0 {arguments}"));
    let all = export("--threads 1").check();
    let keys: Vec<String> = test.keys("set/1.1.0");
    let exported = |text: &str| -> Vec<String> {
        let id =
            |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
        text.lines().map(id).collect()
    };
    assert_eq!(exported(&all), keys);
    assert_eq!(keys.len(), COUNT);
    export("--threads 8").stdout(all.as_str()).check();
    let mut sorted: Vec<&str> = all.lines().collect();
    sorted.sort_unstable();
    let want: Vec<String> = (0..COUNT).map(line).collect();
    assert_eq!(sorted, want.iter().map(|line| line.trim_end()).collect::<Vec<_>>());
    for key in keys.iter().step_by(40) {
        let want = all.lines().find(|line| line.contains(key)).unwrap();
        export(&format!("--where-key {key}")).stdout(format!("{want}\n")).check();
    }
    let wanted: String = keys.iter().step_by(3).map(|key| " --where-key ".to_owned() + key).collect();
    let found = export(&wanted).check();
    assert_eq!(exported(&found), keys.iter().step_by(3).cloned().collect::<Vec<_>>());
}

#[test]
fn parts_that_cannot_have_the_key_are_not_opened() {
    let test = large("\"id\"");
    let parts = parts(&test);
    let (_, keys) = &parts[3];
    for (path, _) in parts.iter().filter(|(_, others)| others != keys) {
        fs::remove_file(path).unwrap();
    }
    let wanted = format!("--where-key {} --where-key {}", keys[0], keys[keys.len() - 1]);
    let stdout = format!("{{\"id\":\"{}\"}}\n{{\"id\":\"{}\"}}\n", keys[0], keys[keys.len() - 1]);
    test.run(&format!("export set/1.1.0 --columns id {wanted}")).stdout(stdout).check();
    test.run("export set/1.1.0").code(2).stderr_has("error: cannot read the part `set/1.1.0/data/part-00000-").check();
}

#[test]
fn row_groups_that_cannot_have_the_key_are_not_read() {
    let test = large("\"published_at\"");
    let parts = parts(&test);
    let (path, keys) = &parts[2];
    assert!(keys.len() > 4, "a second row group is needed");
    damage(path, |group, _| group == 0);
    let stdout = format!("{{\"id\":\"{}\"}}\n", keys[4]);
    test.run(&format!("export set/1.1.0 --columns id --where-key {}", keys[4])).stdout(stdout).check();
    let lost = test.run(&format!("export set/1.1.0 --columns id --where-key {}", keys[0]));
    lost.code(2).stdout("").stderr_has("error: cannot read the part `set/1.1.0/data/part-00002-").check();
}

#[test]
fn other_columns_are_not_read() {
    let test = large("\"published_at\"");
    let path = parts(&test)[0].0.clone();
    damage(&path, |_, column| column == "text");
    assert_eq!(test.run("export set/1.1.0 --columns id,published_at").check().lines().count(), COUNT);
    test.run("export set/1.1.0 --columns text").code(2).stdout("").stderr_has("error: cannot read the part").check();
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let test = large("\"published_at\"").file("out/all.jsonl", "what stood there before");
    let all = test.run("export set/1.1.0").check();
    let stderr = "wrote 400 records to out/all.jsonl\n";
    test.run("export set/1.1.0 -o out/all.jsonl").stdout("").stderr(stderr).check();
    assert_eq!(String::from_utf8(test.read("out/all.jsonl")).unwrap(), all);
    let last = parts(&test).pop().unwrap().0;
    damage(&last, |_, column| column == "text");
    let run: Run<'_> = test.run("export set/1.1.0 --output out/all.jsonl");
    run.code(2).stdout("").stderr_has("error: cannot read the part").leaves_nothing().check();
    let run = test.run("export set/1.1.0 --output nowhere/all.jsonl");
    run.code(2).stdout("").stderr_has("is in a folder that does not exist").leaves_nothing().check();
}

#[test]
fn a_file_without_records_is_written() {
    let test = points();
    let stderr = "failed: no record has the key `9`\nwrote 0 records to none.csv\n";
    test.run("export set/1.0.0 --where-key 9 --columns id --format csv -o none.csv").code(1).stderr(stderr).check();
    assert_eq!(test.read("none.csv"), b"id\r\n");
}

#[test]
fn a_release_is_not_written_into() {
    let stderr = "\
error: `set/1.0.0/data/../all.jsonl` is part of a release, which never changes
  help: choose another path, outside of all releases
";
    let test = points();
    test.run("export set/1.0.0 -o set/1.0.0/data/../all.jsonl").code(2).stderr(stderr).leaves_nothing().check();
}

#[cfg(unix)]
#[test]
fn a_device_is_written_directly() {
    use std::os::unix::fs::FileTypeExt as _;
    points().run("export set/1.0.0 -o /dev/null").stderr("wrote 3 records to /dev/null\n").check();
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let test = large("\"published_at\"");
    let mut child = Command::new(env!("CARGO_BIN_EXE_pressmark"))
        .args(["export", "set/1.1.0"])
        .current_dir(test.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn a_part_with_another_number_of_rows_is_refused() {
    let test = points();
    let mut manifest = test.json("set/1.0.0/manifest.json");
    manifest["parts"][0]["rows"] = json!(2);
    manifest["records"] = json!(2);
    test.write("set/1.0.0/manifest.json", manifest.to_string());
    test.run("export set/1.0.0").code(2).stdout("").stderr_has("the manifest says 2 rows, it has 3").check();
}

#[test]
fn export_needs_a_release() {
    let stderr = "\
error: the dataset `set` has no releases yet
  help: to publish the first one, run: pressmark build set
";
    Test::set("", "").run("export set").code(2).stdout("").stderr(stderr).leaves_nothing().check();
}
