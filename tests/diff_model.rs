//! `diff` against a plain map: random datasets, random edits, and what a few lines over maps say
//! of them. For releases of many small parts and for plain files in any order.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use pressmark::diff::{
    Change, Counts, DeltaWriter, DiffInput, DiffOptions, RowChange, check_delta, diff, diff_rows, fingerprint,
};
use pressmark::progress::NoProgress;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Map, Value, json};

use crate::support::{Test, article};

/// The members beside the key, in the order of their names.
const MEMBERS: [&str; 3] = ["n", "text", "title"];

/// A record without its key.
type Content = BTreeMap<&'static str, Value>;
/// A dataset by key.
type Data = BTreeMap<String, Content>;

/// What is done to one record.
#[derive(Debug, Clone)]
enum Edit {
    Keep,
    Remove,
    Space,
    Rekey(u16),
    Set(usize, u8),
}

fn content() -> impl Strategy<Value = Content> {
    (0..4_u8, 0..6_u8, 0..4_u8).prop_map(|(n, text, title)| {
        let mut content = Content::new();
        content.insert("text", json!(format!("text {text}")));
        if n > 0 {
            content.insert("n", json!(n));
        }
        if title > 0 {
            content.insert("title", json!(format!("Title\u{e9} {title}")));
        }
        content
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        12 => Just(Edit::Keep),
        1 => Just(Edit::Remove),
        1 => Just(Edit::Space),
        1 => any::<u16>().prop_map(Edit::Rekey),
        2 => (0..MEMBERS.len(), 0..4_u8).prop_map(|(member, value)| Edit::Set(member, value)),
    ]
}

/// A dataset and the one that became of it.
fn story() -> impl Strategy<Value = (Data, Data)> {
    let records = prop::collection::vec((any::<u16>(), content(), edit()), 1..120);
    let added = prop::collection::vec((any::<u16>(), content()), 0..12);
    (records, added, any::<bool>()).prop_map(|(records, added, quiet)| {
        let (mut base, mut current) = (Data::new(), Data::new());
        for (key, content, edit) in records {
            let key = format!("k{key}");
            if base.insert(key.clone(), content.clone()).is_some() {
                current.remove(&key);
            }
            let mut content = content;
            match if quiet && matches!(edit, Edit::Rekey(_)) { Edit::Keep } else { edit } {
                Edit::Keep => drop(current.insert(key, content)),
                Edit::Remove => {}
                Edit::Rekey(other) => drop(current.insert(format!("r{other}"), content)),
                Edit::Space => {
                    let text = content["text"].as_str().unwrap().replace(' ', "\u{a0} ");
                    content.insert("text", json!(text));
                    current.insert(key, content);
                }
                Edit::Set(member, value) => {
                    let value = if MEMBERS[member] == "n" { json!(value) } else { json!(format!("set {value}")) };
                    content.insert(MEMBERS[member], value);
                    current.insert(key, content);
                }
            }
        }
        current.extend(added.into_iter().map(|(key, content)| (format!("a{key}"), content)));
        // A release holds at least one record.
        current.entry("always".to_owned()).or_default().insert("text", json!("x"));
        (base, current)
    })
}

fn canonical(key: &str, content: &Content) -> String {
    let mut record: Map<String, Value> =
        content.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    record.insert("id".into(), json!(key));
    Value::Object(record).to_string()
}

fn loose(content: &Content) -> Content {
    let mut content = content.clone();
    for value in content.values_mut() {
        if let Some(text) = value.as_str() {
            *value = json!(text.replace('\u{a0}', ""));
        }
    }
    content
}

/// What maps say: counts, changed columns, and changed records as lines. Which of several equal
/// records became which has no answer, so rekeyed ones are told by content alone.
fn expected(base: &Data, current: &Data) -> (Counts, BTreeMap<String, u64>, Vec<String>) {
    let mut counts = Counts::default();
    let (mut columns, mut lines) = (BTreeMap::new(), Vec::new());
    let mut gone: Vec<&Content> = Vec::new();
    for (key, before) in base {
        match current.get(key) {
            None => gone.push(before),
            Some(after) if after == before => counts.same += 1,
            Some(after) => {
                counts.changed += 1;
                counts.formatting += u64::from(loose(before) == loose(after));
                let changed = |name: &&&str| before.get(**name) != after.get(**name);
                let names: BTreeSet<&str> = MEMBERS.iter().filter(changed).copied().collect();
                for name in &names {
                    *columns.entry((*name).to_owned()).or_default() += 1;
                }
                lines.push(format!("changed {key} {names:?} {} {}", canonical(key, before), canonical(key, after)));
            }
        }
    }
    let mut came: Vec<&Content> =
        current.iter().filter(|(key, _)| !base.contains_key(*key)).map(|(_, content)| content).collect();
    for before in gone {
        if let Some(place) = came.iter().position(|after| *after == before) {
            came.swap_remove(place);
            counts.rekeyed += 1;
            lines.push(format!("rekeyed {before:?}"));
        } else {
            counts.removed += 1;
            lines.push(format!("removed {before:?}"));
        }
    }
    counts.added = came.len() as u64;
    lines.extend(came.iter().map(|content| format!("added {content:?}")));
    lines.sort();
    (counts, columns, lines)
}

/// The same line for a record that `diff` tells of.
fn line(row: &RowChange) -> String {
    let content = |record: &Option<String>| {
        let mut record: Map<String, Value> = serde_json::from_str(record.as_ref().unwrap()).unwrap();
        record.remove("id");
        MEMBERS.iter().filter_map(|name| Some((*name, record.remove(*name)?))).collect::<Content>()
    };
    match row.change {
        Change::Changed => {
            let names: BTreeSet<&str> = row.columns.iter().map(String::as_str).collect();
            let [before, after] = [&row.before, &row.after].map(|record| record.as_ref().unwrap());
            format!("changed {} {names:?} {before} {after}", row.key.as_ref().unwrap())
        }
        Change::Rekeyed => {
            assert_eq!(content(&row.before), content(&row.after));
            assert_ne!(row.key, row.previous_key);
            format!("rekeyed {:?}", content(&row.before))
        }
        Change::Added => format!("added {:?}", content(&row.after)),
        other => format!("{} {:?}", other.name(), content(&row.before)),
    }
}

fn check(base: &DiffInput, current: &DiffInput, delta: &Path, data: &(Data, Data)) -> Result<(), TestCaseError> {
    let mut lines = Vec::new();
    let mut writer = DeltaWriter::create(delta, [base, current]).unwrap();
    let mut each = |row: &RowChange| {
        lines.push(line(row));
        writer.add(row)
    };
    let options = &DiffOptions::default();
    let report = diff_rows(base, current, options, &mut each, &NoProgress).unwrap();
    writer.finish(fingerprint(base, options).unwrap(), fingerprint(current, options).unwrap()).unwrap();
    let little = DiffOptions { threads: 1, memory: 0, ..DiffOptions::default() };
    prop_assert_eq!(&diff(base, current, &little, &NoProgress).unwrap(), &report);
    lines.sort();
    let (counts, columns, want) = expected(&data.0, &data.1);
    let found: BTreeMap<String, u64> =
        report.columns.iter().map(|column| (column.name.clone(), column.changed)).collect();
    prop_assert_eq!((report.counts, found, lines), (counts, columns, want));
    prop_assert_eq!(report.is_same(), data.0 == data.1);
    let proof = check_delta(delta, base, options).unwrap();
    prop_assert!(proof.is_proven(), "{:?}", proof);
    prop_assert_eq!(check_delta(delta, current, options).unwrap().is_proven(), data.0 == data.1);
    Ok(())
}

fn jsonl(data: &Data) -> String {
    data.iter().map(|(key, content)| canonical(key, content) + "\n").collect()
}

const SCHEMA: &str = r#"{
  "type": "object", "required": ["id", "text"], "additionalProperties": false,
  "properties": {
    "id": {"type": "string"}, "title": {"type": "string"}, "n": {"type": "integer"}, "text": {"type": "string"}
  }
}"#;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            assert!(fs::copy(entry.path(), target).is_ok());
        }
    }
}

#[test]
fn releases() {
    // A first release of one long record makes the parts of the later ones small.
    let long = article("long").replace("Text long.", &"0123456789abcdef".repeat(1 << 19));
    let first = Test::set("schema = \"s.json\"\norder_by = [\"n\"]", long).file("set/s.json", SCHEMA);
    first.build("").check();
    let mut runner = TestRunner::new(Config { cases: 32, ..Config::default() });
    let told = runner.run(&story(), |data| {
        let test = Test::new();
        copy(&first.path("set"), &test.path("set"));
        for (version, data) in [("1.1.0", &data.0), ("1.2.0", &data.1)] {
            test.write("set/sources/a.jsonl", jsonl(data));
            test.build(&format!("--version {version}")).check();
        }
        let [base, current] =
            ["1.1.0", "1.2.0"].map(|name| DiffInput::open(&test.path("set").join(name), None).unwrap());
        check(&base, &current, &test.path("delta.parquet"), &data)
    });
    told.unwrap();
}

/// A record whose text is long enough that a page holds about a thousand of them.
fn long(number: u64) -> Content {
    let mut random = number;
    let word = |random: &mut u64| {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{:x} ", *random >> 30)
    };
    let text: String = (0..120).map(|_| word(&mut random)).collect();
    Content::from([("n", json!(number / 7)), ("text", json!(text)), ("title", json!(format!("Title {}", number % 5)))])
}

/// One edit after the other to a release of several pages a column: in place, at a distance and
/// side by side, moving all that follows, and nearly everywhere.
#[test]
fn releases_of_many_pages() {
    let mut data: Data = (0..3000).map(|number| (format!("k{number:05}"), long(number))).collect();
    let test = Test::set("schema = \"s.json\"\norder_by = [\"n\"]", jsonl(&data)).file("set/s.json", SCHEMA);
    test.build("--version 1.0.0").check();
    let edits: [&dyn Fn(&mut Data); 9] = [
        &|data| set(data, [5, 1500, 2999], "text", |text| format!("new {text}")),
        &|data| set(data, 700..720, "title", |title| format!("{title}!")),
        &|data| set(data, [0, 1], "text", |text| text.replace(' ', "\u{a0} ")),
        &|data| set(data, [100, 2000], "text", |_| "short".to_owned()),
        &|data| data.retain(|key, _| key != "k01400"),
        &|data| data.extend([("k00700b".to_owned(), long(700)), ("k02100b".to_owned(), long(2100))]),
        &|data| drop(data.get_mut("k00003").unwrap().insert("n", json!(300))),
        &|data| {
            let moved = data.remove("k00010").unwrap();
            data.insert("renamed".to_owned(), moved);
        },
        &|data| set(data, 0..3000, "text", |text| format!("{text}.")),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let before = data.clone();
        edit(&mut data);
        test.write("set/sources/a.jsonl", jsonl(&data));
        test.build(&format!("--version {}.0.0", number + 2)).check();
        let side = |version: usize| DiffInput::open(&test.path(&format!("set/{version}.0.0")), None).unwrap();
        let sides = (side(number + 1), side(number + 2));
        check(&sides.0, &sides.1, &test.path("delta.parquet"), &(before, data.clone())).unwrap();
    }
}

/// Changes a text of those of these records that are there.
fn set(data: &mut Data, numbers: impl IntoIterator<Item = u64>, member: &'static str, change: fn(&str) -> String) {
    for number in numbers {
        if let Some(content) = data.get_mut(&format!("k{number:05}")) {
            let text = change(content[member].as_str().unwrap());
            content.insert(member, json!(text));
        }
    }
}

/// How plain files are written.
#[derive(Debug, Clone, Copy)]
struct Plain {
    files: usize,
    /// Integers of 64 bits.
    wide: bool,
    /// How many rows a page and a row group hold at most.
    page: usize,
    group: usize,
    zstd: bool,
    dictionary: bool,
}

const PLAIN: Plain = Plain { files: 1, wide: false, page: 1000, group: 1000, zstd: false, dictionary: true };

fn plain() -> impl Strategy<Value = Plain> {
    let sizes = (1..4_usize, 1..9_usize, 1..40_usize);
    (sizes, any::<bool>(), any::<bool>()).prop_map(|((files, page, group), zstd, dictionary)| Plain {
        files,
        wide: false,
        page,
        group,
        zstd,
        dictionary,
    })
}

/// Writes records as plain Parquet: in a few files, in another order, integers of another width.
fn write_plain(folder: &Path, data: &Data, plain: Plain) {
    let Plain { files, wide, page, group, zstd, dictionary } = plain;
    fs::create_dir_all(folder).unwrap();
    let records: Vec<(&String, &Content)> = data.iter().collect();
    for number in 0..files {
        let mut mine: Vec<_> = records.iter().skip(number).step_by(files).collect();
        let third = mine.len() / 3;
        mine.rotate_left(third);
        let text = |name: &str| -> ArrayRef {
            let values = mine.iter().map(|(_, content)| content.get(name).map(|value| value.as_str().unwrap()));
            Arc::new(values.collect::<StringArray>())
        };
        let numbers = mine.iter().map(|(_, content)| content.get("n").map(|value| value.as_i64().unwrap()));
        let n: ArrayRef = if wide {
            Arc::new(numbers.collect::<Int64Array>())
        } else {
            Arc::new(numbers.map(|n| n.map(|n| i32::try_from(n).unwrap())).collect::<Int32Array>())
        };
        let keys: ArrayRef = Arc::new(mine.iter().map(|(key, _)| Some(key.as_str())).collect::<StringArray>());
        let columns = [("text", text("text")), ("n", n), ("id", keys), ("title", text("title"))];
        let batch = RecordBatch::try_from_iter_with_nullable(
            columns.map(|(name, array)| (name, array, !matches!(name, "id" | "text"))),
        )
        .unwrap();
        let codec = if zstd { Compression::ZSTD(ZstdLevel::default()) } else { Compression::SNAPPY };
        let properties = WriterProperties::builder()
            .set_compression(codec)
            .set_dictionary_enabled(dictionary)
            .set_write_batch_size(1)
            .set_data_page_row_count_limit(page)
            .set_max_row_group_row_count(Some(group))
            .build();
        let file = File::options().write(true).create_new(true).open(folder.join(format!("{number}.parquet"))).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }
}

#[test]
fn plain_files() {
    let mut runner = TestRunner::new(Config { cases: 64, ..Config::default() });
    let told = runner.run(&(story(), plain(), any::<bool>()), |(data, how, alike)| {
        let test = Test::new();
        write_plain(&test.path("base"), &data.0, if alike { how } else { Plain { files: 1, ..how } });
        write_plain(&test.path("current"), &data.1, if alike { how } else { Plain { files: how.files, ..PLAIN } });
        let [base, current] = ["base", "current"].map(|name| DiffInput::plain(&test.path(name), "id").unwrap());
        check(&base, &current, &test.path("delta.parquet"), &data)?;
        // Another width of integers is another type and the same values.
        write_plain(&test.path("wide"), &data.0, Plain { files: 2, wide: true, ..how });
        let wide = DiffInput::plain(&test.path("wide"), "id").unwrap();
        let report = diff(&base, &wide, &DiffOptions::default(), &NoProgress).unwrap();
        prop_assert_eq!(report.counts.same, data.0.len() as u64);
        prop_assert_eq!(report.schema.len(), 1);
        Ok(())
    });
    told.unwrap();
}
