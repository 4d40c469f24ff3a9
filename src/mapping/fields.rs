//! [`Target`]: a field of the schema as mappings see it, by name and by what fits into it.
//!
//! It is a plain list of facts, so that this room needs to know nothing of schemas and columns.

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
    /// Any JSON value, or what only the article can tell.
    Anything,
    /// Text.
    Text,
    /// An instant, as RFC 3339 text.
    Instant,
    /// A calendar day, as text.
    Day,
    /// A number or a truth value.
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
            Self::Text => "a text",
            Self::Instant => "an instant",
            Self::Day => "a day",
            Self::Scalar => "a number or a truth value",
            Self::Texts => "a list of texts",
            Self::Objects => "a list of objects",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}
