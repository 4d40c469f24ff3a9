//! [`SchemaFault`]: why a schema cannot be used, and where.

use crate::code::Code;
use crate::error::Error;

/// Why a schema cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SchemaFault {
    pub(super) code: Code,
    /// JSON Pointer into the schema.
    pub(super) pointer: String,
    /// One line for people.
    pub(super) message: String,
}

impl SchemaFault {
    pub(super) fn new(code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, pointer: pointer.into(), message: message.into() }
    }

    /// The error of the schema called `name`.
    pub(super) fn of(self, name: &str) -> Error {
        let Self { code, pointer, message } = self;
        Error::Schema { code, name: name.to_owned(), pointer, message }
    }
}
