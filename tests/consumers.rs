//! Releases as others see them: loaded by `DuckDB`, pandas, `PyArrow` and Polars, recomputed by a
//! Python script that shares no code with us (`tests/consumers/`).
//!
//! The readers are installed, at pinned versions, into a virtual environment under the target
//! folder, which is kept as long as `requirements.txt` stays as it is. Without Python the tests
//! say that they were skipped, except where `CI` is set. What the scripts check is theirs to
//! say; here are the records that they are given, which exercise every kind of column.
#![expect(clippy::print_stdout, reason = "a test that was skipped must tell so")]

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};

use pressmark::digest::Digest;
use pressmark::record::{Rows, canonical_form};
use pressmark::release::Release;
use serde_json::{Value, json};

/// The Python with the readers, or none on a machine without Python.
pub(crate) fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    PYTHON.get_or_init(|| install("consumers", "requirements")).as_deref()
}

/// The Python of the environment of `tests/FOLDER/NAME.txt`, or none on a machine without Python.
pub(crate) fn environment(folder: &str, name: &str) -> Option<PathBuf> {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    install(folder, name)
}

/// Installs what `tests/FOLDER/NAME.txt` lists, unless that was done before.
fn install(folder: &str, name: &str) -> Option<PathBuf> {
    if let Err(error) = Command::new("python3").arg("--version").output() {
        assert!(env::var_os("CI").is_none(), "CI needs python3: {error}");
        println!("skipped: python3 cannot be run ({error})");
        return None;
    }
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder).join(format!("{name}.txt"));
    let wanted = fs::read(&requirements).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder).join(name);
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    // Written last, so that an interrupted installation is not taken for a complete one.
    let installed = folder.join("requirements.txt");
    if fs::read(&installed).is_ok_and(|found| found == wanted) && python.is_file() {
        return Some(python);
    }
    fs::create_dir_all(&folder).unwrap();
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    run(Command::new(&python).args(pip).arg("-r").arg(&requirements));
    fs::write(&installed, wanted).unwrap();
    Some(python)
}

/// Runs a command that must succeed; what it said is in the failure.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}\n{err}", output.status);
    out.into_owned()
}

/// A dataset of these articles, in a folder of its own.
fn dataset(settings: &str, articles: &[Value]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let lines = articles.iter().map(|article| article.to_string() + "\n").collect::<String>();
    fs::write(folder.path().join("articles.jsonl"), lines).unwrap();
    let settings = format!("name = \"sample\"\ninputs = [\"articles.jsonl\"]\n{settings}\n");
    fs::write(folder.path().join("dataset.toml"), settings).unwrap();
    folder
}

/// Builds a release and has it verified by ourselves.
#[track_caller]
fn build(dataset: &Path, output: &Path, version: &str) -> PathBuf {
    let pressmark = || Command::new(env!("CARGO_BIN_EXE_pressmark"));
    let dated = ["--version", version, "--date", "2024-12-24"];
    run(pressmark().arg("build").arg(dataset).arg("--output").arg(output).args(dated));
    let release = output.join(version);
    run(pressmark().arg("verify").arg(&release));
    release
}

/// The canonical form of every record, a line each, in the order of the release.
fn canonical_lines(release: &Path) -> Vec<u8> {
    let release = Release::open(release).unwrap();
    let schema = release.load_schema().unwrap();
    let mut lines = Vec::new();
    for batch in release.scan().unwrap().batches() {
        let batch = batch.unwrap();
        let rows = Rows::new(schema.columns(), &batch).unwrap();
        for row in 0..rows.len() {
            canonical_form(schema.columns(), &rows.record(row), &mut lines);
            lines.push(b'\n');
        }
    }
    lines
}

/// Has a release loaded and recomputed.
#[track_caller]
fn check(release: &Path) {
    let Some(python) = python() else { return };
    let script = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/consumers").join(name);
    let lines = tempfile::NamedTempFile::new().unwrap();
    fs::write(lines.path(), canonical_lines(release)).unwrap();
    // -I: no packages of the user's, no variables; UTF-8 whatever the locale says.
    let flags = ["-I", "-X", "utf8", "-B"];
    let python = |name: &str, arguments: &[&OsStr]| {
        run(Command::new(python).args(flags).arg(script(name)).args(arguments));
    };
    python("fingerprint.py", &[release.as_os_str()]);
    python("load.py", &[release.as_os_str(), lines.path().as_os_str()]);
}

/// A script that finds nothing must be one that would: a release that was tampered with, and whose
/// file hashes were made to fit, is not passed.
#[test]
fn the_script_sees_what_was_changed() {
    let Some(python) = python() else { return };
    let dataset = dataset("schema = \"article\"", &articles());
    let release = build(dataset.path(), dataset.path(), "1.0.0");
    let manifest = fs::read_to_string(release.join("manifest.json")).unwrap();
    let sums = fs::read_to_string(release.join("SHA256SUMS")).unwrap();
    let fingerprint = Release::open(&release).unwrap().manifest().fingerprint.to_string();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/consumers/fingerprint.py");
    let target = Release::open(&release).unwrap().manifest().layout.target_rows;
    for (was, is) in [
        ("", String::new()),
        (fingerprint.as_str(), "0".repeat(64)),
        ("\"nulls\": 0", "\"nulls\": 1".to_owned()),
        ("\"duplicates\": 0", "\"duplicates\": 1".to_owned()),
        ("\"articles\": ", "\"articles\": 1".to_owned()),
        ("\"format\": \"pressmark/2\"", "\"format\": \"pressmark/1\"".to_owned()),
        ("\"published_at\"\n  ]", "\"id\"\n  ]".to_owned()),
        (&format!("\"target_rows\": {target}"), "\"target_rows\": 16".to_owned()),
    ] {
        let changed = manifest.replacen(was, &is, 1);
        assert!(was.is_empty() || changed != manifest, "{was}");
        let digest = |text: &str| Digest::of(text.as_bytes()).to_string();
        let copy = dataset.path().join("copy");
        fs::create_dir_all(copy.join("data")).unwrap();
        for file in Release::open(&release).unwrap().manifest().parts.iter().enumerate().map(|(at, part)| part.path(at))
        {
            fs::write(copy.join(&file), fs::read(release.join(&file)).unwrap()).unwrap();
        }
        for entry in fs::read_dir(&release).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            fs::write(copy.join(entry.file_name()), fs::read(entry.path()).unwrap()).unwrap();
        }
        fs::write(copy.join("manifest.json"), &changed).unwrap();
        fs::write(copy.join("SHA256SUMS"), sums.replace(&digest(&manifest), &digest(&changed))).unwrap();
        let output = Command::new(python).args(["-I", "-X", "utf8", "-B"]).arg(&script).arg(&copy).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(i32::from(!was.is_empty())), "{was}: {told}");
        fs::remove_dir_all(&copy).unwrap();
    }
}

#[test]
fn a_page_dump() {
    let output = tempfile::tempdir().unwrap();
    check(&build(&Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/asharq-al-awsat"), output.path(), "1.0.0"));
}

/// Texts that have gone wrong somewhere: escapes, line ends of other systems, characters beyond
/// U+FFFF, marks that turn the direction, forms that a normalisation would merge.
const TEXTS: [&str; 12] = [
    "plain",
    "\"quoted\" \\ and /",
    "line\nline\n\n\tnext\tparagraph",
    "\u{7e} \u{a0}\u{2028}\u{2029}\u{feff}",
    "e\u{301} and \u{e9}",
    "\u{1f5de}\u{fe0f} \u{10348} \u{10ffff}",
    "\u{ffff}\u{fffe}\u{e000}\u{fb33}",
    "\u{627}\u{644}\u{634}\u{631}\u{642} \u{202e}\u{623}\u{648}\u{633}\u{637}\u{202c}",
    "\u{65b0}\u{805e}",
    "NULL",
    "nan",
    " leading and trailing ",
];

/// Articles that differ in which members they have and how these are written.
fn articles() -> Vec<Value> {
    let instants = [
        json!("2024-12-13T10:00:00Z"),
        json!("2024-12-13T10:00:00.5+02:00"),
        json!("2024-12-13t08:00:00.123456000000-00:00"),
        json!("0001-01-01T00:00:00Z"),
        // Not the last of the year: those of its last 26 hours have no place yet.
        json!("9999-12-30T21:59:59.999999Z"),
        json!("1969-12-31T23:59:59.999999Z"),
        json!("2024-02-29T23:59:59.100-09:30"),
        Value::Null,
    ];
    let days = [json!("0001-01-01"), json!("1969-12-31"), json!("2024-02-29"), json!("9999-12-31"), Value::Null];
    let mut articles: Vec<Value> = (0..48)
        .map(|number| {
            let text = TEXTS[number % TEXTS.len()];
            json!({
                "id": format!("n-{}{number}", if number % 5 == 0 { "\u{65b0}\u{1f5de}" } else { "" }),
                "url": (number % 3 > 0).then(|| format!("https://News.example:443/{number}?utm_source=x#top")),
                "publisher": (number % 4 > 0).then_some("The Example"),
                "title": (number % 4 > 1).then_some("Rain in Z\u{fc}rich"),
                "authors": ([json!(["A. Writer", "\u{1f5de}"]), json!([]), Value::Null][number % 3]),
                "published_at": instants[number % instants.len()],
                "published_date": days[number % days.len()],
                "published_raw": (number % 7 == 0).then_some(text),
                "modified_at": instants[(number + 3) % instants.len()],
                "language": (number % 2 == 0).then_some("zh-Hant-TW"),
                "description": (number % 5 < 2).then_some(text),
                "tags": ([json!(["rain"]), json!([]), Value::Null, json!(["a", "b", "c"])][number % 4]),
                "images": ([
                    Value::Null,
                    json!([]),
                    json!([{"url": "https://news.example/p.jpg", "caption": text, "credit": null}]),
                    json!([{"caption": null}, {"alt": "", "caption": text}]),
                ][number / 2 % 4]),
                "parser": ([Value::Null, json!({"name": "p"}), json!({"name": "p", "version": "1"})][number % 3]),
                "text": format!("{text}{number}"),
            })
        })
        .collect();
    let extra = json!({
        "zeta": [1, -0.0, 1e-7, 1e21, 0.1, 1.5e300, 5e-324, u64::MAX, i64::MIN, 18_446_744_073_709_551_616.0],
        "nested": {"\u{fb33}": 1, "\u{1f600}": 2, "\u{20ac}": {"null": null, "empty": [[], {}]}, "\r": "\u{0}\u{7f}"},
        "_extra": true,
        "record_sha256": "not ours",
    });
    if let Value::Object(article) = &mut articles[7] {
        article.extend(extra.as_object().unwrap().clone());
    }
    // The one member that a text may not be without.
    articles.push(json!({"text": TEXTS.concat()}));
    articles.push(json!({"id": "long", "text": "\u{65b0}\u{805e} 0123456789\n".repeat(200_000)}));
    articles
}

#[test]
fn articles_of_every_kind() {
    let dataset = dataset("schema = \"article\"", &articles());
    check(&build(dataset.path(), dataset.path(), "1.0.0"));
    // Another order by other columns, with nulls among them.
    let settings = "schema = \"article\"\norder_by = [\"published_date\", \"modified_at\", \"publisher\"]";
    let dataset = self::dataset(settings, &articles());
    check(&build(dataset.path(), dataset.path(), "1.0.0"));
}

const SCHEMA: &str = r##"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["number", "large"],
  "additionalProperties": false,
  "properties": {
    "number": {"type": "integer"},
    "large": {"type": "integer", "minimum": 0, "maximum": 18446744073709551615},
    "double": {"type": ["number", "null"]},
    "flag": {"type": "boolean"},
    "kind": {"enum": ["a", "b", null]},
    "when": {"type": "string", "format": "date-time"},
    "any": true,
    "mixed": {"type": ["string", "integer"]},
    "prices": {"type": "object", "additionalProperties": {"type": ["number", "null"]}},
    "titles": {
      "type": ["object", "null"],
      "additionalProperties": {
        "type": "object", "additionalProperties": false, "required": ["text"],
        "properties": {"text": {"type": "string"}, "tags": {"type": "object", "additionalProperties": {"type": ["string", "integer"]}}}
      }
    },
    "span": {"type": "array", "prefixItems": [{"type": "string"}, {"type": ["integer", "null"]}, {"type": "string", "format": "date-time"}], "items": false, "minItems": 3},
    "spans": {"type": "array", "items": {"type": ["array", "null"], "prefixItems": [{"type": "boolean"}, true], "items": false, "minItems": 2}},
    "matrix": {"type": "array", "items": {"type": "array", "items": {"type": ["number", "null"]}}},
    "rows": {
      "type": "array",
      "items": {
        "type": ["object", "null"],
        "required": ["id"],
        "properties": {
          "id": {"type": "integer"},
          "days": {"type": "array", "items": {"type": "string", "format": "date"}},
          "deep": {"$ref": "#/$defs/deep"}
        }
      }
    },
    "\ud83d\ude00 name": {"type": "string"},
    "\ufb33": {"type": "array"}
  },
  "$defs": {
    "deep": {
      "type": "object",
      "required": ["at", "on", "list", "inner"],
      "additionalProperties": false,
      "properties": {
        "at": {"type": "string", "format": "date-time"},
        "on": {"type": "string", "format": "date"},
        "list": {"type": "array", "items": {"type": "boolean"}},
        "inner": {"type": "object", "required": ["x"], "additionalProperties": false,
                  "properties": {"x": {"type": "number"}, "y": {"type": "string"}}}
      }
    }
  }
}"##;

fn custom_records() -> Vec<Value> {
    let doubles = [0.0, -0.0, 0.1, -1.5, 1e21, 123_456_789_012_345_680_000.0, 1e-6, 1e-7, f64::MAX, 5e-324];
    let numbers = [i64::MIN, -1, 0, 1, 9_007_199_254_740_993, i64::MAX];
    (0..40)
        .map(|number: usize| {
            let deep = json!({
                "at": "2024-12-13T10:00:00.000001Z", "on": "0001-01-01", "list": [true, false], "inner": {"x": 1.0},
            });
            let mut record = json!({
                "number": numbers.get(number).copied().unwrap_or(i64::try_from(number).unwrap() * 1_000_003),
                "large": ([0, 1, u64::MAX, 1 << 63, (1 << 53) + 1][number % 5]),
                "double": doubles.get(number % 12),
                "kind": (["a", "b"].get(number % 3)),
                "any": ([json!({"b": 1.0, "a": [null, "\u{1f600}"]}), json!("text"), json!(-0.0), Value::Null][number % 4]),
                "mixed": ([json!("1"), json!(1)][number % 2]),
                "matrix": ([json!([[1.5, null], [], [-0.0]]), json!([]), json!([[]])][number % 3]),
                "rows": ([
                    json!([{"id": 1, "days": ["2024-02-29"], "undeclared": {"b": 1e2, "a": null}}, null, {"id": -2}]),
                    json!([]),
                    json!([{"id": 3, "deep": deep, "days": []}]),
                ][number % 3]),
                "prices": ([json!({"\u{fb33}": 1.5, "\u{1f600}": null, "": 0.1, "a": -0.0}), json!({})][number % 2]),
                "titles": ([
                    json!({"en": {"text": "x", "tags": {"b": 1, "a": "1"}}, "de": {"text": "\u{1f600}"}}),
                    json!({}),
                    Value::Null,
                ][number % 3]),
                "span": ([json!(["a", null, "2024-12-13T10:00:00+01:00"]), json!(["b", 7, "0001-01-01T00:00:00Z"])][number % 2]),
                "spans": ([json!([[true, {"b": 1, "a": null}], null, [false, null]]), json!([])][number % 2]),
                "\u{1f600} name": TEXTS[number % TEXTS.len()],
                "\u{fb33}": ([json!([1, "one", null, {"z": 1, "a": 2}]), json!([])][number % 2]),
            });
            let record_members = record.as_object_mut().unwrap();
            if number % 3 == 1 {
                record_members.insert("flag".into(), json!(number.is_multiple_of(2)));
                record_members.insert("when".into(), json!("1970-01-01T00:00:00.25+14:00"));
                record_members.remove("rows");
                record_members.remove("span");
                record_members.remove("prices");
                record_members.remove("mixed");
            }
            record
        })
        .collect()
}

#[test]
fn a_schema_with_every_kind_of_column() {
    for order_by in ["[]", "[\"double\", \"flag\", \"when\"]", "[\"large\", \"number\"]", "[\"kind\"]"] {
        let settings = format!("schema = \"custom.schema.json\"\nkey = \"number\"\norder_by = {order_by}");
        let dataset = dataset(&settings, &custom_records());
        fs::write(dataset.path().join("custom.schema.json"), SCHEMA).unwrap();
        check(&build(dataset.path(), dataset.path(), "1.0.0"));
    }
}

/// Releases of each format.
#[test]
fn committed_releases() {
    for release in ["every-kind/1.0.0", "every-kind/2.0.0", "old-patterns/1.0.0", "format-2/1.0.0", "format-2/2.0.0"] {
        check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/releases").join(release));
    }
}

/// Records so long that a part is to hold only 16 (the least) would be expensive; instead the
/// layout of a first release of a few long records is inherited by a second one of many short.
#[test]
fn a_release_of_many_parts() {
    let long = json!({"id": "long", "text": "0123456789abcdef".repeat(1 << 19)});
    let first = dataset("schema = \"article\"", &[long]);
    build(first.path(), first.path(), "1.0.0");
    let mut lines = String::new();
    for number in 0..3000 {
        writeln!(lines, "{}", json!({"id": format!("{number}"), "text": format!("text {number}")})).unwrap();
    }
    fs::write(first.path().join("articles.jsonl"), lines).unwrap();
    let release = build(first.path(), first.path(), "2.0.0");
    let manifest = Release::open(&release).unwrap().manifest().clone();
    assert_eq!(manifest.layout.target_rows, 16);
    assert!((100..400).contains(&manifest.parts.len()), "{}", manifest.parts.len());
    check(&release);
}

/// Loads a delta in `DuckDB` and pandas and compares both with each other and with the hashes that
/// the base and the current release hold.
const LOAD_DELTA: &str = r#"
import hashlib, json, sys
import duckdb, pandas
delta, base, current = sys.argv[1:]
rows = duckdb.execute(f"SELECT change, key, columns, before, after FROM '{delta}'").fetchall()
frame = pandas.read_parquet(delta)
assert [row[0] for row in rows] == list(frame["change"]), rows
assert [row[2] for row in rows] == [list(names) for names in frame["columns"]], rows
assert sorted(row[0] for row in rows) == ["added", "changed", "removed"], rows
assert [row[2] for row in rows if row[0] == "changed"] == [["title"]], rows
def hashes(release):
    found = duckdb.execute(f"SELECT lower(hex(record_sha256)) FROM '{release}/data/*.parquet'").fetchall()
    return {row[0] for row in found}
digest = lambda text: hashlib.sha256(text.encode()).hexdigest()
for change, key, columns, before, after in rows:
    for text in (before, after):
        assert text is None or json.loads(text)["id"] == key, text
before = {digest(row[3]) for row in rows if row[3] is not None}
after = {digest(row[4]) for row in rows if row[4] is not None}
assert hashes(base) - before | after == hashes(current)
"#;

#[test]
fn a_delta_loads() {
    let Some(python) = python() else { return };
    let mut records = articles();
    records.pop();
    let dataset = dataset("schema = \"article\"", &records);
    let base = build(dataset.path(), dataset.path(), "1.0.0");
    records[1]["title"] = json!("\u{1f5de} \"another\" \u{e9}");
    records.remove(2);
    records.push(json!({"id": "came", "text": "It rained."}));
    let lines = records.iter().map(|article| article.to_string() + "\n").collect::<String>();
    fs::write(dataset.path().join("articles.jsonl"), lines).unwrap();
    let current = build(dataset.path(), dataset.path(), "2.0.0");
    let delta = dataset.path().join("delta.parquet");
    let diff = ["diff", "--exit-zero", "--delta"];
    run(Command::new(env!("CARGO_BIN_EXE_pressmark")).args(diff).arg(&delta).arg(&base).arg(&current));
    run(Command::new(python).args(["-I", "-X", "utf8", "-B", "-c", LOAD_DELTA]).arg(&delta).arg(&base).arg(&current));
}
