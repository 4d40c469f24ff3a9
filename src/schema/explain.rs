//! Explains the columns of a schema: the types of each column, the subschema it comes from, why it
//! has its type, and which values it cannot hold.
//!
//! Nothing is decided here: the derivation recorded the reasons.

use super::columns::{Column, Columns, Kind, Refusal};
use super::load::Schema;

/// The columns of a schema, explained.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct Explanation {
    /// The columns, each followed by those within it.
    pub columns: Vec<Explained>,
    /// Declared members that have no column.
    pub omitted: Vec<ExplainedOmission>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct Explained {
    /// How to reach it from a record: `title`, `images[].url`, `span[0]`, `prices{}`.
    pub path: String,
    /// The kind, as in the manifest.
    pub kind: String,
    /// The Arrow type.
    pub arrow: &'static str,
    /// The Parquet type: physical, then logical.
    pub parquet: &'static str,
    /// Whether a record may lack it.
    pub nullable: bool,
    /// JSON Pointer to the subschema that it comes from.
    pub pointer: String,
    /// Whether a record may lack it, in words that distinguish missing from null.
    pub presence: &'static str,
    /// Why it has this kind.
    pub why: String,
    /// Values that the schema may accept and the column cannot hold.
    pub refuses: Vec<ExplainedRefusal>,
}

/// Values that a column cannot hold, and the code under which they are rejected.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct ExplainedRefusal {
    /// The code.
    pub code: &'static str,
    /// Which values, in plain words.
    pub what: &'static str,
}

/// A declared member without a column.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct ExplainedOmission {
    /// How to reach it from a record.
    pub path: String,
    /// JSON Pointer to the subschema that it comes from.
    pub pointer: String,
    /// Why there is no column.
    pub why: String,
}

impl Schema {
    /// The columns of this schema, with reasons.
    pub(crate) fn explain(&self) -> Explanation {
        let mut explanation = Explanation { columns: Vec::new(), omitted: Vec::new() };
        explain(self.columns(), "", &mut explanation);
        explanation
    }
}

fn explain(columns: &Columns, prefix: &str, out: &mut Explanation) {
    for column in columns {
        explain_column(column, &format!("{prefix}{}", column.name), out);
    }
    out.omitted.extend(columns.omitted().iter().map(|omitted| ExplainedOmission {
        path: format!("{prefix}{}", omitted.name),
        pointer: omitted.pointer.clone(),
        why: omitted.why.clone(),
    }));
}

fn explain_column(column: &Column, path: &str, out: &mut Explanation) {
    let refusal = |refusal: &Refusal| ExplainedRefusal { code: refusal.code.name(), what: refusal.what };
    out.columns.push(Explained {
        path: path.to_owned(),
        kind: column.kind.describe(),
        arrow: column.kind.arrow(),
        parquet: column.kind.parquet(),
        nullable: column.nullable,
        pointer: column.pointer.clone(),
        presence: column.presence.words(),
        why: column.why.clone(),
        refuses: column.refuses.iter().map(refusal).collect(),
    });
    match &column.kind {
        Kind::List(element) => explain_column(element, &format!("{path}[]"), out),
        Kind::Map(value) => explain_column(value, &format!("{path}{{}}"), out),
        Kind::Struct(columns) => explain(columns, &format!("{path}."), out),
        Kind::Tuple(columns) => {
            for (index, entry) in columns.iter().enumerate() {
                explain_column(entry, &format!("{path}[{index}]"), out);
            }
        }
        _ => {}
    }
}

impl Kind {
    /// The name of the Arrow type, without the types inside a list, map or struct.
    pub fn arrow(&self) -> &'static str {
        match self {
            Self::Boolean => "Boolean",
            Self::Int64 => "Int64",
            Self::UInt64 => "UInt64",
            Self::Float64 => "Float64",
            Self::String | Self::Json => "Utf8",
            Self::Timestamp => "Timestamp(µs, \"UTC\")",
            Self::Date => "Date32",
            Self::List(_) => "List",
            Self::Struct(_) | Self::Tuple(_) => "Struct",
            Self::Map(_) => "Map",
        }
    }

    /// The Parquet type: physical, then logical.
    pub fn parquet(&self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::Int64 => "INT64",
            Self::UInt64 => "INT64 INTEGER(64, unsigned)",
            Self::Float64 => "DOUBLE",
            Self::String | Self::Json => "BYTE_ARRAY STRING",
            Self::Timestamp => "INT64 TIMESTAMP(MICROS, UTC)",
            Self::Date => "INT32 DATE",
            Self::List(_) => "group LIST",
            Self::Struct(_) | Self::Tuple(_) => "group",
            Self::Map(_) => "group MAP",
        }
    }
}
