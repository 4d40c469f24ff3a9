//! How fast a release is verified in full, beside the SHA-256 of its records as canonical JSON
//! lines: `verify` does that hashing too, and everything else.
//!
//! Both sides work on what lies in the page cache. The release is built once from a fixed seed.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "corpora are files of the measurement's own")]

use std::fs;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::BytesCount;
use pressmark::digest::Hashing;
use pressmark::progress::NoProgress;
use pressmark::record::{Rows, canonical_form};
use pressmark::release::Release;
use pressmark::verify::{VerifyOptions, verify};

/// How many articles the release has: 200,000 unless `PRESSMARK_ARTICLES` says otherwise.
const ARTICLES: u64 = 200_000;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// A release, and its records as canonical lines.
struct Corpus {
    release: PathBuf,
    lines: PathBuf,
    bytes: u64,
}

static CORPUS: LazyLock<Corpus> = LazyLock::new(|| {
    let articles = std::env::var("PRESSMARK_ARTICLES").map_or(ARTICLES, |text| text.parse().unwrap());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-verify-{articles}"));
    let release = folder.join("1.0.0");
    if !release.is_dir() {
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("dataset.toml"), "name = \"bench\"\ninputs = [\"in.jsonl\"]\n").unwrap();
        let mut random = Random(7);
        let mut out = BufWriter::new(fs::File::create(folder.join("in.jsonl")).unwrap());
        (0..articles).for_each(|number| out.write_all(article(number, &mut random).as_bytes()).unwrap());
        out.flush().unwrap();
        let built = Command::new(env!("CARGO_BIN_EXE_pressmark")).arg("build").arg(&folder).output().unwrap();
        assert!(built.status.success(), "{built:?}");
    }
    let lines = folder.join("canonical.jsonl");
    export(&release, &lines);
    Corpus { bytes: fs::metadata(&lines).unwrap().len(), release, lines }
});

fn export(release: &Path, target: &Path) {
    let release = Release::open(release).unwrap();
    let schema = release.load_schema().unwrap();
    let mut out = BufWriter::new(fs::File::create(target).unwrap());
    let mut line = Vec::new();
    for batch in release.scan().unwrap().batches() {
        let batch = batch.unwrap();
        let rows = Rows::new(schema.columns(), &batch).unwrap();
        for row in 0..rows.len() {
            line.clear();
            canonical_form(schema.columns(), &rows.record(row), &mut line);
            line.push(b'\n');
            out.write_all(&line).unwrap();
        }
    }
    out.flush().unwrap();
}

/// A small generator (Knuth's linear congruential one), so that the corpus never changes.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// Words of a vocabulary of thousands, as text has them; some with a letter beyond ASCII.
    fn words(&mut self, count: u64) -> String {
        let word = |random: &mut Self| {
            let mut letters = Self(random.below(8000).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let length = 2 + letters.below(9);
            let mut word: String =
                (0..length).map(|_| char::from(b'a' + u8::try_from(letters.below(26)).unwrap())).collect();
            if letters.below(8) == 0 {
                word.push(if letters.below(2) == 0 { 'é' } else { '新' });
            }
            word
        };
        (0..count).map(|_| word(self)).collect::<Vec<_>>().join(" ")
    }
}

fn article(number: u64, random: &mut Random) -> String {
    let (day, hour, count) = (1 + number % 28, number % 24, 350 + random.below(500));
    let (title, caption, text) = (random.words(9), random.words(12), random.words(count));
    format!(
        "{{\"id\":\"a-{number}\",\"url\":\"https://news.example.org/{hour}/{number}\",\"domain\":\"news.example.org\",\
         \"publisher\":\"The Example\",\"title\":\"{title}\",\"authors\":[\"A. Writer\",\"B. Editor\"],\
         \"published_at\":\"2024-12-{day:02}T{hour:02}:00:00Z\",\"language\":\"en\",\"tags\":[\"news\",\"world\"],\
         \"images\":[{{\"url\":\"https://news.example.org/{number}.jpg\",\"caption\":\"{caption}\",\"credit\":\"AP\"}}],\
         \"text\":\"{text}\"}}\n"
    )
}

#[divan::bench(args = [1, 2], sample_count = 5, sample_size = 1)]
fn verified_in_full(bencher: Bencher<'_, '_>, threads: usize) {
    let corpus = &*CORPUS;
    let options = VerifyOptions { quick: false, threads, scratch: std::env::temp_dir(), signers: None };
    bencher.counter(BytesCount::new(corpus.bytes)).bench(|| {
        let report = verify(&corpus.release, &options, &NoProgress).unwrap();
        assert!(report.is_intact(), "{:?}", report.findings);
    });
}

/// What `sha256sum` does with the exported lines, on one thread as it does.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn lines_hashed(bencher: Bencher<'_, '_>) {
    let corpus = &*CORPUS;
    bencher.counter(BytesCount::new(corpus.bytes)).bench(|| {
        let mut file = Hashing::new(fs::File::open(&corpus.lines).unwrap());
        let mut buffer = vec![0; 1 << 17];
        while file.read(&mut buffer).unwrap() > 0 {}
        file.finish().2
    });
}
