//! Metadata documents, validated and loaded by the tools of each standard.
//!
//! The tools are installed, at pinned versions, into virtual environments under the target folder. A document
//! is not only validated: validators accept documents from which no record can be loaded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pressmark::metadata::Document;
use serde_json::{Value, json};

use crate::consumers::{environment, run};
use crate::support::Test;

/// The documents and the formats of `show` that print them.
const FORMATS: [(Document, &str); 7] = [
    (Document::Card, "card"),
    (Document::Croissant, "croissant"),
    (Document::DataPackage, "datapackage"),
    (Document::Citation, "citation"),
    (Document::Zenodo, "zenodo"),
    (Document::DataCite, "datacite"),
    (Document::RoCrate, "ro-crate"),
];

/// A copy of a release with every document in it, each under its own name.
fn with_documents(test: &Test, release: &Path) -> PathBuf {
    let copy = test.path("copy");
    fs::create_dir_all(copy.join("data")).unwrap();
    for name in ["data", ""] {
        for entry in fs::read_dir(release.join(name)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, copy.join(name).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    for (document, format) in FORMATS {
        let written =
            run(Command::new(env!("CARGO_BIN_EXE_pressmark")).arg("show").arg(release).args(["--format", format]));
        fs::write(copy.join(document.file_name()), written).unwrap();
    }
    copy
}

/// Runs a script, or a module with arguments, in an environment. Nothing is asked of the network.
fn python(name: &str, arguments: &[&str], copy: &Path) {
    let Some(python) = environment("metadata", name) else { return };
    let offline = [("HF_HUB_OFFLINE", "1"), ("HF_DATASETS_OFFLINE", "1")];
    let home = copy.parent().unwrap().join("home");
    let mut command = Command::new(python);
    command.args(["-I", "-X", "utf8", "-B"]).envs(offline).env("HF_HOME", &home).env("HOME", &home).current_dir(copy);
    run(command.args(arguments));
}

fn script(name: &str) -> String {
    format!("{}/tests/metadata/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Every validator accepts every document. `undescribed` are columns that Croissant cannot describe.
#[track_caller]
fn validate(release: &Path, undescribed: &[&str]) {
    let test = Test::new();
    let copy = with_documents(&test, release);
    let croissant =
        [vec![script("load_croissant.py"), ".".to_owned()], undescribed.iter().map(ToString::to_string).collect()];
    python("croissant", &croissant.concat().iter().map(String::as_str).collect::<Vec<_>>(), &copy);
    python("citation", &["-m", "cffconvert.cli.cli", "--validate"], &copy);
    python("frictionless", &[&script("validate.py"), "."], &copy);
    python("frictionless", &[&script("ro_crate.py"), "."], &copy);
    if let Some(python) = crate::consumers::python() {
        let home = test.path("home");
        let mut command = Command::new(python);
        command.args(["-I", "-X", "utf8", "-B"]).arg(script("load_datasets.py")).arg(&copy);
        let command = command.env("HF_HUB_OFFLINE", "1").env("HF_HOME", &home);
        if undescribed.is_empty() {
            run(command);
        } else {
            assert!(!command.output().unwrap().status.success(), "datasets loads maps now: say so in the card");
        }
    }
}

/// A dataset with these settings, built.
fn built(settings: &str, schema: Option<&Value>, articles: &[Value]) -> (Test, PathBuf) {
    let lines: String = articles.iter().map(|article| article.to_string() + "\n").collect();
    let test = Test::set(settings, lines);
    if let Some(schema) = schema {
        test.write("set/custom.schema.json", schema.to_string());
    }
    test.run("build set --version 1.0.0 --date 2026-11-28").told();
    let release = test.path("set/1.0.0");
    (test, release)
}

#[test]
fn a_release_of_articles() {
    let articles = [
        json!({"id": "a", "url": "https://news.example/a", "title": "One", "authors": ["A. Writer", "B"],
               "published_at": "2026-01-02T03:04:05.000006Z", "published_date": "2026-01-02", "tags": ["x", "y"],
               "images": [{"url": "https://news.example/p.jpg", "caption": "p"}, {"alt": "q"}],
               "parser": {"name": "p", "version": "1"}, "text": "Body one.", "undeclared": {"n": 1}}),
        json!({"id": "b", "text": "Body two.", "tags": [], "images": [], "parser": {"name": "q"}}),
    ];
    let settings = "title = \"Two articles\"\ndescription = \"What they are.\\n\\nWhere they are from.\"\nlicense = \"CC-BY-4.0\"\n\
                    creators = [{ name = \"A. Maker\", url = \"https://orcid.org/0000-0002-1825-0097\" }, { name = \"An Office\", url = \"https://office.example\" }]";
    let (_test, release) = built(settings, None, &articles);
    validate(&release, &[]);
}

/// Releases as they were published: the sample dataset, and those with every kind of column, maps included.
#[test]
fn published_releases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    validate(&root.join("datasets/asharq-al-awsat/1.1.0"), &[]);
    validate(&root.join("tests/releases/every-kind/2.0.0"), &["counts"]);
}

#[test]
fn nested_columns() {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object", "required": ["number"], "additionalProperties": false,
        "properties": {
            "number": {"type": "integer", "minimum": 0},
            "large": {"type": ["integer", "null"], "minimum": 0, "maximum": u64::MAX},
            "least": {"type": "integer"},
            "flag": {"type": "boolean"},
            "matrix": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
            "spans": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {
                "from": {"type": "integer"}, "day": {"type": "string", "format": "date"}}}},
            "deep": {"type": "object", "additionalProperties": false, "properties": {
                "at": {"type": "string", "format": "date-time"},
                "inner": {"type": "object", "additionalProperties": false, "properties": {"x": {"type": "number"}}}}},
            "lists": {"type": "object", "additionalProperties": false, "properties": {
                "words": {"type": "array", "items": {"type": "string"}}}},
            "name with blank": {"type": "string"},
            "any": true,
        },
    });
    let records = [
        json!({"number": 1, "large": u64::MAX, "least": i64::MIN, "flag": true, "matrix": [[1.5], []],
               "spans": [{"from": 1, "day": "2026-01-02"}], "deep": {"at": "2026-01-02T03:04:05Z", "inner": {"x": 0.5}},
               "lists": {"words": ["a"]}, "name with blank": "n", "any": [1, "two"]}),
        json!({"number": 2, "large": null, "matrix": [], "spans": []}),
    ];
    let (test, release) =
        built("schema = \"custom.schema.json\"\nkey = \"number\"\norder_by = []", Some(&schema), &records);
    let copy = with_documents(&test, &release);
    let script_path = script("load_croissant.py");
    python("croissant", &[&script_path, ".", "lists"], &copy);
    if let Some(python) = crate::consumers::python() {
        let mut command = Command::new(python);
        command.args(["-I", "-X", "utf8", "-B"]).arg(script("load_datasets.py")).arg(&copy);
        run(command.env("HF_HUB_OFFLINE", "1").env("HF_HOME", test.path("home")));
    }
}

/// Titles, descriptions, names and licences that try to become markup, other members or other files.
#[test]
fn hostile_text_stays_text() {
    const HOSTILE: &str = "---\n# x: [y](javascript:z) <script>alert(1)</script> {a} | b \\ \" ' \u{85}\u{202e}\u{2028}\u{feff} &amp; *c* @d\n::error::e\n1. f\n- g";
    let hostile = toml::Value::from(HOSTILE).to_string();
    let settings = format!(
        "title = {hostile}\ndescription = {hostile}\nlicense = {hostile}\ncreators = [{{ name = {hostile}, url = \"javascript:alert(1)\" }}]"
    );
    let (test, release) = built(&settings, None, &[json!({"id": "a", "text": "Body."})]);
    validate(&release, &[]);
    let copy = with_documents(&test, &release);
    let card = fs::read_to_string(copy.join("README.md")).unwrap();
    let (_header, body) = card.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
    assert!(!body.contains("<script") && !body.contains("y](javascript") && !body.contains("\n::"), "{body}");
    assert!(!body.contains("\n---\n") && !body.contains("\n- g") && !body.contains("\n1. f"), "{body}");
    // Zenodo reads the description as HTML, and everything else as plain text.
    let zenodo: Value = serde_json::from_slice(&fs::read(copy.join(".zenodo.json")).unwrap()).unwrap();
    let description = zenodo["description"].as_str().unwrap();
    assert!(!description.contains("<script") && description.contains("&lt;script"), "{description}");
    for (document, _) in FORMATS {
        let written = fs::read_to_string(copy.join(document.file_name())).unwrap();
        assert!(!written.contains("\"javascript:alert(1)\""), "{document:?}: {written}");
    }
}

/// Documents are pure functions of the release: the same bytes each time, a line feed at the end, and no
/// number that depends on where the release is.
#[test]
fn documents_do_not_depend_on_the_place() {
    let (_one, first) = built("title = \"T\"", None, &[json!({"id": "a", "text": "Body."})]);
    let (_two, second) = built("title = \"T\"", None, &[json!({"id": "a", "text": "Body."})]);
    for (document, format) in FORMATS {
        let show = |release: &Path| {
            run(Command::new(env!("CARGO_BIN_EXE_pressmark")).arg("show").arg(release).args(["--format", format]))
        };
        let text = show(&first);
        assert_eq!(text, show(&second), "{document:?}");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{document:?}");
    }
}
