//! The arguments that every command takes.

use clap::{Args, ValueEnum};

/// How much is printed, and in colour or not.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArguments {
    /// Print only problems and requested results; no output means success.
    #[arg(short, long, global = true, overrides_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print all causes, inputs, columns and notes.
    #[arg(short, long, global = true, overrides_with = "quiet")]
    pub(crate) verbose: bool,
    /// When to use colour; `auto` obeys `NO_COLOR` and `FORCE_COLOR`.
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = ColorArgument::Auto)]
    #[arg(env = "PRESSMARK_COLOR", hide_env = true)]
    pub(crate) color: ColorArgument,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorArgument {
    Auto,
    Always,
    Never,
}
