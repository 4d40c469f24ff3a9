//! [`DocumentKind`]: a built-in JSON Schema for documents that pressmark writes. It has no columns.

use super::graph::Graph;
use super::load::{Compiled, compile};
use super::validator;
use super::validator::Violation;
use crate::json::{self, Value};

/// `schema/manifest.schema.json`.
const MANIFEST: &[u8] = include_bytes!("../../schema/manifest.schema.json");

/// A kind of document.
#[derive(Debug)]
pub(crate) struct DocumentKind {
    compiled: Compiled,
}

impl DocumentKind {
    /// A `manifest.json`.
    pub(crate) fn manifest() -> Self {
        let value = json::parse(MANIFEST).expect("the schema is part of the program").into_owned();
        let graph = Graph::new(value).expect("the schema is part of the program");
        Self { compiled: compile(graph).expect("the schema is part of the program") }
    }

    /// Every rule that a document breaks.
    pub(crate) fn validate(&self, document: &Value<'_>) -> Vec<Violation> {
        validator::validate(&self.compiled, document)
    }
}
