//! What a dataset remembers of the release built last: that it is used, that nothing depends on
//! it, and that it is used only where it fits.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use pressmark::digest::Digest;
use serde_json::{Value, json};

use crate::support::{Random, Run, Test, article, articles, files, small_parts};

/// What the file starts with.
const FORMAT: &[u8] = b"pressmark-memo/3\n";
/// How many bytes of a line's SHA-256 it is known by.
const SEEN: usize = 24;
/// How many bytes are remembered of a record's line: the number of what it left in the counts too.
const MARK: usize = SEEN + 2;
/// A mapping that changes much.
const TIDYING: &str = r#"name = "mine"
derive = ["domain", "id"]
[fields]
id = "/id"
url = "/source"
title = { from = "/title", clean = ["space"] }
authors = { from = "/author", split = ";", clean = ["space"], unique = true }
published_at = { from = "/date", parse = "instant" }
published_date = { from = "/date", parse = "date" }
published_raw = "/date"
description = { from = "/excerpt", clean = ["trim"] }
modified_at = "/modified_at"
text = { from = "/text", clean = ["lines", "paragraphs"] }
[nulls]
strings = ["", "None"]
"#;
/// A mapping that changes nothing.
const MAPPING: &str = "name = \"mine\"\nunmapped = \"pass\"\n";

/// By what a line is known.
fn seen(line: &str) -> [u8; SEEN] {
    *Digest::of(line.trim_end().as_bytes()).as_bytes().first_chunk().unwrap()
}

/// The memo with other bytes in place of some, and again the sum of the others at its end.
fn forged(memo: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut forged = memo[..memo.len() - 32].to_vec();
    let at = forged.windows(old.len()).position(|window| window == old).expect("it is remembered");
    forged[at..at + new.len()].copy_from_slice(new);
    let sum = Digest::of(&forged);
    [&forged, &sum.as_bytes()[..]].concat()
}

/// By what the lines of the records are known, in their order.
fn remembered(memo: &[u8], records: usize) -> Vec<Option<[u8; SEEN]>> {
    let marks = &memo[memo.len() - 32 - records * MARK..memo.len() - 32];
    let mark = |mark: &[u8]| (mark[SEEN..] != [0, 0]).then(|| *mark.first_chunk().unwrap());
    marks.chunks(MARK).map(mark).collect()
}

/// A build of `set` by a user whose cache folder is `cache`.
fn build<'t>(test: &'t Test, arguments: &str) -> Run<'t> {
    test.build(arguments).variable("PRESSMARK_CACHE_DIR", "cache")
}

/// The files in the cache folder.
fn memos(test: &Test) -> Vec<String> {
    let entries = fs::read_dir(test.path("cache")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names.into_iter().map(|name| format!("cache/{name}")).collect()
}

/// The only file in the cache folder.
#[track_caller]
fn memo_path(test: &Test) -> String {
    let mut memos = memos(test);
    assert_eq!(memos.len(), 1, "{memos:?}");
    memos.remove(0)
}

/// A dataset with a release of `a`, `b` and `c`, in whose memo `d` stands for `b`.
fn misled(settings: &str) -> Test {
    let test = Test::set(&format!("source = \"./mine.toml\"\n{settings}"), articles(&["a", "b", "c"]));
    test.write("set/mine.toml", MAPPING);
    build(&test, "").check();
    let memo = forged(&test.read(&memo_path(&test)), &seen(&article("b")), &seen(&article("d")));
    test.write(&memo_path(&test), memo);
    test.write("set/sources/a.jsonl", articles(&["a", "c", "d"]));
    test
}

/// Builds a second release and tells whether it believed that `d` is `b`.
#[track_caller]
fn believes(test: &Test) -> bool {
    build(test, "--version 2.0.0").check();
    match test.keys("set/2.0.0").concat().as_str() {
        "abc" => true,
        "acd" => false,
        other => panic!("{other}"),
    }
}

#[test]
fn what_it_remembers_is_not_judged_again() {
    assert!(believes(&misled("")));
    // A rank is remembered too.
    assert!(believes(&misled("[policy]\non_conflict = \"newest\"\nnewest_by = \"modified_at\"\n")));
    // Of releases in another folder there is another.
    let test = misled("");
    let path = memo_path(&test);
    build(&test, "--output elsewhere").check();
    assert_eq!(memos(&test).len(), 2);
    memos(&test).iter().filter(|other| **other != path).for_each(|other| test.remove(other));
    assert_eq!(test.keys("elsewhere/1.0.0"), ["a", "c", "d"]);
    assert!(believes(&test));
}

#[test]
fn it_is_the_users_own() {
    let variables = [("PRESSMARK_CACHE_DIR", "own/cache"), ("XDG_CACHE_HOME", "/nowhere"), ("HOME", "/nowhere")];
    let test = Test::set("", article("a"));
    variables.iter().fold(test.build(""), |run, (name, value)| run.variable(name, value)).check();
    assert_eq!(fs::read_dir(test.path("own/cache")).unwrap().count(), 1);
    let mode = fs::metadata(test.path("own/cache")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    // Without a variable, with a relative one, or where it cannot be made, there is none.
    for (name, value) in [("X", ""), ("PRESSMARK_CACHE_DIR", ""), ("XDG_CACHE_HOME", "own"), ("HOME", "/dev/null")] {
        let test = Test::set("", article("a"));
        let tree = test.files();
        test.build("").variable(name, value).check();
        let new: Vec<String> = test.files().into_keys().filter(|path| !tree.contains_key(path)).collect();
        let beside = ["set/CHANGELOG.md", "set/README.md"];
        let is_new = |path: &String| beside.contains(&path.as_str()) || path.starts_with("set/1.0.0/");
        assert!(new.iter().all(is_new), "{new:?}");
    }
    let test = Test::set("", article("a")).file("cache", "a file");
    build(&test, "").check();
    build(&test, "--version 2.0.0").check();
}

/// What somebody else can put in the place of a memo decides nothing.
#[test]
fn a_memo_of_others_is_not_read() {
    // In the dataset's folder, as earlier versions had it.
    let test = misled("");
    let path = memo_path(&test);
    test.write("set/.memo", test.read(&path));
    test.remove(&path);
    assert!(!believes(&test));
    assert!(test.path("set/.memo").exists(), "it is left alone");
    // In a cache folder to which others may write.
    let test = misled("");
    let path = memo_path(&test);
    fs::set_permissions(test.path("cache"), fs::Permissions::from_mode(0o777)).unwrap();
    let before = test.read(&path);
    assert!(!believes(&test));
    assert!(test.read(&path) == before, "nothing is written there either");
    // And none at all where the user wants none.
    let test = misled("");
    let path = memo_path(&test);
    let before = test.read(&path);
    build(&test, "--version 2.0.0 --no-cache").check();
    assert_eq!(test.keys("set/2.0.0"), ["a", "c", "d"]);
    assert!(test.read(&path) == before && memos(&test).len() == 1);
}

#[test]
fn it_is_used_only_where_it_fits() {
    let refuses = |change: &dyn Fn(&Test)| {
        let test = misled("");
        change(&test);
        assert!(!believes(&test));
    };
    refuses(&|test| test.write(&memo_path(test), ""));
    // Other rules.
    refuses(&|test| test.write("set/mine.toml", format!("# Mine.\n{MAPPING}")));
    let newest = "on_conflict = \"newest\"\nnewest_by = \"modified_at\"";
    for more in ["order_by = [\"title\"]", "[policy]\nextra = \"drop\"", &format!("[policy]\n{newest}")] {
        let settings = "name = \"set\"\nsource = \"./mine.toml\"\ninputs = [\"sources/*\"]";
        refuses(&|test| test.write("set/dataset.toml", format!("{settings}\n{more}\n")));
    }
    // Another format, with the sum it should have.
    refuses(&|test| {
        test.write(&memo_path(test), forged(&test.read(&memo_path(test)), FORMAT, b"pressmark-memo/1\n"));
    });
    // A release of the same records that says something else of itself.
    refuses(&|test| {
        let mut manifest = test.json("set/1.0.0/manifest.json");
        manifest["dataset"]["title"] = json!("Another title");
        test.write_manifest("set/1.0.0", &manifest);
    });
}

#[test]
fn only_plain_articles_that_became_records_are_remembered() {
    // `d` has no text, `f` is `a` again in other words, `g` is told under a name of its own.
    let schema = r#"{"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "text": {"type": "string"}}}"#;
    let settings = "schema = \"note.schema.json\"\n[policy]\nmax_rejects = 2\n";
    let lines = ["{\"id\":\"a\",\"text\":\"A.\"}", "{\"id\":1}", "{\"id\":\"d\"}", "{\"text\":\"A.\",\"id\":\"a\"}"];
    let test = Test::set(settings, lines.join("\n"));
    test.write("set/note.schema.json", schema);
    test.write("set/sources/g.json", "{\"articles\":{\"g\":{\"id\":\"g\",\"text\":\"G.\"}}}");
    test.write("set/sources/h.json", "[{\"id\":\"h\",\"text\":\"H.\"}]");
    build(&test, "").stderr_has("V-TYPE").check();
    assert_eq!(test.keys("set/1.0.0"), ["a", "d", "g", "h"]);
    let h = "{\"id\":\"h\",\"text\":\"H.\"}";
    assert_eq!(remembered(&test.read(&memo_path(&test)), 4), [Some(seen(lines[0])), None, None, Some(seen(h))]);
    // Where nothing is remembered there is none.
    test.write("set/sources/a.jsonl", lines[2]);
    test.remove("set/sources/h.json");
    build(&test, "--version 2.0.0").check();
    assert_eq!(memos(&test), [""; 0]);
}

#[test]
fn records_of_a_base_stay_remembered() {
    let test = Test::set("", articles(&["a", "b", "c"]));
    build(&test, "").check();
    test.write(
        "new.jsonl",
        article("b").replace("Text", "New text") + &article("c").replace(':', ": ") + &article("d"),
    );
    build(&test, "--base 1.0.0 --version 1.1.0 --upsert new.jsonl").check();
    let new = [article("a"), article("b").replace("Text", "New text"), article("c"), article("d")];
    assert_eq!(remembered(&test.read(&memo_path(&test)), 4), new.each_ref().map(|line| Some(seen(line))));
    test.write("gone.jsonl", "{\"key\": \"a\", \"reason\": \"asked for\"}\n");
    build(&test, "--base 1.1.0 --version 1.2.0 --withdraw gone.jsonl").check();
    assert_eq!(remembered(&test.read(&memo_path(&test)), 3), [1, 2, 3].map(|at: usize| Some(seen(&new[at]))));
    // Without a memo of the base, only what is new is remembered.
    build(&test, "--base 1.0.0 --version 1.3.0 --upsert new.jsonl --readmit").check();
    assert_eq!(remembered(&test.read(&memo_path(&test)), 4), [None, Some(seen(&new[1])), None, Some(seen(&new[3]))]);
}

#[test]
fn damage_is_passed_over_without_a_word() {
    let settings = "source = \"trafilatura\"\n[policy]\nmax_rejects = 1\n";
    let test = Test::set(settings, articles(&["a", "b", "c"]));
    build(&test, "").check();
    test.write("set/sources/a.jsonl", articles(&["a", "c", "d"]) + "no\n");
    let (memo, changelog) = (test.read(&memo_path(&test)), test.read("set/CHANGELOG.md"));
    let build = |memo: &[u8]| {
        test.write(&memo_path(&test), memo);
        let out = build(&test, "--version 2.0.0").stderr_has("P-SYNTAX").check();
        let made = (out, files(&test.path("set")));
        test.remove("set/2.0.0");
        test.remove("set/rejects");
        test.write("set/CHANGELOG.md", &changelog);
        made
    };
    let want = build(&memo);
    for length in (0..memo.len()).step_by(37) {
        assert!(build(&memo[..length]) == want, "cut to {length} bytes");
    }
    for at in (0..memo.len()).step_by(11) {
        let mut damaged = memo.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(build(&damaged) == want, "byte {at}");
    }
    // A sum that is right makes nothing sound.
    for at in (FORMAT.len() + 32..memo.len() - 32).step_by(5) {
        let rest = &memo[at..memo.len() - 32];
        build(&forged(&memo, rest, &[&[rest[0] ^ 0xff], &rest[1..]].concat()));
    }
    assert!(build(&[memo.as_slice(), b"more"].concat()) == want);
}

/// One article in words that depend on `form`, with a rule or another to be counted.
fn line(key: usize, version: usize, form: usize) -> String {
    let text = format!("Text {version}. {}", "It rained. ".repeat(key % 7));
    let text = if key.is_multiple_of(17) { format!("{text} [+{version}00 chars]") } else { text };
    let day = ["2024-12-13", "", "2023-01-02T10:00:00Z", "no day"][key % 4];
    let modified = format!("2024-12-{:02}T00:00:00Z", 1 + version % 28);
    let id = (!key.is_multiple_of(5)).then(|| format!("key-{key:03}"));
    let article = json!({
        "id": id, "source": format!("https://www.news.example/{key}"), "title": "  A  title ",
        "author": "A. Writer; B. Writer", "date": day, "excerpt": "None", "text": text, "more": {"key": key},
        "modified_at": modified,
    });
    match form % 3 {
        0 => format!("{article}\n"),
        1 => format!("{}\n", article.to_string().replace("\",\"", "\" , \"")),
        _ => format!("  {article} \n"),
    }
}

/// The lines of records by key (a version and a form each), some twice, some at odds, some broken.
fn lines(records: &[Option<(usize, usize)>], random: &mut Random) -> String {
    let mut lines = String::new();
    for (key, record) in records.iter().enumerate() {
        let Some((version, form)) = *record else { continue };
        lines.push_str(&line(key, version, form));
        match random.below(40) {
            0 => lines.push_str(&line(key, version, form)),
            1 => lines.push_str(&line(key, version, form + 1)),
            2 => lines.push_str(&line(key, version + 1, form)),
            3 => lines.push_str("{\"text\": 1}\n"),
            4 => lines.push_str(&line(key, version, form)[1..]),
            _ => {}
        }
    }
    lines
}

#[test]
fn random_histories_are_the_same_with_it_without_it_and_with_a_damaged_one() {
    let newest = "on_conflict = \"newest\"\nnewest_by = \"modified_at\"\n";
    for (seed, policy) in (0..).zip(["", "extra = \"drop\"\n", newest]) {
        let settings = format!("source = \"./mine.toml\"\n[policy]\nmax_rejects = 1000\n{policy}");
        let tests = [(); 3].map(|()| Test::set(&settings, "").file("set/mine.toml", TIDYING));
        tests.iter().for_each(small_parts);
        let mut random = Random(seed);
        let mut records: Vec<Option<(usize, usize)>> = (0..150).map(|key| Some((0, key))).collect();
        for step in 1..6 {
            let lines = lines(&records, &mut random);
            let outputs = tests.each_ref().map(|test| {
                test.write("set/sources/a.jsonl", &lines);
                build(test, &format!("--version 1.{step}.0")).stderr_has("").check()
            });
            let [with, without, damaged] = tests.each_ref().map(|test| files(&test.path("set")));
            assert!(outputs[0] == outputs[1] && outputs[0] == outputs[2], "seed {seed}, step {step}");
            assert!(with == without && with == damaged, "seed {seed}, step {step}");
            let manifest: Value = tests[0].json(&format!("set/1.{step}.0/manifest.json"));
            assert!(manifest["normalised"]["title"]["space"].as_u64() > Some(100));
            tests[1].remove(&memo_path(&tests[1]));
            let mut memo = tests[2].read(&memo_path(&tests[2]));
            let at = random.below(memo.len());
            memo[at] ^= 1 << random.below(8);
            tests[2].write(&memo_path(&tests[2]), memo);
            for _ in 0..20 {
                let key = random.below(160);
                records.resize(records.len().max(key + 1), None);
                records[key] = match random.below(4) {
                    0 => None,
                    1 => records[key].map(|(version, form)| (version, form + 1)),
                    _ => Some((random.below(50), random.below(3))),
                };
            }
        }
        tests[0].run("verify set/1.1.0 set/1.5.0").check();
    }
}
