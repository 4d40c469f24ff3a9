//! What is an article in an input: the settings, the form of the file, and what mapping and schema
//! accept; and that nothing is passed over in silence.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Random, Test, article, articles, rows};

/// A folder with the inputs of a case.
fn case(name: &str) -> Test {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name);
    let mut test = Test::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        test = test.file(entry.file_name().to_str().unwrap(), fs::read(entry.path()).unwrap());
    }
    test
}

/// A JSON Lines file with one line is one record, as two lines are two.
#[test]
fn a_file_of_one_line() {
    let test = case("one-record-envelope");
    for (name, ids) in [("one", &["t1"][..]), ("two", &["t1", "t2"]), ("none", &["t3"])] {
        let number = if ids.len() == 1 { "1 article" } else { "2 articles" };
        let stdout = format!("{name}.jsonl: JSON lines, {number}\nok {number}: {} admitted, 0 rejected\n", ids.len());
        for schema in ["s", "loose"] {
            test.run(&format!("check {name}.jsonl --schema {schema}.json")).stdout(&stdout).check();
            let toml = format!("name = \"set\"\nschema = \"../{schema}.json\"\ninputs = [\"../{name}.jsonl\"]\n");
            test.write("set/dataset.toml", toml);
            test.build("").check();
            assert_eq!(test.keys("set/1.0.0"), ids, "{name} by {schema}");
            test.remove("set");
        }
    }
    let both = "\
none.jsonl: JSON lines, 1 article
two.jsonl: JSON lines, 2 articles
ok 3 articles: 3 admitted, 0 rejected
";
    test.run("check two.jsonl none.jsonl --schema loose.json").stdout(both).check();
}

#[test]
fn several_lists_in_one_object() {
    let test = case("envelope-siblings");
    let ambiguous = |name: &str, places: &str, snippet: &str, setting: &str| {
        let stdout = format!(
            "\
{name}: articles at several places, 1 article, 1 rejected
error[F-AMBIGUOUS]: several places may hold the articles: {places}, 1 article
  --> {name}:1:1
   | {snippet}
   | ^
   = help: set those that are meant, in dataset.toml or by --articles, such as: articles = [{setting}]
  for details: pressmark explain F-AMBIGUOUS

failed 1 article: 0 admitted, 1 rejected for 1 cause; 0 allowed
"
        );
        test.run(&format!("check {name}")).code(1).stdout(stdout).check();
        // No number of allowed rejects lets it pass.
        test.run(&format!("check {name} --max-rejects 100%")).code(1).check();
    };
    ambiguous(
        "two-lists.json",
        "/articles/* (1 object), /featured/* (2 objects)",
        "{\"articles\":[{\"id\":\"1\",\"text\":\"One.\"}],\"f…",
        "\"/articles/*\", \"/featured/*\"",
    );
    ambiguous(
        "both-known.json",
        "/articles/* (1 object), /results/* (1 object)",
        "{\"results\":[{\"id\":\"1\",\"text\":\"One.\"}],\"ar…",
        "\"/articles/*\", \"/results/*\"",
    );
    ambiguous(
        "with-lead.json",
        "/articles/* (1 object), /lead (1 object)",
        "{\"title\":\"Front page\",\"articles\":[{\"id\":\"…",
        "\"/articles/*\", \"/lead\"",
    );
    ambiguous(
        "sections.json",
        "/items/* (1 object), /politics/* (1 object), /sport/* (1 object)",
        "{\"politics\":[{\"id\":\"1\",\"text\":\"One.\"}],\"s…",
        "\"/items/*\", \"/politics/*\", \"/sport/*\"",
    );
    let empty_first = "\
empty-first.json: envelope, articles at /articles/*, 1 article, 1 member besides the articles left out (items)
other.jsonl: JSON lines, 1 article
filled: url 0%, title 0%, authors 0%, date 0%, text 100%
ok 2 articles: 2 admitted, 0 rejected
";
    test.run("check empty-first.json other.jsonl").stdout(empty_first).check();
}

#[test]
fn a_setting_says_what_is_meant() {
    let test = case("envelope-siblings");
    let all = "\
with-lead.json: envelope, articles at /articles/* and /lead, 2 articles, 1 member besides the articles left out (title)
filled: url 0%, title 0%, authors 0%, date 0%, text 100%
ok 2 articles: 2 admitted, 0 rejected
";
    test.run("check with-lead.json --articles /articles/* --articles /lead").stdout(all).check();
    test.run("check with-lead.json --articles /articles/*,/lead").stdout(all).check();
    let one = "\
with-lead.json: envelope, articles at /articles/*, 1 article, 2 members besides the articles left out with 1 object (lead, title)
filled: url 0%, title 0%, authors 0%, date 0%, text 100%
ok 1 article: 1 admitted, 0 rejected
";
    test.run("check with-lead.json --articles /articles/*").stdout(one).check();
    let stdout = "sections.json: a JSON object of arrays of articles, 3 articles\nfilled: url 0%, title 0%, authors 0%, date 0%, text 100%\nok 3 articles: 3 admitted, 0 rejected\n";
    test.run("check sections.json --articles /*/*").stdout(stdout).check();
    let stderr = "error: invalid value 'articles' for '--articles <POINTER>': `articles` is not a pointer; a pointer starts with a slash: \"/articles\"";
    test.run("check sections.json --articles articles").code(2).stderr_has(stderr).check();
}

#[test]
fn nested_envelopes_and_pages_of_an_interface() {
    let test = case("nested-envelope");
    let guardian = "\
guardian.json: envelope, articles at /response/results/*, 2 articles, 5 members besides the articles left out (/response/pageSize, /response/startIndex, /response/status, /response/total, /response/userTier)
authors: 2 values wrapped in a list
domain: 2 values taken from the host of the URL
kept in _extra: `type` x2; about 8% of the bytes
filled: url 100%, title 100%, authors 100%, date 100%, text 100%
ok 2 articles: 2 admitted, 0 rejected
";
    test.run("check guardian.json --source ./guardian.toml").stdout(guardian).check();
    let hits = "\
hits.json: envelope, articles at /hits/hits/*/_source, 2 articles, 8 members besides the articles left out with 2 objects (_shards, /hits/hits/*/_id x2, /hits/hits/*/_index x2, /hits/hits/*/_score x2, /hits/max_score, /hits/total, timed_out, took)
id: 2 values derived by the recipe c1
filled: url 0%, title 100%, authors 0%, date 0%, text 100%
ok 2 articles: 2 admitted, 0 rejected
";
    test.run("check hits.json").stdout(hits).check();
    test.run("check hits.json --articles /hits/hits/*/_source").stdout(hits).check();
    // Each line is an article until a setting says otherwise; where lists of objects are, is reported.
    let seen = "  members found: articles, page\n  lists of objects found at: /articles/*\n  help: if these are the articles, set articles = \"/articles/*\" or use --articles\n";
    test.run("check pages.jsonl").code(1).stdout_has(seen).stdout_has("failed 2 articles: 0 admitted").check();
    let pages = "\
pages.jsonl: JSON lines, articles at /articles/*, 2 articles, 1 member besides the articles left out (page x2)
filled: url 0%, title 0%, authors 0%, date 0%, text 100%
ok 2 articles: 2 admitted, 0 rejected
";
    test.run("check pages.jsonl --articles /articles/*").stdout(pages).check();
}

/// The text that the author stands in is another's matter: here it is a name.
#[test]
fn nodes_of_a_graph() {
    let test = case("jsonld-graph");
    let by_name = String::from_utf8(test.read("graph.json")).unwrap();
    let by_name =
        by_name.replace("\"author\":{\"@id\":\"https://paper.example/#/person/7\"}", "\"author\":\"A. Writer\"");
    let test = test.file("named.json", by_name);
    let seen = "\
named.json: envelope, articles at /@graph/*, 4 articles, 3 rejected, 1 member besides the articles left out (@context)
";
    let help = "help: to read only nodes of some types, set only = { \"@type\" = [\"NewsArticle\", \"Article\"] }\n";
    test.run("check named.json --source schema-org").code(1).stdout_has(seen).stdout_has(help).check();
    let toml = "name = \"set\"\nsource = \"schema-org\"\ninputs = [\"../named.json\"]\narticles = \"/@graph/*\"\nonly = { \"@type\" = [\"NewsArticle\", \"Article\"] }\n";
    let test = test.file("set/dataset.toml", toml);
    let told = "../named.json: envelope, articles at /@graph/*, 1 article, 1 member besides the articles left out (@context), 3 objects skipped by `only @type`\n";
    let told = told.trim_start_matches("../");
    test.build("").stdout_has(told).check();
    assert_eq!(rows(&test.path("set/1.0.0"))[0]["title"], "Bridge reopens");
    let manifest = test.json("set/1.0.0/manifest.json");
    assert_eq!(manifest["normalised"]["_input"], json!({ "skipped": 3 }));
    test.run("verify set/1.0.0").stdout_has("intact").check();
}

#[test]
fn lines_that_are_declared_to_be_no_articles() {
    let test = case("bulk-lines");
    test.run("check bulk.ndjson").code(1).stdout_has("2 admitted, 2 rejected").check();
    let mapping = "name = \"bulk\"\nderive = [\"id\"]\nunmapped = \"pass\"\nskip = [\"/index\"]\n";
    let test = test.file("bulk.toml", mapping);
    let stdout = "\
bulk.ndjson: JSON lines, 2 articles, 2 objects skipped by `skip /index`
id: 2 values derived by the recipe c1
kept in _extra: `namespace` x2, `timestamp` x2; about 44% of the bytes
filled: url 0%, title 100%, authors 0%, date 0%, text 100%
ok 2 articles: 2 admitted, 0 rejected
";
    test.run("check bulk.ndjson --source ./bulk.toml").stdout(stdout).check();
    let report = test.run("check bulk.ndjson --source ./bulk.toml --format json").json();
    assert_eq!((&report["articles"], &report["inputs"][0]["skipped"]), (&2.into(), &json!({ "skip /index": 2 })));
    let github = "::notice title=pressmark::2 articles, 0 rejected, 0 allowed, 2 objects skipped by settings\n";
    test.run("check bulk.ndjson --source ./bulk.toml --format github").stdout(github).check();
    for (format, told) in [("sarif", "\"leftOut\": \"2 objects skipped"), ("junit", "2 objects skipped by settings")] {
        test.run(&format!("check bulk.ndjson --source ./bulk.toml --format {format}")).stdout_has(told).check();
    }
    // What is skipped is no longer remembered as a record.
    let toml = "name = \"set\"\nsource = \"../bulk.toml\"\ninputs = [\"../bulk.ndjson\"]\n";
    let test = test.file("set/dataset.toml", toml);
    test.build("").check();
    test.write("set/dataset.toml", format!("{toml}skip = [\"/index\", {{ title = [\"Rain\"] }}]\n"));
    test.build("--bump major").check();
    assert_eq!(rows(&test.path("set/2.0.0")).len(), 1);
    assert_eq!(test.json("set/2.0.0/manifest.json")["normalised"]["_input"], json!({ "skipped": 3 }));
}

#[test]
fn the_shape_of_the_report() {
    let schema: Value = serde_json::from_str(include_str!("../schema/check-report.schema.json")).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).offline().build(&schema).unwrap();
    let test = case("nested-envelope");
    for (arguments, code) in [("check hits.json", 0), ("check pages.jsonl", 1)] {
        let report = test.run(&format!("{arguments} --format json")).code(code).json();
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let report = test.run("check hits.json --format json").json();
    let left_out = &report["inputs"][0]["left_out"];
    assert_eq!((&left_out["objects"], &left_out["other_members"]), (&2.into(), &0.into()));
    assert_eq!(left_out["members"]["/hits/hits/*/_id"], json!({ "times": 2, "objects": 0 }));
    assert_eq!(left_out["members"]["/_shards"], json!({ "times": 1, "objects": 1 }));
}

#[test]
fn texts_without_the_place() {
    let lines = "{\"articles\":[{\"id\":\"a\",\"text\":\"A.\"}]}\n{\"error\":\"limit\"}\n{\"articles\":[]}\n{\"articles\":null}\nnot json\n";
    let test = Test::new().file("in.jsonl", lines);
    let stdout = "\
in.jsonl: JSON lines, articles at /articles/*, 3 articles, 2 rejected, 1 member besides the articles left out (articles)
filled: url 0%, title 0%, authors 0%, date 0%, text 100%
articles  code         field  first       message
       1  F-NOT-THERE         in.jsonl:2  nothing is at /articles/* in this text
       1  P-SYNTAX            in.jsonl:5  expected `null`

error[F-NOT-THERE]: nothing is at /articles/* in this text, 1 article
  --> in.jsonl:2:1
   | {\"error\":\"limit\"}
   | ^
   = help: `articles` says where articles are; `skip` declares texts that hold none
  for details: pressmark explain F-NOT-THERE

error[P-SYNTAX]: expected `null`, 1 article
  --> in.jsonl:5:1
   | not json
   | ^
  for details: pressmark explain P-SYNTAX

failed 3 articles: 1 admitted, 2 rejected for 2 causes; 0 allowed
to keep the rejected articles with their reasons:
  pressmark check in.jsonl --articles '/articles/*' --rejects rejects.jsonl.zst
";
    test.run("check in.jsonl --articles /articles/*").code(1).stdout(stdout).check();
    let mapping = "name = \"pages\"\nunmapped = \"pass\"\narticles = [\"/articles/*\"]\nskip = [\"/error\"]\n";
    let test = test.file("pages.toml", mapping);
    test.run("check in.jsonl --source ./pages.toml").code(1).stdout_has("1 object skipped by `skip /error`").check();
}

/// The same texts, as lines, as values over several lines, as a single document, from a pipe.
#[test]
fn the_setting_reads_every_form() {
    let page = |id: &str| format!("{{\"page\":{{\"n\":1}},\"list\":[{}]}}", article(id).trim());
    let pretty = page("a").replace(',', ",\n");
    let forms = [
        ("lines.jsonl", page("a") + "\n" + &page("b"), 2, "JSON lines, articles at /list/*"),
        ("lines.json", page("a") + "\n" + &page("b"), 2, "JSON lines, articles at /list/*"),
        ("values.json", format!("{pretty}\n{pretty}"), 2, "JSON values, articles at /list/*"),
        ("one.json", page("a"), 1, "envelope, articles at /list/*"),
        ("pretty.json", pretty, 1, "envelope, articles at /list/*"),
    ];
    for (name, bytes, number, container) in forms {
        let test = Test::new().file(name, &bytes);
        for run in [
            test.run(&format!("check {name} --articles /list/* --format json")),
            test.run("check - --articles /list/* --format json").stdin(&bytes),
        ] {
            let report = run.json();
            let input = &report["inputs"][0];
            assert_eq!((&input["admitted"], &input["container"]), (&number.into(), &container.into()), "{name}");
            assert_eq!(input["left_out"]["members"]["/page"], json!({ "times": number, "objects": number }), "{name}");
        }
    }
    let elements = format!("[{},{}]", page("a"), page("b"));
    let test = Test::new().file("in.json", elements);
    test.run("check in.json --articles /*/list/*")
        .stdout_has("a JSON array, articles at /*/list/*, 2 articles")
        .check();
}

#[test]
fn settings_that_cannot_be_used() {
    let refused = |settings: &str, told: &str| {
        let test = Test::set(settings, article("a"));
        test.build("").code(2).stdout("").stderr_has(format!("error: `set/dataset.toml` line 3: {told}")).check();
        let test = Test::new().file("m.toml", format!("name = \"m\"\n\n{settings}")).file("in.jsonl", article("a"));
        let told = format!("error: source `./m.toml` line 3: {told}");
        test.run("check in.jsonl --source ./m.toml").code(2).stdout("").stderr_has(told).check();
    };
    refused("articles = \"list\"\n", "`list` is not a pointer; a pointer starts with a slash: \"/list\"");
    refused("articles = 3\n", "`articles` is a pointer such as \"/articles/*\", or a list");
    refused("skip = \"/index\"\n", "`skip` is a list of pointers such as \"/index\" and tables");
    refused("skip = [\"\"]\n", "`skip` with the pointer \"\" would skip everything");
    refused("only = {}\n", "a condition names at least one member and its values");
    let stderr = "\
error: source `pages` line 1: page dumps are not JSON, so `articles`, `only` and `skip` do not apply
  help: leave these settings out
";
    let test = Test::set("source = \"pages\"\nskip = [\"/a\"]\n", "x");
    test.build("").code(2).stdout("").stderr(stderr).check();
    test.run("check set/sources --source pages --articles /a/*").code(2).stdout("").stderr(stderr).check();
}

/// A file whose object is longer than any article is an envelope, and is read as a stream.
#[test]
fn an_envelope_that_is_longer_than_any_article() {
    let body = "x".repeat(1 << 20);
    let large = |id: usize| format!("{{\"id\":\"a{id}\",\"text\":\"{body}\"}}");
    let list: Vec<String> = (0..66).map(large).collect();
    let head = format!("{{\"meta\":{{\"n\":1}},\"list\":[{}]", list.join(","));
    let test = Test::new().file("in.json", format!("{head},\"next\":[]}}"));
    let stdout = "\
in.json: envelope, articles at /list/*, 66 articles, 2 members besides the articles left out with 1 object (meta, next)
filled: url 0%, title 0%, authors 0%, date 0%, text 100%
ok 66 articles: 66 admitted, 0 rejected
";
    test.run("check in.json").stdout(stdout).check();
    // What comes after the place was chosen may be another.
    test.write("in.json", format!("{head},\"more\":[{}]}}", article("b")));
    let told = "error[F-AMBIGUOUS]: several places may hold the articles: /list/*, /more/* (1 object), 1 article";
    test.run("check in.json").code(1).stdout_has(told).check();
}

#[test]
fn texts_of_other_formats_are_named() {
    let named = |bytes: &str, told: &str| {
        let test = Test::new().file("in", bytes);
        test.run("check in").code(1).stdout_has(told).check();
    };
    let other = |bytes: &str, what: &str, help: &str| {
        named(
            bytes,
            &format!(
                "error[I-OTHER-FORMAT]: this is {what}, which pressmark does not read; articles must be JSON or page dumps"
            ),
        );
        named(bytes, &format!("   = help: {help}"));
    };
    let convert = "convert it to JSON lines, for example with Python: json.dumps(article)\n";
    other("id,title,text\n1,One,\"A, b.\"\n", "CSV", convert);
    other("id\ttitle\n1\tOne\n", "a table of tab-separated values", convert);
    other("---\nid: 1\n", "YAML", convert);
    other(
        "\u{1e}{\"id\":\"a\"}\n\u{1e}{\"id\":\"b\"}\n",
        "a JSON text sequence (RFC 7464)",
        "remove the separators with: tr -d",
    );
    other("WARC/1.0\r\nWARC-Type: warcinfo\r\n\r\n", "a WARC file", "extract its pages, for example with warcio");
    named("{'id': 'a', 'text': None}\n", "error[P-SYNTAX]: this is the repr of a Python value, not JSON");
    named("{\"id\": None}\n", "   = help: write articles with json.dumps(article)\n");
    named("<?xml version=\"1.0\"?>\n<rss/>\n", "error[I-HTML]: this is HTML or XML");
}

#[test]
fn byte_order_marks_and_compression_of_joined_files() {
    let stdout = "\
in.jsonl: JSON lines, 3 articles, 1 rejected
filled: url 0%, title 0%, authors 0%, date 0%, text 100%
error[P-SYNTAX]: a byte order mark (U+FEFF) precedes the article, 1 article
  --> in.jsonl:2:1
   | \\u{feff}{\"id\":\"2\",\"text\":\"Two.\"}
   | ^^^^^^^^
   = help: files with byte order marks were joined; remove the mark from all but the first
  for details: pressmark explain P-SYNTAX

failed 3 articles: 2 admitted, 1 rejected for 1 cause; 0 allowed
to keep the rejected articles with their reasons:
  pressmark check in.jsonl --rejects rejects.jsonl.zst
";
    case("bom-mid").run("check in.jsonl").code(1).stdout(stdout).check();
    let stdout = "\
in.jsonl.gz: no articles, 1 article, 1 rejected
error[I-OTHER-FORMAT]: this is compressed twice (gzip within compressed data), which pressmark does not read; articles must be JSON or page dumps, 1 article
  --> in.jsonl.gz:1:1
   = help: unpack it once, with `gunzip`, and name the result
  for details: pressmark explain I-OTHER-FORMAT

failed 1 article: 0 admitted, 1 rejected for 1 cause; 0 allowed
";
    case("double-gzip").run("check in.jsonl.gz").code(1).stdout(stdout).check();
}

#[test]
fn a_name_that_says_lines() {
    let pretty = format!("[\n{}]\n", article("a"));
    let test = Test::new().file("in.jsonl", &pretty).file("in.json", pretty);
    test.run("check in.json").stdout_has("in.json: a JSON array, 1 article").check();
    let help = "   = help: each line of JSON Lines must be a whole article; give a file with indented JSON another name than .jsonl\n";
    test.run("check in.jsonl")
        .code(1)
        .stdout_has("in.jsonl: JSON lines, 3 articles, 2 rejected")
        .stdout_has(help)
        .check();
    let test = test.file("rows.ndjson", format!("[{},{}]\n", article("a").trim(), article("b").trim()));
    let help = "   = help: if its elements are the articles: articles = \"/*\"\n";
    test.run("check rows.ndjson").code(1).stdout_has("error[F-NOT-OBJECT]").stdout_has(help).check();
    test.run("check rows.ndjson --articles /*").stdout_has("ok 2 articles").check();
}

#[test]
fn what_is_behind_a_lone_comma_arrives() {
    let (a, b) = (article("a"), article("b"));
    for text in [format!("[,{a},{b}]"), format!("[{a},,{b}]"), format!("[{a} {b}]"), format!("[{a},,,\n,{b}]")] {
        let report = Test::new().file("in.json", &text).run("check in.json --format json").code(1).json();
        assert_eq!((&report["admitted"], &report["rejected"]), (&2.into(), &1.into()), "{text}");
        assert_eq!(report["causes"][0]["code"], "P-SYNTAX");
    }
}

#[test]
fn inputs_that_cannot_be_found() {
    let test = Test::new().file("set/dataset.toml", "name = \"set\"\n");
    fs::create_dir(test.path("empty")).unwrap();
    let stderr = "\
error: the folder `empty` contains no input
  help: `empty` is empty; hidden files, pipes and sockets in a folder are read only if you name them
";
    test.run("check empty").code(2).stderr(stderr).check();
    let stderr = "\
error: invalid pattern `in/[a`: invalid range pattern
  help: `**` must be a whole path component, and `[` needs a `]`; to match these characters, write `[*]`, `[?]` and `[[]`
";
    test.run("check in/[a").code(2).stderr(stderr).check();
}

/// Two files of one name are two inputs.
#[test]
fn folders_of_one_name() {
    let test = Test::new().file("x/in/a.jsonl", article("a")).file("y/in/a.jsonl", article("b"));
    let test = test.file("set/dataset.toml", "name = \"set\"\ninputs = [\"../x/in\", \"../y/in\"]\n");
    test.build("").check();
    let inputs = test.list("set/1.0.0/inputs.jsonl");
    let names: Vec<&str> = inputs.iter().map(|input| input["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["x/in/a.jsonl", "y/in/a.jsonl"]);
}

#[cfg(unix)]
#[test]
fn pipes_and_devices() {
    let test = Test::new().file("in/a.jsonl", article("a"));
    let made = std::process::Command::new("mkfifo").arg(test.path("in/pipe")).status().unwrap();
    assert!(made.success());
    // It is not read where it was not named, and waits for nobody.
    for named in ["in", "in/*", "in/**"] {
        test.run(&format!("check {named}")).stdout_has("ok 1 article").check();
    }
    test.run("check /dev/null").code(2).stderr("error[D-EMPTY]: no articles in `/dev/null`\n").check();
    test.run("check /dev/stdin").stdin(articles(&["a", "b"])).stdout_has("/dev/stdin: JSON lines, 2 articles").check();
}

/// An input of some form, and how many of its objects are articles by the schema.
struct Generated {
    random: Random,
    articles: usize,
    text: String,
}

impl Generated {
    fn article(&mut self) {
        self.articles += 1;
        let id = self.articles;
        let more =
            ["", ",\"tags\":[\"x\"]", ",\"images\":[{\"url\":\"https://a.example/i.jpg\"}]"][self.random.below(3)];
        self.text += &format!("{{\"id\":\"n{id}\",\"text\":\"Text {id}.\"{more}}}");
    }

    /// Something at `depth` that may hold articles and is none itself.
    fn value(&mut self, depth: usize) {
        match self.random.below(if depth == 0 { 4 } else { 9 }) {
            0 => self.text += "17",
            1 => self.text += "null",
            2 => self.text += "\"https://a.example/next\"",
            3 => self.text += "{}",
            4 => self.article(),
            5 => self.list(depth, true),
            6 => self.list(depth, false),
            _ => self.object(depth),
        }
    }

    fn list(&mut self, depth: usize, of_articles: bool) {
        self.text.push('[');
        for number in 0..self.random.below(4) {
            self.text += if number > 0 { "," } else { "" };
            if of_articles {
                self.article();
            } else {
                self.value(depth - 1);
            }
        }
        self.text.push(']');
    }

    fn object(&mut self, depth: usize) {
        let names = ["articles", "items", "data", "total", "next", "lead", "AP", "k1", "response", "meta"];
        let first = self.random.below(names.len());
        self.text.push('{');
        for number in 0..self.random.below(4) {
            let name = names[(first + number * 3) % names.len()];
            self.text += &format!("{}\"{name}\":", if number > 0 { ", " } else { "" });
            if depth == 0 {
                self.text += "1";
            } else {
                self.value(depth - 1);
            }
        }
        self.text.push('}');
    }
}

/// Every object that is an article by the schema is admitted, rejected, counted as left out, or fails
/// the run; and without a setting, none is left out of a run that does not fail.
#[test]
fn no_article_is_lost() {
    let mut passed = 0;
    for seed in 0..600 {
        let mut made = Generated { random: Random(seed), articles: 0, text: String::new() };
        for number in 0..[1, 1, 1, 3][made.random.below(4)] {
            made.text += if number > 0 { "\n" } else { "" };
            match made.random.below(6) {
                0 => made.article(),
                1 => made.list(3, false),
                _ => made.object(4),
            }
        }
        let name = ["in.json", "in.jsonl"][made.random.below(2)];
        let setting = [
            "",
            "",
            "",
            " --articles /articles/*",
            " --articles /*/*",
            " --articles /data",
            " --articles /*/articles/*",
        ][made.random.below(7)];
        let Generated { articles, text, .. } = made;
        let test = Test::new().file(name, &text);
        let arguments = format!("check {name} --format json --max-rejects 100% --rejects r.zst{setting}");
        let Some(report) = run(&test, &arguments) else { continue };
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let (admitted, rejected) = (number(&report["admitted"]), number(&report["rejected"]));
        let left_out = &report["inputs"][0]["left_out"];
        // An article that a setting leads through is no object that was left out: its members are.
        let members = left_out["members"].as_object().unwrap().values();
        let members =
            members.map(|member| number(&member["times"])).sum::<usize>() + number(&left_out["other_members"]);
        let left_out = number(&left_out["objects"]) + members;
        let in_rejects = if rejected > 0 { in_rejects(&test) } else { 0 };
        let allowed = if setting.is_empty() { 0 } else { left_out };
        assert!(admitted <= articles, "{arguments}: {text}");
        let is_ok = report["ok"] == true;
        let counted = admitted + in_rejects + allowed;
        assert!(!is_ok || counted >= articles, "{arguments}: {counted} of {articles} in {text}");
        passed += usize::from(is_ok && rejected == 0 && articles > 0);
    }
    assert!(passed > 40, "only {passed} inputs had articles and passed");
}

/// How many articles the bytes of rejects hold.
fn in_rejects(test: &Test) -> usize {
    let lines = String::from_utf8(zstd::decode_all(test.read("r.zst").as_slice()).unwrap()).unwrap();
    let raw = |line: &str| serde_json::from_str::<Value>(line).unwrap()["raw"].as_str().unwrap_or_default().to_owned();
    lines.lines().map(|line| raw(line).matches("\"Text ").count()).sum()
}

/// The report of a run; none if there was no article at all.
fn run(test: &Test, arguments: &str) -> Option<Value> {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_pressmark"))
        .args(arguments.split_whitespace())
        .current_dir(test.path(""))
        .output()
        .unwrap();
    match output.status.code() {
        Some(2) => {
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(told.starts_with("error[D-EMPTY]"), "{told}");
            None
        }
        _ => Some(serde_json::from_slice(&output.stdout).unwrap()),
    }
}

#[test]
fn braces_stand_for_several_patterns() {
    let test = Test::new().file("in/a.json", article("a")).file("in/b.jsonl", article("b")).file("in/c.txt", "x");
    test.run("check in/*.{json,jsonl}").stdout_has("ok 2 articles").check();
    test.run("check {in/a.json,in/b.{json,jsonl}}").stdout_has("ok 2 articles").check();
    test.run("check in/*.{csv,tsv}").code(2).stderr_has("`in` has a.json, b.jsonl, c.txt;").check();
    // A file may have braces in its name.
    let test = Test::new().file("in/{a,b}.json", article("a"));
    test.run("check in/{a,b}.json").stdout_has("ok 1 article").check();
}
