//! What can be typed: types for clap and nothing resolved.

mod diff;
mod releases;
mod values;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use jiff::civil::Date;
use pressmark::Error;
use pressmark::input::Pointer;
use pressmark::mapping::{Mapping, Preset, SourceChoice};
use pressmark::release::Allowance;
use pressmark::schema::{BuiltIn, Extra, InvalidOptional, Schema};
use semver::Version;

pub(crate) use diff::{DiffArguments, DiffFormat, Kind};
pub(crate) use releases::{ExportArguments, ExportFormatArgument, LogArguments, ShowArguments, VerifyArguments};
pub(crate) use values::{Size, limits, places, release_date, release_version, thread_count, threads};

/// Turn parsed news articles into validated, versioned, verifiable Parquet releases.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "\
Results go to standard output, everything else to standard error.
Exit codes: 0 yes, 1 no (rejects, findings, a key that is not there), 2 could not work."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(InitArguments),
    Check(CheckArguments),
    Retry(RetryArguments),
    Build(BuildArguments),
    Verify(VerifyArguments),
    Diff(DiffArguments),
    Show(ShowArguments),
    Schema(SchemaArguments),
    Log(LogArguments),
    Export(ExportArguments),
    Explain(ExplainArguments),
    Completions(CompletionsArguments),
    Man(ManArguments),
}

/// Write a commented dataset.toml to start from.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  pressmark init datasets/mine
  pressmark build datasets/mine    once dataset.toml says where the articles are

".to_owned() + &sources())]
pub(crate) struct InitArguments {
    /// The dataset's folder; it is made if need be.
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
    /// The dataset's name [default: the folder's name].
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The schema of its records: `article`, `article-strict`, or a JSON Schema file.
    #[arg(long, value_name = "NAME|FILE", default_value = "article", value_hint = ValueHint::FilePath)]
    pub(crate) schema: String,
    /// What its inputs look like: a preset (listed below), or a mapping file.
    #[arg(long)]
    pub(crate) source: Option<String>,
}

/// Judge articles by a schema; publish nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark check articles.jsonl.gz
  pressmark check exports/ --source trafilatura
  pressmark check exports/ --schema my.schema.json --rejects rejects.jsonl.zst
  pressmark check - --format github

Exit code 1: more articles were rejected than --max-rejects allows.

".to_owned() + &sources())]
pub(crate) struct CheckArguments {
    /// Files, folders (with the folders in them, hidden names left out), patterns, or `-` for standard input.
    #[arg(required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<String>,
    #[command(flatten)]
    pub(crate) judging: JudgingArguments,
    /// Where articles are in each JSON text of the inputs, such as /response/results/* [default: what
    /// the source says, or where they are found].
    #[arg(long, value_name = "POINTER", value_delimiter = ',')]
    pub(crate) articles: Vec<Pointer>,
    /// How many articles may be rejected: a count, or a share such as 0.5%.
    #[arg(long, value_name = "N|P%", default_value = "0")]
    pub(crate) max_rejects: Allowance,
    /// Write every reject, with its bytes and reasons, to this file (JSON lines, zstd).
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// What reading may take, and how its result is told.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// How much one input may hold once it is unpacked, such as 500MB or 2GiB [default: no limit;
    /// a compressed input may hold a thousand times its size].
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_bytes: Option<Size>,
    /// How many threads work [default: one for each processor].
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// How to tell the result.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
}

/// By what articles are judged.
#[derive(Debug, Args)]
pub(crate) struct JudgingArguments {
    /// The schema that judges: `article`, `article-strict`, or a JSON Schema file.
    #[arg(long, value_name = "NAME|FILE", default_value = "article", value_hint = ValueHint::FilePath)]
    pub(crate) schema: String,
    /// What the inputs look like: a preset (listed below), or a mapping file such as ./mine.toml
    /// [default: article for the article schema, else verbatim].
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// What becomes of members that the schema does not declare.
    #[arg(long, value_enum, default_value_t = ExtraArgument::Keep)]
    pub(crate) extra: ExtraArgument,
    /// What becomes of the value of an optional member that breaks a rule: `reject` the article, or move
    /// the value to `_extra`.
    #[arg(long, value_enum, default_value_t = InvalidOptionalArgument::Reject)]
    pub(crate) invalid_optional: InvalidOptionalArgument,
}

/// Judge the articles of reject files again; those that pass now go to standard output.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  pressmark retry datasets/mine/rejects/1.0.0 > mended.jsonl

Exit code 1: some are still rejected, or too long to be in the reject file.

".to_owned() + &sources())]
pub(crate) struct RetryArguments {
    /// Reject files, folders of them, or patterns.
    #[arg(required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) rejects: Vec<String>,
    #[command(flatten)]
    pub(crate) judging: JudgingArguments,
    /// Write those that are rejected again to this file (JSON lines, zstd).
    #[arg(long, value_name = "FILE")]
    pub(crate) again: Option<PathBuf>,
}

/// Show the columns of a schema, or what changed between two schemas.
#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    #[command(subcommand)]
    pub(crate) command: SchemaCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    Explain(SchemaExplainArguments),
    Diff(SchemaDiffArguments),
}

/// Show each column with its types, where it comes from, why, and what it cannot hold.
#[derive(Debug, Args)]
pub(crate) struct SchemaExplainArguments {
    /// `article`, `article-strict`, or a JSON Schema file.
    #[arg(default_value = "article")]
    pub(crate) schema: String,
    /// What becomes of members that the schema does not declare.
    #[arg(long, value_enum, default_value_t = ExtraArgument::Keep)]
    pub(crate) extra: ExtraArgument,
    /// How to tell it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Show what changed from one schema to another, and what that means for readers and writers.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 no change, 1 changes, 2 could not work.

Example:
  pressmark schema diff datasets/mine/1.0.0/schema.json my.schema.json --against datasets/mine/1.0.0")]
pub(crate) struct SchemaDiffArguments {
    /// The schema before: `article`, `article-strict`, or a JSON Schema file.
    pub(crate) base: String,
    /// The schema after.
    pub(crate) current: String,
    /// Count the records of this release that the schema after would reject.
    #[arg(long, value_name = "RELEASE")]
    pub(crate) against: Option<PathBuf>,
    /// What becomes of members that the schemas do not declare.
    #[arg(long, value_enum, default_value_t = ExtraArgument::Keep)]
    pub(crate) extra: ExtraArgument,
    /// How to tell it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Say what a code means and what to do about it; without a code, list them all.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// The code, such as V-REQUIRED.
    pub(crate) code: Option<String>,
}

/// Write completions for a shell to standard output.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark completions bash > ~/.local/share/bash-completion/completions/pressmark
  pressmark completions zsh > ~/.zfunc/_pressmark    with ~/.zfunc in fpath
  pressmark completions fish > ~/.config/fish/completions/pressmark.fish")]
pub(crate) struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Write the man page of pressmark, or of one of its commands, to standard output.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark man build | man -l -
  pressmark man > ~/.local/share/man/man1/pressmark.1
  pressmark man build > ~/.local/share/man/man1/pressmark-build.1")]
pub(crate) struct ManArguments {
    /// The command, such as build.
    pub(crate) command: Option<String>,
}

/// Check every article and publish a release of the dataset.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark build datasets/mine                            the first release, 1.0.0
  pressmark build datasets/mine --bump auto                the next one
  pressmark build datasets/mine --version 2.0.0 new.jsonl  from this file only
  pressmark build datasets/mine --bump minor --base 1.0.0 --upsert new.jsonl
                                                           1.0.0 with these articles on top
  zcat *.gz | pressmark build datasets/mine --bump minor - from standard input

A release appears whole or not at all, and never changes afterwards. Exit code 1: more articles
were rejected than is allowed, and nothing was published.")]
#[command(group = ArgGroup::new("changes").multiple(true))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct BuildArguments {
    /// The dataset's folder, with its dataset.toml.
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
    /// Files, folders (with the folders in them, hidden names left out), patterns, or `-` for standard input [default: `inputs` of dataset.toml].
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<String>,
    /// The release that is built upon, instead of reading all inputs.
    #[arg(long, value_name = "V", conflicts_with = "inputs", requires = "changes", value_parser = release_version)]
    pub(crate) base: Option<Version>,
    /// Inputs whose articles are put on top of the base, each in the place of the one with its key.
    #[arg(long, value_name = "NEW", num_args = 1.., requires = "base", group = "changes", value_hint = ValueHint::AnyPath)]
    pub(crate) upsert: Vec<String>,
    /// A file of records to be taken back from the base: lines of {"key": .., "reason": ..}.
    #[arg(long, value_name = "FILE", requires = "base", group = "changes")]
    pub(crate) withdraw: Option<PathBuf>,
    /// Where articles are in each JSON text of the inputs, such as /response/results/* [default: what
    /// dataset.toml or the source says, or where they are found].
    #[arg(long, value_name = "POINTER", value_delimiter = ',')]
    pub(crate) articles: Vec<Pointer>,
    /// The release's version [default: 1.0.0 for the first].
    #[arg(long, value_name = "V", conflicts_with = "bump", value_parser = release_version)]
    pub(crate) version: Option<Version>,
    /// Which number of the newest release's version goes up; `auto` goes by what changed.
    #[arg(long, value_enum, value_name = "NUMBER")]
    pub(crate) bump: Option<BumpArgument>,
    /// Publish even if the version says less than what changed since the release before.
    #[arg(long)]
    pub(crate) allow_understated: bool,
    /// Let records come back that an earlier release withdrew.
    #[arg(long)]
    pub(crate) readmit: bool,
    /// The day of the release, YYYY-MM-DD [default: today, in UTC].
    #[arg(long, value_name = "D", value_parser = release_date)]
    pub(crate) date: Option<Date>,
    /// Publish even if the day is before that of the release before.
    #[arg(long)]
    pub(crate) allow_backdated: bool,
    /// How many articles may be rejected: a count, or a share such as 0.5% [default: the
    /// dataset's policy].
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_rejects: Option<Allowance>,
    /// Where releases go [default: DIR].
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output: Option<PathBuf>,
    /// How much memory the build may take; what does not fit waits in files beside the release.
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub(crate) memory: Size,
    /// Validate every article, and neither use nor write the user's cache of what earlier builds validated.
    #[arg(long)]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

/// The ways to tell what was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Human,
    Json,
    Github,
    Sarif,
    Junit,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ExtraArgument {
    Keep,
    Reject,
    Drop,
}

impl From<ExtraArgument> for Extra {
    fn from(argument: ExtraArgument) -> Self {
        match argument {
            ExtraArgument::Keep => Self::Keep,
            ExtraArgument::Reject => Self::Reject,
            ExtraArgument::Drop => Self::Drop,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum InvalidOptionalArgument {
    Reject,
    Extra,
}

impl From<InvalidOptionalArgument> for InvalidOptional {
    fn from(argument: InvalidOptionalArgument) -> Self {
        match argument {
            InvalidOptionalArgument::Reject => Self::Reject,
            InvalidOptionalArgument::Extra => Self::Extra,
        }
    }
}

/// The presets, a line each.
fn sources() -> String {
    let line = |preset: &Preset| format!("  {:<12} {}\n", preset.name(), preset.about());
    format!("Sources:\n{}", Preset::ALL.iter().map(line).collect::<String>())
}

/// The schema and the mapping that are meant.
pub(crate) fn judging(arguments: &JudgingArguments) -> Result<(Schema, Mapping), Error> {
    let extra = arguments.extra.into();
    let built_in = BuiltIn::named(&arguments.schema);
    let schema = match built_in {
        Some(schema) => Schema::built_in(schema, extra)?,
        None => Schema::open(Path::new(&arguments.schema), extra)?,
    };
    let source = match &arguments.source {
        Some(source) => SourceChoice::read(source, Path::new(""))?,
        None => SourceChoice::default_for(built_in.is_some()),
    };
    let mapping = Mapping::open(&source, schema.targets())?;
    Ok((schema, mapping))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
