//! What is shipped, beside the action: hooks, the conda recipe, the package for crates.io, and the files of the
//! release workflow. Each is run where it can run without its host, and linted by the tools of its ecosystem.
//!
//! The workflow itself, images and wheels of other platforms are built by the host alone.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::consumers::{environment, run};
use crate::support::{Test, articles};

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The files of a folder with this extension.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let found: Vec<PathBuf> = paths.filter(|path| path.extension() == Some(OsStr::new(extension))).collect();
    assert!(!found.is_empty(), "{folder}/*.{extension}");
    found
}

#[test]
fn the_linters_of_each_ecosystem_find_nothing() {
    let Some(python) = environment("distribution", "linters") else { return };
    let linter = |name: &str| {
        let mut command = Command::new(python.with_file_name(name));
        command.current_dir(root());
        command
    };
    let scripts: Vec<PathBuf> =
        ["action", "website", ".github/release"].iter().flat_map(|folder| files(folder, "sh")).collect();
    run(linter("shellcheck").arg(".ci/run").args(scripts));
    run(linter("hadolint").arg("Dockerfile"));
    let workflows = || files(".github/workflows", "yml");
    let schema = |name: &str| {
        let mut command = linter("check-jsonschema");
        command.args(["--builtin-schema", name]);
        command
    };
    run(schema("vendor.github-workflows").args(workflows()).arg("docs/workflows/dataset.yml"));
    run(schema("vendor.github-actions").arg("action.yml"));
    run(linter("zizmor").args(["--offline", "--quiet"]).args(workflows()).arg("action.yml"));

    // Linters that find nothing must be ones that would.
    let test = Test::new();
    for (name, contents, mut linter) in [
        ("bad.sh", "#!/bin/sh\necho $1\n", linter("shellcheck")),
        ("Dockerfile", "FROM alpine\nRUN cd /tmp\n", linter("hadolint")),
        ("bad.yml", "on: push\njobs: {a: {runs-on: x, step: []}}\n", schema("vendor.github-workflows")),
        ("action.yml", "name: a\nruns: {using: composite}\n", schema("vendor.github-actions")),
    ] {
        test.write(name, contents);
        assert!(!linter.arg(test.path(name)).output().unwrap().status.success(), "{name}");
    }
}

/// What one file says of the version, the toolchain and the targets, the others say too.
#[test]
fn versions_toolchains_and_targets_agree() {
    assert!(text("conda/recipe.yaml").contains(&format!("version: \"{VERSION}\"")));
    assert_eq!(text("docs/workflows/dataset.yml").matches(&format!("pressmark@v{VERSION}")).count(), 2);
    assert!(text("docs/ci.md").contains(&format!("pressmark@v{VERSION}")));
    let rust = env!("CARGO_PKG_RUST_VERSION");
    assert!(text(".github/workflows/release.yml").contains(&format!("RUST: \"{rust}\"")));
    assert!(text(".github/workflows/ci.yml").contains(&format!("toolchain install {rust} ")));
    assert!(text("Dockerfile").contains(&format!("FROM rust:{rust}-alpine")));

    let release = text(".github/workflows/release.yml");
    let (_, binaries) = release.split_once("\n  binaries:\n").unwrap();
    let (binaries, _) = binaries.split_once("\n  wheels:\n").unwrap();
    let built: BTreeSet<&str> =
        binaries.lines().filter_map(|line| line.split_once("target: ")?.1.strip_suffix('}')).collect();
    let install = text("action/install.sh");
    let installed: BTreeSet<&str> =
        install.lines().filter_map(|line| line.split_once(") target=")?.1.strip_suffix(" ;;")).collect();
    assert!(built.len() == 5 && built == installed, "{built:?} {installed:?}");
}

#[test]
fn a_release_needs_one_version_everywhere() {
    let test = Test::new();
    let set = |tag: &str, package: &str, changes: &str, recipe: &str| {
        test.write(
            "Cargo.toml",
            format!("[package]\nname = \"p\"\nversion = \"{package}\"\n[dependencies]\nversion = \"9\"\n"),
        );
        test.write("CHANGELOG.md", changes);
        test.write("conda/recipe.yaml", format!("context:\n  version: \"{recipe}\"\n"));
        test.write(".github/release/version.sh", text(".github/release/version.sh"));
        Command::new("bash").arg(test.path(".github/release/version.sh")).arg(tag).output().unwrap()
    };
    let output = set("v1.2.0", "1.2.0", "## 1.2.0\n", "1.2.0");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"1.2.0\n".as_slice()));
    for (tag, package, changes, recipe, why) in [
        ("v1.2.1", "1.2.0", "## 1.2.0\n", "1.2.0", "the tag is v1.2.1, but Cargo.toml has version 1.2.0\n"),
        ("v1.2.0", "1.2.0", "## Unreleased\n", "1.2.0", "CHANGELOG.md has no section for 1.2.0\n"),
        ("v1.2.0", "1.2.0", "## 1.2.0\n", "1.1.0", "conda/recipe.yaml has another version than 1.2.0\n"),
    ] {
        let output = set(tag, package, changes, recipe);
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(1), why));
    }
}

#[test]
fn the_conda_recipe_renders() {
    let Some(python) = environment("distribution", "packagers") else { return };
    let script = root().join("tests/distribution/recipe.py");
    let rendered = run(Command::new(python).args(["-I", "-B"]).arg(script).arg(root().join("conda/recipe.yaml")));
    assert_eq!(rendered, format!("pressmark {VERSION}\n"));
}

/// A dataset in a repository with the hooks of this one, as pre-commit runs them.
#[test]
fn the_hooks_stop_a_commit_with_damage() {
    let Some(python) = environment("distribution", "packagers") else { return };
    let test = Test::set("", articles(&["a"]));
    test.build("--version 1.0.0").check();
    test.write("hooks/.pre-commit-hooks.yaml", text(".pre-commit-hooks.yaml"));
    let ids = "      - id: pressmark-verify\n      - id: pressmark-check\n";
    let config = format!("repos:\n  - repo: ../hooks\n    rev: v{VERSION}\n    hooks:\n{ids}");
    test.write("set/.pre-commit-config.yaml", config);
    let programs = Path::new(env!("CARGO_BIN_EXE_pressmark")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let command = |program: &Path, folder: &str, arguments: &str| {
        let mut command = Command::new(program);
        command.args(arguments.split_whitespace()).current_dir(test.path(folder)).env("PATH", &path);
        for (name, value) in [("NAME", "A"), ("EMAIL", "a@example.org")] {
            command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
        }
        command.env("HOME", test.path("home")).env("PRE_COMMIT_HOME", test.path("home"));
        command
    };
    let git = |folder: &str, arguments: &str| run(&mut command(Path::new("git"), folder, arguments));
    for folder in ["hooks", "set"] {
        git(folder, "init -q -b main");
        git(folder, "add .");
    }
    git("hooks", "commit -qm hooks");
    git("hooks", &format!("tag v{VERSION}"));
    let pre_commit = || command(&python, "set", "-m pre_commit run --color never");

    let output = pre_commit().output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && printed.matches("Passed").count() == 2, "{printed}");

    test.write("set/1.0.0/schema.json", "{}");
    git("set", "add .");
    let output = pre_commit().output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("pressmark verify....") && printed.contains("R-SCHEMA schema.json"), "{printed}");
}

/// The package for crates.io has all that a build includes, and no tests or datasets.
#[test]
fn the_package_is_small_and_whole() {
    let listed = run(Command::new(env!("CARGO"))
        .args(["package", "--list", "--allow-dirty", "--offline", "--package", "pressmark"])
        .current_dir(root()));
    let listed: BTreeSet<&str> = listed.lines().collect();
    for name in ["Cargo.lock", "LICENSE", "README.md", "docs/codes.md", "schema/article.schema.json", "src/main.rs"] {
        assert!(listed.contains(name), "{name} is missing");
    }
    let folders: BTreeSet<&str> = listed.iter().filter_map(|name| Some(name.split_once('/')?.0)).collect();
    assert_eq!(folders, BTreeSet::from(["docs", "schema", "src"]));
    let size = |name: &&str| fs::metadata(root().join(name)).map_or(0, |file| file.len());
    let bytes: u64 = listed.iter().map(size).sum();
    assert!(bytes < 4 << 20, "{bytes} bytes");
}
