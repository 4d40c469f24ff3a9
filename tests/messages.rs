//! Messages that met people half way too late: each is what the program says now.

use crate::support::{Test, article, articles};

/// An article as trafilatura writes it.
fn crawled(number: usize) -> String {
    format!(
        "{{\"title\":\"Title {number}\",\"author\":\"Ada Writer\",\"date\":\"2024-12-1{number}\",\
         \"source\":\"https://courier.example/{number}\",\"text\":\"Text {number}.\"}}\n"
    )
}

/// A dataset whose inputs are beside its folder.
fn beside() -> Test {
    let mut test = Test::new();
    for number in 1..=3 {
        test = test.file(&format!("crawl/{number}.json"), crawled(number));
    }
    test.run("init news --from crawl/*.json").check();
    test
}

// Inputs.

#[test]
fn inputs_beside_a_dataset_are_shown_with_their_folder() {
    let test = beside();
    test.run("check news").stdout_has("\ncrawl/1.json: JSON lines, 1 article\n").check();
    test.run("check").folder("news").stdout_has("\n../crawl/1.json: JSON lines, 1 article\n").check();
    test.write("crawl/3.json", crawled(1).replace("Text 1", "Other"));
    test.write("crawl/4.json", "{}\n");
    let told = test.run("build news").code(1).stdout("").told_any();
    for place in
        ["crawl/4.json: JSON lines, 1 article", "  --> crawl/1.json:1\n  --> crawl/3.json:1\n", "--> crawl/4.json:1:1"]
    {
        assert!(told.contains(place), "{place}\n{told}");
    }
    test.run("check news --format github").code(1).stdout_has("file=crawl/4.json,line=1").check();
    // A manifest has no path of a machine.
    test.run("build news --max-rejects 3 --date 2024-12-31").stderr_has("crawl/4.json").check();
    let manifest = test.json("news/1.0.0/manifest.json");
    assert_eq!(manifest["normalised"]["id"]["derived-u1"], 3);
    assert!(!manifest.to_string().contains("crawl"));
}

#[test]
fn check_names_what_is_no_input() {
    let test = Test::set("", articles(&["a"]) + "{}\n");
    test.build("--max-rejects 1").stderr_has("V-REQUIRED").check();
    let says = |input: &str, what: &str, hint: &str| {
        let stderr = format!("error: `{input}` is {what}, not an input with articles\n  help: {hint}\n");
        test.run(&format!("check {input}")).code(2).stdout("").stderr(stderr.clone()).check();
        test.run(&format!("build set --version 2.0.0 {input}")).code(2).stdout("").stderr(stderr).check();
    };
    let release = "to verify it: pressmark verify set/1.0.0; to get its records as JSON lines: pressmark export set/1.0.0 -o records.jsonl";
    says("set/1.0.0", "a release", release);
    says("set/1.0.0/manifest.json", "a part of a release", release);
    says("set/1.0.0/data", "a part of a release", release);
    let rejects = "set/rejects/1.0.0/rejects.jsonl.zst";
    says(rejects, "a reject file", &format!("to validate its articles again: pressmark retry {rejects}"));
    says("set/rejects", "a folder of reject files", "to validate its articles again: pressmark retry set/rejects");
    let stderr =
        "error: `set` is a dataset, not an input with articles\n  help: check a dataset alone: pressmark check set\n";
    test.run("check set set/sources").code(2).stdout("").stderr(stderr).check();
    test.run("build set -o out --max-rejects 1").stderr_has("V-REQUIRED").check();
    let stderr = "error: `out` is a folder of releases, not an input with articles\n  help: to verify them: pressmark verify out\n";
    test.run("check out").code(2).stdout("").stderr(stderr).check();
}

/// Documents of another kind are admitted if they have an id and a text, but not without a word.
#[test]
fn documents_that_are_no_news_articles_are_told() {
    let speech = |number: usize| {
        format!("{{\"id\":\"s{number}\",\"speaker\":\"A\",\"day\":\"2024-12-01\",\"text\":\"Words {number}.\"}}\n")
    };
    let test = Test::new().file("speeches.jsonl", speech(1) + &speech(2));
    let warning = "\
warning[D-MISFIT]: most records have no url, title, authors or date; `day`, `speaker` are only in _extra
  help: for news articles, map these members to the fields (`source = \"./mine.toml\"`); for other documents, write a \
schema of their own (`schema = \"./mine.schema.json\"`); to keep this, set misfit = \"accept\" under [policy]
ok 2 articles: 2 admitted, 0 rejected
";
    test.run("check speeches.jsonl").stdout_has(warning).check();
    let report = test.run("check speeches.jsonl --format json").json();
    assert_eq!(report["warnings"][0]["code"], "D-MISFIT");
    let annotation = "::warning file=speeches.jsonl,title=D-MISFIT::most records have no url, title, authors or date; ";
    test.run("check speeches.jsonl --format github").stdout_has(annotation).check();
    test.run("check speeches.jsonl --format sarif").stdout_has("\"level\": \"warning\"").check();
    // Nothing more is known of articles that have nothing more.
    let bare = test.file("bare.jsonl", "{\"id\":\"a\",\"text\":\"Words.\"}\n");
    let told = bare.run("check bare.jsonl").check();
    assert!(!told.contains("MISFIT"), "{told}");
    let test = Test::set("[policy]\nmisfit = \"accept\"\n", speech(1) + &speech(2));
    let told = test.build("").check();
    assert!(!told.contains("MISFIT"), "{told}");
}

#[test]
fn numbers_that_should_be_texts_are_told_with_the_rule() {
    let mapping = "name = \"wp\"\n[fields]\nid = \"/nr\"\ntext = \"/body\"\n";
    let test = Test::new().file("wp.toml", mapping).file("posts.json", "[{\"nr\":7,\"body\":\"Words.\"}]");
    let help = "   = help: a mapping can read numbers as text: id = { from = \"/nr\", number = \"text\" }\n";
    test.run("check posts.json --source ./wp.toml").code(1).stdout_has(help).check();
    test.write("wp.toml", mapping.replace("\"/nr\"", "{ from = \"/nr\", number = \"text\" }"));
    test.run("check posts.json --source ./wp.toml").stdout_has("ok 1 article").check();
}

/// No word of a library that reads TOML.
#[test]
fn settings_and_mappings_are_refused_in_plain_words() {
    for (line, says) in [
        ("title = \"Red", "a string has no closing quote"),
        ("title = 5", "expected a string in quotes, found 5"),
        ("inputs = { a = 1 }", "expected a list in brackets: [\"...\"], found a table"),
    ] {
        let test = Test::new().file("set/dataset.toml", format!("name = \"set\"\n{line}\n"));
        let stderr = format!("error: `set/dataset.toml` line 2: {says}\n");
        test.run("build set").code(2).stderr_has(stderr).check();
    }
    for (line, says) in [
        ("about = \"Red", "a string has no closing quote"),
        ("only = 5", "`only` is a table of members and their values, such as { kind = \"news\" }"),
    ] {
        let test = Test::new().file("mine.toml", format!("name = \"mine\"\n{line}\n")).file("in.jsonl", article("a"));
        let stderr = format!("error: source `./mine.toml` line 2: {says}\n");
        test.run("check in.jsonl --source ./mine.toml").code(2).stderr_has(stderr).check();
    }
}

#[test]
fn more_on_a_line_than_an_article_is_told_with_the_way_out() {
    for (after, help) in [
        (",", "JSON Lines have no commas between articles; remove those at the ends of lines"),
        (" {\"id\":\"b\"}", "put each article on a line of its own"),
        (" # note", "remove what follows the article on its line"),
    ] {
        let test = Test::new().file("in.jsonl", article("a").trim_end().to_owned() + after + "\n" + &article("c"));
        let told = test.run("check in.jsonl").code(1).stdout_has("F-TRAILING-DATA").check();
        assert!(told.contains(&format!("   = help: {help}\n")), "{told}");
    }
}

/// Whatever is given for articles, what it is is said.
#[test]
fn other_files_are_named() {
    let test = Test::new()
        .file("null.jsonl", "{\"id\":\"a\",\"text\":null}\n")
        .file("blank.jsonl", "{\"id\":\"\",\"text\":\"x\"}\n")
        .file("a.csv", "id,title\n1,One\n")
        .file("a.yaml", "title: One\ntext: Two\n")
        .file("a.warc", "WARC/1.0\r\nWARC-Type: warcinfo\r\n")
        .file("a.py", "{'id': 'a', 'text': None}\n")
        .file("a.xml", "<?xml version=\"1.0\"?><a/>\n")
        .file("empty/.hidden", "")
        .file("in/a.json", article("a"))
        .file("in/b.jsonl", article("b"));
    let says = |arguments: &str, code: i32, what: &str| {
        let (stdout, stderr) = test.run(&format!("check {arguments}")).outputs();
        assert!((stdout.clone() + &stderr).contains(what), "{arguments}: `{what}` is missing\n{stdout}{stderr}");
        test.run(&format!("check {arguments}")).code(code).stderr_has("").check();
    };
    says("null.jsonl", 1, "for 1 cause;");
    says("blank.jsonl", 1, "expected at least 1 character, found \"\"");
    says("in/a.json --max-bytes 5", 1, "error[I-TOO-LARGE]: it holds more than 5 bytes, 1 input\n");
    says("a.csv", 1, "this is CSV, which pressmark does not read");
    says("a.yaml", 1, "this is YAML, which pressmark does not read");
    says("a.warc", 1, "this is a WARC file");
    says("a.py", 1, "this is the repr of a Python value, not JSON");
    says("a.xml", 1, "this is HTML or XML; run a parser on it");
    says("empty", 2, "error: the folder `empty` contains no input\n");
    says("/dev/null", 2, "error[D-EMPTY]: no articles in `/dev/null`\n");
    says("in/{a.json,b.jsonl}", 0, "ok 2 articles: 2 admitted, 0 rejected\n");
}

// What is printed where.

/// The last of both counts, wherever it is, and a flag counts more than a variable.
#[test]
fn the_last_of_quiet_and_verbose_counts() {
    let test = Test::new().file("in.jsonl", article("a"));
    for command in ["check in.jsonl -v -q", "-v check in.jsonl -q", "check -v in.jsonl --quiet", "-vq check in.jsonl"] {
        test.run(command).stdout("").check();
    }
    for command in
        ["check in.jsonl -q -v", "-q check in.jsonl -v", "check in.jsonl -qv", "--quiet check in.jsonl --verbose"]
    {
        test.run(command).stdout_has("ok 1 article").check();
    }
    test.run("check in.jsonl -q").variable("PRESSMARK_VERBOSE", "1").stdout("").check();
    test.run("check in.jsonl -v").variable("PRESSMARK_QUIET", "1").stdout_has("ok 1 article").check();
    test.run("check in.jsonl").variable("PRESSMARK_QUIET", "true").stdout("").check();
    test.run("check in.jsonl").variable("PRESSMARK_QUIET", "false").stdout_has("ok 1 article").check();
}

/// Errors, hints and explanations fit the terminal; lines to be copied do not change.
#[test]
fn hints_and_explanations_are_wrapped() {
    let test = Test::set("", article("a"));
    let fits = |command: &str, width: &'static str| {
        let (stdout, stderr) = test.run(command).variable("COLUMNS", width).outputs();
        let told = stdout + &stderr;
        // Lines to be copied stay as they are.
        let wrapped: String = told.split("```").step_by(2).collect();
        for line in wrapped.lines().filter(|line| line.trim_start().contains(' ')) {
            let columns = unicode_width::UnicodeWidthStr::width(line);
            assert!(columns <= width.parse().unwrap(), "{command} at {width}: {columns} columns\n{line}\n{told}");
        }
    };
    let codes = ["D-DUPLICATE-KEY", "D-MISFIT", "F-AMBIGUOUS", "V-REQUIRED", ""].map(|code| format!("explain {code}"));
    let commands =
        ["show none", "build none", "check none/*.json", "export set --columns id", "verify x", "diff a b --key id"];
    for width in ["60", "80", "140"] {
        codes.iter().map(String::as_str).chain(commands).for_each(|command| fits(command, width));
    }
    let told = test.run("explain D-DUPLICATE-KEY").variable("COLUMNS", "60").check();
    assert!(told.contains("\n```toml\n[policy]\non_conflict = \"newest\"\n"), "{told}");
    let whole = test.run("explain D-DUPLICATE-KEY").check();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&told), words(&whole));
}

/// A terminal shows both streams in the order in which they are written.
#[test]
fn what_was_read_comes_before_what_is_wrong() {
    let test = Test::set("", articles(&["a"]) + "{}\n");
    let command = format!("'{}' build set --max-rejects 1 --date 2024-12-31 2>&1", env!("CARGO_BIN_EXE_pressmark"));
    let output = std::process::Command::new("sh").args(["-c", &command]).current_dir(test.path("")).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let at = |text: &str| told.find(text).unwrap_or_else(|| panic!("`{text}` is missing\n{told}"));
    assert!(at("sources/a.jsonl: JSON lines") < at("error[V-REQUIRED]"), "{told}");
    assert!(at("error[V-REQUIRED]") < at("published set/1.0.0"), "{told}");
}

// What comes next.

#[test]
fn retry_leads_on_when_the_first_build_failed() {
    let lines = "{\"key\":\"a\",\"body\":\"One.\"}\n{\"key\":\"b\"}\n{\"key\":\"c\",\"words\":\"Three.\"}\n";
    let mapping = "name = \"mine\"\n[fields]\nid = \"/key\"\ntext = \"/body\"\n";
    let test = Test::set("source = \"./mine.toml\"\n", lines).file("set/mine.toml", mapping);
    test.build("").code(1).stderr_has("2 of 3 articles rejected").check();
    let next = "\
to publish the first release without the articles that are rejected:
  pressmark build set --max-rejects 2
";
    let told = test.run("retry set -o fixed.jsonl").code(1).stdout("").told_any();
    assert!(told.contains("no article passes, so fixed.jsonl was not written\n") && told.ends_with(next), "{told}");
    // Another source that the dataset does not have yet.
    let better = mapping.replace("\"/body\"", "[\"/body\", \"/words\"]");
    test.write("better.toml", &better);
    let next = "\
to publish them, give set/dataset.toml the settings of --source ./better.toml, then build from all inputs:
  pressmark build set --max-rejects 1
";
    let told = test.run("retry set --source ./better.toml -o fixed.jsonl").code(1).told_any();
    assert!(told.ends_with(next), "{told}");
    test.write("set/mine.toml", better);
    test.build("--max-rejects 1").stderr_has("V-REQUIRED").check();
    let told = test.run("retry set -o fixed.jsonl").code(1).told_any();
    assert!(!told.contains("pressmark build"), "{told}");
    // After a release, a source on the command line leads to all inputs, not to an upsert that would reject them.
    let told = test.run("retry set --source verbatim -o fixed.jsonl").code(1).told_any();
    assert!(!told.contains("--upsert"), "{told}");
}

#[test]
fn commands_to_copy_are_quoted() {
    let test = Test::new().file("my set/dataset.toml", "name = \"set\"\ninputs = [\"in.jsonl\"]\n");
    test.write("my set/in.jsonl", article("a"));
    let stderr = "error: the dataset `my set` has no releases yet\n  help: to publish the first one, run: pressmark build 'my set'\n";
    test.run("show").argument("my set").code(2).stderr(stderr).check();
    test.run("check").argument("my set").stdout_has("  pressmark build 'my set'\n").check();
    let built = test.run("build --date 2024-12-31").argument("my set");
    built
        .stdout_has("FROM 'my set/1.0.0/data/*.parquet' LIMIT 5\"\n")
        .stdout_has("pressmark verify 'my set/1.0.0'\n")
        .check();
    test.run("init").argument("it's").stdout_has("  pressmark build 'it'\\''s'\n").check();
    let test = Test::new().file("a$b/dataset.toml", "name = \"set\"\ninputs = [\"in.jsonl\"]\n");
    test.write("a$b/in.jsonl", article("a"));
    test.run("build a$b").stdout_has("\"SELECT * FROM 'a\\$b/1.0.0/data/*.parquet' LIMIT 5\"\n").check();
}

#[test]
fn a_base_that_is_not_there_is_answered_with_those_that_are() {
    let test = Test::set("", article("a")).file("new.jsonl", article("b"));
    let upsert = "build set --base 1.0.1 --bump minor --upsert new.jsonl";
    let error = "error: release 1.0.1 does not exist, so nothing can be built on it\n";
    let none = "  help: the dataset has no releases yet; build the first one without `--base`\n";
    test.run(&upsert.replace("--bump minor", "--version 1.0.0")).code(2).stderr(error.to_owned() + none).check();
    test.build("").check();
    test.run(upsert).code(2).stderr(error.to_owned() + "  help: the releases there are 1.0.0\n").check();
}

// init.

#[test]
fn init_says_what_it_cannot_use() {
    let test = Test::new().file("crawl/1.json", crawled(1)).file("crawl/2.json", crawled(2));
    let stderr = "error: the key is one column, and `id,url` names several\n  help: choose one of them; `--order-by` takes several\n";
    test.run("init news --key id,url").code(2).stdout("").stderr(stderr).leaves_nothing().check();
    let stderr = "\
error: no name for the dataset can be made of the folder's name, `üñ`
  help: choose one with `--name`: lower-case letters, digits and single dashes
";
    test.run("init üñ").code(2).stdout("").stderr(stderr).leaves_nothing().check();
    let stderr =
        "error: `a_b` cannot name a dataset\n  help: set `--name` to lower-case letters, digits and single dashes\n";
    test.run("init news --name a_b").code(2).stdout("").stderr(stderr).leaves_nothing().check();
    let stderr = "error: there is no file `s.json`, neither here nor in `news`\n";
    test.run("init news --schema s.json").code(2).stdout("").stderr(stderr).leaves_nothing().check();
    test.run("init news --source ./m.toml")
        .code(2)
        .stderr(stderr.replace("s.json", "./m.toml"))
        .leaves_nothing()
        .check();
}

/// An option with a list does not swallow the folder.
#[test]
fn init_takes_the_folder_last() {
    let test = Test::new().file("crawl/1.json", crawled(1)).file("crawl/2.json", crawled(2));
    test.run("init --from crawl/*.json news").stdout_has("wrote news/dataset.toml\n").check();
    test.run("init --from crawl/1.json crawl/2.json more").stdout_has("wrote more/dataset.toml\n").check();
    let missing = "name the dataset's folder: pressmark init DIR --from 'crawl/*.json'";
    for command in ["init --from crawl/1.json crawl/2.json", "init --from crawl/*.json", "init"] {
        test.run(command).code(2).stdout("").stderr_has(missing).check();
    }
}

// diff.

#[test]
fn diff_says_what_its_answer_rests_on() {
    let test = Test::set("", articles(&["a", "b"]));
    test.build("").check();
    test.write("set/sources/a.jsonl", articles(&["b", "a"]));
    test.build("--version 1.0.1").check();
    let note = "  compared by the fingerprints in the manifests; `pressmark verify` checks that the files match them\n";
    test.run("diff set/1.0.0 set/1.0.1").stdout_has(note).check();
    test.write("set/sources/a.jsonl", articles(&["a"]));
    test.build("--version 2.0.0").check();
    let told = test.run("diff set/1.0.1 set/2.0.0").code(1).check();
    assert!(!told.contains("by the fingerprints"), "{told}");
}

#[test]
fn diff_shows_the_address_where_the_title_changed() {
    let titled = |title: &str| {
        article("a").replace("Title a", title).replace("\"text\"", "\"url\":\"https://a.example/1\",\"text\"")
    };
    let test = Test::set("", titled("Old"));
    test.build("").check();
    test.write("set/sources/a.jsonl", titled("New"));
    test.build("--version 2.0.0").check();
    test.run("diff set").code(1).stdout_has("    a (https://a.example/1): [-Old-]{+New+}\n").check();
    let stderr = "\
error: cannot ignore `id`: it is the key, which identifies a record
  help: `diff` reports records that have a new key and are otherwise equal
";
    test.run("diff set --ignore id").code(2).stdout("").stderr(stderr).check();
}

#[test]
fn diff_leads_to_every_record() {
    let test = Test::set("", articles(&["a"]));
    test.build("").check();
    test.write("set/sources/a.jsonl", articles(&["a", "b", "c", "d", "e", "f"]));
    test.build("--version 1.1.0").check();
    let next = "to see every changed record:\n  pressmark diff set --rows\n";
    test.run("diff set").code(1).stdout_has("... and 2 more\n").stdout_has(next).check();
}

#[test]
fn the_changelog_names_rejects() {
    let test = Test::set("", articles(&["a"]) + "{}\n");
    test.build("--max-rejects 1").stderr_has("V-REQUIRED").check();
    let changelog = String::from_utf8(test.read("set/CHANGELOG.md")).unwrap();
    assert!(changelog.ends_with("The first release: 1 record; 1 article rejected.\n"), "{changelog}");
}
