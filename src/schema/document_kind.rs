//! [`DocumentKind`]: a JSON Schema of our own that judges our own documents and gives no columns.

use super::load::{Compiled, compile};
use super::validator;
use super::validator::Violation;
use crate::json::{self, Value};

/// `schema/manifest.schema.json`.
const MANIFEST: &[u8] = include_bytes!("../../schema/manifest.schema.json");

/// The form of a document.
#[derive(Debug)]
pub struct DocumentKind {
    value: Value<'static>,
    compiled: Compiled,
}

impl DocumentKind {
    /// The form of a `manifest.json`.
    pub fn manifest() -> Self {
        let value = json::parse(MANIFEST).expect("the schema is part of the program").into_owned();
        let compiled = compile(&value).expect("the schema is part of the program");
        Self { value, compiled }
    }

    /// Every rule that a document breaks.
    pub fn validate(&self, document: &Value<'_>) -> Vec<Violation> {
        validator::validate(&self.compiled, document, &self.value)
    }
}
