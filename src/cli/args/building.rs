//! The arguments of `build`.

use std::path::PathBuf;

use crate::input::Pointer;
use crate::release::Allowance;
use clap::builder::FalseyValueParser;
use clap::{ArgGroup, Args, ValueEnum, ValueHint};
use jiff::civil::Date;
use semver::Version;

use super::{RunArguments, Size, release_date, release_version};

/// Validate all articles and publish a release of the dataset.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark build datasets/mine                            the first release, 1.0.0
  pressmark build datasets/mine --bump auto                the next release
  pressmark build datasets/mine --version 2.0.0 new.jsonl  only from this file
  pressmark build datasets/mine --bump auto --dry-run      what the next release would be
  pressmark build datasets/mine --bump minor --base 1.0.0 --upsert new.jsonl
                                                           1.0.0 with these articles added or replaced
  zcat *.gz | pressmark build datasets/mine --bump minor - from standard input

A release is published completely or not at all, and never changes afterwards. Exit code 1: the
maximum number of rejects was exceeded, or no record is left; nothing was published.")]
#[command(group = ArgGroup::new("changes").multiple(true), override_usage = "pressmark build [OPTIONS] [DATASET] [INPUTS]...")]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate flag")]
pub(crate) struct BuildArguments {
    /// The dataset's folder [default: the dataset around the working directory], then inputs: files,
    /// folders (searched recursively, hidden files skipped), patterns, or `-` for standard input
    /// [default: `inputs` of dataset.toml].
    #[arg(value_name = "PATHS", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<String>,
    /// Start from the records of this release instead of reading all inputs.
    #[arg(long, value_name = "V", requires = "changes", value_parser = release_version)]
    pub(crate) base: Option<Version>,
    /// Inputs whose articles are added to the base; an article replaces the record with the same key.
    /// Takes a list, may be repeated, and includes all other inputs that are named.
    #[arg(long, value_name = "NEW", value_delimiter = ',', requires = "base", group = "changes", value_hint = ValueHint::AnyPath)]
    pub(crate) upsert: Vec<String>,
    /// Withdraw the records listed in this file from the base; each line is {"key": .., "reason": ..}.
    #[arg(long, value_name = "FILE", requires = "base", group = "changes")]
    pub(crate) withdraw: Option<PathBuf>,
    /// JSON Pointer to the articles in each JSON text, such as /response/results/* [default: set by
    /// dataset.toml or the source, or detected].
    #[arg(long, value_name = "POINTER", value_delimiter = ',')]
    pub(crate) articles: Vec<Pointer>,
    /// The version of the release [default: 1.0.0 for the first].
    #[arg(long, value_name = "V", conflicts_with = "bump", value_parser = release_version)]
    pub(crate) version: Option<Version>,
    /// Which number of the newest version to increase; `auto` decides from the changes.
    #[arg(long, value_enum, value_name = "NUMBER")]
    pub(crate) bump: Option<BumpArgument>,
    /// Publish even if the version bump is too small for the changes.
    #[arg(long)]
    pub(crate) allow_understated: bool,
    /// Allow records that an earlier release withdrew.
    #[arg(long)]
    pub(crate) readmit: bool,
    /// The release date, YYYY-MM-DD [default: today, in UTC].
    #[arg(long, value_name = "D", value_parser = release_date)]
    pub(crate) date: Option<Date>,
    /// Publish even if the date is earlier than that of the previous release.
    #[arg(long)]
    pub(crate) allow_backdated: bool,
    /// Maximum number of rejected articles: a count, or a share such as 0.5% [default: `max_rejects` of
    /// dataset.toml].
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_rejects: Option<Allowance>,
    /// Do everything but publish: validate, compare with the previous release, choose the version.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Folder to write releases to [default: the dataset's folder].
    #[arg(short, long, alias = "output", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output_dir: Option<PathBuf>,
    /// Maximum memory of the build; data that does not fit goes to temporary files beside the release.
    #[arg(long, value_name = "SIZE", default_value = "1GiB", env = "PRESSMARK_MEMORY", hide_env = true)]
    pub(crate) memory: Size,
    /// Validate every article; neither read nor write the validation cache.
    #[arg(long, env = "PRESSMARK_NO_CACHE", hide_env = true, value_parser = FalseyValueParser::new())]
    pub(crate) no_cache: bool,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum BumpArgument {
    Auto,
    Major,
    Minor,
    Patch,
}
