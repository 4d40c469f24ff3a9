//! `pressmark diff`.

mod human;

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::diff::{
    Counts, DeltaCheck, DeltaWriter, DiffInput, DiffOptions, DiffReport, RowChange, check_delta, diff, diff_rows,
    fingerprint, markdown,
};
use crate::progress::{NoProgress, Progress};
use crate::release::{Bump, Found, VersionPolicy, find, newest, release_of_version};
use crate::text::{printable, printable_json};
use clap::ValueEnum as _;
use serde::Serialize;

use crate::cli::args::{DiffArguments, DiffFormat, Kind};
use crate::cli::outcome::{Outcome, pretty, written};
use crate::cli::paint::{BOLD_GREEN, BOLD_RED, counted};
use crate::cli::progress::Bar;
use crate::cli::{locate, terminal};

pub(crate) fn run(arguments: &DiffArguments) -> Result<Outcome, Error> {
    let key = arguments.key.as_slice();
    let [base, current] = sides(arguments)?;
    let base = DiffInput::open_by(&base, key)?;
    if let Some(delta) = &arguments.check_delta {
        return proof(delta, &base, &options(arguments));
    }
    let current = DiffInput::open_by(&current, key)?;
    let report = compare(arguments, &base, &current)?;
    let refused = refused(arguments, &report);
    let outcome = if refused.is_empty() || arguments.exit_zero { Outcome::Yes } else { Outcome::No };
    let policy = arguments.policy.into();
    if arguments.rows {
        terminal::say(&(human::verdict(&report, policy) + &why(arguments, &refused)));
        return Ok(outcome);
    }
    let raw = |text: String| written(anstream::stdout().lock().write_all(text.as_bytes()), outcome);
    let told = match arguments.format {
        DiffFormat::Human if terminal::is_quiet() => terminal::print(&human::verdict(&report, policy), outcome),
        DiffFormat::Human => {
            let next = next(arguments, &report);
            terminal::print(&(human::report(&report, policy) + &next), outcome)
        }
        DiffFormat::Json => raw(json(&report, policy)),
        DiffFormat::Markdown => raw(summary(&report, policy)),
    };
    terminal::say(&why(arguments, &refused));
    told
}

/// The paths of the two sides. Of plain files, both are named.
fn sides(arguments: &DiffArguments) -> Result<[PathBuf; 2], Error> {
    let key = arguments.key.as_slice();
    if arguments.check_delta.is_some() {
        let base = match &arguments.base {
            Some(base) => side(base, key)?,
            None => locate::release(None)?,
        };
        return Ok([base.clone(), base]);
    }
    let Some(base) = &arguments.base else { return locate::newest_two(&locate::around()?) };
    if let Some(current) = &arguments.current {
        return Ok([side(base, key)?, side(current, key)?]);
    }
    if let Ok(Found::Releases(_)) = find(base) {
        return locate::newest_two(base);
    }
    let base = side(base, key)?;
    if !base.exists() {
        find(&base)?;
    }
    if !matches!(find(&base), Ok(Found::Release)) {
        locate::usage(&format!("`{}` is not a release; name BASE and CURRENT", locate::shown(&base)));
    }
    let beside = base.canonicalize().ok().and_then(|base| Some(base.parent()?.to_owned()));
    let shown = base.parent().filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_owned).or(beside);
    let newest = shown.map(|folder| newest(&folder)).transpose()?.filter(|newest| {
        // They may be written in different ways.
        newest.canonicalize().ok().zip(base.canonicalize().ok()).is_some_and(|(newest, base)| newest != base)
    });
    match newest {
        Some(current) => Ok([base, current]),
        None => locate::usage(&format!("`{}` is the newest release; name CURRENT too", locate::shown(&base))),
    }
}

/// A side: a folder of releases means the newest one.
fn side(named: &Path, key: &[String]) -> Result<PathBuf, Error> {
    let named = release_of_version(named).unwrap_or_else(|| named.to_owned());
    let is_plain = named.is_file() || !key.is_empty() && named.exists();
    if is_plain {
        return Ok(named);
    }
    match newest(&named) {
        Ok(folder) => Ok(folder),
        // It may be a folder of Parquet files. If it is nothing, opening it says so.
        Err(Error::NoRelease { .. }) => Ok(named),
        Err(error) => Err(error),
    }
}

/// The command that shows more, if more changed than is shown.
fn next(arguments: &DiffArguments, report: &DiffReport) -> String {
    let Counts { added, removed, withdrawn, changed, rekeyed, .. } = report.counts;
    let samples = [&report.added, &report.removed, &report.withdrawn, &report.rekeyed];
    let shown: usize = samples.iter().map(|samples| samples.len()).sum();
    let examples: usize = report.columns.iter().map(|column| column.examples.len()).sum();
    let is_all = added + removed + withdrawn + rekeyed == shown as u64 && changed <= examples as u64;
    if is_all || arguments.delta.is_some() {
        return String::new();
    }
    terminal::next(&[("to see every changed record", format!("{} --rows", terminal::typed()))])
}

/// Why the run failed, if limits were given.
fn why(arguments: &DiffArguments, refused: &[String]) -> String {
    if arguments.exit_zero || !has_limits(arguments) {
        return String::new();
    }
    refused.iter().fold(String::new(), |text, refused| text + &format!("{BOLD_RED}failed:{BOLD_RED:#} {refused}\n"))
}

fn options(arguments: &DiffArguments) -> DiffOptions {
    DiffOptions {
        ignore: arguments.ignore.clone(),
        threads: crate::cli::args::threads(arguments.threads),
        memory: usize::try_from(arguments.memory.0).unwrap_or(usize::MAX),
        ..DiffOptions::default()
    }
}

/// Compares, and writes every changed record to the outputs that were asked for.
fn compare(arguments: &DiffArguments, base: &DiffInput, current: &DiffInput) -> Result<DiffReport, Error> {
    let options = options(arguments);
    let mut delta = arguments.delta.as_deref().map(|path| DeltaWriter::create(path, [base, current])).transpose()?;
    if delta.is_none() && !arguments.rows {
        return diff(base, current, &options, &Bar::new());
    }
    let mut out = std::io::BufWriter::new(anstream::stdout().lock());
    let mut is_closed = !arguments.rows;
    let mut each = |row: &RowChange| {
        if let Some(delta) = &mut delta {
            delta.add(row)?;
        }
        if !is_closed && let Err(error) = out.write_all(line(row).as_bytes()) {
            written(Err(error), Outcome::No)?;
            is_closed = true;
        }
        Ok(())
    };
    // On a terminal the records themselves show how far it is.
    let shown = arguments.rows && std::io::stdout().is_terminal();
    let progress: Box<dyn Progress> = if shown { Box::new(NoProgress) } else { Box::new(Bar::new()) };
    let report = diff_rows(base, current, &options, &mut each, progress.as_ref())?;
    drop(progress);
    if !is_closed {
        written(out.flush(), Outcome::No)?;
    }
    if let Some(delta) = delta {
        delta.finish(fingerprint(base, &options)?, fingerprint(current, &options)?)?;
    }
    Ok(report)
}

/// A changed record as a line of JSON.
fn line(row: &RowChange) -> String {
    let text = |text: &Option<String>| serde_json::json!(text).to_string();
    let record = |record: &Option<String>| record.clone().unwrap_or_else(|| "null".to_owned());
    printable_json(&format!(
        "{{\"change\":\"{}\",\"key\":{},\"previous_key\":{},\"columns\":{},\"before\":{},\"after\":{}}}\n",
        row.change.name(),
        text(&row.key),
        text(&row.previous_key),
        serde_json::json!(row.columns),
        record(&row.before),
        record(&row.after)
    ))
}

/// Whether any limits were given.
fn has_limits(arguments: &DiffArguments) -> bool {
    let limits = [arguments.max_added, arguments.max_removed, arguments.max_changed];
    !arguments.fail_on.is_empty() || limits.iter().any(Option::is_some)
}

/// The reasons why the run fails.
fn refused(arguments: &DiffArguments, report: &DiffReport) -> Vec<String> {
    if !has_limits(arguments) {
        return if report.is_same() { Vec::new() } else { vec!["they differ".to_owned()] };
    }
    let limits = [
        ("added", arguments.max_added, report.counts.added),
        ("removed", arguments.max_removed, report.counts.removed),
        ("changed", arguments.max_changed, report.counts.changed),
    ];
    let exceeded = limits.into_iter().filter_map(|(word, limit, number)| {
        let limit = limit.filter(|limit| !limit.allows(number, report.base.records))?;
        Some(format!("{} {word}; --max-{word} allows {limit}", counted(number, "record")))
    });
    let found = arguments.fail_on.iter().filter(|kind| has(report, **kind)).map(|kind| {
        let name = kind.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        format!("`{name}` changes found (--fail-on)")
    });
    exceeded.chain(found).collect()
}

/// Whether there is a change of this kind.
fn has(report: &DiffReport, kind: Kind) -> bool {
    let Counts { added, removed, withdrawn, changed, rekeyed, unmatched, .. } = report.counts;
    match kind {
        Kind::Added => added > 0,
        Kind::Removed => removed > 0,
        Kind::Withdrawn => withdrawn > 0,
        Kind::Changed => changed > 0,
        Kind::Rekeyed => rekeyed > 0,
        Kind::Unmatched => unmatched != [0, 0],
        Kind::Schema => !report.schema.is_empty(),
        Kind::Warnings => !report.warnings.is_empty(),
    }
}

/// The version that is suggested: by which policy, which number goes up, and where that leads.
#[derive(Serialize)]
struct Suggestion {
    policy: VersionPolicy,
    bump: Option<Bump>,
    version: Option<String>,
}

impl Suggestion {
    fn of(report: &DiffReport, policy: VersionPolicy) -> Self {
        let bump = report.bump(policy);
        let version = bump.zip(report.base.version.as_ref()).map(|(bump, version)| bump.next(version).to_string());
        Self { policy, bump, version }
    }

    /// A sentence, if there is anything to suggest.
    fn sentence(&self) -> Option<String> {
        let bump = self.bump?;
        let (name, policy) = (bump.name(), self.policy.name());
        Some(match &self.version {
            Some(version) => format!("suggested version: {version} ({name}, policy {policy})"),
            None => format!("suggested version: a {name} bump (policy {policy})"),
        })
    }
}

#[derive(Serialize)]
struct ReportJson<'r> {
    format: &'static str,
    same: bool,
    suggestion: Suggestion,
    #[serde(flatten)]
    report: &'r DiffReport,
}

fn json(report: &DiffReport, policy: VersionPolicy) -> String {
    let suggestion = Suggestion::of(report, policy);
    pretty(&ReportJson { format: "pressmark-diff/1", same: report.is_same(), suggestion, report })
}

fn summary(report: &DiffReport, policy: VersionPolicy) -> String {
    let name = |side: &crate::diff::SideFacts| match (&side.dataset, &side.version) {
        (Some(dataset), Some(version)) => format!("{dataset} {version}"),
        _ => "files".to_owned(),
    };
    let suggestion = Suggestion::of(report, policy).sentence().map(|text| format!("{text}\n\n")).unwrap_or_default();
    let note = if report.by_manifests { format!("\n{}\n", human::BY_MANIFESTS) } else { String::new() };
    format!("## {} to {}\n\n{suggestion}{}{note}", name(&report.base), name(&report.current), markdown(report))
}

/// Verifies that a delta leads to the release that it names.
fn proof(delta: &Path, base: &DiffInput, options: &DiffOptions) -> Result<Outcome, Error> {
    let check = check_delta(delta, base, options)?;
    let DeltaCheck { base_named, base_found, current_named, current_found, taken, added, missing } = &check;
    let counts = format!("{} removed, {} added", counted(*taken, "record"), counted(*added, "record"));
    let path = printable(&delta.display().to_string());
    let text = if check.is_proven() {
        format!("{BOLD_GREEN}proven{BOLD_GREEN:#} {path}: {counts}\n  from {base_found}\n  to   {current_found}\n")
    } else if *base_named != base_found.to_string() {
        format!(
            "{BOLD_RED}not proven{BOLD_RED:#} {path} is for a different base\n  expected {base_named}\n  found    {base_found}\n"
        )
    } else {
        let missing = counted(*missing, "record");
        format!(
            "{BOLD_RED}not proven{BOLD_RED:#} {path}: {counts}, {missing} not in the base\n  expected {current_named}\n  found    {current_found}\n"
        )
    };
    let mut out = anstream::stdout().lock();
    written(out.write_all(text.as_bytes()), if check.is_proven() { Outcome::Yes } else { Outcome::No })
}
