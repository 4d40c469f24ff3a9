//! What can be typed after the commands that read releases and change nothing.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::{Format, ReportFormat};

/// Prove releases intact, or say where they are not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark verify datasets/mine                  every release of a dataset
  pressmark verify datasets/mine/1.0.0 --quick    is anything missing or cut short?
  pressmark verify 1.0.0 --format github          annotations of a workflow run

Exit code 1: a release is not intact.")]
pub(crate) struct VerifyArguments {
    /// Folders of releases; a dataset's folder stands for all its releases.
    #[arg(required = true, value_hint = ValueHint::DirPath)]
    pub(crate) releases: Vec<PathBuf>,
    /// Look at sizes and footers only; hash nothing and read no row.
    #[arg(long)]
    pub(crate) quick: bool,
    /// How many threads work [default: one for each processor].
    #[arg(long, value_name = "N", value_parser = super::thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// How to tell the result.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
}

/// Show what a release holds and how to query it.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// The release's folder.
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) release: PathBuf,
    /// How to tell it; as JSON it is the manifest.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// List the releases of a dataset, the newest first, and whether each follows the one before.
#[derive(Debug, Args)]
#[command(after_help = "\
Each line tells version, day, records and their change, size, fingerprint, parts, and how many of
the parts are those of the release before. Exit code 1: a manifest cannot be read, or the release
before is not the one that was there.")]
pub(crate) struct LogArguments {
    /// The dataset's folder, or another one that holds releases.
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
    /// How to tell it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Get records out of a release, in its order, as canonical JSON lines or CSV.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark export datasets/mine/1.0.0 | gzip > mine.jsonl.gz
  pressmark export datasets/mine/1.0.0 --format csv --columns id,title,published_at -o mine.csv
  pressmark export datasets/mine/1.0.0 --where-key u1-0b5e --where-key u1-77aa

The SHA-256 of a JSON line with all columns, without its line end, is the record's hash. CSV has
CR LF line ends and a first line of names; null is nothing, an empty text is two quotes, lists and
objects are JSON. Nothing is verified: see `pressmark verify`. Exit code 1: a key is not there.")]
pub(crate) struct ExportArguments {
    /// The release's folder.
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) release: PathBuf,
    /// How records are written.
    #[arg(long, value_enum, default_value_t = ExportFormatArgument::Jsonl)]
    pub(crate) format: ExportFormatArgument,
    /// Write to this file, which appears whole or not at all [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Only the record with this key; may be said several times.
    #[arg(long, value_name = "KEY")]
    pub(crate) where_key: Vec<String>,
    /// Only these columns, in this order in CSV; `record_sha256` is one too [default: all others].
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// How many threads work [default: one for each processor].
    #[arg(long, value_name = "N", value_parser = super::thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormatArgument {
    Jsonl,
    Csv,
}
