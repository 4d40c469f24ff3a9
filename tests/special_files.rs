//! Pipes where files belong: they are named and refused at once, by every command that meets them.

use std::path::Path;
use std::process::Command;

use crate::support::{Test, article, articles};

/// A dataset with two releases.
fn released() -> Test {
    let test = Test::set("", articles(&["a", "b"]));
    test.build("").check();
    test.build("--bump minor -").stdin(article("a")).check();
    test
}

/// Puts a pipe in the place of a file.
fn pipe(test: &Test, name: &str) {
    test.remove(name);
    assert!(Command::new("mkfifo").arg(test.path(name)).status().unwrap().success());
}

/// What a run says of the pipe `name`; it does not wait.
#[track_caller]
fn refuses(test: &Test, arguments: &str, name: &str) {
    let stderr = format!("`{name}`");
    let told = test.run(arguments).code(2).stdout("").stderr_has(stderr).stderr_has("it is a pipe, not a file").told();
    assert!(told.starts_with("error: "), "{told}");
}

#[test]
fn a_pipe_for_a_manifest() {
    let test = released();
    pipe(&test, "set/1.1.0/manifest.json");
    for command in ["show", "export", "diff set/1.0.0"] {
        refuses(&test, &format!("{command} set/1.1.0"), "set/1.1.0/manifest.json");
    }
    refuses(&test, "build set --bump minor", "set/1.1.0/manifest.json");
    test.run("verify set/1.1.0").code(1).stdout_has("R-FILE-KIND").check();
    let why = "cannot read `set/1.1.0/manifest.json`: it is a pipe, not a file\n";
    test.run("log set").code(1).stdout_has(format!("1.1.0    unreadable: {why}")).check();
}

#[test]
fn a_pipe_for_a_part_or_a_schema() {
    let test = released();
    let parts = crate::support::parts(&test.path("set/1.1.0"));
    let part = format!("set/1.1.0/data/{}", parts.keys().next().unwrap());
    pipe(&test, &part);
    test.run("export set/1.1.0").code(2).stderr_has("it is a pipe, not a file").check();
    test.run("diff set/1.0.0 set/1.1.0").code(2).stderr_has("it is a pipe, not a file").check();
    test.run("verify set/1.1.0").code(1).stdout_has("R-FILE-KIND").check();
    // It is written from the inputs; nothing of the damaged release is needed.
    let test = released();
    pipe(&test, "set/1.1.0/schema.json");
    refuses(&test, "export set/1.1.0", "set/1.1.0/schema.json");
    refuses(&test, "diff set/1.0.0 set/1.1.0", "set/1.1.0/schema.json");
    test.run("verify set/1.1.0").code(1).stdout_has("R-FILE-KIND").check();
}

#[test]
fn a_pipe_for_a_file_of_settings() {
    let test = Test::set("", article("a"));
    pipe(&test, "set/dataset.toml");
    refuses(&test, "build set", "set/dataset.toml");
    let test = Test::set("schema = \"s.json\"\n", article("a")).file("a.jsonl", article("a")).file("new/notes", "");
    pipe(&test, "set/s.json");
    refuses(&test, "build set", "set/s.json");
    refuses(&test, "check a.jsonl --schema set/s.json", "set/s.json");
    refuses(&test, "schema explain set/s.json", "set/s.json");
    refuses(&test, "schema diff article set/s.json", "set/s.json");
    refuses(&test, "retry a.jsonl --schema set/s.json", "set/s.json");
    refuses(&test, "init new --schema set/s.json", "new/../set/s.json");
    let test = Test::set("source = \"./m.toml\"\n", article("a")).file("a.jsonl", article("a"));
    pipe(&test, "set/m.toml");
    refuses(&test, "build set", "set/./m.toml");
    refuses(&test, "check a.jsonl --source ./set/m.toml", "./set/m.toml");
}

#[test]
fn a_pipe_for_a_changelog() {
    let test = Test::set("", article("a"));
    pipe(&test, "set/CHANGELOG.md");
    test.build("").stderr_has("no entry was added to `set/CHANGELOG.md`: it is not a regular file").check();
    assert!(test.files().contains_key("set/CHANGELOG.md|"));
}

/// Runs a script of `tests/cases` and gives what it prints.
fn case(name: &str, argument: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name).join("cmd.sh");
    let run = Command::new("sh").arg(script).arg(argument).env("PM", env!("CARGO_BIN_EXE_pressmark")).output();
    String::from_utf8(run.unwrap().stdout).unwrap()
}

#[test]
fn the_case_fifo() {
    let test = released();
    let want = "export rc=2\ndiff rc=2\ndiff rc=2\nshow rc=0\nverify rc=1\nbuild rc=2\n";
    assert_eq!(case("fifo", &test.path("set/1.0.0")), want);
}

#[test]
fn the_case_verify_folder() {
    let test = released();
    let want = "intact\nintact\nverify rc=0\nlog rc=0\nverify beside an empty dataset.toml rc=0\n";
    assert_eq!(case("verify-folder", &test.path("set")), want);
}

/// An input that is named may be a pipe: a shell names so what another command writes.
#[test]
fn a_pipe_may_be_an_input_that_is_named() {
    let test = Test::new();
    pipe(&test, "in");
    let path = test.path("in");
    let writer = std::thread::spawn(move || std::fs::write(path, article("a")).unwrap());
    test.run("check in").stdout_has("1 admitted").check();
    writer.join().unwrap();
}
