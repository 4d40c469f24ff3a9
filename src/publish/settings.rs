//! Checks `order_by`, `key` and `newest_by` of `dataset.toml` against the columns of the schema. It does
//! not sort or rank records.

use crate::error::Error;
use crate::release::Dataset;
use crate::schema::Columns;
use crate::validate::KeyColumns;

/// The columns that identify, sort and rank the records of the dataset.
///
/// # Errors
/// [`Error::Dataset`] if one of them does not exist or cannot be used so.
pub fn key_columns(dataset: &Dataset, columns: &Columns) -> Result<KeyColumns, Error> {
    let keys = KeyColumns::new(columns, &dataset.order_by, &dataset.key, dataset.policy.newest_by.as_deref());
    keys.map_err(|error| {
        let (path, message) = (dataset.path(), error.to_string());
        Error::Dataset { path, line: None, message, excerpt: None, hint: None }
    })
}
