//! [`Form`]: a JSON Schema of our own that judges our own documents and gives no columns.

use super::instance::Instance;
use super::judge::{self, Violation};
use super::load::compile;
use crate::json::{self, Value};

/// `schema/manifest.schema.json`.
const MANIFEST: &[u8] = include_bytes!("../../schema/manifest.schema.json");

/// The form of a document.
#[derive(Debug)]
pub struct Form {
    value: Value<'static>,
    validator: jsonschema::Validator<Instance>,
}

impl Form {
    /// The form of a `manifest.json`.
    pub fn manifest() -> Self {
        let value = json::parse(MANIFEST).expect("the schema is part of the program").into_owned();
        let validator = compile(&value).expect("the schema is part of the program");
        Self { value, validator }
    }

    /// Every rule that a document breaks.
    pub fn judge(&self, document: &Value<'_>) -> Vec<Violation> {
        judge::judge(&self.validator, document, &self.value)
    }
}
