//! What is said to input, settings and targets that cannot be used: one clear error that names
//! the place, and nothing left behind.

use std::fs;

use crate::support::{Test, article, articles};

/// A build of `set` must fail with this on standard error and change nothing.
#[track_caller]
fn check(test: &Test, arguments: &str, stderr: &str) {
    test.build(arguments).code(2).stdout("").stderr(stderr).leaves_nothing().check();
}

#[test]
fn inputs_that_match_nothing() {
    let test = Test::new().file("set/dataset.toml", "name = \"set\"\ninputs = [\"sources/*.jsonl\"]\n");
    let hint = "; paths in dataset.toml are relative to its folder; on the command line, quote patterns\n";
    let there = |what: &str| format!("  help: {what}{hint}");
    let error = "error: no input matches `set/sources/*.jsonl`\n";
    check(&test, "", &(error.to_owned() + &there("`set/sources` does not exist")));
    let test = test.file("set/sources/a.json", "").file("set/sources/b.json", "");
    check(&test, "", &(error.to_owned() + &there("`set/sources` has a.json, b.json")));
    let test = test.file("set/sources/c.json", "").file("set/sources/d/e.json", "");
    check(&test, "", &(error.to_owned() + &there("`set/sources` has a.json, b.json, c.json and 1 more")));
    let error = "error: no input matches `none.jsonl`\n";
    check(&test, "none.jsonl", &(error.to_owned() + &there("the working directory has set/")));
}

#[test]
fn no_inputs_at_all() {
    let test = Test::new().file("set/dataset.toml", "name = \"set\"\n");
    let stderr = "\
error: no inputs: `set/dataset.toml` lists none, and none were given
  help: set `inputs = [\"sources/*.jsonl\"]` in dataset.toml, or name files after the folder
";
    check(&test, "", stderr);
}

#[test]
fn an_empty_file() {
    check(&Test::set("", ""), "", "error[D-EMPTY]: no articles in `sources/a.jsonl`\n");
    check(&Test::set("", "\n\n"), "", "error[D-EMPTY]: no articles in `sources/a.jsonl`\n");
    check(&Test::set("source = \"pages\"\n", ""), "", "error[D-EMPTY]: no articles in `sources/a.jsonl`\n");
    check(&Test::set("", article("a")), "-", "error[D-EMPTY]: no articles in `-`\n");
}

#[test]
fn an_empty_file_leaves_no_folder_for_the_output() {
    check(&Test::set("", ""), "--output new", "error[D-EMPTY]: no articles in `sources/a.jsonl`\n");
    check(&Test::set("", ""), "--output new/and/deep", "error[D-EMPTY]: no articles in `sources/a.jsonl`\n");
}

/// A line that is no article: exit code 1, its code and place, and only the reject file.
#[track_caller]
fn check_line(line: &str, code: &str) {
    let test = Test::set("", article("a") + line + "\n" + &article("b"));
    test.build("").code(1).stdout("").stderr_has(code).stderr_has("sources/a.jsonl:2").check();
    let tree: Vec<String> = test.files().into_keys().collect();
    assert_eq!(tree, ["set/dataset.toml", "set/rejects/1.0.0/rejects.jsonl.zst", "set/sources/a.jsonl"]);
    let rejects = test.rejects("1.0.0");
    assert_eq!((&rejects[0]["raw"], &rejects[0]["line"]), (&line.into(), &2.into()));
    assert_eq!((rejects.len(), &rejects[0]["violations"][0]["code"]), (1, &code.into()));
}

#[test]
fn a_line_that_is_not_json() {
    check_line("not json", "P-SYNTAX");
    check_line("{\"id\":\"c\",\"text\":\"One.\"", "P-SYNTAX");
    check_line("{'id':'c'}", "P-SYNTAX");
    check_line("{\"id\":\"c\",\"n\":NaN}", "P-NUMBER");
    check_line("{\"id\":\"c\",\"n\":01}", "P-NUMBER");
    check_line("{\"id\":\"c\",\"text\":\"a\tb\"}", "P-CONTROL-CHAR");
    check_line("{\"id\":\"c\",\"text\":\"\\ud800\"}", "P-SURROGATE");
    check_line("{\"id\":\"c\",\"id\":\"d\",\"text\":\"One.\"}", "P-DUPLICATE-KEY");
    check_line(&"[".repeat(200), "P-DEPTH");
}

#[test]
fn a_line_that_is_no_article() {
    check_line("[1]", "F-NOT-OBJECT");
    check_line("\"text\"", "F-NOT-OBJECT");
    check_line("{\"id\":\"c\",\"text\":\"One.\"} {}", "F-TRAILING-DATA");
    check_line("{\"id\":\"c\"}", "V-REQUIRED");
    check_line("{\"id\":\"c\",\"text\":\"One.\",\"published_at\":\"2024-12-31\"}", "V-FORMAT");
    check_line("{\"id\":\"c\",\"text\":\"One.\",\"published_at\":\"2024-12-31T00:00:00\"}", "V-FORMAT");
}

#[test]
fn an_input_that_breaks_off() {
    let test = Test::set("", articles(&["a", "b"]).trim_end_matches("}\n"));
    test.build("").code(1).stderr_has("F-LAST-TRUNCATED").stderr_has("sources/a.jsonl:2").check();
}

/// The articles `a` and `b` under zstd, of which only so many bytes arrived.
fn broken_zstd(bytes: usize) -> Vec<u8> {
    let mut zstd = zstd::encode_all(articles(&["a", "b"]).as_bytes(), 3).unwrap();
    assert!(bytes < zstd.len());
    zstd.truncate(bytes);
    zstd
}

#[test]
fn compressed_input_that_breaks_off() {
    for bytes in [4, 20, 40] {
        let test = Test::set("", broken_zstd(bytes));
        test.build("").code(1).stdout("").stderr_has("I-ZSTD").stderr_has("sources/a.jsonl:1").check();
        assert!(!test.path("set/1.0.0").exists());
    }
}

#[test]
fn compressed_input_that_breaks_off_beside_one_that_does_not() {
    let test = Test::set("", article("a")).file("set/sources/b.jsonl", broken_zstd(20));
    test.build("").code(1).stdout("").stderr_has("I-ZSTD").stderr_has("sources/b.jsonl:1").check();
}

#[test]
fn a_refused_version_leaves_the_rejects_of_the_published_one() {
    let test = Test::set("", article("a") + "not json\n");
    test.build("--max-rejects 1").stderr_has("P-SYNTAX").check();
    test.write("set/sources/a.jsonl", article("b") + "[1]\n");
    let refused = test.build("--max-rejects 1 --version 1.0.0").code(2).stdout("");
    refused.stderr_has("error: release 1.0.0 already exists with different content").leaves_nothing().check();
}

#[test]
fn a_page_dump_that_cannot_be_split() {
    let test = Test::set("source = \"pages\"\n", "A title\n\nA body that nothing tells from it.\n");
    test.build("").code(1).stdout("").stderr_has("F-PAGE-UNSPLIT").stderr_has("sources/a.jsonl:1").check();
}

#[test]
fn no_dataset_toml() {
    let stderr = |what: &str| {
        format!("error: `set` is not a dataset: {what}\n  help: to make a dataset there, run: pressmark init set\n")
    };
    check(&Test::new(), "", &stderr("no such folder"));
    check(&Test::new().file("set/sources/a.jsonl", article("a")), "", &stderr("it has no dataset.toml"));
}

/// A `dataset.toml` of these lines must be refused.
#[track_caller]
fn check_settings(toml: &str, stderr: &str) {
    let test = Test::new().file("set/dataset.toml", toml).file("set/sources/a.jsonl", article("a"));
    check(&test, "", stderr);
}

/// An error in a line of the file, with the place marked.
fn marked(error: &str, (line, place): (&str, &str), help: &str) -> String {
    let indent = " ".repeat(line.find(place).unwrap());
    format!("error: `set/dataset.toml` {error}\n   | {line}\n   | {indent}{}\n{help}", "^".repeat(place.len()))
}

#[test]
fn settings_that_are_not_known() {
    let no_setting = |number: &str, line: &str, name: &str, hint: &str| {
        let error = format!("line {number}: there is no setting `{name}`");
        marked(&error, (line, name), &format!("  help: {hint}\n"))
    };
    check_settings("name = \"set\"\n\ninput = []\n", &no_setting("3", "input = []", "input", "did you mean `inputs`?"));
    let line = "max_reject = 1";
    check_settings(
        "name = \"set\"\n[policy]\nmax_reject = 1\n",
        &no_setting("3", line, "max_reject", "did you mean `max_rejects`?"),
    );
    check_settings(
        "name = \"set\"\nmax_reject = 1\n",
        &no_setting("2", line, "max_reject", "did you mean `max_rejects`, which belongs under `[policy]`?"),
    );
    let help = "  help: known sources: article, pages, verbatim, trafilatura, newspaper4k, news-please, fundus, postlight, readability, goose3, ninjs, schema-org; name a mapping file by its path: ./mine.toml\n";
    check_settings(
        "name = \"set\"\nsource = \"rss\" # feeds\n",
        &marked("line 2: unknown source `rss`", ("source = \"rss\" # feeds", "\"rss\""), help),
    );
}

#[test]
fn settings_that_are_not_toml() {
    let check = |line: &str, error: &str, place: &str, help: &str| {
        check_settings(&format!("name = \"set\"\n{line}\n"), &marked(&format!("line 2: {error}"), (line, place), help));
    };
    check("key = 5", "expected a string in quotes, found 5", "5", "");
    check("inputs = \"a\"", "expected a list in brackets: [\"...\"], found \"a\"", "\"a\"", "");
    check("creators = [\"Ada\"]", "expected a table such as { name = \"...\" }, found \"Ada\"", "\"Ada\"", "");
}

/// Each setting of `[policy]` at the top, or in a table of another kind.
#[test]
fn settings_in_the_wrong_table() {
    let toml = String::from_utf8(include_bytes!("cases/policy-keys/dataset.toml").to_vec()).unwrap();
    let belongs = |number: usize, key: &str, line: &str| {
        let error = format!("line {number}: `{key}` belongs under `[policy]`");
        marked(&error, (line, key), &format!("  help: put it below a line `[policy]`: {key} = ...\n"))
    };
    check_settings(&toml, &belongs(4, "max_rejects", toml.lines().nth(3).unwrap()));
    for (key, value) in
        [("extra", "\"keep\""), ("versions", "\"data\""), ("on_conflict", "\"newest\""), ("newest_by", "\"title\"")]
    {
        let line = format!("{key} = {value}");
        check_settings(&format!("name = \"set\"\n{line}\n"), &belongs(2, key, &line));
        check_settings(&format!("name = \"set\"\n[[creators]]\nname = \"A\"\n{line}\n"), &belongs(4, key, &line));
    }
    check_settings(
        "name = \"set\"\n[policy]\nkey = \"id\"\n",
        &marked(
            "line 3: `key` belongs at the top of the file, above every table",
            ("key = \"id\"", "key"),
            "  help: a line such as `[policy]` starts a table, to which all settings below it belong\n",
        ),
    );
    check_settings(
        "name = \"set\"\n[policy]\nextra = \"kept\"\n",
        &marked(
            "line 3: `kept` is not a value of this setting",
            ("extra = \"kept\"", "\"kept\""),
            "  help: it is \"keep\" or \"reject\" or \"drop\"\n",
        ),
    );
}

#[test]
fn settings_that_cannot_serve() {
    check_settings(
        "name = \"My Set\"\n",
        &marked(
            "line 1: the name may have lower-case letters, digits and single dashes",
            ("name = \"My Set\"", "\"My Set\""),
            "  help: for example: name = \"my-articles\"\n",
        ),
    );
    check_settings(
        "name = \"set\"\ninputs = [\"sources/*\"]\nkey = \"guid\"\n",
        "error: `set/dataset.toml`: `key` names `guid`, which the schema does not declare\n",
    );
    check_settings(
        "name = \"set\"\ninputs = [\"sources/*\"]\norder_by = [\"tags\"]\n",
        "error: `set/dataset.toml`: `order_by` names `tags`, whose values (list<string>) have no order\n",
    );
}

/// A schema that must be refused, with the place in it.
#[track_caller]
fn check_schema(schema: &str, code: &str, place: &str) {
    let test = Test::set("schema = \"s.json\"\n", "{\"id\":\"a\"}\n").file("set/s.json", schema);
    test.build("")
        .code(2)
        .stdout("")
        .stderr_has(format!("error[{code}]: schema `set/s.json`{place}"))
        .leaves_nothing()
        .check();
}

#[test]
fn a_schema_that_cannot_be_used() {
    check_schema("{\n  \"type\":\n", "S-SYNTAX", ": line 3 column 1: ");
    check_schema("{\"type\":\"objekt\"}", "S-META", " at /type: ");
    check_schema(
        "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\",\"pattern\":\"(\"}}}",
        "S-REGEX",
        " at /properties/id/pattern: ",
    );
}

#[test]
fn a_schema_that_is_not_there() {
    let stderr = "\
error: cannot read `set/s.json`
  caused by: no such file or folder
";
    check(&Test::set("schema = \"s.json\"\n", "{\"id\":\"a\"}\n"), "", stderr);
}

#[test]
fn a_version_that_exists_with_other_content() {
    let test = Test::set("", article("a"));
    test.build("").check();
    test.write("set/sources/a.jsonl", article("b"));
    let stderr = "\
error: release 1.0.0 already exists with different content
  help: a release never changes; publish with a new `--version`
";
    check(&test, "--version 1.0.0", stderr);
}

#[test]
fn a_target_below_a_file() {
    let test = Test::set("", article("a")).file("taken", "");
    let because = "  caused by: a part of the path is a file, not a folder\n";
    check(&test, "--output taken/out", &format!("error: cannot create `taken/out`\n{because}"));
    let because = "  caused by: it already exists\n";
    check(&test, "--output taken", &format!("error: cannot create `taken`\n{because}"));
}

#[test]
#[cfg(unix)]
fn an_input_that_has_vanished() {
    let test = Test::set("", article("a"));
    std::os::unix::fs::symlink("gone.jsonl", test.path("set/sources/b.jsonl")).unwrap();
    let stderr = "\
error: cannot read `set/sources/b.jsonl`
  caused by: no such file or folder
";
    check(&test, "", stderr);
    check(&test, "set/sources", stderr);
}

#[test]
#[cfg(unix)]
fn a_folder_that_is_read_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let test = Test::set("", article("a")).file("out/notes.txt", "mine");
    let protect = |mode| fs::set_permissions(test.path("out"), fs::Permissions::from_mode(mode)).unwrap();
    protect(0o555);
    // Permissions do not bind the superuser, who may run this.
    if fs::write(test.path("out/probe"), "").is_err() {
        let stderr = "\
error: cannot create `out/.lock`
  caused by: permission denied
";
        check(&test, "--output out", stderr);
    }
    protect(0o755);
}

#[test]
fn a_target_whose_name_is_taken() {
    let test = Test::set("", article("a")).file("set/1.0.0/notes.txt", "mine");
    let stderr = "\
error: `set/1.0.0` is not a release: its name is a version, but it has no manifest.json; repair or remove it
  help: a release is a folder with a manifest.json, such as datasets/NAME/1.0.0
";
    check(&test, "", stderr);
}

#[test]
fn a_lock_that_another_build_holds() {
    let test = Test::set("", article("a"));
    let lock = fs::File::create(test.path("set/.lock")).unwrap();
    lock.lock().unwrap();
    let stderr = "\
error: another build of this dataset is running (it holds `set/.lock`)
  help: wait until it ends; the lock is released with its process
";
    check(&test, "", stderr);
}
