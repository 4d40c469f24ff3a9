//! Releases that were made when their format was frozen. They are never made again: every later
//! version must open, verify, compare and export them, and find what stands here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pressmark::digest::Digest;

/// The frozen releases, with the SHA-256 of their manifests.
const RELEASES: [(&str, &str); 5] = [
    ("tests/releases/every-kind/1.0.0", "1ee68549fa1276fd5007c91a88f14952d3d7f7d11df5214d2489a7f999aad721"),
    ("tests/releases/every-kind/2.0.0", "8441cc898243353597e4ba2ed749f56c04973665a0d09c76e78e0dfef64c5581"),
    ("tests/releases/old-patterns/1.0.0", "8e7f120f3d020a8e68abdc39a74ecdb51b29dff55d58c007ebb0f8045dc7a327"),
    ("datasets/asharq-al-awsat/1.0.0", "c9cfd583487e14451d2d1c67201adb2b3099aea0a944b033f5896a7fd3b2eea3"),
    ("datasets/asharq-al-awsat/1.1.0", "2e638ec65314afa25a2d22661afc1fa08876208847451b7e11e9c2ec87b08943"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Runs the program on committed releases. Returns its standard output.
#[track_caller]
fn run(arguments: &[&str], code: i32) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pressmark")).args(arguments).current_dir(root()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn they_are_the_ones_that_were_made() {
    for (release, sha256) in RELEASES {
        let manifest = fs::read(root().join(release).join("manifest.json")).unwrap();
        assert_eq!(Digest::of(&manifest).to_string(), sha256, "{release}");
    }
}

#[test]
fn they_verify() {
    for (release, _) in RELEASES {
        assert!(run(&["verify", release], 0).starts_with("intact "), "{release}");
    }
}

#[test]
fn they_compare() {
    let told = run(&["diff", "tests/releases/every-kind/1.0.0", "tests/releases/every-kind/2.0.0"], 1);
    for line in ["1 record added", "1 record removed", "1 record changed"] {
        assert!(told.contains(line), "`{line}` is missing\n{told}");
    }
    let told = run(&["diff", "datasets/asharq-al-awsat/1.0.0", "datasets/asharq-al-awsat/1.1.0"], 1);
    assert!(told.contains("1 record added"), "{told}");
}

#[test]
fn a_line_of_their_export_has_the_hash_of_its_record() {
    for (release, _) in RELEASES {
        let lines = run(&["export", release], 0);
        let mut hashes: Vec<String> = lines.lines().map(|line| format!("{}\n", Digest::of(line.as_bytes()))).collect();
        hashes.sort();
        let all = hashes.concat();
        let manifest: serde_json::Value =
            serde_json::from_slice(&fs::read(root().join(release).join("manifest.json")).unwrap()).unwrap();
        assert_eq!(manifest["fingerprint"], Digest::of(all.as_bytes()).to_string(), "{release}");
    }
}

/// A copy of a dataset with the release 1.0.0.
fn copy(set: &str, files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let set = root().join(set);
    for name in files {
        fs::copy(set.join(name), folder.path().join(name)).unwrap();
    }
    for path in ["1.0.0/data", "1.0.0"] {
        fs::create_dir_all(folder.path().join(path)).unwrap();
        for entry in fs::read_dir(set.join(path)).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            fs::copy(entry.path(), folder.path().join(path).join(entry.file_name())).unwrap();
        }
    }
    folder
}

#[test]
fn they_can_be_built_upon() {
    let folder = copy("tests/releases/every-kind", &["dataset.toml", "every.schema.json"]);
    let new = folder.path().join("new.jsonl");
    fs::write(&new, "{\"number\":100000,\"kind\":\"note\"}\n").unwrap();
    let arguments = ["build", folder.path().to_str().unwrap(), "--base", "1.0.0", "--bump", "auto", "--upsert"];
    let told = run(&[&arguments[..], &[new.to_str().unwrap()]].concat(), 0);
    assert!(told.contains("since 1.0.0: 1 record added\n"), "{told}");
}

/// The release stays as it is; the next one needs patterns of ECMA-262.
#[test]
fn a_schema_with_patterns_that_are_no_longer_accepted() {
    let folder = copy("tests/releases/old-patterns", &["dataset.toml", "old.schema.json"]);
    let [set, new, schema] = ["", "new.jsonl", "old.schema.json"].map(|name| folder.path().join(name));
    fs::write(&new, "{\"id\":\"AFP-3\",\"section\":\"World\"}\n").unwrap();
    let (set, new) = (set.to_str().unwrap(), new.to_str().unwrap());
    let arguments = ["build", set, "--base", "1.0.0", "--bump", "major", "--upsert", new];
    let output = Command::new(env!("CARGO_BIN_EXE_pressmark")).args(arguments).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("/properties/id/pattern: the pattern `(?i)^[a-z]+-\\d+\\z` cannot be used"), "{stderr}");

    let text = fs::read_to_string(&schema).unwrap();
    let text = text.replace(r"(?i)^[a-z]+-\\d+\\z", r"^[A-Za-z]+-\\d+$").replace(r"(?x) ^ \\s ", r"^\\s");
    fs::write(&schema, text.replace("(?i)^n", "^[Nn]")).unwrap();
    let records = run(&["export", "tests/releases/old-patterns/1.0.0"], 0);
    fs::write(new, records + "{\"id\":\"AFP-3\",\"section\":\"World\"}\n").unwrap();
    run(&["build", set, new, "--bump", "major"], 0);
    run(&["verify", &format!("{set}/2.0.0")], 0);
    let told = run(&["diff", &format!("{set}/1.0.0"), &format!("{set}/2.0.0")], 1);
    assert!(told.contains("1 record added"), "{told}");
}
