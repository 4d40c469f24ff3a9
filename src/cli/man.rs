//! `pressmark man`: the man page of the program or of one command, from the same definitions as
//! its help.

use std::io::{self, Write as _};

use crate::Error;
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use clap_mangen::Man;

use crate::cli::args::{Arguments, ManArguments};
use crate::cli::outcome::{Outcome, written};

pub(crate) fn run(arguments: &ManArguments) -> Result<Outcome, Error> {
    let mut program = Arguments::command();
    // Names the commands in full: `pressmark build`.
    program.build();
    let command = match &arguments.command {
        None => program,
        Some(name) => match find(&program, name) {
            Some(command) => command.clone(),
            None => unknown(&mut program, name),
        },
    };
    let page = page(command);
    written(page.and_then(|page| io::stdout().lock().write_all(&page)), Outcome::Yes)
}

/// A command by its name, or one within another by both: `schema diff`, `schema-diff`.
fn find<'p>(program: &'p clap::Command, name: &str) -> Option<&'p clap::Command> {
    let within = || {
        let (outer, inner) = name.split_once([' ', '-'])?;
        program.find_subcommand(outer)?.find_subcommand(inner)
    };
    program.find_subcommand(name).or_else(within)
}

fn page(command: clap::Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command).manual("pressmark").render(&mut page)?;
    Ok(page)
}

/// Ends the program as clap does for any other wrong argument.
fn unknown(program: &mut clap::Command, name: &str) -> ! {
    let names: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
    let name = crate::text::one_line(name, 40);
    let meant = crate::text::did_you_mean(&name, names.iter().copied());
    let message = format!("unknown command `{name}`; {meant}the commands are {}", names.join(", "));
    program.error(ErrorKind::InvalidValue, message).exit()
}
