//! `pressmark retry`: articles that pass go to standard output or a file, the report to standard error.

use std::io::{BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::progress::NoProgress;
use crate::release::{Dataset, Found, find};
use crate::retry::{RetryOptions, RetryReport, retry, retry_to_file};
use crate::text::printable;
use semver::Version;

use crate::cli::args::RetryArguments;
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
    let piped = file.is_none() && !std::io::stdout().is_terminal();
    if report.passed > 0 && (piped || file.is_some()) {
        terminal::say(&next(settings.dataset.as_ref(), file));
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
    if let Some(file) = file {
        text.push_str(&format!("wrote {} to {}\n", counted(report.passed, "article"), shown(file)));
    }
    text
}

fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}

/// The build that adds the articles that pass.
fn next(dataset: Option<&Dataset>, file: Option<&Path>) -> String {
    let Some(dataset) = dataset else { return String::new() };
    let folder = terminal::word(&dataset.folder.display().to_string());
    let file = file.map_or_else(|| "FILE".to_owned(), |file| terminal::word(&file.display().to_string()));
    let newest = match find(&dataset.folder) {
        Ok(Found::Releases(releases)) => releases.last().map(|(version, _)| version.clone()),
        _ => None,
    };
    let line = match newest {
        Some(version) => format!("pressmark build {folder} --bump auto --base {version} --upsert {file}"),
        None => format!("pressmark build {folder}"),
    };
    let what = if line.contains("--upsert") {
        "to add the articles that pass to the newest release"
    } else {
        "to publish the first release"
    };
    terminal::next(&[(what, line)])
}
