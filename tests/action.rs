//! The GitHub Action: its two scripts, run as a runner would run them, and the workflow in `docs/workflows/`
//! that uses it. What the host does by itself, such as checking out a commit, is not tested.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pressmark::digest::Digest;

use crate::support::{Test, articles};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a script of the action in the repository `set`. A runner sets the variables, an input is empty unless given.
fn run(test: &Test, script: &str, inputs: &[(&str, &str)]) -> Output {
    let programs = Path::new(env!("CARGO_BIN_EXE_pressmark")).parent().unwrap();
    let mut bash = Command::new("bash");
    bash.arg(root().join("action").join(script)).current_dir(test.path("set")).env_clear();
    bash.env("PATH", format!("{}:{}", programs.display(), std::env::var("PATH").unwrap()));
    bash.env("HOME", test.path("")).env("ACTION", root());
    bash.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64").env("RUNNER_TEMP", test.path("temp"));
    bash.env("GITHUB_STEP_SUMMARY", test.path("summary.md")).env("GITHUB_PATH", test.path("path"));
    for name in inputs_of(script) {
        bash.env(name, "");
    }
    fs::create_dir_all(test.path("temp")).unwrap();
    test.write("summary.md", "");
    bash.envs(inputs.iter().copied()).output().unwrap()
}

/// The variables `INPUT_...` that a script reads, each of which the action sets from an input.
fn inputs_of(script: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("action").join(script)).unwrap();
    let name = |rest: &str| {
        rest.split(|letter: char| !letter.is_ascii_uppercase() && !letter.is_ascii_digit()).next().map(str::to_owned)
    };
    let mut names: Vec<String> =
        text.split("$INPUT_").skip(1).filter_map(name).map(|name| format!("INPUT_{name}")).collect();
    names.sort();
    names.dedup();
    names
}

fn summary(test: &Test) -> String {
    String::from_utf8(test.read("summary.md")).unwrap()
}

/// Runs the action's command on the dataset; returns what it printed and the summary.
#[track_caller]
fn command(test: &Test, name: &str, arguments: &str, code: i32) -> (String, String) {
    let inputs = [("INPUT_COMMAND", name), ("INPUT_DATASET", "."), ("INPUT_ARGUMENTS", arguments)];
    let Output { status, stdout, stderr } = run(test, "run.sh", &inputs);
    assert_eq!(status.code(), Some(code), "{}", String::from_utf8_lossy(&stderr));
    (String::from_utf8(stdout).unwrap(), summary(test))
}

#[track_caller]
fn git(test: &Test, commands: &[&str]) {
    for arguments in commands {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]).args(arguments.split_whitespace());
        let output = git.current_dir(test.path("set")).env("HOME", test.path("")).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn every_input_reaches_its_script() {
    let action = include_str!("../action.yml");
    for script in ["install.sh", "run.sh"] {
        let names = inputs_of(script);
        assert!(names.len() >= 2, "{names:?}");
        for name in names {
            let input = name.strip_prefix("INPUT_").unwrap().to_lowercase();
            assert!(action.contains(&format!("{name}: ${{{{ inputs.{input} }}}}")), "{name}");
            assert!(action.contains(&format!("\n  {input}:\n    description: ")), "{input}");
        }
    }
    let workflow = include_str!("../docs/workflows/dataset.yml");
    for line in workflow.lines().filter(|line| line.starts_with("          ") && line.contains(": ")) {
        let input = line.trim().split(':').next().unwrap();
        let checkout = ["fetch-depth", "lfs", "persist-credentials"].contains(&input);
        assert!(checkout || action.contains(&format!("\n  {input}:\n")), "{line}");
    }
}

#[test]
fn verify_annotates_damage_and_fails() {
    let test = Test::set("", articles(&["a"]));
    test.build("--version 1.0.0").check();
    let (printed, summary) = command(&test, "verify", "", 0);
    assert!(printed.starts_with("::notice title=pressmark::./1.0.0 intact: verified "), "{printed}");
    let notice = printed.trim_end().replace("::notice title=pressmark::", "notice pressmark: ");
    assert_eq!(summary, format!("## pressmark verify: exit code 0\n<pre>\n{notice}\n</pre>\n"));

    test.write("set/1.0.0/schema.json", "{}");
    let (printed, summary) = command(&test, "verify", "--quick", 1);
    assert!(printed.contains("::error file=1.0.0/schema.json,title=R-SCHEMA"), "{printed}");
    assert!(
        summary.starts_with("## pressmark verify: exit code 1\n<pre>\nerror 1.0.0/schema.json R-SCHEMA: "),
        "{summary}"
    );
}

#[test]
fn check_shows_rejects_in_the_summary() {
    let lines = "{\"id\": \"a\", \"text\": \"Body.\"}\n{\"id\": \"b\"}\n";
    let test = Test::set("", lines);
    let (printed, summary) = command(&test, "check", "", 1);
    assert!(printed.contains("::error file=sources/a.jsonl,line=2,col=1,title=V-REQUIRED%3A 1 article::"), "{printed}");
    assert!(summary.contains("\nerror sources/a.jsonl:2:1 V-REQUIRED: 1 article: missing member `text`"), "{summary}");
    assert!(summary.ends_with("\nnotice pressmark: 2 articles, 1 rejected, 0 allowed\n</pre>\n"), "{summary}");
    command(&test, "check", "--max-rejects 50%", 0);
}

/// The text of an input stays in its block, and an argument is never a pattern or a command.
#[test]
fn hostile_inputs_stay_text() {
    let test = Test::set("", "{\"id\": \"a\", \"text\": \"Body.\", \"url\": \"</pre><script>&amp;%0A::error::\"}\n");
    let (_, summary) = command(&test, "check", "--schema article-strict", 1);
    assert!(summary.matches("</pre>").count() == 1 && !summary.contains("<script>"), "{summary}");
    let (_, summary) = command(&test, "check", "$(touch/made) `touch/made` * ;touch/made", 2);
    assert!(summary.starts_with("## pressmark check: exit code 2\n"), "{summary}");
    assert!(!test.path("set/made").exists());
    let Output { status, stdout, .. } = run(&test, "run.sh", &[("INPUT_COMMAND", "build")]);
    assert_eq!(status.code(), Some(2));
    assert!(String::from_utf8(stdout).unwrap().contains("must be verify, check or diff"));
}

#[test]
fn diff_compares_with_the_last_tag() {
    let test = Test::set("", articles(&["a", "b", "c"]));
    test.build("--version 1.0.0").check();
    git(&test, &["init -q -b main", "add -A", "commit -qm first"]);
    let diff = |arguments, code| command(&test, "diff", arguments, code).1;
    let nothing = "## 1.0.0\n\nNothing to compare: no tag before this commit, or no release.\n";
    assert_eq!(diff("--exit-zero", 0), nothing);

    git(&test, &["tag v1.0.0", "commit -q --allow-empty -m second"]);
    assert_eq!(diff("--exit-zero", 0), "## 1.0.0\n\nNo release since the last tag.\n");

    test.build("--version 1.1.0 -").stdin(articles(&["a", "b"])).check();
    git(&test, &["add -A", "commit -qm third"]);
    let summary = diff("--exit-zero", 0);
    assert!(summary.starts_with("## set 1.0.0 to set 1.1.0\n") && summary.contains("1 record removed"), "{summary}");
    assert_eq!(diff("--fail-on removed", 1), summary);
    let named = [("INPUT_COMMAND", "diff"), ("INPUT_DATASET", "."), ("INPUT_BASE", "1.0.0")];
    assert_eq!(run(&test, "run.sh", &named).status.code(), Some(1));
    assert!(self::summary(&test).contains("1 record removed"));
}

/// What a release offers: the archive of the program under test, and its checksums.
fn offered(test: &Test) -> (PathBuf, String, String) {
    let version = env!("CARGO_PKG_VERSION");
    let folder = test.path("releases").join(format!("v{version}"));
    let target = "x86_64-unknown-linux-musl";
    let archive = root().join(".github/release/archive.sh");
    let packed = crate::consumers::run(
        Command::new("bash").arg(archive).arg(env!("CARGO_BIN_EXE_pressmark")).arg(target).arg(&folder),
    );
    let name = format!("pressmark-{version}-{target}.tar.gz");
    assert_eq!(packed.trim(), folder.join(&name).display().to_string());
    let digest = Digest::of(&fs::read(folder.join(&name)).unwrap()).to_string();
    fs::write(folder.join("SHA256SUMS"), format!("{digest}  {name}\n")).unwrap();
    (folder, name, digest)
}

#[test]
fn install_takes_only_the_archive_that_the_checksum_names() {
    let test = Test::set("", articles(&["a"]));
    let (folder, name, digest) = offered(&test);
    let releases = format!("file://{}", test.path("releases").display());
    let install = |inputs: &[(&str, &str)]| {
        test.write("path", "");
        let Output { status, stdout, .. } =
            run(&test, "install.sh", &[&[("RELEASES", releases.as_str())], inputs].concat());
        let path = String::from_utf8(test.read("path")).unwrap();
        assert_eq!(path.is_empty(), !status.success(), "{path}");
        (status.code().unwrap(), String::from_utf8(stdout).unwrap(), path)
    };
    for inputs in [&[][..], &[("INPUT_SHA256", digest.as_str())], &[("INPUT_VERSION", env!("CARGO_PKG_VERSION"))]] {
        let (code, printed, path) = install(inputs);
        assert_eq!((code, printed.as_str()), (0, ""));
        let installed = Path::new(path.trim());
        let shown = crate::consumers::run(Command::new(installed.join("pressmark")).arg("--version"));
        assert_eq!(shown, concat!("pressmark ", env!("CARGO_PKG_VERSION"), "\n"));
        assert!(
            installed.join("man/pressmark-build.1").is_file() && installed.join("completions/pressmark.zsh").is_file()
        );
    }

    let refused = |inputs: &[(&str, &str)], why: &str| {
        let (code, printed, _) = install(inputs);
        assert_eq!(code, 2);
        assert!(printed.starts_with("::error title=pressmark::") && printed.contains(why), "{printed}");
    };
    refused(&[("INPUT_SHA256", &"0".repeat(64))], &format!("has the SHA-256 {digest}, not 0000"));
    refused(&[("INPUT_VERSION", "9.9.9")], "cannot download pressmark-9.9.9-x86_64-unknown-linux-musl.tar.gz");
    refused(&[("RUNNER_ARCH", "RISCV64")], "there is no archive for Linux on RISCV64");
    fs::write(folder.join("SHA256SUMS"), format!("{}  {name}\n", "0".repeat(64))).unwrap();
    refused(&[], "not 0000");
    fs::write(folder.join("SHA256SUMS"), "").unwrap();
    refused(&[], "does not list pressmark-");
}
