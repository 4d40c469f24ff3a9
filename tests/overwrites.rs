//! What an output may not replace: an input, the settings of a dataset, a release.

use crate::support::Test;

const GOOD: &str = "{\"id\":\"a\",\"text\":\"One.\"}\n{\"id\":\"b\",\"text\":\"Two.\"}\n";
const BAD: &str = "{\"id\":\"a\",\"text\":\"One.\"}\n{\"id\":\"b\"}\n";

/// A dataset with one release, and a file of rejects.
fn published() -> Test {
    let test = Test::set("", GOOD).file("bad.jsonl", BAD);
    test.run("build set --version 1.0.0 --date 2026-11-28").check();
    test.run("check bad.jsonl --rejects rejects.zst").code(1).check();
    test
}

#[test]
fn retry_does_not_replace_its_reject_file() {
    let test = published();
    let before = test.read("rejects.zst");
    let run = test.run("retry rejects.zst -o rejects.zst").code(2);
    run.stderr_has("`rejects.zst` is an input and would be overwritten").check();
    assert_eq!(test.read("rejects.zst"), before);
}

#[test]
fn retry_keeps_an_earlier_file_if_no_article_passes() {
    let test = published().file("fixed.jsonl", GOOD);
    test.run("retry rejects.zst -o fixed.jsonl").code(1).stderr_has("0 pass now").check();
    assert_eq!(test.read("fixed.jsonl"), GOOD.as_bytes());
}

#[test]
fn outputs_do_not_replace_a_dataset() {
    let test = published();
    for target in
        ["set/dataset.toml", "set/CHANGELOG.md", "set/README.md", "set/sources/a.jsonl", "set/1.0.0/manifest.json"]
    {
        let before = test.read(target);
        test.run(&format!("export set -o {target}")).code(2).stderr_has("error: ").check();
        assert_eq!(test.read(target), before, "{target}");
    }
    test.run("export set -o set/records.jsonl").stderr("wrote 2 records to set/records.jsonl\n").check();
}

#[test]
fn a_dataset_is_not_made_in_a_release() {
    let test = published();
    let run = test.run("init set/1.0.0").code(2);
    run.stderr_has("is part of a release, which never changes").check();
    test.run("build set/1.0.0").code(2).stderr_has("it is a release").check();
    // A stray file does not hide the release.
    test.write("set/1.0.0/dataset.toml", "name = \"x\"\n");
    test.run("verify set").code(1).stdout_has("R-FILE-EXTRA dataset.toml").check();
}

#[test]
fn one_release_is_not_compared_with_itself() {
    let test = published();
    for arguments in ["diff set/1.0.0", "diff ./set/1.0.0", "diff set"] {
        test.run(arguments).code(2).stderr_has("name").check();
    }
    test.run("diff 1.0.0").folder("set").code(2).stderr_has("is the newest release").check();
}
