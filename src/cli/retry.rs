//! `pressmark retry`: articles that pass go to standard output or a file, the report to standard error.

use std::io::{BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::progress::NoProgress;
use crate::release::{Dataset, Found, find};
use crate::retry::{RetryOptions, RetryReport, retry, retry_to_file};
use crate::text::printable;
use semver::Version;

use crate::cli::args::{JudgingArguments, RetryArguments};
use crate::cli::outcome::Outcome;
use crate::cli::paint::{BOLD_GREEN, BOLD_YELLOW, count, counted};
use crate::cli::progress::Bar;
use crate::cli::settings;
use crate::cli::{locate, render, terminal};

pub(crate) fn run(arguments: &RetryArguments) -> Result<Outcome, Error> {
    let rejects = reject_files(&arguments.files)?;
    let settings = settings::settings(&arguments.judging, settings::around(&rejects)?)?;
    let options = RetryOptions {
        rejects,
        schema: settings.schema,
        mapping: settings.mapping,
        is_given: settings.is_given,
        extra: settings.extra,
        invalid_optional: settings.invalid_optional,
        again: arguments.rejects.clone(),
        examples: arguments.examples.number,
    };
    let file = arguments.output.as_deref().filter(|path| *path != Path::new("-"));
    let report = if let Some(path) = file {
        retry_to_file(&options, path, &Bar::new())?
    } else {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let report = retry(&options, &mut out, &NoProgress)?;
        let unwritable = |source| Error::Io { action: "write to", path: "standard output".into(), source };
        out.flush().map_err(unwritable)?;
        report
    };
    let mut text = render::causes(&report.rejects.diagnostics().causes(), arguments.examples.number);
    text.push_str(&summary(&report, file));
    terminal::say(&text);
    if let Some(dataset) = &settings.dataset {
        let file = file.map(|file| terminal::word(&file.display().to_string()));
        // What went to a terminal is in no file that a build could read.
        let file = file.or_else(|| (!std::io::stdout().is_terminal()).then(|| "FILE".to_owned()));
        terminal::say(&next(dataset, &report, file.as_deref(), &arguments.judging));
    }
    let all = report.passed == report.validated && report.not_stored == 0 && report.in_conflict == 0;
    Ok(if all { Outcome::Yes } else { Outcome::No })
}

/// The reject files that are meant: of a dataset, those of its newest version.
fn reject_files(typed: &[String]) -> Result<Vec<String>, Error> {
    let named = match typed {
        [] => None,
        [only] if locate::is_dataset(Path::new(only)) => Some(Path::new(only)),
        _ => return Ok(typed.to_vec()),
    };
    let dataset = locate::dataset(named)?;
    let rejects = dataset.folder.join("rejects");
    let folders = std::fs::read_dir(&rejects).into_iter().flatten().flatten();
    let version = |path: PathBuf| Some((path.file_name()?.to_str()?.parse::<Version>().ok()?, path));
    let newest = folders.filter_map(|entry| version(entry.path())).max();
    let newest = newest.map_or(rejects, |(_, path)| path);
    Ok(vec![newest.to_string_lossy().into_owned()])
}

fn summary(report: &RetryReport, file: Option<&Path>) -> String {
    let all = report.passed == report.validated && report.in_conflict == 0;
    if all && terminal::is_quiet() {
        return String::new();
    }
    let verdict =
        if all { format!("{BOLD_GREEN}ok{BOLD_GREEN:#}") } else { format!("{BOLD_YELLOW}rejected{BOLD_YELLOW:#}") };
    let failed = report.validated - report.passed;
    let (passed, validated) = (count(report.passed), counted(report.validated, "article"));
    let mut text = match (all, failed) {
        (true, _) if report.passed == 1 => format!("{verdict} {passed} of {validated} passes now\n"),
        (true, _) => format!("{verdict} {passed} of {validated} pass now\n"),
        (false, 0) => format!("{passed} of {validated} pass now\n"),
        (false, failed) => format!(
            "{verdict} {} of {validated} again; {passed} {} now\n",
            count(failed),
            if report.passed == 1 { "passes" } else { "pass" }
        ),
    };
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
        text.push_str(&format!("the articles that are still rejected are in {}\n", shown(path)));
    }
    match file {
        Some(file) if report.passed > 0 => {
            text.push_str(&format!("wrote {} to {}\n", counted(report.passed, "article"), shown(file)));
        }
        Some(file) => text.push_str(&format!("no article passes, so {} was not written\n", shown(file))),
        None => {}
    }
    text
}

fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}

/// The build that publishes the articles that pass.
fn next(dataset: &Dataset, report: &RetryReport, file: Option<&str>, typed: &JudgingArguments) -> String {
    let folder = terminal::word(&dataset.folder.display().to_string());
    let newest = match find(&dataset.folder) {
        Ok(Found::Releases(releases)) => releases.last().map(|(version, _)| version.clone()),
        _ => None,
    };
    let still = report.validated - report.passed + report.not_stored + report.in_conflict;
    let allowed = if still > 0 { format!(" --max-rejects {still}") } else { String::new() };
    let step = match (newest, file) {
        // The dataset's own settings would reject them again.
        (newest, _) if report.passed > 0 && !settings::typed(typed).is_empty() => {
            let (path, options) = (shown(&dataset.path()), settings::typed(typed));
            let bump = if newest.is_some() { " --bump auto" } else { "" };
            let what = format!("to publish them, give {path} the settings of{options}, then build from all inputs");
            (what, format!("pressmark build {folder}{bump}{allowed}"))
        }
        (Some(version), Some(file)) if report.passed > 0 => {
            let what = "to add the articles that pass to the newest release".to_owned();
            (what, format!("pressmark build {folder} --bump auto --base {version} --upsert {file}"))
        }
        (Some(_), _) => return String::new(),
        (None, _) if still > 0 => {
            let what = "to publish the first release without the articles that are rejected".to_owned();
            (what, format!("pressmark build {folder}{allowed}"))
        }
        (None, _) => ("to publish the first release".to_owned(), format!("pressmark build {folder}")),
    };
    terminal::next(&[(&step.0, step.1)])
}
