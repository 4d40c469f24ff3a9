//! The command line of pressmark: arguments in, text and an exit code out.
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
mod outcome;
mod paint;
mod progress;
mod render;
mod retry;
mod schema;
mod settings;
mod show;
mod terminal;
mod verify;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use pressmark::Error;
use pressmark::text::printable;

use args::{Arguments, Command};
use outcome::Outcome;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !pressmark::part_files::is_guarded() {
            report(panic);
        }
    }));
    terminal::color_from_environment();
    let arguments = parse();
    terminal::set(arguments.global);
    progress::handle_signals();
    run(&arguments.command)
}

fn run(command: &Command) -> ExitCode {
    let result = match command {
        Command::Init(arguments) => init::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Retry(arguments) => retry::run(arguments),
        Command::Build(arguments) => build::run(arguments),
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

/// The arguments, or the end of the program. Clap repeats a wrong argument as it is, so it reports on arguments
/// that are safe to print.
fn parse() -> Arguments {
    Arguments::try_parse().unwrap_or_else(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        let shown = std::env::args_os().map(|argument| printable(&argument.to_string_lossy()));
        match Arguments::try_parse_from(shown) {
            Err(error) => error.exit(),
            Ok(_) => Arguments::command().error(ErrorKind::InvalidUtf8, "an argument is not valid UTF-8").exit(),
        }
    })
}
