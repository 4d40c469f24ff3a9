//! What a build takes over from earlier releases: that damage there is found, named and never spread,
//! and that files of a person are left as they are.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use serde_json::{Value, json};

use crate::support::{Files, Test, article, articles, files, parts, small_parts};

const BITROT: &[u8] = include_bytes!("cases/bitrot/a.jsonl");
const CHANGELOG: &[u8] = include_bytes!("cases/changelog-bytes/real.md");

/// What is done to a dataset before it is built.
type Prepare = fn(&Test);
/// A way in which a file can be damaged.
type Damage = fn(&mut Vec<u8>);

const DAMAGES: [(&str, Damage); 6] = [
    ("a bit of a value", |bytes| {
        let at = bytes.len() / 3;
        bytes[at] ^= 0x55;
    }),
    ("the start", |bytes| bytes[0] ^= 1),
    ("the footer", |bytes| {
        let at = bytes.len() - 60;
        bytes[at] ^= 4;
    }),
    ("the end", |bytes| {
        let at = bytes.len() - 1;
        bytes[at] ^= 1;
    }),
    ("cut", |bytes| bytes.truncate(bytes.len() / 2)),
    ("longer", |bytes| bytes.push(0)),
];

/// The paths of the parts of a release, in order.
fn part_paths(test: &Test, release: &str) -> Vec<String> {
    parts(&test.path(release)).into_keys().map(|name| format!("{release}/data/{name}")).collect()
}

fn damage(test: &Test, path: &str, damage: Damage) {
    let mut bytes = test.read(path);
    damage(&mut bytes);
    test.write(path, bytes);
}

/// A dataset with a release 1.1.0 of several parts.
fn several_parts() -> Test {
    let test = Test::set("", "");
    small_parts(&test);
    test.write("set/sources/a.jsonl", BITROT);
    test.build("--version 1.1.0").check();
    assert!(part_paths(&test, "set/1.1.0").len() > 1);
    test
}

#[test]
fn a_part_that_rots_is_written_from_the_inputs() {
    for (what, change) in DAMAGES {
        let test = Test::set("", BITROT);
        test.build("").check();
        let intact = parts(&test.path("set/1.0.0"));
        let part = part_paths(&test, "set/1.0.0").remove(0);
        damage(&test, &part, change);
        let stderr = format!(
            "warning: release 1.0.0 is damaged: `{part}`: its SHA-256 is not the one in the manifest\n  \
             help: nothing was reused from it; run `pressmark verify set/1.0.0` for details\n"
        );
        test.run("build set --date 2024-12-31 --version 1.0.1").stderr(stderr).check();
        assert!(parts(&test.path("set/1.0.1")) == intact, "{what}");
        test.run("verify set/1.0.1").check();
        let stderr = format!("error: `{part}` is damaged: its SHA-256 is not the one in the manifest\n");
        test.write("new.jsonl", article("new"));
        let upsert = test.build("--base 1.0.0 --version 1.0.2 --upsert new.jsonl");
        upsert.code(2).stdout("").stderr_has(stderr).leaves_nothing().check();
    }
}

#[test]
fn each_part_of_many_is_looked_at() {
    let test = several_parts();
    let (intact, paths) = (parts(&test.path("set/1.1.0")), part_paths(&test, "set/1.1.0"));
    test.write("new.jsonl", article("new"));
    test.write("gone.jsonl", "{\"key\": \"a7\", \"reason\": \"asked for\"}\n");
    for path in &paths {
        let bytes = test.read(path);
        damage(&test, path, DAMAGES[0].1);
        let told = test.build("--version 1.2.0").stderr_has(format!("`{path}`")).told();
        assert_eq!(told.matches("warning").count(), 1, "{told}");
        assert!(parts(&test.path("set/1.2.0")) == intact);
        test.remove("set/1.2.0");
        for change in ["--upsert new.jsonl", "--withdraw gone.jsonl"] {
            let build = test.build(&format!("--base 1.1.0 --version 1.2.0 {change}"));
            build.code(2).stderr_has(format!("error: `{path}` is damaged")).leaves_nothing().check();
        }
        test.write(path, bytes);
    }
    // One that is gone.
    test.remove(&paths[0]);
    test.build("--version 1.2.0").stderr_has(format!("release 1.1.0 is damaged: `{}`: ", paths[0])).check();
    assert!(parts(&test.path("set/1.2.0")) == intact);
}

#[test]
fn what_changed_since_a_damaged_release_is_not_made_up() {
    let test = several_parts();
    let path = part_paths(&test, "set/1.1.0").remove(0);
    damage(&test, &path, DAMAGES[0].1);
    // Every part has another record, so that none is known from its manifest alone.
    test.write("set/sources/a.jsonl", String::from_utf8_lossy(BITROT).replace("rain", "hail"));
    let stderr =
        format!("error: `{path}` is damaged: its SHA-256 is not the one in the manifest\n  help: the changes since");
    for version in ["--bump auto", "--version 2.0.0"] {
        let build = test.run(&format!("build set --date 2024-12-31 {version}"));
        build.code(2).stdout("").stderr_has(&stderr).leaves_nothing().check();
    }
    let report = test.build("--version 2.0.0 --format json").json();
    let damaged = json!([{"release": "1.1.0", "path": path, "message": "its SHA-256 is not the one in the manifest"}]);
    assert_eq!((&report["damaged"], &report["reused_parts"]), (&damaged, &json!(0)));
    let changelog = String::from_utf8(test.read("set/CHANGELOG.md")).unwrap();
    assert!(changelog.contains("40 records. Not compared with 1.1.0."), "{changelog}");
    test.run("verify set/2.0.0").check();
}

#[test]
fn a_damaged_manifest_schema_or_list_is_not_built_upon() {
    let test = several_parts();
    test.write("new.jsonl", article("new"));
    let manifest = |bytes: &mut Vec<u8>| {
        let changed = String::from_utf8_lossy(bytes).replace("2024-12-31", "2024-12-30");
        assert_ne!(changed.as_bytes(), bytes);
        *bytes = changed.into_bytes();
    };
    let cases: [(&str, Damage, &str); 4] = [
        ("manifest.json", manifest, "its SHA-256 differs from SHA256SUMS"),
        ("schema.json", |bytes| bytes.push(b' '), "its SHA-256 differs from SHA256SUMS"),
        ("SHA256SUMS", |bytes| bytes[0] = b'x', "lines must have the form `SHA-256  path`"),
        ("SHA256SUMS", |bytes| bytes.clear(), "its SHA-256 differs from SHA256SUMS"),
    ];
    for (name, change, message) in cases {
        let path = format!("set/1.1.0/{name}");
        let bytes = test.read(&path);
        damage(&test, &path, change);
        for arguments in ["--version 1.2.0", "--version 1.1.0", "--base 1.1.0 --version 1.2.0 --upsert new.jsonl"] {
            let build = test.build(arguments).code(2).stdout("").stderr_has(message);
            build.stderr_has("help: restore the file from a copy of the release").leaves_nothing().check();
        }
        test.write(&path, bytes);
    }
    test.remove("set/1.1.0/SHA256SUMS");
    let stderr = "error: `set/1.1.0/SHA256SUMS` is damaged: it is missing\n";
    test.build("--version 1.2.0").code(2).stderr_has(stderr).leaves_nothing().check();
}

#[test]
fn damage_of_a_release_that_is_not_the_base_is_told() {
    let test = Test::set("", articles(&["a", "b"])).file("new.jsonl", article("c"));
    test.build("").check();
    test.build("--version 1.1.0 -").stdin(articles(&["a", "b", "x"])).check();
    let path = part_paths(&test, "set/1.1.0").remove(0);
    damage(&test, &path, DAMAGES[0].1);
    let stderr = format!("warning: release 1.1.0 is damaged: `{path}`");
    test.build("--base 1.0.0 --version 2.0.0 --upsert new.jsonl").stderr_has(stderr).check();
    assert_eq!(test.keys("set/2.0.0"), ["a", "b", "c"]);
    // That a release holds these records is not said of one whose files do not.
    let stderr = format!("warning: release 1.1.0 is damaged: `{path}`");
    let again = test.build("--version 1.1.0 -").stdin(articles(&["a", "b", "x"]));
    again.stdout_has("unchanged set/1.1.0").stderr_has(stderr).leaves_nothing().check();
}

#[test]
fn a_damaged_list_of_withdrawals_lets_nothing_back() {
    let test = Test::set("", articles(&["a", "b"])).file("gone.jsonl", "{\"key\": \"b\", \"reason\": \"r\"}\n");
    test.build("").check();
    test.build("--base 1.0.0 --version 1.1.0 --withdraw gone.jsonl").check();
    test.build("--version 1.2.0 -").stdin(article("a")).check();
    damage(&test, "set/1.1.0/withdrawn.jsonl", |bytes| {
        *bytes = String::from_utf8_lossy(bytes).replace("\"key\":\"b\"", "\"key\":\"B\"").into_bytes();
    });
    let stderr = "error: `set/1.1.0/withdrawn.jsonl` is damaged: its SHA-256 differs from the manifest\n";
    test.build("--version 2.0.0").code(2).stderr_has(stderr).leaves_nothing().check();
}

#[test]
fn what_is_intact_is_taken_over_as_before() {
    let test = several_parts();
    let report = test.build("--version 1.2.0 --format json").json();
    assert_eq!((&report["damaged"], &report["reused_parts"]), (&json!([]), &report["parts"]));
    let number = |release: &str| fs::metadata(test.path(&part_paths(&test, release)[0])).unwrap().ino();
    assert_eq!(number("set/1.1.0"), number("set/1.2.0"));
}

/// Builds with this changelog, and gives what stands in the folder afterwards.
fn with_changelog(changelog: &[u8], stderr: &str) -> Test {
    let test = Test::set("", article("a")).file("set/CHANGELOG.md", changelog);
    let build = test.build("").stdout_has("published set/1.0.0\n");
    if stderr.is_empty() { build } else { build.stderr(stderr) }.check();
    test
}

#[test]
fn a_persons_changelog_stays_byte_for_byte() {
    let entry = "## 1.0.0 (2024-12-31)\n\nThe first release: 1 record.\n";
    // What is UTF-8 gets its entry between bytes that stay.
    for (old, new) in [
        ("# Ours\r\n\r\nBy hand: caf\u{e9}\r\n", format!("# Ours\r\n\r\nBy hand: caf\u{e9}\r\n\n{entry}")),
        ("\u{feff}# Ours\n\n## 0.1\n\nOld.", format!("\u{feff}# Ours\n\n{entry}\n## 0.1\n\nOld.")),
    ] {
        let test = with_changelog(old.as_bytes(), "");
        assert_eq!(String::from_utf8(test.read("set/CHANGELOG.md")).unwrap(), new);
    }
    // What is not stays as it is.
    for old in [CHANGELOG, b"\xff\xfe#\0 \0O\0"] {
        let warning = "warning: no entry was added to `set/CHANGELOG.md`: it is not UTF-8\n";
        assert_eq!(with_changelog(old, warning).read("set/CHANGELOG.md"), old);
    }
}

#[test]
fn the_changelog_behind_a_link_keeps_its_mode_and_the_link() {
    let test = Test::set("", include_bytes!("cases/changelog-bytes/a.jsonl")).file("docs/real.md", "# Ours\n");
    fs::set_permissions(test.path("docs/real.md"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("../docs/real.md", test.path("set/CHANGELOG.md")).unwrap();
    test.build("").check();
    assert_eq!(fs::read_link(test.path("set/CHANGELOG.md")).unwrap().to_str(), Some("../docs/real.md"));
    assert_eq!(fs::metadata(test.path("docs/real.md")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(test.read("docs/real.md").starts_with(b"# Ours\n\n## 1.0.0"));
    // The case as it was found: Latin-1, behind a link.
    let test = Test::set("", article("a")).file("set/real.md", CHANGELOG);
    symlink("real.md", test.path("set/CHANGELOG.md")).unwrap();
    test.build("").stderr("warning: no entry was added to `set/CHANGELOG.md`: it is not UTF-8\n").check();
    assert_eq!(test.read("set/real.md"), CHANGELOG);
    assert!(test.files().contains_key("set/CHANGELOG.md -> real.md"));
    let left = test.build("--version 1.0.1 --format json").json();
    assert_eq!(left["changelog_left"], json!("it is not UTF-8"));
}

#[test]
fn a_changelog_that_cannot_be_kept_as_it_is_is_left_alone() {
    let cases: [(Prepare, &str); 3] = [
        (
            |test| symlink("nowhere.md", test.path("set/CHANGELOG.md")).unwrap(),
            "it is a link to a file that is not there",
        ),
        (
            |test| {
                test.write("set/real.md", "# Ours\n");
                fs::hard_link(test.path("set/real.md"), test.path("set/CHANGELOG.md")).unwrap();
            },
            "the file has a second name",
        ),
        (
            |test| {
                test.write("set/CHANGELOG.md", "# Ours\n");
                fs::set_permissions(test.path("set/CHANGELOG.md"), fs::Permissions::from_mode(0o444)).unwrap();
            },
            "it is read-only",
        ),
    ];
    for (prepare, reason) in cases {
        let test = Test::set("", article("a"));
        prepare(&test);
        let of_person = |files: Files| {
            files
                .into_iter()
                .filter(|(path, _)| !path.starts_with("set/1.") && path != "set/README.md")
                .collect::<Files>()
        };
        let before = of_person(test.files());
        test.build("").stderr(format!("warning: no entry was added to `set/CHANGELOG.md`: {reason}\n")).check();
        assert!(of_person(test.files()) == before, "{reason}");
        test.run("verify set/1.0.0").check();
    }
}

/// A file that is asked for in the place of another keeps the mode of that one, and a link to it.
#[test]
fn outputs_keep_the_mode_and_the_link_of_what_they_replace() {
    let test = Test::set("", articles(&["a", "b"])).file("bad.jsonl", "{}\n");
    test.build("").check();
    test.build("--version 1.1.0 -").stdin(articles(&["a", "c"])).check();
    let commands = [
        "export set/1.0.0 -o out/link",
        "check bad.jsonl --max-rejects 1 --rejects out/link",
        "diff set/1.0.0 set/1.1.0 --exit-zero --delta out/link",
    ];
    for command in commands {
        test.write("out/real", "old");
        fs::set_permissions(test.path("out/real"), fs::Permissions::from_mode(0o600)).unwrap();
        test.remove("out/link");
        symlink("real", test.path("out/link")).unwrap();
        test.run(command).stderr_has("").check();
        assert_ne!(test.read("out/real"), b"old", "{command}");
        assert_eq!(fs::metadata(test.path("out/real")).unwrap().permissions().mode() & 0o777, 0o600, "{command}");
        assert_eq!(files(&test.path("out")).into_keys().collect::<Vec<_>>(), ["link -> real", "real"], "{command}");
    }
    // A link is no way into a release.
    test.remove("out/link");
    symlink("../set/1.0.0/manifest.json", test.path("out/link")).unwrap();
    for command in commands {
        test.run(command).code(2).stderr_has("is part of a release, which never changes").leaves_nothing().check();
    }
}

#[test]
#[cfg(debug_assertions)] // a release build has no faults
fn a_build_removes_only_what_a_dead_build_left() {
    let staged = |test: &Test| -> Vec<String> {
        let files = test.files().into_keys();
        files.filter(|path| path.starts_with("set/.") && !path.ends_with('/')).collect()
    };
    let test = Test::set("", article("a"));
    // Others may still write these: a running export, a job on another host, a process without an owner file.
    let others = [
        "set/.staging-00000000-x1-a",
        "set/.staging-00000000-x1.owner",
        "set/.staging-x2/data/part",
        "set/.unfinished-x1",
    ];
    let test = others.iter().fold(test, |test, path| test.file(path, "half"));
    let _killed = test.build("").variable("PRESSMARK_FAULT", "60:kill").outputs();
    assert!(staged(&test).len() > others.len() + 1, "{:?}", staged(&test));
    test.build("").check();
    assert_eq!(staged(&test), others);
}

#[test]
fn a_day_before_the_last_release_is_refused() {
    let test = Test::set("", article("a"));
    test.run("build set --date 2024-12-31").check();
    test.write("set/sources/a.jsonl", articles(&["a", "b"]));
    let stderr = "\
error: the release date 2024-12-30 is earlier than that of 1.0.0 (2024-12-31)
  help: use a later `--date`, or add `--allow-backdated`
";
    let build = "build set --bump auto --date";
    test.run(&format!("{build} 2024-12-30")).code(2).stdout("").stderr(stderr).leaves_nothing().check();
    test.run(&format!("{build} 2024-12-30 --allow-backdated")).check();
    let released = |version: &str| -> Value { test.json(&format!("set/{version}/manifest.json"))["released"].clone() };
    assert_eq!(released("1.1.0"), json!("2024-12-30"));
    // The same day is not before it, and a release that is there already stays as it is.
    test.write("set/sources/a.jsonl", articles(&["a", "b", "c"]));
    test.run(&format!("{build} 2024-12-30")).check();
    test.run("build set --version 1.2.0 --date 2024-01-01").stdout_has("unchanged").check();
}
