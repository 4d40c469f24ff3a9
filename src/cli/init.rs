//! `pressmark init`.

use std::io::Write as _;

use pressmark::Error;
use pressmark::init::{InitOptions, init};

use crate::args::InitArguments;
use crate::outcome::{Outcome, written};

pub(crate) fn run(arguments: &InitArguments) -> Result<Outcome, Error> {
    let options = InitOptions {
        name: arguments.name.clone(),
        schema: arguments.schema.clone(),
        source: arguments.source.clone(),
    };
    let path = init(&arguments.dir, &options)?;
    let mut out = anstream::stdout().lock();
    let text = format!(
        "wrote {}\nsay in it where the articles are, then: pressmark build {}\n",
        path.display(),
        arguments.dir.display()
    );
    written(out.write_all(pressmark::text::printable(&text).as_bytes()), Outcome::Yes)
}
