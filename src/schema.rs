//! The schema of a dataset: it validates articles and determines the columns.
//!
//! One JSON Schema (2020-12) does both, so every valid value has a column, and a column exists only
//! because the schema declares it. Nothing is inferred from data. This is the only module that uses
//! the `jsonschema` crate.
//!
//! A document is taken apart once into a graph of subschemas with resolved references (`graph`). The
//! check of its vocabulary, the columns (`derive`, `types`), the positions of rules, suggestions and
//! the comparison of two schemas (`compare`) all walk that graph.

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

pub use columns::{Column, Columns, Extra, InvalidOptional, Kind, Presence, Refusal, Role};
pub(crate) use columns::{EXTRA, RECORD_SHA256};
pub use compare::{Change, Class, ColumnChange, Comparison, Effect, KeywordChange, RuleChange};
pub(crate) use compare::{RuleComparison, compare_column, compare_rules};
pub(crate) use document_kind::DocumentKind;
pub(crate) use explain::{Explained, Explanation};
pub(crate) use load::MAX_SCHEMA_BYTES;
pub use load::{BuiltIn, MAX_LISTED, Schema};
pub use validator::Violation;
