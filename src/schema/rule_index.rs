//! From a rule as the validator names it to its JSON Pointer in the document.
//!
//! The validator counts from the nearest `$id`, knows patterns by their translations, and some
//! rules by keywords that exist only in the compiled schema.

use std::collections::HashMap;

use jsonschema::ValidationError;

use super::graph::{Graph, decoded, unescape};
use super::{ascii_class, listed};
use crate::json::escape_token;

/// The rules of one schema.
#[derive(Debug, Default)]
pub(super) struct RuleIndex {
    pub(super) graph: Graph,
    /// Patterns by their translations, where these differ.
    pub(super) patterns: HashMap<String, String>,
}

impl RuleIndex {
    /// The rule that an error is about, as a pointer into the document.
    pub(super) fn rule(&self, error: &ValidationError<'_>) -> String {
        self.in_document(&self.compiled(error))
    }

    /// The same as a pointer into the compiled schema.
    fn compiled(&self, error: &ValidationError<'_>) -> String {
        let absolute = error.absolute_keyword_location().map(jsonschema::Uri::as_str);
        let (base, fragment) = absolute.and_then(|uri| uri.split_once('#')).unwrap_or_default();
        let found = decoded(fragment).and_then(|pointer| self.graph.in_document(base, &pointer));
        found.unwrap_or_else(|| error.schema_path().as_str().to_owned())
    }

    /// A pointer into the compiled schema, as one into the document.
    pub(super) fn in_document(&self, compiled: &str) -> String {
        if self.graph.at(compiled).is_some() {
            return compiled.to_owned();
        }
        let mut pointer = String::new();
        for token in compiled.split('/').skip(1) {
            let name = match token {
                ascii_class::KEYWORD => "not",
                listed::KEYWORD => "enum",
                token => token,
            };
            let as_it_is = format!("{pointer}/{name}");
            pointer = match self.patterns.get(&unescape(name)) {
                Some(pattern) if self.graph.at(&as_it_is).is_none() => {
                    format!("{pointer}/{}", escape_token(pattern))
                }
                _ => as_it_is,
            };
        }
        pointer
    }
}
