//! [`Remark`]: what readers and hubs will miss in the description of a release. Nothing is refused because of it.

use serde::Serialize;

use super::columns::map_columns;
use super::license::{self, License};
use crate::code::Code;
use crate::release::About;
use crate::schema::Columns;
use crate::text::one_line;

/// Something that readers and hubs will miss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The code.
    pub code: Code,
    /// What is missing, in one line.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The remarks on a dataset with this description and these columns.
pub(crate) fn remarks(about: &About, columns: &Columns) -> Vec<Remark> {
    let mut remarks = Vec::new();
    remarks.extend(unstated(about));
    remarks.extend(about.license.as_deref().and_then(unknown_license));
    remarks.extend(maps(columns));
    remarks
}

fn unstated(about: &About) -> Option<Remark> {
    let missing = [("license", about.license.is_none()), ("creators", about.creators.is_empty())];
    let missing: Vec<&str> = missing.iter().filter(|(_, is_missing)| *is_missing).map(|(key, _)| *key).collect();
    let message = match &*missing {
        [] => return None,
        [one] => format!("the dataset states no {one}"),
        [one, other, ..] => format!("the dataset states no {one} and no {other}"),
    };
    let keys: Vec<String> = missing.iter().map(|key| format!("`{key}`")).collect();
    let help = format!("set {} in `dataset.toml`", keys.join(" and "));
    Some(Remark { code: Code::Undescribed, message, help })
}

fn unknown_license(text: &str) -> Option<Remark> {
    if !matches!(License::of(text), License::Words(_)) || license::is_expression(text) {
        return None;
    }
    let message = format!("the license `{}` is neither an SPDX identifier nor a URL", one_line(text, 60));
    let suggestion = license::nearest(text).map(|id| format!("did you mean `{id}`? ")).unwrap_or_default();
    let help = format!("{suggestion}identifiers are listed at https://spdx.org/licenses");
    Some(Remark { code: Code::License, message, help })
}

fn maps(columns: &Columns) -> Option<Remark> {
    let names: Vec<String> = map_columns(columns).map(|column| format!("`{}`", one_line(&column.name, 60))).collect();
    let holds = match names.len() {
        0 => return None,
        1 => "a column of maps",
        _ => "columns of maps",
    };
    let message = format!("Hugging Face `datasets` cannot load the release: it has {holds}, {}", names.join(", "));
    let help = "other readers can; declare the members in the schema, or no type for them, to have no map".to_owned();
    Some(Remark { code: Code::Maps, message, help })
}
