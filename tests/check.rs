//! `check`, `retry` and `explain`: what they say, in every format, and the containers they read.

use serde_json::Value;

use crate::support::{Test, article, articles};

/// Checks `bytes` and expects this container and so many admitted articles.
#[track_caller]
fn check_container(bytes: &str, container: &str, admitted: u64) {
    let report = Test::new().file("in.json", bytes).run("check in.json --format json").json();
    assert_eq!(report["inputs"][0]["container"], container, "{bytes}");
    assert_eq!(report["admitted"], admitted, "{bytes}");
}

#[test]
fn containers() {
    let (a, b) = (article("a"), article("b"));
    let (a, b) = (a.trim(), b.trim());
    check_container(&format!("{a}\n{b}\n"), "JSON lines", 2);
    check_container(&format!("[\n  {a},\n  {b}\n]\n"), "a JSON array", 2);
    check_container(&format!("{{\"x1\": {a}, \"x2\": {b}}}"), "a JSON object of articles by key", 2);
    check_container(&format!("{{\"AP\": [{a}], \"AFP\": [{b}]}}"), "a JSON object of arrays of articles", 2);
    check_container(&format!("{{\"total\": 2, \"articles\": [{a},{b}]}}"), "envelope, articles at /articles/*", 2);
    let output = format!("{{\"version\": \"1\", \"output\": {{\"x1\": {a}}}}}");
    check_container(&output, "envelope, articles at /output/*", 1);
    check_container(&a.replace(',', ",\n"), "JSON values", 1);
    check_container(a, "JSON lines", 1);
}

#[test]
fn arrays_may_be_large_and_pretty() {
    let elements: Vec<String> =
        (0..20_000).map(|number| article(&format!("a{number}")).replace(',', ",\n  ")).collect();
    check_container(&format!("[{}]", elements.join(",\n")), "a JSON array", 20_000);
}

#[test]
fn glued_arrays_are_named_and_their_articles_arrive() {
    let text = format!("[{},]{}]", article("a").trim(), article("b").trim());
    let glued = Test::new().file("in.json", text);
    let report = glued.run("check in.json --format json").code(1).json();
    assert_eq!((&report["admitted"], &report["causes"][0]["code"]), (&2.into(), &"F-GLUED-ARRAYS".into()));
}

#[test]
fn folders_patterns_and_standard_input() {
    let test = Test::new().file("in/a.jsonl", article("a")).file("in/b.jsonl", article("b")).file("in/.hidden", "x");
    test.run("check in").stdout_has("in/a.jsonl").stdout_has("ok 2 articles").check();
    let test = test.file("in/2024/05/c.jsonl", article("c")).file("in/.cache/d.jsonl", "x");
    test.run("check in").stdout_has("in/2024/05/c.jsonl").stdout_has("ok 3 articles").check();
    test.run("check in/*.jsonl").stdout_has("ok 2 articles").check();
    test.run("check in/*.jsonl").stdout_has("ok 2 articles").check();
    for all in ["in/*", "in/**", "in/**/*", "in in/2024 in/2024/05/c.jsonl in/*"] {
        test.run(&format!("check {all}")).stdout_has("in/2024/05/c.jsonl").stdout_has("ok 3 articles").check();
    }
    test.run("check in/.cache/*").code(1).stdout_has("in/.cache/d.jsonl").check();
    test.run("check -").stdin(articles(&["a", "b", "c"])).stdout_has("-: JSON lines, 3 articles").check();
    test.run("check in/c.jsonl").code(2).stderr_has("no input matches `in/c.jsonl`").check();
}

/// A title that is called otherwise is in no column of its own, and is not lost either.
#[test]
fn undeclared_members_are_told() {
    let line = |id: &str, members: &str| article(id).replace("\"text\"", &format!("{members},\"text\""));
    let some = line("a", r#""headline":"x","by\u001bline":[1]"#) + &line("b", r#""headline":"y""#) + &article("c");
    let test = Test::new().file("in.jsonl", some);
    let told = "in.jsonl: JSON lines, 3 articles\nkept in _extra: `headline` x2, `by\\u{1b}line` x1; about 27% of the bytes\nfilled: url 0%, title 100%, authors 0%, date 0%, text 100%\nok 3 articles: 3 admitted, 0 rejected\n";
    test.run("check in.jsonl").stdout(told).check();
    let report = test.run("check in.jsonl --format json").json();
    assert_eq!(
        report["undeclared"],
        serde_json::json!({"names": {"by\\u{1b}line": 1, "headline": 2}, "others": 0, "bytes": 50, "of_bytes": 184})
    );
    let many: Vec<String> = (0..1500).map(|number| format!("\"n{number}\":0")).collect();
    let test = Test::new().file("in.jsonl", line("a", &many.join(",")) + &line("b", r#""n0":1"#));
    test.run("check in.jsonl").stdout_has("kept in _extra: `n0` x2, `n1` x1, `n10` x1,").check();
    test.run("check in.jsonl").stdout_has("and more than 52 others; about ").check();
}

/// A pattern says what is wrong to machines, the schema's own description to people.
#[test]
fn the_schema_speaks_for_itself() {
    let help = |line: &str| {
        let report = Test::new().file("in.jsonl", line).run("check in.jsonl --format json").code(1).json();
        report["causes"][0]["examples"][0]["help"].clone()
    };
    let language = "the schema says: A BCP 47 tag in its canonical letter case: en, pt-BR, zh-Hant-TW.";
    assert_eq!(help(r#"{"id":"a","text":"t","language":"English"}"#), language);
    // Where more is known, that is told.
    assert_eq!(help(r#"{"id":"a","text":"t","published_date":"1.5.2024"}"#), "a date is YYYY-MM-DD");
    let text = help(r#"{"id":"a"}"#);
    assert!(text.as_str().unwrap().starts_with("the schema says: The body: not blank, "), "{text}");
}

/// One that leads back would never end, and one that leads away may be meant or not.
#[cfg(unix)]
#[test]
fn links_in_folders() {
    let test = Test::new().file("in/a.jsonl", article("a")).file("away/b.jsonl", article("b"));
    std::os::unix::fs::symlink("../away/b.jsonl", test.path("in/b.jsonl")).unwrap();
    test.run("check in").stdout_has("ok 2 articles").check();
    std::os::unix::fs::symlink("../in", test.path("in/more")).unwrap();
    test.run("check in")
        .code(2)
        .stderr_has("in/more`\n  caused by: it is a link to a folder; name that folder itself")
        .check();
}

/// Three different mistakes among forty articles.
fn mistakes() -> Test {
    let mut lines = String::new();
    for number in 0..40 {
        let good = article(&format!("a{number}"));
        lines.push_str(&match number % 10 {
            3 => good.replace("\"text\"", "\"txt\""),
            5 => good.replace("\"title\"", "\"published_at\":\"2024-12-13 10:00:00\",\"title\""),
            7 if number < 20 => good.replace("\"title\":\"Title", "\"tags\":\"one\",\"title\":\"Title"),
            _ => good,
        });
    }
    Test::new().file("in.jsonl", lines)
}

#[test]
fn three_mistakes_are_three_causes() {
    let want = "\
in.jsonl: JSON lines, 40 articles, 10 rejected
filled: url 0%, title 100%, authors 0%, date 0%, text 100%
articles  code        field         first       message
       4  V-REQUIRED  text          in.jsonl:4  missing member `text`
       4  V-FORMAT    published_at  in.jsonl:6  expected the format `date-time`, found \"2024-12-13 10:00:00\"
       2  V-TYPE      tags          in.jsonl:8  expected array or null, found \"one\"

error[V-REQUIRED]: missing member `text`, 4 articles
  --> in.jsonl:4:1
   | {\"id\":\"a3\",\"title\":\"Title a3\",\"txt\":\"Text a3.\"}
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: the object has `txt`; did you mean `text`?
  --> in.jsonl:14:1
   | {\"id\":\"a13\",\"title\":\"Title a13\",\"txt\":\"Text a13.\"}
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  --> in.jsonl:24:1
   | {\"id\":\"a23\",\"title\":\"Title a23\",\"txt\":\"Text a23.\"}
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  ... and 1 more
  rule: /required/1; for details: pressmark explain V-REQUIRED

error[V-FORMAT]: published_at: expected the format `date-time`, found \"2024-12-13 10:00:00\", 4 articles
  --> in.jsonl:6:27 at /published_at
   | {\"id\":\"a5\",\"published_at\":\"2024-12-13 10:00:00\",\"title\":\"Title a5\",\"text\":\"Text a5.\"}
   |                           ^^^^^^^^^^^^^^^^^^^^^
   = help: a date-time has a `T` and an offset: 2024-12-13T10:00:00Z or 2024-12-13T10:00:00+02:00
  --> in.jsonl:16:28 at /published_at
   | {\"id\":\"a15\",\"published_at\":\"2024-12-13 10:00:00\",\"title\":\"Title a15\",\"text\":\"Text a15.\"}
   |                            ^^^^^^^^^^^^^^^^^^^^^
  --> in.jsonl:26:28 at /published_at
   | {\"id\":\"a25\",\"published_at\":\"2024-12-13 10:00:00\",\"title\":\"Title a25\",\"text\":\"Text a25.\"}
   |                            ^^^^^^^^^^^^^^^^^^^^^
  ... and 1 more
  rule: /properties/published_at/format; for details: pressmark explain V-FORMAT

error[V-TYPE]: tags: expected array or null, found \"one\", 2 articles
  --> in.jsonl:8:19 at /tags
   | {\"id\":\"a7\",\"tags\":\"one\",\"title\":\"Title a7\",\"text\":\"Text a7.\"}
   |                   ^^^^^
   = help: a list is an array even if it has one entry: [\"...\"]
  --> in.jsonl:18:20 at /tags
   | {\"id\":\"a17\",\"tags\":\"one\",\"title\":\"Title a17\",\"text\":\"Text a17.\"}
   |                    ^^^^^
  rule: /properties/tags/type; for details: pressmark explain V-TYPE

failed 40 articles: 30 admitted, 10 rejected for 3 causes; 0 allowed
to keep the rejected articles with their reasons:
  pressmark check in.jsonl --rejects rejects.jsonl.zst
";
    mistakes().run("check in.jsonl").code(1).stdout(want).stderr("").check();
}

#[test]
fn rejects_within_the_limit_are_fine() {
    mistakes().run("check in.jsonl --max-rejects 10").stdout_has("ok 40 articles").check();
    mistakes().run("check in.jsonl --max-rejects 25%").stdout_has("25% allowed").check();
    mistakes().run("check in.jsonl --max-rejects 24.9%").code(1).stdout_has("failed 40 articles").check();
}

#[test]
fn threads_do_not_change_a_word() {
    let test = mistakes();
    let one = test.run("check in.jsonl --threads 1 --format json").code(1).check();
    assert_eq!(one, test.run("check in.jsonl --threads 8 --format json").code(1).check());
}

#[test]
fn json_has_the_published_shape() {
    let schema: Value = serde_json::from_str(include_str!("../schema/check-report.schema.json")).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).offline().build(&schema).unwrap();
    let test = mistakes();
    for arguments in ["check in.jsonl --format json", "check in.jsonl --format json --rejects r.zst"] {
        let report = test.run(arguments).code(1).json();
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let set = Test::set("", article("a"));
    let report = set.build("--format json").json();
    assert_eq!((&report["outcome"], &report["records"]), (&"published".into(), &1.into()));
    assert!(validator.is_valid(&report["check"]), "{report:#}");
}

#[test]
fn github_annotations() {
    let told = mistakes().run("check in.jsonl --format github").code(1).check();
    let want = "\
::error file=in.jsonl,line=4,col=1,title=V-REQUIRED%3A 4 articles::missing member `text` (the object has `txt`; did you mean `text`?)
::error file=in.jsonl,line=6,col=27,title=V-FORMAT%3A 4 articles::expected the format `date-time`, found \"2024-12-13 10:00:00\" (a date-time has a `T` and an offset: 2024-12-13T10:00:00Z or 2024-12-13T10:00:00+02:00)
::error file=in.jsonl,line=8,col=19,title=V-TYPE%3A 2 articles::expected array or null, found \"one\" (a list is an array even if it has one entry: [\"...\"])
::notice title=pressmark::40 articles, 10 rejected, 0 allowed
";
    assert_eq!(told, want);
}

#[test]
fn github_annotations_are_ten_at_most() {
    let members: Vec<String> = (0..30).map(|number| format!("\"m{number}\":{{\"type\":\"boolean\"}}")).collect();
    let schema = format!("{{\"type\":\"object\",\"properties\":{{{}}}}}", members.join(","));
    let values: Vec<String> = (0..30).map(|number| format!("\"m{number}\":1")).collect();
    let test = Test::new().file("s.json", schema).file("in.jsonl", format!("{{{}}}\n", values.join(",")));
    let told = test.run("check in.jsonl --schema s.json --format github").code(1).check();
    assert_eq!(told.lines().filter(|line| line.starts_with("::error")).count(), 10);
    assert!(told.contains("::error title=21 more causes::"), "{told}");
    test.run("check in.jsonl --schema s.json")
        .code(1)
        .stdout_has("... and 20 more causes without examples here")
        .check();
}

#[test]
fn sarif_and_junit() {
    let sarif = mistakes().run("check in.jsonl --format sarif").code(1).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 8);
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["region"]["startLine"], 4);
    assert_eq!(results[0]["occurrenceCount"], 4);
    let junit = mistakes().run("check in.jsonl --format junit").code(1).check();
    assert!(junit.contains("<testsuite name=\"pressmark\" tests=\"4\""), "{junit}");
    assert!(junit.contains("failures=\"4\""), "{junit}");
    let clean = Test::new().file("in.jsonl", article("a")).run("check in.jsonl --format junit").check();
    assert!(clean.contains("tests=\"1\"") && clean.contains("failures=\"0\""), "{clean}");
}

#[test]
fn the_closest_alternative_is_named() {
    let schema = r#"{"type":"object","properties":{"author":{"oneOf":[
        {"type":"string"},
        {"type":"object","required":["name"],"properties":{"name":{"type":"string"},"url":{"type":"string"}}},
        {"type":"array"}]}}}"#;
    let test = Test::new().file("s.json", schema).file("in.jsonl", "{\"id\":\"a\",\"author\":{\"url\":\"x\"}}\n");
    let report = test.run("check in.jsonl --schema s.json --format json").code(1).json();
    let example = &report["causes"][0]["examples"][0];
    assert_eq!(report["causes"][0]["code"], "V-ONEOF-NONE");
    assert_eq!(example["help"], "closest is alternative 2 of 3: at /author missing member \"name\"");
}

#[test]
fn rejects_can_be_judged_again() {
    let test = mistakes();
    test.run("check in.jsonl --rejects r.zst").code(1).stdout_has("are in r.zst").check();
    // The schema is mended: `txt` will do, and tags may be a string.
    let schema = r#"{"type":"object","required":["id"],"properties":{"id":{"type":"string"},
        "published_at":{"type":"string","format":"date-time"}}}"#;
    test.write("s.json", schema);
    let run = test.run("retry r.zst --schema s.json --again again.zst").code(1);
    let passed = run.stderr_has("rejected 4 of 10 articles again; 6 pass now").stderr_has("V-FORMAT").check();
    assert_eq!(passed.lines().count(), 6);
    assert!(passed.lines().all(|line| test.read("in.jsonl").windows(line.len()).any(|w| w == line.as_bytes())));
    test.run("retry again.zst --schema s.json").code(1).stderr_has("in.jsonl:6:27").stderr_has("0 pass now").check();
    test.run("retry in.jsonl").code(2).stderr_has("`in.jsonl` line 1: not a reject").check();
}

#[test]
fn codes_are_explained() {
    let test = Test::new();
    test.run("explain").stdout_has("V-REQUIRED").stdout_has("R-FINGERPRINT").check();
    test.run("explain v-required").stdout_has("V-REQUIRED: a required member is missing").check();
    test.run("explain X-1").code(2).stderr_has("unknown code `X-1`").check();
}

/// A schema that must be refused with this code and at this place, before any article is read.
#[track_caller]
fn check_schema(schema: &str, code: &str, pointer: &str) {
    let test = Test::new().file("s.json", schema).file("in.jsonl", "not even looked at");
    let told = test.run("check in.jsonl --schema s.json").code(2).stdout("").stderr_has(code).told();
    assert!(told.starts_with(&format!("error[{code}]: schema `s.json`")), "{told}");
    assert!(told.contains(&format!(" at {pointer}:")) || pointer.is_empty(), "{told}");
}

#[test]
fn schemas_that_cannot_be_used() {
    let of = |a: &str| format!("{{\"type\":\"object\",\"properties\":{{\"a\":{a}}}}}");
    check_schema("{", "S-SYNTAX", "");
    check_schema(r#"{"type":"object","type":"object"}"#, "S-SYNTAX", "");
    check_schema(&of(r#"{"type":"strnig"}"#), "S-META", "/properties/a/type");
    check_schema(&of(r#"{"maxLenght":1}"#), "S-UNKNOWN-KEYWORD", "/properties/a/maxLenght");
    check_schema(&of(r#"{"type":"string","format":"dat-time"}"#), "S-UNKNOWN-FORMAT", "/properties/a/format");
    check_schema(&of(r##"{"$ref":"#/$defs/x"}"##), "S-REF", "");
    check_schema(&of(r#"{"$ref":"https://example.org/x.json"}"#), "S-REMOTE-REF", "/properties/a/$ref");
    check_schema(&of(r#"{"pattern":"(a)\\1"}"#), "S-REGEX", "/properties/a/pattern");
    check_schema(&of(r#"{"pattern":"(?=a)b"}"#), "S-REGEX", "/properties/a/pattern");
    check_schema(&of(r#"{"pattern":"("}"#), "S-REGEX", "/properties/a/pattern");
    check_schema(r#"{"$schema":"http://json-schema.org/draft-07/schema#"}"#, "S-DRAFT", "/$schema");
    check_schema(r#"{"type":"array"}"#, "S-COLUMNS", "");
    check_schema(r#"{"type":"object","properties":{"a":{},"A":{}}}"#, "S-COLUMNS", "/properties/A");
}

#[test]
fn a_reject_file_takes_nothing_away() {
    let test = Test::set("", articles(&["a"])).file("bad.jsonl", "{}\n").file("good.jsonl", articles(&["a"]));
    test.build("").check();
    let refused = |arguments: &str, why: &str| {
        test.run(arguments).code(2).stdout("").stderr_has(why).leaves_nothing().check();
    };
    refused("check bad.jsonl --rejects bad.jsonl", "`bad.jsonl` is an input and would be overwritten");
    refused("check bad.jsonl --rejects set/1.0.0/r.zst", "is part of a release, which never changes");
    refused("check bad.jsonl --rejects set/1.0.0/data/r.zst", "is part of a release, which never changes");
    refused("check bad.jsonl --rejects nowhere/r.zst", "is in a folder that does not exist");
    test.run("check bad.jsonl --rejects r.zst").code(1).check();
    assert!(!zstd::decode_all(test.read("r.zst").as_slice()).unwrap().is_empty());
    // Rejects of an earlier run are not lost in silence.
    let before = test.read("r.zst");
    let warning = "warning: no article was rejected; r.zst has the rejects of an earlier run\n";
    test.run("check good.jsonl --rejects r.zst").stdout_has(warning).check();
    assert_eq!(test.read("r.zst"), before);
    // The name says how a reject file is compressed, and `retry` reads it anyhow.
    for (name, start) in [("r.jsonl", b"{\"" as &[u8]), ("r.jsonl.gz", b"\x1f\x8b"), ("r.JSONL.ZST", b"\x28\xb5")] {
        test.run(&format!("check bad.jsonl --rejects {name}")).code(1).check();
        assert!(test.read(name).starts_with(start), "{name}");
        test.run(&format!("retry {name}")).code(1).stderr_has("again; 0 pass now").check();
    }
}

#[test]
fn what_shares_a_key_is_not_judged_again() {
    let articles = article("a") + &article("a").replace("Text a", "Text else") + "{}\n";
    let test = Test::set("", articles);
    let stderr = "several articles have the same key but different content, 2 articles with 1 key\n  key `a`: 2 articles differ in `text`";
    test.build("").code(1).stdout("").stderr_has(stderr).check();
    let conflict = "\
rejected 1 of 1 article again; 0 pass now
2 articles with a key that other articles also have; change the inputs, or set `on_conflict` in dataset.toml
the articles that are still rejected are in again.zst
";
    let retry = "retry set/rejects/1.0.0/rejects.jsonl.zst --again again.zst";
    test.run(retry).code(1).stdout("").stderr_has(conflict).check();
    let again = zstd::decode_all(test.read("again.zst").as_slice()).unwrap();
    assert_eq!(again.split(|byte| *byte == b'\n').count(), 4);
}

#[test]
fn every_missing_member_is_a_cause() {
    let test = Test::new().file("in.jsonl", "{\"title\":\"x\"}\n");
    let run = test.run("check in.jsonl").code(1);
    run.stdout_has("missing member `id`, 1 article").stdout_has("missing member `text`, 1 article").check();
}

#[test]
fn carets_stand_under_the_fault_in_any_script() {
    let line = "{\"id\":\"a\",\"text\":\"红十字会\",\"tags\":7}\n";
    let stdout = format!("   | {line}   | {}^\n", " ".repeat(35));
    Test::new().file("in.jsonl", line).run("check in.jsonl").code(1).stdout_has(stdout).check();
}

#[cfg(unix)]
#[test]
fn a_pipe_may_be_named() {
    // What stood there is no reason to ask where the pipe lies.
    let test = Test::new().file("in.jsonl", articles(&["a", "b"])).file("r.zst", "");
    let made = std::process::Command::new("mkfifo").arg(test.path("pipe")).status().unwrap();
    assert!(made.success());
    let (from, to) = (test.path("in.jsonl"), test.path("pipe"));
    let writer = std::thread::spawn(move || std::fs::copy(from, to).unwrap());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_pressmark"))
        .args(["check", "pipe", "--rejects", "r.zst"])
        .current_dir(test.path(""))
        .output()
        .unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_character_that_is_excluded_is_named() {
    let test = Test::new().file("in.jsonl", r#"{"id":"a","text":"One.\r\nTwo."}"#);
    let told = "error[V-NOT]: text: the text holds U+000D, which the schema excludes, 1 article";
    test.run("check in.jsonl").code(1).stdout_has(told).check();
}

#[test]
fn of_very_many_inputs_those_with_rejects_are_told() {
    let mut test = Test::new();
    for number in 0..40 {
        let contents = if number == 33 { "{}".to_owned() } else { article(&format!("k{number}")) };
        test = test.file(&format!("in/{number:02}.json"), contents);
    }
    let told = "40 inputs such as in/00.json: JSON lines, 40 articles, 1 rejected\nrejected in in/33.json (1)\n";
    test.run("check in").code(1).stdout_has(told).check();
}

#[test]
fn archives_are_told_from_articles_that_speak_of_them() {
    let mut archive = vec![0; 512];
    archive[..5].copy_from_slice(b"a.txt");
    archive[257..262].copy_from_slice(b"ustar");
    let told = "error[I-OTHER-FORMAT]: this is a tar archive";
    Test::new().file("in", archive).run("check in").code(1).stdout_has(told).check();
    let before = r#"{"id":"a","text":""#;
    let line = format!("{before}{}ustar\"}}\n", "x".repeat(257 - before.len()));
    Test::new().file("in", line).run("check in").stdout_has("1 admitted").check();
}
