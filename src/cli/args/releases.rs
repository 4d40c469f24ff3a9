//! The arguments of the commands that only read releases.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::{Format, ReportFormat};

/// Verify that releases are intact, and report any damage.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark verify datasets/mine                  all releases of a dataset
  pressmark verify datasets/mine/1.0.0 --quick    only look for missing or truncated files
  pressmark verify 1.0.0 --format github          annotations for GitHub Actions
  pressmark verify 1.0.0 --signers allowed_signers
                                                  require a signature by one of these keys

FILE has the format of ALLOWED SIGNERS in `man ssh-keygen`: a line for each signer, with names,
options and the public key, such as
  alice@example.org namespaces=\"pressmark\" ssh-ed25519 AAAAC3Nza...
`valid-after` and `valid-before` are compared with the date of the release. Signatures by others are
allowed; a signature that does not match the release is damage.

Exit code 1: a release is damaged, or no allowed signer has signed it.")]
pub(crate) struct VerifyArguments {
    /// Releases; a dataset, or any folder of releases, means all of them [default: the dataset around the
    /// working directory].
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) releases: Vec<PathBuf>,
    /// Check only file sizes and footers; hash no files and read no rows.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Require a good signature by one of the signers in this file.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "quick")]
    pub(crate) signers: Option<PathBuf>,
    /// Number of threads [default: one per processor].
    #[arg(long, value_name = "N", value_parser = super::thread_count, env = "PRESSMARK_THREADS", hide_env = true)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
}

/// Sign a release with an SSH key, after verifying it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark sign datasets/mine --key ~/.ssh/id_ed25519        the newest release
  pressmark sign 1.0.0 --key ~/.ssh/id_ed25519.pub            with a key that is in the agent

Runs `ssh-keygen`, which asks for passphrases, and uses the agent if the key is in it. Keys may be
Ed25519, ECDSA, RSA with 2048 to 4096 bits, or in hardware. The signature is over SHA256SUMS, and so
over every byte of the release. It is added to SHA256SUMS.sig; earlier signatures stay. By hand, in
the folder of the release:

  ssh-keygen -Y sign -n pressmark -f KEY SHA256SUMS

Exit code 2: the release is damaged, or was not signed.")]
pub(crate) struct SignArguments {
    /// A release, or a dataset for its newest release [default: the dataset around the working directory].
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) release: Option<PathBuf>,
    /// The private key, or the public key of one that is in the agent.
    #[arg(long, value_name = "KEY", value_hint = ValueHint::FilePath)]
    pub(crate) key: PathBuf,
    /// Number of threads [default: one per processor].
    #[arg(long, value_name = "N", value_parser = super::thread_count, env = "PRESSMARK_THREADS", hide_env = true)]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// Show what a release contains and how to query it.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// A release, or a dataset for its newest release [default: the dataset around the working directory].
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) release: Option<PathBuf>,
    /// What to print: a summary, the manifest, or a metadata document for another tool.
    #[arg(long, value_enum, default_value_t = ShowFormat::Human)]
    pub(crate) format: ShowFormat,
}

/// What `show` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    /// A summary for people.
    Human,
    /// The manifest.
    Json,
    /// A dataset card for the Hugging Face Hub (README.md).
    Card,
    /// Croissant 1.1 (croissant.json).
    Croissant,
    /// Data Package 2.0 (datapackage.json).
    Datapackage,
    /// Citation File Format 1.2.0 (CITATION.cff).
    Citation,
    /// A Zenodo deposit (.zenodo.json).
    Zenodo,
    /// `DataCite` 4.5 (datacite.json).
    Datacite,
    /// RO-Crate 1.1 (ro-crate-metadata.json).
    RoCrate,
}

/// List the releases of a dataset, newest first, and check that each follows the previous one.
#[derive(Debug, Args)]
#[command(after_help = "\
Each line shows the version, date, number of records and its change, size, fingerprint, number of
parts, how many parts are reused from the previous release, and how many articles were rejected. The
change is `=` for the same records, and `±0` for as many records that are not the same. Exit code 1: a
manifest cannot be read, or the previous release is not the one that the manifest names.")]
pub(crate) struct LogArguments {
    /// A dataset, or any folder of releases [default: the dataset around the working directory].
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) dataset: Option<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Export records of a release, in order, as canonical JSON lines or CSV.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark export datasets/mine/1.0.0 | gzip > mine.jsonl.gz
  pressmark export datasets/mine/1.0.0 --format csv --columns id,title,published_at -o mine.csv
  pressmark export datasets/mine --where-key u1-0b5e,u1-77aa

The SHA-256 of a JSON line with all columns, without its line ending, is the hash of the record. CSV
has a header and CR LF line endings; null is an empty field, an empty string is two quotes, lists and
objects are JSON. Export does not verify the release: run `pressmark verify`. Exit code 1: a key was
not found.")]
pub(crate) struct ExportArguments {
    /// A release, or a dataset for its newest release [default: the dataset around the working directory].
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) release: Option<PathBuf>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = ExportFormatArgument::Jsonl)]
    pub(crate) format: ExportFormatArgument,
    /// Write to this file, completely or not at all [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Export only the records with these keys; write `\,` for a comma in a key.
    #[arg(long, value_name = "KEY,KEY")]
    pub(crate) where_key: Vec<String>,
    /// Export only these columns; CSV keeps their order. `record_sha256` can be listed too [default: all
    /// columns except it].
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Number of threads [default: one per processor].
    #[arg(long, value_name = "N", value_parser = super::thread_count, env = "PRESSMARK_THREADS", hide_env = true)]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormatArgument {
    Jsonl,
    Csv,
}
