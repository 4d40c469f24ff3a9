//! What `diff` takes for two releases, and beside it, in the same run, what `DuckDB` takes to join the
//! same files: the ratio is what holds on other machines. Changes stand where news changes, among
//! the latest records, or all over, so that every page has one.
//!
//! Run with `cargo bench --bench diff`, after the tests have installed `DuckDB` under the target
//! folder (`cargo test consumers`). Results with their date and machine are in
//! `benches/README.md`.
#![expect(clippy::disallowed_methods, reason = "a benchmark makes its corpora on purpose")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// How often each is run; the middle one counts.
const RUNS: usize = 5;

fn main() {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).join("consumers/bin/python");
    let short = corpus("short", 1_000_000, |number, random| text(random, 8, number));
    compare(&python, "1,000,000 short records", &short, |base, current| {
        format!("SELECT count(*) FROM {base} a JOIN {current} b ON a.id = b.id AND a.record_sha256 = b.record_sha256")
    });
    let long = corpus("long", 200_000, |number, random| text(random, 620, number));
    compare(&python, "200,000 articles of 4 KB", &long, |base, current| {
        let schema = fs::read_to_string(long.join("1.0.0/schema.json")).unwrap();
        let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
        let columns: Vec<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        let differ: Vec<String> = columns.iter().map(|name| format!("a.{name} IS DISTINCT FROM b.{name}")).collect();
        format!(
            "SELECT count(a.id), count(b.id), count(*) FILTER (WHERE {}) FROM {base} a FULL JOIN {current} b ON a.id = b.id",
            differ.join(" OR ")
        )
    });
}

/// The releases that are compared with 1.0.0, and where one record in a thousand of them is
/// another: where news changes, and where it costs most.
const RELEASES: [(&str, &str); 2] = [("2.0.0", "the latest 0.1 % changed"), ("3.0.0", "0.1 % changed all over")];

/// A dataset with its releases, made once.
fn corpus(name: &str, records: u64, text: impl Fn(u64, &mut Random) -> String) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-diff-{name}"));
    if folder.join("3.0.0/manifest.json").is_file() {
        return folder;
    }
    fs::create_dir_all(&folder).unwrap();
    let settings = "name = \"bench\"\ninputs = [\"articles.jsonl\"]\n";
    let mut file = tempfile::NamedTempFile::new_in(&folder).unwrap();
    file.write_all(settings.as_bytes()).unwrap();
    file.persist(folder.join("dataset.toml")).unwrap();
    let is_changed: [&dyn Fn(u64) -> bool; 3] =
        [&|_| false, &|number| number >= records - records / 1000, &|number| number % 1000 == 7];
    // `--bump` starts at 1.0.0 and goes on to 2.0.0 and 3.0.0.
    for is_changed in is_changed {
        let mut random = Random(7);
        let mut out = BufWriter::new(tempfile::NamedTempFile::new_in(&folder).unwrap());
        let mut changes = 0;
        for number in 0..records {
            let mut text = text(number, &mut random);
            let mut title = format!("Title {number}");
            if is_changed(number) {
                changes += 1;
                // Every other one in its text.
                if changes % 2 == 0 {
                    text = text.replacen(' ', " new ", 1);
                } else {
                    title.push('x');
                }
            }
            let key = pressmark::digest::Digest::of(&number.to_be_bytes()).to_string();
            let (day, minute) = (number * 28 / records + 1, number * 28 * 1440 / records % 1440);
            writeln!(
                out,
                "{{\"id\":\"u1-{}\",\"title\":\"{title}\",\"published_at\":\"2024-01-{day:02}T{:02}:{:02}:00Z\",\"text\":\"{text}\"}}",
                &key[..32],
                minute / 60,
                minute % 60,
            )
            .unwrap();
        }
        out.into_inner().unwrap().persist(folder.join("articles.jsonl")).unwrap();
        let build = Command::new(env!("CARGO_BIN_EXE_pressmark"))
            .args(["build", "--bump", "major", "--date", "2024-12-31"])
            .arg(&folder)
            .output()
            .unwrap();
        assert!(build.status.success(), "{}", String::from_utf8_lossy(&build.stderr));
    }
    folder
}

fn text(random: &mut Random, words: usize, number: u64) -> String {
    let word = |random: &mut Random| {
        let letters = 2 + random.below(8);
        (0..letters).map(|_| char::from(b'a' + u8::try_from(random.below(26)).unwrap())).collect::<String>()
    };
    let words: Vec<String> = (0..words).map(|_| word(random)).collect();
    format!("{} {number}", words.join(" "))
}

/// A small generator (Knuth's linear congruential one), so that the corpus never changes.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn compare(python: &Path, what: &str, folder: &Path, query: impl Fn(&str, &str) -> String) {
    for (release, changes) in RELEASES {
        let ours = median(|| {
            let start = Instant::now();
            let diff = Command::new(env!("CARGO_BIN_EXE_pressmark"))
                .args(["diff", "--exit-zero"])
                .args([folder.join("1.0.0"), folder.join(release)])
                .output()
                .unwrap();
            assert!(diff.status.success(), "{}", String::from_utf8_lossy(&diff.stderr));
            start.elapsed().as_secs_f64()
        });
        let files = |release: &str| format!("'{}/{release}/data/*.parquet'", folder.display());
        // The time of the query alone, without starting Python.
        let script = format!(
            "import duckdb, time\n\
             c = duckdb.connect()\n\
             c.execute('SET threads=2')\n\
             c.execute('SET enable_progress_bar=false')\n\
             t = time.perf_counter()\n\
             c.execute(\"{}\").fetchall()\n\
             print(time.perf_counter() - t)",
            query(&files("1.0.0"), &files(release))
        );
        let theirs = median(|| {
            let output = Command::new(python).args(["-I", "-c", &script]).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
        });
        println!("{what}, {changes}: diff {ours:.3} s, DuckDB {theirs:.3} s, ratio 1/{:.1}", theirs / ours);
    }
}

fn median(measure: impl Fn() -> f64) -> f64 {
    let mut times: Vec<f64> = (0..RUNS).map(|_| measure()).collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}
