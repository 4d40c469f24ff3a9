//! The workflow that `docs/workflows/` offers: its steps do in a repository what the page says.
//! What the host of a repository does by itself (checkout, cache, installing) is not tried.

use std::process::{Command, Output};

use crate::support::{Test, articles};

/// The commands of a step of the workflow.
fn step(name: &str) -> String {
    let workflow = include_str!("../docs/workflows/dataset.yml");
    let (_, step) = workflow.split_once(&format!("- name: {name}\n")).unwrap();
    let (_, run) = step.split_once("run: ").unwrap();
    match run.strip_prefix("|\n") {
        Some(block) => block
            .lines()
            .map_while(|line| line.strip_prefix("          "))
            .fold(String::new(), |all, line| all + line + "\n"),
        None => run.lines().next().unwrap().to_owned(),
    }
}

/// Runs commands in the repository `set`, as the host would.
fn run(test: &Test, commands: &str) -> Output {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_pressmark")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    bash.args(["-e", "-c", commands]).current_dir(test.path("set")).env_clear();
    bash.env("PATH", path).env("HOME", test.path("")).env("DATASET", ".").env("RUNNER_TEMP", test.path("temp"));
    bash.env("GITHUB_STEP_SUMMARY", test.path("summary.md"));
    for role in ["AUTHOR", "COMMITTER"] {
        bash.env(format!("GIT_{role}_NAME"), "A").env(format!("GIT_{role}_EMAIL"), "a@example.org");
    }
    bash.output().unwrap()
}

#[track_caller]
fn done(test: &Test, commands: &str) -> String {
    let Output { status, stdout, stderr } = run(test, commands);
    assert!(status.success(), "{commands}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// What the summary of a run says.
fn summary(test: &Test) -> String {
    test.write("summary.md", "");
    done(test, &step("Tell what changed since the last tag"));
    String::from_utf8(test.read("summary.md")).unwrap()
}

#[test]
fn the_steps_verify_releases_and_tell_what_changed() {
    let test = Test::set("", articles(&["a", "b", "c"]));
    test.build("--version 1.0.0").check();
    done(&test, "git init -q -b main && git add -A && git commit -qm 'The first release'");
    done(&test, &step("Verify every release"));
    let nothing = "## 1.0.0\nThere is nothing to compare with: no tag before this commit, or no release.\n";
    assert_eq!(summary(&test), nothing);

    done(&test, "git tag v1.0.0 && git commit -q --allow-empty -m 'Words'");
    assert_eq!(summary(&test), "## 1.0.0\nThe newest release is still that of `v1.0.0`.\n");
    done(&test, "git worktree remove --force ../temp/before");

    test.build("--version 1.1.0 -").stdin(articles(&["a", "b"])).check();
    done(&test, "git add -A && git commit -qm 'The second release'");
    done(&test, &step("Verify every release"));
    let told = summary(&test);
    assert!(told.starts_with("## 1.1.0\n") && told.contains("1 record removed"), "{told}");
}

#[test]
fn a_release_that_was_touched_fails_the_run() {
    let test = Test::set("", articles(&["a"]));
    test.build("--version 1.0.0").check();
    test.write("set/1.0.0/schema.json", "{}");
    let Output { status, stdout, .. } = run(&test, &step("Verify every release"));
    let told = String::from_utf8(stdout).unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(told.contains("::error file=") && told.contains("1.0.0/schema.json"), "{told}");
}
