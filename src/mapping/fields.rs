//! [`Target`]: a field of the schema as mappings see it, by name and by what fits into it.
//!
//! It is plain data, so that mappings do not depend on schemas and columns.

use std::fmt;

/// A field that articles of a dataset can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// What fits into it.
    pub holds: Holds,
}

/// What a field holds, or a rule makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Any JSON value, or one that depends on the article.
    Anything,
    /// Text.
    Text,
    /// A timestamp, as an RFC 3339 string.
    Instant,
    /// A calendar date, as a string.
    Day,
    /// A number or a boolean.
    Scalar,
    /// A list of texts.
    Texts,
    /// A list of objects.
    Objects,
    /// A list of other values.
    List,
    /// An object.
    Object,
}

impl Holds {
    /// Whether what a rule makes can be put here.
    pub(super) fn takes(self, made: Self) -> bool {
        match (self, made) {
            (Self::Anything, _)
            | (_, Self::Anything)
            | (Self::Text, Self::Instant | Self::Day)
            | (Self::Texts | Self::Objects, Self::List) => true,
            (own, made) => own == made,
        }
    }
}

impl fmt::Display for Holds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anything => "any value",
            Self::Text => "a string",
            Self::Instant => "a timestamp",
            Self::Day => "a date",
            Self::Scalar => "a number or a boolean",
            Self::Texts => "a list of strings",
            Self::Objects => "a list of objects",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}
