//! Real parsers for real: trafilatura, newspaper4k and Readability.js read a page of our own, and a
//! release is built from exactly what they print, by a dataset.toml of three lines.
//!
//! They are installed at pinned versions into the target folder (`tests/sources/parsers/`), once.
//! Without Node, or where `CI` is not set without Python, the test says that it was skipped.
#![expect(clippy::print_stdout, reason = "a test that was skipped must tell so")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Test, rows};

const URL: &str = "https://courier.example/2024/12/13/harbour-ferry-returns";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources")
}

/// Whether a program can be run. Where `CI` is set Python must be; Node is not on every machine that
/// builds Rust, and what its parser prints is kept as a fixture too.
fn is_there(program: &str) -> bool {
    match Command::new(program).arg("--version").output() {
        Ok(output) if output.status.success() => true,
        _ => {
            assert!(program != "python3" || env::var_os("CI").is_none(), "CI needs {program}");
            println!("skipped: {program} cannot be run");
            false
        }
    }
}

/// Runs a command that must succeed; gives what it printed.
#[track_caller]
fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}\n{err}", output.status);
    output.stdout
}

/// A folder in which `list` was installed by `install`. The list is copied there last, so that an
/// installation that broke off is not taken for a whole one.
fn installed(name: &str, list: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let wanted = fs::read(folder().join("parsers").join(list)).unwrap();
    let mark = target.join(format!("installed-{list}"));
    if fs::read(&mark).ok().as_ref() != Some(&wanted) {
        fs::create_dir_all(&target).unwrap();
        install(&target);
        fs::write(mark, wanted).unwrap();
    }
    target
}

fn python() -> PathBuf {
    let list = folder().join("parsers/requirements.txt");
    let target = installed("parsers-python", "requirements.txt", |target| {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(target));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
        run(Command::new(target.join("bin/python")).args(pip).args(["--only-binary", ":all:", "-r"]).arg(&list));
    });
    target.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

fn node_modules() -> PathBuf {
    installed("parsers-node", "package-lock.json", |target| {
        for name in ["package.json", "package-lock.json"] {
            fs::copy(folder().join("parsers").join(name), target.join(name)).unwrap();
        }
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(target));
    })
}

/// Builds a release from what a parser printed; gives its one record and what was normalised.
#[track_caller]
fn built(preset: &str, printed: Vec<u8>) -> (Value, Value) {
    let toml = format!("name = \"set\"\nsource = \"{preset}\"\ninputs = [\"printed.json\"]\n");
    let test = Test::new().file("set/dataset.toml", toml).file("set/printed.json", printed);
    test.build("").check();
    test.run("verify set/1.0.0").check();
    let mut rows = rows(&test.path("set/1.0.0"));
    assert_eq!(rows.len(), 1);
    (rows.remove(0), test.json("set/1.0.0/manifest.json")["normalised"].take())
}

/// What every parser must find on the page.
#[track_caller]
fn check(record: &Value, wanted: &Value) {
    for (field, value) in wanted.as_object().unwrap() {
        assert_eq!(&record[field], value, "{field} of {record:#}");
    }
    assert_eq!(record["title"], "Harbour ferry returns after nine years");
    assert_eq!((&record["url"], &record["domain"]), (&URL.into(), &"courier.example".into()));
    // SHA-256 of the url.
    assert_eq!(record["id"], "u1-f5994cbb22383beed6c99c4cf9e044dc");
    let text = record["text"].as_str().unwrap();
    let paragraphs: Vec<&str> = text.split("\n\n").collect();
    for (start, end) in [("The ferry between", "sold for scrap."), ("The bus that replaced", "an ordinary week.")] {
        let whole = |paragraph: &&str| paragraph.starts_with(start) && paragraph.ends_with(end);
        assert!(paragraphs.iter().any(whole), "{text}");
    }
}

#[test]
fn trafilatura_and_newspaper4k() {
    if !is_there("python3") {
        return;
    }
    let python = python();
    let parse = |parser: &str| {
        let script = folder().join("parsers/parse.py");
        let flags = ["-I", "-B", "-X", "utf8", "-W", "ignore"];
        run(Command::new(&python).args(flags).arg(script).arg(parser).arg(folder().join("page.html")).arg(URL))
    };
    let (record, normalised) = built("trafilatura", parse("trafilatura"));
    check(
        &record,
        &json!({
            "authors": ["Ada Writer", "Ben Reporter"],
            "published_date": "2024-12-13",
            "published_raw": "2024-12-13",
            "published_at": null,
            "publisher": "The Example Courier",
            "description": "The ferry between the two harbours sails again from Monday.",
            "images": [{ "url": "https://courier.example/images/ferry.jpg" }],
        }),
    );
    assert_eq!(normalised["published_at"], json!({ "no-offset": 1 }));
    let (record, normalised) = built("newspaper4k", parse("newspaper4k"));
    check(
        &record,
        &json!({
            "published_date": "2024-12-13",
            "published_raw": "2024-12-13T00:00:00",
            "published_at": null,
            "publisher": "The Example Courier",
            "language": "en",
            "tags": ["ferry", "harbour", "transport"],
        }),
    );
    assert_eq!(normalised["published_date"], json!({ "day-of-naive-midnight": 1 }));
}

#[test]
fn readability() {
    if !is_there("node") || !is_there("npm") {
        return;
    }
    let script = folder().join("parsers/parse.cjs");
    let page = folder().join("page.html");
    let printed = run(Command::new("node").arg(script).arg(page).arg(URL).current_dir(node_modules()));
    let (record, _) = built("readability", printed);
    check(
        &record,
        &json!({
            "authors": ["Ada Writer; Ben Reporter"],
            "published_at": "2024-12-13T06:30:00Z",
            "published_date": "2024-12-13",
            "published_raw": "2024-12-13T07:30:00+01:00",
            "publisher": "The Example Courier",
            "language": "en-GB",
        }),
    );
}
