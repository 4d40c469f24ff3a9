//! [`Cell`] and [`Record`]: one typed value, and one typed row.

use std::borrow::Cow;

/// One value of a record, of the kind of its column. Strings are borrowed from the article or the batch if
/// possible.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'a> {
    /// No value: missing or null.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A signed integer.
    Int64(i64),
    /// An unsigned integer.
    UInt64(u64),
    /// A finite double.
    Float64(f64),
    /// A string.
    String(Cow<'a, str>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// Days since 1970-01-01.
    Date(i32),
    /// A JSON value, in canonical form.
    Json(Cow<'a, str>),
    /// The elements of a list.
    List(Vec<Cell<'a>>),
    /// The members of an object, or the entries of an array, in the order of their columns.
    Struct(Vec<Cell<'a>>),
    /// The members of an object with any names, each once. Null values are data.
    Map(Vec<(Cow<'a, str>, Cell<'a>)>),
}

/// An admitted article: one row, with a cell for every column.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<'a> {
    cells: Vec<Cell<'a>>,
}

impl<'a> Record<'a> {
    /// Only this module makes records: see [`super::admit()`] and [`super::Rows`].
    pub(super) fn new(cells: Vec<Cell<'a>>) -> Self {
        Self { cells }
    }

    /// The cells, in the order of the columns.
    pub(crate) fn cells(&self) -> &[Cell<'a>] {
        &self.cells
    }
}
