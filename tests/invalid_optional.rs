//! `policy.invalid_optional`: one bad value of an optional member moves to `_extra`, counted and shown;
//! what is required still rejects, and nothing is lost.

use serde_json::{Value, json};

use crate::support::{Test, rows};

const EXTRA: &str = "[policy]\ninvalid_optional = \"extra\"\n";

fn article(members: &Value) -> String {
    let mut article = json!({ "id": "a", "text": "T." });
    article.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    article.to_string() + "\n"
}

#[test]
fn a_bad_value_moves_and_is_told() {
    let long = "k".repeat(201);
    let test = Test::set(EXTRA, article(&json!({ "tags": ["ok", long], "title": " T", "language": "en" })));
    let told = test.build("").check();
    assert!(told.contains("tags: 1 invalid value moved to _extra (V-MAX-LENGTH)\n"), "{told}");
    assert!(told.contains("title: 1 invalid value moved to _extra (V-PATTERN)\n"), "{told}");
    assert!(told.contains("moved to _extra[V-MAX-LENGTH]: ") && told.contains("at /tags/1\n"), "{told}");
    test.run("verify set/1.0.0").check();
    let record = &rows(&test.path("set/1.0.0"))[0];
    assert_eq!((&record["tags"], &record["title"], &record["language"]), (&Value::Null, &Value::Null, &"en".into()));
    assert_eq!(record["_extra"], json!({ "tags": ["ok", long], "title": " T" }));
    let normalised = &test.json("set/1.0.0/manifest.json")["normalised"];
    assert_eq!(normalised, &json!({ "tags": { "invalid:V-MAX-LENGTH": 1 }, "title": { "invalid:V-PATTERN": 1 } }));
    // A second build from the same input shows the same.
    let again = test.build("--version 1.0.1 --format json").json();
    assert_eq!(again["check"]["moved"].as_array().unwrap().len(), 2);
    // The default rejects.
    test.write("set/dataset.toml", "name = \"set\"\ninputs = [\"sources/*\"]\n");
    test.build("--version 2.0.0").code(1).stderr_has("error[V-MAX-LENGTH]").check();
}

#[test]
fn check_and_retry_do_the_same() {
    let line = article(&json!({ "published_at": "2016-12-31T23:59:60Z", "license": "l".repeat(300) }));
    let test = Test::new().file("a.jsonl", line);
    test.run("check a.jsonl --rejects r.zst").code(1).check();
    // What the schema refuses and what no column can hold are found one after the other.
    let report = test.run("check a.jsonl --invalid-optional extra --format json").json();
    assert_eq!(
        report["normalised"],
        json!({ "license": { "invalid:V-MAX-LENGTH": 1 }, "published_at": { "invalid:C-LEAP": 1 } })
    );
    let moved: Vec<_> = report["moved"].as_array().unwrap().iter().map(|cause| &cause["code"]).collect();
    assert_eq!(moved, ["V-MAX-LENGTH", "C-LEAP"]);
    assert_eq!(report["undeclared"]["names"], json!({ "license": 1, "published_at": 1 }));
    test.run("retry r.zst --invalid-optional extra").stderr_has("ok 1 of 1 article passes now").check();
}

#[test]
fn what_is_required_still_rejects() {
    for members in [json!({ "text": " " }), json!({ "id": "a b" }), json!({ "text": null, "tags": 7 })] {
        let test = Test::set(EXTRA, article(&members));
        test.build("").code(1).stderr_has("nothing was published").check();
    }
    // Rules across members reject with what was found first.
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["id"],
        "properties": { "id": { "type": "string" }, "a": { "type": ["string", "null"], "maxLength": 2 }, "b": { "type": ["string", "null"] } },
        "dependentRequired": { "b": ["a"] },
    });
    let line = json!({ "id": "x", "a": "abc", "b": "b" }).to_string();
    let settings = format!("schema = \"s.json\"\n{EXTRA}");
    let test = Test::set(&settings, line).file("set/s.json", schema.to_string());
    test.build("").code(1).stderr_has("nothing was published").check();
    let reject = &test.rejects("1.0.0")[0];
    assert_eq!(reject["violations"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&reject["violations"][0]["code"], &reject["violations"][0]["pointer"]),
        (&"V-MAX-LENGTH".into(), &"/a".into())
    );
}

#[test]
fn a_name_that_is_taken_loses_nothing() {
    let test = Test::set(EXTRA, article(&json!({ "title": " T", "_extra": { "title": "other" } })));
    test.build("").check();
    assert_eq!(rows(&test.path("set/1.0.0"))[0]["_extra"], json!({ "title": "other", "title:invalid": " T" }));
    let both = json!({ "title": " T", "_extra": { "title": "other", "title:invalid": "third" } });
    let test = Test::set(EXTRA, article(&both));
    test.build("").code(1).stderr_has("nothing was published").check();
    // A member `_extra` that is no object is a member like others.
    let test = Test::set(EXTRA, article(&json!({ "title": " T", "_extra": 7 })));
    test.build("").check();
    assert_eq!(rows(&test.path("set/1.0.0"))[0]["_extra"], json!({ "title": " T", "_extra": 7 }));
}

#[test]
fn it_needs_a_place_to_move_to() {
    for extra in ["reject", "drop"] {
        let test = Test::set(&format!("{EXTRA}extra = \"{extra}\"\n"), article(&json!({})));
        let told = "line 4: `invalid_optional = \"extra\"` needs `extra = \"keep\"`\n   | ";
        test.build("").code(2).stderr_has(told).leaves_nothing().check();
        test.write("in.jsonl", article(&json!({})));
        let run = format!("check in.jsonl --invalid-optional extra --extra {extra}");
        test.run(&run).code(2).stderr_has("undeclared members are not kept (`extra`)").check();
    }
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": false,
        "required": ["id"], "properties": { "id": { "type": "string" } },
    });
    let test =
        Test::set(&format!("schema = \"s.json\"\n{EXTRA}"), article(&json!({}))).file("set/s.json", schema.to_string());
    test.build("").code(2).stderr_has("the schema allows no undeclared members").leaves_nothing().check();
    let test = Test::set("[policy]\ninvalid_optional = \"drop\"\n", article(&json!({})));
    test.build("")
        .code(2)
        .stderr_has("`drop` is not a value of this setting\n   | invalid_optional = \"drop\"\n")
        .stderr_has("help: it is \"reject\" or \"extra\"\n")
        .check();
}

#[test]
fn init_asks_for_it_where_a_parser_writes() {
    for (source, line) in [
        ("trafilatura", "\ninvalid_optional = \"extra\"\n"),
        ("article", "\n# invalid_optional = \"reject\"\n"),
        ("pages", "\n# invalid_optional = \"reject\"\n"),
    ] {
        let test = Test::new();
        test.run(&format!("init set --source {source}")).check();
        let toml = String::from_utf8(test.read("set/dataset.toml")).unwrap();
        assert!(toml.contains(line), "{source}: {toml}");
    }
}
