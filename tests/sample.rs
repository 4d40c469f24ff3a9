//! The sample dataset as its readers see it: two articles from a page dump, built here and
//! compared with the releases that are committed.

use std::fs;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, RecordBatch};
use serde_json::{Value, json};

use crate::support::{Test, batches, parts};

const BLINKEN: &str = "Blinken Presses Iraq on Iran-Backed Groups, Seeing Syria Window";
const STRIKES: &str = "Israeli Strikes Kill 17 Palestinians in Gaza, Orders Hospital to Evacuate";
/// How many lines of the dump the first page has, the blank ones below it left out.
const FIRST_PAGE: usize = 47;

fn dataset() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/asharq-al-awsat")
}

/// The release of the first article, from standard input, and then that of both.
fn built() -> Test {
    let test = Test::new();
    let dump = fs::read_to_string(dataset().join("sources/000_a9718d6130c53b10.txt")).unwrap();
    let first_page: String = dump.split_inclusive('\n').take(FIRST_PAGE).collect();
    let build = format!("build {} --output out --date 2024-12-22", dataset().display());
    test.run(&format!("{build} --version 1.0.0 -")).stdin(first_page).check();
    test.run(&format!("{build} --version 1.1.0")).check();
    test
}

/// The one part of a release, as the Parquet library reads it.
fn part(test: &Test, version: &str) -> RecordBatch {
    let folder = test.path(&format!("out/{version}"));
    let names: Vec<String> = parts(&folder).into_keys().collect();
    assert_eq!(names.len(), 1);
    let mut batches = batches(&folder.join("data").join(&names[0]));
    assert_eq!(batches.len(), 1);
    batches.remove(0)
}

fn texts(batch: &RecordBatch, column: &str) -> Vec<String> {
    let column = batch.column_by_name(column).unwrap().as_string::<i32>();
    column.iter().map(|text| text.unwrap().to_owned()).collect()
}

/// The body of the article with this title.
fn body(batch: &RecordBatch, title: &str) -> String {
    let row = texts(batch, "title").iter().position(|other| other == title).unwrap();
    texts(batch, "text").swap_remove(row)
}

/// The captions and credits of the images, article by article.
fn images(batch: &RecordBatch) -> Vec<Vec<(String, String)>> {
    let lists = batch.column_by_name("images").unwrap().as_list::<i32>();
    let images_of = |row| {
        let images = lists.value(row);
        let member = |name| images.as_struct().column_by_name(name).unwrap().as_string::<i32>().clone();
        let (captions, credits) = (member("caption"), member("credit"));
        (0..images.len()).map(|at| (captions.value(at).to_owned(), credits.value(at).to_owned())).collect()
    };
    (0..lists.len()).map(images_of).collect()
}

#[test]
fn the_first_article_stands_alone_in_the_first_release() {
    let test = built();
    let batch = part(&test, "1.0.0");
    assert_eq!(texts(&batch, "title"), [BLINKEN]);
    assert_eq!(body(&batch, BLINKEN).split("\n\n").count(), 17);
}

#[test]
fn both_articles_have_their_paragraphs() {
    let test = built();
    let batch = part(&test, "1.1.0");
    let mut titles = texts(&batch, "title");
    titles.sort();
    assert_eq!(titles, [BLINKEN, STRIKES]);
    for (title, paragraphs, first, last) in [
        (BLINKEN, 17, "US Secretary of State Antony Blinken pressed Iraq", "efforts to isolate it."),
        (STRIKES, 15, "Israeli military strikes across the Gaza Strip", "coastal enclave is in ruins."),
    ] {
        let body = body(&batch, title);
        assert_eq!(body.split("\n\n").count(), paragraphs, "{title}");
        assert!(body.split("\n\n").all(|paragraph| !paragraph.is_empty() && !paragraph.contains('\n')), "{title}");
        assert!(body.starts_with(first) && body.ends_with(last), "{title}");
    }
}

#[test]
fn each_article_has_one_image_with_its_credit_apart() {
    let test = built();
    let batch = part(&test, "1.1.0");
    let mut images = images(&batch);
    images.sort();
    let [[gaza], [baghdad]] = [&images[0][..], &images[1][..]] else { panic!("{images:?}") };
    assert!(gaza.0.starts_with("Bodies of victims") && gaza.0.ends_with("Saturday, Dec. 21, 2024."), "{}", gaza.0);
    assert_eq!(gaza.1, "AP Photo/Abdel Kareem Hana");
    assert!(
        baghdad.0.starts_with("This handout picture") && baghdad.0.ends_with("December 13, 2024."),
        "{}",
        baghdad.0
    );
    assert_eq!(baghdad.1, "Iraqi Prime Minister's Media Office / AFP");
}

#[test]
fn nothing_of_the_page_around_an_article_is_in_its_body() {
    let test = built();
    let batch = part(&test, "1.1.0");
    let captions: Vec<String> = images(&batch).into_iter().flatten().map(|(caption, _)| caption).collect();
    for (title, body) in texts(&batch, "title").iter().zip(texts(&batch, "text")) {
        assert!(!body.lines().any(|line| line.trim() == "TT"), "{title}");
        assert!(!body.contains(title.as_str()), "{title}");
        assert!(!captions.iter().any(|caption| body.contains(caption.as_str())), "{title}");
    }
}

#[test]
fn no_date_is_made_up() {
    let test = built();
    let batch = part(&test, "1.1.0");
    for column in ["published_at", "published_date", "published_raw", "modified_at", "retrieved_at"] {
        assert_eq!(batch.column_by_name(column).unwrap().null_count(), batch.num_rows(), "{column}");
    }
}

#[test]
fn every_line_left_out_is_counted() {
    let test = built();
    let want = |articles: u64, blank: u64| {
        json!({
            "id": { "derived-c1": articles },
            "images": { "repeated-caption": articles * 3 },
            "text": { "blank-lines": blank, "control-line": articles },
            "title": { "repeated-title": articles },
        })
    };
    assert_eq!(test.json("out/1.0.0/manifest.json")["normalised"], want(1, 23));
    assert_eq!(test.json("out/1.1.0/manifest.json")["normalised"], want(2, 27));
}

#[test]
fn the_committed_releases_have_the_records_that_are_built_now() {
    let test = built();
    for (version, like) in [("1.0.0", "1.0.0"), ("1.1.0", "1.1.0"), ("1.1.1", "1.1.0")] {
        let committed = dataset().join(version);
        assert!(committed.is_dir(), "{} is not there", committed.display());
        let verdict = test.run(&format!("verify {} --format json", committed.display())).json();
        assert_eq!(verdict["releases"][0]["intact"], Value::Bool(true), "{verdict}");
        let test_manifest = test.json(&format!("out/{like}/manifest.json"));
        let manifest: Value = serde_json::from_slice(&fs::read(committed.join("manifest.json")).unwrap()).unwrap();
        for member in ["fingerprint", "records", "schema", "columns", "normalised"] {
            assert_eq!(manifest[member], test_manifest[member], "{version}: {member}");
        }
        if manifest["format"] == "pressmark/2" {
            assert!(manifest["parts"] == test_manifest["parts"], "{version}: other bytes");
        }
    }
}
