//! The published descriptions hold: a manifest and rejects fit their JSON Schemas, and every test
//! vector of `schema/FORMAT.md` is what we compute.
//!
//! The vectors are read out of the page, so that page and code cannot drift apart. Whether the
//! hashes in a release are right is asked in `consumers.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use pressmark::code::Code;
use pressmark::digest::Digest;
use pressmark::json;
use pressmark::mapping::{id, url};
use pressmark::part_files::{Chunker, Format, Layout, key_hash};
use pressmark::record::{Fingerprint, RecordHash, admit, canonical_form};
use pressmark::schema::{BuiltIn, Extra, Schema};
use serde_json::Value;

fn in_schema_folder(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name)).unwrap()
}

/// Checks values against one of the published schemas, in which every object must be closed.
struct Described(jsonschema::Validator);

impl Described {
    fn by(name: &str) -> Self {
        let schema: Value = serde_json::from_str(&in_schema_folder(name)).unwrap();
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        check_closed(&schema, name);
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
        Self(
            options
                .should_validate_formats(true)
                .should_ignore_unknown_formats(false)
                .offline()
                .build(&schema)
                .unwrap(),
        )
    }

    fn errors(&self, value: &Value) -> Vec<String> {
        self.0.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    #[track_caller]
    fn check(&self, value: &Value) {
        assert_eq!(self.errors(value), Vec::<String>::new(), "{value:#}");
    }

    /// Every member of the object is needed, and no other may stand beside them.
    #[track_caller]
    fn check_members(&self, value: &Value) {
        for name in value.as_object().unwrap().keys() {
            let mut without = value.clone();
            without.as_object_mut().unwrap().remove(name);
            assert!(!self.errors(&without).is_empty(), "it is accepted without `{name}`");
        }
        let mut with = value.clone();
        with.as_object_mut().unwrap().insert("another".into(), Value::Null);
        assert!(!self.errors(&with).is_empty(), "it is accepted with another member");
    }
}

#[track_caller]
fn check_closed(schema: &Value, place: &str) {
    match schema {
        Value::Object(members) => {
            if members.get("type").is_some_and(|kind| kind == "object") {
                assert!(members.contains_key("additionalProperties"), "{place} is open");
            }
            members.iter().for_each(|(name, member)| check_closed(member, &format!("{place}/{name}")));
        }
        Value::Array(members) => members.iter().for_each(|member| check_closed(member, place)),
        _ => {}
    }
}

/// A dataset of these lines, built twice if rejects are allowed; its folder.
fn build(settings: &str, lines: &[u8], versions: &[&str], code: i32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lines.jsonl"), lines).unwrap();
    let settings = format!("name = \"sample\"\ninputs = [\"lines.jsonl\"]\n{settings}\n");
    fs::write(folder.path().join("dataset.toml"), settings).unwrap();
    for version in versions {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pressmark"));
        let output = command.arg("build").arg(folder.path()).args(["--version", version]).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    }
    folder
}

fn manifest(folder: &Path, version: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(version).join("manifest.json")).unwrap()).unwrap()
}

/// Two good articles, one of them twice, and one of each way to be rejected.
const LINES: &[u8] = b"{\"id\":\"a\",\"text\":\"one\",\"published_at\":\"2024-12-13T10:00:00.5Z\",\"n\":1e22}
{\"id\":\"a\",\"text\":\"one\",\"published_at\":\"2024-12-13T10:00:00.5Z\",\"n\":1e22}
{\"text\":\"two\",\"url\":\"https://news.example/a\",\"images\":[{\"caption\":\"c\"}]}
{\"id\":\"k\",\"text\":\"one\"}
{\"id\":\"k\",\"text\":\"two\"}
{\"id\":\"x y\",\"published_at\":\"yesterday\",\"tags\":[\"a\",\"a\",1]}
[1]
not json
{\"id\":\"\xff\"}
{\"id\":\"p\",\"text\":\"t\",\"n\":0.12345678901234567890123}
";

#[test]
fn manifests_are_as_described() {
    let described = Described::by("manifest.schema.json");
    let old = Described::by("manifest-1.schema.json");
    for release in ["tests/releases/every-kind/2.0.0", "datasets/asharq-al-awsat/1.1.0"] {
        let manifest = manifest(&Path::new(env!("CARGO_MANIFEST_DIR")).join(release), "");
        old.check(&manifest);
        assert!(!described.errors(&manifest).is_empty(), "{release}");
    }
    let settings = "title = \"T\"\ncreators = [{ name = \"A\", url = \"https://a.example\" }, { name = \"B\" }]\n\
                    [policy]\nmax_rejects = \"99%\"";
    let folder = build(settings, LINES, &["1.0.0-rc.1.b-7", "1.0.0"], 0);
    let first = manifest(folder.path(), "1.0.0-rc.1.b-7");
    let second = manifest(folder.path(), "1.0.0");
    described.check(&first);
    described.check(&second);
    assert!(!old.errors(&second).is_empty());
    described.check_members(&second);
    assert!(first["previous"].is_null() && second["previous"].is_object());
    assert!(second["rejected"].as_object().is_some_and(|codes| codes.len() >= 5), "{}", second["rejected"]);
    assert!(second["columns"].as_array().unwrap().iter().any(|column| column.get("min").is_some()));
}

#[test]
fn rejects_are_as_described() {
    let described = Described::by("reject.schema.json");
    let mut lines = LINES.to_vec();
    // More than is stored, of an article and of its violations.
    lines.extend(format!("{{\"id\":\"\",\"title\":\"{}\",\"text\":1}}\n", "x".repeat(2 << 20)).bytes());
    lines.extend(format!("{{\"id\":\"m\",\"text\":\"t\",\"tags\":[{}0]}}\n", "0,".repeat(200)).bytes());
    let folder = build("", &lines, &["1.0.0"], 1);
    let file = fs::File::open(folder.path().join("rejects/1.0.0/rejects.jsonl.zst")).unwrap();
    let text = std::io::read_to_string(zstd::Decoder::new(file).unwrap()).unwrap();
    let rejects: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rejects.len(), 9);
    for reject in &rejects {
        described.check(reject);
        described.check_members(reject);
    }
    let encodings: BTreeSet<&str> = rejects.iter().map(|reject| reject["encoding"].as_str().unwrap()).collect();
    assert_eq!(encodings, BTreeSet::from(["utf-8", "base64", "omitted"]));
    let mut reject = rejects[0].clone();
    for code in Code::ALL {
        reject["violations"][0]["code"] = code.name().into();
        described.check(&reject);
    }
    reject["violations"][0]["code"] = "no code".into();
    assert!(!described.errors(&reject).is_empty());
}

#[test]
fn log_reports_are_as_described() {
    let described = Described::by("log-report.schema.json");
    let settings = "[policy]\nmax_rejects = \"99%\"";
    let folder = build(settings, LINES, &["1.0.0", "1.1.0", "1.2.0", "1.3.0"], 0);
    fs::remove_dir_all(folder.path().join("1.0.0")).unwrap();
    let damaged = folder.path().join("1.2.0/manifest.json");
    fs::remove_file(&damaged).unwrap();
    fs::write(&damaged, "{}").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pressmark"));
    let output = command.args(["log", "--format", "json"]).arg(folder.path()).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    described.check(&report);
    described.check_members(&report);
    let chains: Vec<&Value> = report["releases"].as_array().unwrap().iter().map(|entry| &entry["manifest"]).collect();
    assert_eq!(
        (&chains[0]["chain"], chains[1], &chains[2]["chain"]),
        (&"broken".into(), &Value::Null, &"missing".into())
    );
}

/// The test vectors: kind and fields of each line.
fn vectors() -> Vec<Vec<String>> {
    let page = in_schema_folder("FORMAT.md");
    let (_, rest) = page.split_once("\n```vectors\n").unwrap();
    let (block, _) = rest.split_once("\n```").unwrap();
    block.lines().map(|line| line.split(" | ").map(str::to_owned).collect()).collect()
}

#[test]
fn the_test_vectors_hold() {
    let schema = Schema::built_in(BuiltIn::Article, Extra::Keep).unwrap();
    let mut kinds = BTreeSet::new();
    for vector in vectors() {
        let vector: Vec<&str> = vector.iter().map(String::as_str).collect();
        kinds.insert(vector[0].to_owned());
        match vector.as_slice() {
            ["double", bits, want] => {
                let mut out = Vec::new();
                json::write_f64(&mut out, f64::from_bits(u64::from_str_radix(bits, 16).unwrap()));
                assert_eq!(String::from_utf8(out).unwrap(), *want, "{bits}");
            }
            ["json", text, want] => {
                let mut out = Vec::new();
                json::write_value(&mut out, &json::parse(text.as_bytes()).unwrap()).unwrap();
                assert_eq!(String::from_utf8(out).unwrap(), *want, "{text}");
            }
            ["record", article, want, hash] => check_record(&schema, article, want, hash),
            ["fingerprint", hashes, want] => {
                let hash = |hash: &str| RecordHash::new(hash.parse().unwrap());
                let mut hashes: Vec<RecordHash> = hashes.split_whitespace().map(hash).collect();
                assert_eq!(Fingerprint::of(&mut hashes).to_string(), *want);
            }
            ["url", text, want] => {
                assert_eq!(url::canonical(text).unwrap_or_else(|_no_web_page| "none".into()), *want, "{text}");
            }
            ["id", article, want] => check_id(article, want),
            ["layout", size, want] => {
                let (records, bytes) = size.split_once(' ').unwrap();
                let layout = Layout::choose(records.parse().unwrap(), bytes.parse().unwrap());
                assert!(layout.is_valid(Format::V2));
                assert_eq!(format!("{} {}", layout.target_rows, layout.row_group_rows), *want, "{size}");
            }
            ["cut", walk, want] => check_cut(walk, want),
            other => panic!("a line of no known kind: {other:?}"),
        }
    }
    let all = ["cut", "double", "fingerprint", "id", "json", "layout", "record", "url"];
    assert!(kinds.iter().eq(all), "{kinds:?}");
}

#[track_caller]
fn check_record(schema: &Schema, article: &str, want: &str, hash: &str) {
    let value = json::parse(article.as_bytes()).unwrap();
    assert_eq!(schema.validate(&value), [], "{article}");
    let admission = admit(schema.columns(), Extra::Keep, &value).unwrap();
    let mut out = Vec::new();
    canonical_form(schema.columns(), &admission.record, &mut out);
    assert_eq!(Digest::of(&out).to_string(), hash, "{article}");
    assert_eq!(String::from_utf8(out).unwrap(), want);
}

#[track_caller]
fn check_id(article: &str, want: &str) {
    let article: Value = serde_json::from_str(article).unwrap();
    let fact = |name: &str| article[name].as_str();
    let facts = id::Facts {
        url: fact("url"),
        publisher: fact("publisher"),
        domain: fact("domain"),
        title: fact("title"),
        published_date: fact("published_date"),
        text: fact("text"),
    };
    assert_eq!(id::derive(&facts).unwrap_or_else(|| "none".into()), want, "{article}");
}

#[track_caller]
fn check_cut(walk: &str, want: &str) {
    let (target, records) = walk.split_once(' ').unwrap();
    let (target_rows, records): (u64, u64) = (target.parse().unwrap(), records.parse().unwrap());
    let layout = Layout { cut: "key-fastcdc/1".into(), target_rows, row_group_rows: target_rows / 8 };
    assert!(layout.is_valid(Format::V1) && layout.is_valid(Format::V2), "{walk}");
    let mut cut = Chunker::new(&layout);
    let mut sizes = vec![0];
    for key in 0..records {
        *sizes.last_mut().unwrap() += 1;
        if cut.after(key_hash(&Digest::of(key.to_string().as_bytes()))) && key + 1 < records {
            sizes.push(0);
        }
    }
    assert_eq!(sizes.iter().map(u64::to_string).collect::<Vec<_>>().join(" "), want, "{walk}");
}
