//! Reading records of a release through the library: columns, keys, parts and damage.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::thread;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use arrow_schema::DataType;
use pressmark::Error;
use pressmark::record::arrow_schema;
use pressmark::release::{Key, Release, Scan};
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Value, json};

use crate::support::{Files, Test, files};

/// The columns of the releases of [`notes`].
const COLUMNS: [&str; 4] = ["id", "day", "tags", "record_sha256"];
const RECORDS: usize = 120;

/// A release of many parts with several row groups each, ordered by these columns.
fn notes(order_by: &str) -> Test {
    let schema = json!({
        "type": "object",
        "required": ["id", "day"],
        "additionalProperties": false,
        "properties": {
            "id": { "type": "string" },
            "day": { "type": "integer" },
            "tags": { "type": ["array", "null"], "items": { "type": "string" } },
        },
    });
    let note = |number: usize| {
        let tags = (!number.is_multiple_of(3)).then(|| vec![format!("tag {}", number % 5); number % 4]);
        json!({ "id": id(number), "day": number * 7 % 31, "tags": tags }).to_string() + "\n"
    };
    let settings = format!("schema = \"note.json\"\norder_by = [{order_by}]\n");
    let test =
        Test::set(&settings, (0..RECORDS).map(note).collect::<String>()).file("set/note.json", schema.to_string());
    test.build("--version 1.0.0 -").stdin("{\"id\":\"seed\",\"day\":1}\n").check();
    let mut manifest = test.json("set/1.0.0/manifest.json");
    manifest["layout"]["target_rows"] = json!(16);
    manifest["layout"]["row_group_rows"] = json!(2);
    test.write_manifest("set/1.0.0", &manifest);
    test.build("--version 2.0.0").check();
    test
}

fn id(number: usize) -> String {
    format!("note-{number:03}")
}

/// Releases of the same records: ordered by key, so that parts and pages are ruled out by keys, and by another
/// column.
static RELEASES: LazyLock<[Files; 2]> =
    LazyLock::new(|| ["", "\"day\""].map(|order_by| files(&notes(order_by).path("set/2.0.0"))));

/// One of these releases in a folder.
fn release(number: usize) -> (Test, Release) {
    let test = Test::new();
    for (name, bytes) in &RELEASES[number] {
        test.write(&format!("r/{name}"), bytes);
    }
    let release = Release::open(test.path("r")).unwrap();
    (test, release)
}

/// The values of the columns of each record, as text.
type Rows = Vec<BTreeMap<String, String>>;

fn rows(batches: impl IntoIterator<Item = Result<RecordBatch, Error>>) -> Rows {
    batches.into_iter().flat_map(|batch| rows_of(&batch.unwrap())).collect()
}

fn rows_of(batch: &RecordBatch) -> Rows {
    let schema = batch.schema();
    let value = |row: usize, column: usize| {
        let slice = batch.column(column).slice(row, 1);
        (schema.field(column).name().clone(), format!("{slice:?}"))
    };
    (0..batch.num_rows()).map(|row| (0..batch.num_columns()).map(|column| value(row, column)).collect()).collect()
}

fn ids(scan: Scan) -> Vec<String> {
    let ids = |batch: RecordBatch| -> Vec<String> {
        let ids = batch.column_by_name("id").unwrap().as_string::<i32>().clone();
        ids.iter().map(|id| id.unwrap().to_owned()).collect()
    };
    scan.batches().flat_map(|batch| ids(batch.unwrap())).collect()
}

#[test]
fn a_scan_has_all_records_and_the_columns_of_the_schema() {
    for number in [0, 1] {
        let (test, release) = release(number);
        let scan = release.scan().unwrap();
        assert_eq!(scan.schema(), arrow_schema(release.load_schema().unwrap().columns()));
        let batches: Vec<RecordBatch> = scan.clone().batches().map(Result::unwrap).collect();
        assert!(batches.iter().all(|batch| batch.schema() == scan.schema()));
        assert_eq!(ids(scan), test.keys("r"));
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), RECORDS);
    }
}

#[test]
fn columns_have_the_requested_order() {
    let (_test, release) = release(0);
    let scan = release.scan().unwrap().columns(["record_sha256", "day"]).unwrap();
    let schema = scan.schema();
    assert_eq!(schema.field(0).data_type(), &DataType::FixedSizeBinary(32));
    assert_eq!(schema.field(1).name(), "day");
    let batch = scan.batches().next().unwrap().unwrap();
    assert_eq!((batch.schema(), batch.column(1).as_primitive::<Int64Type>().value(0)), (schema, 0));
    let none = release.scan().unwrap().columns::<&str>([]).unwrap().batches();
    let counts = none.map(|batch| batch.map(|batch| (batch.num_columns(), batch.num_rows())).unwrap());
    let (columns, rows) = counts.fold((0, 0), |sum, (columns, rows)| (sum.0 + columns, sum.1 + rows));
    assert_eq!((columns, rows), (0, RECORDS));
}

#[test]
fn columns_and_keys_that_cannot_be_read() {
    let (_test, release) = release(0);
    let error = release.scan().unwrap().columns(["dya"]).unwrap_err();
    assert_eq!(error.to_string(), "there is no column `dya`");
    let error = release.scan().unwrap().keys([7]).unwrap_err();
    assert_eq!(error.to_string(), "the key `7` has the wrong type: the key column `id` holds strings");
}

#[test]
fn integer_keys() {
    let schema = json!({ "type": "object", "required": ["id"], "properties": { "id": { "type": "integer" } } });
    let lines: Vec<String> = (-5..40).map(|id| json!({ "id": id }).to_string()).collect();
    let test =
        Test::set("schema = \"s.json\"\norder_by = []\n", lines.join("\n")).file("set/s.json", schema.to_string());
    test.build("--version 1.0.0").check();
    let release = Release::open(test.path("set/1.0.0")).unwrap();
    let found = |keys: Vec<Key>| -> Vec<i64> {
        let scan = release.scan().unwrap().columns(["id"]).unwrap().keys(keys).unwrap();
        let ids = |batch: RecordBatch| batch.column(0).as_primitive::<Int64Type>().values().to_vec();
        scan.batches().flat_map(|batch| ids(batch.unwrap())).collect()
    };
    assert_eq!(found(vec![Key::UInt64(7), Key::Int64(-3), Key::UInt64(u64::MAX), Key::Int64(99)]), [-3, 7]);
    let scan = release.scan().unwrap();
    assert_eq!((scan.parse_key("-3"), scan.parse_key("03")), (Some(Key::Int64(-3)), None));
    let error = scan.keys(["7"]).unwrap_err().to_string();
    assert_eq!(error, "the key `7` has the wrong type: the key column `id` holds integers");
}

#[test]
fn parts_are_the_release_in_order_on_any_thread() {
    let (_test, release) = release(1);
    let whole = rows(release.scan().unwrap().batches());
    let parts = release.scan().unwrap().split();
    assert_eq!(parts.len(), release.manifest().parts.len());
    let read = |part: &pressmark::release::ScanPart| rows(part.batches().unwrap());
    let by_part: Vec<Rows> = thread::scope(|scope| {
        let threads: Vec<_> = parts.iter().map(|part| scope.spawn(|| read(part))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(by_part.concat(), whole);
    let slices = parts.iter().flat_map(|part| part.slices().unwrap());
    assert_eq!(slices.map(|slice| read(&slice)).collect::<Vec<_>>().concat(), whole);
    let some = rows(release.scan().unwrap().parts(1..3).batches());
    assert_eq!(some, by_part[1..3].concat());
    for (range, want) in [(0..0, 0), (2..9_999, by_part[2..].concat().len()), (9_999..10_000, 0)] {
        assert_eq!(rows(release.scan().unwrap().parts(range).batches()).len(), want);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A scan with columns and keys has the records of a whole scan that is filtered in memory.
    #[test]
    fn a_scan_is_a_filter_of_the_whole(
        number in 0..2_usize,
        columns in subsequence(COLUMNS.to_vec(), 1..=COLUMNS.len()).prop_shuffle(),
        keys in prop::option::of(prop::collection::btree_set(0..RECORDS + 10, 0..12)),
        parts in (0..20_usize, 0..20_usize),
    ) {
        let (_test, release) = release(number);
        let range = parts.0..parts.0 + parts.1;
        let keys: Option<BTreeSet<String>> = keys.map(|keys| keys.into_iter().map(id).collect());
        let whole = release.scan().unwrap().parts(range.clone());
        let all = whole.clone().batches().flat_map(|batch| {
            let batch = batch.unwrap();
            let ids = batch.column_by_name("id").unwrap().as_string::<i32>();
            let ids: Vec<String> = ids.iter().map(|id| id.unwrap().to_owned()).collect();
            ids.into_iter().zip(rows_of(&batch)).collect::<Vec<_>>()
        });
        let wanted = all.filter(|(id, _)| keys.as_ref().is_none_or(|keys| keys.contains(id)));
        let want: Rows = wanted.map(|(_, mut row)| {
            row.retain(|name, _| columns.contains(&name.as_str()));
            row
        }).collect();
        let mut scan = whole.columns(&columns).unwrap();
        if let Some(keys) = keys {
            scan = scan.keys(keys).unwrap();
        }
        let slices = scan.clone().split();
        let slices = slices.iter().flat_map(|part| part.slices().unwrap());
        let sliced: Vec<Rows> = slices.map(|slice| rows(slice.batches().unwrap())).collect();
        prop_assert_eq!(sliced.concat(), want.clone());
        prop_assert_eq!(rows(scan.batches()), want);
    }
}

#[test]
fn keys_that_are_found_are_named() {
    let (_test, release) = release(0);
    let scan = release.scan().unwrap().keys([id(3), id(4), "none".to_owned()]).unwrap();
    let found = scan.split().iter().flat_map(|part| part.batches().unwrap().keys().to_vec()).collect::<Vec<_>>();
    assert_eq!(found, [Key::from(id(3)), Key::from(id(4))]);
}

/// A release of long strings as keys, whose row groups have several pages.
#[test]
fn pages_that_cannot_have_the_key_are_not_read() {
    let schema = json!({ "type": "object", "required": ["id"], "properties": { "id": { "type": "string" } } });
    let key = |number: usize| format!("{number:04}{}", "k".repeat(2000));
    let lines: String = (0..2000).map(|number| json!({ "id": key(number) }).to_string() + "\n").collect();
    let test = Test::set("schema = \"s.json\"\norder_by = []\n", lines).file("set/s.json", schema.to_string());
    test.build("--version 1.0.0").check();
    let release = Release::open(test.path("set/1.0.0")).unwrap();
    let part = release.folder().join(release.manifest().parts[0].path(0));
    let footer = parquet::file::metadata::ParquetMetaDataReader::new()
        .with_page_index_policy(parquet::file::metadata::PageIndexPolicy::Required)
        .parse_and_finish(&fs::File::open(&part).unwrap())
        .unwrap();
    let index = footer.page_index_for_row_group(0);
    let pages = index.page_locations(0).unwrap();
    assert!(pages.len() > 2, "{} pages", pages.len());
    // The body of the first page is damaged. Its header is read for the limits of the file.
    let mut bytes = fs::read(&part).unwrap();
    let end = usize::try_from(pages[0].offset + i64::from(pages[0].compressed_page_size)).unwrap();
    bytes[end - 64..end].fill(0xff);
    fs::remove_file(&part).unwrap();
    fs::write(&part, bytes).unwrap();
    let scan = |number| release.scan().unwrap().columns(["id"]).unwrap().keys([key(number)]).unwrap();
    assert_eq!(ids(scan(1999)), [key(1999)]);
    assert!(scan(0).batches().next().unwrap().is_err());
}

/// Changes the manifest of a release and reads all of it. Returns the columns that are read at once.
#[track_caller]
fn check_refused(columns: &[&str], change: impl FnOnce(&mut Value), message: &str) {
    let (test, _release) = release(1);
    let mut manifest = test.json("r/manifest.json");
    change(&mut manifest);
    test.write("r/manifest.json", manifest.to_string());
    let release = Release::open(test.path("r")).unwrap();
    let error = release.scan().unwrap().columns(columns).unwrap().batches().find_map(Result::err);
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    let part = release.folder().join(release.manifest().parts[1].path(1));
    assert_eq!(error, format!("cannot read the part `{}`: {message}", part.display()));
}

#[test]
fn parts_that_do_not_match_the_manifest_are_refused() {
    let way = "run `pressmark verify` for details";
    check_refused(
        &["id", "day"],
        |manifest| manifest["parts"][1]["first"]["id"] = json!("another"),
        &format!("its first record does not match the manifest; {way}"),
    );
    check_refused(
        &["day", "id"],
        |manifest| manifest["parts"][1]["last"]["day"] = json!(-1),
        &format!("its last record does not match the manifest; {way}"),
    );
}

/// The paths of the parts of a release.
fn paths(release: &Release) -> Vec<PathBuf> {
    let parts = release.manifest().parts.iter().enumerate();
    parts.map(|(index, part)| release.folder().join(part.path(index))).collect()
}

fn swap(a: &Path, b: &Path) {
    let (first, second) = (fs::read(a).unwrap(), fs::read(b).unwrap());
    for (path, bytes) in [(a, second), (b, first)] {
        fs::remove_file(path).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn a_part_in_the_place_of_another_is_refused() {
    let (_test, release) = release(1);
    let parts = &release.manifest().parts;
    let same = |a: usize| (a + 1..parts.len()).find(|b| parts[a].rows == parts[*b].rows).map(|b| (a, b));
    let (a, b) = (0..parts.len()).find_map(same).expect("two parts have the same number of rows");
    let paths = paths(&release);
    swap(&paths[a], &paths[b]);
    for columns in [&["record_sha256"][..], &["id", "day"], &COLUMNS] {
        let mut batches = release.scan().unwrap().columns(columns).unwrap().parts(a..).batches();
        let error = batches.find_map(Result::err).unwrap().to_string();
        assert!(error.contains("does not match the manifest; run `pressmark verify` for details"), "{error}");
        assert!(batches.next().is_none(), "nothing is read after an error");
    }
}

#[test]
fn a_missing_part_is_named() {
    let (_test, release) = release(0);
    let paths = paths(&release);
    fs::remove_file(&paths[2]).unwrap();
    let mut batches = release.scan().unwrap().batches();
    let error = batches.find_map(Result::err).unwrap().to_string();
    assert!(error.starts_with(&format!("cannot read the part `{}`: ", paths[2].display())), "{error}");
    assert!(batches.next().is_none());
    assert_eq!(
        ids(release.scan().unwrap().parts(..2)).len(),
        usize::try_from(release.manifest().parts[0].rows + release.manifest().parts[1].rows).unwrap()
    );
}

#[test]
fn another_schema_is_refused() {
    let (test, release) = release(0);
    let schema = String::from_utf8(test.read("r/schema.json")).unwrap() + "\n";
    test.write("r/schema.json", schema);
    let error = release.scan().unwrap_err();
    let path = test.path("r/schema.json");
    assert_eq!(error.to_string(), format!("`{}` is damaged: its SHA-256 differs from manifest.json", path.display()));
}

#[test]
fn a_release_of_every_kind_is_read_as_its_schema_says() {
    for release in ["tests/releases/every-kind/1.0.0", "tests/releases/every-kind/2.0.0"] {
        let release = Release::open(Path::new(env!("CARGO_MANIFEST_DIR")).join(release)).unwrap();
        let want = arrow_schema(release.load_schema().unwrap().columns());
        let batches: Vec<RecordBatch> = release.scan().unwrap().batches().map(Result::unwrap).collect();
        assert!(batches.iter().all(|batch| batch.schema() == want));
        let rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>() as u64;
        assert_eq!(rows, release.manifest().records());
    }
}

/// Threads read slices ahead; the records and their order are those of one thread.
#[test]
fn threads_read_the_same_records() {
    for number in [0, 1] {
        let (_test, release) = release(number);
        let scan = || release.scan().unwrap().columns(["tags", "id"]).unwrap();
        let one = rows(scan().batches());
        assert_eq!(one.len(), RECORDS);
        for threads in [1, 2, 7] {
            assert_eq!(rows(scan().batches_on(threads)), one);
        }
        let keys = [id(7), id(80), "nothing".to_owned()];
        let lookup = || scan().keys(keys.clone()).unwrap();
        assert_eq!(rows(lookup().batches_on(3)), rows(lookup().batches()));
    }
}

/// The first error ends the batches, and a reader that leaves ends the threads.
#[test]
fn threads_end_with_their_reader() {
    let (test, release) = release(0);
    drop(release.scan().unwrap().batches_on(3).next());
    let last = release.manifest().parts.len() - 1;
    fs::remove_file(test.path("r").join(release.manifest().parts[last].path(last))).unwrap();
    let mut batches = release.scan().unwrap().batches_on(3);
    let error = batches.find_map(Result::err);
    assert!(matches!(error, Some(Error::Io { .. } | Error::Part { .. })), "{error:?}");
    assert!(batches.next().is_none());
}
