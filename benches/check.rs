//! How fast `check` judges JSON lines of articles of about 4 KB, and beside it, in the same run,
//! what merely parsing them costs with `serde_json`: the ratio is what holds on other machines.
//!
//! Run with `cargo bench --bench check`; throughput is in bytes of input. Results with their
//! date and machine are in `benches/README.md`.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::BytesCount;
use pressmark::check::{CheckOptions, check};
use pressmark::mapping::{Mapping, SourceChoice};
use pressmark::progress::NoProgress;
use pressmark::release::Allowance;
use pressmark::schema::{BuiltIn, Extra, Schema};
use pressmark::validate::KeyColumns;

/// How many articles a corpus has.
const ARTICLES: u64 = 20_000;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// A corpus on disk; the same one in every run.
struct Corpus {
    path: PathBuf,
    bytes: Vec<u8>,
}

static VALID: LazyLock<Corpus> = LazyLock::new(|| Corpus::write("valid", |_| false));
static REJECTED: LazyLock<Corpus> = LazyLock::new(|| Corpus::write("rejected", |number| number % 20 == 7));

impl Corpus {
    fn write(name: &str, is_broken: impl Fn(u64) -> bool) -> Self {
        let mut random = Random(7);
        let text: String = (0..ARTICLES).map(|number| article(number, is_broken(number), &mut random)).collect();
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-{name}.jsonl"));
        let mut file = tempfile::NamedTempFile::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.persist(&path).unwrap();
        Self { path, bytes: text.into_bytes() }
    }
}

/// A small generator (Knuth's linear congruential one), so that the corpus never changes.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// Words of a few scripts; every eighth has a letter beyond ASCII.
    fn words(&mut self, count: u64) -> String {
        let mut words = String::new();
        for place in 0..count {
            if place > 0 {
                words.push_str(if place % 80 == 0 { "\\n\\n" } else { " " });
            }
            for _ in 0..2 + self.below(9) {
                let letter = u8::try_from(self.below(26)).unwrap_or(0);
                words.push(char::from(b'a' + letter));
            }
            if self.below(8) == 0 {
                words.push(if self.below(2) == 0 { 'é' } else { '新' });
            }
        }
        words
    }
}

fn article(number: u64, is_broken: bool, random: &mut Random) -> String {
    let (day, hour) = (1 + number % 28, number % 24);
    let instant = format!("2024-12-{day:02}T{hour:02}:00:00+02:00");
    let instant = if is_broken { instant.replace('T', " ") } else { instant };
    let modified = if number % 20 < 9 { "null".to_owned() } else { "\"2024-12-31T10:00:00Z\"".to_owned() };
    let count = 300 + random.below(600);
    let (title, caption, text) = (random.words(9), random.words(12), random.words(count));
    let mut line = String::new();
    let _infallible = writeln!(
        line,
        "{{\"id\":\"a-{number}\",\"url\":\"https://news.example.org/{hour}/{number}\",\"domain\":\"news.example.org\",\
         \"publisher\":\"The Example\",\"title\":\"{title}\",\"authors\":[\"A. Writer\",\"B. Editor\"],\
         \"published_at\":\"{instant}\",\"modified_at\":{modified},\"language\":\"en\",\"tags\":[\"news\",\"world\"],\
         \"images\":[{{\"url\":\"https://news.example.org/{number}.jpg\",\"caption\":\"{caption}\",\"credit\":\"AP\"}}],\
         \"text\":\"{text}\"}}"
    );
    line
}

fn run(corpus: &Corpus, threads: usize) -> u64 {
    let schema = Schema::built_in(BuiltIn::Article, Extra::Keep).unwrap();
    let keys = KeyColumns::new(schema.columns(), &[], "id", None).ok();
    let options = CheckOptions {
        folder: PathBuf::new(),
        examples: pressmark::diagnostics::EXAMPLES,
        inputs: vec![corpus.path.display().to_string()],
        mapping: Mapping::open(&SourceChoice::default_for(true), schema.targets()).unwrap(),
        schema,
        keys,
        scratch: std::env::temp_dir(),
        invalid_optional: pressmark::schema::InvalidOptional::Reject,
        selection: pressmark::input::Selection::default(),
        is_given: true,
        misfit: pressmark::release::MisfitPolicy::default(),
        extra: Extra::Keep,
        max_rejects: Allowance::PerMillion(1_000_000),
        rejects: None,
        threads,
        limits: pressmark::input::Limits::default(),
    };
    check(&options, &NoProgress).unwrap().read.rejects.total()
}

#[divan::bench(args = [1, 2])]
fn all_valid(bencher: Bencher<'_, '_>, threads: usize) {
    let corpus = &*VALID;
    bencher.counter(BytesCount::of_slice(&corpus.bytes)).bench(|| assert_eq!(run(corpus, threads), 0));
}

#[divan::bench(args = [1, 2])]
fn one_in_twenty_rejected(bencher: Bencher<'_, '_>, threads: usize) {
    let corpus = &*REJECTED;
    bencher.counter(BytesCount::of_slice(&corpus.bytes)).bench(|| assert_eq!(run(corpus, threads), ARTICLES / 20));
}

/// One thread, nothing judged: each line to a `serde_json::Value`.
#[divan::bench]
fn serde_json_only_parses(bencher: Bencher<'_, '_>) {
    let corpus = &*VALID;
    let lines = || corpus.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    bencher.counter(BytesCount::of_slice(&corpus.bytes)).bench(|| {
        lines()
            .map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap())
            .filter(serde_json::Value::is_object)
            .count()
    });
}
