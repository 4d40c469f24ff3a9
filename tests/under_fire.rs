//! Concurrent builds, and builds in which each operation on the file system fails once or ends the process. In
//! every case the old releases are unchanged, the new release is whole or absent, and the next build succeeds.
//! Unit tests of `src/release/publisher.rs` do the same to a commit, on the local file system and in memory.
#![cfg(debug_assertions)] // a release build has no faults

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use crate::support::{Files, Test, files};

/// A schema with few columns: these tests are about files.
const NOTE_SCHEMA: &str = r#"{
  "$id": "urn:test:note",
  "type": "object",
  "required": ["id", "text"],
  "properties": { "id": { "type": "string" }, "text": { "type": "string" } },
  "additionalProperties": false
}
"#;

/// The faults that the environment can ask for. See `src/storage/fault.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// An operation fails.
    Error,
    /// A write takes half of what it is given.
    Short,
    /// From an operation on, there is no space on the disk.
    Full,
    /// The process ends, in the middle of a write if it is one.
    Kill,
}

impl Fault {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Short => "short",
            Self::Full => "full",
            Self::Kill => "kill",
        }
    }
}

/// A dataset with two releases, and a build of the third.
struct Story {
    test: Test,
    arguments: String,
    /// The dataset before the build.
    before: Files,
    /// The dataset after it, without a fault.
    after: Files,
}

/// Enough records for several parts in the smallest layout.
fn records(numbers: impl Iterator<Item = usize>, text: impl Fn(usize) -> String) -> String {
    let line = |number| json!({"id": format!("a{number:02}"), "text": text(number)}).to_string() + "\n";
    numbers.map(line).collect()
}

impl Story {
    fn new(arguments: &str) -> Self {
        let test = Test::set("schema = \"note.schema.json\"\n[policy]\nmax_rejects = 5\n", "");
        test.write("set/note.schema.json", NOTE_SCHEMA);
        test.build("-").variable("PRESSMARK_CACHE_DIR", "cache").stdin("{\"id\":\"seed\",\"text\":\"One.\"}\n").check();
        small_layout(&test);
        test.write("set/sources/a.jsonl", records(0..40, |number| format!("Text {number}.")));
        test.build("--version 1.1.0").variable("PRESSMARK_CACHE_DIR", "cache").check();
        // Some removed, some changed, some added, one broken.
        let mended = |number| if number == 25 { "Mended.".to_owned() } else { format!("Text {number}.") };
        test.write("set/sources/a.jsonl", records(1..43, mended) + "no\n");
        test.write("upsert.jsonl", records([25, 50].into_iter(), |_| "Mended.".into()) + "no\n");
        test.write("withdraw.jsonl", "{\"key\":\"a30\",\"reason\":\"asked for\"}\n");
        let story = Self { before: files(&test.path("set")), after: Files::new(), arguments: arguments.into(), test };
        let unharmed = story.copy();
        let (status, stderr) = story.build(&unharmed, None);
        assert!(status.success(), "{stderr}");
        for release in ["1.0.0", "1.1.0", "2.0.0"] {
            unharmed.run(&format!("verify set/{release}")).check();
        }
        let after = files(&unharmed.path("set"));
        let count = |start: &str| after.keys().filter(|path| path.starts_with(start)).count();
        assert!(count("2.0.0/data/") > 2 && count("rejects/2.0.0/") == 1 && !after.keys().any(is_litter));
        Self { after, ..story }
    }

    fn copy(&self) -> Test {
        let copy = Test::new();
        copy_folder(&self.test.path(""), &copy.path(""));
        copy
    }

    /// Builds the third release.
    fn build(&self, test: &Test, fault: Option<(usize, Fault)>) -> (ExitStatus, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_pressmark"))
            .args(self.arguments.split(' '))
            .current_dir(test.path(""))
            .env_clear()
            .env("PRESSMARK_CACHE_DIR", "cache")
            .envs(fault.map(|(number, fault)| ("PRESSMARK_FAULT", format!("{number}:{}", fault.name()))))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status, String::from_utf8(output.stderr).unwrap())
    }

    /// Builds with a fault at this operation, checks what is left, and builds again. Returns whether the first
    /// build ended by itself.
    fn hit(&self, number: usize, fault: Fault) -> bool {
        let test = self.copy();
        let (status, stderr) = self.build(&test, Some((number, fault)));
        let shown = format!("{} at operation {number}: {status}\n{stderr}", fault.name());
        let left = files(&test.path("set"));
        self.check_left(&left, &shown);
        let litter = left.keys().filter(|path| is_litter(path)).count();
        match status.code() {
            // The fault was harmless: there was another way, or it only prevented a removal.
            Some(0) => assert!(differing(&left, &self.after).all(is_litter), "{shown}"),
            Some(2) => {
                let errors: Vec<&str> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
                assert!(errors.len() == 1 && errors[0].contains('`'), "{shown}");
                // A file that cannot be locked may be the lock of another process.
                let lock = usize::from(stderr.contains("cannot lock `set/.lock`"));
                assert_eq!(litter, lock, "{shown}{:?}", left.keys());
            }
            code => assert!(code.is_none() && fault == Fault::Kill, "{shown}"),
        }
        if fault == Fault::Short {
            assert!(status.success(), "{shown}");
        }
        if fault != Fault::Kill && left == self.before {
            // The next build would start from the same state as the build without a fault.
            return true;
        }
        let (again, stderr) = self.build(&test, None);
        assert!(again.success(), "after {shown}{stderr}");
        let healed = files(&test.path("set"));
        // The changelog is written after the release, so an entry can be missing.
        let missing: Vec<&String> = differing(&healed, &self.after).collect();
        assert!(missing.iter().all(|path| *path == "CHANGELOG.md"), "after {shown}{missing:?}");
        assert!(missing.is_empty() || healed["CHANGELOG.md"] == self.before["CHANGELOG.md"], "after {shown}");
        status.code().is_some()
    }

    /// Checks that every file is the old or the new one, and that the new release is whole or absent.
    fn check_left(&self, left: &Files, shown: &str) {
        for (path, bytes) in
            self.before.iter().filter(|(path, _)| !["CHANGELOG.md", "README.md"].contains(&path.as_str()))
        {
            assert!(left.get(path) == Some(bytes), "{path} has changed, {shown}");
        }
        for (path, bytes) in left.iter().filter(|(path, _)| !is_litter(path)) {
            let known = self.after.get(path) == Some(bytes) || self.before.get(path) == Some(bytes);
            // The folder of a file that was not published.
            assert!(
                known || ["rejects/", "rejects/2.0.0/"].contains(&path.as_str()),
                "{path} is neither old nor new, {shown}"
            );
        }
        let count = |files: &Files| files.keys().filter(|path| path.starts_with("2.0.0/")).count();
        assert!(count(left) == 0 || count(left) == count(&self.after), "half a release, {shown}");
    }
}

/// Gives the only release the smallest possible layout, which the next ones inherit.
fn small_layout(test: &Test) {
    let mut manifest = test.json("set/1.0.0/manifest.json");
    manifest["layout"]["target_rows"] = json!(16);
    manifest["layout"]["row_group_rows"] = json!(2);
    test.write_manifest("set/1.0.0", &manifest);
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// What the next build removes.
fn is_litter(path: &String) -> bool {
    path == ".lock" || path.starts_with(".staging-")
}

/// The paths that differ between both sides.
fn differing<'f>(left: &'f Files, right: &'f Files) -> impl Iterator<Item = &'f String> {
    let only_right = right.keys().filter(|path| !left.contains_key(*path));
    left.iter().filter(|(path, bytes)| right.get(*path) != Some(bytes)).map(|(path, _)| path).chain(only_right)
}

/// Kills the build at every `step`th operation. Returns the number of operations.
fn kill(story: &Story, step: usize) -> usize {
    let (next, first_unharmed) = (AtomicUsize::new(1), AtomicUsize::new(usize::MAX));
    in_parallel(|| {
        let number = next.fetch_add(step, Ordering::Relaxed);
        if number > first_unharmed.load(Ordering::Relaxed) {
            return false;
        }
        if story.hit(number, Fault::Kill) {
            first_unharmed.fetch_min(number, Ordering::Relaxed);
        }
        true
    });
    first_unharmed.into_inner() - 1
}

/// Builds with this fault at every `step`th operation.
fn hit(story: &Story, operations: usize, step: usize, fault: Fault) {
    let next = AtomicUsize::new(1);
    in_parallel(|| {
        let number = next.fetch_add(step, Ordering::Relaxed);
        if number <= operations {
            story.hit(number, fault);
        }
        number <= operations
    });
}

/// Repeats the work on several threads, which mostly wait for the disk, until it returns false.
fn in_parallel(work: impl Fn() -> bool + Sync) {
    let failed = AtomicBool::new(false);
    thread::scope(|scope| {
        let go = || {
            let mut more = true;
            while more && !failed.load(Ordering::Relaxed) {
                more = work();
            }
        };
        let threads = [(); 4].map(|()| scope.spawn(go));
        for thread in threads {
            if let Err(panic) = thread.join() {
                failed.store(true, Ordering::Relaxed);
                std::panic::resume_unwind(panic);
            }
        }
    });
}

#[test]
fn a_build_may_end_or_fail_at_any_operation() {
    let story = Story::new("build set --date 2024-12-31 --version 2.0.0 --threads 1");
    let operations = kill(&story, 1);
    assert!(operations > 100, "{operations} operations are too few to be all");
    hit(&story, operations, 1, Fault::Error);
    // These two differ from an error only where something is written, so a sample is enough.
    hit(&story, operations, 4, Fault::Full);
    hit(&story, operations, 4, Fault::Short);
}

#[test]
fn so_may_a_build_on_a_base() {
    let change = "--base 1.1.0 --upsert upsert.jsonl --withdraw withdraw.jsonl";
    let story = Story::new(&format!("build set --date 2024-12-31 --version 2.0.0 --threads 1 {change}"));
    // Most operations are the same as above, so a sample is enough.
    let operations = kill(&story, 3);
    hit(&story, operations, 3, Fault::Error);
    hit(&story, operations, 7, Fault::Full);
}

#[test]
fn concurrent_builds_make_one_release() {
    let story = Story::new("build set --date 2024-12-31 --version 2.0.0 --threads 1");
    for _ in 0..3 {
        let test = story.copy();
        let go = || story.build(&test, None);
        let ends = thread::scope(|scope| [(); 4].map(|()| scope.spawn(go)).map(|thread| thread.join().unwrap()));
        let refused = "error: another build of this dataset is running (it holds `set/.lock`)\n";
        for (status, stderr) in &ends {
            assert!(status.success() || status.code() == Some(2) && stderr.starts_with(refused), "{status} {stderr}");
        }
        assert!(ends.iter().any(|(status, _)| status.success()));
        assert!(files(&test.path("set")) == story.after);
    }
}
