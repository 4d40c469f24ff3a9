//! Which source reads the inputs: recognised from a sample if none is given, and refused if it leaves core
//! fields empty that a preset would fill.

use std::fs;
use std::path::Path;

use crate::support::{Test, article, articles};

/// Articles as trafilatura writes them.
fn trafilatura(number: usize) -> String {
    let line = |at: usize| {
        format!(
            "{{\"title\":\"Title {at}\",\"author\":\"Ada Writer; Ben Reporter\",\"hostname\":\"courier.example\",\
             \"date\":\"2024-12-13\",\"source\":\"https://courier.example/{at}\",\"excerpt\":null,\
             \"text\":\"First line.\\nSecond line {at}.\",\"raw_text\":\"First line. Second line {at}.\"}}\n"
        )
    };
    let lines: Vec<String> = (0..number).map(line).collect();
    lines.concat()
}

const RECOGNISED: &str = "\
in.jsonl: JSON lines, 3 articles
source: trafilatura (recognised)
authors: 3 values split into a list
domain: 3 values taken from the host of the URL
id: 3 values derived by the recipe u1
published_at: 3 dates have no time zone; left empty
raw_text: 3 undeclared members dropped
text: 3 values with lines split into paragraphs
kept in _extra: `hostname` x3; about 13% of the bytes
filled: url 100%, title 100%, authors 100%, date 100%, text 100%
ok 3 articles: 3 admitted, 0 rejected
";

#[test]
fn a_source_that_is_not_given_is_recognised() {
    let test = Test::new().file("in.jsonl", trafilatura(3));
    test.run("check in.jsonl").stdout(RECOGNISED).check();
    test.run("check -").stdin(trafilatura(3)).stdout(RECOGNISED.replace("in.jsonl", "-")).check();
    let report = test.run("check in.jsonl --format json").json();
    let source = serde_json::json!({"name": "trafilatura", "chosen": "recognised", "sampled": 3, "better": null});
    assert_eq!(report["source"], source);
    let given = test.run("check in.jsonl --source trafilatura --format json").json();
    assert_eq!((&given["source"]["chosen"], &given["filled"]), (&"given".into(), &report["filled"]));
}

/// However many articles follow, standard input is read from its start.
#[test]
fn standard_input_loses_nothing_to_the_sample() {
    let test = Test::new();
    let told = "-: JSON lines, 5,000 articles\nsource: trafilatura (recognised)\n";
    test.run("check -").stdin(trafilatura(5000)).stdout_has(told).check();
    let array = format!("[{}]", trafilatura(2000).trim_end().replace('\n', ","));
    test.run("check -").stdin(array).stdout_has("-: a JSON array, 2,000 articles\nsource: trafilatura").check();
    test.run("check -").stdin("<html>").code(1).stdout_has("I-HTML").check();
}

#[test]
fn what_every_parser_writes_is_recognised() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources");
    for preset in pressmark::mapping::Preset::ALL.iter().map(|preset| preset.name()) {
        let names = ["json", "jsonl", "txt"].map(|ending| format!("{preset}.{ending}"));
        let name = names.into_iter().find(|name| folder.join(name).is_file()).unwrap();
        let test = Test::new().file(&name, fs::read(folder.join(&name)).unwrap());
        let report = test.run(&format!("check {name} --format json")).json();
        let is_plain = ["article", "verbatim"].contains(&preset);
        let want = if is_plain { ("article", "default") } else { (preset, "recognised") };
        assert_eq!((&report["source"]["name"], &report["source"]["chosen"]), (&want.0.into(), &want.1.into()));
    }
}

#[test]
fn a_recognised_source_builds_the_same_release() {
    let built = |settings: &str| {
        let test = Test::set(settings, trafilatura(20));
        test.build("").check();
        test.read("set/1.0.0/manifest.json")
    };
    assert_eq!(built(""), built("source = \"trafilatura\"\n"));
    let told = Test::set("", trafilatura(2)).build("").check();
    assert!(told.contains("\nsource: trafilatura (recognised)\n"), "{told}");
    assert!(told.contains("\nfilled: url 100%, title 100%, authors 100%, date 100%, text 100%\n"), "{told}");
    assert!(told.contains("\nkept in _extra: `hostname` x2; about 13% of the bytes\n"), "{told}");
}

#[test]
fn articles_in_the_shape_of_the_schema_need_no_source() {
    let test = Test::new().file("in.jsonl", articles(&["a", "b", "c"]));
    let stdout = "\
in.jsonl: JSON lines, 3 articles
filled: url 0%, title 100%, authors 0%, date 0%, text 100%
ok 3 articles: 3 admitted, 0 rejected
";
    test.run("check in.jsonl").stdout(stdout).check();
    // A single article of another shape says nothing of the others.
    let test = Test::new().file("in.jsonl", articles(&["a", "b", "c"]) + &trafilatura(1));
    let report = test.run("check in.jsonl --format json").json();
    assert_eq!((&report["source"]["name"], &report["source"]["better"]), (&"article".into(), &().into()));
}

/// Articles without what the presets read otherwise.
fn plain(number: usize) -> String {
    (0..number).map(|at| trafilatura(at + 1).lines().last().unwrap().to_owned() + "\n").collect()
}

#[test]
fn a_source_that_leaves_core_fields_empty_is_refused() {
    let test = Test::new().file("in.jsonl", plain(3));
    let stdout = "\
in.jsonl: JSON lines, 3 articles
text: 3 values with line endings or blank lines cleaned
id: 3 values derived by the recipe c1
";
    let stdout = test.run("check in.jsonl --source newspaper4k").code(1).stdout_has(&stdout[..33]).check();
    let error = "\
error[D-MISFIT]: the source `newspaper4k` leaves url, authors and date empty
  `trafilatura` fills them in most of 3 sampled articles
  help: set source = \"trafilatura\" in dataset.toml, or `check` with --source trafilatura; to keep `newspaper4k`, set misfit = \"accept\" under [policy]
failed 3 articles: 3 admitted, 0 rejected
";
    assert!(stdout.ends_with(error), "{stdout}");
    for format in ["json", "github", "sarif", "junit"] {
        let told = test.run(&format!("check in.jsonl --source newspaper4k --format {format}")).code(1).check();
        assert!(told.contains("D-MISFIT"), "{format}: {told}");
    }
}

#[test]
fn a_release_of_a_misfit_is_not_published() {
    let test = Test::set("source = \"newspaper4k\"\n", plain(3));
    let error = "error: the source `newspaper4k` does not fit, and `trafilatura` does; nothing was published\n";
    test.build("").code(1).stdout("").stderr_has("error[D-MISFIT]").stderr_has(error).leaves_nothing().check();
    let report = test.build("--format json").code(1).json();
    assert_eq!((&report["outcome"], &report["check"]["warnings"][0]["code"]), (&"refused".into(), &"D-MISFIT".into()));
    let test = Test::set("source = \"newspaper4k\"\n[policy]\nmisfit = \"accept\"\n", plain(3));
    test.build("").stdout_has("warning[D-MISFIT]: the source `newspaper4k` leaves url, authors and date empty").check();
    assert_eq!(test.json("set/1.0.0/manifest.json")["records"], 3);
}

/// Fields that no preset would fill are no fault of the source.
#[test]
fn what_the_articles_lack_is_not_a_misfit() {
    let test = Test::set("source = \"article\"\n", articles(&["a", "b"]));
    test.build("").stdout_has("\nfilled: url 0%, title 100%, authors 0%, date 0%, text 100%\n").check();
    // The sample is not the whole: most records have an address.
    let mut lines = trafilatura(60);
    for at in 0..2000 {
        let more = format!("\"url\":\"https://x.example/{at}\",\"authors\":[\"A\"],\"published_date\":\"2024-12-13\"");
        lines += &article(&format!("a{at}")).replace("\"title\"", &format!("{more},\"title\""));
    }
    test.write("set/sources/a.jsonl", lines);
    test.build("--version 2.0.0").check();
}

/// Articles as newspaper4k writes them, in one line each.
fn newspaper4k(number: usize) -> Vec<String> {
    let line = |at: usize| {
        format!(
            "{{\"url\":\"https://post.example/{at}\",\"title\":\"Headline {at}\",\"authors\":[\"Cy Columnist\"],\
             \"publish_date\":\"2024-12-13T08:00:00Z\",\"text\":\"A story {at}.\",\"source_url\":\"https://post.example\",\
             \"top_image\":\"\",\"meta_lang\":\"en\"}}\n"
        )
    };
    (0..number).map(line).collect()
}

/// A head of one kind does not hide the other kind behind it, in one file or in many.
#[test]
fn a_mixture_of_sources_is_refused() {
    let refusal = |sampled: &str| {
        format!(
            "error[D-MISFIT]: the source `newspaper4k` fits only some of the articles\n  {sampled} sampled articles look \
             like `trafilatura`, which fills url, authors and date there\n  help: put them in a dataset of their own; to \
             keep `newspaper4k` for all, set misfit = \"accept\" under [policy]\n"
        )
    };
    let test = Test::new().file("in.jsonl", newspaper4k(64).concat() + &trafilatura(1000));
    for threads in ["1", "2"] {
        let told =
            test.run(&format!("check in.jsonl --threads {threads}")).code(1).stdout_has(refusal("58 of 64")).check();
        assert!(told.contains("\nsource: newspaper4k (recognised)\n"), "{told}");
    }
    let mut test = Test::new();
    for (at, line) in newspaper4k(19).iter().enumerate() {
        test = test.file(&format!("in/{at:02}.json"), line);
    }
    for (at, line) in trafilatura(10).lines().enumerate() {
        test = test.file(&format!("in/{:02}.json", at + 19), line);
    }
    test.run("check in").code(1).stdout_has(refusal("10 of 29")).check();
    let better = &test.run("check in --format json").code(1).json()["source"]["better"];
    let want = serde_json::json!({"source": "trafilatura", "fields": ["url", "authors", "date"], "articles": 10});
    assert_eq!(better, &want);
}

/// What validation remembers of an article counts as if it had been validated.
#[test]
fn fill_rates_do_not_depend_on_the_cache() {
    let test = Test::set("", trafilatura(5));
    let build = |arguments: &str| {
        test.build(&format!("{arguments} --format json")).variable("PRESSMARK_CACHE_DIR", "cache").json()
    };
    let (first, second) = (build(""), build("--version 1.0.1"));
    assert_eq!(first["check"]["filled"], second["check"]["filled"]);
    assert_eq!(second["check"]["filled"]["fields"]["authors"], 5);
}

/// Rejected articles are recognised as their inputs were.
#[test]
fn retry_recognises_the_source_too() {
    let test = Test::new().file("in.jsonl", trafilatura(3));
    let schema = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/article.schema.json")).unwrap();
    let strict = schema.replacen("\"required\": [", "\"required\": [\"section\", ", 1);
    let test = test.file("strict.json", strict).file("schema.json", schema);
    test.run("check in.jsonl --schema strict.json --rejects r.jsonl.zst").code(1).stdout_has("(recognised)").check();
    test.run("retry r.jsonl.zst --schema schema.json").stderr_has("3 of 3 articles pass now").check();
}
