//! `pressmark build`.

use std::io::Write as _;
use std::path::Path;

use crate::Error;
use crate::code::Code;
use crate::diff::{DiffReport, described, schema_line};
use crate::publish::{
    BuildInputs, BuildOptions, BuildReport, Bump, DatasetCard, Memory, Outcome as Release, VersionChoice, build,
};
use crate::release::{Dataset, Format};
use crate::text::{one_line, printable};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};

use crate::cli::args::{BuildArguments, BumpArgument, ReportFormat};
use crate::cli::outcome::{Outcome, pretty, written};
use crate::cli::paint::{BOLD, BOLD_GREEN, BOLD_RED, BOLD_YELLOW, CYAN, count, counted};
use crate::cli::progress::Bar;
use crate::cli::render::Check;
use crate::cli::show::{self, Detail};
use crate::cli::terminal::{self, command, word};
use crate::cli::{cache, locate, names, products};

/// The maximum number of schema changes shown.
const SCHEMA: usize = 10;

pub(crate) fn run(arguments: &BuildArguments) -> Result<Outcome, Error> {
    let (dataset, inputs) = dataset(arguments)?;
    products::refuse(inputs)?;
    products::refuse(&arguments.upsert)?;
    let options = options(arguments, inputs);
    let mut report = build(&dataset, &options, &Bar::new())?;
    let ok = report.outcome != Release::Refused;
    if arguments.run.format != ReportFormat::Json && options.from == BuildInputs::Dataset {
        let shown = names::outside(&dataset, &dataset.folder);
        report.read.rename(&shown);
        names::rename(&mut report.conflicts, &shown);
    }
    let check = Check {
        read: &report.read,
        allowance: report.allowance,
        ok,
        examples: arguments.run.examples.number,
        dataset: None,
        conflicts: Some(&report.conflicts),
        repeats: [0, 0],
    };
    if arguments.run.format != ReportFormat::Json {
        terminal::say(&warnings(&report));
    }
    let outcome = if ok { Outcome::Yes } else { Outcome::No };
    let text = match arguments.run.format {
        ReportFormat::Human => {
            // In the order in which a terminal shows both streams: what was read, what is wrong, what came of it.
            if ok && !terminal::is_quiet() {
                terminal::print(&check.inputs(), outcome)?;
            }
            report_rejects(&check, ok, arguments.dry_run);
            return terminal::print(&human(&report)?, outcome);
        }
        ReportFormat::Json => pretty(&report),
        format => check.render(format),
    };
    written(anstream::stdout().lock().write_all(text.as_bytes()), outcome)
}

/// The dataset, and the inputs that were named. The first path is the dataset if it is one; otherwise all
/// paths are inputs of the dataset around the working directory.
fn dataset(arguments: &BuildArguments) -> Result<(Dataset, &[String]), Error> {
    let paths = arguments.paths.as_slice();
    match paths.split_first() {
        Some((first, inputs)) if locate::is_dataset(Path::new(first)) => {
            Ok((locate::dataset(Some(Path::new(first)))?, inputs))
        }
        Some((first, _)) if locate::around().is_err() => Err(locate::no_dataset(Path::new(first))),
        _ => Ok((locate::dataset(None)?, paths)),
    }
}

/// What was published, with what happened on the way.
fn human(report: &BuildReport) -> Result<String, Error> {
    if terminal::is_quiet() {
        return Ok(String::new());
    }
    let (folder, what) = match &report.outcome {
        Release::Refused => return Ok(String::new()),
        Release::Published(folder) => (folder, ("published", "")),
        Release::Unchanged(folder) => (folder, ("unchanged", " already contains exactly these records")),
        Release::DryRun(folder) => (folder, ("dry run", "")),
    };
    let path = printable(&folder.display().to_string());
    let text = steps(report) + &format!("{BOLD_GREEN}{}{BOLD_GREEN:#} {path}{}\n", what.0, what.1);
    if matches!(report.outcome, Release::DryRun(_)) {
        let would = format!("{} in {}", counted(report.records, "record"), counted(report.parts as u64, "part"));
        let publish = [("to publish it", terminal::typed_without("--dry-run"))];
        return Ok(text + &format!("  it would have {would}; nothing was published\n") + &terminal::next(&publish));
    }
    let detail = if terminal::is_verbose() { Detail::Columns } else { Detail::Summary };
    let text = text + &show::release(folder, detail)?;
    let previous = report.changes.as_ref().map(|changes| &changes.base.path);
    Ok(match previous.filter(|_| matches!(report.outcome, Release::Published(_))) {
        None => text,
        Some(previous) => {
            let [previous, folder] = [previous.clone(), folder.display().to_string()].map(|path| word(&path));
            text + &format!("{BOLD}compare it{BOLD:#}\n") + &command(&format!("pressmark diff {previous} {folder}"))
        }
    })
}

fn options(arguments: &BuildArguments, inputs: &[String]) -> BuildOptions {
    let version = match (&arguments.version, arguments.bump) {
        (Some(version), _) => VersionChoice::Exact(version.clone()),
        (None, Some(BumpArgument::Auto)) => VersionChoice::Auto,
        (None, Some(BumpArgument::Major)) => VersionChoice::Next(Bump::Major),
        (None, Some(BumpArgument::Minor)) => VersionChoice::Next(Bump::Minor),
        (None, Some(BumpArgument::Patch)) => VersionChoice::Next(Bump::Patch),
        (None, None) => VersionChoice::First,
    };
    BuildOptions {
        from: from(arguments, inputs),
        articles: crate::cli::args::places(&arguments.articles),
        output: arguments.output_dir.clone(),
        version,
        allow_understated: arguments.allow_understated,
        readmit: arguments.readmit,
        released: arguments.date.unwrap_or_else(today),
        allow_backdated: arguments.allow_backdated,
        cache: if arguments.no_cache { None } else { cache::folder() },
        max_rejects: arguments.max_rejects,
        dry_run: arguments.dry_run,
        examples: arguments.run.examples.number,
        memory: Memory::new(arguments.memory.0),
        threads: crate::cli::args::threads(arguments.run.threads),
        limits: crate::cli::args::limits(arguments.run.max_bytes),
    }
}

fn from(arguments: &BuildArguments, inputs: &[String]) -> BuildInputs {
    match &arguments.base {
        Some(version) => BuildInputs::Base {
            version: version.clone(),
            upsert: [arguments.upsert.as_slice(), inputs].concat(),
            withdraw: arguments.withdraw.clone(),
        },
        None if inputs.is_empty() => BuildInputs::Dataset,
        None => BuildInputs::Inputs(inputs.to_vec()),
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
        let (path, folder) = (damaged.path.display().to_string(), word(&damaged.release.display().to_string()));
        let says =
            format!("release {} is damaged: `{}`: {}", damaged.version, printable(&path), printable(&damaged.message));
        text.push_str(&format!("{BOLD_YELLOW}warning:{BOLD_YELLOW:#} {says}\n"));
        let help = format!("nothing was reused from it; run `pressmark verify {folder}` for details");
        text.push_str(&format!("  {CYAN}help:{CYAN:#} {help}\n"));
    }
    for remark in report.remarks.iter().filter(|remark| remark.code != Code::Undescribed) {
        text.push_str(&format!("{BOLD_YELLOW}warning[{}]:{BOLD_YELLOW:#} {}\n", remark.code, remark.message));
        text.push_str(&format!("  {CYAN}help:{CYAN:#} {}\n", remark.help));
    }
    if let DatasetCard::Left(left) = &report.card {
        let path = printable(&left.path.display().to_string());
        text.push_str(&format!(
            "{BOLD_YELLOW}warning:{BOLD_YELLOW:#} `{path}` was not written: {}\n",
            printable(&left.reason)
        ));
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
    let mut count_of = |number: u64, what: &str, became: &str| {
        if number > 0 {
            text.push_str(&format!("{} {became}\n", counted(number, what)));
        }
    };
    count_of(report.duplicates, "identical duplicate", "left out");
    count_of(report.superseded, "record", "superseded by a newer one with the same key");
    if let Some(base) = &report.upsert {
        let of = format!("of {}", base.version);
        count_of(base.replaced, "record", &format!("{of} replaced"));
        count_of(base.unchanged, "record", &format!("already in {}", base.version));
        count_of(base.withdrawn, "record", &format!("{of} withdrawn"));
    }
    if let Some(changes) = &report.changes {
        let schema = changes.schema.iter().map(schema_line).take(SCHEMA);
        for line in described(changes).into_iter().map(|line| line.text).chain(schema) {
            text.push_str(&format!("since {}: {}\n", previous(changes), one_line(&line, 200)));
        }
    }
    for remark in report.remarks.iter().filter(|remark| remark.code == Code::Undescribed) {
        text.push_str(&format!("{}: {}\n", remark.message, remark.help));
    }
    let is_new = matches!(report.outcome, Release::Published(_) | Release::DryRun(_));
    if let Some(format) = report.previous_format.filter(|format| is_new && *format != Format::NEWEST) {
        let newest = Format::NEWEST;
        text.push_str(&format!(
            "format {newest}; the previous release has {format}, so every part was written again\n"
        ));
    }
    if report.reused > 0 {
        text.push_str(&format!("reused {} of {}\n", count(report.reused as u64), counted(report.parts as u64, "part")));
    }
    text
}

/// Reports on standard error what was rejected, and what to do if that was too much.
fn report_rejects(check: &Check<'_>, ok: bool, dry_run: bool) {
    let rejects = &check.read.rejects;
    if ok && terminal::is_quiet() {
        return;
    }
    let mut text = if ok { String::new() } else { check.inputs() };
    text.push_str(&check.diagnostics());
    if let (false, Some(refusal)) = (ok, check.misfit_refusal()) {
        text.push_str(&format!("{BOLD_RED}error:{BOLD_RED:#} {refusal}; nothing was published\n"));
    } else if !ok && rejects.total() == 0 {
        text = format!("{BOLD_RED}error:{BOLD_RED:#} no records are left; nothing was published\n");
    } else if !ok {
        let unread = check.unread();
        let (number, articles) = (rejects.total() - unread, check.read.articles() - unread);
        let mut of = Vec::new();
        if unread > 0 {
            of.push(format!("{} not read", counted(unread, "input")));
        }
        if number > 0 {
            of.push(format!("{} of {} rejected", count(number), counted(articles, "article")));
        }
        let of = of.join(", ");
        let help = if rejects.is_ambiguous() {
            "set `articles` to the location of the articles; --max-rejects does not apply to what a guess would leave out".to_owned()
        } else if rejects.has_damage() {
            "repair the damaged input; --max-rejects does not apply to missing data".to_owned()
        } else if number == articles {
            "fix the articles or the schema; no articles are left to publish".to_owned()
        } else {
            format!("fix the articles, or publish the others with --max-rejects {number}")
        };
        text.push_str(&format!("{BOLD_RED}error:{BOLD_RED:#} {of}; nothing was published\n"));
        text.push_str(&format!("  {CYAN}help:{CYAN:#} {help}\n"));
    }
    if let Some(file) = rejects.path().filter(|_| !dry_run) {
        let line = format!("pressmark retry {} -o fixed.jsonl", word(&file.display().to_string()));
        text.push_str(&terminal::next(&[("after fixing the schema or the source, validate the rejects again", line)]));
    }
    terminal::say(&text);
}
