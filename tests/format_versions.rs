//! Releases of both formats beside each other: what a build makes of a dataset of `pressmark/1`, and the committed
//! releases of `pressmark/2`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Files, Test, article, articles, files};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// A copy of a committed dataset in the folder `set`.
fn copy(set: &str) -> Test {
    let test = Test::new();
    for (name, bytes) in files(&root().join(set)) {
        test.write(&format!("set/{name}"), bytes);
    }
    test
}

/// The parts of a release and what its manifest says of its records.
fn substance(test: &Test, release: &str) -> (Files, Value) {
    let manifest = test.json(&format!("{release}/manifest.json"));
    let members = ["columns", "fingerprint", "format", "layout", "parts", "records", "schema", "writer"];
    let members = members.into_iter().map(|member| (member.to_owned(), manifest[member].clone()));
    (files(&test.path(&format!("{release}/data"))), Value::Object(members.collect()))
}

#[test]
fn the_next_release_of_a_dataset_of_pressmark_1() {
    let test = copy("datasets/asharq-al-awsat");
    test.remove("set/1.1.1");
    let [before, log] = ["set/1.1.0/manifest.json", "set/CHANGELOG.md"].map(|name| test.read(name));
    let says = "format pressmark/2; the previous release has pressmark/1, so every part was written again\n";
    test.run("build set --bump auto --date 2026-11-22").stdout_has("published set/1.1.1\n").stdout_has(says).check();
    assert_eq!(test.read("set/1.1.0/manifest.json"), before);
    assert!(test.read("set/CHANGELOG.md").len() > log.len());
    let [old, new] = ["1.1.0", "1.1.1"].map(|version| test.json(&format!("set/{version}/manifest.json")));
    assert_eq!((&old["format"], &new["format"]), (&json!("pressmark/1"), &json!("pressmark/2")));
    assert_eq!((&old["fingerprint"], &old["columns"]), (&new["fingerprint"], &new["columns"]));
    assert_eq!(new["previous"]["version"], "1.1.0");
    test.run("verify set").stdout_has("intact set/1.1.0").stdout_has("intact set/1.1.1").check();
    let same = "  the records are the same, but files or metadata differ\n";
    test.run("diff set/1.1.0 set/1.1.1").stdout_has(same).check();
    test.run("diff set/1.1.1 set/1.1.0").stdout_has(same).check();
    test.run("log set").stdout_has("1.1.1").stdout_has("1.1.0").check();

    // From then on, nothing is said of formats.
    test.run("build set --bump auto --date 2026-11-23").stdout_has("unchanged set/1.1.1").leaves_nothing().check();
    let report = test.run("build set --version 1.2.0 --date 2026-11-23 --format json").json();
    assert_eq!((&report["release_format"], &report["previous_format"]), (&json!("pressmark/2"), &json!("pressmark/2")));
    assert_eq!((&report["parts"], &report["reused_parts"]), (&json!(1), &json!(1)));
}

#[test]
fn a_version_of_pressmark_1_that_exists_stays_as_it_is() {
    let test = copy("datasets/asharq-al-awsat");
    test.remove("set/1.1.1");
    let unchanged = "unchanged set/1.1.0 already contains exactly these records\n";
    test.run("build set --version 1.1.0 --date 2026-11-23").stdout_has(unchanged).leaves_nothing().check();
    let title = String::from_utf8(test.read("set/dataset.toml")).unwrap().replace("Two news", "Both news");
    test.write("set/dataset.toml", title);
    test.run("build set --version 1.1.0").code(2).stderr_has("1.1.0").leaves_nothing().check();
}

/// An upsert into a release of `pressmark/1` gives, byte for byte, what all records from nothing give.
#[test]
fn an_upsert_into_a_release_of_pressmark_1() {
    let new = "{\"number\":100000,\"kind\":\"note\"}\n{\"number\":-193,\"kind\":\"letter\"}\n";
    let test = copy("tests/releases/every-kind").file("new.jsonl", new);
    test.write("gone.jsonl", "{\"key\":\"-186\",\"reason\":\"asked for\"}\n");
    let change = "--base 2.0.0 --upsert new.jsonl --withdraw gone.jsonl";
    let build = |arguments: &str| test.run(&format!("build set --allow-understated --date 2026-11-29 {arguments}"));
    build(&format!("{change} --version 3.0.0")).stdout_has("format pressmark/2; the previous").told_any();
    let report = build(&format!("{change} --version 4.0.0 --format json")).json();
    assert_eq!((&report["previous_format"], &report["reused_parts"]), (&json!("pressmark/2"), &json!(0)));
    test.run("verify set").stdout_has("intact set/3.0.0").check();

    let from_nothing = copy("tests/releases/every-kind").file("all.jsonl", test.run("export set/3.0.0").check());
    from_nothing.build("--output out --version 3.0.0 all.jsonl").told_any();
    let whole = substance(&from_nothing, "out/3.0.0");
    for release in ["set/3.0.0", "set/4.0.0"] {
        assert!(substance(&test, release) == whole, "{release}");
    }
    // The layout stays, although the base has another.
    assert_ne!(test.json("set/2.0.0/manifest.json")["layout"], whole.1["layout"]);
}

#[test]
fn a_release_of_pressmark_1_with_a_list_of_withdrawals() {
    let test = copy("tests/releases/every-kind");
    let mut manifest = test.json("set/2.0.0/manifest.json");
    manifest["base"] = json!("1.0.0");
    manifest["withdrawn"] = json!([{ "key": "1", "reason": "asked for" }]);
    test.write_manifest("set/2.0.0", &manifest);
    test.run("verify set/2.0.0").check();
    test.write("new.jsonl", "{\"number\":1,\"kind\":\"note\"}\n");
    let build = test.run("build set --base 2.0.0 --version 3.0.0 --upsert new.jsonl --allow-backdated").code(2);
    build.stderr_has("error: `1` was withdrawn in 2.0.0 (asked for)").leaves_nothing().check();
}

/// A change of a manifest.
type Change = fn(&mut Value);

#[test]
fn a_manifest_has_what_its_format_says() {
    let changes: [(Change, &str); 7] = [
        (|manifest| manifest["inputs"][0]["articles"] = json!(999), "R-COUNTS"),
        (|manifest| manifest["withdrawn"] = json!([{ "key": "x", "reason": "r" }]), "R-COUNTS"),
        (|manifest| manifest["withdrawn"] = json!([{ "key": "y" }, { "key": "x" }]), "R-MANIFEST-INVALID"),
        (|manifest| manifest["inputs"] = json!({ "count": 0 }), "R-MANIFEST-INVALID"),
        (|manifest| manifest["format"] = json!("pressmark/2"), "R-MANIFEST-INVALID"),
        (|manifest| manifest["writer"]["settings"] = json!("parts/2"), "R-MANIFEST-INVALID"),
        (|manifest| manifest["layout"]["row_group_rows"] = json!(2), "R-MANIFEST-INVALID"),
    ];
    for (change, code) in changes {
        let test = copy("tests/releases/old-patterns");
        let mut manifest = test.json("set/1.0.0/manifest.json");
        change(&mut manifest);
        test.write_manifest("set/1.0.0", &manifest);
        let report = test.run("verify set/1.0.0 --format json").code(1).json();
        let counts = report["releases"][0]["counts"].as_object().unwrap();
        assert!(counts.keys().eq([code]), "{counts:?}\n{manifest:#}");
    }
}

#[test]
fn only_pressmark_2_knows_a_file_of_signatures() {
    let test = Test::set("", article("a"));
    test.build("").check();
    test.write("set/1.0.0/SHA256SUMS.sig", "-----BEGIN SSH SIGNATURE-----\n");
    test.run("verify set").stdout_has("intact set/1.0.0").check();
    let old = copy("tests/releases/old-patterns");
    old.write("set/1.0.0/SHA256SUMS.sig", "-----BEGIN SSH SIGNATURE-----\n");
    let report = old.run("verify set/1.0.0 --format json").code(1).json();
    assert_eq!(report["releases"][0]["counts"], json!({ "R-FILE-EXTRA": 1 }));
}

/// A manifest does not grow with the number of inputs.
#[test]
fn a_release_of_many_inputs() {
    let test = Test::set("", article("0"));
    for number in 1..2000 {
        test.write(&format!("set/sources/{number}.jsonl"), article(&number.to_string()));
    }
    test.build("").check();
    assert!(test.read("set/1.0.0/manifest.json").len() < 8192);
    assert_eq!(test.list("set/1.0.0/inputs.jsonl").len(), 2000);
    test.run("verify set").check();
    test.run("show set").stdout_has("2,000 articles from 2,000 inputs").check();
}

#[test]
fn a_reject_file_of_several_frames_is_read() {
    let test = Test::set("[policy]\nmax_rejects = 9\n", articles(&["a"]) + "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n");
    test.build("").stderr_has("V-TYPE").check();
    let path = "set/rejects/1.0.0/rejects.jsonl.zst";
    let lines = zstd::decode_all(test.read(path).as_slice()).unwrap();
    let frames = lines.split_inclusive(|byte| *byte == b'\n').map(|line| zstd::encode_all(line, 3).unwrap());
    let frames: Vec<Vec<u8>> = frames.collect();
    assert_eq!(frames.len(), 3);
    test.write(path, frames.concat());
    test.run("retry set").code(1).stderr_has("rejected 3 of 3 articles again").check();
}

/// The files of a release that do not depend on the version of pressmark: all but the metadata, which names it, and
/// the hashes. The manifest is without its name.
fn lasting(mut files: Files) -> Files {
    let mut manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    manifest["writer"]["tool"] = Value::Null;
    if manifest["previous"].is_object() {
        manifest["previous"]["manifest_sha256"] = Value::Null;
    }
    files.insert("manifest.json".to_owned(), manifest.to_string().into_bytes());
    let others = ["CITATION.cff", "README.md", "SHA256SUMS", "croissant.json", "datapackage.json"];
    files.retain(|name, _| !others.contains(&name.as_str()));
    files
}

/// The committed releases are those that this version builds. `BLESS=1` writes them; once the format is frozen,
/// they never change.
#[test]
fn the_committed_releases_are_built_again() {
    let committed = root().join("tests/releases/format-2");
    let test = copy("tests/releases/format-2");
    test.remove("set/1.0.0");
    test.remove("set/2.0.0");
    test.run("build set --date 2026-11-29").stderr_has("V-").check();
    let change = "--base 1.0.0 --version 2.0.0 --date 2026-11-29 --upsert set/second.jsonl --withdraw set/gone.jsonl";
    test.run(&format!("build set {change}")).stderr_has("D-MAPS").check();
    for version in ["1.0.0", "2.0.0"] {
        let built = files(&test.path(&format!("set/{version}")));
        if std::env::var_os("BLESS").is_some() {
            let _not_there = fs::remove_dir_all(committed.join(version));
            for (name, bytes) in &built {
                let path = committed.join(version).join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
        } else {
            let kept = files(&committed.join(version));
            assert!(kept.keys().eq(built.keys()), "{version}: {:?}", kept.keys());
            let (mut built, mut kept) = (lasting(built), lasting(kept));
            let [built_manifest, kept_manifest] = [&mut built, &mut kept].map(|files| files.remove("manifest.json"));
            assert_eq!(built_manifest, kept_manifest, "{version}");
            assert!(built == kept, "{version}: {:?}", kept.keys());
        }
    }
}
