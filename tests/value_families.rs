//! Values of every type of Parquet, each compared with each: as values of one record, as contents
//! under another key, and as keys. Which are equal a script says that shares no code with us
//! (`tests/consumers/value_families.py`).

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::consumers::{python, run};
use crate::support::Test;

/// The changes of a diff by the key of the record, records without one left out.
fn changes(test: &Test, arguments: &str) -> BTreeMap<String, String> {
    let told = test.run(&format!("diff base current {arguments} --rows --exit-zero")).stderr_has(" -> ").check();
    let rows = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let change = |row: Value| Some((row["key"].as_str()?.to_owned(), row["change"].as_str()?.to_owned()));
    rows.filter_map(change).collect()
}

#[test]
fn values_are_equal_by_type_and_value() {
    let Some(python) = python() else { return };
    let test = Test::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/consumers/value_families.py");
    let told = run(Command::new(python).args(["-I", "-X", "utf8", "-B"]).arg(script).arg(test.path("")));
    let values: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_equal = |ours: usize, theirs: usize| values[ours]["equal"][theirs].as_bool().unwrap();
    let is_null = |value: usize| values[value]["null"].as_bool().unwrap();
    assert!(values.len() > 90);
    let as_values = changes(&test, "--key pair --ignore row");
    let as_contents = changes(&test, "--key row");
    let as_keys = changes(&test, "--key pair,v");
    let mut shared = 0;
    for (ours, theirs) in (0..values.len()).flat_map(|ours| (0..values.len()).map(move |theirs| (ours, theirs))) {
        let (pair, equal) = (format!("{ours}:{theirs}"), is_equal(ours, theirs));
        let found = as_values.get(&pair).map(String::as_str);
        assert_eq!(found, Some(if equal { "ignored" } else { "changed" }), "{pair} as values");
        let found = as_contents.get(&format!("current {pair}")).map(String::as_str);
        assert_eq!(found, Some(if equal { "rekeyed" } else { "added" }), "{pair} as contents");
        shared += usize::from(equal && !is_null(ours));
    }
    // Records of one key have other contents; what has no value is no key.
    let keyed = |kind: &str| as_keys.values().filter(|change| *change == kind).count();
    assert_eq!(keyed("changed"), shared);
    assert!(shared > values.len());
}
