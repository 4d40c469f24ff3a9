//! The compiled article schema: it judges articles and fixes the columns.
//!
//! One JSON Schema (2020-12) drives both, so a value that passes has a column to go to and a
//! column exists only because the schema declares it. This is the only room that names the
//! `jsonschema` crate. Nothing here is ever inferred from data.

mod ascii_class;
mod assertions;
mod columns;
mod compare;
mod derive;
mod document_kind;
mod explain;
mod fault;
mod fields;
mod graph;
mod instance;
mod keyword;
mod listed;
mod load;
mod pattern;
mod rule_index;
mod step_budget;
mod step_cost;
mod suggestions;
mod types;
mod undeclared;
mod validator;
mod vocabulary;

pub use columns::{
    Column, Columns, EXTRA, Extra, InvalidOptional, Kind, Omitted, Presence, RECORD_SHA256, Refusal, Role, SHORT,
};
pub(crate) use compare::compare_column;
pub use compare::{
    Change, Class, ColumnChange, Comparison, Effect, KeywordChange, RuleChange, RuleComparison, compare_rules,
};
pub use document_kind::DocumentKind;
pub use explain::{Explained, ExplainedOmission, ExplainedRefusal, Explanation};
pub(crate) use graph::escape_pointer;
pub(crate) use load::MAX_SCHEMA_BYTES;
pub use load::{BuiltIn, MAX_LISTED, Schema};
pub use validator::Violation;
