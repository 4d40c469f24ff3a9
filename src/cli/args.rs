//! The arguments of the command line, as types for clap. Nothing here is resolved or opened.

mod diff;
mod init;
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
pub(crate) use init::InitArguments;
pub(crate) use releases::{ExportArguments, ExportFormatArgument, LogArguments, ShowArguments, VerifyArguments};
pub(crate) use values::{Size, limits, places, release_date, release_version, thread_count, threads};

/// Turn parsed news articles into validated, versioned, verifiable Parquet releases.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "\
Results go to standard output, messages to standard error.
Exit codes: 0 success, 1 problems found, 2 usage or I/O error."
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

/// Validate articles against a schema without publishing anything.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark check articles.jsonl.gz
  pressmark check exports/ --source trafilatura
  pressmark check exports/ --schema my.schema.json --rejects rejects.jsonl.zst
  pressmark check - --format github

Exit code 1: --max-rejects was exceeded.

".to_owned() + &sources())]
pub(crate) struct CheckArguments {
    /// Files, folders (searched recursively, hidden files skipped), patterns, or `-` for standard input.
    #[arg(required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<String>,
    #[command(flatten)]
    pub(crate) judging: JudgingArguments,
    /// JSON Pointer to the articles in each JSON text, such as /response/results/* [default: set by the
    /// source, or detected].
    #[arg(long, value_name = "POINTER", value_delimiter = ',')]
    pub(crate) articles: Vec<Pointer>,
    /// Maximum number of rejected articles: a count, or a share such as 0.5%.
    #[arg(long, value_name = "N|P%", default_value = "0")]
    pub(crate) max_rejects: Allowance,
    /// Write every rejected article, with its bytes and the reasons, to this file (JSON lines, zstd).
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
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
}

/// The schema and the mapping that articles are validated with.
#[derive(Debug, Args)]
pub(crate) struct JudgingArguments {
    /// The schema to validate against: `article`, `article-strict`, or a JSON Schema file.
    #[arg(long, value_name = "NAME|FILE", default_value = "article", value_hint = ValueHint::FilePath)]
    pub(crate) schema: String,
    /// The format of the inputs: a preset (listed below), or a mapping file such as ./mine.toml
    /// [default: article for the built-in schemas, otherwise verbatim].
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// What to do with members that the schema does not declare.
    #[arg(long, value_enum, default_value_t = ExtraArgument::Keep)]
    pub(crate) extra: ExtraArgument,
    /// What to do with an optional member whose value is invalid: `reject` the article, or move the
    /// value to `_extra` (`extra`).
    #[arg(long, value_enum, default_value_t = InvalidOptionalArgument::Reject)]
    pub(crate) invalid_optional: InvalidOptionalArgument,
}

/// Validate rejected articles again and write those that pass to standard output.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  pressmark retry datasets/mine/rejects/1.0.0 > fixed.jsonl

Exit code 1: some articles are still rejected, or were too long to be stored in the reject file.

".to_owned() + &sources())]
pub(crate) struct RetryArguments {
    /// Reject files, folders of reject files, or patterns.
    #[arg(required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) rejects: Vec<String>,
    #[command(flatten)]
    pub(crate) judging: JudgingArguments,
    /// Write articles that are rejected again to this file (JSON lines, zstd).
    #[arg(long, value_name = "FILE")]
    pub(crate) again: Option<PathBuf>,
}

/// Explain the columns of a schema, or compare two schemas.
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

/// Show each column: its types, the rule it comes from, and the values it cannot hold.
#[derive(Debug, Args)]
pub(crate) struct SchemaExplainArguments {
    /// `article`, `article-strict`, or a JSON Schema file.
    #[arg(default_value = "article")]
    pub(crate) schema: String,
    /// What to do with members that the schema does not declare.
    #[arg(long, value_enum, default_value_t = ExtraArgument::Keep)]
    pub(crate) extra: ExtraArgument,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Compare two schemas and show what the changes mean for readers and writers.
#[derive(Debug, Args)]
#[command(after_help = "\
Stops with \"not proved\" on schemas with combinatorially many alternatives.

Exit codes: 0 no changes, 1 changes found, 2 usage or I/O error.

Example:
  pressmark schema diff datasets/mine/1.0.0/schema.json my.schema.json --against datasets/mine/1.0.0")]
pub(crate) struct SchemaDiffArguments {
    /// The old schema: `article`, `article-strict`, or a JSON Schema file.
    pub(crate) base: String,
    /// The new schema.
    pub(crate) current: String,
    /// Count the records of this release that the new schema would reject.
    #[arg(long, value_name = "RELEASE")]
    pub(crate) against: Option<PathBuf>,
    /// What to do with members that the schemas do not declare.
    #[arg(long, value_enum, default_value_t = ExtraArgument::Keep)]
    pub(crate) extra: ExtraArgument,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Explain a code and how to fix the problem; without a code, list all codes.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// The code, such as V-REQUIRED.
    pub(crate) code: Option<String>,
}

/// Write shell completions to standard output.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark completions bash > ~/.local/share/bash-completion/completions/pressmark
  pressmark completions zsh > ~/.zfunc/_pressmark    (~/.zfunc must be in fpath)
  pressmark completions fish > ~/.config/fish/completions/pressmark.fish")]
pub(crate) struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Write the man page of pressmark or of one command to standard output.
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

/// Validate all articles and publish a release of the dataset.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pressmark build datasets/mine                            the first release, 1.0.0
  pressmark build datasets/mine --bump auto                the next release
  pressmark build datasets/mine --version 2.0.0 new.jsonl  only from this file
  pressmark build datasets/mine --bump minor --base 1.0.0 --upsert new.jsonl
                                                           1.0.0 with these articles added or replaced
  zcat *.gz | pressmark build datasets/mine --bump minor - from standard input

A release is published completely or not at all, and never changes afterwards. Exit code 1: the
maximum number of rejects was exceeded, or no record is left; nothing was published.")]
#[command(group = ArgGroup::new("changes").multiple(true))]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate flag")]
pub(crate) struct BuildArguments {
    /// The dataset's folder, with its dataset.toml.
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
    /// Files, folders (searched recursively, hidden files skipped), patterns, or `-` for standard input
    /// [default: `inputs` of dataset.toml].
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) inputs: Vec<String>,
    /// Start from the records of this release instead of reading all inputs.
    #[arg(long, value_name = "V", conflicts_with = "inputs", requires = "changes", value_parser = release_version)]
    pub(crate) base: Option<Version>,
    /// Inputs whose articles are added to the base; an article replaces the record with the same key.
    #[arg(long, value_name = "NEW", num_args = 1.., requires = "base", group = "changes", value_hint = ValueHint::AnyPath)]
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
    /// Folder to write releases to [default: DIR].
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output: Option<PathBuf>,
    /// Maximum memory of the build; data that does not fit goes to temporary files beside the release.
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub(crate) memory: Size,
    /// Validate every article; neither read nor write the validation cache.
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

/// The output formats of `check`, `build` and `verify`.
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

/// The presets, one per line.
fn sources() -> String {
    let line = |preset: &Preset| format!("  {:<12} {}\n", preset.name(), preset.about());
    format!("Sources:\n{}", Preset::ALL.iter().map(line).collect::<String>())
}

/// Opens the schema and the mapping that the arguments name.
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
