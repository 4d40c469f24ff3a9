//! Every value that a schema accepts either comes back from Parquet as it was, or is rejected
//! under a `C-` code: over generated schemas and values.
//!
//! "As it was" is asked twice: the row read back has the record's canonical form, and the article
//! made of that row means what the article that went in meant.

use std::cell::Cell as Counter;
use std::fs::File;

use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use pressmark::code::Class;
use pressmark::json;
use pressmark::record::{Nulls, Record, RecordHash, Rows, admit, batch, canonical_form, record_hash, to_json};
use pressmark::schema::{Extra, Schema};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use crate::support::batches;

/// Numbers that look random and follow from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()].clone()
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

const NAMES: [&str; 8] = ["a", "b", "c d", "é", "\u{1f600}", "\u{fb33}", "x.y", "key"];

/// A schema for one value.
fn subschema(dice: &mut Dice, depth: u64) -> Value {
    let leaf = [
        json!({"type": "string"}),
        json!({"type": ["string", "null"], "maxLength": 20}),
        json!({"type": "string", "format": "date"}),
        json!({"type": "string", "format": "date-time"}),
        json!({"type": "integer"}),
        json!({"type": "integer", "minimum": 0, "maximum": u64::MAX}),
        json!({"type": ["integer", "null"], "minimum": -9, "maximum": 9}),
        json!({"type": "number"}),
        json!({"type": "boolean"}),
        json!({"enum": ["x", "y", null]}),
        json!({"enum": [1, "one", [1, "one"]]}),
        json!({"const": ["x", 1, null]}),
        json!({"const": null}),
        json!({"type": ["string", "number", "array"]}),
        json!({"type": "array"}),
        json!({"type": "object"}),
        json!({"$ref": "#/$defs/node"}),
        json!(true),
    ];
    if depth == 0 || dice.chance(35) {
        return dice.pick(&leaf);
    }
    let inner = |dice: &mut Dice| subschema(dice, depth - 1);
    let listed = |dice: &mut Dice| (0..=dice.below(3)).map(|_| inner(dice)).collect::<Vec<_>>();
    match dice.below(9) {
        0 => json!({"type": dice.pick(&[json!("array"), json!(["array", "null"])]), "items": inner(dice)}),
        1 => {
            let entries = listed(dice);
            let least = if dice.chance(70) { entries.len() } else { 0 };
            let rest = dice.pick(&[json!(false), json!(true), json!({"type": "integer"})]);
            json!({"type": "array", "prefixItems": entries, "items": rest, "minItems": least})
        }
        2 => json!({"type": "object", "additionalProperties": inner(dice)}),
        3 => {
            json!({"type": "object", "patternProperties": {"^[a-c]": inner(dice)}, "additionalProperties": dice.chance(50)})
        }
        4 => json!({(dice.pick(&["anyOf", "oneOf"])): listed(dice)}),
        5 => json!({"anyOf": [inner(dice), {"type": "null"}]}),
        6 => json!({"allOf": [inner(dice), {}]}),
        _ => object(dice, depth - 1),
    }
}

fn object(dice: &mut Dice, depth: u64) -> Value {
    let mut members = Map::new();
    for _ in 0..=dice.below(5) {
        members.insert(dice.pick(&NAMES).to_owned(), subschema(dice, depth));
    }
    let required: Vec<String> = members.keys().filter(|_| dice.chance(40)).cloned().collect();
    let mut schema = json!({"type": "object", "properties": members, "required": required});
    match dice.below(5) {
        0 => schema["additionalProperties"] = json!(false),
        1 => schema["additionalProperties"] = subschema(dice, 0),
        2 => schema["unevaluatedProperties"] = json!(false),
        3 => schema["oneOf"] = json!([object_branch(dice), {"required": ["never"]}]),
        _ => {}
    }
    schema
}

fn object_branch(dice: &mut Dice) -> Value {
    let name = dice.pick(&["only", "here"]);
    json!({"properties": {(name): subschema(dice, 0)}})
}

/// A value that the schema is likely to accept.
fn value(dice: &mut Dice, schema: &Value, root: &Value, depth: u64) -> Value {
    if depth == 0 || dice.chance(4) || !schema.is_object() {
        return anything(dice, 2);
    }
    if let Some(reference) = schema["$ref"].as_str() {
        return value(dice, root.pointer(&reference[1..]).unwrap(), root, depth - 1);
    }
    for keyword in ["anyOf", "oneOf", "allOf"] {
        if let (Some(branches), None) = (schema[keyword].as_array(), schema.get("properties")) {
            let branch = if keyword == "allOf" { branches[0].clone() } else { dice.pick(branches) };
            return value(dice, &branch, root, depth - 1);
        }
    }
    if let Some(listed) = schema["enum"].as_array() {
        return dice.pick(listed);
    }
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => dice.pick(kinds),
        kind => kind.clone(),
    };
    match kind.as_str() {
        Some("null") => Value::Null,
        Some("boolean") => json!(dice.chance(50)),
        Some("string") => text(dice, schema["format"].as_str()),
        Some("integer") if schema["maximum"] == 9 => json!(i64::try_from(dice.below(19)).unwrap() - 9),
        Some("integer" | "number") => number(dice),
        Some("array") => {
            let entries = schema["prefixItems"].as_array().cloned().unwrap_or_default();
            let mut values: Vec<Value> = entries.iter().map(|entry| value(dice, entry, root, depth - 1)).collect();
            for _ in 0..if schema["items"] == false { 0 } else { dice.below(3) } {
                values.push(value(dice, &schema["items"], root, depth - 1));
            }
            if dice.chance(15) {
                values.pop();
            }
            Value::Array(values)
        }
        Some("object") => members(dice, schema, root, depth - 1),
        _ => anything(dice, 2),
    }
}

fn members(dice: &mut Dice, schema: &Value, root: &Value, depth: u64) -> Value {
    let mut found = Map::new();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, subschema) in schema["properties"].as_object().into_iter().flatten() {
        if required.contains(&json!(name)) || dice.chance(70) {
            found.insert(name.clone(), value(dice, subschema, root, depth));
        }
    }
    let undeclared = ["additionalProperties", "unevaluatedProperties"].iter().find_map(|keyword| schema.get(*keyword));
    let of_pattern = schema["patternProperties"].as_object().and_then(|patterns| patterns.values().next());
    for _ in 0..dice.below(3) {
        let name = dice.pick(&["a1", "b2", "c3", "z", "only", "here"]);
        match (of_pattern, undeclared) {
            (Some(subschema), _) if name < "d" => found.insert(name.to_owned(), value(dice, subschema, root, depth)),
            (_, Some(Value::Bool(false))) => None,
            (_, subschema) => {
                let subschema = subschema.cloned().unwrap_or(Value::Null);
                found.insert(name.to_owned(), value(dice, &subschema, root, depth))
            }
        };
    }
    Value::Object(found)
}

fn text(dice: &mut Dice, format: Option<&str>) -> Value {
    let plain = ["", "x", "é\u{301}", "\"\\\u{0}\n", "\u{1f600}\u{fb33}", "2024-02-29", "null"];
    let days = ["2024-02-29", "0000-01-01", "9999-12-31", "1969-12-31"];
    let instants = [
        "2024-12-13T10:00:00Z",
        "2024-12-13T10:00:00.120+02:00",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "2024-12-13t10:00:00.1234567Z",
        "9999-12-31T23:59:59-01:00",
        "1990-12-31T23:59:60Z",
    ];
    json!(match format {
        Some("date") => dice.pick(&days),
        Some("date-time") => dice.pick(&instants),
        _ => dice.pick(&plain),
    })
}

/// The text of a number, which `serde_json` would round.
fn number(dice: &mut Dice) -> Value {
    dice.pick(&[
        json!(0),
        json!(-0.0),
        json!(1.5),
        json!(-7),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(9_007_199_254_740_993_i64),
        json!(1e300),
        json!(5e-324),
        json!(1e21),
        json!(1_152_921_504_606_846_976_i64),
    ])
}

fn anything(dice: &mut Dice, depth: u64) -> Value {
    match dice.below(if depth == 0 { 5 } else { 7 }) {
        0 => Value::Null,
        1 => json!(dice.chance(50)),
        2 | 3 => number(dice),
        4 => text(dice, None),
        5 => Value::Array((0..dice.below(4)).map(|_| anything(dice, depth - 1)).collect()),
        _ => {
            let names = 0..dice.below(4);
            Value::Object(names.map(|_| (dice.pick(&NAMES).to_owned(), anything(dice, depth - 1))).collect())
        }
    }
}

/// Whether two articles mean the same: missing and null are one, `1.0` is `1`, and an instant is
/// the same in every spelling.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let within = |a: &Map<String, Value>, b: &Map<String, Value>| {
                a.iter().all(|(name, value)| same(value, b.get(name).unwrap_or(&Value::Null)))
            };
            within(a, b) && within(b, a)
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        // Two integers are compared as such, and only a number that was written as a double as one.
        (Value::Number(a), Value::Number(b)) => a == b || ((a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64()),
        (Value::String(a), Value::String(b)) => {
            let instant = |text: &str| text.parse::<jiff::Timestamp>().ok();
            a == b || (instant(a).is_some() && instant(a) == instant(b))
        }
        (a, b) => a == b,
    }
}

/// The batch as Parquet gives it back.
fn through_parquet(batch: &RecordBatch) -> RecordBatch {
    let file = tempfile::NamedTempFile::new().unwrap();
    let options = ArrowWriterOptions::new().with_skip_arrow_metadata(true);
    let out = File::create(file.path()).unwrap();
    let mut writer = ArrowWriter::try_new_with_options(out, batch.schema(), options).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    batches(file.path()).remove(0)
}

#[test]
#[expect(clippy::too_many_lines, reason = "one property, from a schema to its release")]
fn what_is_accepted_comes_back_or_has_a_code() {
    let (kept, refused) = (Counter::new(0), Counter::new(0));
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    runner
        .run(&any::<u64>(), |seed| {
            let dice = &mut Dice(seed);
            let mut root = object(dice, 3);
            root["$defs"] = json!({"node": {"type": "object", "properties": {
                "name": {"type": "string"}, "parts": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}});
            let Ok(schema) = Schema::compile("generated".into(), root.to_string().into_bytes(), Extra::Keep) else {
                // Alternatives may contradict what stands beside them.
                return Ok(());
            };
            let columns = schema.columns();
            let (mut records, mut hashes): (Vec<Record<'_>>, Vec<RecordHash>) = Default::default();
            let mut wanted = Vec::new();
            let inputs: Vec<Value> = (0..12).map(|_| members(dice, &root, &root, 5)).collect();
            let texts: Vec<String> = inputs.iter().map(Value::to_string).collect();
            for (input, bytes) in inputs.into_iter().zip(&texts) {
                let parsed = json::parse(bytes.as_bytes()).unwrap();
                if !schema.validate(&parsed).is_empty() {
                    continue;
                }
                match admit(columns, Extra::Keep, &parsed) {
                    Ok(admission) => {
                        let mut canonical = Vec::new();
                        canonical_form(columns, &admission.record, &mut canonical);
                        let hash = record_hash(columns, &admission.record, &mut Vec::new());
                        records.push(admission.record);
                        hashes.push(hash);
                        wanted.push((canonical, input));
                        kept.set(kept.get() + 1);
                    }
                    Err(violations) => {
                        let conversions = violations.iter().all(|found| found.code.class() == Class::Conversion);
                        prop_assert!(conversions && !violations.is_empty(), "{root} {input}: {violations:?}");
                        refused.set(refused.get() + 1);
                    }
                }
            }
            if wanted.is_empty() {
                return Ok(());
            }
            let batch = through_parquet(&batch(columns, &records, &hashes));
            let rows = Rows::new(columns, &batch).expect("the columns are those that were written");
            prop_assert_eq!(rows.len(), wanted.len());
            for (row, (canonical, input)) in wanted.iter().enumerate() {
                let record = rows.record(row);
                let mut again = Vec::new();
                canonical_form(columns, &record, &mut again);
                prop_assert_eq!(
                    String::from_utf8_lossy(&again),
                    String::from_utf8_lossy(canonical),
                    "{} {}",
                    root,
                    input
                );
                let back = to_json(columns, &record, Nulls::Missing).unwrap().to_serde();
                prop_assert!(same(input, &back), "{root}\n{input}\n{back}");
            }
            Ok(())
        })
        .unwrap();
    // A test that sees nothing could not fail.
    assert!(kept.get() > 500, "only {} articles were kept", kept.get());
    assert!(refused.get() > 20, "only {} articles were refused", refused.get());
}
