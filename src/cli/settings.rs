//! What articles are validated with: the arguments, then the dataset's settings, then the defaults.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::input::Selection;
use crate::mapping::{Mapping, SourceChoice};
use crate::publish::key_columns;
use crate::release::{Allowance, Dataset, MisfitPolicy, Policy, SchemaChoice, dataset_of};
use crate::schema::{BuiltIn, Extra, InvalidOptional, Schema};
use crate::validate::KeyColumns;
use clap::ValueEnum;

use crate::cli::args::JudgingArguments;
use crate::cli::{locate, terminal};

/// The settings of one run.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The dataset that they come from, if there is one.
    pub(crate) dataset: Option<Dataset>,
    pub(crate) schema: Schema,
    pub(crate) mapping: Mapping,
    /// Whether the arguments or the dataset name the source. Otherwise it is recognised.
    pub(crate) is_given: bool,
    pub(crate) misfit: MisfitPolicy,
    pub(crate) selection: Selection,
    pub(crate) extra: Extra,
    pub(crate) invalid_optional: InvalidOptional,
    pub(crate) max_rejects: Allowance,
}

impl Settings {
    /// The settings of the arguments, and of the dataset for what they leave open.
    pub(crate) fn new(arguments: &JudgingArguments, dataset: Option<Dataset>) -> Result<Self, Error> {
        let policy = dataset.as_ref().map(|dataset| dataset.policy.clone()).unwrap_or_default();
        let extra = arguments.extra.map_or(policy.extra, Into::into);
        let invalid_optional = arguments.invalid_optional.map_or(policy.invalid_optional, Into::into);
        let choice = dataset.as_ref().map(|dataset| &dataset.schema);
        let (schema, is_built_in) = match (&arguments.schema, choice) {
            (Some(name), _) => (locate::schema(name, Some(extra))?.0, BuiltIn::named(name).is_some()),
            (None, Some(SchemaChoice::File(path))) => (Schema::open(path, extra)?, false),
            (None, Some(SchemaChoice::BuiltIn(schema))) => (Schema::built_in(*schema, extra)?, true),
            (None, None) => (Schema::built_in(BuiltIn::Article, extra)?, true),
        };
        let source = match &arguments.source {
            Some(source) => Some(SourceChoice::read(source, Path::new(""))?),
            None => dataset.as_ref().and_then(|dataset| dataset.source.clone()),
        };
        let is_given = source.is_some();
        let source = source.unwrap_or_else(|| SourceChoice::default_for(is_built_in));
        let mapping = Mapping::open(&source, schema.targets())?;
        let selection = dataset.as_ref().map(|dataset| dataset.selection.clone()).unwrap_or_default();
        let Policy { misfit, max_rejects, .. } = policy;
        Ok(Self { dataset, schema, mapping, is_given, misfit, selection, extra, invalid_optional, max_rejects })
    }
}

impl Settings {
    /// The columns that identify records, by which a check compares keys. `None` if none of the schema does.
    pub(crate) fn keys(&self, arguments: &JudgingArguments) -> Result<Option<KeyColumns>, Error> {
        let columns = self.schema.columns();
        Ok(match &self.dataset {
            // Without them, the dataset could not be built.
            Some(dataset) if arguments.schema.is_none() => Some(key_columns(dataset, columns)?),
            Some(dataset) => key_columns(dataset, columns).ok(),
            None => KeyColumns::new(columns, &[], "id", None).ok(),
        })
    }
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
