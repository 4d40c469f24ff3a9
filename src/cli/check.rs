//! `pressmark check`.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::check::{CheckOptions, SharedKeys, check, home};
use crate::input::Selection;
use crate::release::{Dataset, find};

use crate::cli::args::{CheckArguments, ReportFormat, places};
use crate::cli::outcome::{Outcome, written};
use crate::cli::progress::Bar;
use crate::cli::render::Check;
use crate::cli::settings;
use crate::cli::{locate, names, products, terminal};

pub(crate) fn run(arguments: &CheckArguments) -> Result<Outcome, Error> {
    let Inputs { dataset, folder, patterns: inputs } = inputs(arguments)?;
    let settings = settings::settings(&arguments.judging, dataset)?;
    let keys = settings.keys(arguments.judging.schema.is_some())?;
    let typed = Selection { articles: places(&arguments.articles), ..Selection::default() };
    let options = CheckOptions {
        inputs,
        folder,
        schema: settings.schema,
        mapping: settings.mapping,
        is_given: settings.is_given,
        misfit: settings.misfit,
        selection: typed.or(&settings.selection),
        extra: settings.extra,
        keys,
        scratch: std::env::temp_dir(),
        invalid_optional: settings.invalid_optional,
        max_rejects: arguments.max_rejects.unwrap_or(settings.max_rejects),
        rejects: arguments.rejects.clone(),
        examples: arguments.run.examples.number,
        threads: crate::cli::args::threads(arguments.run.threads),
        limits: crate::cli::args::limits(arguments.run.max_bytes),
    };
    let mut report = check(&options, &Bar::new())?;
    let ok = report.is_allowed();
    let SharedKeys { conflicts, duplicates, superseded } = &mut report.shared_keys;
    if let Some(dataset) = settings.dataset.as_ref().filter(|dataset| dataset.inputs == options.inputs)
        && arguments.run.format != ReportFormat::Json
    {
        let shown = names::outside(dataset, home(&options.folder));
        report.read.rename(&shown);
        names::rename(conflicts, &shown);
    }
    let check = Check {
        read: &report.read,
        allowance: report.allowance,
        ok,
        examples: arguments.run.examples.number,
        dataset: settings.dataset.as_ref(),
        conflicts: Some(conflicts),
        repeats: [*duplicates, *superseded],
    };
    let outcome = if ok { Outcome::Yes } else { Outcome::No };
    let text = check.render(arguments.run.format);
    if arguments.run.format == ReportFormat::Human {
        return terminal::print(&(text + &next(arguments, &check)), outcome);
    }
    written(std::io::Write::write_all(&mut anstream::stdout().lock(), text.as_bytes()), outcome)
}

/// What is checked.
struct Inputs {
    /// The dataset whose settings apply.
    dataset: Option<Dataset>,
    /// The folder that relative inputs start from.
    folder: PathBuf,
    patterns: Vec<String>,
}

fn inputs(arguments: &CheckArguments) -> Result<Inputs, Error> {
    let named = match arguments.inputs.as_slice() {
        [] => Some(None),
        [only] if locate::is_dataset(Path::new(only)) => Some(Some(Path::new(only))),
        _ => None,
    };
    if let Some(named) = named {
        let dataset = locate::dataset(named)?;
        if dataset.inputs.is_empty() {
            return Err(Error::NoInputs { path: dataset.path() });
        }
        let (folder, patterns) = (dataset.folder.clone(), dataset.inputs.clone());
        return Ok(Inputs { dataset: Some(dataset), folder, patterns });
    }
    products::refuse(&arguments.inputs)?;
    // With both, nothing of a dataset would be used but its policy.
    let is_complete = arguments.judging.schema.is_some() && arguments.judging.source.is_some();
    let dataset = if is_complete { None } else { settings::around(&arguments.inputs)? };
    Ok(Inputs { dataset, folder: PathBuf::new(), patterns: arguments.inputs.clone() })
}

/// The commands that may follow.
fn next(arguments: &CheckArguments, check: &Check<'_>) -> String {
    // What is missing from a damaged input is in no reject file.
    let rejected = if check.read.rejects.has_damage() { 0 } else { check.read.rejects.total() };
    if let (Some(file), true) = (&arguments.rejects, rejected > 0) {
        let file = terminal::word(&file.display().to_string());
        let line = format!("pressmark retry {file}{} -o fixed.jsonl", settings::typed(&arguments.judging));
        return terminal::next(&[("after fixing the schema or the source, validate the rejects again", line)]);
    }
    if !check.ok && rejected > 0 {
        let line = format!("{} --rejects rejects.jsonl.zst", terminal::typed());
        return terminal::next(&[("to keep the rejected articles with their reasons", line)]);
    }
    let is_folder = |dataset: &Dataset| arguments.inputs.iter().all(|input| Path::new(input) == dataset.folder);
    let all_of_it = |dataset: &&Dataset| settings::typed(&arguments.judging).is_empty() && is_folder(dataset);
    match check.dataset.filter(|_| check.ok).filter(all_of_it) {
        Some(dataset) => {
            let folder = terminal::word(&dataset.folder.display().to_string());
            let version = if find(&dataset.folder).is_ok() { " --bump auto" } else { "" };
            let line = format!("pressmark build {folder}{version}");
            terminal::next(&[("to publish a release", line)])
        }
        None => String::new(),
    }
}
