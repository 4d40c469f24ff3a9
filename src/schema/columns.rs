//! The columns of a dataset: names, kinds, nullability, and where in the schema each comes from.
//!
//! Plain values, without Arrow and without JSON Schema: [`super::derive`] makes them from a
//! schema, the record room turns them into Arrow types and canonical form.

use crate::code::Code;
use crate::json::utf16_order;

/// The name of the column that holds undeclared members, at every level that has one.
pub(crate) const EXTRA: &str = "_extra";
/// The name of the last column of every part: the record's hash. Reserved at the top level.
pub(crate) const RECORD_SHA256: &str = "record_sha256";

/// The maximum length of the values of a short string column, in characters.
pub(super) const SHORT: u64 = 256;

/// How members are treated that the schema allows but does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Extra {
    /// They go to the JSON column `_extra` of their level.
    #[default]
    Keep,
    /// The article is rejected.
    Reject,
    /// They are dropped, and counted.
    Drop,
}

/// How the value of an optional member is treated that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InvalidOptional {
    /// The article is rejected.
    #[default]
    Reject,
    /// It moves to `_extra`, and is counted.
    Extra,
}

/// The columns of one level: of the record, or of a struct within it.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_field_names, reason = "columns are what it holds")]
pub struct Columns {
    columns: Vec<Column>,
    canonical_order: Vec<usize>,
    omitted: Vec<Omitted>,
}

impl Columns {
    /// Columns in their order in a part, and declared members that have no column.
    pub(crate) fn new(columns: Vec<Column>, omitted: Vec<Omitted>) -> Self {
        let mut canonical_order: Vec<usize> = (0..columns.len()).collect();
        canonical_order.sort_by(|a, b| utf16_order(&columns[*a].name, &columns[*b].name));
        Self { columns, canonical_order, omitted }
    }

    /// The declared members that have no column, since they can hold nothing but null.
    pub(crate) fn omitted(&self) -> &[Omitted] {
        &self.omitted
    }

    /// The columns in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Column> {
        self.columns.iter()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    /// How many leaf columns there are: lists, objects and maps count by what they contain.
    pub(crate) fn leaves(&self) -> usize {
        self.columns.iter().map(|column| column.kind.leaves()).sum()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The index of the column called `name`.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The column at this index, from 0 in canonical order.
    pub fn at(&self, index: usize) -> &Column {
        &self.columns[index]
    }

    /// The indices of the columns in the order of their members in a record's canonical form: that of
    /// RFC 8785 section 3.2.3 (by UTF-16 code units).
    pub(crate) fn canonical_order(&self) -> &[usize] {
        &self.canonical_order
    }
}

impl<'a> IntoIterator for &'a Columns {
    type Item = &'a Column;
    type IntoIter = std::slice::Iter<'a, Column>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The member's name, verbatim.
    pub name: String,
    /// The kind of its values.
    pub kind: Kind,
    /// Whether a record may lack it.
    pub nullable: bool,
    /// Whether the schema requires it and allows null; elements of a list are always present.
    pub presence: Presence,
    /// Whether the schema limits its strings to `SHORT` (256) characters, by length or by listing them.
    pub short: bool,
    /// JSON Pointer to the subschema it comes from.
    pub pointer: String,
    /// Whether the schema declares it or it collects what the schema does not.
    pub role: Role,
    /// Why it has this kind: one line for people.
    pub why: String,
    /// Values that the schema may accept and the column cannot hold. An article with one is
    /// rejected under the code.
    pub refuses: Vec<Refusal>,
}

/// Whether a member must be present, and whether it may be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must be present and not null.
    Required,
    /// It must be present.
    MayBeNull,
    /// It may be missing; if present, it is not null.
    MayBeMissing,
    /// It may be missing or null.
    MayBeMissingOrNull,
}

impl Presence {
    /// Whether the schema requires the member, even if as null.
    pub(crate) fn is_required(self) -> bool {
        matches!(self, Self::Required | Self::MayBeNull)
    }

    /// Whether the schema admits null.
    pub(crate) fn admits_null(self) -> bool {
        matches!(self, Self::MayBeNull | Self::MayBeMissingOrNull)
    }

    /// The same in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::MayBeNull => "may be null",
            Self::MayBeMissing => "may be missing",
            Self::MayBeMissingOrNull => "may be missing or null",
        }
    }
}

/// Values that a column cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The code under which they are rejected.
    pub code: Code,
    /// Which values, for people.
    pub what: &'static str,
}

/// A declared member without a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Omitted {
    /// The member's name.
    pub name: String,
    /// JSON Pointer to the subschema it comes from.
    pub pointer: String,
    /// Why there is no column, for people.
    pub why: String,
}

/// Why a column exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The schema declares it.
    Declared,
    /// It holds the undeclared members of its level.
    Extra,
}

/// The kind of a column's values. Each has exactly one Arrow type and one canonical form.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// An integer of 64 bits.
    Int64,
    /// A non-negative integer of 64 bits.
    UInt64,
    /// A finite double.
    Float64,
    /// Text.
    String,
    /// A timestamp, in microseconds since 1970-01-01T00:00:00Z.
    Timestamp,
    /// A date, in days since 1970-01-01.
    Date,
    /// Any JSON value, as the text of its canonical form.
    Json,
    /// A list; the column describes its elements and is named `element`.
    List(Box<Column>),
    /// An object with declared members.
    Struct(Columns),
    /// An array of exactly these entries, each with its own type; their columns are named
    /// `_0`, `_1` and so on.
    Tuple(Columns),
    /// An object of any names; the column describes its values and is named `value`.
    Map(Box<Column>),
}

impl Kind {
    /// How many columns of a file hold its values.
    fn leaves(&self) -> usize {
        match self {
            Self::List(element) => element.kind.leaves(),
            Self::Map(value) => 1 + value.kind.leaves(),
            Self::Struct(columns) | Self::Tuple(columns) => columns.leaves(),
            _ => 1,
        }
    }

    /// The kind in words, as in the manifest: `string`, `list<string>`, `struct<url: string, ..>`.
    pub fn describe(&self) -> String {
        match self {
            Self::Boolean => "boolean".into(),
            Self::Int64 => "int64".into(),
            Self::UInt64 => "uint64".into(),
            Self::Float64 => "float64".into(),
            Self::String => "string".into(),
            Self::Timestamp => "timestamp[us, UTC]".into(),
            Self::Date => "date".into(),
            Self::Json => "json".into(),
            Self::List(element) => format!("list<{}>", element.kind.describe()),
            Self::Map(value) => format!("map<string, {}>", value.kind.describe()),
            Self::Struct(columns) | Self::Tuple(columns) => {
                let members: Vec<String> =
                    columns.iter().map(|column| format!("{}: {}", column.name, column.kind.describe())).collect();
                format!("struct<{}>", members.join(", "))
            }
        }
    }
}
