//! A stranger's first hour: what a producer, a CI engineer and a reader type, mistakes included, and what
//! they are answered.

use std::path::Path;

use serde_json::Value;

use crate::support::{Test, article, articles};

/// A dataset with two releases; the second has another title and one record more.
fn dataset() -> Test {
    let test = Test::set("", articles(&["a", "b"]));
    test.build("").check();
    test.write("set/sources/a.jsonl", articles(&["a", "b", "c"]).replace("Title b", "Title B"));
    test.build("--bump minor").check();
    test
}

// The dataset is found.

#[test]
fn inside_a_dataset_no_command_needs_a_path() {
    let test = dataset();
    test.run("show").folder("set").stdout_has("\nset 1.1.0\n").check();
    test.run("show").folder("set/sources").stdout_has("\nset 1.1.0\n").check();
    test.run("show").folder("set/1.0.0/data").stdout_has("\nset 1.1.0\n").check();
    test.run("show").folder("set/1.0.0").stdout_has("\nset 1.0.0\n").check();
    test.run("show 1.0.0").folder("set/sources").stdout_has("\nset 1.0.0\n").check();
    test.run("log").folder("set").stdout_has("1.1.0").check();
    test.run("verify").folder("set").stdout_has("intact ./1.0.0: ").stdout_has("intact ./1.1.0: ").check();
    test.run("verify 1.0.0").folder("set/sources").stdout_has("intact ../1.0.0: ").check();
    test.run("export --columns id").folder("set").stdout("{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n").check();
    test.run("diff").folder("set").code(1).stdout_has("differs ./1.0.0 (2 records) -> ./1.1.0 (3 records)").check();
    test.run("diff 1.0.0").folder("set").code(1).stdout_has("differs 1.0.0 (2 records) -> ").check();
    test.run("schema explain").folder("set").stdout_has("plus record_sha256").check();
    test.run("check")
        .folder("set")
        .stdout_has("settings: ./dataset.toml\n")
        .stdout_has("pressmark build . --bump auto\n")
        .check();
    test.run("build --bump auto").folder("set/sources").stdout_has("unchanged ../1.1.0 ").check();
    test.run("build --bump auto b.jsonl").folder("set").code(2).stderr_has("no input matches `b.jsonl`").check();
}

#[test]
fn a_dataset_means_its_newest_release() {
    let test = dataset();
    test.run("show set").stdout_has("\nset 1.1.0\n").check();
    test.run("show set@1.0.0").stdout_has("\nset 1.0.0\n").check();
    test.run("verify set@1.0.0").stdout_has("intact set/1.0.0: ").check();
    test.run("diff set@1.0.0 set").code(1).stdout_has("differs set/1.0.0 (2 records)").check();
    test.run("export set --where-key c --columns id").stdout("{\"id\":\"c\"}\n").check();
    test.run("diff set/1.0.0 set").code(1).stdout_has("-> set/1.1.0 (3 records)").check();
    test.run("diff set").code(1).stdout_has("differs set/1.0.0 (2 records) -> set/1.1.0 (3 records)").check();
    test.run("diff set/1.0.0").code(1).stdout_has("-> set/1.1.0 (3 records)").check();
    test.run("schema explain set").stdout_has("plus record_sha256").check();
    test.run("schema diff set article --against set").stdout_has("0 of 3 records would be rejected").check();
}

#[test]
fn what_is_not_there_is_answered_with_what_is() {
    let test = dataset();
    let stderr = "error: `set/2.0.0` does not exist\n  help: the releases there are 1.1.0, 1.0.0\n";
    for command in ["show set/2.0.0", "export set/2.0.0", "verify set/2.0.0", "diff set/1.0.0 set/2.0.0"] {
        test.run(command).code(2).stdout("").stderr(stderr).check();
    }
    let test = Test::new().file("in.jsonl", article("a")).file("empty/x.txt", "");
    let stderr = "\
error: `empty` is not a dataset: it has no dataset.toml
  help: to make a dataset there, run: pressmark init empty
";
    test.run("build empty").code(2).stdout("").stderr(stderr).leaves_nothing().check();
    let stderr = "\
error: `new` is not a dataset: no such folder
  help: to make a dataset there, run: pressmark init new
";
    test.run("build new").code(2).stdout("").stderr(stderr).leaves_nothing().check();
    let stderr = "\
error: `in.jsonl` is not a dataset: it is a file
  help: name the dataset first, or run the command inside the dataset's folder; to make a dataset, run: pressmark init DIR
";
    test.run("build in.jsonl").code(2).stdout("").stderr(stderr).leaves_nothing().check();
    let stderr = "\
error: `.` is not a dataset: there is no dataset.toml here or in a folder above
  help: name the dataset, or make one here with: pressmark init .
";
    for command in ["build", "show", "log", "verify", "export", "diff", "check", "retry"] {
        test.run(command).code(2).stdout("").stderr(stderr).leaves_nothing().check();
    }
    let stderr = "\
error: the dataset `set` has no releases yet
  help: to publish the first one, run: pressmark build set
";
    let test = Test::set("", article("a"));
    for command in ["show set", "log set", "verify set", "export set"] {
        test.run(command).code(2).stdout("").stderr(stderr).leaves_nothing().check();
    }
}

// The settings of the dataset hold.

/// Inputs that only the settings of the dataset read right.
fn with_settings() -> Test {
    let mapping = "name = \"mine\"\nabout = \"mine\"\n[fields]\nid = \"/key\"\ntext = \"/body\"\n";
    let lines = "{\"key\":\"a\",\"body\":\"One.\"}\n{\"key\":\"b\"}\n{\"advert\":1}\n";
    let settings = "source = \"./mine.toml\"\nskip = [\"/advert\"]\n[policy]\nmax_rejects = 1\nextra = \"drop\"\n";
    Test::set(settings, lines).file("set/mine.toml", mapping)
}

#[test]
fn check_uses_the_settings_of_the_dataset() {
    let test = with_settings();
    let ok = "ok 2 articles: 1 admitted, 1 rejected for 1 cause; 1 allowed\n";
    for command in ["check set", "check set/sources", "check set/sources/a.jsonl"] {
        test.run(command).stdout_has("settings: set/dataset.toml\n").stdout_has(ok).stderr_has("").check();
    }
    test.run("check").folder("set").stdout_has(ok).stderr_has("").check();
    test.run("check set --max-rejects 0").code(1).stdout_has("failed 2 articles").stderr_has("").check();
    // What is typed wins.
    test.run("check set --source verbatim").code(1).stdout_has("0 admitted, 2 rejected").stderr_has("").check();
    let report = test.run("check set --format json").json();
    assert_eq!((&report["admitted"], &report["inputs"][0]["name"]), (&1.into(), &"set/sources/a.jsonl".into()));
}

#[test]
fn retry_uses_the_settings_of_the_dataset_and_proposes_the_upsert() {
    let test = with_settings();
    let stderr = test.build("").stderr_has("V-REQUIRED").told();
    let next = "\
after fixing the schema or the source, validate the rejects again:
  pressmark retry set/rejects/1.0.0/rejects.jsonl.zst -o fixed.jsonl
";
    assert!(stderr.ends_with(next), "{stderr}");
    test.run("retry set").code(1).stderr_has("rejected 1 of 1 article again; 0 pass now\n").check();
    test.write(
        "set/mine.toml",
        test.read("set/mine.toml").into_iter().chain(*b"title = \"/key\"\n").collect::<Vec<_>>(),
    );
    let mapping = String::from_utf8(test.read("set/mine.toml")).unwrap().replace("\"/body\"", "[\"/body\", \"/key\"]");
    test.write("set/mine.toml", mapping);
    let stderr = "\
ok 1 of 1 article passes now
wrote 1 article to fixed.jsonl
to add the articles that pass to the newest release:
  pressmark build set --bump auto --base 1.0.0 --upsert fixed.jsonl
";
    test.run("retry set/rejects/1.0.0/rejects.jsonl.zst -o fixed.jsonl").stdout("").stderr(stderr).check();
    assert_eq!(test.read("fixed.jsonl"), b"{\"key\":\"b\"}\n");
    let piped = test.run("retry").folder("set").stdout("{\"key\":\"b\"}\n");
    piped.stderr_has("pressmark build . --bump auto --base 1.0.0 --upsert FILE\n").check();
}

#[test]
fn a_dry_run_does_everything_but_publish() {
    let test = Test::set("", articles(&["a", "b"]));
    let stdout = "\
sources/a.jsonl: JSON lines, 2 articles
filled: url 0%, title 100%, authors 0%, date 0%, text 100%
the dataset states no license and no creators: set `license` and `creators` in `dataset.toml`
dry run set/1.0.0
  it would have 2 records in 1 part; nothing was published
to publish it:
  pressmark build set --date 2024-12-31 --allow-understated
";
    test.build("--dry-run").stdout(stdout).leaves_nothing().check();
    test.build("").check();
    test.write("set/sources/a.jsonl", articles(&["a"]));
    let stdout =
        test.build("--dry-run --bump auto").stdout_has("since 1.0.0: 1 record removed").leaves_nothing().check();
    assert!(stdout.contains("dry run set/2.0.0\n"), "{stdout}");
    let report = test.build("--dry-run --bump auto --format json").leaves_nothing().json();
    assert_eq!((&report["outcome"], &report["version"]), (&"dry run".into(), &"2.0.0".into()));
    test.write("set/sources/a.jsonl", "{}\n".to_owned() + &article("a"));
    test.build("--dry-run --bump auto").code(1).stderr_has("1 of 2 articles rejected").leaves_nothing().check();
}

// Reports that scan.

/// Rejects of several causes, some in nested members.
fn messy() -> Test {
    let lines = [
        r#"{"id":"a","title":"A","text":"One.","tags":"x"}"#,
        r#"{"id":"b","title":"B","tags":"y"}"#,
        r#"{"id":"c","title":7,"text":"Three."}"#,
        r#"{"id":"d","title":"D","text":"Four.","authors":[5]}"#,
        r#"{"id":"e","title":"E","text":"Five."}"#,
    ];
    Test::new().file("in.jsonl", lines.join("\n") + "\n")
}

#[test]
fn a_table_comes_first() {
    let told = messy().run("check in.jsonl").code(1).stderr_has("").check();
    let start = "\
in.jsonl: JSON lines, 5 articles, 4 rejected
filled: url 0%, title 100%, authors 0%, date 0%, text 100%
articles  code        field      first       message
";
    assert!(told.starts_with(start), "{told}");
    for row in [
        "       2  V-TYPE      tags       in.jsonl:1  expected array or null, found \"x\"\n",
        "       1  V-TYPE      title      in.jsonl:3  expected string or null, found 7\n",
        "       1  V-TYPE      authors[]  in.jsonl:4  expected string, found 5\n",
        "error[V-TYPE]: tags: ",
        "error[V-TYPE]: authors[]: expected string, found 5, 1 article\n",
    ] {
        assert!(told.contains(row), "`{row}` is missing\n{told}");
    }
}

#[test]
fn the_number_of_examples_is_chosen() {
    let lines = (0..9).map(|number| format!("{{\"id\":\"a{number}\"}}")).collect::<Vec<_>>().join("\n");
    let test = Test::new().file("in.jsonl", lines);
    let examples = |arguments: &str| {
        let told = test.run(&format!("check in.jsonl {arguments}")).code(1).stderr_has("").check();
        told.matches("-->").count()
    };
    assert_eq!((examples(""), examples("--examples 1"), examples("--examples 9")), (3, 1, 9));
    assert_eq!(examples("--examples 0"), 0);
    test.run("check in.jsonl --examples 0").code(1).stdout_has("       9  V-REQUIRED  text ").stderr_has("").check();
    let by_variable = test.run("check in.jsonl").variable("PRESSMARK_EXAMPLES", "2").code(1).stderr_has("").check();
    assert_eq!(by_variable.matches("-->").count(), 2);
    test.run("check in.jsonl --examples 101").code(2).stderr_has("expected a number from 0 to 100").check();
    let report = test.run("check in.jsonl --examples 5 --format json").code(1).json();
    assert_eq!(report["causes"][0]["examples"].as_array().map(Vec::len), Some(5));
}

#[test]
fn quiet_means_that_silence_is_success() {
    let test = dataset();
    for command in ["check set -q", "build set --bump auto --quiet", "verify set -q", "export set -o out.jsonl -q"] {
        test.run(command).stdout("").stderr("").check();
    }
    test.run("check set").variable("PRESSMARK_QUIET", "1").stdout("").check();
    test.run("check set").variable("PRESSMARK_QUIET", "0").stdout_has("ok 3 articles").stderr_has("").check();
    test.run("diff set -q").code(1).stdout_has("differs set/1.0.0").check();
    messy().run("check in.jsonl -q").code(1).stdout_has("failed 5 articles").stderr("").check();
}

#[test]
fn verbose_shows_everything() {
    let test = Test::set("", article("a"));
    let brief = test.run("build set --date 2024-12-31").check();
    assert!(brief.lines().count() <= 24 && !brief.contains("\ncolumns\n"), "{brief}");
    test.remove("set/1.0.0");
    test.run("build set --date 2024-12-31 --verbose").stdout_has("\ncolumns\n  id ").check();
    let mut test = Test::new();
    for number in 0..30 {
        test = test.file(&format!("in/{number:02}.jsonl"), article(&format!("k{number}")));
    }
    let stdout = "\
30 inputs such as in/00.jsonl: JSON lines, 30 articles
filled: url 0%, title 100%, authors 0%, date 0%, text 100%
ok 30 articles: 30 admitted, 0 rejected
";
    test.run("check in").stdout(stdout).check();
    assert_eq!(test.run("check in -v").check().lines().count(), 32);
}

#[test]
fn colour_is_chosen_by_flag_and_environment() {
    let test = dataset();
    let coloured = |run: crate::support::Run<'_>| run.check().contains('\u{1b}');
    assert!(!coloured(test.run("show set")));
    assert!(!coloured(test.run("show set --color never").variable("FORCE_COLOR", "1")));
    assert!(coloured(test.run("show set --color always")));
    assert!(coloured(test.run("--color always show set").variable("NO_COLOR", "1")));
    assert!(coloured(test.run("show set").variable("FORCE_COLOR", "1")));
    assert!(coloured(test.run("show set").variable("PRESSMARK_COLOR", "always")));
    assert!(!coloured(test.run("show set").variable("FORCE_COLOR", "0")));
    assert!(!coloured(test.run("show set").variable("FORCE_COLOR", "1").variable("NO_COLOR", "1")));
    test.run("show set --color alway").code(2).stderr_has("a similar value exists: 'always'").check();
}

/// Every line but those that are to be copied fits, whatever the width.
#[test]
fn reports_fit_the_width() {
    let test = dataset();
    let long =
        article("a").replace("\"text\"", &format!("\"tags\":7,\"summary\":\"{}\",\"text\"", "新聞 word ".repeat(40)));
    let test = test.file("in.jsonl", long + &articles(&["b"]).replace("Text b", "\u{7f}") + "{}\n[1]\n");
    for (width, color) in [("60", "never"), ("80", "always"), ("140", "never"), ("200", "never"), ("60", "always")] {
        let fits = |command: &str| {
            let run = test.run(command).variable("COLUMNS", width).variable("PRESSMARK_COLOR", color);
            let (stdout, stderr) = run.outputs();
            let most: usize = width.parse().unwrap();
            let plain = anstream::adapter::strip_str(&(stdout + &stderr)).to_string();
            for line in plain.lines() {
                let is_command = ["  duckdb", "  python3", "  pressmark"].iter().any(|start| line.starts_with(start));
                let is_copied = is_command || !line.trim().contains(' ');
                let columns = unicode_width::UnicodeWidthStr::width(line);
                assert!(columns <= most || is_copied, "{command} at {width}: {columns} columns\n{line}\n{plain}");
            }
        };
        for command in ["check in.jsonl", "show set", "diff set", "log set", "build set --bump auto", "schema explain"]
        {
            fits(command);
        }
    }
    let told = test.run("check in.jsonl").variable("COLUMNS", "60").code(1).stderr_has("").check();
    for (line, caret) in
        told.lines().zip(told.lines().skip(1)).filter(|(_, next)| next.trim_start_matches(['|', ' ']).starts_with('^'))
    {
        assert!(line.starts_with("   | ") && caret.starts_with("   | "), "{told}");
    }
}

// Key conflicts.

#[test]
fn key_conflicts_are_grouped_by_key() {
    let changed = article("a").replace("Text a", "Other").replace("Title a", "Else");
    let lines = articles(&["a", "b", "c"])
        + &changed
        + &article("b").replace("Text b", "New")
        + &article("a").replace("Title a", "T");
    let test = Test::set("", lines);
    let stderr = "\
error[D-DUPLICATE-KEY]: several articles have the same key but different content, 5 articles with 2 keys
  key `a`: 3 articles differ in `text`, `title`
  --> sources/a.jsonl:1
  --> sources/a.jsonl:4
  --> sources/a.jsonl:6
  key `b`: 2 articles differ in `text`
  --> sources/a.jsonl:2
  --> sources/a.jsonl:5
   = help: remove all but one article of a key; or set `on_conflict = \"newest\"` and `newest_by` under [policy] in dataset.toml to keep the newest one; or choose another `key`
  for details: pressmark explain D-DUPLICATE-KEY

";
    test.build("").code(1).stdout("").stderr_has(stderr).check();
    let report = test.build("--format json").code(1).json();
    let conflicts = &report["key_conflicts"];
    assert_eq!((&conflicts["total"], &conflicts["keys"][1]["key"]), (&2.into(), &"b".into()));
    assert_eq!(conflicts["keys"][0]["differ"], serde_json::json!(["text", "title"]));
    test.run("explain D-DUPLICATE-KEY").stdout_has("on_conflict").check();
}

// Mistakes are met half way.

#[test]
fn did_you_mean() {
    let test = dataset();
    let meant = |command: &str, what: &str| {
        test.run(command).code(2).stdout("").stderr_has(format!("did you mean `{what}`?")).check();
    };
    meant("check set --source trafilaturaa", "trafilatura");
    meant("check set --schema artcle", "article");
    meant("schema explain artcle", "article");
    meant("export set --columns id,titl", "title");
    meant("diff set --ignore titel", "title");
    meant("diff set/1.0.0/data set/1.1.0/data --key idd", "id");
    meant("explain V-REQIRED", "V-REQUIRED");
    meant("man bild", "build");
    test.run("check set --format jsn").code(2).stderr_has("a similar value exists: 'json'").check();
    test.run("diff set --fail-on remved").code(2).stderr_has("a similar value exists: 'removed'").check();
    test.run("chekc set").code(2).stderr_has("some similar subcommands exist: 'schema', 'check'").check();
    test.run("build set --bmp auto").code(2).stderr_has("a similar argument exists: '--bump'").check();
}

#[test]
fn lists_take_commas_and_repetition() {
    let test = dataset();
    let two = "{\"id\":\"a\"}\n{\"id\":\"c\"}\n";
    test.run("export set --columns id --where-key a,c").stdout(two).check();
    test.run("export set --columns id --where-key a --where-key c").stdout(two).check();
    test.run("export set --where-key a\\,c").code(1).stderr("failed: no record has the key `a,c`\n").check();
    for ignored in ["--ignore title,text", "--ignore title --ignore text"] {
        test.run(&format!("diff set {ignored}")).code(1).stdout_has("1 record added").check();
    }
    test.run("diff set --fail-on removed,schema --fail-on warnings").stdout_has("differs").check();
}

#[test]
fn an_option_with_a_list_never_takes_the_dataset() {
    let test = dataset().file("new.jsonl", article("d")).file("more.jsonl", article("e"));
    for (version, upsert) in
        [("2.0.0", "--upsert new.jsonl,more.jsonl set"), ("3.0.0", "set --upsert new.jsonl more.jsonl")]
    {
        let build = format!("build --base 1.1.0 --version {version} --date 2025-01-01 --allow-understated {upsert}");
        test.run(&build).stdout_has(format!("published set/{version}\n")).check();
        assert_eq!(test.keys(&format!("set/{version}")), ["a", "b", "c", "d", "e"]);
    }
}

#[test]
fn one_name_for_one_thing() {
    let test = messy();
    test.run("check in.jsonl --rejects r.zst").code(1).stdout_has("pressmark retry r.zst -o fixed.jsonl").check();
    for name in ["--rejects", "--again"] {
        test.run(&format!("retry r.zst {name} again.zst")).code(1).stderr_has("are in again.zst").check();
    }
    let test = Test::set("", article("a"));
    test.run("build set --date 2024-12-31 -o out").stdout_has("published out/1.0.0\n").check();
    test.run("build set --date 2024-12-31 --output other").stdout_has("published other/1.0.0\n").check();
    test.run("verify out").stdout_has("intact out/1.0.0: ").check();
    let stderr = "\
error: `none/x.jsonl` is in a folder that does not exist
  help: create the folder first, or choose another path
";
    test.run("export out -o none/x.jsonl").code(2).stdout("").stderr(stderr).check();
}

// Reading.

#[test]
fn diff_names_what_changed() {
    let test = Test::set("", article("a"));
    test.build("").check();
    test.write("set/sources/a.jsonl", article("a").replace("Text a", "Text b"));
    test.build("--bump patch").check();
    let told = test.run("diff set").code(1).check();
    assert!(told.contains("    a (Title a): Text [-a-]{+b+}.\n"), "{told}");
    let report: Value = test.run("diff set --format json").code(1).json();
    assert_eq!(report["columns"][0]["examples"][0]["title"], "Title a");
}

#[test]
fn equal_schemas_that_reject_records_are_a_problem() {
    let test = Test::set("", articles(&["a", "b"]));
    test.build("").check();
    let strict = "schema diff article-strict article-strict --against set";
    test.run(strict).code(1).stdout_has("2 of 2 records would be rejected").check();
}

#[test]
fn log_has_a_heading() {
    let told = dataset().run("log set").check();
    let heading = told.lines().next().unwrap();
    let words: Vec<&str> = heading.split_whitespace().collect();
    assert_eq!(words, ["version", "released", "records", "change", "size", "fingerprint", "parts"]);
}

// Ctrl-C.

#[cfg(unix)]
#[test]
fn an_interrupted_build_leaves_nothing() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let test = Test::set("", "");
    let before = test.files();
    let mut child = Command::new(env!("CARGO_BIN_EXE_pressmark"))
        .args(["build", "set", "-"])
        .current_dir(test.path(""))
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(articles(&["a", "b"]).as_bytes()).unwrap();
    // The lock is there once the build has begun.
    while !test.path("set/.lock").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    // The next block of the input is progress, at which the build ends and closes the pipe.
    let more = articles(&["c"]).repeat(10_000);
    while input.write_all(more.as_bytes()).is_ok() {}
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "interrupted; nothing was published\n");
    assert_eq!(test.files(), before);
}

// The goal.

/// The commands of the README, without their comments.
fn readme_commands() -> Vec<String> {
    let readme = include_str!("../README.md");
    let blocks = readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let command = |line: &str| line.split("  #").next().unwrap_or_default().trim().to_owned();
    blocks.flat_map(str::lines).map(command).collect()
}

/// What a shell prints for a command line, with the program in its path.
fn typed(test: &Test, command: &str) -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_pressmark")).parent().unwrap();
    let output = std::process::Command::new("sh")
        .args(["-c", command])
        .current_dir(test.path(""))
        .env_clear()
        .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display()))
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{command}\n{told}\n{}", String::from_utf8_lossy(&output.stderr));
    told
}

/// Files of three parsers become a release that is queried: install, `init`, `build`, and the query that `build` prints.
#[cfg(unix)]
#[test]
fn four_commands_lead_from_a_clone_to_a_queried_release() {
    let commands = readme_commands();
    let starting = |start: &str| commands.iter().find(|command| command.starts_with(start)).unwrap();
    assert_eq!(starting("cargo install"), "cargo install --path .");
    let (init, build) = (starting("pressmark init "), starting("pressmark build "));
    assert_eq!((init.as_str(), build.as_str()), ("pressmark init news --from 'crawl/*.json'", "pressmark build news"));
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources");
    for (parser, file, titles) in [
        ("trafilatura", "trafilatura.jsonl", 2),
        ("newspaper4k", "newspaper4k.json", 1),
        ("news-please", "news-please.jsonl", 1),
    ] {
        let (test, written) = (Test::new(), std::fs::read_to_string(sources.join(file)).unwrap());
        let is_lines = Path::new(file).extension().is_some_and(|extension| extension == "jsonl");
        let articles: Vec<&str> = if is_lines { written.lines().collect() } else { vec![&written] };
        for (number, article) in articles.into_iter().enumerate() {
            test.write(&format!("crawl/{number}.json"), article);
        }
        let told = typed(&test, init);
        assert!(told.contains(&format!("source: {parser} (recognised)\n")), "{told}");
        let told = typed(&test, build);
        let query = told.lines().find(|line| line.starts_with("  python3 -c ")).unwrap().trim();
        let sql = told.lines().find(|line| line.starts_with("  duckdb -c ")).unwrap().trim();
        let rows = crate::support::rows(&test.path("news/1.0.0"));
        assert!(rows.len() >= titles, "{parser}: {rows:?}");
        let Some(python) = crate::consumers::python() else { continue };
        let shown = typed(&test, &query.replacen("python3", &python.display().to_string(), 1));
        assert!(shown.contains("record_sha256"), "{shown}");
        let sql = sql.strip_prefix("duckdb -c ").unwrap();
        let script = "import sys, duckdb; print(duckdb.sql(sys.argv[1]).fetchall())";
        let shown = typed(&test, &format!("{} -c '{script}' {sql}", python.display()));
        assert!(shown.contains(rows[0]["title"].as_str().unwrap()), "{shown}");
    }
}
