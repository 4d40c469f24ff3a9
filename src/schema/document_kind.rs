//! [`DocumentKind`]: a built-in JSON Schema for documents that pressmark writes. It has no columns.

use super::graph::Graph;
use super::load::{Compiled, compile};
use super::validator;
use super::validator::Violation;
use crate::json::{self, Value};

/// The schema of manifests of `pressmark/1`.
const MANIFEST_V1: &[u8] = include_bytes!("../../schema/manifest-1.schema.json");
/// The schema of manifests of `pressmark/2`.
const MANIFEST_V2: &[u8] = include_bytes!("../../schema/manifest.schema.json");

/// A kind of document.
#[derive(Debug)]
pub(crate) struct DocumentKind {
    compiled: Compiled,
}

impl DocumentKind {
    /// A `manifest.json` of `pressmark/1`.
    pub(crate) fn manifest_v1() -> Self {
        Self::built_in(MANIFEST_V1)
    }

    /// A `manifest.json` of `pressmark/2`.
    pub(crate) fn manifest_v2() -> Self {
        Self::built_in(MANIFEST_V2)
    }

    fn built_in(schema: &[u8]) -> Self {
        let value = json::parse(schema).expect("the schema is part of the program").into_owned();
        let graph = Graph::new(value).expect("the schema is part of the program");
        Self { compiled: compile(graph).expect("the schema is part of the program") }
    }

    /// Every rule that a document breaks.
    pub(crate) fn validate(&self, document: &Value<'_>) -> Vec<Violation> {
        validator::validate(&self.compiled, document)
    }
}
