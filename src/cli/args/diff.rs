//! The arguments of `diff`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::release::{Allowance, VersionPolicy};
use clap::{Args, ValueEnum};

use super::{Size, thread_count};

/// Compare two releases, or any Parquet files.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark diff datasets/mine                        its two newest releases
  pressmark diff datasets/mine/1.0.0 datasets/mine/1.1.0
  pressmark diff old.parquet new.parquet --key id
  pressmark diff 1.0.0 1.1.0 --ignore retrieved_at --fail-on removed,schema
  pressmark diff 1.0.0 1.1.0 --delta delta.parquet
  pressmark diff --check-delta delta.parquet 1.0.0

Exit codes: 0 no differences, 1 differences found, 2 usage or I/O error. With --fail-on or --max-...,
1 only for those changes.")]
pub(crate) struct DiffArguments {
    /// The old side: a release, a Parquet file, a folder of Parquet files, or a dataset for its newest
    /// release [default: the second newest release of the dataset around the working directory].
    pub(crate) base: Option<PathBuf>,
    /// The new side [default: the newest release beside the old side].
    #[arg(conflicts_with = "check_delta")]
    pub(crate) current: Option<PathBuf>,
    /// The column that identifies a record, for files that are not releases; give a list, or repeat the
    /// option, for a key of several columns.
    #[arg(long, value_name = "COLUMN[,COLUMN]")]
    pub(crate) key: Vec<String>,
    /// Ignore changes in these columns, such as `retrieved_at`.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// Print each changed record as a line of JSON instead of a report.
    #[arg(long, conflicts_with = "format")]
    pub(crate) rows: bool,
    /// Write each changed record to this Parquet file, which `--check-delta` can verify.
    #[arg(long, value_name = "FILE")]
    pub(crate) delta: Option<PathBuf>,
    /// Apply this delta to BASE and verify that the result has the fingerprint that the delta names.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["delta", "rows", "ignore", "fail_on", "format"])]
    pub(crate) check_delta: Option<PathBuf>,
    /// Changes that lead to exit code 1 [default: all].
    #[arg(long, value_name = "LIST", value_enum, value_delimiter = ',')]
    pub(crate) fail_on: Vec<Kind>,
    /// Maximum number of added records: a count, or a share of the base such as 5%.
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_added: Option<Allowance>,
    /// Maximum number of removed records, not counting withdrawn ones.
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_removed: Option<Allowance>,
    /// Maximum number of changed records.
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_changed: Option<Allowance>,
    /// Exit with 0 even if there are changes.
    #[arg(long, conflicts_with_all = ["fail_on", "max_added", "max_removed", "max_changed"])]
    pub(crate) exit_zero: bool,
    /// Number of threads [default: one per processor].
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Maximum memory for sorting and comparing records; more goes to temporary files.
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub(crate) memory: Size,
    /// The versioning convention for the suggested version.
    #[arg(long, value_enum, default_value_t = Policy::Croissant)]
    pub(crate) policy: Policy,
    /// Output format.
    #[arg(long, value_enum, default_value_t = DiffFormat::Human)]
    pub(crate) format: DiffFormat,
}

/// The output formats of `diff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    Human,
    Json,
    Markdown,
}

/// A kind of change that a run can fail on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Added,
    Removed,
    Withdrawn,
    Changed,
    Rekeyed,
    Unmatched,
    Schema,
    Warnings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Policy {
    Croissant,
    Datapackage,
}

impl From<Policy> for VersionPolicy {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Croissant => Self::Croissant,
            Policy::Datapackage => Self::Datapackage,
        }
    }
}
