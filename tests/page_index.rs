//! What a part says of its pages, by which readers skip them: `verify` holds it against their rows.

use std::fs::File;
use std::ops::Range;

use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use serde_json::{Value, json};

use crate::support::{Test, files};

/// A release of articles whose texts and captions fill pages of their own: null, empty and full
/// lists, in this order, and lists of members that have no value.
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
    let text = json!({ "type": ["string", "null"] });
    let image = json!({ "type": "object", "properties": { "caption": text, "alt": text, "credit": text }, "additionalProperties": false });
    let images = json!({ "type": ["array", "null"], "items": image });
    let schema = json!({
        "type": "object",
        "required": ["id", "text"],
        "properties": {
            "id": { "type": "string" }, "title": text, "text": { "type": "string" }, "images": images,
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

/// Where the column index of a leaf lies.
fn index(footer: &ParquetMetaData, column: &str) -> Range<usize> {
    let chunks = footer.row_group(0).columns();
    let chunk = chunks.iter().find(|chunk| chunk.column_path().string() == column).unwrap();
    let range = chunk.column_index_range().unwrap();
    usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()
}

/// Puts bytes in the place of the first ones like `from` in the column index of a leaf, and looks
/// for what is told of its statistics.
#[track_caller]
fn check(test: &Test, column: &str, (from, to): (&[u8], &[u8]), want: &str) {
    let (part, range) = (part(test), index(&footer(test), column));
    let intact = test.read(&part);
    let mut bytes = intact.clone();
    let at = range.start + bytes[range].windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    test.write(&part, bytes);
    let report = test.run("verify set/1.0.0 --format json").code(1).json();
    test.write(&part, intact);
    let findings = report["releases"][0]["findings"].as_array().unwrap().iter();
    let told: Vec<_> = findings.filter(|finding| finding["code"] == "R-STATISTICS").collect();
    let told: Vec<_> = told.iter().map(|finding| (&finding["column"], &finding["message"])).collect();
    assert_eq!(told, [(&json!(column), &json!(want))]);
}

#[test]
fn pages_are_what_the_index_says() {
    let test = paged();
    let pages = |column: &str| {
        let (footer, mut reader) = (footer(&test), ParquetMetaDataReader::new());
        let place = footer.row_group(0).columns().iter().position(|chunk| chunk.column_path().string() == column);
        reader = reader.with_page_index_policy(parquet::file::metadata::PageIndexPolicy::Required);
        let found = reader.parse_and_finish(&File::open(test.path(&part(&test))).unwrap()).unwrap();
        found.page_index_for_row_group(0).page_locations(place.unwrap()).unwrap().len()
    };
    assert_eq!((pages("text"), pages("images.list.element.caption"), pages("title")), (6, 3, 1));
    test.run("verify set").stdout_has("intact").check();
}

#[test]
fn an_index_by_which_a_reader_would_lose_rows_is_told() {
    let test = paged();
    // A list of six: the smallest value of each page, then the largest.
    let of_page = |page: u32, what: &str| format!("the statistics of its page {page} {what}");
    check(&test, "text", (b"f word", b"g word"), &of_page(6, "give another smallest value than the rows"));
    check(&test, "text", (b"a word", b"b word"), &of_page(1, "give another smallest value than the rows"));
    check(&test, "title", (b"Title f", b"Title e"), &of_page(1, "give another largest value than the rows"));
    // The order of the pages, then the list of their nulls.
    let (ascending, descending) = (&[0x15, 2, 0x19], &[0x15, 4, 0x19]);
    check(&test, "text", (ascending, descending), "its column index tells an order that its pages are not in");
    check(&test, "title", (&[0x19, 0x16, 2], &[0x19, 0x16, 4]), &of_page(1, "count 2 nulls, the rows have 1"));
    let caption = "images.list.element.caption";
    check(&test, caption, (&[0x19, 0x36, 6], &[0x19, 0x36, 8]), &of_page(1, "count 4 nulls, the rows have 3"));
    // The list of truth values that it starts with: whether a page has no value.
    check(&test, "title", (&[0x12, 2], &[0x12, 1]), &of_page(1, "say that it has no value"));
}
