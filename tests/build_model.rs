//! Random sequences of builds, upserts, withdrawals and readmissions, against a plain map.
//!
//! The model knows nothing of runs, parts or caches: it holds the records of each release by key. After
//! every step the release holds what the model holds, `verify` finds it intact, and a dataset that never
//! had another release makes the same parts of the same records.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use serde_json::{Value, json};

use crate::support::{Files, Random, Run, Test, parts, rows};

const SCHEMA: &str = r#"{
  "$id": "urn:test:note",
  "type": "object",
  "required": ["id", "text"],
  "properties": {
    "id": { "type": "string" },
    "text": { "type": "string" },
    "modified": { "type": ["string", "null"], "format": "date-time" }
  },
  "additionalProperties": false
}
"#;
const KEYS: usize = 70;
/// The only record of the first release.
const SEED: Content = (None, 0);

/// The hour at which an article was modified, if that is known, and what it says.
type Content = (Option<usize>, usize);
type Articles = Vec<(String, Content)>;
type Records = BTreeMap<String, Content>;

/// What the dataset is by the rules alone.
#[derive(Default)]
struct Model {
    newest: bool,
    /// The releases, the last of which the next one follows.
    releases: Vec<Records>,
    /// Every key that a release withdrew.
    withdrawn: BTreeSet<String>,
}

/// What a step must come to.
enum Expected {
    /// A release of these records, with so many articles rejected.
    Published(Records, usize),
    /// No record is left.
    Nothing,
    /// An error whose text holds this.
    Error(&'static str),
}

impl Model {
    /// The records that articles make by themselves, and how many are rejected because they share a
    /// key and differ.
    fn resolved(&self, articles: &Articles) -> (Records, usize) {
        let mut by_key: BTreeMap<&String, Vec<Content>> = BTreeMap::new();
        for (key, content) in articles {
            by_key.entry(key).or_default().push(*content);
        }
        let (mut records, mut rejected) = (Records::new(), 0);
        for (key, mut contents) in by_key {
            if self.newest {
                let latest = contents.iter().map(|content| content.0).max().unwrap();
                contents.retain(|content| content.0 == latest);
            }
            let distinct: BTreeSet<&Content> = contents.iter().collect();
            if distinct.len() == 1 {
                records.insert(key.clone(), contents[0]);
            } else {
                rejected += contents.len();
            }
        }
        (records, rejected)
    }

    /// What a release of these records comes to.
    fn released(&mut self, records: Records, rejected: usize, readmit: bool) -> Expected {
        let none = Records::new();
        let previous = self.releases.last().unwrap_or(&none);
        let comes_back = |key: &String| self.withdrawn.contains(key) && !previous.contains_key(key);
        if records.is_empty() {
            return Expected::Nothing;
        }
        if !readmit && records.keys().any(comes_back) {
            return Expected::Error("would be published again");
        }
        self.releases.push(records.clone());
        Expected::Published(records, rejected)
    }

    fn built(&mut self, articles: &Articles, readmit: bool) -> Expected {
        let (records, rejected) = self.resolved(articles);
        self.released(records, rejected, readmit)
    }

    fn put_on(&mut self, base: usize, upsert: &Articles, withdraw: &BTreeSet<String>, readmit: bool) -> Expected {
        let (new, rejected) = self.resolved(upsert);
        let mut records = self.releases[base].clone();
        for key in withdraw {
            if upsert.iter().any(|(other, _)| other == key) {
                return Expected::Error("is withdrawn and among the new records");
            }
            if records.remove(key).is_none() {
                return Expected::Error("is not in the release that is built upon");
            }
        }
        records.extend(new);
        let expected = self.released(records, rejected, readmit);
        if matches!(expected, Expected::Published(..)) {
            self.withdrawn.extend(withdraw.iter().cloned());
        }
        expected
    }
}

fn line((key, content): (&String, &Content)) -> String {
    format!("{}\n", record(key, content))
}

fn record(key: &str, (hour, text): &Content) -> Value {
    let text = format!("Text {text}. {}", "It rained. ".repeat(text % 9));
    match hour {
        Some(hour) => json!({"id": key, "text": text, "modified": format!("2024-12-13T{hour:02}:00:00Z")}),
        None => json!({"id": key, "text": text}),
    }
}

fn lines<'a>(articles: impl IntoIterator<Item = (&'a String, &'a Content)>) -> String {
    articles.into_iter().map(line).collect()
}

fn key(random: &mut Random) -> String {
    format!("key-{:02}", random.below(KEYS))
}

fn content(random: &mut Random) -> Content {
    ((random.below(4) > 0).then(|| random.below(6)), random.below(40))
}

/// The records of a release as articles, some changed, some left out, some new, some twice.
fn edited(records: &Records, random: &mut Random) -> Articles {
    let mut articles: Articles = Vec::new();
    for (key, old) in records {
        match random.below(12) {
            0 => {}
            1 => articles.push((key.clone(), content(random))),
            2 => articles.extend([(key.clone(), *old), (key.clone(), *old)]),
            3 => articles.extend([(key.clone(), *old), (key.clone(), content(random))]),
            _ => articles.push((key.clone(), *old)),
        }
    }
    for _ in 0..random.below(12) {
        articles.push((key(random), content(random)));
    }
    for at in (1..articles.len()).rev() {
        articles.swap(at, random.below(at + 1));
    }
    articles
}

/// A dataset whose first release, of one record, has the smallest layout there is.
fn dataset(newest: bool) -> Test {
    let policy = if newest { "on_conflict = \"newest\"\nnewest_by = \"modified\"\n" } else { "" };
    let test = Test::set(&format!("schema = \"s.json\"\n[policy]\nmax_rejects = 1000\n{policy}"), "");
    test.write("set/s.json", SCHEMA);
    test.build("-").stdin(line((&"seed".to_owned(), &SEED))).check();
    let mut manifest = test.json("set/1.0.0/manifest.json");
    manifest["layout"]["target_rows"] = json!(16);
    manifest["layout"]["row_group_rows"] = json!(2);
    test.write_manifest("set/1.0.0", &manifest);
    test
}

/// One random step: what is run, and what must come of it.
fn step<'t>(test: &'t Test, model: &mut Model, version: &str, random: &mut Random) -> (Run<'t>, Expected) {
    let readmit = random.below(3) == 0;
    let flag = if readmit { "--readmit" } else { "" };
    let cached = if random.below(4) == 0 { "--no-cache" } else { "" };
    let last = model.releases.len() - 1;
    if random.below(3) == 0 {
        let articles = edited(&model.releases[last], random);
        test.write("set/sources/a.jsonl", lines(articles.iter().map(|(key, content)| (key, content))));
        let run = test.build(&format!("--version {version} {flag} {cached}"));
        return (run, model.built(&articles, readmit));
    }
    // Mostly on top of the last release, and sometimes on an older one.
    let base = if random.below(5) == 0 { random.below(last + 1) } else { last };
    let upsert: Articles = (0..=random.below(8)).map(|_| (key(random), content(random))).collect();
    let wrong = random.below(8) == 0;
    let there = |key: &String| wrong || model.releases[base].contains_key(key);
    let is_new = |key: &String| upsert.iter().any(|(other, _)| other == key);
    let withdraw = (0..random.below(6)).map(|_| key(random)).filter(|key| there(key) && (wrong || !is_new(key)));
    let withdraw: BTreeSet<String> = withdraw.collect();
    test.write("upsert.jsonl", lines(upsert.iter().map(|(key, content)| (key, content))));
    let listed = |key: &String| format!("{}\n", json!({"key": key, "reason": "asked for"}));
    test.write("withdraw.jsonl", withdraw.iter().map(listed).collect::<String>());
    let taken_back = if withdraw.is_empty() { "" } else { "--withdraw withdraw.jsonl" };
    let on = format!("--base 1.{base}.0 --version {version} --upsert upsert.jsonl {taken_back} {flag} {cached}");
    (test.build(&on), model.put_on(base, &upsert, &withdraw, readmit))
}

/// The parts of a release of these records, made where there never was another.
fn from_nothing(newest: bool, records: &Records) -> Files {
    let test = dataset(newest);
    test.write("set/sources/a.jsonl", lines(records));
    test.build("--version 2.0.0").check();
    parts(&test.path("set/2.0.0"))
}

fn history(seed: u64, newest: bool, steps: usize) -> [usize; 3] {
    let mut random = Random(seed);
    let test = dataset(newest);
    let first: Records = (0..KEYS).map(|number| (format!("key-{number:02}"), content(&mut random))).collect();
    let seed_record = Records::from([("seed".to_owned(), SEED)]);
    let mut model = Model { newest, releases: vec![seed_record], withdrawn: BTreeSet::new() };
    let all = first.iter().map(|(key, content)| (key.clone(), *content)).collect();
    test.write("set/sources/a.jsonl", lines(&first));
    let mut next = (test.build("--version 1.1.0"), model.built(&all, false));
    let mut counts = [0; 3];
    for number in 0..steps {
        let (run, expected) = next;
        let (run, shown) = (run.variable("PRESSMARK_CACHE_DIR", "cache"), format!("seed {seed}, step {number}"));
        let version = format!("1.{}.0", model.releases.len() - 1);
        match expected {
            Expected::Published(records, rejected) => {
                counts[0] += 1;
                run.stderr_has(if rejected > 0 { "D-DUPLICATE-KEY" } else { "" }).check();
                let release = format!("set/{version}");
                let found: BTreeMap<String, Value> = rows(&test.path(&release))
                    .into_iter()
                    .map(|row| (row["id"].as_str().unwrap().to_owned(), row))
                    .collect();
                let wanted: BTreeMap<String, Value> =
                    records.iter().map(|(key, content)| (key.clone(), record(key, content))).collect();
                assert_eq!(found, wanted, "{shown}");
                let manifest = test.json(&format!("{release}/manifest.json"));
                let counted = manifest["rejected"]["D-DUPLICATE-KEY"].as_u64().unwrap_or_default();
                assert_eq!(counted, rejected as u64, "{shown}");
                test.run(&format!("verify {release}")).check();
                assert!(parts(&test.path(&release)) == from_nothing(newest, &records), "{shown}");
            }
            Expected::Nothing => run.code(1).stderr_has("no records are left").leaves_nothing().check().clear(),
            Expected::Error(message) => {
                counts[1] += 1;
                run.code(2).stderr_has(message).stdout("").leaves_nothing().check();
            }
        }
        counts[2] += model.withdrawn.len();
        let version = format!("1.{}.0", model.releases.len());
        next = step(&test, &mut model, &version, &mut random);
    }
    counts
}

#[test]
fn random_histories_hold_what_a_plain_map_holds() {
    let histories = [(1, false), (2, true), (3, false), (4, true)];
    let counts = thread::scope(|scope| {
        let run = |(seed, newest)| scope.spawn(move || history(seed, newest, 9));
        histories.map(run).map(|thread| thread.join().unwrap())
    });
    // The histories are not empty: releases, refusals and withdrawals come in them.
    for place in 0..3 {
        assert!(counts.iter().map(|counts| counts[place]).sum::<usize>() > 3, "{counts:?}");
    }
}
