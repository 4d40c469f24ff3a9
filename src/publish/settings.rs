//! Checks `order_by`, `key` and `newest_by` of `dataset.toml` against the columns of the schema. It does
//! not sort or rank records.

use super::resolve_keys::Ranking;
use crate::error::Error;
use crate::record::Order;
use crate::release::Dataset;
use crate::schema::{Columns, Kind};

/// The order of the records, by the dataset's `order_by` and `key`.
pub(super) fn order(dataset: &Dataset, columns: &Columns) -> Result<Order, Error> {
    Order::new(columns, &dataset.order_by, &dataset.key).map_err(|error| unusable(dataset, error.to_string()))
}

/// How to find the newest of several records with the same key, by the dataset's `newest_by`.
pub(super) fn ranking(dataset: &Dataset, columns: &Columns) -> Result<Ranking, Error> {
    let Some(name) = &dataset.policy.newest_by else { return Ok(Ranking::None) };
    let kind = |index: &usize| &columns.at(*index).kind;
    let ranks = |kind: &Kind| matches!(kind, Kind::Timestamp | Kind::Date | Kind::Int64 | Kind::UInt64);
    match columns.position(name) {
        Some(index) if ranks(kind(&index)) => Ok(Ranking::By(index)),
        Some(index) => {
            let kind = kind(&index).describe();
            Err(unusable(dataset, format!("`newest_by` names `{name}`, which holds no times or integers ({kind})")))
        }
        None => Err(unusable(dataset, format!("`newest_by` names `{name}`, which the schema does not declare"))),
    }
}

fn unusable(dataset: &Dataset, message: String) -> Error {
    Error::Dataset { path: dataset.path(), line: None, message, excerpt: None, hint: None }
}
