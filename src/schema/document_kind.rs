//! [`DocumentKind`]: a JSON Schema of our own that judges our own documents and gives no columns.

use super::instance::Instance;
use super::load::compile;
use super::validator;
use super::validator::Violation;
use crate::json::{self, Value};

/// `schema/manifest.schema.json`.
const MANIFEST: &[u8] = include_bytes!("../../schema/manifest.schema.json");

/// The form of a document.
#[derive(Debug)]
pub struct DocumentKind {
    value: Value<'static>,
    validator: jsonschema::Validator<Instance>,
}

impl DocumentKind {
    /// The form of a `manifest.json`.
    pub fn manifest() -> Self {
        let value = json::parse(MANIFEST).expect("the schema is part of the program").into_owned();
        let validator = compile(&value).expect("the schema is part of the program");
        Self { value, validator }
    }

    /// Every rule that a document breaks.
    pub fn validate(&self, document: &Value<'_>) -> Vec<Violation> {
        validator::validate(&self.validator, document, &self.value)
    }
}
