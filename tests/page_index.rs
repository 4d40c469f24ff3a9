//! Page indexes, by which readers skip pages: `verify` compares them with the rows.

use std::fs::File;
use std::ops::Range;

use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use serde_json::{Value, json};

use crate::support::{Test, files};

/// A release of articles whose texts and captions each fill a page: null, empty and full lists, in this order,
/// and lists of members without values.
fn paged() -> Test {
    let long = |letter: &str| letter.to_owned() + &" word".repeat(250_000);
    let images = [
        json!(null),
        json!([]),
        json!([{ "caption": long("n") }, { "caption": null, "alt": "x" }]),
        json!([{ "credit": "c" }]),
        json!([{ "caption": long("m") }, { "caption": long("z") }]),
        json!(null),
    ];
    let article = |(letter, images): (char, Value)| {
        let title = (letter != 'c').then(|| format!("Title {letter}"));
        json!({ "id": letter.to_string(), "title": title, "text": long(&letter.to_string()), "images": images })
    };
    let lines: Vec<String> = ('a'..).zip(images).map(|pair| article(pair).to_string()).collect();
    let words = json!({ "type": ["string", "null"] });
    let image = json!({ "type": "object", "properties": { "caption": words, "alt": words, "credit": words }, "additionalProperties": false });
    let images = json!({ "type": ["array", "null"], "items": image });
    let schema = json!({
        "type": "object",
        "required": ["id", "text"],
        "properties": {
            "id": { "type": "string" }, "title": words, "text": { "type": "string" }, "images": images,
        },
    });
    let test = Test::set("schema = \"a.schema.json\"\norder_by = []\n", lines.join("\n"));
    test.write("set/a.schema.json", schema.to_string());
    test.build("--version 1.0.0").check();
    test
}

fn part(test: &Test) -> String {
    let part = files(&test.path("set/1.0.0/data")).into_keys().next().unwrap();
    format!("set/1.0.0/data/{part}")
}

fn footer(test: &Test) -> ParquetMetaData {
    ParquetMetaDataReader::new().parse_and_finish(&File::open(test.path(&part(test))).unwrap()).unwrap()
}

/// Which index of a leaf.
#[derive(Clone, Copy)]
enum Index {
    /// The values of its pages.
    Column,
    /// The positions of its pages.
    Offset,
}

/// The position of an index of a leaf.
fn range(footer: &ParquetMetaData, index: Index, column: &str) -> Range<usize> {
    let chunks = footer.row_group(0).columns();
    let chunk = chunks.iter().find(|chunk| chunk.column_path().string() == column).unwrap();
    let range = match index {
        Index::Column => chunk.column_index_range(),
        Index::Offset => chunk.offset_index_range(),
    };
    let range = range.unwrap();
    usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()
}

/// Replaces the first occurrence of `from` in an index of a leaf while `look` runs.
fn damaged<T>(test: &Test, (index, column): (Index, &str), (from, to): (&[u8], &[u8]), look: impl FnOnce() -> T) -> T {
    let (part, range) = (part(test), range(&footer(test), index, column));
    let intact = test.read(&part);
    let mut bytes = intact.clone();
    let at = range.start + bytes[range].windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    test.write(&part, bytes);
    let found = look();
    test.write(&part, intact);
    found
}

/// The findings of `verify` with a code: column and message.
fn findings(test: &Test, code: &str) -> Vec<(Value, Value)> {
    let report = test.run("verify set/1.0.0 --format json").code(1).json();
    let findings = report["releases"][0]["findings"].as_array().unwrap().iter();
    let found = findings.filter(|finding| finding["code"] == code);
    found.map(|finding| (finding["column"].clone(), finding["message"].clone())).collect()
}

/// Damages the column index of a leaf and checks the finding.
#[track_caller]
fn check(test: &Test, column: &str, bytes: (&[u8], &[u8]), want: &str) {
    let told = damaged(test, (Index::Column, column), bytes, || findings(test, "R-STATISTICS"));
    assert_eq!(told, [(json!(column), json!(want))]);
}

#[test]
fn an_intact_index_matches_its_pages() {
    let test = paged();
    let pages = |column: &str| {
        let (footer, mut reader) = (footer(&test), ParquetMetaDataReader::new());
        let place = footer.row_group(0).columns().iter().position(|chunk| chunk.column_path().string() == column);
        reader = reader.with_page_index_policy(parquet::file::metadata::PageIndexPolicy::Required);
        let found = reader.parse_and_finish(&File::open(test.path(&part(&test))).unwrap()).unwrap();
        found.page_index_for_row_group(0).page_locations(place.unwrap()).unwrap().len()
    };
    assert_eq!((pages("text"), pages("images.list.element.caption"), pages("title")), (6, 3, 1));
    // A page inside a list may have values although it has as many nulls as rows.
    let footer = footer(&test);
    let indexed = footer.row_group(0).columns().iter().filter(|chunk| chunk.column_index_range().is_some());
    let indexed: Vec<String> = indexed.map(|chunk| chunk.column_path().string()).collect();
    assert_eq!(indexed, ["id", "text", "title", "_extra"]);
    test.run("verify set").stdout_has("intact").check();
}

#[test]
fn an_index_that_hides_rows_is_reported() {
    let test = paged();
    // A list of six: the smallest value of each page, then the largest.
    let of_page = |page: u32, what: &str| format!("the statistics of its page {page} {what}");
    check(&test, "text", (b"f word", b"g word"), &of_page(6, "have another smallest value than the rows"));
    check(&test, "text", (b"a word", b"b word"), &of_page(1, "have another smallest value than the rows"));
    check(&test, "title", (b"Title f", b"Title e"), &of_page(1, "have another largest value than the rows"));
    // The order of the pages, then the list of their nulls.
    let (ascending, descending) = (&[0x15, 2, 0x19], &[0x15, 4, 0x19]);
    check(&test, "text", (ascending, descending), "its pages are not in the order that its column index declares");
    check(&test, "title", (&[0x19, 0x16, 2], &[0x19, 0x16, 4]), &of_page(1, "count 2 nulls, the rows have 1"));
    // The list of booleans at its start: whether a page has no value.
    check(&test, "title", (&[0x12, 2], &[0x12, 1]), &of_page(1, "say that it has no value"));
}

#[test]
fn an_index_with_other_rows_is_reported_and_not_used() {
    let test = paged();
    // The last field of each page, the number of its first row: the second page begins with row 2.
    let later: (&[u8], &[u8]) = (&[0x16, 2, 0], &[0x16, 4, 0]);
    let message = "its page index lists pages that a column does not have";
    damaged(&test, (Index::Offset, "text"), later, || {
        assert_eq!(findings(&test, "R-PART"), [(json!(null), json!(message))]);
        test.run("export set/1.0.0 --where-key b --columns id,text").code(2).stdout("").stderr_has(message).check();
    });
    // For lists only the rows show it: the second page begins with row 4.
    let column = "images.list.element.caption";
    let told =
        damaged(&test, (Index::Offset, column), (&[0x16, 6, 0], &[0x16, 8, 0]), || findings(&test, "R-STATISTICS"));
    let message = json!("the rows of its pages differ from its offset index");
    assert!(told.contains(&(json!(column), message)), "{told:?}");
}
