//! `pressmark completions`: what a shell needs to complete the arguments of this very version.

use crate::Error;
use clap::CommandFactory as _;

use crate::cli::args::{Arguments, CompletionsArguments};
use crate::cli::outcome::{Outcome, written};

pub(crate) fn run(arguments: &CompletionsArguments) -> Result<Outcome, Error> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "pressmark", &mut script);
    written(std::io::Write::write_all(&mut std::io::stdout().lock(), &script), Outcome::Yes)
}
