//! What changed between two schemas: columns for those who read releases, rules for those who
//! write them.
//!
//! Columns are compared by name, as readers ask for them. Rules are compared by proof where one is
//! found, and said to be unproved where none is. Data is not looked at here.

mod columns;
mod proof_cost;
mod rules;

use super::load::Schema;

pub(crate) use columns::compare_column;
pub use rules::{RuleComparison, compare_rules};

/// What changed from a base to a current schema.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Comparison {
    /// What changed in the columns, in the order of the current schema.
    pub columns: Vec<ColumnChange>,
    /// What the schemas as a whole accept.
    pub accepts: Effect,
    /// What changed in the rules, place by place.
    pub rules: Vec<RuleChange>,
}

/// What a change means for those who read releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Queries go on as before.
    Safe,
    /// Queries go on, and may see what they did not see before.
    ReaderVisible,
    /// A query that names the column fails, or means something else.
    Breaking,
}

impl Class {
    /// That of a column that always has a value now, or may lack one.
    pub fn of_nullability(required: bool) -> Self {
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
    /// What that means for readers.
    pub class: Class,
    /// The kind or name before, where that says something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The kind after, where that says something.
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
    /// It is of another kind.
    Retyped,
    /// It may lack a value now.
    MadeOptional,
    /// It always has a value now.
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
    /// Proved: nothing is accepted that was not before.
    Tightened,
    /// Proved: some values are accepted no more, and some others now are.
    Changed,
    /// No proof was found, either way.
    NotProved,
}

/// A place at which the rules differ.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RuleChange {
    /// JSON Pointer into the current schema.
    pub pointer: String,
    /// The keywords that differ, each with both values.
    pub keywords: Vec<KeywordChange>,
    /// What they do together, at this place.
    pub effect: Effect,
}

/// A keyword whose values differ.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct KeywordChange {
    /// The keyword.
    pub keyword: String,
    /// Its value in the base, if it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// Its value in the current schema, if it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
}

impl Comparison {
    /// Whether anything changed that a reader or a writer could notice.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.rules.is_empty()
    }

    /// The gravest class among the columns; `None` if none changed.
    pub fn class(&self) -> Option<Class> {
        self.columns.iter().map(|change| change.class).max()
    }
}

impl Schema {
    /// What changed from `base` to this schema.
    pub fn compare(&self, base: &Schema) -> Comparison {
        let RuleComparison { rules, accepts, .. } = rules::compare(base.graph(), self.graph(), &[]);
        Comparison { columns: columns::compare(base, self), accepts, rules }
    }
}
