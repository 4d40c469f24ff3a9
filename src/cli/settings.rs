//! What articles are validated with: the arguments, then the dataset's settings, then the defaults.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::check::{Given, GivenSchema, Settings};
use crate::release::{Dataset, dataset_of};
use clap::ValueEnum;

use crate::cli::args::JudgingArguments;
use crate::cli::terminal;

/// The settings of a run: the arguments, then the dataset's settings, then the defaults.
pub(crate) fn settings(arguments: &JudgingArguments, dataset: Option<Dataset>) -> Result<Settings, Error> {
    let given = Given {
        schema: arguments.schema.clone().map(GivenSchema::Named),
        source: arguments.source.clone(),
        extra: arguments.extra.map(Into::into),
        invalid_optional: arguments.invalid_optional.map(Into::into),
    };
    Settings::new(&given, dataset)
}

/// The arguments as they are typed.
pub(crate) fn typed(arguments: &JudgingArguments) -> String {
    let JudgingArguments { schema, source, extra, invalid_optional } = arguments;
    let options = [
        ("schema", schema.clone()),
        ("source", source.clone()),
        ("extra", value_name(extra.as_ref())),
        ("invalid-optional", value_name(invalid_optional.as_ref())),
    ];
    let option = |(name, value): (&str, Option<String>)| Some(format!(" --{name} {}", terminal::word(&value?)));
    options.into_iter().filter_map(option).collect()
}

fn value_name(value: Option<&impl ValueEnum>) -> Option<String> {
    Some(value?.to_possible_value()?.get_name().to_owned())
}

/// The dataset whose settings apply to some paths: the one around the first of them, or around the working
/// directory.
pub(crate) fn around(paths: &[String]) -> Result<Option<Dataset>, Error> {
    let first = paths.first().map(PathBuf::from).filter(|path| path.exists());
    let folder = first.and_then(|path| dataset_of(&path)).or_else(|| dataset_of(Path::new("")));
    folder.map(|folder| Dataset::open(&folder)).transpose()
}
