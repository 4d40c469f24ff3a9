//! `pressmark build`.

use std::io::Write as _;

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use pressmark::Error;
use pressmark::build::{BuildOptions, BuildReport, Bump, Outcome as Release, VersionChoice, build};
use pressmark::reject::RejectLog;
use pressmark::release::{Allowance, Dataset};
use pressmark::text::{one_line, printable};

use crate::args::{BuildArguments, BumpArgument};
use crate::outcome::{Outcome, written};
use crate::paint::{BOLD, BOLD_GREEN, BOLD_RED, BOLD_YELLOW, CYAN, DIM, count, counted};
use crate::show;

pub(crate) fn run(arguments: &BuildArguments) -> Result<Outcome, Error> {
    let dataset = Dataset::open(&arguments.dir)?;
    let options = options(arguments);
    let report = build(&dataset, &options)?;
    write_diagnostics(&report);
    let (text, outcome) = match &report.outcome {
        Release::Published(folder) => {
            let text = format!("{BOLD_GREEN}published{BOLD_GREEN:#} {}\n", printable(&folder.display().to_string()));
            (text + &told(&report) + &show::release(folder)?, Outcome::Yes)
        }
        Release::Unchanged(folder) => {
            let path = printable(&folder.display().to_string());
            let text = format!("{BOLD_GREEN}unchanged{BOLD_GREEN:#} {path} holds exactly these records already\n");
            (text + &told(&report) + &show::release(folder)?, Outcome::Yes)
        }
        Release::Refused => return Ok(Outcome::No),
    };
    let mut out = anstream::stdout().lock();
    written(out.write_all(text.as_bytes()), outcome)
}

fn options(arguments: &BuildArguments) -> BuildOptions {
    let version = match (&arguments.version, arguments.bump) {
        (Some(version), _) => VersionChoice::Exact(version.clone()),
        (None, Some(BumpArgument::Major)) => VersionChoice::Next(Bump::Major),
        (None, Some(BumpArgument::Minor)) => VersionChoice::Next(Bump::Minor),
        (None, Some(BumpArgument::Patch)) => VersionChoice::Next(Bump::Patch),
        (None, None) => VersionChoice::First,
    };
    BuildOptions {
        inputs: (!arguments.inputs.is_empty()).then(|| arguments.inputs.clone()),
        output: arguments.output.clone(),
        version,
        released: arguments.date.unwrap_or_else(today),
        max_rejects: arguments.max_rejects,
    }
}

fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// What was read and what was done to it, for a release that stands.
fn told(report: &BuildReport) -> String {
    let mut text = String::new();
    for input in &report.inputs {
        let rejected = match input.rejected {
            0 => String::new(),
            rejected => format!(", {} rejected", count(rejected)),
        };
        let articles = counted(input.articles, "article");
        text.push_str(&format!("  read        {}: {articles}{rejected}\n", one_line(&input.name, 200)));
    }
    if report.duplicates > 0 {
        text.push_str(&format!("  repeats     {} left out, identical\n", count(report.duplicates)));
    }
    for (field, rules) in &report.normalised {
        let rules: Vec<String> = rules.iter().map(|(rule, count)| format!("{rule} x{count}")).collect();
        text.push_str(&format!("  normalised  {field}: {}\n", rules.join(", ")));
    }
    text
}

/// Tells rejects, grouped by code, on standard error.
fn write_diagnostics(report: &BuildReport) {
    if report.rejects.total() == 0 {
        return;
    }
    let mut text = groups(&report.rejects);
    if let Some(path) = report.rejects.path() {
        let path = printable(&path.display().to_string());
        text.push_str(&format!("{CYAN}rejects:{CYAN:#} every one, with its bytes and reasons, is in {path}\n"));
    }
    if report.outcome == Release::Refused {
        let rejects = report.rejects.total();
        let of = format!("{} of {} rejected", count(rejects), counted(report.articles(), "article"));
        let allowed = match report.allowance {
            Allowance::Count(number) => count(number),
            Allowance::PerMillion(share) => format!("{}.{:04} %", share / 10_000, share % 10_000),
        };
        text.push_str(&format!("{BOLD_RED}error:{BOLD_RED:#} {of}, {allowed} allowed: nothing was published\n"));
        text.push_str(&format!(
            "  {CYAN}help:{CYAN:#} mend the articles, or publish the others with --max-rejects {rejects}\n"
        ));
    }
    let _closed = anstream::stderr().lock().write_all(text.as_bytes());
}

fn groups(rejects: &RejectLog) -> String {
    let mut text = String::new();
    for (code, number) in rejects.counts() {
        let counted = counted(*number, "article");
        text.push_str(&format!("{BOLD_YELLOW}{code}{BOLD_YELLOW:#} {BOLD}{}{BOLD:#}, {counted}\n", code.meaning()));
        for reject in rejects.examples().iter().filter(|reject| reject.code() == Some(*code)) {
            for placed in reject.violations.iter().take(3) {
                let source = one_line(&reject.position.source, 200);
                let pointer = match placed.violation.pointer.as_str() {
                    "" => String::new(),
                    pointer => format!(" at {}", one_line(pointer, 100)),
                };
                let place = format!("{source}:{}:{}{pointer}", placed.line, placed.column);
                text.push_str(&format!("  {DIM}-->{DIM:#} {place}: {}\n", printable(&placed.violation.message)));
            }
        }
        if *number > 3 {
            text.push_str(&format!("  {DIM}... and {} more{DIM:#}\n", count(number - 3)));
        }
    }
    text
}
