//! What was found in releases, in the same five formats.

use std::collections::BTreeSet;

use crate::code::Code;
use crate::text::{one_line, printable};
use crate::verify::{Finding, Signatures, VerifyReport};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus};
use serde_json::{Value, json};

use super::github::{self, ANNOTATIONS};
use super::{junit, level, sarif};
use crate::cli::args::ReportFormat;
use crate::cli::outcome::pretty;
use crate::cli::paint::{BOLD_GREEN, BOLD_RED, DIM, count, counted};

/// What a quick look leaves out.
const QUICK: &str = "checked only sizes and footers";

/// The text of the whole report.
pub(crate) fn verified(reports: &[VerifyReport], format: ReportFormat) -> String {
    match format {
        ReportFormat::Human => reports.iter().map(human).collect(),
        ReportFormat::Json => pretty(&json!({ "format": "pressmark-verify/1", "releases": reports })),
        ReportFormat::Github => annotations(reports),
        ReportFormat::Sarif => results(reports),
        ReportFormat::Junit => junit::report(reports.iter().flat_map(cases)),
    }
}

/// What a release is in one line: its verdict, and how much of it was looked at.
fn verdict(report: &VerifyReport) -> (&'static str, String) {
    let seen = format!("verified {} and {}", counted(report.files, "file"), counted(report.records, "record"));
    let seen = if report.quick { QUICK.to_owned() } else { seen } + &signed(report);
    match (report.is_intact(), report.quick) {
        (true, false) => ("intact", seen),
        (true, true) => ("ok", seen),
        (false, quick) => {
            let total = counted(report.findings.total(), "finding");
            ("damaged", if quick { format!("{total}; {QUICK}") } else { total })
        }
    }
}

/// Who signed a release; empty if nobody did.
fn signed(report: &VerifyReport) -> String {
    if report.signatures == Signatures::NotChecked {
        return "; signed, not checked (use --signers FILE)".to_owned();
    }
    let signers: BTreeSet<String> = report.signatures.signers().map(|signer| one_line(signer, 100)).collect();
    if signers.is_empty() {
        return String::new();
    }
    format!("; signed by {}", signers.into_iter().collect::<Vec<_>>().join(", "))
}

fn human(report: &VerifyReport) -> String {
    let folder = printable(&report.folder.display().to_string());
    let (word, seen) = verdict(report);
    if report.is_intact() {
        let fingerprint = report.manifest.as_ref().filter(|_| !report.quick);
        let fingerprint = fingerprint.map(|manifest| format!("; fingerprint {DIM}{}{DIM:#}", manifest.fingerprint));
        return format!("{BOLD_GREEN}{word}{BOLD_GREEN:#} {folder}: {seen}{}\n", fingerprint.unwrap_or_default());
    }
    let mut text = format!("{BOLD_RED}{word}{BOLD_RED:#} {folder}: {seen}\n");
    for (code, number) in report.findings.counts() {
        for finding in kept(report, *code) {
            let Finding { code, file, message, .. } = finding;
            text.push_str(&format!("  {BOLD_RED}{code}{BOLD_RED:#} {file}{}: {message}\n", place(finding)));
        }
        let more = number - kept(report, *code).count() as u64;
        if more > 0 {
            text.push_str(&format!("  {DIM}{code}: {} more{DIM:#}\n", count(more)));
        }
    }
    text
}

fn kept(report: &VerifyReport, code: Code) -> impl Iterator<Item = &Finding> {
    report.findings.kept().iter().filter(move |finding| finding.code == code)
}

/// The position of a finding in its file; a row is more precise than its row group.
fn place(finding: &Finding) -> String {
    let group = finding.row_group.filter(|_| finding.row.is_none()).map(|group| format!(" row group {}", count(group)));
    let row = finding.row.map(|row| format!(" row {}", count(row)));
    let key = finding.key.as_ref().filter(|key| !key.is_empty()).map(|key| format!(" ({key})"));
    let column = finding.column.as_ref().filter(|name| !name.is_empty()).map(|name| format!(" column {name}"));
    [group, row, key, column].into_iter().flatten().collect()
}

/// The path of a finding's file, with slashes.
fn path(report: &VerifyReport, finding: &Finding) -> String {
    let folder = report.folder.display().to_string().replace('\\', "/");
    format!("{}/{}", folder.trim_end_matches('/'), finding.file)
}

/// GitHub shows few annotations, so there is one for each code of a release.
fn annotations(reports: &[VerifyReport]) -> String {
    let firsts = reports.iter().flat_map(|report| {
        let counts = report.findings.counts().iter();
        counts.filter_map(move |(code, number)| Some((report, kept(report, *code).next()?, *number)))
    });
    let mut text = String::new();
    for (report, finding, number) in firsts.take(ANNOTATIONS) {
        let file = github::property(&path(report, finding));
        let (level, title) = (level(finding.code), format!("{}: {}", finding.code, counted(number, "finding")));
        let message = format!("{}: {}", place(finding), finding.message);
        let message = github::data(message.trim_start_matches([' ', ':']));
        text.push_str(&format!("::{level} file={file},title={}::{message}\n", github::property(&title)));
    }
    for report in reports {
        let (word, seen) = verdict(report);
        let summary = format!("{} {word}: {seen}", printable(&report.folder.display().to_string()));
        text.push_str(&format!("::notice title=pressmark::{}\n", github::data(&summary)));
    }
    text
}

fn results(reports: &[VerifyReport]) -> String {
    let codes: BTreeSet<Code> = reports.iter().flat_map(|report| report.findings.counts().keys().copied()).collect();
    let found = reports.iter().flat_map(|report| report.findings.kept().iter().map(move |finding| (report, finding)));
    sarif::document(&codes, found.map(|(report, finding)| result(report, finding)).collect())
}

fn result(report: &VerifyReport, finding: &Finding) -> Value {
    let place = place(finding);
    let message =
        if place.is_empty() { finding.message.clone() } else { format!("{}: {}", place.trim(), finding.message) };
    json!({
        "ruleId": finding.code.name(),
        "level": level(finding.code),
        "message": { "text": message },
        "occurrenceCount": 1,
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": sarif::uri(&path(report, finding)) } } }],
        "properties": {
            "rowGroup": finding.row_group,
            "column": finding.column,
            "row": finding.row,
            "key": finding.key,
        },
    })
}

/// One case for the release, and one for each code that was found in it.
fn cases(report: &VerifyReport) -> Vec<TestCase> {
    let folder = printable(&report.folder.display().to_string());
    let failed = |message: String| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(message);
        status
    };
    let (word, seen) = verdict(report);
    let status = if report.is_intact() { TestCaseStatus::success() } else { failed(format!("{word}: {seen}")) };
    let case = |name: String, status| {
        let mut case = TestCase::new(name, status);
        case.set_classname("pressmark.verify");
        case
    };
    let mut cases = vec![case(folder.clone(), status)];
    for (code, number) in report.findings.counts() {
        let mut status = failed(format!("{}, {}", code.meaning(), counted(*number, "finding")));
        status.set_type(code.name());
        let lines =
            kept(report, *code).map(|finding| format!("{}{}: {}", finding.file, place(finding), finding.message));
        status.set_description(lines.collect::<Vec<_>>().join("\n"));
        cases.push(case(format!("{folder} {code}"), status));
    }
    cases
}
