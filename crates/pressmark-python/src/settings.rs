//! Arguments of several functions, as the library has them.

use std::path::PathBuf;

use pressmark::Error;
use pressmark::check::{Given, GivenSchema, Settings};
use pressmark::release::{Allowance, Dataset};
use pyo3::prelude::*;
use serde::de::DeserializeOwned;

use crate::errors;

/// A schema by its name or path, or as the bytes of a document.
#[derive(FromPyObject)]
pub(crate) enum SchemaArgument {
    Named(String),
    Document(Vec<u8>),
}

impl From<SchemaArgument> for GivenSchema {
    fn from(argument: SchemaArgument) -> Self {
        match argument {
            SchemaArgument::Named(name) => Self::Named(name),
            SchemaArgument::Document(bytes) => Self::Document(bytes),
        }
    }
}

/// What articles are validated with, as far as arguments say it.
pub(crate) type Rules = (Option<SchemaArgument>, Option<String>, Option<String>, Option<String>);

/// Reads the arguments `schema`, `source`, `extra` and `invalid_optional`.
pub(crate) fn given(py: Python<'_>, (schema, source, extra, invalid_optional): Rules) -> PyResult<Given> {
    let extra = choice(py, "extra", extra, "\"keep\", \"reject\" or \"drop\"")?;
    let invalid_optional = choice(py, "invalid_optional", invalid_optional, "\"reject\" or \"extra\"")?;
    Ok(Given { schema: schema.map(Into::into), source, extra, invalid_optional })
}

/// One of a few words.
pub(crate) fn choice<T: DeserializeOwned>(
    py: Python<'_>,
    name: &str,
    argument: Option<String>,
    choices: &str,
) -> PyResult<Option<T>> {
    let read = |word: String| {
        serde_json::from_value(word.as_str().into()).map_err(|_unknown| {
            errors::argument(py, &format!("{name}={word:?} is not known"), Some(&format!("use {choices}")))
        })
    };
    argument.map(read).transpose()
}

/// The settings of the dataset in a folder, or of none.
pub(crate) fn settings(given: &Given, dataset: Option<&PathBuf>) -> Result<Settings, Error> {
    Settings::new(given, dataset.map(|folder| Dataset::open(folder)).transpose()?)
}

/// A number of rejects or a share of all articles: `10`, `"10"` or `"1%"`.
pub(crate) fn allowance(py: Python<'_>, argument: Option<String>) -> PyResult<Option<Allowance>> {
    let read = |text: String| {
        text.parse().map_err(|error| {
            let message = format!("max_rejects={text:?}: {error}");
            errors::argument(py, &message, Some("use a number or a share, such as 10 or \"1%\""))
        })
    };
    argument.map(read).transpose()
}
