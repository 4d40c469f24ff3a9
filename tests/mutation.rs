//! Releases with random changes, with matching hashes where that reaches more code: `verify`, `diff` and
//! `export` must end, in bounded memory, without a panic.
//!
//! The seeds are fixed, so every run is the same. For a longer search, set `PRESSMARK_MUTATE` to a number of
//! seconds. It uses other seeds, prints its time and memory, and stops at the first panic with the seed:
//!
//! ```sh
//! PRESSMARK_MUTATE=600 cargo test --test main mutation -- --nocapture
//! PRESSMARK_MUTATE=Footer:4294967414 cargo test --test main mutation -- --nocapture
//! ```
//!
//! The second command repeats one change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use pressmark::Error;
use pressmark::diff::{DiffInput, DiffOptions, diff};
use pressmark::digest::Digest;
use pressmark::export::{ExportFormat, ExportOptions, export};
use pressmark::progress::NoProgress;
use pressmark::release::Release;
use pressmark::verify::{VerifyOptions, verify};
use serde_json::Value;

use crate::support::{Files, Test, files};

/// The number of changes of each kind in an ordinary run.
const CASES: u64 = 60;

/// A column of every kind.
const SCHEMA: &str = r#"{"type":"object","required":["id","n"],"properties":{
    "id":{"type":"string","maxLength":40},"n":{"type":"integer"},"u":{"type":"integer","minimum":0},
    "x":{"type":"number"},"b":{"type":"boolean"},"d":{"type":"string","format":"date"},
    "t":{"type":"string","format":"date-time"},"e":{"enum":["one","two"]},"j":{},"text":{"type":"string"},
    "l":{"type":"array","items":{"type":["string","null"]}},
    "s":{"type":"object","properties":{"a":{"type":"string"},"l":{"type":"array","items":{"type":"integer"}}}}}}"#;

/// A release of forty records with values of every kind, in row groups of four.
static INTACT: LazyLock<Files> = LazyLock::new(|| release(""));

/// The same with another text in one record.
static OTHER: LazyLock<Files> = LazyLock::new(|| release("other "));

fn release(start: &str) -> Files {
    let record = |number: u64| {
        let text = "text ".repeat(usize::try_from(number * 7 % 40).unwrap());
        let text = if number == 22 { format!("{start}{text}") } else { text };
        let rest = match number % 4 {
            0 => r#""x":0.5,"d":"2024-02-29","l":["a",null,""],"more":[1]"#.to_owned(),
            1 => format!(r#""u":{number},"t":"2024-02-29T10:00:00.5Z","s":{{"a":"b","l":[1,2,3]}}"#),
            2 => r#""b":true,"e":"two","j":{"a":[null]},"l":[]"#.to_owned(),
            _ => r#""e":"one","s":{},"d":"1999-12-31""#.to_owned(),
        };
        format!("{{\"id\":\"key-{number}\",\"n\":{number},\"text\":\"{text}\",{rest}}}\n")
    };
    let toml = "schema = \"s.json\"\norder_by = [\"n\"]\n";
    let test = Test::set(toml, (0..40).map(record).collect::<String>()).file("set/s.json", SCHEMA);
    test.build("").check();
    let report = verify(test.path("set/1.0.0"), &options(), &NoProgress).unwrap();
    assert!(report.is_intact(), "{:?}", report.findings);
    files(&test.path("set/1.0.0"))
}

fn options() -> VerifyOptions {
    VerifyOptions { quick: false, threads: 2, scratch: std::env::temp_dir(), signers: None }
}

/// `SplitMix64` (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// What is changed.
#[derive(Debug, Clone, Copy)]
enum Target {
    /// The footer of the part.
    Footer,
    /// Any byte of the part.
    Part,
    Manifest,
    Schema,
    Sums,
}

const TARGETS: [Target; 5] = [Target::Footer, Target::Part, Target::Manifest, Target::Schema, Target::Sums];

/// Bytes that matter in Thrift and JSON: long numbers, ends of lists, other types.
const TELLING: [&[u8]; 12] = [
    &[0x00],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    &[0xfe, 0xff, 0xff, 0xff, 0x0f],
    &[0x80, 0x80, 0x80, 0x80, 0x08],
    &[0x7f],
    &[0xf9, 0xff, 0xff, 0xff, 0x0f],
    &[0x1c],
    &[0x19, 0xfc, 0xff, 0xff, 0x7f],
    b"18446744073709551615",
    b"-1",
    b"\"\"",
    b"null",
];

/// The release with random changes.
fn changed(target: Target, random: &mut Random) -> Files {
    let mut release = INTACT.clone();
    let part = release.keys().find(|name| name.starts_with("data/")).unwrap().clone();
    let name = match target {
        Target::Footer | Target::Part => part.as_str(),
        Target::Manifest => "manifest.json",
        Target::Schema => "schema.json",
        Target::Sums => "SHA256SUMS",
    };
    let bytes = release.get_mut(name).unwrap();
    let length: [u8; 4] = bytes[bytes.len() - 8..][..4].try_into().unwrap();
    let start = match target {
        Target::Footer => bytes.len() - 8 - u32::from_le_bytes(length) as usize,
        _ => 0,
    };
    for _ in 0..=random.below(3) {
        mutate(bytes, start, random);
    }
    if matches!(target, Target::Manifest) && random.below(2) == 0 {
        *bytes = restructured(&INTACT["manifest.json"], random);
    }
    let sealed = seal(&release, &part);
    sealed.unwrap_or(release)
}

/// Makes one small change at or after `start`.
fn mutate(bytes: &mut Vec<u8>, start: usize, random: &mut Random) {
    let at = start + random.below(bytes.len().saturating_sub(start));
    let end = (at + 1 + random.below(16)).min(bytes.len());
    match random.below(6) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = u8::try_from(random.below(256)).unwrap(),
        2 => {
            let telling = random.one(&TELLING);
            let end = (at + telling.len()).min(bytes.len());
            bytes[at..end].copy_from_slice(&telling[..end - at]);
        }
        3 => drop(bytes.splice(at..at, random.one(&TELLING).iter().copied())),
        4 => drop(bytes.drain(at..end)),
        _ => {
            let again = bytes[at..end].to_vec();
            let to = start + random.below(bytes.len() - start);
            drop(bytes.splice(to..to, again));
        }
    }
}

/// The manifest with one value in it replaced, at any depth.
fn restructured(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut manifest: Value = serde_json::from_slice(bytes).unwrap();
    replace_one(&mut manifest, random);
    serde_json::to_vec(&manifest).unwrap()
}

/// Values to put where others belong.
const ODD: [&str; 20] = [
    "0",
    "-1",
    "1",
    "3",
    "18446744073709551615",
    "1e300",
    "null",
    "[]",
    "{}",
    "\"\"",
    "\"x\"",
    "true",
    "\"../../x\"",
    "\"1.0.0\"",
    "\"9.9.9\"",
    "\"\\u0000\"",
    "\"n\"",
    "[\"text\",\"j\"]",
    "16",
    "1048576",
];

fn replace_one(value: &mut Value, random: &mut Random) {
    match value {
        Value::Object(members) if !members.is_empty() && random.below(12) > 0 => {
            let place = random.below(members.len());
            members.values_mut().nth(place).into_iter().for_each(|member| replace_one(member, random));
        }
        Value::Array(items) if !items.is_empty() && random.below(12) > 0 => {
            let place = random.below(items.len());
            replace_one(&mut items[place], random);
        }
        _ => *value = serde_json::from_str(ODD[random.below(ODD.len())]).unwrap(),
    }
}

/// Makes sizes and hashes agree with the files, where they still exist.
fn seal(release: &Files, part: &str) -> Option<Files> {
    let mut release = release.clone();
    let mut manifest: Value = serde_json::from_slice(&release["manifest.json"]).ok()?;
    let bytes = &release[part];
    let listed = manifest.get_mut("parts")?.get_mut(0)?.as_object_mut()?;
    listed.insert("bytes".to_owned(), bytes.len().into());
    listed.insert("sha256".to_owned(), Digest::of(bytes).to_string().into());
    let schema = Digest::of(&release["schema.json"]).to_string();
    manifest.get_mut("schema")?.as_object_mut()?.insert("sha256".to_owned(), schema.into());
    release.insert("manifest.json".to_owned(), serde_json::to_vec(&manifest).ok()?);
    Some(release)
}

/// Verifies the release of a seed. Returns the number of findings of each code.
fn run(folder: &Path, target: Target, seed: u64) -> BTreeMap<String, u64> {
    for (name, bytes) in changed(target, &mut Random(seed)) {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let survives = |name: &str, read: &mut dyn FnMut()| {
        let result = catch_unwind(AssertUnwindSafe(read));
        result.unwrap_or_else(|_panic| panic!("{target:?} with the seed {seed} makes {name} panic"));
    };
    let mut report = None;
    survives("verify", &mut || report = Some(verify(folder, &options(), &NoProgress).unwrap()));
    survives("export", &mut || drop(exported(folder)));
    let other = folder.with_file_name("other");
    let side = |folder: &Path| DiffInput::open(folder, None);
    let plain = |folder: &Path| DiffInput::plain(&folder.join("data"), "id");
    survives("diff", &mut || drop(compared(side(&other), side(folder))));
    survives("diff", &mut || drop(compared(side(folder), side(&other))));
    survives("diff of plain files", &mut || drop(compared(plain(&other), plain(folder))));
    report.unwrap().findings.counts().iter().map(|(code, count)| (code.to_string(), *count)).collect()
}

/// Exports all records, and one by its key.
fn exported(folder: &Path) -> Result<u64, Error> {
    let release = Release::open(folder)?;
    let options = ExportOptions { format: ExportFormat::JsonLines, columns: None, keys: None, threads: 2 };
    let all = export(&release, &options, &mut std::io::sink(), &NoProgress)?.records;
    let options = ExportOptions { keys: Some(BTreeSet::from(["key-7".to_owned()])), ..options };
    Ok(all + export(&release, &options, &mut std::io::sink(), &NoProgress)?.records)
}

/// Returns the number of changed records.
fn compared(base: Result<DiffInput, Error>, current: Result<DiffInput, Error>) -> Result<u64, Error> {
    Ok(diff(&base?, &current?, &DiffOptions::default(), &NoProgress)?.counts.changed)
}

/// A folder whose files can be overwritten.
fn folder() -> Test {
    let test = Test::new();
    for (name, bytes) in INTACT.iter() {
        test.write(&format!("r/{name}"), bytes);
    }
    for (name, bytes) in OTHER.iter() {
        test.write(&format!("other/{name}"), bytes);
    }
    test
}

#[test]
fn changes_of_every_file_do_not_crash() {
    let test = folder();
    let [base, current] = ["other", "r"].map(|name| DiffInput::open(&test.path(name), None));
    assert_eq!(compared(base, current).unwrap(), 1);
    assert_eq!(exported(&test.path("r")).unwrap(), 41);
    let mut reached = BTreeMap::new();
    for target in TARGETS {
        for seed in 0..CASES {
            for (code, count) in run(&test.path("r"), target, seed) {
                *reached.entry(code).or_insert(0) += count;
            }
        }
    }
    // Changes that always fail at the first check would prove little.
    for code in ["R-MANIFEST-INVALID", "R-PART", "R-SETTINGS", "R-SCHEMA", "R-SUMS", "R-RECORD-HASH"] {
        assert!(reached.contains_key(code), "{code} is not among {reached:?}");
    }
}

/// The peak memory of this process.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim().to_owned()
}

#[test]
fn a_longer_search() {
    let Ok(seconds) = std::env::var("PRESSMARK_MUTATE") else { return };
    if let Some((target, seed)) = seconds.split_once(':') {
        let target = TARGETS.into_iter().find(|one| format!("{one:?}") == target).unwrap();
        let start = Instant::now();
        println!("{:?} in {:?}", run(&folder().path("r"), target, seed.parse().unwrap()), start.elapsed());
        return;
    }
    let end = Instant::now() + Duration::from_secs(seconds.parse().unwrap());
    let test = folder();
    let (mut seed, mut slowest, mut reached) = (1 << 32, (Duration::ZERO, Target::Part, 0), BTreeMap::new());
    while Instant::now() < end {
        for target in TARGETS {
            let start = Instant::now();
            for (code, _) in run(&test.path("r"), target, seed) {
                *reached.entry(code).or_insert(0_u64) += 1;
            }
            if start.elapsed() > slowest.0 {
                slowest = (start.elapsed(), target, seed);
            }
        }
        seed += 1;
    }
    println!("{} changes of each kind; the slowest took {slowest:?}; at most {}", seed - (1 << 32), peak());
    println!("releases by code: {reached:?}");
}
