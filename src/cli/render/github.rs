//! For GitHub Actions: workflow commands that annotate a run.
//!
//! GitHub shows ten annotations of a kind for a step, so there is one for each cause and no more
//! than ten; the last says how many were left out.

use crate::validate::InputWarning;

use super::{Check, counted_of, headline, level};
use crate::text::printable;

use crate::cli::paint::counted;

/// How many annotations GitHub shows for a step.
pub(super) const ANNOTATIONS: usize = 10;

pub(super) fn report(check: &Check<'_>) -> String {
    let causes = check.causes();
    let mut text = String::new();
    let shown = if causes.len() > ANNOTATIONS { ANNOTATIONS - 1 } else { causes.len() };
    for cause in &causes[..shown] {
        let title = format!("{}: {}", cause.code, counted_of(cause));
        let place = cause.examples.first().map(|example| {
            let file = property(&example.source);
            format!("file={file},line={},col={},", example.line, example.column)
        });
        let help = cause.examples.iter().find_map(|example| example.help.as_deref());
        let message = match help {
            Some(help) => format!("{} ({help})", headline(cause)),
            None => headline(cause).to_owned(),
        };
        let (level, place, title) = (level(cause.code), place.unwrap_or_default(), property(&title));
        text.push_str(&format!("::{level} {place}title={title}::{}\n", data(&message)));
    }
    if shown < causes.len() {
        let more = counted((causes.len() - shown) as u64, "more cause");
        text.push_str(&format!("::error title={more}::run `pressmark check` to see all causes\n"));
    }
    for warning in check.read.warnings().iter().take(ANNOTATIONS) {
        let ((level, message), InputWarning { code, source }) = (check.warned(warning), warning);
        text.push_str(&format!("::{level} file={},title={code}::{}\n", property(source), data(&message)));
    }
    let rejected = check.read.rejects.total();
    let articles = counted(check.read.articles(), "article");
    let summary = format!("{articles}, {rejected} rejected, {} allowed{}", check.allowance, check.left_out());
    text.push_str(&format!("::notice title=pressmark::{}\n", data(&summary)));
    text
}

/// A message, escaped as workflow commands ask for.
pub(super) fn data(text: &str) -> String {
    printable(&text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A"))
}

/// A property, which may hold neither commas nor colons either.
pub(super) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(data("50 %\nof"), "50 %25%0Aof");
        assert_eq!(property("a,b: c"), "a%2Cb%3A c");
        assert_eq!(data("\u{1b}[0m \u{202e} ##[error]"), "\\u{1b}[0m \\u{202e} #\\u{23}[error]");
    }
}
