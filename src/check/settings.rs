//! [`Settings`]: what articles are validated with: what is given, then the dataset's settings, then the defaults.

use std::path::Path;

use crate::error::Error;
use crate::input::Selection;
use crate::mapping::{Mapping, SourceChoice};
use crate::publish::key_columns;
use crate::release::{Allowance, Dataset, MisfitPolicy, Policy, SchemaChoice, schema_named};
use crate::schema::{BuiltIn, Extra, InvalidOptional, Schema};
use crate::validate::KeyColumns;

/// The settings of one run.
#[derive(Debug)]
pub struct Settings {
    /// The dataset that they come from, if there is one.
    pub dataset: Option<Dataset>,
    /// The schema to validate against.
    pub schema: Schema,
    /// Converts the inputs to articles of the schema.
    pub mapping: Mapping,
    /// Whether the source was given, by name or by the dataset. Otherwise it is recognised.
    pub is_given: bool,
    /// What to do with a source that leaves core fields empty which another one would fill.
    pub misfit: MisfitPolicy,
    /// Which objects of the inputs are articles.
    pub selection: Selection,
    /// What to do with members that the schema does not declare.
    pub extra: Extra,
    /// What to do with invalid values of optional members.
    pub invalid_optional: InvalidOptional,
    /// How many articles may be rejected.
    pub max_rejects: Allowance,
}

/// The settings that a caller gives. They override those of the dataset.
#[derive(Debug, Default)]
pub struct Given {
    /// The schema.
    pub schema: Option<GivenSchema>,
    /// The name of a preset, or the path of a mapping file.
    pub source: Option<String>,
    /// What to do with members that the schema does not declare.
    pub extra: Option<Extra>,
    /// What to do with invalid values of optional members.
    pub invalid_optional: Option<InvalidOptional>,
}

/// A schema that a caller gives.
#[derive(Debug, Clone)]
pub enum GivenSchema {
    /// What [`schema_named`] finds.
    Named(String),
    /// The bytes of a document.
    Document(Vec<u8>),
}

impl Settings {
    /// The settings that are given, and those of the dataset for what they leave open.
    ///
    /// # Errors
    /// A schema or a source that cannot be read.
    pub fn new(given: &Given, dataset: Option<Dataset>) -> Result<Self, Error> {
        let policy = dataset.as_ref().map(|dataset| dataset.policy.clone()).unwrap_or_default();
        let extra = given.extra.unwrap_or(policy.extra);
        let invalid_optional = given.invalid_optional.unwrap_or(policy.invalid_optional);
        let choice = dataset.as_ref().map(|dataset| &dataset.schema);
        let (schema, is_built_in) = match (&given.schema, choice) {
            (Some(GivenSchema::Named(name)), _) => (schema_named(name, Some(extra))?.0, BuiltIn::named(name).is_some()),
            (Some(GivenSchema::Document(bytes)), _) => {
                (Schema::compile("schema".to_owned(), bytes.clone(), extra)?, false)
            }
            (None, Some(SchemaChoice::File(path))) => (Schema::open(path, extra)?, false),
            (None, Some(SchemaChoice::BuiltIn(schema))) => (Schema::built_in(*schema, extra)?, true),
            (None, None) => (Schema::built_in(BuiltIn::Article, extra)?, true),
        };
        let source = match &given.source {
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

    /// The columns that identify records, by which a check compares keys. `None` if none of the schema does. The
    /// keys of the dataset may not fit another schema, which `is_other_schema` says was given.
    ///
    /// # Errors
    /// [`Error::Dataset`] if the dataset names columns that its schema does not have.
    pub fn keys(&self, is_other_schema: bool) -> Result<Option<KeyColumns>, Error> {
        let columns = self.schema.columns();
        Ok(match &self.dataset {
            // Without them, the dataset could not be built.
            Some(dataset) if !is_other_schema => Some(key_columns(dataset, columns)?),
            Some(dataset) => key_columns(dataset, columns).ok(),
            None => KeyColumns::new(columns, &[], "id", None).ok(),
        })
    }
}
