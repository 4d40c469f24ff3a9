//! What `diff` says of small stories, in every format, and when it answers no.

use std::fs::File;
use std::sync::Arc;

use arrow_array::builder::{Int32Builder, ListBuilder, StringDictionaryBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    Array as _, ArrayRef, Decimal128Array, Float64Array, Int32Array, Int64Array, LargeStringArray, RecordBatch,
    StringArray, StringViewArray, StructArray, TimestampMillisecondArray, TimestampNanosecondArray,
};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use pressmark::digest::Digest;
use serde_json::{Value, json};

use crate::support::{Run, Test, articles};

/// Releases 1.0.0 and 1.1.0 of `set`.
fn releases(settings: &str, base: &str, current: &str) -> Test {
    let test = Test::set(settings, base);
    test.build("").check();
    test.write("set/sources/a.jsonl", current);
    test.build("--bump minor").check();
    test
}

fn run<'t>(test: &'t Test, arguments: &str) -> Run<'t> {
    test.run(&format!("diff set/1.0.0 set/1.1.0 {arguments}"))
}

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| record.to_string() + "\n").collect()
}

fn record(number: usize) -> Value {
    let text = format!("It rained. {} It stopped at {number}. {}", "Rain fell. ".repeat(9), "Then sun. ".repeat(9));
    json!({ "id": format!("r{number}"), "title": format!("Title {number}"), "text": text.trim(),
            "published_at": format!("2024-12-{:02}T10:00:00Z", number + 1) })
}

/// One change of each kind.
fn story() -> Test {
    let base: Vec<Value> = (0..9).map(record).collect();
    let mut current = base.clone();
    current[0]["title"] = json!("Title | `zero` <b>\u{9b}31m");
    current[1]["text"] = json!(base[1]["text"].as_str().unwrap().replace("stopped at 1", "stopped early"));
    current[2]["title"] = json!("Title  2");
    current[4]["tags"] = json!(["x"]);
    current[5]["id"] = json!("renewed");
    current.remove(3);
    current.push(record(20));
    releases("", &lines(&base), &lines(&current))
}

#[test]
fn for_people() {
    let stdout = "\
differs set/1.0.0 (9 records) -> set/1.1.0 (9 records)
+ 1 record added
- 1 record removed
~ 4 records changed, 1 of them in white space or Unicode form only
~ 1 record under a new key, otherwise equal
  3 records unchanged
  suggested version: 2.0.0 (major, policy croissant)

changed columns
  title: 2 records, 1 of them white space or Unicode form only
    r0: Title [-0-]{+| `zero` <b>\\u{9b}31m+}
    r2: Title {+ +}2 (white space or Unicode form)
  tags: 1 record
    r4 (Title 4): nothing -> [\"x\"]
  text: 1 record
    r1 (Title 1): … fell. Rain fell.  It stopped [-at 1-]{+early+}. Then sun. Then sun. Then sun…

added
  r20  Title 20

removed
  r3  Title 3

under a new key
  r5 -> renewed  Title 5
";
    let test = story();
    run(&test, "").code(1).stdout(stdout).leaves_nothing().check();
    let colour = run(&test, "").code(1).variable("CLICOLOR_FORCE", "1").check();
    assert!(colour.contains("\u{1b}[31m[-at 1-]\u{1b}[0m\u{1b}[32m{+early+}"), "{colour}");
}

#[test]
fn as_markdown() {
    let stdout = "\
## set 1.0.0 to set 1.1.0

suggested version: 2.0.0 (major, policy croissant)

- 1 record added
- 1 record removed
- 4 records changed, 1 of them in white space or Unicode form only
- 1 record under a new key, otherwise equal
- 3 records unchanged

| column | changed | white space or Unicode form only |
|---|---:|---:|
| <code>title</code> | 2 | 1 |
| <code>tags</code> | 1 | 0 |
| <code>text</code> | 1 | 0 |

Added:

- <code>r20</code>: Title 20

Removed:

- <code>r3</code>: Title 3

Under a new key:

- <code>r5</code> is now <code>renewed</code>: Title 5

Changes of <code>title</code>:

- <code>r0</code>: Title <del>0</del><ins>\\| \\`zero\\` &lt;b&gt;\\u{9b}31m</ins>
- <code>r2</code>: Title <ins> </ins>2

Changes of <code>tags</code>:

- <code>r4</code>: *nothing* → <code>\\[\"x\"\\]</code>

Changes of <code>text</code>:

- <code>r1</code>: … fell. Rain fell.  It stopped <del>at 1</del><ins>early</ins>. Then sun. Then sun. Then sun…
";
    run(&story(), "--format markdown").code(1).stdout(stdout).check();
}

#[test]
fn the_same() {
    let test = story();
    let stdout = "\
same set/1.0.0 (9 records) -> set/1.0.0 (9 records)
  9 records unchanged
  compared by the fingerprints in the manifests; `pressmark verify` checks that the files match them
";
    test.run("diff set/1.0.0 set/1.0.0").stdout(stdout).check();
    test.run("diff set/1.0.0/data set/1.0.0 --key id").stdout_has("\n  9 records unchanged\n").check();
}

#[test]
fn json_has_the_published_shape() {
    let schema: Value = serde_json::from_str(include_str!("../schema/diff-report.schema.json")).unwrap();
    let validator = jsonschema::options().build(&schema).unwrap();
    let test = story();
    let report = run(&test, "--format json --policy datapackage").code(1).json();
    let counts = json!({ "same": 3, "added": 1, "removed": 1, "withdrawn": 0, "changed": 4, "formatting": 1,
                         "rekeyed": 1, "ignored": 0, "schema_only": 0, "unmatched": [0, 0] });
    assert_eq!(report["counts"], counts);
    assert_eq!(report["suggestion"], json!({ "policy": "datapackage", "bump": "major", "version": "2.0.0" }));
    let words = json!([{ "same": "Title " }, { "removed": "0" }, { "added": "| `zero` <b>\u{9b}31m" }]);
    assert_eq!(report["columns"][0]["examples"][0]["words"], words);
    for report in [report, test.run("diff set/1.0.0/data set/1.1.0/data --key title --format json").code(1).json()] {
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    assert!(!run(&test, "--format json").code(1).check().contains('\u{9b}'));
}

#[test]
fn every_changed_record_as_a_line() {
    let told = run(&story(), "--rows").code(1).stderr_has("~ 4 records changed").check();
    let rows: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let short = |row: &Value| {
        let id = |side: &str| row[side]["id"].as_str().unwrap_or("-").to_owned();
        format!("{} {} {} {} {}", row["change"], row["key"], row["columns"], id("before"), id("after")).replace('"', "")
    };
    let want = [
        "changed r0 [title] r0 r0",
        "changed r1 [text] r1 r1",
        "changed r2 [title] r2 r2",
        "changed r4 [tags] r4 r4",
        "rekeyed renewed [] r5 renewed",
        "removed r3 [] r3 -",
        "added r20 [] - r20",
    ];
    assert_eq!(rows.iter().map(short).collect::<Vec<_>>(), want);
}

#[test]
fn a_delta_proves_itself() {
    let test = story();
    run(&test, "--delta d.parquet").code(1).check();
    let bytes = test.read("d.parquet");
    run(&test, "--delta d.parquet").code(1).check();
    assert!(bytes == test.read("d.parquet"), "a delta follows from its sides alone");
    test.run("diff --check-delta d.parquet set/1.0.0")
        .stdout_has("proven d.parquet: 6 records removed, 6 records added")
        .check();
    test.run("diff --check-delta d.parquet set/1.1.0").code(1).stdout_has("is for a different base").check();
    // The same records as plain files are the same base.
    test.run("diff --check-delta d.parquet set/1.0.0/data --key id").stdout_has("proven").check();
    test.run("diff --check-delta set/1.0.0/data set/1.0.0").code(2).stderr_has("cannot read the part").check();
}

#[test]
fn when_the_answer_is_no() {
    let test = story();
    for (arguments, why) in [
        ("--exit-zero", ""),
        ("--fail-on removed", "failed: `removed` changes found (--fail-on)\n"),
        ("--fail-on schema,withdrawn,unmatched,warnings", ""),
        ("--fail-on schema,rekeyed", "failed: `rekeyed` changes found (--fail-on)\n"),
        ("--max-removed 1", ""),
        ("--max-removed 0", "failed: 1 record removed; --max-removed allows 0\n"),
        ("--max-removed 11%", "failed: 1 record removed; --max-removed allows 11%\n"),
        ("--max-removed 12%", ""),
        ("--max-changed 4 --max-added 1", ""),
        ("--max-changed 3 --max-added 1", "failed: 4 records changed; --max-changed allows 3\n"),
        ("--max-removed 5 --fail-on added", "failed: `added` changes found (--fail-on)\n"),
    ] {
        run(&test, arguments).code(i32::from(!why.is_empty())).stderr(why).check();
    }
}

#[test]
fn columns_that_do_not_count() {
    let test = story();
    let told = run(&test, "--ignore title --ignore text --ignore tags --fail-on changed").check();
    assert!(told.contains("\n  4 records changed in ignored columns only\n"), "{told}");
    run(&test, "--ignore titel")
        .code(2)
        .stderr_has("cannot ignore `titel`: no such column\n  help: did you mean `title`? available columns: `")
        .check();
}

const SCHEMA: &str = r#"{"type":"object","required":["id"],"additionalProperties":false,"properties":{
  "id":{"type":"string"},"headline":{"type":"string","maxLength":100},"n":{"type":"integer"},"old":{"type":"string"}}}"#;
const NEXT: &str = r#"{"type":"object","required":["id","n"],"additionalProperties":false,"properties":{
  "id":{"type":"string"},"title":{"type":"string"},"n":{"type":"number"},"new":{"type":"boolean"}}}"#;

#[test]
fn columns_and_rules() {
    let base: Vec<Value> =
        (0..4).map(|n| json!({ "id": format!("r{n}"), "headline": format!("Head {n}"), "n": n })).collect();
    let mut current: Vec<Value> =
        (0..4).map(|n| json!({ "id": format!("r{n}"), "title": format!("Head {n}"), "n": n })).collect();
    current[3]["n"] = json!(3.5);
    let test = Test::set("schema = \"s.json\"", lines(&base)).file("set/s.json", SCHEMA);
    test.build("").check();
    test.write("set/s.json", NEXT);
    test.write("set/sources/a.jsonl", lines(&current));
    test.build("--version 2.0.0").check();
    let told = test.run("diff set/1.0.0 set/2.0.0").code(1).check();
    let want = "
schema
  column `headline` renamed to `title`
  column `n` is now required
  column `n` changed type from int64 to float64
  column `new` added (boolean)
  column `old` removed (string)
  rules of the schema itself, tightened: required from [\"id\"] to [\"id\",\"n\"]
  rules of /properties/n, loosened: type from \"integer\" to \"number\"
  not proved whether the rules still accept all earlier records, apart from added and removed columns

changed columns
  n: 1 record
    r3 (Head 3): 3 -> 3.5
";
    assert!(told.contains(want) && told.contains("\n  3 records with the same values in other columns\n"), "{told}");
}

/// What a rule does depends on where it stands: what follows for versions is proved, not read off.
#[test]
fn what_changed_rules_do_together() {
    let told = |before: &str, after: &str| {
        let schema = |rules: &str| {
            format!(
                r#"{{"type":"object","required":["id"],"properties":{{"id":{{"type":"string"}},"a":{{"type":"string",{rules}}}}}}}"#
            )
        };
        let test =
            Test::set("schema = \"s.json\"", "{\"id\":\"x\",\"a\":\"abcdefgh\"}\n").file("set/s.json", schema(before));
        test.build("").check();
        test.write("set/s.json", schema(after));
        test.build("--version 2.0.0").check();
        let report = test.run("diff set/1.0.0 set/2.0.0 --exit-zero --format json").json();
        let effects = report["schema"].as_array().unwrap().iter().map(|change| change["effect"].as_str().unwrap());
        format!("{}: {}", effects.collect::<Vec<_>>().join(", "), report["suggestion"]["bump"].as_str().unwrap())
    };
    assert_eq!(told(r#""maxLength":9"#, r#""maxLength":10"#), "loosened, loosened: minor");
    assert_eq!(told(r#""maxLength":10"#, r#""maxLength":9"#), "tightened, tightened: major");
    // Less is refused below `not`, so more is accepted.
    assert_eq!(told(r#""not":{"maxLength":3}"#, r#""not":{"maxLength":2}"#), "loosened, loosened: minor");
    assert_eq!(told(r#""not":{"maxLength":2}"#, r#""not":{"maxLength":3}"#), "tightened, tightened: major");
    assert_eq!(told(r#""minLength":0"#, r#""maxLength":9,"minLength":0"#), "tightened, tightened: major");
    assert_eq!(told(r#""minLength":0"#, r#""title":"A""#), "same, same: patch");
    assert_eq!(told(r#""title":"A""#, r#""title":"B""#), ": patch");
}

/// What no proof may be deceived by.
#[test]
fn changes_that_hide() {
    let told = |before: Value, after: Value| {
        let schema = |properties: &Value| {
            let mut all = json!({ "id": { "type": "string" }, "a": { "type": "string" } });
            all.as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
            json!({ "type": "object", "required": ["id"], "properties": all, "default": { "maxLength": 3 } })
                .to_string()
        };
        let test =
            Test::set("schema = \"s.json\"", "{\"id\":\"x\",\"a\":\"abc\"}\n").file("set/s.json", schema(&before));
        test.build("").check();
        test.write("set/s.json", schema(&after));
        test.build("--version 2.0.0").check();
        let report = test.run("diff set/1.0.0 set/2.0.0 --exit-zero --format json").json();
        report["suggestion"]["bump"].as_str().unwrap().to_owned()
    };
    let text = json!({ "type": "string" });
    assert_eq!(told(json!({}), json!({ "b": text })), "minor");
    // The same texts, and now JSON: `abc` becomes `"abc"`.
    assert_eq!(told(json!({ "a": text }), json!({ "a": { "type": ["string", "integer"] } })), "major");
    let list = |items: Value| json!({ "b": { "type": "array", "items": items } });
    assert_eq!(told(list(text.clone()), list(json!(true))), "major");
    // A column that came also rules another.
    let referred = json!({ "a": { "$ref": "#/properties/b" }, "b": { "type": "string", "maxLength": 3 } });
    assert_eq!(told(json!({}), referred), "major");
    // What is forbidden has no column.
    assert_eq!(told(json!({}), json!({ "b": false })), "major");
    // Alternatives that no proof comes to an end with stand in the way of nothing else.
    let block = |kind: u64| json!({ "required": ["kind"], "properties": { "kind": { "const": kind }, "text": text, "more": { "type": "array" } } });
    let blocks: Vec<Value> = (0..20).map(block).collect();
    let wide = |length: u64| json!({ "b": { "type": "array", "items": { "anyOf": blocks } }, "a": { "type": "string", "maxLength": length } });
    assert_eq!(told(wide(3), wide(4)), "minor");
    assert_eq!(told(wide(4), wide(3)), "major");
    let with_one_more = |number: usize| json!({ "b": { "type": "array", "items": { "anyOf": blocks[..number] } } });
    assert_eq!(told(with_one_more(19), with_one_more(20)), "major");
    // A reference that leads elsewhere.
    let embedded = |id: bool| {
        let mut schema =
            json!({ "$defs": { "x": { "maxLength": 9 } }, "allOf": [{ "type": "string" }, { "$ref": "#/$defs/x" }] });
        if id {
            schema["$id"] = json!("urn:b");
        }
        schema
    };
    let listed = |number: usize| {
        let items = json!({ "type": ["string", "integer"] });
        json!({ "b": { "type": "array", "prefixItems": vec![json!({}); number], "items": items }, "c": { "type": "array", "items": { "anyOf": blocks } } })
    };
    // Elements that were free are not.
    assert_eq!(told(listed(2), listed(1)), "major");
    let with_root = |id: bool| json!({ "b": { "$ref": "#/properties/c" }, "c": embedded(id) });
    assert_eq!(told(json!({ "b": text, "c": text }), with_root(true)), "major");
    let swapped = |p: &str, q: &str| {
        let short = json!({ "$id": p, "type": "string", "minLength": 1 });
        let long = json!({ "$id": q, "type": "string", "minLength": 5 });
        json!({ "b": { "$ref": "urn:p", "$defs": { "p": short, "q": long } } })
    };
    assert_eq!(told(swapped("urn:p", "urn:q"), swapped("urn:q", "urn:p")), "major");
}

#[test]
fn warnings_name_the_cause() {
    let base: Vec<Value> = (0..20).map(record).collect();
    let change = |change: &dyn Fn(&mut Value)| {
        let mut current = base.clone();
        current.iter_mut().for_each(change);
        run(&releases("", &lines(&base), &lines(&current)), "").code(1).check()
    };
    let text = |record: &Value, name: &str| record[name].as_str().unwrap().to_owned();
    for (told, want) in [
        (
            change(&|record| record["id"] = json!("new-".to_owned() + &text(record, "id"))),
            "did the way keys are made change?",
        ),
        (
            change(&|record| record["text"] = json!(text(record, "text").replace(' ', "\u{a0} "))),
            "did normalisation change?",
        ),
        (
            change(&|record| record["published_at"] = json!(text(record, "published_at").replace('Z', "-01:00"))),
            "warning: `published_at` shifted by +01:00:00 in 20 records: did a time zone change?",
        ),
        (
            change(&|record| record["retrieved_at"] = json!("2025-01-01T00:00:00Z")),
            "warning: only `retrieved_at` changed in 20 records: use `--ignore retrieved_at` to see the rest",
        ),
        (
            change(&|record| {
                record["title"] = json!("x");
                record["text"] = json!("y");
            }),
            "nearly every record changed (20 records), in several columns",
        ),
        (
            change(&|record| {
                record["id"] = json!("new-".to_owned() + &text(record, "id"));
                record["text"] = json!("y");
            }),
            "almost none of the keys in the base are left",
        ),
    ] {
        assert_eq!(told.matches("warning: ").count(), 1, "{told}");
        assert!(told.contains(want), "{want}\n{told}");
    }
}

/// Puts a Parquet file of these columns there.
fn parquet(test: &Test, name: &str, columns: Vec<(&str, ArrayRef)>, codec: Compression) {
    test.write(name, "");
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let properties = WriterProperties::builder().set_compression(codec).build();
    let file = File::options().write(true).truncate(true).open(test.path(name)).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// What `diff` says of two plain files of these columns beside the key, as JSON.
fn plain(base: Vec<(&str, ArrayRef)>, current: Vec<(&str, ArrayRef)>, arguments: &str) -> Value {
    let test = Test::new();
    for (name, mut columns) in [("a.parquet", base), ("b.parquet", current)] {
        let rows = columns[0].1.len();
        columns.insert(0, ("key", Arc::new(Int64Array::from_iter_values((0_i64..).take(rows)))));
        parquet(&test, name, columns, Compression::SNAPPY);
    }
    test.run(&format!("diff a.parquet b.parquet --key key --exit-zero --format json {arguments}")).json()
}

fn texts<'t>(texts: impl IntoIterator<Item = Option<&'t str>>) -> ArrayRef {
    Arc::new(texts.into_iter().collect::<StringArray>())
}

#[test]
fn an_instant_that_is_zero_is_not_nothing() {
    let epoch = || Arc::new(TimestampMillisecondArray::from(vec![0, 1000])) as ArrayRef;
    let gone =
        plain(vec![("at", epoch())], vec![("at", Arc::new(TimestampMillisecondArray::from(vec![None, None])))], "");
    assert_eq!((&gone["counts"]["changed"], &gone["counts"]["formatting"]), (&json!(2), &json!(0)));
    let retyped = plain(vec![("at", epoch())], vec![("at", texts([None, Some("x")]))], "");
    assert_eq!((&retyped["counts"]["changed"], &retyped["counts"]["formatting"]), (&json!(2), &json!(0)));
}

#[test]
fn a_number_that_becomes_a_text_is_more_than_its_form() {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let told = plain(vec![("n", numbers)], vec![("n", texts([Some("1"), Some("2")]))], "");
    let column = &told["columns"][0];
    assert_eq!((&column["formatting"], &column["examples"][0]["formatting"]), (&json!(0), &json!(false)));
    let list = |text: &str| -> ArrayRef {
        let mut list = ListBuilder::new(arrow_array::builder::StringBuilder::new());
        list.append_value([Some(text)]);
        Arc::new(list.finish())
    };
    let told = plain(vec![("l", list(" a"))], vec![("l", list("a"))], "");
    let column = &told["columns"][0];
    assert_eq!((&column["formatting"], &column["examples"][0]["formatting"]), (&json!(1), &json!(true)));
}

#[test]
fn the_values_of_a_new_column_are_a_change_of_the_schema() {
    let column = || texts([Some("a"), Some("b")]);
    let new: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let told = plain(vec![("t", column())], vec![("t", column()), ("n", new.clone())], "");
    let counts = &told["counts"];
    assert_eq!((&counts["changed"], &counts["schema_only"], &counts["same"]), (&json!(0), &json!(1), &json!(1)));
    assert_eq!((&told["columns"][0]["name"], &told["columns"][0]["changed"]), (&json!("n"), &json!(1)));
    assert_eq!(told["suggestion"]["bump"], json!("minor"));
    let told = plain(vec![("t", column())], vec![("t", column()), ("n", new)], "--ignore n");
    assert_eq!((&told["same"], &told["schema"]), (&json!(true), &json!([])));
}

#[test]
fn rows_are_of_the_kinds_that_are_counted() {
    let test = Test::new();
    let keys = || Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef;
    let stamp = |texts_of: [&'static str; 3]| texts(texts_of.map(Some));
    parquet(
        &test,
        "a.parquet",
        vec![("key", keys()), ("at", stamp(["x", "x", "x"])), ("t", stamp(["a", "b", "c"]))],
        Compression::SNAPPY,
    );
    let new: ArrayRef = Arc::new(Int64Array::from(vec![None, None, Some(1)]));
    let columns = vec![("key", keys()), ("at", stamp(["y", "x", "x"])), ("t", stamp(["a", "B", "c"])), ("n", new)];
    parquet(&test, "b.parquet", columns, Compression::SNAPPY);
    let told = test
        .run("diff a.parquet b.parquet --key key --ignore at --rows --exit-zero")
        .stderr_has("1 record changed")
        .check();
    let rows: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<(&Value, &Value)> = rows.iter().map(|row| (&row["key"], &row["change"])).collect();
    let want = [("1", "ignored"), ("2", "changed"), ("3", "schema-only")].map(|(key, kind)| (json!(key), json!(kind)));
    assert_eq!(kinds, want.each_ref().map(|(key, kind)| (key, kind)));
    assert_eq!((&rows[0]["columns"], &rows[2]["columns"]), (&json!(["at"]), &json!(["n"])));
}

#[test]
fn hashes_that_other_writers_stored_are_no_column() {
    let hashes = |byte: u8| Arc::new(arrow_array::BinaryArray::from_vec(vec![&[byte; 32]])) as ArrayRef;
    let (base, current) = (vec![("record_sha256", hashes(1))], vec![("record_sha256", hashes(2))]);
    assert_eq!(plain(base, current, "")["same"], json!(true));
    // A text of that name is a text.
    let told = plain(vec![("record_sha256", texts([Some("a")]))], vec![("record_sha256", texts([Some("b")]))], "");
    assert_eq!(told["counts"]["changed"], json!(1));
}

#[test]
fn a_renamed_column_hides_no_new_key() {
    let test = Test::new();
    let write = |name: &str, column: &str, keys: [i64; 4]| {
        let values = texts([Some("first"), Some("second"), Some("third"), Some("fourth")]);
        parquet(
            &test,
            name,
            vec![("key", Arc::new(Int64Array::from(keys.to_vec()))), (column, values)],
            Compression::SNAPPY,
        );
    };
    write("a.parquet", "old", [1, 2, 3, 4]);
    write("b.parquet", "new", [1, 2, 30, 40]);
    let told = test.run("diff a.parquet b.parquet --key key --exit-zero --format json").json();
    assert_eq!((&told["counts"]["rekeyed"], &told["counts"]["added"]), (&json!(2), &json!(0)));
}

#[test]
fn a_shift_by_nothing_is_none() {
    let at = |shift: i64| Arc::new(TimestampMillisecondArray::from_iter_values((0..20).map(|n| n * 1000 + shift)));
    let zone = Arc::new((*at(0)).clone().with_timezone("UTC"));
    assert_eq!(plain(vec![("at", at(0))], vec![("at", zone)], "")["warnings"][0]["warning"], json!("one-column"));
    assert_eq!(plain(vec![("at", at(0))], vec![("at", at(500))], "")["warnings"][0]["warning"], json!("one-column"));
    assert_eq!(
        plain(vec![("at", at(0))], vec![("at", at(3_600_000))], "")["warnings"][0]["warning"],
        json!("time-shift")
    );
}

#[test]
fn which_files_of_a_folder_are_data() {
    let test = Test::new();
    let write = |name: &str, key: i64| {
        parquet(&test, name, vec![("key", Arc::new(Int64Array::from(vec![key])))], Compression::SNAPPY);
    };
    write("a/1.parquet", 1);
    write("a/deep/2.PARQUET", 2);
    for hidden in ["a/.3.parquet", "a/_temporary/4.parquet", "a/.ipynb_checkpoints/5.parquet"] {
        write(hidden, 3);
    }
    write("elsewhere/6.parquet", 6);
    #[cfg(unix)]
    std::os::unix::fs::symlink("../elsewhere/6.parquet", test.path("a/6.parquet")).unwrap();
    let records = if cfg!(unix) { 3 } else { 2 };
    let told = test.run("diff a a --key key --format json").json();
    assert_eq!(told["base"]["records"], json!(records));
    write("b/year=2024/1.parquet", 1);
    let stderr = "`b/year=2024`: its name has a column that is not in the files";
    test.run("diff b a --key key").code(2).stdout("").stderr_has(stderr).check();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../elsewhere", test.path("a/more")).unwrap();
    #[cfg(unix)]
    test.run("diff a a --key key").code(2).stderr_has("`a/more`: it is a link to a folder").check();
}

#[test]
fn a_delta_takes_nothing_away() {
    let test = releases("", &lines(&[record(0)]), &lines(&[record(1)]));
    parquet(&test, "f/a.parquet", vec![("key", Arc::new(Int64Array::from(vec![1])))], Compression::SNAPPY);
    let refused = |arguments: &str, why: &str| {
        test.run(arguments).code(2).stdout("").stderr_has(why).leaves_nothing().check();
    };
    refused(
        "diff f/a.parquet f/a.parquet --key key --delta f/a.parquet",
        "`f/a.parquet` is an input and would be overwritten",
    );
    refused("diff f f --key key --delta f/d.parquet", "`f/d.parquet` would become a part of `f`");
    refused("diff set/1.0.0 set/1.1.0 --delta set/1.0.0/data/d.parquet", "is part of a release, which never changes");
    refused("diff set/1.0.0 set/1.1.0 --delta set", "`set` already exists and is not a file");
}

#[test]
fn plain_files_compare_by_value() {
    let test = Test::new();
    let mut list = ListBuilder::new(Int32Builder::new());
    list.append_value([Some(1), None]);
    list.append_null();
    let mut dictionary = StringDictionaryBuilder::<Int32Type>::new();
    for text in ["x", "y"] {
        dictionary.append_value(text);
    }
    let nested = |text: &str| -> ArrayRef {
        let member: ArrayRef = Arc::new(StringArray::from(vec![Some(text), None]));
        Arc::new(StructArray::from(vec![(Arc::new(Field::new("a", DataType::Utf8, true)), member)]))
    };
    let decimal = |values: [i128; 2], scale| -> ArrayRef {
        Arc::new(Decimal128Array::from(values.to_vec()).with_precision_and_scale(12, scale).unwrap())
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("key", Arc::new(Int32Array::from(vec![1, 2]))),
        ("text", Arc::new(dictionary.finish())),
        ("view", Arc::new(StringViewArray::from(vec!["a", "b"]))),
        ("price", decimal([150, 7], 1)),
        ("at", Arc::new(TimestampMillisecondArray::from(vec![1500, 0]))),
        ("real", Arc::new(Float64Array::from(vec![f64::NAN, -0.0]))),
        ("list", Arc::new(list.finish())),
        ("nested", nested("n")),
    ];
    parquet(&test, "base.parquet", columns.clone(), Compression::SNAPPY);
    let mut other = columns;
    other[0].1 = Arc::new(Int64Array::from(vec![1, 2]));
    other[1].1 = Arc::new(LargeStringArray::from(vec!["x", "y"]));
    other[3].1 = decimal([15000, 700], 3);
    other[4].1 = Arc::new(TimestampNanosecondArray::from(vec![1_500_000_000, 0]));
    other[5].1 = Arc::new(Float64Array::from(vec![f64::NAN, 0.0]));
    parquet(&test, "other.parquet", other.clone(), Compression::LZ4_RAW);
    let told = test.run("diff base.parquet other.parquet --key key --fail-on changed,added,removed").check();
    assert!(told.contains("\n  2 records unchanged\n") && told.contains("column `price` changed type from "), "{told}");
    other[7].1 = nested("m");
    parquet(&test, "changed.parquet", other, Compression::UNCOMPRESSED);
    let told = test.run("diff other.parquet changed.parquet --key key").code(1).check();
    assert!(told.contains("  nested: 1 record\n    1 (x): {\"a\":\"n\"} -> {\"a\":\"m\"}\n"), "{told}");
}

#[test]
fn keys_that_do_not_identify() {
    let test = Test::new();
    let rows = |keys: Vec<Option<&str>>, values: Vec<i32>| -> Vec<(&'static str, ArrayRef)> {
        vec![("k", Arc::new(StringArray::from(keys))), ("v", Arc::new(Int32Array::from(values)))]
    };
    let none = Compression::UNCOMPRESSED;
    parquet(&test, "a/1.parquet", rows(vec![Some("a"), Some("b"), Some("b"), None], vec![1, 2, 3, 4]), none);
    parquet(&test, "b/1.parquet", rows(vec![Some("a"), Some("b"), None], vec![1, 2, 4]), none);
    let stdout = "\
differs a (4 records) -> b (3 records)
! rows without a unique key, not matched: 1 in the base and 0 in the current side
  rows with duplicate keys: 2 in the base, 0 in the current side
  rows without a key: 1 in the base, 1 in the current side
  3 records unchanged
  suggested version: a major bump (policy croissant)
warning: duplicate keys: b
";
    test.run("diff a b --key k").code(1).stdout(stdout).check();
    test.run("diff a a --key k").stdout_has("same a").check();
    assert_eq!(test.run("diff a b --key k --format json").code(1).json()["keys"]["missing"], json!([1, 1]));
}

#[test]
fn what_cannot_be_compared() {
    let test = Test::set("", articles(&["a"])).file("x/notes.txt", "x").file("bad.parquet", "PAR1 no");
    test.build("").check();
    let stderr = "error: `x` is not a release, so its key is unknown\n  help: add `--key COLUMN` with the column that identifies a record\n";
    test.run("diff x set/1.0.0").code(2).stderr(stderr).leaves_nothing().check();
    test.run("diff gone set/1.0.0").code(2).stderr_has("there is no such file or folder").check();
    test.run("diff x x --key id").code(2).stderr_has("it has no manifest.json and no Parquet file").check();
    test.run("diff bad.parquet set/1.0.0 --key id").code(2).stderr_has("cannot read the part `bad.parquet`").check();
    test.run("diff set/1.0.0/data set/1.0.0 --key nope")
        .code(2)
        .stderr_has("it has no column `nope`; there are `id`")
        .check();
    test.run("diff set/1.0.0").code(2).stderr_has("CURRENT").check();
}

#[test]
fn withdrawn_records_are_told_apart() {
    let test = story();
    let list = "{\"key\":\"r3\",\"reason\":\"asked by the *author*\"}\n";
    let mut manifest = test.json("set/1.1.0/manifest.json");
    manifest["withdrawn"] = json!({ "count": 1, "sha256": Digest::of(list.as_bytes()).to_string() });
    test.write("set/1.1.0/withdrawn.jsonl", list);
    test.write_manifest("set/1.1.0", &manifest);
    let told = run(&test, "--max-removed 0").check();
    assert!(
        told.contains("- 1 record withdrawn\n") && told.contains("\nwithdrawn\n  r3  asked by the *author*\n"),
        "{told}"
    );
    let told = run(&test, "--fail-on withdrawn --format json")
        .code(1)
        .stderr_has("failed: `withdrawn` changes found (--fail-on)")
        .check();
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["counts"]["removed"], 0);
}

#[test]
fn a_column_of_nothing_has_no_type() {
    let test = Test::new();
    let keys = || -> ArrayRef { Arc::new(StringArray::from(vec!["a"])) };
    let nothing: ArrayRef = Arc::new(arrow_array::NullArray::new(1));
    assert_eq!(nothing.len(), 1);
    parquet(&test, "a.parquet", vec![("k", keys()), ("v", nothing)], Compression::UNCOMPRESSED);
    parquet(&test, "b.parquet", vec![("k", keys()), ("v", keys())], Compression::UNCOMPRESSED);
    test.run("diff a.parquet b.parquet --key k").code(1).stdout_has("    a: nothing -> a\n").check();
}

/// More rows than the walk holds at a time, with a change at the very end, a block that went and
/// one that came, whose records equal those that went but for their key.
#[test]
fn releases_longer_than_a_block() {
    let schema = r#"{"type":"object","required":["id"],"properties":{"id":{"type":"integer"},"n":{"type":"integer"}}}"#;
    let record = |id: u32, n: u32| format!("{{\"id\":{id},\"n\":{n}}}\n");
    let base: String = (0..30_000).map(|id| record(id * 2, id)).collect();
    let kept = (0..30_000).filter(|id| !(12_000..12_100).contains(id));
    let current: String = kept.map(|id| record(id * 2, if id == 29_999 || id == 5 { 0 } else { id })).collect();
    let block: String = (4_000..13_000).map(|id| record(id * 2 + 1, id)).collect();
    let test = Test::set("schema = \"s.json\"\norder_by = []", base).file("set/s.json", schema);
    test.build("").check();
    test.write("set/sources/a.jsonl", current.clone());
    test.build("--version 1.1.0").check();
    let few = json!([29_898, 0, 100, 2]);
    let counts =
        |report: &Value| json!(["same", "added", "removed", "changed"].map(|name| report["counts"][name].clone()));
    assert_eq!(counts(&run(&test, "--format json").code(1).json()), few);
    test.run("diff set/1.0.0 set/1.0.0/data --key id").stdout_has("  30,000 records unchanged").check();
    test.write("set/sources/a.jsonl", current + &block);
    test.build("--version 1.2.0").check();
    let report = test.run("diff set/1.0.0 set/1.2.0 --format json").code(1).json();
    assert_eq!(counts(&report), json!([29_898, 8_900, 0, 2]));
}

#[test]
fn a_delta_holds_records_as_the_release_hashed_them() {
    let schema = r#"{"type":"object","required":["id"],"properties":{
      "id":{"type":"string"},
      "prices":{"type":"object","additionalProperties":{"type":["number","null"]}},
      "pair":{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"minItems":2,"items":false},
      "any":true}}"#;
    let record = |price: Value, any: Value| {
        let prices = json!({ "z": price, "\u{1f600}": 2, "\u{fb33}": null });
        json!({ "id": "a", "prices": prices, "pair": ["x", 7], "any": any, "undeclared": { "b": 1e2, "a": null } })
    };
    let base = record(json!(1.5), json!([1.0, { "k": null }]));
    let current = record(json!(2), json!("[1]"));
    let test = Test::set("schema = \"s.json\"\norder_by = []", lines(&[base])).file("set/s.json", schema);
    test.build("").stderr_has("warning[D-MAPS]").check();
    test.write("set/sources/a.jsonl", lines(&[current]));
    test.build("--version 1.1.0").stderr_has("warning[D-MAPS]").check();
    run(&test, "--delta d.parquet").code(1).stdout_has("any: 1 record\n    a: [1,{\"k\":null}] -> \"[1]\"\n").check();
    test.run("diff --check-delta d.parquet set/1.0.0").stdout_has("proven d.parquet: 1 record removed").check();
    // A file alone does not tell an array of fixed entries from an object.
    test.run("diff --check-delta d.parquet set/1.0.0/data --key id")
        .code(1)
        .stdout_has("is for a different base")
        .check();
}
