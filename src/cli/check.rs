//! `pressmark check`.

use std::io::Write as _;
use std::path::Path;

use pressmark::Error;
use pressmark::check::{CheckOptions, check};
use pressmark::mapping::Preset;
use pressmark::schema::{BuiltIn, Extra, Schema};

use crate::args::CheckArguments;
use crate::outcome::{Outcome, written};
use crate::render::Check;

pub(crate) fn run(arguments: &CheckArguments) -> Result<Outcome, Error> {
    let extra: Extra = arguments.extra.into();
    let built_in = BuiltIn::named(&arguments.schema);
    let schema = match built_in {
        Some(schema) => Schema::built_in(schema, extra)?,
        None => Schema::open(Path::new(&arguments.schema), extra)?,
    };
    let source = arguments.source.unwrap_or(if built_in.is_some() { Preset::Article } else { Preset::Verbatim });
    let report = check(&CheckOptions {
        inputs: arguments.inputs.clone(),
        schema,
        source,
        extra,
        max_rejects: arguments.max_rejects,
        rejects: arguments.rejects.clone(),
        threads: crate::args::threads(arguments.threads),
    })?;
    let ok = report.is_allowed();
    let check = Check { read: &report.read, allowance: report.allowance, ok };
    let text = check.render(arguments.format);
    let mut out = anstream::stdout().lock();
    written(out.write_all(text.as_bytes()), if ok { Outcome::Yes } else { Outcome::No })
}
