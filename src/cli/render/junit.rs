//! `JUnit` XML, which most continuous integration servers read: a test case for each cause, and
//! one for the articles as a whole, so that a clean run is a passed test and not an empty one.

use crate::diagnostics::Cause;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Check, counted_of, headline};
use crate::text::printable;

use crate::cli::paint::counted;

/// A report of these cases.
pub(super) fn report(cases: impl IntoIterator<Item = TestCase>) -> String {
    let mut suite = TestSuite::new("pressmark");
    suite.add_test_cases(cases);
    let mut report = Report::new("pressmark");
    report.add_test_suite(suite);
    // The text is ours and without control characters, all that XML cannot hold.
    report.to_string().unwrap_or_default()
}

/// What was checked: the articles as a whole, and each cause.
pub(super) fn cases(check: &Check<'_>) -> Vec<TestCase> {
    std::iter::once(whole(check)).chain(check.causes().into_iter().map(failed)).collect()
}

fn whole(check: &Check<'_>) -> TestCase {
    let articles = counted(check.read.articles(), "article");
    let status = if check.ok {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        let rejected = check.read.rejects.total();
        let message = format!("{rejected} of {articles} rejected, {} allowed", check.allowance);
        status.set_message(check.misfit_refusal().map_or(message, |refusal| format!("D-MISFIT: {refusal}")));
        status
    };
    let mut told = TestCase::new("articles", status);
    told.set_classname("pressmark.check");
    let left_out = check.left_out();
    if !left_out.is_empty() {
        told.set_system_out(left_out.trim_start_matches([',', ' ']));
    }
    told
}

fn failed(cause: &Cause) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(cause.code.name());
    status.set_message(format!("{}, {}", headline(cause), counted_of(cause)));
    let places = cause.examples.iter().map(|example| {
        let place = format!("{}:{}:{}", example.source, example.line, example.column);
        format!("{place} {} {}", example.pointer, example.message)
    });
    status.set_description(places.collect::<Vec<_>>().join("\n"));
    let rule = if cause.schema.is_empty() { "(no rule)".to_owned() } else { printable(&cause.schema) };
    let mut told = TestCase::new(format!("{} {rule}", cause.code), status);
    told.set_classname("pressmark.check");
    told
}
