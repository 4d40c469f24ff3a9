//! [`Cell`] and [`Record`]: one typed value, and one typed row.

use std::borrow::Cow;

/// One value of a record, of the kind its column has. Texts are borrowed from the article or
/// the batch where that is possible.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// No value. Missing and null are one.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A signed integer.
    Int64(i64),
    /// An unsigned integer.
    UInt64(u64),
    /// A finite double.
    Float64(f64),
    /// Text.
    String(Cow<'a, str>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// Days since 1970-01-01.
    Date(i32),
    /// A JSON value, as the text of its canonical form.
    Json(Cow<'a, str>),
    /// The elements of a list.
    List(Vec<Cell<'a>>),
    /// The members of an object, or the entries of an array, in the order of their columns.
    Struct(Vec<Cell<'a>>),
    /// The members of an object of any names, each once. Null values are data.
    Map(Vec<(Cow<'a, str>, Cell<'a>)>),
}

/// An admitted article: one row, a cell for every column.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<'a> {
    cells: Vec<Cell<'a>>,
}

impl<'a> Record<'a> {
    /// Only this room makes records: see [`super::admit()`] and [`super::Rows`].
    pub(super) fn new(cells: Vec<Cell<'a>>) -> Self {
        Self { cells }
    }

    /// The cells, in the order of the columns.
    pub fn cells(&self) -> &[Cell<'a>] {
        &self.cells
    }
}
