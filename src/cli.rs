//! The command line: arguments in, text and an exit code out. Both the binary and the Python package call it.
//!
//! Everything that is asked of the system or shown to a person is here. The library does the work.

mod args;
mod build;
mod cache;
mod check;
mod completions;
mod diff;
mod explain;
mod export;
mod init;
mod locate;
mod log;
mod man;
mod names;
mod outcome;
mod paint;
mod products;
mod progress;
mod render;
mod retry;
mod schema;
mod settings;
mod show;
mod sign;
mod terminal;
mod verify;

pub use cache::folder as cache_folder;

use std::ffi::OsString;
use std::io::Write as _;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use crate::text::printable;
use crate::{Error, silence_handled_panics};

use self::args::{Arguments, Command};
use self::outcome::Outcome;

/// Runs the command that the arguments name, the program's own name first, and returns the exit code of the process.
/// Reports go to stdout, everything else to stderr. Sets handlers for signals and panics: call it once in a process.
pub fn main(arguments: &[OsString]) -> u8 {
    let code = start(arguments);
    // Rust does so at the end of its own programs only. If the stream is closed, there is nobody to write to.
    drop(std::io::stdout().flush());
    code
}

fn start(arguments: &[OsString]) -> u8 {
    silence_handled_panics();
    terminal::color_from_environment();
    let typed = arguments.to_vec();
    let arguments = match parse(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return printed(&error),
    };
    terminal::set(arguments.global, typed);
    progress::handle_signals();
    run(&arguments.command)
}

fn run(command: &Command) -> u8 {
    let result = match command {
        Command::Init(arguments) => init::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Retry(arguments) => retry::run(arguments),
        Command::Build(arguments) => build::run(arguments),
        Command::Sign(arguments) => sign::run(arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Diff(arguments) => diff::run(arguments),
        Command::Show(arguments) => show::run(arguments),
        Command::Schema(arguments) => schema::run(arguments),
        Command::Log(arguments) => log::run(arguments),
        Command::Export(arguments) => export::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Man(arguments) => man::run(arguments),
    };
    match result {
        Ok(outcome) => outcome.into(),
        Err(Error::Cancelled) => {
            progress::report_interrupted();
            Outcome::Interrupted.into()
        }
        Err(error) => {
            outcome::report(&error);
            Outcome::Failed.into()
        }
    }
}

/// Clap repeats a wrong argument as it is, so a wrong line is parsed again with arguments that are safe to print.
fn parse(arguments: &[OsString]) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(arguments).map_err(|error| {
        if !error.use_stderr() {
            return error;
        }
        let shown = arguments.iter().map(|argument| printable(&argument.to_string_lossy()));
        match Arguments::try_parse_from(shown) {
            Err(error) => error,
            Ok(_) => Arguments::command().error(ErrorKind::InvalidUtf8, "an argument is not valid UTF-8"),
        }
    })
}

/// Help and versions go to stdout, errors of usage to stderr.
fn printed(message: &clap::Error) -> u8 {
    // A stream that is closed leaves nobody to report to.
    drop(message.print());
    if message.use_stderr() { Outcome::Failed.into() } else { Outcome::Yes.into() }
}
