//! The arguments of `check` and `retry`, and those that `check` and `build` share.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::input::Pointer;
use crate::release::Allowance;
use clap::{Args, ValueHint};

use super::{ExtraArgument, InvalidOptionalArgument, ReportFormat, Size, example_count, sources, thread_count};

/// Validate articles against a schema without publishing anything.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark check articles.jsonl.gz
  pressmark check exports/ --source trafilatura
  pressmark check exports/ --schema my.schema.json --rejects rejects.jsonl.zst
  pressmark check datasets/mine            the inputs of a dataset, by its settings
  pressmark check - --format github

Inside a dataset's folder, or for inputs in one, the settings of its dataset.toml are the defaults.
Articles that share a key, by default `id`, and differ are rejected. Exit code 1: --max-rejects was
exceeded.

".to_owned() + &sources())]
pub(crate) struct CheckArguments {
    /// Files, folders (searched recursively, hidden files skipped), patterns, `-` for standard input, or
    /// one dataset [default: the dataset around the working directory].
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<String>,
    #[command(flatten)]
    pub(crate) judging: JudgingArguments,
    /// JSON Pointer to the articles in each JSON text, such as /response/results/* [default: set by
    /// dataset.toml or the source, or detected].
    #[arg(long, value_name = "POINTER", value_delimiter = ',')]
    pub(crate) articles: Vec<Pointer>,
    /// Maximum number of rejected articles: a count, or a share such as 0.5% [default: `max_rejects` of
    /// dataset.toml, or 0].
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_rejects: Option<Allowance>,
    /// Write every rejected article, with its bytes and the reasons, to this file: JSON lines, compressed if
    /// the name ends in .zst or .gz. Without a reject, an earlier file stays as it is.
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// Limits of reading, and the output format.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Maximum size of one input after decompression, such as 500MB or 2GiB [default: no limit for plain
    /// files; 1000 times the file size for compressed ones].
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_bytes: Option<Size>,
    /// Number of threads [default: one per processor].
    #[arg(long, value_name = "N", value_parser = thread_count, env = "PRESSMARK_THREADS", hide_env = true)]
    pub(crate) threads: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) examples: ExamplesArgument,
    /// Output format.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
}

/// How many examples are shown.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ExamplesArgument {
    /// How many examples of each cause are shown, from 0 to 100.
    #[arg(long = "examples", value_name = "N", default_value_t = crate::diagnostics::EXAMPLES)]
    #[arg(value_parser = example_count, env = "PRESSMARK_EXAMPLES", hide_env = true)]
    pub(crate) number: usize,
}

/// The schema and the mapping that articles are validated with.
#[derive(Debug, Args)]
pub(crate) struct JudgingArguments {
    /// The schema to validate against: `article`, `article-strict`, a JSON Schema file, a release or a
    /// dataset [default: `schema` of dataset.toml, or article].
    #[arg(long, value_name = "NAME|FILE", value_hint = ValueHint::FilePath)]
    pub(crate) schema: Option<String>,
    /// The format of the inputs: a preset (listed below), or a mapping file such as ./mine.toml
    /// [default: `source` of dataset.toml, or recognised from the articles].
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// What to do with members that the schema does not declare [default: `extra` of dataset.toml, or
    /// keep].
    #[arg(long, value_enum)]
    pub(crate) extra: Option<ExtraArgument>,
    /// What to do with an optional member whose value is invalid: `reject` the article, or move the
    /// value to `_extra` (`extra`) [default: `invalid_optional` of dataset.toml, or reject].
    #[arg(long, value_enum)]
    pub(crate) invalid_optional: Option<InvalidOptionalArgument>,
}

/// Validate rejected articles again and write those that pass to standard output.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark retry datasets/mine/rejects/1.0.0 -o fixed.jsonl
  pressmark retry rejects.jsonl.zst --source ./mine.toml --rejects still.jsonl.zst > fixed.jsonl

For reject files in a dataset's folder, the settings of its dataset.toml are the defaults. Exit code 1:
some articles are still rejected, or were too long to be stored in the reject file.

".to_owned() + &sources())]
pub(crate) struct RetryArguments {
    /// Reject files, folders of reject files, patterns, or a dataset, which means the reject file of its
    /// newest version [default: the dataset around the working directory].
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) files: Vec<String>,
    #[command(flatten)]
    pub(crate) judging: JudgingArguments,
    /// Write the articles that pass to this file [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write articles that are rejected again to this file: JSON lines,
    /// compressed if the name ends in .zst or .gz.
    #[arg(long, value_name = "FILE", alias = "again")]
    pub(crate) rejects: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) examples: ExamplesArgument,
}
