//! `pressmark build`.

use std::io::Write as _;

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use pressmark::Error;
use pressmark::diff::{DiffReport, described, schema_line};
use pressmark::publish::{
    BuildInputs, BuildOptions, BuildReport, Bump, DamagedFile, Memory, Outcome as Release, VersionChoice, build,
};
use pressmark::release::Dataset;
use pressmark::text::{one_line, printable};
use serde::Serialize;

use crate::args::{BuildArguments, BumpArgument, ReportFormat};
use crate::cache;
use crate::outcome::{Outcome, pretty, written};
use crate::paint::{BOLD_GREEN, BOLD_RED, BOLD_YELLOW, CYAN, count, counted};
use crate::progress::Bar;
use crate::render::{Check, Checked};
use crate::show;

/// The maximum number of schema changes shown.
const SCHEMA: usize = 10;

pub(crate) fn run(arguments: &BuildArguments) -> Result<Outcome, Error> {
    let dataset = Dataset::open(&arguments.dir)?;
    let report = build(&dataset, &options(arguments), &Bar::new())?;
    let ok = report.outcome != Release::Refused;
    let check = Check { read: &report.read, allowance: report.allowance, ok };
    if arguments.run.format != ReportFormat::Json {
        let _closed = anstream::stderr().lock().write_all(warnings(&report).as_bytes());
    }
    let text = match arguments.run.format {
        ReportFormat::Human => {
            report_rejects(&check, ok);
            match &report.outcome {
                Release::Published(folder) => {
                    let path = printable(&folder.display().to_string());
                    let published = format!("{BOLD_GREEN}published{BOLD_GREEN:#} {path}\n");
                    check.inputs() + &steps(&report) + &published + &show::release(folder)?
                }
                Release::Unchanged(folder) => {
                    let path = printable(&folder.display().to_string());
                    let text =
                        format!("{BOLD_GREEN}unchanged{BOLD_GREEN:#} {path} already contains exactly these records\n");
                    check.inputs() + &steps(&report) + &text + &show::release(folder)?
                }
                Release::Refused => String::new(),
            }
        }
        ReportFormat::Json => json(&report, &check),
        format => check.render(format),
    };
    let mut out = anstream::stdout().lock();
    written(out.write_all(text.as_bytes()), if ok { Outcome::Yes } else { Outcome::No })
}

fn options(arguments: &BuildArguments) -> BuildOptions {
    let version = match (&arguments.version, arguments.bump) {
        (Some(version), _) => VersionChoice::Exact(version.clone()),
        (None, Some(BumpArgument::Auto)) => VersionChoice::Auto,
        (None, Some(BumpArgument::Major)) => VersionChoice::Next(Bump::Major),
        (None, Some(BumpArgument::Minor)) => VersionChoice::Next(Bump::Minor),
        (None, Some(BumpArgument::Patch)) => VersionChoice::Next(Bump::Patch),
        (None, None) => VersionChoice::First,
    };
    BuildOptions {
        from: from(arguments),
        articles: crate::args::places(&arguments.articles),
        output: arguments.output.clone(),
        version,
        allow_understated: arguments.allow_understated,
        readmit: arguments.readmit,
        released: arguments.date.unwrap_or_else(today),
        allow_backdated: arguments.allow_backdated,
        cache: if arguments.no_cache { None } else { cache::folder() },
        max_rejects: arguments.max_rejects,
        memory: Memory::new(arguments.memory.0),
        threads: crate::args::threads(arguments.run.threads),
        limits: crate::args::limits(arguments.run.max_bytes),
    }
}

fn from(arguments: &BuildArguments) -> BuildInputs {
    match &arguments.base {
        Some(version) => BuildInputs::Base {
            version: version.clone(),
            upsert: arguments.upsert.clone(),
            withdraw: arguments.withdraw.clone(),
        },
        None if arguments.inputs.is_empty() => BuildInputs::Dataset,
        None => BuildInputs::Inputs(arguments.inputs.clone()),
    }
}

fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

fn previous(changes: &DiffReport) -> String {
    changes.base.version.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// Warnings about files of the dataset, and how they affected the build.
fn warnings(report: &BuildReport) -> String {
    let mut text = String::new();
    for damaged in &report.damaged {
        let (path, folder) = (damaged.path.display().to_string(), damaged.release.display().to_string());
        let says =
            format!("release {} is damaged: `{}`: {}", damaged.version, printable(&path), printable(&damaged.message));
        text.push_str(&format!("{BOLD_YELLOW}warning:{BOLD_YELLOW:#} {says}\n"));
        let help = format!("nothing was reused from it; run `pressmark verify {}` for details", printable(&folder));
        text.push_str(&format!("  {CYAN}help:{CYAN:#} {help}\n"));
    }
    if let Some(left) = &report.changelog_left {
        let path = printable(&left.path.display().to_string());
        let says = format!("no entry was added to `{path}`: {}", left.reason);
        text.push_str(&format!("{BOLD_YELLOW}warning:{BOLD_YELLOW:#} {says}\n"));
    }
    text
}

/// What happened to records on their way into the release.
fn steps(report: &BuildReport) -> String {
    let mut text = String::new();
    let mut tell = |number: u64, what: &str, became: &str| {
        if number > 0 {
            text.push_str(&format!("{} {became}\n", counted(number, what)));
        }
    };
    tell(report.duplicates, "identical duplicate", "left out");
    tell(report.superseded, "record", "superseded by a newer one with the same key");
    if let Some(base) = &report.put_on {
        let of = format!("of {}", base.version);
        tell(base.replaced, "record", &format!("{of} replaced"));
        tell(base.unchanged, "record", &format!("already in {}", base.version));
        tell(base.withdrawn, "record", &format!("{of} withdrawn"));
    }
    if let Some(changes) = &report.changes {
        let schema = changes.schema.iter().map(schema_line).take(SCHEMA);
        for line in described(changes).into_iter().map(|line| line.text).chain(schema) {
            text.push_str(&format!("since {}: {}\n", previous(changes), one_line(&line, 200)));
        }
    }
    if report.reused > 0 {
        text.push_str(&format!("reused {} of {}\n", count(report.reused as u64), counted(report.parts as u64, "part")));
    }
    text
}

/// Reports on standard error what was rejected, and what to do if that was too much.
fn report_rejects(check: &Check<'_>, ok: bool) {
    let rejects = &check.read.rejects;
    let mut text = if ok { String::new() } else { check.inputs() };
    text.push_str(&check.diagnostics());
    if let (false, Some(refusal)) = (ok, check.misfit_refusal()) {
        text.push_str(&format!("{BOLD_RED}error:{BOLD_RED:#} {refusal}; nothing was published\n"));
    } else if !ok && rejects.total() == 0 {
        text = format!("{BOLD_RED}error:{BOLD_RED:#} no records are left; nothing was published\n");
    } else if !ok {
        let number = rejects.total();
        let of = format!("{} of {} rejected", count(number), counted(check.read.articles(), "article"));
        let help = if rejects.is_ambiguous() {
            "set `articles` to the location of the articles; --max-rejects does not apply to what a guess would leave out".to_owned()
        } else if rejects.has_damage() {
            "repair the damaged input; --max-rejects does not apply to missing data".to_owned()
        } else if number == check.read.articles() {
            "fix the articles or the schema; no articles are left to publish".to_owned()
        } else {
            format!("fix the articles, or publish the others with --max-rejects {number}")
        };
        text.push_str(&format!("{BOLD_RED}error:{BOLD_RED:#} {of}; nothing was published\n"));
        text.push_str(&format!("  {CYAN}help:{CYAN:#} {help}\n"));
    }
    let _closed = anstream::stderr().lock().write_all(text.as_bytes());
}

#[derive(Serialize)]
struct Built<'r> {
    format: &'static str,
    outcome: &'static str,
    version: String,
    release: Option<String>,
    records: u64,
    duplicates: u64,
    superseded: u64,
    base: Option<BaseJson>,
    parts: usize,
    reused_parts: usize,
    damaged: Vec<DamagedJson>,
    changelog_left: Option<String>,
    check: Checked<'r>,
}

#[derive(Serialize)]
struct DamagedJson {
    release: String,
    path: String,
    message: String,
}

#[derive(Serialize)]
struct BaseJson {
    version: String,
    replaced: u64,
    unchanged: u64,
    withdrawn: u64,
}

fn damaged_json(damaged: &DamagedFile) -> DamagedJson {
    DamagedJson {
        release: damaged.version.to_string(),
        path: damaged.path.display().to_string(),
        message: damaged.message.clone(),
    }
}

fn json(report: &BuildReport, check: &Check<'_>) -> String {
    let (outcome, release) = match &report.outcome {
        Release::Published(folder) => ("published", Some(folder.display().to_string())),
        Release::Unchanged(folder) => ("unchanged", Some(folder.display().to_string())),
        Release::Refused => ("refused", None),
    };
    pretty(&Built {
        format: "pressmark-build/1",
        outcome,
        version: report.version.to_string(),
        release,
        records: report.records,
        duplicates: report.duplicates,
        superseded: report.superseded,
        base: report.put_on.as_ref().map(|base| BaseJson {
            version: base.version.to_string(),
            replaced: base.replaced,
            unchanged: base.unchanged,
            withdrawn: base.withdrawn,
        }),
        parts: report.parts,
        reused_parts: report.reused,
        damaged: report.damaged.iter().map(damaged_json).collect(),
        changelog_left: report.changelog_left.as_ref().map(|left| left.reason.clone()),
        check: Checked::new(check),
    })
}
