//! Operations on a dataset. Each takes arguments by name and returns its report as JSON.

use std::path::{Path, PathBuf};

use pressmark::Error;
use pressmark::check::CheckOptions;
use pressmark::input::{Limits, Pointer, PointerError, Selection};
use pressmark::publish::{BuildInputs, BuildOptions, Bump, Memory, VersionChoice};
use pressmark::release::{Dataset, dataset_of};
use pressmark::retry::{RetryOptions, retry_to_file};
use pyo3::prelude::*;
use semver::Version;
use serde::Serialize;

use crate::errors;
use crate::release::{json, thread_count};
use crate::settings::{Rules, allowance, given, settings};
use crate::watch::run;

/// The name and the folder of the dataset in or above a folder.
#[pyfunction]
pub(crate) fn dataset(py: Python<'_>, folder: PathBuf) -> PyResult<(String, PathBuf)> {
    let open = || {
        let folder = dataset_of(&folder).ok_or_else(|| Error::NoDataset {
            path: folder.clone(),
            message: "there is no dataset.toml in it or in a folder above".to_owned(),
            hint: Some("make a dataset with pressmark.Dataset.create(folder)".to_owned()),
        })?;
        Dataset::open(&folder)
    };
    let dataset = py.detach(open).map_err(|error| errors::raised(py, &error))?;
    Ok((dataset.name, dataset.folder))
}

/// The folders of the releases of a dataset, oldest first.
#[pyfunction]
pub(crate) fn releases(py: Python<'_>, folder: PathBuf) -> PyResult<Vec<PathBuf>> {
    let found = py.detach(|| pressmark::release::releases(&folder)).map_err(|error| errors::raised(py, &error))?;
    Ok(found.into_iter().map(|(_, location)| location.path()).collect())
}

/// Writes a `dataset.toml` and returns its path.
#[pyfunction]
#[pyo3(signature = (folder, name, schema, source, key, order_by, inputs, examples))]
#[expect(clippy::too_many_arguments, reason = "Python passes them by name")]
pub(crate) fn init(
    py: Python<'_>,
    folder: PathBuf,
    name: Option<String>,
    schema: String,
    source: Option<String>,
    key: Option<String>,
    order_by: Vec<String>,
    inputs: Vec<String>,
    examples: Vec<String>,
) -> PyResult<PathBuf> {
    let options = pressmark::init::InitOptions { name, schema, source, key, order_by, inputs, from: examples };
    let report = py.detach(|| pressmark::init::init(&folder, &options)).map_err(|error| errors::raised(py, &error))?;
    Ok(report.path)
}

/// Validates the inputs of a dataset, or other inputs.
#[pyfunction]
#[pyo3(signature = (dataset, inputs, rules, articles, max_rejects, rejects, examples, threads, progress))]
#[expect(clippy::too_many_arguments, reason = "Python passes them by name")]
pub(crate) fn check(
    py: Python<'_>,
    dataset: Option<PathBuf>,
    inputs: Option<Vec<String>>,
    rules: Rules,
    articles: Option<Vec<String>>,
    max_rejects: Option<String>,
    rejects: Option<PathBuf>,
    examples: usize,
    threads: Option<usize>,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<String> {
    let (given, max_rejects) = (given(py, rules)?, allowance(py, max_rejects)?);
    let articles = places(py, articles)?;
    let report = run(py, progress.as_ref(), |watch| {
        let settings = settings(&given, dataset.as_ref())?;
        let (folder, inputs) = match (inputs, &settings.dataset) {
            (Some(inputs), _) => (PathBuf::new(), inputs),
            (None, Some(dataset)) if dataset.inputs.is_empty() => {
                return Err(Error::NoInputs { path: dataset.path() });
            }
            (None, Some(dataset)) => (dataset.folder.clone(), dataset.inputs.clone()),
            (None, None) => (PathBuf::new(), Vec::new()),
        };
        let typed = Selection { articles, ..Selection::default() };
        let options = CheckOptions {
            inputs,
            folder,
            schema: settings.schema,
            mapping: settings.mapping,
            is_given: settings.is_given,
            misfit: settings.misfit,
            selection: typed.or(&settings.selection),
            extra: settings.extra,
            invalid_optional: settings.invalid_optional,
            max_rejects: max_rejects.unwrap_or(settings.max_rejects),
            rejects,
            examples,
            threads: thread_count(threads),
            limits: Limits::default(),
        };
        pressmark::check::check(&options, watch)
    })?;
    Ok(json(&report))
}

/// Where articles are, as JSON Pointers with `*`.
fn places(py: Python<'_>, articles: Option<Vec<String>>) -> PyResult<Option<Vec<Pointer>>> {
    let read = |articles: Vec<String>| {
        let read: Result<Vec<_>, _> = articles.iter().map(|text| text.parse()).collect();
        read.map_err(|error: PointerError| errors::argument(py, &format!("articles: {error}"), None))
    };
    articles.map(read).transpose()
}

/// The report of a build, and what changed since the previous release.
#[derive(Serialize)]
struct Built<'r> {
    #[serde(flatten)]
    report: &'r pressmark::publish::BuildReport,
    changes: Option<pressmark::diff::Counts>,
}

/// Builds a release.
#[pyfunction]
#[pyo3(signature = (folder, inputs, base, withdraw, version, bump, output, released, permissions, articles, max_rejects, dry_run, cache, memory, examples, threads, progress))]
#[expect(clippy::too_many_arguments, reason = "Python passes them by name")]
pub(crate) fn build(
    py: Python<'_>,
    folder: PathBuf,
    inputs: Option<Vec<String>>,
    base: Option<String>,
    withdraw: Option<PathBuf>,
    version: Option<String>,
    bump: Option<String>,
    output: Option<PathBuf>,
    released: String,
    permissions: (bool, bool, bool),
    articles: Option<Vec<String>>,
    max_rejects: Option<String>,
    dry_run: bool,
    cache: bool,
    memory: u64,
    examples: usize,
    threads: Option<usize>,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<String> {
    let from = match (base.map(|base| read_version(py, "base", &base)).transpose()?, inputs) {
        (Some(version), inputs) => BuildInputs::Base { version, upsert: inputs.unwrap_or_default(), withdraw },
        (None, _) if withdraw.is_some() => {
            return Err(errors::argument(py, "withdraw needs base", Some("name the release to withdraw records from")));
        }
        (None, Some(inputs)) => BuildInputs::Inputs(inputs),
        (None, None) => BuildInputs::Dataset,
    };
    let released = released.parse().map_err(|_not_a_date| {
        errors::argument(py, &format!("released={released:?} is not a date"), Some("use a date such as 2024-12-31"))
    })?;
    let (allow_understated, readmit, allow_backdated) = permissions;
    let options = BuildOptions {
        from,
        articles: places(py, articles)?,
        output,
        version: version_choice(py, version, bump)?,
        allow_understated,
        readmit,
        allow_backdated,
        cache: if cache { pressmark::cli::cache_folder() } else { None },
        max_rejects: allowance(py, max_rejects)?,
        dry_run,
        examples,
        memory: Memory::new(memory),
        threads: thread_count(threads),
        ..BuildOptions::new(released)
    };
    let report =
        run(py, progress.as_ref(), |watch| pressmark::publish::build(&Dataset::open(&folder)?, &options, watch))?;
    Ok(json(&Built { changes: report.changes.as_ref().map(|changes| changes.counts), report: &report }))
}

fn read_version(py: Python<'_>, name: &str, text: &str) -> PyResult<Version> {
    text.parse().map_err(|error| {
        let message = format!("{name}={text:?} is not a version: {error}");
        errors::argument(py, &message, Some("use a semantic version such as 1.0.0"))
    })
}

fn version_choice(py: Python<'_>, version: Option<String>, bump: Option<String>) -> PyResult<VersionChoice> {
    Ok(match (version, bump.as_deref()) {
        (Some(_), Some(_)) => {
            return Err(errors::argument(py, "version and bump exclude each other", Some("give one of them")));
        }
        (Some(version), None) => VersionChoice::Exact(read_version(py, "version", &version)?),
        (None, None) => VersionChoice::First,
        (None, Some("auto")) => VersionChoice::Auto,
        (None, Some("major")) => VersionChoice::Next(Bump::Major),
        (None, Some("minor")) => VersionChoice::Next(Bump::Minor),
        (None, Some("patch")) => VersionChoice::Next(Bump::Patch),
        (None, Some(other)) => {
            let hint = "use \"auto\", \"major\", \"minor\" or \"patch\"";
            return Err(errors::argument(py, &format!("bump={other:?} is not known"), Some(hint)));
        }
    })
}

/// Validates the articles of reject files again and writes those that pass.
#[pyfunction]
#[pyo3(signature = (rejects, output, dataset, rules, again, examples, progress))]
#[expect(clippy::too_many_arguments, reason = "Python passes them by name")]
pub(crate) fn retry(
    py: Python<'_>,
    rejects: Vec<String>,
    output: PathBuf,
    dataset: Option<PathBuf>,
    rules: Rules,
    again: Option<PathBuf>,
    examples: usize,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<String> {
    let given = given(py, rules)?;
    let report = run(py, progress.as_ref(), |watch| {
        let settings = settings(&given, dataset.as_ref())?;
        let options = RetryOptions {
            rejects,
            schema: settings.schema,
            mapping: settings.mapping,
            is_given: settings.is_given,
            extra: settings.extra,
            invalid_optional: settings.invalid_optional,
            again,
            examples,
        };
        retry_to_file(&options, Path::new(&output), watch)
    })?;
    Ok(json(&report))
}
