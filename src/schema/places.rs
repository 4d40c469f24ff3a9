//! From what the validator says of a place to the place in the schema's file.
//!
//! The validator counts from the nearest `$id`, knows patterns as they were translated, and
//! some keywords under names of our own; people look into their file.

use std::collections::HashMap;

use jsonschema::ValidationError;

use super::derive::escape_pointer;
use super::references::{References, Target, decoded};
use super::vocabulary::{SchemaFault, each_pointer};
use super::{ascii_class, listed};
use crate::json::Value;

/// Where things are in the file of one schema.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The pointers of the subschemas with an `$id`, by their absolute URIs.
    resources: HashMap<String, String>,
    /// What patterns were translated to, and the patterns, where these differ.
    patterns: HashMap<String, String>,
    /// The pointers of references, and those of what they lead to.
    targets: HashMap<String, String>,
}

impl Places {
    pub(super) fn new(schema: &Value<'_>, patterns: HashMap<String, String>) -> Result<Self, SchemaFault> {
        let references = References::new(schema)?;
        let mut targets = HashMap::new();
        each_pointer(schema, "", &mut |subschema, pointer| {
            for keyword in ["$ref", "$dynamicRef"] {
                let reference = subschema.as_object().and_then(|members| members.get(keyword)?.as_str());
                if let Some(Target::Here(_, target)) = reference.map(|to| references.target(subschema, to)) {
                    targets.insert(format!("{pointer}/{keyword}"), target);
                }
            }
        });
        Ok(Self { resources: references.pointers(), patterns, targets })
    }

    /// What the reference at a pointer leads to.
    pub(super) fn target(&self, reference: &str) -> Option<&str> {
        self.targets.get(reference).map(String::as_str)
    }

    /// The rule that an error is about, as a pointer into the file.
    pub(super) fn rule(&self, error: &ValidationError<'_>, schema: &Value<'_>) -> String {
        self.in_file(&self.compiled(error), schema)
    }

    /// The same as a pointer into the compiled schema.
    fn compiled(&self, error: &ValidationError<'_>) -> String {
        let absolute = error.absolute_keyword_location().map(jsonschema::Uri::as_str);
        let (base, fragment) = absolute.and_then(|uri| uri.split_once('#')).unwrap_or_default();
        match self.resources.get(base).zip(decoded(fragment)) {
            Some((resource, below)) => format!("{resource}{below}"),
            None => error.schema_path().as_str().to_owned(),
        }
    }

    /// A pointer into the compiled schema, as one into the file.
    pub(super) fn in_file(&self, compiled: &str, schema: &Value<'_>) -> String {
        if schema.pointer(compiled).is_some() {
            return compiled.to_owned();
        }
        let mut pointer = String::new();
        for token in compiled.split('/').skip(1) {
            let name = match token {
                ascii_class::KEYWORD => "not".to_owned(),
                listed::KEYWORD => "enum".to_owned(),
                token => token.to_owned(),
            };
            let as_it_is = format!("{pointer}/{name}");
            let original = self.patterns.get(&name.replace("~1", "/").replace("~0", "~"));
            pointer = match original {
                Some(pattern) if schema.pointer(&as_it_is).is_none() => {
                    format!("{pointer}/{}", escape_pointer(pattern))
                }
                _ => as_it_is,
            };
        }
        pointer
    }
}
