//! How many subschemas one value may be held against at one place. References make a short schema
//! long: where each of them is followed twice, validation under a page of schema takes years.
//!
//! This counts the subschemas that apply to the same value; those of its members and elements are
//! counted for these. How long an article takes is for `step_budget`.

use std::collections::HashMap;

use super::graph::{Content, Graph, NodeId, Target};

/// How many subschemas may apply to one value, each as often as it is referred to.
pub(super) const MOST: u64 = 20_000;
/// How many of them may lead to one another.
const DEPTH: usize = 512;
/// How often the subschemas beside `unevaluatedProperties` or `unevaluatedItems` apply: the validator
/// validates again to find out what they evaluated.
const EVALUATED: u64 = 3;

/// Counts the steps of the subschemas of one schema.
#[derive(Debug)]
pub(super) struct StepCosts<'g> {
    graph: &'g Graph,
    /// `None` while a subschema is being counted.
    known: HashMap<NodeId, Option<u64>>,
    is_circular: bool,
}

impl<'g> StepCosts<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        Self { graph, known: HashMap::new(), is_circular: false }
    }

    /// Whether more than [`MOST`] subschemas apply to a value that is held against this one.
    pub(super) fn is_too_large(&mut self, id: NodeId) -> bool {
        self.count(id, 0) > MOST
    }

    /// Whether a subschema that was counted applies to a value only if it applies to that value, so
    /// that validation would never end.
    pub(super) fn is_circular(&self) -> bool {
        self.is_circular
    }

    fn count(&mut self, id: NodeId, depth: usize) -> u64 {
        if depth > DEPTH {
            return MOST + 1;
        }
        if let Some(known) = self.known.get(&id) {
            self.is_circular |= known.is_none();
            return known.unwrap_or_default();
        }
        self.known.insert(id, None);
        let same_value = in_place(self.graph, id);
        let steps = same_value.into_iter().fold(1_u64, |sum, id| sum.saturating_add(self.count(id, depth + 1)));
        let evaluates = ["unevaluatedProperties", "unevaluatedItems"];
        let evaluates = evaluates.iter().any(|keyword| self.graph[id].get(keyword).is_some());
        let steps = if evaluates { steps.saturating_mul(EVALUATED) } else { steps };
        self.known.insert(id, Some(steps));
        steps
    }
}

/// The subschemas that apply to the same value as this one.
fn in_place(graph: &Graph, id: NodeId) -> Vec<NodeId> {
    let mut found = Vec::new();
    for keyword in graph[id].keywords() {
        match (keyword.name.as_str(), &keyword.content) {
            (_, Content::Reference(reference)) => {
                if let Target::Node(target) = reference.target {
                    found.push(target);
                }
            }
            ("not" | "if" | "then" | "else" | "allOf" | "anyOf" | "oneOf" | "dependentSchemas", content) => {
                found.extend(content.children());
            }
            _ => {}
        }
    }
    found
}
