//! Sources: what each parser writes becomes releases by a dataset.toml of a few lines; mapping
//! files of one's own work the same, and those that cannot work are refused with their place.
//!
//! For each preset `tests/sources/` holds a fixture in the parser's own shape and, in
//! `golden/`, the records and normalisations that must come of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Test, rows};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources")
}

/// The fixture of a preset: its file name and bytes.
fn fixture(preset: &str) -> (String, Vec<u8>) {
    let names = ["json", "jsonl", "txt"].map(|ending| format!("{preset}.{ending}"));
    let name = names.into_iter().find(|name| folder().join(name).is_file()).unwrap();
    let bytes = fs::read(folder().join(&name)).unwrap();
    (name, bytes)
}

fn presets() -> impl Iterator<Item = &'static str> {
    pressmark::mapping::Preset::ALL.iter().map(|preset| preset.name())
}

/// Builds a release of `set` from its inputs; gives its records and what was normalised.
#[track_caller]
fn built(test: &Test) -> Value {
    test.build("").check();
    let normalised = &test.json("set/1.0.0/manifest.json")["normalised"];
    json!({ "records": rows(&test.path("set/1.0.0")), "normalised": normalised })
}

/// Compares with a golden file; what was found instead is left in the target folder.
fn is_golden(name: &str, found: &Value) -> bool {
    let found = serde_json::to_string_pretty(found).unwrap() + "\n";
    let wanted = fs::read_to_string(folder().join("golden").join(format!("{name}.json"))).unwrap_or_default();
    if found != wanted {
        fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json")), &found).unwrap();
    }
    found == wanted
}

#[test]
fn every_preset_reads_what_its_parser_writes() {
    let differ = presets().filter(|preset| {
        let (name, bytes) = fixture(preset);
        let toml = format!("name = \"set\"\nsource = \"{preset}\"\ninputs = [\"{name}\"]\n");
        let test = Test::new().file("set/dataset.toml", toml).file(&format!("set/{name}"), bytes);
        !is_golden(preset, &built(&test))
    });
    let differ: Vec<_> = differ.collect();
    assert!(differ.is_empty(), "not what must come out: {differ:?}; see {}", env!("CARGO_TARGET_TMPDIR"));
}

/// Every member of every fixture is in its record: in a field, or in `_extra`.
#[test]
fn nothing_that_a_preset_does_not_map_is_lost() {
    for preset in presets().filter(|preset| *preset != "pages") {
        let (name, bytes) = fixture(preset);
        let test = Test::new().file(&name, &bytes);
        let toml = format!("name = \"set\"\nsource = \"{preset}\"\ninputs = [\"../{name}\"]\n");
        let records = built(&test.file("set/dataset.toml", toml))["records"].to_string();
        let lines = String::from_utf8(bytes).unwrap();
        let values: Vec<Value> = match serde_json::from_str(&lines) {
            Ok(value) => vec![value],
            Err(_) => lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        };
        let mut numbers_and_words = Vec::new();
        for value in &values {
            words(value, &mut numbers_and_words);
        }
        for word in numbers_and_words {
            let kept = records.contains(&word);
            assert!(kept || is_declared_loss(&word), "{preset}: `{word}` is nowhere in {records}");
        }
    }
}

/// The words and numbers of all values.
fn words(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.extend(text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned)),
        Value::Number(number) => found.push(number.to_string()),
        Value::Array(elements) => elements.iter().for_each(|element| words(element, found)),
        Value::Object(members) => members.values().for_each(|element| words(element, found)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// What the presets say that they leave out: words that stand for null, the word in front of a
/// byline, tags and scripts of HTML, the spelling of letters and times. The second copy of the body that
/// trafilatura writes has no words of its own here.
fn is_declared_loss(word: &str) -> bool {
    let html = ["div", "p", "script", "track", "amp", "eacute", "b", "caf", "readability", "page", "1"];
    let spelling = ["By", "by", "None", "set", "us", "en", "gb", "zh", "se", "sv", "0100", "000", "123000", "500000"];
    let times =
        ["Sun", "Mar", "03", "0000", "T", "05T22", "01T07", "01T08", "01T09", "01T10", "01T22", "03T03", "02T10"];
    [html.as_slice(), &spelling, &times].iter().any(|list| list.contains(&word)) || word.is_empty()
}

/// A mapping of one's own beside a dataset, and a source that only it can read.
fn own(mapping: &str) -> Test {
    let toml = "name = \"set\"\nsource = \"./mine.toml\"\ninputs = [\"a.json\"]\n";
    Test::new().file("set/dataset.toml", toml).file("set/mine.toml", mapping)
}

#[test]
fn a_mapping_of_ones_own() {
    let mapping = r#"
name = "mine"
derive = ["domain", "id"]
drop = ["debug"]

[fields]
url = "/link"
publisher = { value = "My Paper" }
title = [{ from = "/heads/*/text", only = { kind = "main" } }, { from = "/heads/*/text" }]
authors = { from = ["/writers", "/desk"], take = "all", split = " und ", unique = true }
published_date = { value = 2024-12-31 }
parser = { value = { name = "mine", version = "3" } }
source_ref = "@key"
tags = { from = "/topic", list = true }
text = { from = "/parts", join = "\n\n" }

[nulls]
strings = ["-"]
"#;
    let articles = r#"{"k1": {"link": "https://my.example/1", "debug": {"a": 1},
 "heads": [{"kind": "kicker", "text": "Sport", "n": 1}, {"kind": "main", "text": "Title one"}],
 "writers": "A. Writer und B. Writer", "desk": ["C. Desk", "A. Writer", "-"], "topic": "-", "text": "not this",
 "parts": ["One.", {"more": ["-", "Two."]}], "_extra": {"own": true}},
"k2": {"link": "https://my.example/2", "heads": [{"text": "Title two"}], "writers": null, "desk": "-", "topic": "chess", "parts": "Three."}}"#;
    let test = own(mapping).file("set/a.json", articles);
    assert!(is_golden("own", &built(&test)), "see {}", env!("CARGO_TARGET_TMPDIR"));
    // The same, named from the working folder.
    let stdout = test.run("check set/a.json --source set/mine.toml").check();
    assert!(stdout.contains("publisher: 2 values set by the mapping\n"), "{stdout}");
}

#[test]
fn a_mapping_for_pages() {
    let mapping = "name = \"my-pages\"\nderive = [\"id\"]\n\
        [pages]\nanchors = [\"Aa\"]\ncompanions = [\"Listen\"]\n[fields]\nlanguage = { value = \"en\" }\n";
    let test = own(mapping).file("set/a.json", "Title\nListen\nAa\nTitle\nBody.\n");
    let wanted = json!({
        "records": [{ "id": "c1-08ebcb9f0ea38d5a2ca0d3c2c1f0c1a5", "language": "en", "text": "Body.", "title": "Title" }],
        "normalised": { "id": { "derived-c1": 1 }, "language": { "constant": 1 },
            "text": { "control-line": 2 }, "title": { "repeated-title": 1 } },
    });
    let mut found = built(&test);
    found["records"][0]["id"] = wanted["records"][0]["id"].clone();
    assert_eq!(found, wanted);
}

/// Every line of a page dump is in the record of its page, in a declared drop, or in a reject; and
/// every byte is in the place of exactly one article or reject.
#[test]
fn every_line_of_a_dump_is_accounted_for() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/asharq-al-awsat/sources");
    let sample = fs::read_dir(sample).unwrap().next().unwrap().unwrap().path();
    let sample = fs::read_to_string(sample).unwrap();
    let (_, two) = fixture("pages");
    let two = String::from_utf8(two).unwrap();
    let doubtful = "Stray words.\n\n".to_owned() + &two + "\nA title\n\nTT\n\nAnother title\n\nA body.\n";
    let blank_title = "x\n".repeat(3) + &two.replace("It rained.", "\u{1}");
    for dump in [sample.as_str(), &two, &doubtful, &blank_title, &two.replace('\n', "\r\n"), "no anchor\n"] {
        check_account(dump);
    }
}

#[track_caller]
fn check_account(dump: &str) {
    let test = Test::new().file("set/dataset.toml", "name = \"set\"\nsource = \"pages\"\ninputs = [\"a.txt\"]\n");
    let test = test.file("set/a.txt", dump);
    let count = dump.lines().count();
    let code =
        i32::from(test.run("check set/a.txt --source pages --format json --max-rejects 100%").json()["admitted"] == 0);
    let report = test.build("--max-rejects 100% --format json").code(code).json();
    let input = &report["check"]["inputs"][0];
    // Lines that drops and rejects declare.
    let mut declared = vec![0; count + 1];
    for drop in input["dropped"].as_array().unwrap() {
        let line = |name: &str| usize::try_from(drop[name].as_u64().unwrap()).unwrap();
        (line("first")..=line("last")).for_each(|line| declared[line] += 1);
    }
    let rejected = input["rejected"] != 0;
    let rejects = if rejected { test.rejects("1.0.0") } else { Vec::new() };
    for reject in &rejects {
        let (raw, first) = (reject["raw"].as_str().unwrap(), reject["line"].as_u64().unwrap());
        let byte = usize::try_from(reject["byte"].as_u64().unwrap()).unwrap();
        assert_eq!(&dump[byte..byte + raw.len()], raw);
        let first = usize::try_from(first).unwrap();
        (first..first + raw.lines().count()).for_each(|line| declared[line] += 1);
    }
    assert!(declared.iter().all(|times| *times <= 1), "a line was declared twice: {declared:?}");
    // All others are a title, a caption or a line of a text, and nothing else is one.
    let records = if code == 0 { rows(&test.path("set/1.0.0")) } else { Vec::new() };
    let mut kept: Vec<String> = Vec::new();
    for record in &records {
        kept.push(record["title"].as_str().unwrap().to_owned());
        for image in record["images"].as_array().into_iter().flatten() {
            let credit = image["credit"].as_str().map(|credit| format!(" ({credit})")).unwrap_or_default();
            kept.push(image["caption"].as_str().unwrap().to_owned() + &credit);
        }
        kept.extend(record["text"].as_str().unwrap().lines().filter(|line| !line.is_empty()).map(str::to_owned));
    }
    let numbered = dump.lines().zip(1..).filter(|(_, number)| declared[*number] == 0);
    let mut rest: Vec<String> = numbered.map(|(line, _)| line.to_owned()).collect();
    rest.sort();
    kept.sort();
    assert_eq!(rest, kept);
}

/// A rule of the schema that is broken is shown where the value stood in the input.
#[test]
fn places_are_those_of_the_input() {
    let long = "x".repeat(201);
    let line = format!("{{\"id\":\"a b\",\"title\":\"T\",\"license\":\"{long}\",\"text\":\"x\"}}\n");
    let test = Test::new().file("in.jsonl", line);
    let report = test.run("check in.jsonl --source trafilatura --format json").code(1).json();
    let place = |pointer: &str| {
        let causes = report["causes"].as_array().unwrap();
        let examples = causes.iter().flat_map(|cause| cause["examples"].as_array().unwrap());
        let mut at = examples.filter(|example| example["pointer"] == pointer);
        at.next().map(|example| example["column"].as_u64().unwrap()).unwrap()
    };
    assert_eq!((place("/id"), place("/license")), (7, 35));
}

/// A mapping file that must be refused with this line and these words, before anything is done.
#[track_caller]
fn check_refused(mapping: &str, line: usize, words: &str) {
    let test = own(mapping).file("set/a.json", "{}");
    let told = test.build("").code(2).stdout("").stderr_has("").leaves_nothing().told();
    assert!(told.starts_with(&format!("error: source `set/./mine.toml` line {line}: ")), "{mapping}\n{told}");
    assert!(told.lines().nth(1).unwrap().starts_with("   | ") && told.contains("^\n"), "{mapping}\n{told}");
    let told: String = told.split_inclusive('\n').filter(|line| !line.starts_with("   | ")).collect();
    assert!(told.contains(words), "{mapping}\n{told}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn mappings_that_cannot_work() {
    let field = |rules: &str| format!("name = \"mine\"\n\n[fields]\n{rules}\n");
    check_refused("name = \"mine\"\nfield = 1\n", 2, "unknown rule `field`\n  help: did you mean `fields`?");
    check_refused("name = 3\n", 1, "`name` is a string, not integer");
    check_refused("[fields]\n", 1, "the mapping has no name");
    check_refused("name = \"mine\"\nname = \"mine\"\n", 2, "duplicate key");
    check_refused("name = \"mine\"\nderive = [\"url\"]\n", 2, "`url` cannot be derived");
    check_refused("name = \"mine\"\nunmapped = \"keep\"\n", 2, "unknown rule `unmapped = \"keep\"`");
    check_refused("name = \"mine\"\n[pages]\nanchors = []\n", 3, "without an anchor");
    check_refused("name = \"mine\"\n[nulls]\nstrings = [1]\n", 3, "`strings` is a list of strings");
    check_refused(&field("titel = \"/t\""), 4, "the schema has no field `titel`\n  help: did you mean `title`?");
    check_refused(&field("title = { form = \"/t\" }"), 4, "unknown rule `form`\n  help: did you mean `from`?");
    check_refused(&field("title = { from = \"/t\", clean = [\"trimm\"] }"), 4, "did you mean `trim`?");
    check_refused(&field("title = { from = \"/t\", parse = \"number\" }"), 4, "known here: instant, date");
    check_refused(&field("title = \"t\""), 4, "`t` is not a pointer\n  help: a pointer starts with a slash: \"/t\"");
    check_refused(&field("title = \"/a~2\""), 4, "write `~` as `~0`");
    check_refused(&field("title = \"@name\""), 4, "there are `@key` and `@group`");
    check_refused(&field("title = { clean = [\"trim\"] }"), 4, "a rule needs `from` or `value`");
    check_refused(&field("title = { from = [] }"), 4, "`from` names no pointer");
    check_refused(&field("title = { from = \"/t\", value = \"x\" }"), 4, "cannot be used with `value`");
    check_refused(&field("title = { from = \"/t\", only = { a = \"b\" } }"), 4, "no pointer has a `*`");
    check_refused(&field("title = { from = \"/t\", split = \"\" }"), 4, "needs something to split at");
    check_refused(
        &field("tags = { from = \"/t\", split = { \"/u\" = \",\" } }"),
        4,
        "`split` names `/u`, and `from` does not",
    );
    check_refused(&field("title = { from = \"/t\", number = \"digits\" }"), 4, "known here: text");
    check_refused(
        &field("title = { from = \"/t\", zone = \"utc\" }"),
        4,
        "`zone` says what `parse = \"instant\"` cannot read",
    );
    check_refused(
        &field("published_at = { from = \"/t\", parse = \"instant\", zone = \"Europe/Berlin\" }"),
        4,
        "known here: utc",
    );
    check_refused(
        &field("published_at = { from = \"/t\", parse = \"struct-time\" }"),
        4,
        "do not say their zone\n  help: where the source defines them as UTC",
    );
    check_refused(
        &field("images = { from = \"/t\", list = true, each = { url = \"\" } }"),
        4,
        "cannot be used with `each`",
    );
    // What the rules make does not fit the field.
    check_refused(
        &field("title = { from = \"/t\", split = \",\" }"),
        4,
        "`title` is a string, and this makes a list of strings",
    );
    check_refused(
        &field("authors = { from = \"/t\", parse = \"date\" }"),
        4,
        "`authors` is a list of strings, and this makes a date",
    );
    check_refused(&field("published_at = { from = \"/t\", parse = \"date\" }"), 4, "`published_at` is a timestamp");
    check_refused(&field("title = { value = 3 }"), 4, "`title` is a string, and this makes a number");
    let two = "published_raw = [\n  { from = \"/a\", parse = \"instant\" },\n  { from = \"/b\", parse = \"date\" },\n]";
    check_refused(&field(two), 6, "the sources of `published_raw` disagree: one makes a timestamp, this one a date");
}

#[test]
fn sources_that_are_not_there() {
    let test = Test::new().file("a.jsonl", "{}");
    let stderr =
        "error: unknown source `trafilature`\n  help: did you mean `trafilatura`? known sources: article, pages,";
    test.run("check a.jsonl --source trafilature").code(2).stderr_has(stderr).check();
    test.run("check a.jsonl --source ./mine.toml").code(2).stderr_has("cannot read `./mine.toml`").check();
    let test = Test::set("source = \"no\"\n", "{}");
    test.build("").code(2).stderr_has("`set/dataset.toml` line 3: unknown source `no`").check();
}

#[test]
fn a_source_that_does_not_fit_says_so() {
    let (name, bytes) = fixture("newspaper4k");
    let test = Test::new().file(&name, bytes);
    let told = test.run(&format!("check {name} --source fundus")).code(1).check();
    let warning = "warning: the source `fundus` does not match the inputs: of 3 articles, 3 without text and 1 without an id\n  members found: authors, ";
    assert!(
        told.contains(warning) && told.contains("the source `newspaper4k` matches most of these articles"),
        "{told}"
    );
    // For every fixture, whatever it is read as by mistake, the right preset is named.
    for preset in presets().filter(|preset| !["pages", "verbatim", "article", "fundus"].contains(preset)) {
        let (name, bytes) = fixture(preset);
        let test = Test::new().file(&name, bytes);
        let report = test.run(&format!("check {name} --source ./none.toml --format json"));
        let empty = "name = \"none\"\n";
        test.write("none.toml", empty);
        assert_eq!(report.code(1).json()["misfit"]["better"], preset);
    }
}

#[test]
fn help_lists_the_presets() {
    for command in ["init", "check", "retry"] {
        let told = Test::new().run(&format!("{command} --help")).check();
        for preset in presets() {
            assert!(told.contains(&format!("\n  {preset:<12} ")), "{command}: {preset} is not in {told}");
        }
    }
    let test = Test::new();
    test.run("init set --source news-please").check();
    let toml = String::from_utf8(test.read("set/dataset.toml")).unwrap();
    assert!(toml.contains("\nsource = \"news-please\"\n"), "{toml}");
    let listed: BTreeMap<&str, bool> =
        presets().map(|preset| (preset, toml.contains(&format!("\n#   {preset:<12} ")))).collect();
    assert!(listed.values().all(|listed| *listed), "{listed:?}");
}

/// The mappings in the documentation can be used, and it names every source and rule.
#[test]
fn the_documentation_holds() {
    let docs = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sources.md")).unwrap();
    for preset in presets() {
        assert!(docs.contains(&format!("\n| `{preset}` | ")), "{preset}");
    }
    let rules = [
        "from", "take", "only", "member", "number", "join", "split", "clean", "parse", "zone", "list", "unique",
        "each", "value",
    ];
    let clean = ["trim", "space", "lines", "paragraphs", "html", "byline"].map(|rule| format!("\"{rule}\""));
    let parse = ["instant", "date", "language", "url", "epoch-seconds", "epoch-milliseconds", "struct-time"];
    let parse = parse.map(|rule| format!("\"{rule}\""));
    for rule in rules.map(str::to_owned).iter().chain(&clean).chain(&parse) {
        assert!(docs.contains(&format!("\n| `{rule}` | ")), "{rule}");
    }
    let blocks = docs.split("```toml\n").skip(1).filter_map(|block| block.split_once("```"));
    let mappings: Vec<&str> = blocks.map(|(block, _)| block).filter(|block| block.contains("[fields]")).collect();
    assert_eq!(mappings.len(), 2);
    let example = docs.split("```json\n").nth(1).unwrap().split_once("```").unwrap().0;
    let record = &built(&own(mappings[0]).file("set/a.json", example))["records"][0];
    assert_eq!(record["authors"], json!(["A. Writer", "B. Writer"]));
    assert_eq!((&record["published_at"], &record["text"]), (&"2024-12-13T09:00:00Z".into(), &"One.\n\nTwo.".into()));
    assert_eq!(record["_extra"], json!({ "heads": [{ "kind": "main" }] }));
    built(&own(mappings[1]).file("set/a.json", "Title\nAa\nTitle\nBody.\n"));
}
