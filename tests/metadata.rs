//! Metadata documents, validated and loaded by the tools of each standard.
//!
//! The tools are installed, at pinned versions, into virtual environments under the target folder. A document
//! is not only validated: validators accept documents from which no record can be loaded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pressmark::metadata::Document;
use pressmark::release::Release;
use serde_json::{Value, json};

use crate::consumers::{environment, run};
use crate::support::{Test, article};

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

/// What `show` prints about a release.
fn show(release: &Path, format: &str) -> String {
    run(Command::new(env!("CARGO_BIN_EXE_pressmark")).arg("show").arg(release).args(["--format", format]))
}

/// A copy of a release with every document in it, each under its own name. `show` prints what is there already.
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
        let (written, path) = (show(release, format), copy.join(document.file_name()));
        match fs::read_to_string(&path) {
            Ok(found) => assert_eq!(found, written, "{document:?}"),
            Err(_) => fs::write(path, written).unwrap(),
        }
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

/// Every validator accepts every document, and every reader reads the release, given its folder. `undescribed`
/// are columns that Croissant cannot describe. Releases of format `pressmark/1` carry no documents, so they are
/// given as copies.
#[track_caller]
fn validate(release: &Path, undescribed: &[&str]) {
    let test = Test::new();
    let copy = with_documents(&test, release);
    let given = if release.join("README.md").exists() { release } else { &copy };
    let [given_name, copy_name] = [given, &copy].map(|path| path.to_str().unwrap());
    let load_croissant = script("load_croissant.py");
    let croissant = [&[&*load_croissant, given_name], undescribed].concat();
    python("croissant", &croissant, &copy);
    python("citation", &["-m", "cffconvert.cli.cli", "--validate", "-i", &format!("{given_name}/CITATION.cff")], &copy);
    python("frictionless", &[&script("validate.py"), given_name, copy_name], &copy);
    python("frictionless", &[&script("ro_crate.py"), copy_name], &copy);
    let records = Release::open(release).unwrap().manifest().records().to_string();
    if let Some(mut command) = readers("readers.py") {
        run(command.arg(given).arg(records));
    }
    let has_maps = given.join("README.md").exists() && !undescribed.is_empty() && undescribed != ["lists"];
    if let Some(mut command) = readers("load_datasets.py") {
        let command = command.arg(given).env("HF_HOME", test.path("home"));
        if has_maps {
            assert!(!command.output().unwrap().status.success(), "datasets loads maps now: say so in the card");
        } else {
            run(command);
        }
    }
}

/// A script for the environment of the readers, offline.
fn readers(name: &str) -> Option<Command> {
    let mut command = Command::new(crate::consumers::python()?);
    command.args(["-I", "-X", "utf8", "-B"]).arg(script(name)).env("HF_HUB_OFFLINE", "1");
    Some(command)
}

/// A dataset with these settings, built.
fn built(settings: &str, schema: Option<&Value>, articles: &[Value]) -> (Test, PathBuf) {
    let lines: String = articles.iter().map(|article| article.to_string() + "\n").collect();
    let test = Test::set(settings, lines);
    if let Some(schema) = schema {
        test.write("set/custom.schema.json", schema.to_string());
    }
    test.run("build set --version 1.0.0 --date 2026-11-28").told_any();
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
    let settings = "schema = \"custom.schema.json\"\nkey = \"number\"\norder_by = []";
    let (_test, release) = built(settings, Some(&schema), &records);
    validate(&release, &["lists"]);
}

/// A release says that `datasets` cannot load it, and every other reader can.
#[test]
fn a_column_of_maps() {
    let schema = json!({
        "type": "object", "required": ["id"], "additionalProperties": false,
        "properties": {"id": {"type": "string"},
                       "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
                       "deep": {"type": "object", "additionalProperties": false, "properties": {
                           "titles": {"type": "object", "additionalProperties": {"type": "string"}}}}},
    });
    let test = Test::set("schema = \"s.json\"\norder_by = []", "{\"id\":\"a\",\"counts\":{\"x\":1}}\n");
    test.write("set/s.json", schema.to_string());
    let stderr = "warning[D-MAPS]: Hugging Face `datasets` cannot load the release: it has columns of maps, `counts`, `deep`\n  \
                  help: other readers can; declare the members in the schema, or no type for them, to have no map\n";
    test.build("").stderr(stderr).check();
    validate(&test.path("set/1.0.0"), &["counts", "deep"]);
}

/// Titles, descriptions, names and licenses that try to become markup, other members or other files.
const HOSTILE: &str = "---\n# x: [y](javascript:z) <script>alert(1)</script> {a} | b \\ \" ' \u{85}\u{202e}\u{2028}\u{feff} &amp; *c* @d\n::error::e\n1. f\n- g";

#[test]
fn hostile_text_stays_text() {
    let hostile = toml::Value::from(HOSTILE).to_string();
    let line = toml::Value::from(HOSTILE.replace(['\n', '\u{85}'], " ")).to_string();
    let settings = format!(
        "schema = \"custom.schema.json\"\norder_by = []\ntitle = {hostile}\ndescription = {hostile}\nlicense = {hostile}\n\
         creators = [{{ name = {hostile}, url = \"javascript:alert(1)\" }}]\npublisher = {hostile}\nkeywords = [{line}, \"a, b\"]"
    );
    let schema = json!({
        "type": "object", "required": ["id"], "additionalProperties": false,
        "properties": {"id": {"type": "string", "description": HOSTILE},
                       "a | <b> `c` [d](e) \"f\"": {"type": "string", "title": HOSTILE, "description": HOSTILE}},
    });
    let (test, release) = built(&settings, Some(&schema), &[json!({"id": "a"})]);
    validate(&release, &[]);
    let copy = with_documents(&test, &release);
    let card = fs::read_to_string(copy.join("README.md")).unwrap();
    let (header, body) = card.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
    assert!(!body.contains("<script") && !body.contains("y](javascript") && !body.contains("\n::"), "{body}");
    assert!(!body.contains("\n---\n") && !body.contains("\n- g") && !body.contains("\n1. f"), "{body}");
    assert!(body.contains("\\| &lt;b&gt; \\`c\\` \\[d\\](e)"), "{body}");
    let lines = header.lines().filter(|line| line.contains("alert(1)"));
    assert!(lines.clone().all(|line| line.contains(": \"") || line.contains("- \"")), "{header}");
    // Zenodo reads the description as HTML, and everything else as plain text.
    let zenodo: Value = serde_json::from_slice(&fs::read(copy.join(".zenodo.json")).unwrap()).unwrap();
    let description = zenodo["description"].as_str().unwrap();
    assert!(!description.contains("<script") && description.contains("&lt;script"), "{description}");
    // In JSON-LD, text is a string member and never a node, a context or an address.
    let croissant: Value = serde_json::from_slice(&fs::read(copy.join("croissant.json")).unwrap()).unwrap();
    assert_eq!((&croissant["alternateName"], &croissant["publisher"]["name"]), (&json!(HOSTILE), &json!(HOSTILE)));
    for (document, _) in FORMATS {
        let written = fs::read_to_string(copy.join(document.file_name())).unwrap();
        assert!(!written.contains("\"javascript:alert(1)\""), "{document:?}: {written}");
    }
    // The card of the dataset is as safe.
    let card = fs::read_to_string(test.path("set/README.md")).unwrap();
    let (_header, body) = card.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
    assert!(!body.contains("<script") && !body.contains("y](javascript") && !body.contains("\n::"), "{body}");
    dataset_loads(&test, &["1.0.0"]);
}

/// Documents are pure functions of the release: the same bytes each time, a line feed at the end, and no
/// number that depends on where the release is.
#[test]
fn documents_do_not_depend_on_the_place() {
    let (_one, first) = built("title = \"T\"", None, &[json!({"id": "a", "text": "Body."})]);
    let (_two, second) = built("title = \"T\"", None, &[json!({"id": "a", "text": "Body."})]);
    for (document, format) in FORMATS {
        let text = show(&first, format);
        assert_eq!(text, show(&second, format), "{document:?}");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{document:?}");
    }
}

const STATED: &str = r#"title = "Speeches"
description = "What was said."
license = "CC-BY-4.0"
creators = [{ name = "A. Maker", url = "https://orcid.org/0000-0002-1825-0097" }]
publisher = "City Archive"
url = "https://data.example/speeches?a=b#c"
doi = "10.5281/zenodo.1234567"
keywords = ["politics", "minutes", "politics"]
languages = ["en", "pt-BR"]
card = "card.md"
"#;

/// Everything that `dataset.toml` states arrives in every document that has a place for it.
#[test]
fn what_the_producer_states() {
    let test =
        Test::set(STATED, article("a")).file("set/card.md", "\u{feff}## Known faults\r\n\r\n*None* <b>yet</b>.\r\n");
    test.build("").check();
    let release = test.path("set/1.0.0");
    validate(&release, &[]);
    let show = |format: &str| show(&release, format);
    let json = |format: &str| -> Value { serde_json::from_str(&show(format)).unwrap() };
    let card = show("card");
    for text in [
        "license: cc-by-4.0\nlanguage:\n  - \"en\"\n  - \"pt\"\nlanguage_bcp47:\n  - \"en\"\n  - \"pt-BR\"\n",
        "tags:\n  - \"politics\"\n  - \"minutes\"\n  - \"news\"\n",
        "| DOI | <https://doi.org/10.5281/zenodo.1234567> |\n",
        "| Page | <https://data.example/speeches?a=b#c> |\n",
        "\n\n## Known faults\n\n*None* <b>yet</b>.\n\n## Load it\n",
    ] {
        assert!(card.contains(text), "{text}\n{card}");
    }
    let citation = show("citation");
    for text in [
        "\nurl: \"https://data.example/speeches?a=b#c\"\n",
        "keywords:\n  - \"politics\"\n  - \"minutes\"\n",
        "value: \"10.5281/zenodo.1234567\"\n",
    ] {
        assert!(citation.contains(text), "{text}\n{citation}");
    }
    let croissant = json("croissant");
    assert_eq!(croissant["keywords"], json!(["politics", "minutes"]));
    assert_eq!(croissant["inLanguage"], json!(["en", "pt-BR"]));
    assert_eq!(croissant["identifier"], "https://doi.org/10.5281/zenodo.1234567");
    assert_eq!(croissant["url"], "https://data.example/speeches?a=b#c");
    let package = json("datapackage");
    assert_eq!((&package["id"], &package["homepage"]), (&croissant["identifier"], &croissant["url"]));
    assert_eq!(package["contributors"][1], json!({"title": "City Archive", "roles": ["publisher"]}));
    let datacite = json("datacite");
    assert_eq!((&datacite["publisher"]["name"], &datacite["sizes"][0]), (&json!("City Archive"), &json!("1 record")));
    assert_eq!(datacite["relatedIdentifiers"][0]["relationType"], "IsVersionOf");
    assert_eq!(json("zenodo")["related_identifiers"].as_array().unwrap().len(), 2);
    let root = &json("ro-crate")["@graph"][1];
    assert_eq!((&root["publisher"]["@id"], &root["keywords"]), (&json!("#publisher"), &json!(["politics", "minutes"])));
}

/// No document invents a creator or a license: those that need one say that none is stated.
#[test]
fn what_the_producer_does_not_state() {
    let (_test, release) = built("", None, &[json!({"id": "a", "text": "Body."})]);
    validate(&release, &[]);
    let json = |format: &str| -> Value { serde_json::from_str(&show(&release, format)).unwrap() };
    for member in ["creator", "license", "publisher", "keywords", "url"] {
        assert_eq!(json("croissant").get(member), None, "{member}");
        assert_eq!(json("ro-crate")["@graph"][1].get(member).filter(|_| member != "license"), None, "{member}");
    }
    assert_eq!(json("datapackage").get("contributors"), None);
    assert_eq!(json("datacite")["creators"], json!([{"name": ":unav"}]));
    assert_eq!(json("datacite")["publisher"], json!({"name": ":unav"}));
    assert!(show(&release, "citation").contains("authors:\n  - name: \"The creators of set (not stated)\"\n"));
    assert_eq!(json("zenodo")["creators"], json!([{"name": "The creators of set (not stated)"}]));
    let card = show(&release, "card");
    assert!(card.contains("| License | not stated |\n| Creators | not stated |\n"), "{card}");
    assert!(!card.contains("\nlicense:"), "{card}");
}

#[test]
fn every_build_says_what_is_not_stated() {
    let told = |settings: &str, line: &str| {
        let test = Test::set(settings, article("a"));
        for (arguments, outcome) in [("--dry-run", "dry run"), ("", "published"), ("--version 1.0.0", "unchanged")] {
            let stdout = test.build(arguments).stdout_has(format!("%\n{line}{outcome} set/1.0.0")).check();
            assert_eq!(stdout.matches("states no").count(), usize::from(!line.is_empty()));
        }
        let report = test.build("--version 1.0.0 --format json").json();
        let code = if line.is_empty() { Value::Null } else { json!("D-UNDESCRIBED") };
        assert_eq!(report["remarks"][0]["code"], code);
    };
    let license = "license = \"MIT\"\n";
    let creators = "creators = [{ name = \"A\" }]\n";
    told("", "the dataset states no license and no creators: set `license` and `creators` in `dataset.toml`\n");
    told(license, "the dataset states no creators: set `creators` in `dataset.toml`\n");
    told(creators, "the dataset states no license: set `license` in `dataset.toml`\n");
    told(&format!("{license}{creators}"), "");
}

#[test]
fn a_license_that_is_no_identifier() {
    for (license, help) in [
        ("CC BY 4.0", "did you mean `CC-BY-4.0`? identifiers are listed at https://spdx.org/licenses"),
        ("ours, ask us", "identifiers are listed at https://spdx.org/licenses"),
    ] {
        let test = Test::set(&format!("license = \"{license}\""), article("a"));
        let stderr = format!(
            "warning[D-LICENSE]: the license `{license}` is neither an SPDX identifier nor a URL\n  help: {help}\n"
        );
        test.build("").stderr(stderr).check();
    }
    for license in ["MIT", "cc-by-4.0", "https://terms.example/1", "MIT OR Apache-2.0", "LicenseRef-Ours"] {
        Test::set(&format!("license = \"{license}\""), article("a")).build("").check();
    }
}

/// Each mistake in what a dataset states is one error, with the line or the file, and nothing is published.
#[test]
fn mistakes_in_what_a_dataset_states() {
    let check = |settings: &str, card: Option<&[u8]>, want: &str| {
        let test = Test::set(settings, article("a"));
        if let Some(card) = card {
            test.write("set/card.md", card);
        }
        let told = test.build("").code(2).leaves_nothing().stderr_has(want).told();
        assert_eq!(told.matches("error:").count(), 1, "{told}");
    };
    let card = "card = \"card.md\"";
    check(card, None, "`set/dataset.toml`: the card `set/card.md` does not exist");
    check("card = \"sources\"", None, "`set/dataset.toml`: the card `set/sources` is not a file");
    check(card, Some(b"caf\xe9"), "`set/card.md` line 1: the text is not UTF-8");
    check(card, Some(b"one\ntwo\x1b[31m"), "line 2 of the card has invisible characters, or a command of a CI system");
    check(card, Some(&vec![b'x'; (1 << 18) + 1]), "262,145 bytes, more than the limit of 262,144 bytes");
    check(
        "url = \"data.example\"",
        None,
        "`set/dataset.toml` line 3: `data.example` is not an absolute http or https URL",
    );
    check("\ndoi = \"x\"", None, "`set/dataset.toml` line 4: `x` is not a DOI");
    check("languages = [\"english\"]", None, "line 3: `english` is not a language tag (BCP 47)");
    check("keywords = [\" \"]", None, "line 3: ` ` is not a keyword");
    check("publisher = \"\"", None, "line 3: `publisher` is blank");
    check("creators = [{ name = \"\" }]", None, "line 3: a creator has no name");
    check("keyword = [\"a\"]", None, "did you mean `keywords`?");
}

/// `datasets` loads each release of the dataset by its version, and the newest by default.
fn dataset_loads(test: &Test, versions: &[&str]) {
    if let Some(mut command) = readers("load_dataset_folder.py") {
        run(command.arg(test.path("set")).args(versions).env("HF_HOME", test.path("home")));
    }
}

#[test]
fn the_folder_of_a_dataset_is_a_repository() {
    let test = Test::set("title = \"Speeches\"", article("a"));
    test.build("").check();
    dataset_loads(&test, &["1.0.0"]);
    for (articles, version) in [(["a", "b"], "1.1.0"), (["b", "c"], "2.0.0")] {
        test.write("set/sources/a.jsonl", crate::support::articles(&articles));
        test.build(&format!("--version {version}")).check();
    }
    dataset_loads(&test, &["2.0.0", "1.1.0", "1.0.0"]);
    // It is made again from what is there, whenever it is missing.
    let card = test.read("set/README.md");
    test.remove("set/README.md");
    test.build("--version 2.0.0").stdout_has("unchanged").check();
    assert!(test.read("set/README.md") == card);
}

#[test]
fn a_readme_that_a_person_wrote_stays() {
    let written = |test: &Test| test.build("--bump auto --format json").json()["card"].clone();
    for text in ["# Ours\n", "---\nlicense: mit\n---\n# Ours\n", "\u{feff}x"] {
        let test = Test::set("", article("a")).file("set/README.md", text);
        assert_eq!(written(&test), "own");
        assert_eq!(test.read("set/README.md"), text.as_bytes());
    }
    // An empty one is nobody's. One whose marker was removed is the person's from then on.
    let test = Test::set("", article("a")).file("set/README.md", "\n");
    assert_eq!(written(&test), "written");
    let card = String::from_utf8(test.read("set/README.md")).unwrap();
    let marker = card.lines().nth(1).unwrap();
    assert_eq!(
        marker,
        "# Written by `pressmark build`, which replaces this file. Remove this line to keep your changes."
    );
    let own = card.replace(&format!("{marker}\n"), "");
    test.write("set/README.md", &own);
    test.write("set/sources/a.jsonl", article("b"));
    assert_eq!(written(&test), "own");
    assert_eq!(test.read("set/README.md"), own.as_bytes());
}
