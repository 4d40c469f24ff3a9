//! Names, values and arguments that would do something to a terminal or to the log of a build: through
//! every command and format, nothing of them comes out raw.

use serde_json::json;

use crate::support::{Run, Test};

/// Line feed, a command of GitHub's log, escape sequence, direction, a command of Azure's, a table's border,
/// markup, and what shows nothing.
const HOSTILE: &str =
    "a\n::error::x\r\u{1b}[31m\u{9b}0m\u{202e}\u{2066}##[error]y ##vso[z] | <script> \u{200b}\u{feff}";
/// The same where it starts what is shown.
const COMMAND: &str = "::error::x";

/// What may not be in any output.
#[track_caller]
fn check_text(text: &str, format: &str) {
    let is_raw = |character: char| {
        character != '\n' && character.is_control()
            || matches!(character, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    assert!(!text.contains(is_raw), "{format}: {text:?}");
    let lower = text.to_lowercase();
    assert!(!lower.contains("##[") && !lower.contains("##vso["), "{format}: {text}");
    for line in text.lines().map(str::trim_start).filter(|line| line.starts_with("::")) {
        let ours = ["::error ", "::warning ", "::notice "].iter().any(|start| line.starts_with(start));
        assert!(format == "github" && ours, "{format}: {line}");
    }
    if ["markdown", "junit"].contains(&format) {
        assert!(!text.contains("<script>"), "{format}: {text}");
    }
}

/// Runs it, however it ends, and checks both streams.
#[track_caller]
fn check(run: Run<'_>, format: &str) {
    let (stdout, stderr) = run.outputs();
    check_text(&stdout, format);
    check_text(&stderr, "human");
}

/// A dataset of two releases in which everything that can be has a hostile name or value.
fn dataset() -> Test {
    let schema = json!({
        "type": "object", "required": ["id"], "additionalProperties": false,
        "description": HOSTILE,
        "properties": {
            "id": { "type": "string" },
            "v": { "type": "string", "description": HOSTILE, "not": { "const": HOSTILE } },
            "<script>|##[error]\u{202e}": { "enum": ["x", HOSTILE] },
        },
    });
    let quoted = |text: &str| serde_json::json!(text).to_string();
    let settings = format!(
        "title = {0}\nlicense = {0}\nschema = \"s.json\"\n[policy]\nmax_rejects = 9\nversions = \"datapackage\"\n",
        quoted(HOSTILE).replace('\u{9b}', "\\u009b")
    );
    let test = Test::set(&settings, lines("one")).file("set/s.json", schema.to_string());
    test.write(&format!("set/sources/{HOSTILE}.jsonl"), lines("two"));
    test.write(&format!("set/sources/{COMMAND}.jsonl"), "not json\n");
    test.write("set/sources/empty.jsonl", "");
    test
}

fn lines(id: &str) -> String {
    [
        json!({ "id": format!("{id}{HOSTILE}"), "v": "x", "<script>|##[error]\u{202e}": "x" }),
        json!({ "id": COMMAND.to_owned() + id, "v": HOSTILE }),
        json!({ "id": id, HOSTILE: HOSTILE, COMMAND: 1 }),
        json!({ "id": id, "<script>|##[error]\u{202e}": format!("{HOSTILE}?") }),
        json!({ "id": 5 }),
    ]
    .map(|line| line.to_string() + "\n")
    .concat()
}

const REPORTS: [&str; 5] = ["human", "json", "github", "sarif", "junit"];

#[test]
fn checks_and_builds() {
    let test = dataset();
    for format in REPORTS {
        check(test.run(&format!("check set/sources --schema set/s.json --format {format}")), format);
        let hostile = test.run(&format!("check --schema set/s.json --format {format}"));
        check(hostile.argument(format!("set/sources/{HOSTILE}.jsonl")), format);
        let command = test.run(&format!("check --schema ../s.json --format {format}")).folder("set/sources");
        check(command.argument(format!("{COMMAND}.jsonl")), format);
        test.remove("set/1.0.0");
        check(test.build(&format!("--format {format}")), format);
        assert!(test.path("set/1.0.0/manifest.json").exists());
    }
}

#[test]
fn releases() {
    let test = dataset();
    check(test.build(""), "human");
    test.write("set/sources/a.jsonl", lines("three").replace("\"x\"", "\"y\""));
    test.write("set/s.json", String::from_utf8(test.read("set/s.json")).unwrap().replace("[\"x\"", "[\"y\",\"x\""));
    check(test.build("--bump major"), "human");
    for format in ["human", "json"] {
        check(test.run(&format!("show set/1.0.0 --format {format}")), format);
        check(test.run(&format!("log set --format {format}")), format);
    }
    for format in ["human", "json", "markdown"] {
        check(test.run(&format!("diff set/1.0.0 set/2.0.0 --format {format}")), format);
    }
    check(test.run("diff set/1.0.0 set/2.0.0 --rows"), "json");
    for name in ["schema explain set/s.json", "schema diff set/1.0.0/schema.json set/s.json --against set/1.0.0"] {
        for format in ["human", "json"] {
            check(test.run(&format!("{name} --format {format}")), format);
        }
    }
    check(test.run("export set/1.0.0 -o out.jsonl --where-key").argument(HOSTILE), "human");
    check(test.run("retry set/rejects/1.0.0/rejects.jsonl.zst --schema set/s.json --again").argument(HOSTILE), "human");
    test.write(&format!("set/1.0.0/{HOSTILE}"), "");
    for format in REPORTS {
        check(test.run(&format!("verify set --format {format}")), format);
        check(test.run(&format!("verify --format {format}")).argument(HOSTILE), format);
    }
}

#[test]
fn arguments() {
    let test = dataset();
    for command in [
        "",
        "check",
        "check --schema",
        "check --format",
        "check --max-rejects",
        // Before there is a release of that name, whose records it writes as they are.
        "export",
        "build",
        "build set --version",
        "build set --date",
        "build set --memory",
        "build set --output",
        "build set --upsert",
        "verify",
        "diff",
        "diff set --key",
        "show",
        "log",
        "export set --columns",
        "explain",
        "man",
        "init",
        "init new --name",
        "init new --source",
        "init new --schema",
        "schema",
        "schema explain",
        "schema diff article",
        "retry",
        "completions",
        "check x --source",
        "--none",
    ] {
        for argument in [HOSTILE, COMMAND, &format!("--{HOSTILE}")] {
            check(test.run(command).argument(argument), "human");
        }
    }
}

#[test]
fn settings() {
    for toml in [format!("{HOSTILE:?} = 1\n"), format!("name = {COMMAND:?}\n"), format!("# \u{202e}\n{COMMAND}\n")] {
        let test = Test::new().file("set/dataset.toml", toml);
        check(test.build(""), "human");
    }
}
