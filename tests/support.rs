//! [`Test`]: a folder of its own with the files of a story, and [`Run`]: one run of the program
//! in it and what must come of it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use arrow_array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use pressmark::digest::Digest;
use pressmark::metadata::release_files;
use pressmark::record::{Rows, canonical_form};
use pressmark::release::Release;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The files of a folder by path, a folder in it by a path that ends in `/`, a link by `-> target`, a pipe
/// by a path that ends in `|`.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A folder that is gone after the test.
#[must_use = "a folder without a run tests nothing"]
pub(crate) struct Test {
    folder: TempDir,
}

impl Test {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::Builder::new().prefix("pressmark-test-").tempdir().unwrap() }
    }

    /// A dataset in the folder `set`: `dataset.toml` with a name, `settings` and the files in
    /// `sources/` as inputs, and one of those.
    pub(crate) fn set(settings: &str, articles: impl AsRef<[u8]>) -> Self {
        let toml = format!("name = \"set\"\ninputs = [\"sources/*\"]\n{settings}");
        Self::new().file("set/dataset.toml", toml).file("set/sources/a.jsonl", articles)
    }

    /// The folder itself.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file there, over one that may stand there already.
    pub(crate) fn file(self, name: &str, contents: impl AsRef<[u8]>) -> Self {
        self.write(name, contents);
        self
    }

    /// Puts a file there, over one that may stand there already.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // A file of a release is read-only; another one can take its place.
        let _not_there = fs::remove_file(&path);
        fs::write(path, contents).unwrap();
    }

    /// Gives a release another manifest, and its metadata and `SHA256SUMS` what follows from it: as if it had been
    /// published so.
    #[track_caller]
    pub(crate) fn write_manifest(&self, release: &str, manifest: &Value) {
        let sums = format!("{release}/SHA256SUMS");
        let old = String::from_utf8(self.read(&sums)).unwrap();
        self.write(&format!("{release}/manifest.json"), serde_json::to_string_pretty(manifest).unwrap() + "\n");
        self.write_metadata(release);
        let line = |line: &str| {
            let (_, name) = line.split_once("  ").unwrap();
            format!("{}  {name}\n", Digest::of(&self.read(&format!("{release}/{name}"))))
        };
        let new: String = old.lines().map(line).collect();
        assert_ne!(old, new);
        self.write(&sums, new);
    }

    /// Makes the files of metadata of a release again from its manifest and schema, if these can be read.
    pub(crate) fn write_metadata(&self, release: &str) {
        let Ok(opened) = Release::open(self.path(release)) else { return };
        let Ok(schema) = opened.load_schema() else { return };
        for (name, bytes) in release_files(opened.manifest(), schema.columns(), schema.bytes()) {
            self.write(&format!("{release}/{name}"), bytes);
        }
    }

    /// Takes a file away, or a folder with all that is in it; one that is not there is fine.
    pub(crate) fn remove(&self, name: &str) {
        let path = self.path(name);
        let _not_there = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }

    /// The bytes of a file.
    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A JSON file.
    #[track_caller]
    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.read(name)).unwrap()
    }

    /// The entries of a list of a release: the JSON values in the lines of a file, which may not be there.
    pub(crate) fn list(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.path(name)).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Everything in the folder.
    pub(crate) fn files(&self) -> Files {
        files(self.folder.path())
    }

    /// The reject file of a version of `set`, a JSON value a line.
    #[track_caller]
    pub(crate) fn rejects(&self, version: &str) -> Vec<Value> {
        let compressed = self.read(&format!("set/rejects/{version}/rejects.jsonl.zst"));
        let lines = zstd::decode_all(compressed.as_slice()).unwrap();
        assert!(lines.ends_with(b"\n"));
        String::from_utf8(lines).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The keys of a release's records, in their order.
    #[track_caller]
    pub(crate) fn keys(&self, release: &str) -> Vec<String> {
        let text = |row: &Value| row["id"].as_str().map_or_else(|| row["id"].to_string(), str::to_owned);
        rows(&self.path(release)).iter().map(text).collect()
    }

    /// A run of the program with these words as arguments, in this folder.
    pub(crate) fn run(&self, arguments: &str) -> Run<'_> {
        Run {
            test: self,
            arguments: arguments.split_whitespace().map(str::to_owned).collect(),
            folder: "",
            stdin: Vec::new(),
            environment: Vec::new(),
            code: 0,
            stdout: Vec::new(),
            stderr: Vec::new(),
            after: After::Anything,
        }
    }

    /// A build of `set` on a fixed day, with more arguments. Whether its version says enough is not
    /// what most tests are about.
    pub(crate) fn build(&self, arguments: &str) -> Run<'_> {
        self.run(&format!("build set --date 2024-12-31 --allow-understated {arguments}"))
    }
}

/// One run of the program, in an environment without variables.
#[must_use = "nothing runs before `check`"]
pub(crate) struct Run<'t> {
    test: &'t Test,
    arguments: Vec<String>,
    folder: &'static str,
    stdin: Vec<u8>,
    environment: Vec<(&'static str, &'static str)>,
    code: i32,
    stdout: Vec<Want>,
    stderr: Vec<Want>,
    after: After,
}

/// What one of the two streams must be.
enum Want {
    Exactly(String),
    Holds(String),
}

/// What must stand in the folder after the run.
enum After {
    Anything,
    /// What stood there before, byte for byte.
    Same,
    /// These files and folders, in order.
    Tree(Vec<String>),
}

impl Run<'_> {
    /// One more argument, whatever is in it.
    pub(crate) fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// What standard input holds; nothing unless it is said.
    pub(crate) fn stdin(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.stdin = bytes.as_ref().to_vec();
        self
    }

    /// A variable of the environment.
    pub(crate) fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// How it must exit; 0 unless it is said.
    pub(crate) fn code(mut self, code: i32) -> Self {
        self.code = code;
        self
    }

    /// What standard output must be, the folder's path as `<dir>`.
    pub(crate) fn stdout(mut self, text: impl Into<String>) -> Self {
        self.stdout.push(Want::Exactly(text.into()));
        self
    }

    /// What standard output must hold.
    pub(crate) fn stdout_has(mut self, text: impl Into<String>) -> Self {
        self.stdout.push(Want::Holds(text.into()));
        self
    }

    /// What standard error must be; empty unless something is said of it.
    pub(crate) fn stderr(mut self, text: impl Into<String>) -> Self {
        self.stderr.push(Want::Exactly(text.into()));
        self
    }

    /// What standard error must hold.
    pub(crate) fn stderr_has(mut self, text: impl Into<String>) -> Self {
        self.stderr.push(Want::Holds(text.into()));
        self
    }

    /// Nothing in the folder may change.
    pub(crate) fn leaves_nothing(mut self) -> Self {
        self.after = After::Same;
        self
    }

    /// What must stand in the folder afterwards.
    pub(crate) fn tree(mut self, paths: &[&str]) -> Self {
        self.after = After::Tree(paths.iter().map(|path| (*path).to_owned()).collect());
        self
    }

    /// Runs the program and compares. Returns its standard output.
    #[track_caller]
    pub(crate) fn check(self) -> String {
        self.compare().0
    }

    /// Runs the program and compares. Returns its standard error.
    #[track_caller]
    pub(crate) fn told(self) -> String {
        self.compare().1
    }

    /// Runs the program in a folder of the test's.
    pub(crate) fn folder(mut self, name: &'static str) -> Self {
        self.folder = name;
        self
    }

    /// Runs the program, however it ends. Returns both streams.
    pub(crate) fn outputs(self) -> (String, String) {
        let (_code, stdout, stderr) = self.start();
        (stdout, stderr)
    }

    /// Runs the program and compares. Returns its standard error, of which nothing need be known.
    #[track_caller]
    pub(crate) fn told_any(self) -> String {
        self.stderr_has("").told()
    }

    #[track_caller]
    fn compare(mut self) -> (String, String) {
        let before = self.test.files();
        let (code, stdout, stderr) = self.start();
        let shown = format!("pressmark {}\nstdout:\n{stdout}\nstderr:\n{stderr}", self.arguments.join(" "));
        assert_eq!(code, Some(self.code), "{shown}");
        if self.stderr.is_empty() {
            self.stderr.push(Want::Exactly(String::new()));
        }
        for (want, got) in
            self.stdout.iter().map(|want| (want, &stdout)).chain(self.stderr.iter().map(|want| (want, &stderr)))
        {
            match want {
                Want::Exactly(text) => assert_eq!(got, text, "{shown}"),
                Want::Holds(text) => assert!(got.contains(text), "`{text}` is missing\n{shown}"),
            }
        }
        let after = self.test.files();
        match &self.after {
            After::Anything => {}
            After::Same => assert!(before == after, "before: {:?}\nafter: {:?}", before.keys(), after.keys()),
            After::Tree(paths) => assert_eq!(&after.into_keys().collect::<Vec<_>>(), paths, "{shown}"),
        }
        (stdout, stderr)
    }

    /// Runs the program and reads its standard output as JSON.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.check()).unwrap()
    }

    fn start(&self) -> (Option<i32>, String, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pressmark"))
            .args(&self.arguments)
            .current_dir(self.test.path(self.folder))
            .env_clear()
            .envs(self.environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that fails before it reads has closed the pipe.
        let _closed = child.stdin.take().unwrap().write_all(&self.stdin);
        let output = child.wait_with_output().unwrap();
        let folder = self.test.folder.path().display().to_string();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&folder, "<dir>");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

/// A release of one record with the smallest layout there is, for the next one to inherit: so few
/// records make many parts.
pub(crate) fn small_parts(test: &Test) {
    test.build("-").stdin(article("seed")).check();
    let mut manifest = test.json("set/1.0.0/manifest.json");
    manifest["layout"]["target_rows"] = json!(16);
    manifest["layout"]["row_group_rows"] = json!(2);
    test.write_manifest("set/1.0.0", &manifest);
}

/// Numbers that look random and are the same every time.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// One of them below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// An article with a title and a text that follow from its id, as a line.
pub(crate) fn article(id: &str) -> String {
    format!("{{\"id\":\"{id}\",\"title\":\"Title {id}\",\"text\":\"Text {id}.\"}}\n")
}

/// Articles with these ids, a line each.
pub(crate) fn articles(ids: &[&str]) -> String {
    ids.iter().map(|id| article(id)).collect()
}

/// Everything in a folder.
pub(crate) fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    collect(folder, "", &mut found);
    found
}

fn collect(folder: &Path, prefix: &str, found: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() {
            found.insert(format!("{name} -> {}", fs::read_link(entry.path()).unwrap().display()), Vec::new());
        } else if kind.is_file() {
            found.insert(name, fs::read(entry.path()).unwrap());
        } else if !kind.is_dir() {
            found.insert(format!("{name}|"), Vec::new());
        } else if fs::read_dir(entry.path()).unwrap().next().is_none() {
            found.insert(format!("{name}/"), Vec::new());
        } else {
            collect(&entry.path(), &format!("{name}/"), found);
        }
    }
}

/// The parts of a release by name.
pub(crate) fn parts(release: &Path) -> Files {
    files(&release.join("data"))
}

/// The batches of one Parquet file, read by the Parquet library alone.
pub(crate) fn batches(path: &Path) -> Vec<RecordBatch> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    builder.build().unwrap().map(Result::unwrap).collect()
}

/// The records of a release in their order, each in its canonical form.
#[track_caller]
pub(crate) fn rows(release: &Path) -> Vec<Value> {
    let release = Release::open(release).unwrap();
    let schema = release.load_schema().unwrap();
    let mut found = Vec::new();
    for batch in release.scan().unwrap().batches() {
        let batch = batch.unwrap();
        let rows = Rows::new(schema.columns(), &batch).unwrap();
        for row in 0..rows.len() {
            let mut canonical = Vec::new();
            canonical_form(schema.columns(), &rows.record(row), &mut canonical);
            found.push(serde_json::from_slice(&canonical).unwrap());
        }
    }
    found
}
