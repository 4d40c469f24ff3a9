//! `pressmark check`.

use std::io::Write as _;

use pressmark::Error;
use pressmark::check::{CheckOptions, check};
use pressmark::input::Selection;
use pressmark::release::MisfitPolicy;

use crate::args::{CheckArguments, judging, places};
use crate::outcome::{Outcome, written};
use crate::progress::Bar;
use crate::render::Check;

pub(crate) fn run(arguments: &CheckArguments) -> Result<Outcome, Error> {
    let (schema, mapping) = judging(&arguments.judging)?;
    let is_given = arguments.judging.source.is_some();
    let options = CheckOptions {
        inputs: arguments.inputs.clone(),
        schema,
        mapping,
        is_given,
        misfit: MisfitPolicy::default(),
        selection: Selection { articles: places(&arguments.articles), ..Selection::default() },
        extra: arguments.judging.extra.into(),
        invalid_optional: arguments.judging.invalid_optional.into(),
        max_rejects: arguments.max_rejects,
        rejects: arguments.rejects.clone(),
        threads: crate::args::threads(arguments.run.threads),
        limits: crate::args::limits(arguments.run.max_bytes),
    };
    let report = check(&options, &Bar::new())?;
    let ok = report.is_allowed();
    let check = Check { read: &report.read, allowance: report.allowance, ok };
    let text = check.render(arguments.run.format);
    let mut out = anstream::stdout().lock();
    written(out.write_all(text.as_bytes()), if ok { Outcome::Yes } else { Outcome::No })
}
