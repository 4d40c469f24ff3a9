//! `init`: what it writes can be built at once, and what could not be used is refused before it writes.

use crate::support::{Test, article};

/// The files that `init` writes into a folder.
fn written(folder: &str) -> Vec<String> {
    let names = [".dataset.schema.json", ".gitattributes", ".gitignore", "dataset.toml"];
    names.iter().map(|name| format!("{folder}/{name}")).collect()
}

/// The lines of a dataset.toml that set something.
fn settings(test: &Test, folder: &str) -> Vec<String> {
    let toml = String::from_utf8(test.read(&format!("{folder}/dataset.toml"))).unwrap();
    let is_setting = |line: &&str| !line.is_empty() && !line.starts_with('#');
    toml.lines().filter(is_setting).map(str::to_owned).collect()
}

#[test]
fn init_writes_a_dataset_that_builds() {
    let test = Test::new();
    let stdout = "\
wrote my/News-2024/dataset.toml
key: id; records are ordered by published_at
to publish a release, set `inputs` first:
  pressmark build my/News-2024
";
    test.run("init my/News-2024")
        .stdout(stdout)
        .tree(&written("my/News-2024").iter().map(String::as_str).collect::<Vec<_>>())
        .check();
    let toml = String::from_utf8(test.read("my/News-2024/dataset.toml")).unwrap();
    assert!(toml.contains("\nname = \"news-2024\"\n"), "{toml}");
    test.write("my/News-2024/sources/a.jsonl", article("a"));
    test.run("build my/News-2024 --date 2024-12-31").stdout_has("\nnews-2024 1.0.0\n").check();
}

#[test]
fn init_takes_a_name_a_schema_and_a_source() {
    let test = Test::new().file(
        "set/s.json",
        "{\"type\":\"object\",\"required\":[\"id\"],\"properties\":{\"id\":{\"type\":\"string\"}}}",
    );
    test.run("init set --name other --schema s.json --source verbatim").stdout_has("wrote set/dataset.toml\n").check();
    test.write("set/sources/a.jsonl", "{\"id\":\"a\"}\n");
    test.build("").stdout_has("\nother 1.0.0\n").check();
    let mapping = "name = \"mine\"\nabout = \"mine\"\n[fields]\nid = \"/key\"\n";
    let schema = test.read("set/s.json");
    let test = test.file("here.json", schema).file("mine.toml", mapping).file("article", "a file");
    test.run("init deep/own --schema here.json --source ./mine.toml").check();
    test.write("deep/own/sources/a.jsonl", "{\"key\":\"a\"}\n");
    test.run("build deep/own --date 2024-12-31").stdout_has("\nown 1.0.0\n").check();
    let toml = String::from_utf8(test.read("deep/own/dataset.toml")).unwrap();
    assert!(
        toml.contains("\nschema = \"../../here.json\"\n") && toml.contains("\nsource = \"../../mine.toml\"\n"),
        "{toml}"
    );
    test.run("init other --schema article").check();
    test.run("init pages --source pages").check();
    test.write("pages/sources/a.txt", "Title\nTT\nTitle\nBody.\n");
    test.run("build pages --date 2024-12-31").stdout_has("\npages 1.0.0\n").check();
}

#[test]
fn init_overwrites_nothing() {
    let test = Test::set("", "");
    let stderr = "error: `set/dataset.toml` already exists\n";
    test.run("init set").code(2).stdout("").stderr(stderr).leaves_nothing().check();
}

#[test]
fn init_refuses_names_that_cannot_be_used() {
    let test = Test::new();
    test.run("init set --name a_b").code(2).stderr_has("`a_b` cannot name a dataset").leaves_nothing().check();
    test.run("init set --source no").code(2).stderr_has("unknown source `no`").leaves_nothing().check();
}

const SPEECH: &str = r#"{"type":"object","required":["speech_id","date","speech"],"properties":{
"date":{"type":"string","format":"date"},"speech":{"type":"string"},"speech_id":{"type":"string"},"n":{"type":"integer"}}}"#;

#[test]
fn init_looks_at_the_articles() {
    let line = |at: usize| {
        format!(
            "{{\"title\":\"Title {at}\",\"author\":\"Ada Writer; Ben Reporter\",\"date\":\"2024-12-{at:02}\",\
             \"source\":\"https://courier.example/{at}\",\"tags\":\"politics;economy\",\"text\":\"Text {at}.\"}}"
        )
    };
    let mut test = Test::new();
    for at in 1..=9 {
        test = test.file(&format!("crawl/{at}.json"), line(at));
    }
    let stdout = "\
wrote news/dataset.toml
source: trafilatura (recognised)
key: id; records are ordered by published_date
to publish a release:
  pressmark build news
";
    test.run("init news --from crawl/*.json").stdout(stdout).check();
    let want = [
        "name = \"news\"",
        "schema = \"article\"",
        "source = \"trafilatura\"",
        "key = \"id\"",
        "order_by = [\"published_date\"]",
        "inputs = [\"../crawl/*.json\"]",
        "[policy]",
        "max_rejects = 0",
        "extra = \"keep\"",
        "invalid_optional = \"extra\"",
    ];
    assert_eq!(settings(&test, "news"), want);
    test.run("build news --date 2024-12-31").stdout_has("9 articles").stdout_has("\nnews 1.0.0\n").check();
    let told = test.run("init other --from nothing/*.json").code(2).told_any();
    assert!(told.starts_with("error: no input matches `nothing/*.json`\n"), "{told}");
    // Inside the folder, a path is relative to it too.
    let test = Test::new().file("a b/in/1.json", line(1));
    test.run("init . --from in").folder("a b").check();
    assert_eq!(settings(&test, "a b")[..6][5], "inputs = [\"in\"]");
    test.run("build . --date 2024-12-31").folder("a b").stdout_has("\na-b 1.0.0\n").check();
}

/// What could not be built is refused with the code that a check reports.
#[test]
fn init_refuses_inputs_that_cannot_be_read() {
    let cases: [(&str, &[u8], &str); 3] = [
        ("x.csv", b"id,title,text\n1,A,B\n2,C,D\n", "I-OTHER-FORMAT"),
        ("x.html", b"<!DOCTYPE html><html><body><p>A</p></body></html>", "I-HTML"),
        ("x.jsonl.gz", b"\x1f\x8b\x08\0cut", "I-GZIP"),
    ];
    for (name, bytes, code) in cases {
        let test = Test::new().file(name, bytes);
        let stderr = format!("error[{code}]: `{name}` cannot be read: ");
        test.run(&format!("init set --from {name}")).code(2).stdout("").stderr_has(&stderr).leaves_nothing().check();
        test.run(&format!("check {name}")).code(1).stdout_has(code).check();
    }
}

#[test]
fn init_says_that_another_source_fits_better() {
    let article = |at: usize| {
        format!(
            "{{\"title\":\"T {at}\",\"author\":\"A\",\"date\":\"2024-12-13\",\"source\":\"https://a.example/{at}\",\"text\":\"B {at}.\"}}\n"
        )
    };
    let test = Test::new().file("a.jsonl", article(1) + &article(2));
    let warning = "\
source: newspaper4k (as given)
warning[D-MISFIT]: `newspaper4k` leaves empty what `trafilatura` fills: url, authors, date
  help: set source = \"trafilatura\" in set/dataset.toml
";
    test.run("init set --from a.jsonl --source newspaper4k").stdout_has(warning).check();
}

/// A shell expands a pattern that is not quoted to several words.
#[test]
fn init_takes_several_patterns() {
    let test = Test::new().file("a,b.json", article("a"));
    test.run("init set --from a,b.json").check();
    assert!(settings(&test, "set").contains(&"inputs = [\"../a,b.json\"]".to_owned()));
    let test = Test::new().file("a.json", article("a")).file("b.json", article("b")).file("c.json", article("c"));
    test.run("init set --from {a,b}.json,c.json").check();
    assert!(settings(&test, "set").contains(&"inputs = [\"../{a,b}.json\", \"../c.json\"]".to_owned()));
    for (number, from) in ["a.json b.json", "a.json,b.json", "a.json --from b.json"].into_iter().enumerate() {
        let test = Test::new().file("a.json", article("a")).file("b.json", article("b"));
        test.run(&format!("init set --from {from}")).check();
        let want = "inputs = [\"../a.json\", \"../b.json\"]".to_owned();
        assert!(settings(&test, "set").contains(&want), "{number}: {:?}", settings(&test, "set"));
        test.run(&format!("init other {}", from.replace("a.json", "--inputs a.json").replace("--from", "--inputs")))
            .check();
        assert!(settings(&test, "other").contains(&"inputs = [\"a.json\", \"b.json\"]".to_owned()), "{number}");
    }
}

#[test]
fn init_takes_a_key_an_order_and_inputs() {
    let test = Test::new().file("speech.json", SPEECH);
    let arguments = "--schema speech.json --key n --order-by date,speech_id --inputs a/*.jsonl --inputs b";
    let hint = "help: did you mean `speech`? columns that can be the key: speech, speech_id\n";
    test.run("init set --schema speech.json --key speach").code(2).stderr_has(hint).leaves_nothing().check();
    test.run(&format!("init set {arguments}")).code(2).stderr_has("`n` cannot be the key").leaves_nothing().check();
    test.run(&format!("init set {}", arguments.replace("--key n", "--key speech"))).check();
    let settings = settings(&test, "set");
    for line in ["key = \"speech\"", "order_by = [\"date\", \"speech_id\"]", "inputs = [\"a/*.jsonl\", \"b\"]"] {
        assert!(settings.iter().any(|one| one == line), "{line} is not in {settings:?}");
    }
    let refused = test.run("init other --schema speech.json --order-by dat").code(2).leaves_nothing();
    refused.stderr_has("`order_by` names `dat`").stderr_has("--order-by").check();
}

#[test]
fn init_chooses_a_key_that_the_schema_has() {
    let test = Test::new().file("speech.json", SPEECH);
    test.run("init set --schema speech.json").stdout_has("key: speech_id; records are ordered by date\n").check();
    assert!(settings(&test, "set").contains(&"key = \"speech_id\" # or \"speech\"".to_owned()));
    test.write("set/sources/a.jsonl", "{\"speech_id\":\"1\",\"date\":\"2024-12-13\",\"speech\":\"Well.\"}\n");
    test.run("build set --date 2024-12-31").stdout_has("\nset 1.0.0\n").check();
    let test = Test::new().file("x.json", r#"{"type":"object","properties":{"x":{"type":"string"}}}"#);
    let error = "the schema requires no string or integer, so no column can be the key\n  help: add a column";
    test.run("init set --schema x.json").code(2).stderr_has(error).leaves_nothing().check();
    test.run("init set --schema nofile.json")
        .code(2)
        .stderr("error: there is no file `nofile.json`, neither here nor in `set`\n")
        .leaves_nothing()
        .check();
    let test = Test::new().file("set/a.schema.json", "{\"type\":\"strng\"}");
    test.run("init set --schema a.schema.json").code(2).stdout("").stderr_has("error[S-META]").leaves_nothing().check();
}

/// Files that exist are kept, and Git leaves the bytes of releases alone.
#[test]
fn init_keeps_what_is_there() {
    let test = Test::new().file("set/.gitignore", "/own\n");
    test.run("init set").check();
    assert_eq!(test.read("set/.gitignore"), b"/own\n");
    assert!(String::from_utf8(test.read("set/.gitattributes")).unwrap().contains("\n*/** -text\n"));
    let toml = String::from_utf8(test.read("set/dataset.toml")).unwrap();
    assert!(toml.starts_with("#:schema ./.dataset.schema.json\n"), "{toml}");
    test.write("set/sources/a.jsonl", article("a"));
    test.build("").check();
}
