//! Parquet files that other programs wrote, compared: the cases that were reported, checksums,
//! codecs, damaged indexes, and rows that no memory holds.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, IntervalDayTimeArray, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};

use crate::support::Test;

/// A folder with the files of a case in it.
fn case(name: &str) -> Test {
    let test = Test::new();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name), &test, "");
    test
}

fn copy(from: &Path, test: &Test, prefix: &str) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), test, &format!("{name}/"));
        } else {
            test.write(&name, std::fs::read(entry.path()).unwrap());
        }
    }
}

/// The counts of a diff, by their names.
#[track_caller]
fn counts(test: &Test, arguments: &str, names: [&str; 4]) -> [u64; 4] {
    let report = test.run(&format!("diff {arguments} --format json --exit-zero")).json();
    names.map(|name| report["counts"][name].as_u64().unwrap())
}

const KINDS: [&str; 4] = ["same", "added", "removed", "changed"];

#[test]
fn records_of_other_content_are_not_rekeyed() {
    let test = case("rekey-collision");
    for files in ["a.parquet b.parquet", "a2.parquet b2.parquet"] {
        test.run(&format!("diff {files} --key id --fail-on added,removed,changed"))
            .code(1)
            .stderr_has("failed: `added` changes found (--fail-on)")
            .check();
        assert_eq!(counts(&test, &format!("{files} --key id"), ["rekeyed", "added", "removed", "same"]), [0, 1, 1, 0]);
    }
}

#[test]
fn int96_holds_every_year() {
    let test = case("int96");
    assert_eq!(counts(&test, "us.parquet i96.parquet --key id", KINDS), [4, 0, 0, 0]);
    let same = "same us.parquet (4 records) -> i96.parquet (4 records)\n  4 records unchanged\n";
    test.run("diff us.parquet i96.parquet --key id").stdout(same).check();
    assert_eq!(counts(&test, "one.parquet wrapped.parquet --key id", KINDS), [0, 0, 0, 1]);
    let told = test.run("diff one.parquet wrapped.parquet --key id").code(1).check();
    assert!(told.contains("a: \"9999-12-31T00:00:00\" -> \"1816-03-29T05:56:08.066277376\""), "{told}");
}

#[test]
fn what_is_required_now_is_safe_everywhere() {
    let test = case("required-now");
    let bump = |arguments: &str| {
        let report = test.run(&format!("diff {arguments} --key k --exit-zero --format json")).json();
        report["suggestion"]["bump"].clone()
    };
    assert_eq!(bump("opt.parquet req.parquet"), json!("patch"));
    // Readers may see what they did not see before, and queries go on.
    assert_eq!(bump("req.parquet opt.parquet"), json!("minor"));
    let class = |arguments: &str| test.run(&format!("schema diff {arguments}")).code(1).check();
    assert!(class("opt.json req.json").contains("safe           v: "));
    assert!(class("req.json opt.json").contains("reader-visible v: "));
}

#[test]
fn a_folder_is_one_table_by_column_name() {
    let test = case("folder-drift");
    for folder in ["nullability", "widths", "dict", "order", "nulltype", "addcol"] {
        let stdout = format!("same {folder} (2 records) -> {folder} (2 records)\n  2 records unchanged\n");
        test.run(&format!("diff {folder} {folder} --key k")).stdout(stdout).check();
    }
    // The same two records, whichever file has a column for what.
    for folder in ["nullability", "dict", "order"] {
        assert_eq!(counts(&test, &format!("order {folder} --key k"), KINDS), [2, 0, 0, 0], "{folder}");
    }
    assert_eq!(counts(&test, "nulltype addcol --key k", KINDS), [2, 0, 0, 0]);
    assert_eq!(counts(&test, "order addcol --key k", KINDS), [1, 0, 0, 1]);
    let told = test.run("diff order addcol --key k --rows").code(1).stderr_has("1 record changed").check();
    assert!(told.contains(r#""columns":["v"],"before":{"k":1,"v":"a"},"after":{"k":1}"#), "{told}");
    let report = test.run("diff widths addcol --key k --exit-zero --format json").json();
    assert_eq!(report["schema"], json!([{ "change": "column-added", "column": "v", "kind": "string" }]));
    // A file without the key cannot be part of the table.
    test.write("order/f3.parquet", test.read("widths/f1.parquet"));
    test.run("diff order order --key v").code(2).stderr_has("`order/f3.parquet`: it has no column `v`").check();
}

#[test]
fn a_key_of_several_columns() {
    let test = case("composite-key");
    for key in ["--key u --key g", "--key u,g"] {
        let told = test.run(&format!("diff a.parquet b.parquet {key}")).code(1).check();
        assert!(told.contains("~ 1 record changed\n") && told.contains("    [11,1]: [-q-]{+r+}\n"), "{told}");
    }
    let report = test.run("diff a.parquet b.parquet --key u,g --exit-zero --format json").json();
    assert_eq!(
        (&report["base"]["key"], &report["columns"][0]["examples"][0]["key"]),
        (&json!(["u", "g"]), &json!("[11,1]"))
    );
    let schema: Value = serde_json::from_str(include_str!("../schema/diff-report.schema.json")).unwrap();
    let errors: Vec<String> =
        jsonschema::options().build(&schema).unwrap().iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    test.run("diff a.parquet b.parquet --key u,x").code(2).stderr_has("it has no column `x`; there are `u`").check();
    // Where one value ends and the next begins is part of the key.
    let rows = |name: &str, keys: [[Option<&str>; 2]; 2]| {
        let column = |at: usize| Arc::new(StringArray::from(keys.map(|key| key[at]).to_vec())) as ArrayRef;
        let values = Arc::new(Int64Array::from(vec![1, 2]));
        write(&test, name, vec![("a", column(0)), ("a,b", column(0)), ("b", column(1)), ("v", values)]);
    };
    rows("c.parquet", [[Some("a"), Some("bc")], [Some("x"), None]]);
    rows("d.parquet", [[Some("ab"), Some("c")], [Some("x"), None]]);
    let told =
        test.run("diff c.parquet d.parquet --key a --key b --rows").code(1).stderr_has("rows without a key: 1").check();
    assert!(told.contains(r#""key":"[\"a\",\"bc\"]""#) && told.contains(r#""key":"[\"ab\",\"c\"]""#), "{told}");
    // A column may have a comma in its name.
    let report = test.run("diff c.parquet c.parquet --key a,b --format json").json();
    assert_eq!(report["base"]["key"], json!("a,b"));
}

fn write(test: &Test, name: &str, columns: Vec<(&str, ArrayRef)>) {
    test.write(name, "");
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let properties = WriterProperties::builder().set_write_batch_size(1).set_data_page_row_count_limit(4).build();
    let file = File::options().write(true).truncate(true).open(test.path(name)).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Two files that are damaged alike are not the same.
#[test]
fn page_checksums_are_verified_where_they_are_there() {
    let test = case("page-checksum");
    for name in ["plain", "zstd", "version2"] {
        test.run(&format!("diff brotli.parquet {name}.parquet --key k")).stdout_has("  40 records unchanged\n").check();
        let mut bytes = test.read(&format!("{name}.parquet"));
        // In the first page, behind its header.
        bytes[100] ^= 1;
        test.write("bad.parquet", bytes);
        test.run("diff bad.parquet bad.parquet --key k").code(2).stderr_has("CRC checksum mismatch").check();
    }
}

/// A list of a hundred million elements in four hundred bytes.
#[test]
fn rows_that_no_memory_holds_are_refused_by_name() {
    let test = case("long-list");
    for name in ["long-list", "long-list-v2"] {
        test.run(&format!("diff {name}.parquet {name}.parquet --key k"))
            .code(2)
            .stderr_has("a row has 100000000 values in lists, more than the limit of 8388608")
            .check();
    }
}

#[test]
fn columns_nested_without_end_are_refused() {
    let element = |kind: &[u8]| [kind, &[0x18, 1, b'g', 0x15, 2, 0]].concat();
    let groups = [vec![0x35, 2], element(&[])[..].to_vec()].concat().repeat(100_000);
    // The version, a list of 100,001 columns, no rows, no row groups.
    let mut footer = vec![0x15, 2, 0x19, 0xfc, 0xa1, 0x8d, 0x06];
    footer.extend_from_slice(&groups);
    footer.extend_from_slice(&[0x15, 2, 0x25, 2, 0x18, 1, b'x', 0, 0x16, 0, 0x19, 0x0c, 0]);
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    let file = [b"PAR1".as_slice(), &footer, &length, b"PAR1"].concat();
    let test = Test::new().file("deep.parquet", file);
    test.run("diff deep.parquet deep.parquet --key g").code(2).stderr_has("nested more than 128 deep").check();
}

#[test]
fn intervals_are_refused_by_name() {
    let test = Test::new();
    let intervals = IntervalDayTimeArray::from(vec![arrow_buffer::IntervalDayTime::new(1, 2)]);
    write(&test, "a.parquet", vec![("k", Arc::new(Int64Array::from(vec![1]))), ("i", Arc::new(intervals))]);
    test.run("diff a.parquet a.parquet --key k")
        .code(2)
        .stderr_has("column `i`: its type Interval(DayTime) cannot be compared")
        .check();
}

/// A page index is for finding rows faster; a file is read without it.
#[test]
fn a_damaged_page_index_is_left_aside() {
    let test = Test::new();
    let numbers = || Arc::new(Int64Array::from_iter_values(0..100)) as ArrayRef;
    let texts = |last: &str| {
        let texts = (0..100).map(|n| if n == 99 { last.to_owned() } else { format!("text {n}") });
        Arc::new(StringArray::from_iter_values(texts)) as ArrayRef
    };
    write(&test, "a.parquet", vec![("k", numbers()), ("t", texts("old"))]);
    write(&test, "b.parquet", vec![("k", numbers()), ("t", texts("new"))]);
    let bytes = test.read("b.parquet");
    let footer = ParquetMetaDataReader::new().parse_and_finish(&File::open(test.path("b.parquet")).unwrap()).unwrap();
    let index = footer.row_group(0).column(1).offset_index_range().unwrap();
    let index = usize::try_from(index.start).unwrap()..usize::try_from(index.end).unwrap();
    let damage: [fn(&mut [u8]); 3] = [
        |index| index.fill(0xff),
        |index| index.fill(0),
        // Each page one byte on: a right structure that names other pages.
        |index| index.iter_mut().skip(2).step_by(4).for_each(|byte| *byte ^= 2),
    ];
    for damage in damage {
        let mut bytes = bytes.clone();
        damage(&mut bytes[index.clone()]);
        test.write("c.parquet", bytes);
        assert_eq!(counts(&test, "a.parquet c.parquet --key k", KINDS), [99, 0, 0, 1]);
        assert_eq!(counts(&test, "b.parquet c.parquet --key k", KINDS), [100, 0, 0, 0]);
    }
}

/// A repeated field that no LIST is around is a list.
#[test]
fn a_repeated_field_without_an_annotation() {
    let test = Test::new().file("a.parquet", "");
    let schema = "message user { required int32 id; optional group phones { repeated group phone {
        required int64 number; optional binary kind (UTF8); } } }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let file = File::options().write(true).truncate(true).open(test.path("a.parquet")).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int32Type>().write_batch(&[1, 2, 3, 4, 5, 6], None, None).unwrap();
    column.close().unwrap();
    // Nothing, an empty group, then 1, 1, 3 and 1 phones.
    let levels: (&[i16], &[i16]) = (&[0, 1, 2, 2, 2, 2, 2, 2], &[0, 0, 0, 0, 0, 1, 1, 0]);
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[1, 2, 3, 4, 5, 6], Some(levels.0), Some(levels.1)).unwrap();
    column.close().unwrap();
    let kinds: Vec<ByteArray> = ["home", "home", "cell"].map(ByteArray::from).to_vec();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&kinds, Some(&[0, 1, 2, 3, 3, 2, 3, 2]), Some(levels.1)).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    assert_eq!(counts(&test, "a.parquet a.parquet --key id", KINDS), [6, 0, 0, 0]);
    // An old writer left the number of rows in the footer at zero, and counted them in the row group.
    let mut bytes = test.read("a.parquet");
    let rows = [0x16, 12, 0x19, 0x1c];
    let at = bytes.windows(4).rposition(|window| window == rows).unwrap();
    bytes[at + 1] = 0;
    test.write("b.parquet", bytes.clone());
    assert_eq!(counts(&test, "a.parquet b.parquet --key id", KINDS), [6, 0, 0, 0]);
    bytes[at + 1] = 14;
    test.write("c.parquet", bytes);
    test.run("diff a.parquet c.parquet --key id")
        .code(2)
        .stderr_has("its footer says 7 rows, and its row groups 6")
        .check();
}
