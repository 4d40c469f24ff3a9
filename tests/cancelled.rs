//! Operations that are cancelled at every call of [`Progress::advance`], one after another: each ends
//! with the one error, leaves the files as they were, and does not hang.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use pressmark::Error;
use pressmark::check::{CheckOptions, check};
use pressmark::diff::{DiffInput, DiffOptions, diff};
use pressmark::export::{ExportFormat, ExportOptions, export_to_file};
use pressmark::input::{Limits, Selection};
use pressmark::mapping::{Mapping, SourceChoice};
use pressmark::progress::{NoProgress, Progress, Stage};
use pressmark::publish::{BuildInputs, BuildOptions, Bump, Memory, Outcome, VersionChoice, build};
use pressmark::release::{Allowance, Dataset, MisfitPolicy, Release};
use pressmark::retry::{RetryOptions, retry};
use pressmark::revalidate::revalidate;
use pressmark::schema::{Extra, InvalidOptional, Schema};
use pressmark::validate::KeyColumns;
use pressmark::verify::{VerifyOptions, verify};
use serde_json::json;

use crate::support::{Test, small_parts};

const SCHEMA: &str = r#"{"type":"object","required":["id","text"],"properties":{
    "id":{"type":"string"},"title":{"type":"string"},"text":{"type":"string"}},"additionalProperties":false}"#;

/// Cancels at the call with this index, and continues at all others.
#[derive(Debug)]
struct CancelAt {
    call: usize,
    calls: AtomicUsize,
}

impl Progress for CancelAt {
    fn start(&self, _stage: Stage, _total: Option<u64>) {}

    fn advance(&self, _by: u64) -> ControlFlow<()> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        if call == self.call { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Cancels the operation at each of its calls, of which there must be at least `least`, until it ends
/// by itself.
#[track_caller]
fn check_cancelled(test: &Test, least: usize, mut run: impl FnMut(&dyn Progress) -> Result<(), Error>) {
    let before = test.files();
    for call in 0.. {
        let progress = CancelAt { call, calls: AtomicUsize::new(0) };
        let result = run(&progress);
        if progress.calls.into_inner() <= call {
            result.unwrap();
            assert!(call >= least, "it only reported {call} times");
            return;
        }
        assert!(matches!(result, Err(Error::Cancelled)), "cancelled at call {call}: {result:?}");
        assert!(test.files() == before, "cancelled at call {call}, it left something behind");
    }
}

fn article(number: usize, text: &str) -> String {
    json!({"id": format!("a{number:03}"), "text": text}).to_string() + "\n"
}

/// A dataset with two releases of several parts, and inputs that differ from both.
fn dataset() -> Test {
    let test = Test::set("schema = \"s.json\"\n[policy]\nmax_rejects = 5\n", article(0, "One."));
    test.write("set/s.json", SCHEMA);
    small_parts(&test);
    let articles = |text: &str| (0..60).map(|number| article(number, text)).collect::<String>();
    test.write("set/sources/a.jsonl", articles("Text."));
    test.build("--version 1.1.0").variable("PRESSMARK_CACHE_DIR", "cache").check();
    test.write("set/sources/a.jsonl", (10..50).map(|number| article(number, "Text.")).collect::<String>() + "no\n");
    test.write("set/sources/b.jsonl", (50..70).map(|number| article(number, "Changed.")).collect::<String>());
    test.write("upsert.jsonl", article(7, "Changed.") + &article(99, "New.") + "no\n");
    test.write("withdraw.jsonl", "{\"key\":\"a003\",\"reason\":\"asked for\"}\n");
    test
}

fn options(from: BuildInputs, cache: Option<PathBuf>) -> BuildOptions {
    let options = BuildOptions::new("2030-01-01".parse().unwrap());
    BuildOptions {
        from,
        version: VersionChoice::Next(Bump::Major),
        cache,
        memory: Memory::LEAST,
        threads: 3,
        ..options
    }
}

#[track_caller]
fn check_build(test: &Test, options: &BuildOptions) {
    let dataset = Dataset::open(&test.path("set")).unwrap();
    check_cancelled(test, 8, |progress| {
        let report = build(&dataset, options, progress)?;
        assert!(matches!(report.outcome, Outcome::Published(_)));
        Ok(())
    });
    let release = test.path("set/2.0.0");
    let options = VerifyOptions { quick: false, threads: 2, scratch: test.path(""), signers: None };
    assert!(verify(&release, &options, &NoProgress).unwrap().is_intact());
}

#[test]
fn a_build_publishes_nothing() {
    let test = dataset();
    check_build(&test, &options(BuildInputs::Dataset, None));
    let test = dataset();
    check_build(&test, &options(BuildInputs::Dataset, Some(test.path("cache"))));
}

#[test]
fn a_build_on_a_base_publishes_nothing() {
    let test = dataset();
    let (upsert, withdraw) = (vec![test.path("upsert.jsonl").display().to_string()], Some(test.path("withdraw.jsonl")));
    check_build(&test, &options(BuildInputs::Base { version: "1.1.0".parse().unwrap(), upsert, withdraw }, None));
}

#[test]
fn a_build_into_a_new_folder_leaves_no_folder() {
    let test = dataset();
    let output = Some(test.path("new/folder"));
    let options = BuildOptions { output, ..options(BuildInputs::Dataset, None) };
    let dataset = Dataset::open(&test.path("set")).unwrap();
    check_cancelled(&test, 4, |progress| build(&dataset, &options, progress).map(drop));
}

fn schema() -> Schema {
    Schema::compile("s.json".into(), SCHEMA.into(), Extra::Reject).unwrap()
}

fn mapping(schema: &Schema) -> Mapping {
    Mapping::open(&SourceChoice::default_for(false), schema.targets()).unwrap()
}

#[test]
fn a_check_writes_no_rejects() {
    let test = dataset();
    let inputs = ["a", "b"].map(|name| test.path(&format!("set/sources/{name}.jsonl")).display().to_string());
    let schema = schema();
    let options = CheckOptions {
        inputs: inputs.to_vec(),
        folder: PathBuf::new(),
        keys: KeyColumns::new(schema.columns(), &[], "id", None).ok(),
        scratch: std::env::temp_dir(),
        mapping: mapping(&schema),
        schema,
        is_given: true,
        misfit: MisfitPolicy::Refuse,
        selection: Selection::default(),
        extra: Extra::Reject,
        invalid_optional: InvalidOptional::Reject,
        max_rejects: Allowance::Count(5),
        rejects: Some(test.path("rejects.jsonl.zst")),
        examples: 3,
        threads: 2,
        limits: Limits::default(),
    };
    check_cancelled(&test, 4, |progress| check(&options, progress).map(drop));
    assert!(test.path("rejects.jsonl.zst").exists());
}

#[test]
fn compressed_and_damaged_inputs_are_cancelled_too() {
    let articles = (0..5000).map(|number| article(number, "Text.")).collect::<String>();
    let compressed = zstd::encode_all(articles.as_bytes(), 1).unwrap();
    let test = Test::new()
        .file("whole.jsonl.zst", &compressed)
        .file("cut.jsonl.zst", &compressed[..compressed.len() - 9])
        .file("odd.bin", [0, 159, 146, 150])
        .file("empty.json", "")
        .file("dump.txt", "no json");
    let schema = schema();
    let options = CheckOptions {
        inputs: vec![test.path("*").display().to_string()],
        folder: PathBuf::new(),
        keys: KeyColumns::new(schema.columns(), &[], "id", None).ok(),
        scratch: std::env::temp_dir(),
        mapping: mapping(&schema),
        schema,
        is_given: true,
        misfit: MisfitPolicy::Refuse,
        selection: Selection::default(),
        extra: Extra::Reject,
        invalid_optional: InvalidOptional::Reject,
        max_rejects: Allowance::Count(5),
        rejects: None,
        examples: 3,
        threads: 2,
        limits: Limits { block: 1 << 10, ..Limits::default() },
    };
    check_cancelled(&test, 10, |progress| check(&options, progress).map(drop));
}

#[test]
fn readers_of_releases_are_cancelled() {
    let test = dataset();
    let [old, new] = ["set/1.0.0", "set/1.1.0"].map(|name| test.path(name));
    for quick in [true, false] {
        let options = VerifyOptions { quick, threads: 3, scratch: test.path(""), signers: None };
        check_cancelled(&test, 3, |progress| verify(&new, &options, progress).map(drop));
    }
    check_cancelled(&test, 3, |progress| revalidate(&new, &schema(), Extra::Reject, progress).map(drop));
    let compare = |progress: &dyn Progress, base: &Path, key: Option<&str>| {
        let [base, current] = [base, new.as_path()].map(|path| DiffInput::open(path, key));
        diff(&base?, &current?, &DiffOptions::default(), progress).map(drop)
    };
    check_cancelled(&test, 2, |progress| compare(progress, &old, None));
    let options = ExportOptions { format: ExportFormat::JsonLines, columns: None, keys: None, threads: 2 };
    let release = Release::open(&new).unwrap();
    check_cancelled(&test, 3, |progress| {
        export_to_file(&release, &options, &test.path("out.jsonl"), progress).map(drop)
    });
    assert!(test.path("out.jsonl").exists());
}

#[test]
fn a_retry_writes_no_rejects() {
    let test = dataset();
    test.write("in.jsonl", "{\"id\":1}\n".repeat(500));
    test.run("check in.jsonl --schema set/s.json --rejects rejects.jsonl.zst").code(1).check();
    let schema = schema();
    let options = RetryOptions {
        rejects: vec![test.path("rejects.jsonl.zst").display().to_string()],
        mapping: mapping(&schema),
        schema,
        is_given: true,
        extra: Extra::Reject,
        invalid_optional: InvalidOptional::Reject,
        again: Some(test.path("again.jsonl.zst")),
        examples: 3,
    };
    check_cancelled(&test, 2, |progress| retry(&options, &mut Vec::new(), progress).map(drop));
    assert!(test.path("again.jsonl.zst").exists());
}
