//! What can be typed for `diff`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pressmark::release::{Allowance, VersionPolicy};

/// Say what changed between two releases, or between Parquet files of anybody's.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark diff datasets/mine/1.0.0 datasets/mine/1.1.0
  pressmark diff old.parquet new.parquet --key id
  pressmark diff 1.0.0 1.1.0 --ignore retrieved_at --fail-on removed,schema
  pressmark diff 1.0.0 1.1.0 --delta delta.parquet
  pressmark diff --check-delta delta.parquet 1.0.0

Exit codes: 0 the same, 1 differs, 2 could not work. With --fail-on or --max-...: 1 only for these.")]
pub(crate) struct DiffArguments {
    /// What to compare with: a release's folder, a Parquet file, or a folder of these.
    pub(crate) base: PathBuf,
    /// What to compare.
    #[arg(required_unless_present = "check_delta", conflicts_with = "check_delta")]
    pub(crate) current: Option<PathBuf>,
    /// The column that identifies a record, where the files are not releases; several columns that
    /// do so together as a list, or repeated.
    #[arg(long, value_name = "COLUMN[,COLUMN]")]
    pub(crate) key: Vec<String>,
    /// A column whose changes do not count, such as `retrieved_at`.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) ignore: Vec<String>,
    /// Print every changed record as a line of JSON instead of a report.
    #[arg(long, conflicts_with = "format")]
    pub(crate) rows: bool,
    /// Write every changed record to this Parquet file, which proves itself.
    #[arg(long, value_name = "FILE")]
    pub(crate) delta: Option<PathBuf>,
    /// Apply this delta to the records of BASE and see whether it leads where it says.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["delta", "rows", "ignore", "fail_on", "format"])]
    pub(crate) check_delta: Option<PathBuf>,
    /// Which changes make the exit code 1 [default: all of them].
    #[arg(long, value_name = "LIST", value_enum, value_delimiter = ',')]
    pub(crate) fail_on: Vec<Kind>,
    /// How many records may be added: a count, or a share of the base such as 5%.
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_added: Option<Allowance>,
    /// How many records may be removed, withdrawn ones left out.
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_removed: Option<Allowance>,
    /// How many records may be changed.
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_changed: Option<Allowance>,
    /// Exit with 0 whatever changed.
    #[arg(long, conflicts_with_all = ["fail_on", "max_added", "max_removed", "max_changed"])]
    pub(crate) exit_zero: bool,
    /// By which convention a version is suggested.
    #[arg(long, value_enum, default_value_t = Policy::Croissant)]
    pub(crate) policy: Policy,
    /// How to tell the result.
    #[arg(long, value_enum, default_value_t = DiffFormat::Human)]
    pub(crate) format: DiffFormat,
}

/// The ways to tell what changed.
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
