//! `pressmark verify`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use pressmark::Error;
use pressmark::release::releases;
use pressmark::text::printable;
use pressmark::verify::{Finding, VerifyReport, verify};
use serde::Serialize;

use crate::args::{Format, VerifyArguments};
use crate::outcome::{Outcome, pretty, written};
use crate::paint::{BOLD_GREEN, BOLD_RED, DIM, count, counted};
use crate::progress::Bar;

pub(crate) fn run(arguments: &VerifyArguments) -> Result<Outcome, Error> {
    let mut reports = Vec::new();
    let bar = Bar::new();
    let failed = folders(&arguments.releases).and_then(|folders| {
        // What was found before an error is told before it.
        folders.iter().try_for_each(|folder| verify(folder, &bar).map(|report| reports.push(report)))
    });
    drop(bar);
    let text = match arguments.format {
        Format::Human => reports.iter().map(human).collect(),
        Format::Json => json(&reports),
    };
    let intact = reports.iter().all(VerifyReport::is_intact);
    let mut out = anstream::stdout().lock();
    let told = written(out.write_all(text.as_bytes()), if intact { Outcome::Yes } else { Outcome::No });
    failed.and(told)
}

/// The releases that are meant: a dataset's folder stands for all of its own.
fn folders(named: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut folders = Vec::new();
    for folder in named {
        if Path::new(folder).join("dataset.toml").is_file() {
            let releases = releases(folder)?;
            if releases.is_empty() {
                let message = "the dataset has no releases yet".to_owned();
                return Err(Error::NoRelease { path: folder.clone(), message });
            }
            folders.extend(releases.into_iter().map(|(_, folder)| folder));
        } else {
            folders.push(folder.clone());
        }
    }
    Ok(folders)
}

fn human(report: &VerifyReport) -> String {
    let folder = printable(&report.folder.display().to_string());
    if report.is_intact() {
        let (files, records) = (counted(report.files, "file"), counted(report.records, "record"));
        let fingerprint = report.manifest.as_ref().map(|manifest| manifest.fingerprint.to_string());
        let fingerprint = fingerprint.unwrap_or_default();
        return format!(
            "{BOLD_GREEN}intact{BOLD_GREEN:#} {folder}: {files} and {records} hashed {DIM}{fingerprint}{DIM:#}\n"
        );
    }
    let total = counted(report.findings.total(), "finding");
    let mut text = format!("{BOLD_RED}damaged{BOLD_RED:#} {folder}: {total}\n");
    for (code, number) in report.findings.counts() {
        let kept = || report.findings.kept().iter().filter(|finding| finding.code == *code);
        for finding in kept() {
            text.push_str(&line(finding));
        }
        let more = number - kept().count() as u64;
        if more > 0 {
            text.push_str(&format!("  {DIM}{code}: {} more{DIM:#}\n", count(more)));
        }
    }
    text
}

fn line(finding: &Finding) -> String {
    let row = finding.row.map(|row| format!(" row {}", count(row))).unwrap_or_default();
    let key = finding.key.as_ref().map(|key| format!(" ({key})")).unwrap_or_default();
    format!("  {BOLD_RED}{}{BOLD_RED:#} {}{row}{key}: {}\n", finding.code, finding.file, finding.message)
}

#[derive(Serialize)]
struct ReportJson<'a> {
    release: String,
    intact: bool,
    version: Option<String>,
    fingerprint: Option<String>,
    files: u64,
    records: u64,
    counts: std::collections::BTreeMap<&'static str, u64>,
    findings: &'a [Finding],
}

fn json(reports: &[VerifyReport]) -> String {
    let reports: Vec<ReportJson<'_>> = reports
        .iter()
        .map(|report| ReportJson {
            release: report.folder.display().to_string(),
            intact: report.is_intact(),
            version: report.manifest.as_ref().map(|manifest| manifest.version.to_string()),
            fingerprint: report.manifest.as_ref().map(|manifest| manifest.fingerprint.to_string()),
            files: report.files,
            records: report.records,
            counts: report.findings.counts().iter().map(|(code, count)| (code.name(), *count)).collect(),
            findings: report.findings.kept(),
        })
        .collect();
    pretty(&serde_json::json!({ "format": "pressmark-verify/1", "releases": reports }))
}
