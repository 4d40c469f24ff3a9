//! Compares two schemas: their columns, for readers of releases, and their rules, for writers.
//!
//! Columns are compared by name, as readers query them. Changes of rules are classified by proof, or
//! reported as not proved. Data is not looked at here.

mod columns;
mod proof_cost;
mod rules;

use super::load::Schema;

pub(crate) use columns::compare_column;
pub(crate) use rules::{RuleComparison, compare_rules};

/// What changed from a base to a current schema.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Comparison {
    /// What changed in the columns, in the order of the current schema.
    pub columns: Vec<ColumnChange>,
    /// What the schemas as a whole accept.
    pub accepts: Effect,
    /// What changed in the rules, by subschema.
    pub rules: Vec<RuleChange>,
}

/// What a change means for those who read releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Queries give the same results.
    Safe,
    /// Queries still run, and may return values or columns that they did not return before.
    ReaderVisible,
    /// A query that names the column fails, or has another meaning.
    Breaking,
}

impl Class {
    /// The class of a column that now always has a value (`required`), or may now lack one.
    pub(crate) fn of_nullability(required: bool) -> Self {
        if required { Self::Safe } else { Self::ReaderVisible }
    }
}

/// A change of one column.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct ColumnChange {
    /// How to reach it from a record, as in an explanation; in the base if it was removed.
    pub path: String,
    /// What happened to it.
    pub change: Change,
    /// What it means for readers.
    pub class: Class,
    /// The kind or name before, if it is relevant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The kind after, if it is relevant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What can happen to a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The base does not have it.
    Added,
    /// The current schema does not have it.
    Removed,
    /// It had another name, and the same subschema.
    Renamed,
    /// It has another kind.
    Retyped,
    /// It may now lack a value.
    MadeOptional,
    /// It now always has a value.
    MadeRequired,
}

/// What a change does to the set of values that are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Proved: the same values.
    Same,
    /// Proved: everything that was accepted still is.
    Loosened,
    /// Proved: no value is newly accepted.
    Tightened,
    /// Proved: some values are no longer accepted, and some others now are.
    Changed,
    /// No proof was found, either way.
    NotProved,
}

/// A subschema whose rules differ.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RuleChange {
    /// JSON Pointer into the current schema.
    pub pointer: String,
    /// The keywords that differ, each with both values.
    pub keywords: Vec<KeywordChange>,
    /// What these changes do together, in this subschema.
    pub effect: Effect,
}

/// A keyword whose values differ.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct KeywordChange {
    /// The keyword.
    pub keyword: String,
    /// Its value in the base, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// Its value in the current schema, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
}

impl Comparison {
    /// Whether anything changed that a reader or a writer could notice.
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.rules.is_empty()
    }

    /// The most severe class of the changed columns; `None` if no column changed.
    pub fn class(&self) -> Option<Class> {
        self.columns.iter().map(|change| change.class).max()
    }
}

impl Schema {
    /// What changed from `base` to this schema.
    ///
    /// ```
    /// use pressmark::schema::{Class, Effect, Extra, Schema};
    ///
    /// let schema = |title: &str| {
    ///     let text = format!(r#"{{"type":"object","properties":{{"id":{{"type":"string"}},"title":{title}}}}}"#);
    ///     Schema::compile("example".to_owned(), text.into_bytes(), Extra::Reject)
    /// };
    /// let base = schema(r#"{"type":"string"}"#)?;
    /// let current = schema(r#"{"type":"string","maxLength":200}"#)?;
    /// let comparison = current.compare(&base);
    /// assert_eq!(comparison.accepts, Effect::Tightened);
    /// assert_eq!(comparison.rules[0].pointer, "/properties/title");
    /// assert_eq!(comparison.class(), None);
    ///
    /// let retyped = schema(r#"{"type":"integer"}"#)?.compare(&base);
    /// assert_eq!(retyped.class(), Some(Class::Breaking));
    /// # Ok::<(), pressmark::Error>(())
    /// ```
    pub fn compare(&self, base: &Schema) -> Comparison {
        let RuleComparison { rules, accepts, .. } = rules::compare(base.graph(), self.graph(), &[]);
        Comparison { columns: columns::compare(base, self), accepts, rules }
    }
}
