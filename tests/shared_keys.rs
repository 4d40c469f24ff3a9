//! Keys that several articles have: `check` finds in its inputs what a build would refuse.

use serde_json::Value;

use crate::support::{Random, Test, article, articles};

/// Articles of which two keys are in conflict and one is repeated.
fn lines() -> String {
    let changed = article("a").replace("Text a", "Other").replace("Title a", "Else");
    articles(&["a", "b", "c"]) + &changed + &article("b").replace("Text b", "New") + &article("c")
}

/// What both say of these articles.
const CONFLICT: &str = "\
error[D-DUPLICATE-KEY]: several articles have the same key but different content, 4 articles with 2 keys
  key `a`: 2 articles differ in `text`, `title`
  --> sources/a.jsonl:1
  --> sources/a.jsonl:4
  key `b`: 2 articles differ in `text`
  --> sources/a.jsonl:2
  --> sources/a.jsonl:5
";

#[test]
fn check_finds_what_a_build_refuses() {
    let test = Test::set("", lines());
    test.build("").code(1).stdout("").stderr_has(CONFLICT).check();
    test.remove("set/rejects");
    let here = CONFLICT.replace("sources/", "set/sources/");
    let verdict = "\nfailed 6 articles: 2 admitted, 4 rejected for 1 cause; 0 allowed\n";
    test.run("check set").code(1).stdout_has(here).stdout_has(verdict).check();
    test.run("check set").code(1).stdout_has("1 identical duplicate; a build keeps one of each\n").check();
    // What can be read only once is found too.
    let piped = CONFLICT.replace("sources/a.jsonl", "-");
    test.run("check -").stdin(lines()).code(1).stdout_has(&piped).check();
    test.run("check - --schema article --source article").stdin(lines()).code(1).stdout_has(piped).check();
    // The rejects are those of the build.
    test.run("check set --rejects r.jsonl").code(1).stdout_has("all rejected articles").check();
    test.build("").code(1).stderr_has("").check();
    let written = String::from_utf8(test.read("r.jsonl")).unwrap().replace("set/sources/", "sources/");
    let written: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(written, test.rejects("1.0.0"));
    for format in ["github", "sarif", "junit", "json"] {
        test.run(&format!("check set --format {format}")).code(1).stdout_has("D-DUPLICATE-KEY").check();
    }
    test.run("check set --max-rejects 4").stdout_has("ok 6 articles: 2 admitted, 4 rejected").check();
}

#[test]
fn check_takes_the_key_of_the_dataset() {
    let test = Test::set("key = \"title\"\nschema = \"s.json\"\n", lines());
    let schema = r#"{"type":"object","required":["title"],"properties":{"id":{"type":"string"},"title":{"type":"string"},
        "text":{"type":"string"}}}"#;
    test.write("set/s.json", schema);
    test.run("check set").code(1).stdout_has("key `Title b`: 2 articles differ in `text`\n").check();
    test.run("check set").code(1).stdout_has("failed 6 articles: 4 admitted, 2 rejected").check();
    let newest = "key = \"title\"\nschema = \"s.json\"\n[policy]\non_conflict = \"newest\"\nnewest_by = \"n\"\n";
    test.write("set/dataset.toml", format!("name = \"set\"\ninputs = [\"sources/*\"]\n{newest}"));
    let numbered = schema.replace("\"text\"", "\"n\":{\"type\":\"integer\"},\"text\"");
    test.write("set/s.json", numbered);
    let line = |number: u32| article("a").replace("\"text\"", &format!("\"n\":{number},\"text\""));
    test.write("set/sources/a.jsonl", line(1) + &line(2).replace("Text a", "New"));
    let told = "1 article with the same key as a newer one; a build keeps the newest\n";
    test.run("check set").stdout_has(told).check();
}

/// A setting that a build refuses is refused by a check of the dataset.
#[test]
fn check_refuses_columns_that_are_not_there() {
    for setting in
        ["key = \"idd\"\n", "order_by = [\"published\"]\n", "[policy]\non_conflict = \"newest\"\nnewest_by = \"x\"\n"]
    {
        let test = Test::set(setting, articles(&["a"]));
        let refused = test.build("").code(2).stdout("").stderr_has("which the schema does not").told();
        test.run("check set").code(2).stdout("").stderr(refused).check();
    }
}

/// Whatever repeats and in how many files, both commands admit the same articles.
#[test]
fn check_and_build_agree() {
    let mut random = Random(7);
    for _ in 0..6 {
        let mut test = Test::set("", articles(&["first"]));
        for file in 0..3 {
            let one = |random: &mut Random| {
                let words = format!("Text {}", random.below(3));
                article(&format!("k{}", random.below(30))).replace("Text", &words)
            };
            let lines: String = (0..20).map(|_| one(&mut random)).collect();
            test = test.file(&format!("set/sources/{file}.jsonl"), lines);
        }
        let check = test.run("check set --max-rejects 100% --format json").json();
        let build = test.build("--dry-run --max-rejects 100% --format json").json();
        assert_eq!(check["rejected_by_code"], build["check"]["rejected_by_code"]);
        assert_eq!(check["admitted"], build["check"]["admitted"]);
        assert!(check["rejected"].as_u64().unwrap() > 10);
    }
}
