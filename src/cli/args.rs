//! The arguments of the command line, as types for clap. Nothing here is resolved or opened.

mod building;
mod diff;
mod global;
mod init;
mod judging;
mod releases;
mod values;

use std::path::PathBuf;

use crate::mapping::Preset;
use crate::schema::{Extra, InvalidOptional};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use building::{BuildArguments, BumpArgument};
pub(crate) use diff::{DiffArguments, DiffFormat, Kind};
pub(crate) use global::{ColorArgument, GlobalArguments};
pub(crate) use init::InitArguments;
pub(crate) use judging::{CheckArguments, JudgingArguments, RetryArguments, RunArguments};
pub(crate) use releases::{
    ExportArguments, ExportFormatArgument, LogArguments, ShowArguments, ShowFormat, SignArguments, VerifyArguments,
};
pub(crate) use values::{
    Size, example_count, limits, list, places, release_date, release_version, thread_count, threads,
};

/// Turn parsed news articles into validated, versioned, verifiable Parquet releases.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "\
Results go to standard output, messages to standard error.
Exit codes: 0 success, 1 problems found, 2 usage or I/O error, 130 interrupted.

A dataset that is not named is the one around the working directory. A dataset where a release is
expected means its newest release, and inside a dataset a version such as 1.0.0 names a release.
Options that take a list take commas, and may be repeated.

Environment: PRESSMARK_QUIET, PRESSMARK_VERBOSE, PRESSMARK_COLOR, PRESSMARK_THREADS, PRESSMARK_MEMORY,
PRESSMARK_EXAMPLES and PRESSMARK_NO_CACHE set the options of these names; PRESSMARK_CACHE_DIR is the
folder of the validation cache."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: GlobalArguments,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(InitArguments),
    Check(CheckArguments),
    Retry(RetryArguments),
    Build(BuildArguments),
    Sign(SignArguments),
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
    /// `article`, `article-strict`, a JSON Schema file, a release or a dataset [default: the dataset around
    /// the working directory, or article].
    pub(crate) schema: Option<String>,
    /// What to do with members that the schema does not declare [default: as in the release or dataset,
    /// or keep].
    #[arg(long, value_enum)]
    pub(crate) extra: Option<ExtraArgument>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Compare two schemas and show what the changes mean for readers and writers.
#[derive(Debug, Args)]
#[command(after_help = "\
Stops with \"not proved\" on schemas with combinatorially many alternatives.

Exit codes: 0 no changes, 1 changes found or records would be rejected, 2 usage or I/O error.

Example:
  pressmark schema diff datasets/mine my.schema.json --against datasets/mine")]
pub(crate) struct SchemaDiffArguments {
    /// The old schema: `article`, `article-strict`, a JSON Schema file, a release or a dataset.
    pub(crate) base: String,
    /// The new schema.
    pub(crate) current: String,
    /// Count the records of this release that the new schema would reject; a dataset means its newest.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
