//! What presets and rules of mappings make of the shapes that sources really write: objects where
//! texts belong, times in every form, numbers, joined keywords. `tests/sources.rs` has the presets'
//! golden files.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Test, rows};

/// A file of a case.
fn case(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)).unwrap()
}

/// The records that a source makes of an input, and what was normalised.
#[track_caller]
fn built(settings: &str, files: &[(&str, &[u8])]) -> (Vec<Value>, Value) {
    let mut test = Test::new().file("set/dataset.toml", format!("name = \"set\"\n{settings}"));
    for (name, bytes) in files {
        test = test.file(&format!("set/{name}"), bytes);
    }
    test.build("").check();
    test.run("verify set/1.0.0").check();
    (rows(&test.path("set/1.0.0")), test.json("set/1.0.0/manifest.json")["normalised"].take())
}

#[track_caller]
fn by_source(source: &str, articles: impl AsRef<[u8]>) -> (Vec<Value>, Value) {
    built(&format!("source = \"{source}\"\ninputs = [\"a.jsonl\"]\n"), &[("a.jsonl", articles.as_ref())])
}

/// The record of one article.
#[track_caller]
fn one(source: &str, article: &Value) -> Value {
    by_source(source, article.to_string()).0.remove(0)
}

#[test]
fn whom_an_item_is_about_is_not_its_author() {
    let (records, _) = by_source("ninjs", case("ninjs-people/item.json"));
    assert_eq!(records[0]["title"], "Captain goes on trial");
    assert_eq!(records[0]["authors"], Value::Null);
    let people = &records[0]["_extra"]["people"];
    assert_eq!((&people[0]["name"], &people[1]["rel"]), (&"The Captain".into(), &"about".into()));
}

#[test]
fn ninjs_of_every_version() {
    let first = json!({
        "uri": "urn:wire:1", "headline": "A headline", "headline_sub": "More", "byline": "By Ada Writer",
        "firstcreated": "2024-06-01T08:00:00+02:00", "versioncreated": "2024-06-01T09:00:00+02:00",
        "description_text": "In short.", "body_text": "The text.", "body_html": "<p>The text.</p>",
        "subject": [{ "name": "boats" }], "person": [{ "name": "The Captain" }], "language": "en",
    });
    let second = json!({
        "uri": "urn:wire:1", "title": "metadata", "by": "By Ada Writer",
        "headlines": [{ "role": "sub", "value": "More" }, { "value": "A headline" }],
        "firstcreated": "2024-06-01T08:00:00+02:00", "versioncreated": "2024-06-01T09:00:00+02:00",
        "descriptions": [{ "value": "In short." }], "subjects": [{ "name": "boats" }], "language": "en",
        "bodies": [{ "contenttype": "text/html", "value": "<p>The text.</p>" }, { "contenttype": "text/plain", "value": "The text." }],
        "infosources": [{ "name": "A wire" }],
    });
    let simple = json!({ "uri": "urn:wire:1", "bodies": [{ "value": "The text." }], "title": "metadata" });
    for item in [first, second] {
        let record = one("ninjs", &item);
        assert_eq!((&record["title"], &record["text"]), (&"A headline".into(), &"The text.".into()));
        assert_eq!((&record["authors"], &record["tags"]), (&json!(["Ada Writer"]), &json!(["boats"])));
        assert_eq!((&record["published_at"], &record["publisher"]), (&"2024-06-01T06:00:00Z".into(), &Value::Null));
        assert_eq!(
            (&record["modified_at"], &record["description"]),
            (&"2024-06-01T07:00:00Z".into(), &"In short.".into())
        );
    }
    let record = one("ninjs", &simple);
    assert_eq!((&record["title"], &record["text"]), (&Value::Null, &"The text.".into()));
}

#[test]
fn shapes_of_schema_org() {
    let (records, _) = by_source("schema-org", case("schema-org-shapes/in.jsonl"));
    let of = |url: &str| records.iter().find(|record| record["url"] == url).unwrap_or_else(|| panic!("{url}"));
    let first = of("https://p.example/1");
    assert_eq!((&first["authors"], &first["publisher"]), (&Value::Null, &"P".into()));
    assert_eq!(first["_extra"]["author"], json!({ "@id": "https://p.example/#/person/7" }));
    let second = of("https://p.example/2");
    assert_eq!((&second["authors"], &second["publisher"]), (&json!(["A. One"]), &Value::Null));
    assert_eq!(second["_extra"]["publisher"], json!({ "@id": "https://p.example/#org" }));
    assert_eq!(of("https://p.example/3")["images"], Value::Null);
    let fourth = of("https://p.example/4");
    assert_eq!(fourth["images"][0]["url"], "https://p.example/i1.jpg");
    assert_eq!(fourth["_extra"]["image"]["url"], json!(["https://p.example/i2.jpg"]));
    let fifth = of("https://p.example/5");
    assert_eq!((&fifth["authors"], &fifth["publisher"]), (&json!(["A. One", "B. Two"]), &"P".into()));
    assert_eq!(of("https://p.example/6")["_extra"]["publisher"], json!({ "name": ["P", "Q"] }));
}

/// Whatever stands where a text belongs, no preset rejects an article for an optional member of it,
/// and nothing is lost.
#[test]
fn no_shape_of_an_optional_member_rejects() {
    let odd = [
        json!(7),
        json!(true),
        json!({}),
        json!({ "@id": "x:1" }),
        json!([]),
        json!([7, { "a": [1] }]),
        json!([["a"]]),
    ];
    let good = [
        ("trafilatura", json!({ "source": "https://a.example/1", "text": "T." })),
        ("newspaper4k", json!({ "url": "https://a.example/1", "text": "T." })),
        ("news-please", json!({ "url": "https://a.example/1", "maintext": "T." })),
        ("fundus", json!({ "url": "https://a.example/1", "body": { "sections": [{ "paragraphs": ["T."] }] } })),
        ("postlight", json!({ "url": "https://a.example/1", "content": "<p>T.</p>" })),
        ("readability", json!({ "url": "https://a.example/1", "textContent": "T." })),
        ("goose3", json!({ "meta": { "canonical": "https://a.example/1" }, "cleaned_text": "T." })),
        ("ninjs", json!({ "uri": "https://a.example/1", "body_text": "T." })),
        ("schema-org", json!({ "url": "https://a.example/1", "articleBody": "T." })),
    ];
    for (source, base) in good {
        let mapping = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/sources/{source}.toml"));
        let mapping = fs::read_to_string(mapping).unwrap();
        let pointers: std::collections::BTreeSet<&str> =
            mapping.split('"').filter(|text| text.starts_with('/') && !text.contains('*')).collect();
        let mut lines = String::new();
        let mut articles = 0;
        for pointer in &pointers {
            for value in &odd {
                let mut article = base.clone();
                put(&mut article, pointer, value);
                if article.pointer(pointer) == Some(value) {
                    lines += &format!("{article}\n");
                    articles += 1;
                }
            }
        }
        let test = Test::new().file("a.jsonl", lines);
        let report = test.run(&format!("check a.jsonl --source {source} --format json --max-rejects 100%")).json();
        // All have one address and so one id.
        let causes = report["causes"].as_array().unwrap().iter().filter(|cause| cause["code"] != "D-DUPLICATE-KEY");
        let told: Vec<_> = causes.map(|cause| &cause["examples"][0]).collect();
        // Without a text or an identifier there is no article.
        let kept_out = |example: &&&Value| !example["message"].as_str().unwrap().contains("required");
        let others: Vec<_> = told.iter().filter(kept_out).collect();
        assert!(others.is_empty() && articles > 30, "{source}: {others:#?}");
    }
}

/// Puts a value where a pointer leads, unless that is the base's own text or address.
fn put(article: &mut Value, pointer: &str, value: &Value) {
    if article.pointer(pointer).is_some() || pointer == "/uri" || pointer == "/id" {
        return;
    }
    let mut at = article;
    for token in pointer.split('/').skip(1) {
        let Some(object) = at.as_object_mut() else { return };
        at = object.entry(token).or_insert_with(|| json!({}));
    }
    *at = value.clone();
}

#[test]
fn times_of_feeds() {
    let files = [("in.jsonl", case("rss-zones/in.jsonl")), ("map.toml", case("rss-zones/map.toml"))];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let (records, normalised) = built("source = \"./map.toml\"\ninputs = [\"in.jsonl\"]\n", &files);
    let mut instants: Vec<(&str, Option<&str>)> =
        records.iter().map(|record| (record["id"].as_str().unwrap(), record["published_at"].as_str())).collect();
    instants.sort_unstable();
    let want = [
        ("1", Some("2025-04-21T10:00:00Z")),
        ("2", Some("2025-04-21T14:00:00Z")),
        ("3", Some("2025-04-21T06:00:00Z")),
        ("4", Some("2025-04-21T06:00:00Z")),
        ("5", Some("2025-04-21T06:00:00Z")),
        ("6", None),
        ("7", Some("2025-04-21T04:00:00Z")),
        ("8", None),
        ("9", Some("2025-04-21T04:00:00Z")),
    ];
    assert_eq!(instants, want);
    assert!(records.iter().all(|record| record["published_date"] == "2025-04-21"), "{records:#?}");
    assert_eq!(normalised["published_at"], json!({ "instant": 7, "no-offset": 2 }));
}

#[test]
fn posts_of_wordpress() {
    let files = [("a.json", case("wordpress/posts.json")), ("wp.toml", case("wordpress/wp.toml"))];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let (records, normalised) = built("source = \"./wp.toml\"\ninputs = [\"a.json\"]\n", &files);
    let record = &records[0];
    assert_eq!((&record["id"], &record["title"]), (&"7".into(), &"Bridge reopens – at last".into()));
    assert_eq!(
        (&record["published_at"], &record["published_date"]),
        (&"2024-03-02T07:00:00Z".into(), &"2024-03-02".into())
    );
    assert_eq!(record["modified_at"], "2024-03-02T07:30:00Z");
    assert_eq!(
        (&normalised["id"], &normalised["published_at"]),
        (&json!({ "number": 1 }), &json!({ "utc-by-definition": 1 }))
    );
    assert_eq!(record["_extra"]["author"], 3);
}

#[test]
fn numbers_that_are_times() {
    let mapping = "name = \"t\"\n[fields]\nid = { from = \"/id\", number = \"text\" }\n\
        published_at = [{ from = \"/s\", parse = \"epoch-seconds\" }, { from = \"/ms\", parse = \"epoch-milliseconds\" },\n\
        { from = \"/published_parsed\", parse = \"struct-time\", zone = \"utc\" }]\ntext = \"/text\"\n";
    let lines = [
        json!({ "id": 1, "s": 1_734_084_000, "text": "x" }),
        json!({ "id": 2.0, "s": "1734084000.5", "text": "x" }),
        json!({ "id": "3", "ms": 1_734_084_000_123_u64, "text": "x" }),
        json!({ "id": 4, "published_parsed": [2024, 12, 13, 10, 0, 0, 4, 348, 0], "text": "x" }),
        json!({ "id": 5, "published_parsed": [2024, 12, 13], "s": "soon", "text": "x" }),
    ];
    let lines = lines.map(|line| line.to_string()).join("\n");
    let files: [(&str, &[u8]); 2] = [("a.jsonl", lines.as_bytes()), ("m.toml", mapping.as_bytes())];
    let (mut records, _) = built("source = \"./m.toml\"\ninputs = [\"a.jsonl\"]\n", &files);
    records.sort_by_key(|record| record["id"].to_string());
    let times: Vec<_> =
        records.iter().map(|record| (record["id"].as_str().unwrap(), record["published_at"].as_str())).collect();
    let want = [
        ("1", Some("2024-12-13T10:00:00Z")),
        ("2", Some("2024-12-13T10:00:00.5Z")),
        ("3", Some("2024-12-13T10:00:00.123Z")),
        ("4", Some("2024-12-13T10:00:00Z")),
        ("5", None),
    ];
    assert_eq!(times, want);
    assert_eq!(records[4]["_extra"], json!({ "published_parsed": [2024, 12, 13], "s": "soon" }));
}

#[test]
fn what_parsers_join_is_parted() {
    let tags = "news, Washington DC, ferry;harbour; night buses";
    let record = one(
        "trafilatura",
        &json!({ "source": "https://a.example/1", "text": "T.", "tags": tags, "categories": "A, B;C" }),
    );
    assert_eq!(record["tags"], json!(["news", "Washington DC", "ferry", "harbour", "night buses", "A, B", "C"]));
    let record = one(
        "goose3",
        &json!({ "meta": { "canonical": "https://a.example/a b", "keywords": "x, y;z," }, "tags": ["Washington, D.C."], "cleaned_text": "T." }),
    );
    assert_eq!(record["tags"], json!(["Washington, D.C.", "x", "y", "z"]));
    assert_eq!((&record["url"], &record["domain"]), (&"https://a.example/a%20b".into(), &"a.example".into()));
}

#[test]
fn second_copies_of_the_body_are_dropped_and_counted() {
    let (records, normalised) = by_source(
        "trafilatura",
        json!({ "source": "https://a.example/1", "text": "T.\nU.", "raw_text": "T. U." }).to_string(),
    );
    assert_eq!(records[0]["_extra"], Value::Null);
    assert_eq!(normalised["raw_text"], json!({ "dropped": 1 }));
    // A member that says more than the text is not a copy.
    let teaser =
        json!({ "source": "https://a.example/1", "text": "Teaser only.", "raw_text": "Teaser only. And the body." });
    let (records, normalised) = by_source("trafilatura", teaser.to_string());
    let kept = records[0]["_extra"].to_string();
    assert!(kept.contains("Teaser only. And the body."), "{kept}");
    assert_eq!(normalised.get("raw_text"), None);
    let html = |content: &str| {
        let article = json!({ "url": "https://a.example/1", "textContent": "One.\nTwo.", "content": content });
        by_source("readability", article.to_string()).1
    };
    assert_eq!(html("<div><p>One.</p><p>Two.</p></div>")["content"], json!({ "dropped": 1 }));
    assert_eq!(html("<div><p>One.</p><p>Two.</p><p>Three.</p></div>").get("content"), None);
    let body = json!({ "url": "https://a.example/1", "body": { "summary": [], "sections": [{ "headline": [], "paragraphs": ["T."] }] }, "plaintext": "T." });
    let (records, normalised) = by_source("fundus", body.to_string());
    assert_eq!((&records[0]["text"], &normalised["plaintext"]), (&"T.".into(), &json!({ "dropped": 1 })));
    // Alone it is the text.
    let (records, normalised) =
        by_source("fundus", json!({ "url": "https://a.example/1", "plaintext": "T." }).to_string());
    assert_eq!((&records[0]["text"], &normalised["plaintext"]), (&"T.".into(), &Value::Null));
}
