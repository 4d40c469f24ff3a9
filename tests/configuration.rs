//! The configuration: `schema/dataset.schema.json` and `schema/mapping.schema.json` say what the program
//! reads, and `docs/configuration.md` is made from them.
//!
//! To write the page again after a change of the schemas: `BLESS=1 cargo test --test main configuration::`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Test, article};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn schema(name: &str) -> Value {
    serde_json::from_slice(&fs::read(root().join(format!("schema/{name}.schema.json"))).unwrap()).unwrap()
}

#[track_caller]
fn is_valid(schema: &Value, name: &str, toml: &str) {
    let value: toml::Value = toml::from_str(toml).unwrap_or_else(|error| panic!("{name}: {error}"));
    let validator = jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(schema).unwrap();
    // A date of TOML is a string in JSON.
    let value: Value = serde_json::from_str(&json(&value)).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
}

fn json(value: &toml::Value) -> String {
    let text = |text: &str| Value::from(text).to_string();
    match value {
        toml::Value::Datetime(moment) => text(&moment.to_string()),
        toml::Value::Array(elements) => format!("[{}]", elements.iter().map(json).collect::<Vec<_>>().join(",")),
        toml::Value::Table(table) => {
            let members = table.iter().map(|(name, value)| format!("{}:{}", text(name), json(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        other => serde_json::to_string(other).unwrap(),
    }
}

/// The blocks of TOML in a page.
fn blocks(page: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let blocks = text.split("```toml\n").skip(1).filter_map(|block| block.split_once("```"));
    blocks.map(|(block, _)| block.to_owned()).collect()
}

#[test]
fn every_dataset_toml_and_mapping_here_is_valid() {
    let (dataset, mapping) = (schema("dataset"), schema("mapping"));
    for folder in fs::read_dir(root().join("datasets")).unwrap() {
        let path = folder.unwrap().path().join("dataset.toml");
        is_valid(&dataset, &path.display().to_string(), &fs::read_to_string(&path).unwrap());
    }
    for preset in pressmark::mapping::Preset::ALL {
        is_valid(&mapping, preset.name(), preset.text());
    }
    for block in blocks("docs/sources.md") {
        let is_mapping = ["[fields]", "[pages]"].iter().any(|table| block.contains(table));
        if block.contains("name = ") {
            is_valid(if is_mapping { &mapping } else { &dataset }, &block, &block);
        }
    }
    for arguments in ["", "--source trafilatura", "--schema article-strict --inputs a --inputs b"] {
        let test = Test::new();
        test.run(&format!("init set {arguments}")).check();
        let toml = String::from_utf8(test.read("set/dataset.toml")).unwrap();
        is_valid(&dataset, arguments, &toml);
        // What is only proposed in a comment is valid too.
        let is_setting = |line: &&str| line.starts_with("# ") && line.contains(" = ") && !line.ends_with('.');
        for line in toml.lines().filter(is_setting) {
            let line = line.trim_start_matches("# ");
            let table = if line.starts_with("invalid_optional") { "[policy]\n" } else { "" };
            is_valid(&dataset, line, &format!("name = \"a\"\n{table}{line}\n"));
        }
    }
}

/// The names between a text and the end of its line, which an error lists.
fn listed(told: &str, before: &str) -> BTreeSet<String> {
    let names = told.split(before).nth(1).unwrap_or_else(|| panic!("{told}")).lines().next().unwrap();
    names.split(", ").map(str::to_owned).collect()
}

fn keys(table: &Value) -> BTreeSet<String> {
    table["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_schemas_have_the_keys_that_are_read() {
    let dataset = schema("dataset");
    let told = |settings: &str| Test::set(settings, article("a")).build("").code(2).told_any();
    let before = "the settings here are ";
    assert_eq!(listed(&told("zqzqzq = 1\n"), before), keys(&dataset));
    assert_eq!(listed(&told("[policy]\nzqzqzq = 1\n"), before), keys(&dataset["properties"]["policy"]));
    assert_eq!(listed(&told("[[creators]]\nzqzqzq = 1\n"), before), keys(&dataset["$defs"]["creator"]));
    let mapping = schema("mapping");
    let told = |text: &str| {
        let test = Test::new().file("in.jsonl", article("a")).file("mine.toml", format!("name = \"mine\"\n{text}\n"));
        test.run("check in.jsonl --source ./mine.toml").code(2).told_any()
    };
    let before = "known here: ";
    assert_eq!(listed(&told("zqzqzq = 1"), before), keys(&mapping));
    assert_eq!(listed(&told("[pages]\nzqzqzq = 1"), before), keys(&mapping["properties"]["pages"]));
    assert_eq!(listed(&told("[nulls]\nzqzqzq = 1"), before), keys(&mapping["properties"]["nulls"]));
    assert_eq!(listed(&told("[fields]\ntitle = { zqzqzq = 1 }"), before), keys(&mapping["$defs"]["rules"]));
}

/// The values of a key that has a closed list of them.
fn values(key: &Value) -> Vec<&str> {
    let values = key["oneOf"].as_array().or_else(|| key["items"]["oneOf"].as_array());
    values.into_iter().flatten().map(|value| value["const"].as_str().unwrap()).collect()
}

#[test]
fn the_schemas_have_the_values_that_are_read() {
    let policy = &schema("dataset")["properties"]["policy"]["properties"];
    for (name, key) in policy.as_object().unwrap().iter().filter(|(_, key)| !values(key).is_empty()) {
        let told = Test::set(&format!("[policy]\n{name} = \"zqzqzq\"\n"), article("a")).build("").code(2).told_any();
        for value in values(key) {
            assert!(told.contains(&format!("\"{value}\"")), "{name}: {value} is not in {told}");
        }
        assert_eq!(told.matches(" or ").count() + 1, values(key).len(), "{told}");
    }
    let rules = &schema("mapping")["$defs"]["rules"]["properties"];
    for (name, key) in rules.as_object().unwrap().iter().filter(|(_, key)| !values(key).is_empty()) {
        let value = if key["type"] == "array" { "[\"zqzqzq\"]" } else { "\"zqzqzq\"" };
        let mapping = format!("name = \"mine\"\n[fields]\ntitle = {{ from = \"/t\", {name} = {value} }}\n");
        let test = Test::new().file("in.jsonl", article("a")).file("mine.toml", mapping);
        let told = test.run("check in.jsonl --source ./mine.toml").code(2).told_any();
        let wanted: BTreeSet<String> = values(key).into_iter().map(str::to_owned).collect();
        assert_eq!(listed(&told, "known here: "), wanted);
    }
}

#[test]
fn every_key_is_explained() {
    for name in ["dataset", "mapping"] {
        let schema = schema(name);
        let tables =
            [&schema, &schema["properties"]["policy"], &schema["properties"]["pages"], &schema["$defs"]["rules"]];
        for table in tables.into_iter().filter(|table| table["properties"].is_object()) {
            for (key, value) in table["properties"].as_object().unwrap() {
                assert!(value["description"].as_str().is_some_and(|text| text.ends_with('.')), "{name}: {key}");
                let is_shown =
                    value["examples"].is_array() || value["default"] != Value::Null || !values(value).is_empty();
                assert!(is_shown || value["properties"].is_object(), "{name}: {key} has no example");
                for example in value["examples"].as_array().into_iter().flatten() {
                    let key_schema = serde_json::json!({ "$defs": schema["$defs"], "allOf": [value] });
                    assert!(jsonschema::is_valid(&key_schema, example), "{name}: {key}: {example}");
                }
            }
        }
    }
}

/// A value as TOML writes it.
fn toml_of(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
                format!("{} = {}", if is_bare { name.clone() } else { format!("\"{name}\"") }, toml_of(value))
            };
            format!("{{ {} }}", members.iter().map(member).collect::<Vec<_>>().join(", ")).replace("{  }", "{}")
        }
        Value::Array(elements) => format!("[{}]", elements.iter().map(toml_of).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// A line for each key of a table, with its values below it.
fn table(page: &mut String, table: &Value) {
    page.push_str("| key | meaning | default | example |\n|---|---|---|---|\n");
    for (name, key) in table["properties"].as_object().unwrap() {
        let is_required = table["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name));
        let mut meaning = key["description"].as_str().unwrap().replace('|', "\\|");
        for value in key["oneOf"].as_array().or_else(|| key["items"]["oneOf"].as_array()).into_iter().flatten() {
            let (value, what) = (&value["const"], value["description"].as_str().unwrap());
            meaning.push_str(&format!("<br>`{value}`: {what}"));
        }
        let default = match &key["default"] {
            _ if is_required => "required".to_owned(),
            Value::Null => String::new(),
            default => format!("`{}`", toml_of(default)),
        };
        let examples = key["examples"].as_array().into_iter().flatten();
        let examples: Vec<String> = examples.map(|example| format!("`{}`", toml_of(example))).collect();
        page.push_str(&format!("| `{name}` | {meaning} | {default} | {} |\n", examples.join("<br>")));
    }
}

fn page() -> String {
    let (dataset, mapping) = (schema("dataset"), schema("mapping"));
    let mut page = "# Configuration\n\n\
        <!-- Made from schema/dataset.schema.json and schema/mapping.schema.json by tests/configuration.rs. -->\n\n\
        Two kinds of files are written by people: the `dataset.toml` of a dataset, and mapping files. Both are TOML. Their\n\
        JSON Schemas are `schema/dataset.schema.json` and `schema/mapping.schema.json`. An editor that reads the line\n\
        `#:schema FILE` (Taplo, Even Better TOML, Zed) completes and checks keys; `pressmark init` writes that line and a\n\
        copy of the schema.\n\n## dataset.toml\n\n"
        .to_owned();
    page.push_str(&format!("{}\n\n", dataset["description"].as_str().unwrap()));
    page.push_str("```toml\nname = \"city-news\"\nsource = \"trafilatura\"\norder_by = [\"published_date\"]\n\
                   inputs = [\"../crawl/*.json\"]\n\n[policy]\nmax_rejects = \"0.5%\"\ninvalid_optional = \"extra\"\n```\n\n");
    table(&mut page, &dataset);
    page.push_str("\n### creators\n\n");
    table(&mut page, &dataset["$defs"]["creator"]);
    page.push_str("\n### policy\n\n");
    table(&mut page, &dataset["properties"]["policy"]);
    page.push_str(&format!("\n## Mapping files\n\n{} ", mapping["description"].as_str().unwrap()));
    page.push_str("[Sources](sources.md) explains mappings with examples.\n\n");
    table(&mut page, &mapping);
    page.push_str("\n### nulls\n\n");
    table(&mut page, &mapping["properties"]["nulls"]);
    page.push_str("\n### pages\n\n");
    table(&mut page, &mapping["properties"]["pages"]);
    page.push_str(&format!(
        "\n### Rules of a field\n\n{}\n\n",
        mapping["$defs"]["rules"]["description"].as_str().unwrap()
    ));
    table(&mut page, &mapping["$defs"]["rules"]);
    page
}

#[test]
fn the_page_is_made_from_the_schemas() {
    let path = root().join("docs/configuration.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, page()).unwrap();
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(wanted == page(), "docs/configuration.md is not what the schemas say; run this test with BLESS=1");
    for block in blocks("docs/configuration.md") {
        is_valid(&schema("dataset"), "docs/configuration.md", &block);
    }
}
