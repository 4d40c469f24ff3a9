//! `pressmark completions`: what a shell needs to complete the arguments of this very version.

use clap::CommandFactory as _;
use pressmark::Error;

use crate::args::{Arguments, CompletionsArguments};
use crate::outcome::{Outcome, written};

pub(crate) fn run(arguments: &CompletionsArguments) -> Result<Outcome, Error> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "pressmark", &mut script);
    written(std::io::Write::write_all(&mut std::io::stdout().lock(), &script), Outcome::Yes)
}
