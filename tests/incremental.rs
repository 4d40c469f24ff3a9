//! Releases on top of releases: what is put on, replaced and withdrawn, and that the result is,
//! byte for byte, what a build of the same records from nothing would be.

use std::collections::BTreeMap;

use pressmark::digest::Digest;
use serde_json::{Value, json};

use crate::support::{Files, Random, Test, article, articles, files, rows, small_parts};

/// Records by key: a day and a text each.
type Records = BTreeMap<String, (usize, String)>;

fn line(key: &str, (day, text): &(usize, String)) -> String {
    let published = json!(format!("2024-{:02}-{:02}T10:00:00Z", day % 12 + 1, day % 28 + 1));
    // Every eighth has no day, so that nulls take part.
    let published = if day % 8 == 0 { Value::Null } else { published };
    let images = json!([{"url": format!("https://news.example/{day}.jpg"), "caption": text}]);
    let record = json!({"id": key, "published_at": published, "text": text, "images": images, "tags": [key, "rain"]});
    format!("{record}\n")
}

fn lines<'r>(records: impl IntoIterator<Item = (&'r String, &'r (usize, String))>) -> String {
    records.into_iter().map(|(key, record)| line(key, record)).collect()
}

/// The parts of a release, and what its manifest says of its records.
fn substance(test: &Test, release: &str) -> (Files, Value) {
    let mut manifest = test.json(&format!("{release}/manifest.json"));
    let how =
        ["base", "inputs", "rejected", "normalised", "duplicates", "superseded", "withdrawn", "previous", "version"];
    for member in how {
        assert!(manifest.as_object_mut().unwrap().remove(member).is_some(), "{member}");
    }
    (files(&test.path(&format!("{release}/data"))), manifest)
}

/// Random edits of `records`. Gives the lines to be put on top and the list of withdrawals.
fn edit(records: &mut Records, random: &mut Random) -> (String, String) {
    let (mut upsert, mut withdraw) = (String::new(), String::new());
    let mut touched = Vec::new();
    for _ in 0..random.below(12) {
        let at = random.below(records.len());
        let key = records.keys().nth(at).unwrap().clone();
        if touched.contains(&key) {
            continue;
        }
        touched.push(key.clone());
        match random.below(4) {
            0 => {
                records.remove(&key);
                withdraw.push_str(&format!("{}\n", json!({"key": key, "reason": "asked for"})));
                continue;
            }
            1 => records.get_mut(&key).unwrap().1.push_str(" Mended."),
            2 => records.get_mut(&key).unwrap().0 += random.below(40),
            // The same as before.
            _ => {}
        }
        upsert.push_str(&line(&key, &records[&key]));
    }
    for _ in 0..random.below(6) {
        let (key, record) = (format!("new-{:05}", random.below(99_999)), (random.below(500), "New.".to_owned()));
        upsert.push_str(&line(&key, &record));
        records.insert(key, record);
    }
    (upsert, withdraw)
}

#[test]
fn random_histories_give_what_a_build_from_nothing_gives() {
    for seed in 0..6 {
        let mut random = Random(seed);
        let mut records: Records = (0..300)
            .map(|number| {
                let text = format!("Text {}. {}", random.below(1000), "It rained. ".repeat(random.below(30)));
                (format!("key-{number:04}"), (random.below(500), text))
            })
            .collect();
        let stepwise = Test::set("", "");
        small_parts(&stepwise);
        stepwise.build("--version 1.1.0 -").stdin(lines(&records)).check();
        for step in 1..6 {
            let (upsert, withdraw) = edit(&mut records, &mut random);
            let (old, new) = (format!("1.{step}.0"), format!("1.{}.0", step + 1));
            let mut change = format!("--base {old} --version {new}");
            if !withdraw.is_empty() {
                stepwise.write("withdraw.jsonl", &withdraw);
                change.push_str(" --withdraw withdraw.jsonl");
            }
            if !upsert.is_empty() {
                stepwise.write("upsert.jsonl", &upsert);
                change.push_str(" --upsert upsert.jsonl");
            }
            if upsert.is_empty() && withdraw.is_empty() {
                stepwise.build(&format!("--version {new} -")).stdin(lines(&records)).check();
            } else {
                stepwise.build(&change).check();
            }
            let from_nothing = Test::set("", "");
            small_parts(&from_nothing);
            from_nothing.build("--version 1.1.0 -").stdin(lines(records.iter().rev())).check();
            let (stepwise, from_nothing) =
                (substance(&stepwise, &format!("set/{new}")), substance(&from_nothing, "set/1.1.0"));
            assert!(stepwise.0.len() > 10);
            assert_eq!(stepwise.1, from_nothing.1, "seed {seed}, step {step}");
            assert!(stepwise.0 == from_nothing.0, "seed {seed}, step {step}");
        }
        // A build of all records upon the last release takes everything over, and it shows nowhere.
        stepwise.build("--version 2.0.0 --format json -").stdin(lines(&records)).check();
        assert_eq!(substance(&stepwise, "set/2.0.0"), substance(&stepwise, "set/1.6.0"));
        stepwise.run("verify set/1.6.0 set/2.0.0").check();
    }
}

#[test]
fn a_change_shows_in_the_report_and_the_manifest() {
    let test = Test::set("", articles(&["a", "b", "c", "d"]));
    test.build("").check();
    let test = test
        .file("new.jsonl", format!("{}{}{}", article("a"), line("b", &(1, "Else.".into())), article("e")))
        .file("gone.jsonl", "{\"key\": \"c\", \"reason\": \"the author asked for it\"}\n");
    test.build("--base 1.0.0 --version 1.1.0 --upsert new.jsonl --withdraw gone.jsonl")
        .stdout_has("1 record of 1.0.0 replaced\n1 record already in 1.0.0\n1 record of 1.0.0 withdrawn\n")
        .check();
    let manifest = test.json("set/1.1.0/manifest.json");
    assert_eq!(manifest["base"], json!("1.0.0"));
    assert_eq!(test.list("set/1.1.0/withdrawn.jsonl"), [json!({"key": "c", "reason": "the author asked for it"})]);
    assert_eq!(manifest["withdrawn"]["count"], json!(1));
    assert_eq!(manifest["records"], json!(4));
    assert_eq!(manifest["inputs"]["admitted"], json!(3));
    let mut keys = test.keys("set/1.1.0");
    keys.sort();
    assert_eq!(keys, ["a", "b", "d", "e"]);
    test.run("verify set").check();
}

#[test]
fn records_are_rejected_as_in_any_build_and_the_base_stays() {
    let test = Test::set("", articles(&["a", "b"]));
    test.build("").check();
    let twice = format!("{}{}", line("a", &(1, "One.".into())), line("a", &(2, "Two.".into())));
    let test = test.file("new.jsonl", format!("{twice}{}", article("c")));
    test.build("--base 1.0.0 --version 1.1.0 --upsert new.jsonl").code(1).stderr_has("D-DUPLICATE-KEY").check();
    test.build("--base 1.0.0 --version 1.1.0 --upsert new.jsonl --max-rejects 2").stderr_has("D-DUPLICATE-KEY").check();
    assert_eq!(test.keys("set/1.1.0"), ["a", "b", "c"]);
}

#[test]
fn what_cannot_be_built_upon() {
    let test = Test::set("", articles(&["a", "b"]));
    test.build("").check();
    let test = test.file("new.jsonl", article("c"));
    test.build("--base 0.9.0 --version 1.1.0 --upsert new.jsonl")
        .code(2)
        .stderr("error: release 0.9.0 does not exist, so nothing can be built on it\n  help: `pressmark log DIR` lists the releases of a dataset\n")
        .leaves_nothing()
        .check();
    let refused = |line: &str, message: &str| {
        test.write("gone.jsonl", line);
        test.build("--base 1.0.0 --version 1.1.0 --upsert new.jsonl --withdraw gone.jsonl")
            .code(2)
            .stderr_has(format!("error: `gone.jsonl` line {message}\n"))
            .leaves_nothing()
            .check();
    };
    refused("{\"key\": \"x\", \"reason\": \"r\"}\n", "1: `x` is not in the release that is built upon");
    refused("\n{\"key\": \"c\", \"reason\": \"r\"}\n", "2: `c` is withdrawn and among the new records");
    refused("{\"key\": \"a\", \"reason\": \" \"}\n", "1: there is no reason for `a`");
    let twice = "{\"key\": \"a\", \"reason\": \"r\"}\n".repeat(2);
    refused(&twice, "2: `a` is withdrawn twice");
    refused("{\"key\": \"a\"}\n", "1: the member `reason` is missing");
    refused("a\n", "1: expected a value");
    test.write("set/dataset.toml", "name = \"set\"\norder_by = [\"title\"]\n");
    test.build("--base 1.0.0 --version 1.1.0 --upsert new.jsonl")
        .code(2)
        .stderr_has("cannot build on release 1.0.0")
        .check();
}

#[test]
fn a_damaged_base_is_not_built_upon() {
    let test = Test::set("", articles(&["a", "b", "c"]));
    test.build("").check();
    let part = files(&test.path("set/1.0.0/data")).into_keys().next().unwrap();
    let mut bytes = test.read(&format!("set/1.0.0/data/{part}"));
    // A hash stands in the file as it is: another one for the first record.
    let hash = *Digest::of(br#"{"id":"a","text":"Text a.","title":"Title a"}"#).as_bytes();
    let at = bytes.windows(32).position(|window| window == hash).unwrap();
    bytes[at] ^= 1;
    test.write(&format!("set/1.0.0/data/{part}"), bytes);
    let test = test.file("new.jsonl", article("d"));
    test.build("--base 1.0.0 --version 1.1.0 --upsert new.jsonl")
        .code(2)
        .stderr_has("is damaged: its SHA-256 is not the one in the manifest\n  help: restore the file")
        .leaves_nothing()
        .check();
}

#[test]
fn the_newest_counts_where_the_dataset_says_so() {
    let article =
        |text: &str, modified: &str| format!("{}\n", json!({"id": "a", "modified_at": modified, "text": text}));
    let days = ["2024-01-02T00:00:00Z", "2024-01-03T00:00:00+00:00", "2024-01-01T00:00:00Z"];
    let lines: String = ["second", "third", "first"].iter().zip(days).map(|(text, day)| article(text, day)).collect();
    let settings = "[policy]\non_conflict = \"newest\"\nnewest_by = \"modified_at\"\n";
    let test = Test::set(settings, &lines);
    test.build("").stdout_has("2 records superseded by a newer one with the same key\n").check();
    let manifest = test.json("set/1.0.0/manifest.json");
    assert_eq!((&manifest["records"], &manifest["superseded"]), (&json!(1), &json!(2)));
    assert_eq!(rows(&test.path("set/1.0.0"))[0]["text"], json!("third"));
    // Two that are equally new and differ: nobody can tell.
    let test = Test::set(settings, lines + &article("another third", days[1]));
    test.build("").code(1).stderr_has("D-DUPLICATE-KEY").check();
    let test = Test::set("[policy]\non_conflict = \"newest\"\n", "");
    test.build("").code(2).stderr_has("`on_conflict = \"newest\"` and `newest_by` need each other").check();
    let test = Test::set("[policy]\non_conflict = \"newest\"\nnewest_by = \"title\"\n", "");
    test.build("").code(2).stderr_has("`newest_by` names `title`, which holds no times or integers (string)").check();
}

#[test]
fn a_release_of_withdrawals_alone_is_intact() {
    let test = Test::set("", articles(&["a", "b"])).file("gone.jsonl", "{\"key\": \"a\", \"reason\": \"r\"}\n");
    test.build("").check();
    test.build("--base 1.0.0 --version 2.0.0 --withdraw gone.jsonl").check();
    assert_eq!(test.json("set/2.0.0/manifest.json")["inputs"]["count"], json!(0));
    assert!(!test.path("set/2.0.0/inputs.jsonl").exists());
    test.run("verify set").stdout_has("intact set/2.0.0").check();
}

#[test]
fn a_release_without_records_is_refused_in_words() {
    let all = ["a", "b"].map(|key| format!("{{\"key\": \"{key}\", \"reason\": \"r\"}}\n")).concat();
    let test = Test::set("", articles(&["a", "b"])).file("gone.jsonl", all);
    test.build("").check();
    let stderr = "error: no records are left; nothing was published\n";
    test.build("--base 1.0.0 --version 2.0.0 --withdraw gone.jsonl").code(1).stdout("").stderr(stderr).check();
}

#[test]
fn a_withdrawn_record_does_not_come_back_unasked() {
    let test = Test::set("", articles(&["a", "b", "c"]))
        .file("gone.jsonl", "{\"key\": \"b\", \"reason\": \"a court\\u001b[31m order\"}\n");
    test.build("").check();
    test.build("--base 1.0.0 --version 2.0.0 --withdraw gone.jsonl").check();
    let stderr = "\
error: `b` was withdrawn in 2.0.0 (a court\\u{1b}[31m order) and would be published again
  help: remove it from the inputs, or add `--readmit` to publish it again
";
    // The inputs still hold it, and so does an older release.
    test.build("--version 3.0.0").code(2).stdout("").stderr(stderr).leaves_nothing().check();
    test.write("new.jsonl", article("d"));
    test.build("--base 1.0.0 --version 3.0.0 --upsert new.jsonl").code(2).stdout("").stderr(stderr).check();
    test.build("--base 2.0.0 --version 3.0.0 --upsert new.jsonl").check();
    // Once it was let in again, it is a record as any other.
    test.build("--version 4.0.0 --readmit").check();
    test.build("--base 4.0.0 --version 5.0.0 --upsert new.jsonl").check();
    assert_eq!(test.json("set/5.0.0/manifest.json")["records"], json!(4));
    test.run("verify set").check();
}
