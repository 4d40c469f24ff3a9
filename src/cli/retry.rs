//! `pressmark retry`: articles that pass go to standard output, the report to standard error.

use std::io::{BufWriter, Write as _};

use pressmark::Error;
use pressmark::retry::{RetryOptions, RetryReport, retry};
use pressmark::text::printable;

use crate::args::{RetryArguments, judging};
use crate::outcome::Outcome;
use crate::paint::{BOLD_GREEN, count, counted};
use crate::render;

pub(crate) fn run(arguments: &RetryArguments) -> Result<Outcome, Error> {
    let (schema, mapping) = judging(&arguments.judging)?;
    let options = RetryOptions {
        rejects: arguments.rejects.clone(),
        schema,
        mapping,
        is_given: arguments.judging.source.is_some(),
        extra: arguments.judging.extra.into(),
        invalid_optional: arguments.judging.invalid_optional.into(),
        again: arguments.again.clone(),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let report = retry(&options, &mut out)?;
    out.flush().map_err(|source| Error::Io { action: "write to", path: "standard output".into(), source })?;
    let _closed = anstream::stderr().lock().write_all(text(&report).as_bytes());
    let all = report.passed == report.validated && report.not_stored == 0 && report.in_conflict == 0;
    Ok(if all { Outcome::Yes } else { Outcome::No })
}

fn text(report: &RetryReport) -> String {
    let mut text = render::causes(&report.rejects.diagnostics().causes());
    let all = report.passed == report.validated && report.in_conflict == 0;
    let verdict = if all { format!("{BOLD_GREEN}ok{BOLD_GREEN:#} ") } else { String::new() };
    let (passed, validated) = (count(report.passed), counted(report.validated, "article"));
    text.push_str(&format!(
        "{verdict}{passed} of {validated} {} now\n",
        if report.passed == 1 || report.validated == 1 { "passes" } else { "pass" }
    ));
    if report.not_stored > 0 {
        let number = counted(report.not_stored, "article");
        text.push_str(&format!("{number} too long to be stored; check them in their original input\n"));
    }
    if report.in_conflict > 0 {
        let number = counted(report.in_conflict, "article");
        text.push_str(&format!(
            "{number} with a key that other articles also have; change the inputs, or set `on_conflict` in dataset.toml\n"
        ));
    }
    if let Some(path) = report.rejects.path() {
        text.push_str(&format!("the rest are in {}\n", printable(&path.display().to_string())));
    }
    text
}
