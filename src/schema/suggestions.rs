//! "Did you mean": names in an article that are nearly names of the schema.

use super::graph::{Graph, NodeId};
use crate::json::Value;
use crate::text::one_line;

/// How alike two names must be, from 0 (not at all) to 1 (equal).
const ALIKE: f64 = 0.75;
/// How many names are compared; more would cost more than the advice is worth.
const COMPARED: usize = 200;

/// For an undeclared member: the declared name that it resembles. `rule` is the pointer of the
/// keyword that refused it; its neighbour `properties` declares the names.
pub(super) fn declared_name(graph: &Graph, rule: &str, name: &str) -> Option<String> {
    let declared = declared(graph, rule);
    let nearest = nearest(name, declared.iter().map(|(name, _)| name.as_str()))?;
    Some(format!("did you mean `{}`?", one_line(nearest, 60)))
}

/// For a missing member: the undeclared member of the object that resembles it.
pub(super) fn misspelt_member(object: Option<&Value<'_>>, graph: &Graph, rule: &str, name: &str) -> Option<String> {
    let declared = declared(graph, rule);
    let undeclared = object?
        .as_object()?
        .iter()
        .map(|(name, _)| name)
        .filter(|member| !declared.iter().any(|(name, _)| name == member));
    let nearest = nearest(name, undeclared)?;
    Some(format!("the object has `{}`; did you mean `{}`?", one_line(nearest, 60), one_line(name, 60)))
}

/// The members that are declared beside a rule.
fn declared<'g>(graph: &'g Graph, rule: &str) -> &'g [(String, NodeId)] {
    let parent = rule.rsplit_once('/').map_or("", |(parent, _keyword)| parent);
    // A rule within `required` has the index of the name behind it.
    let parent = parent.strip_suffix("/required").unwrap_or(parent);
    graph.node_at(parent).map_or(&[], |id| graph[id].by_name("properties"))
}

fn nearest<'n>(name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let folded = fold(name);
    candidates
        .take(COMPARED)
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&folded, &fold(candidate)), candidate))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// Names differ in case and separators more often than in letters.
fn fold(name: &str) -> String {
    name.chars().take(64).filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[track_caller]
    fn check(name: &str, want: Option<&str>) {
        let names = ["author", "published_at", "text", "tags"];
        assert_eq!(nearest(name, names.into_iter()), want, "{name}");
    }

    #[test]
    fn near_names() {
        check("autor", Some("author"));
        check("publishedAt", Some("published_at"));
        check("Tags", Some("tags"));
        check("headline", None);
        check("", None);
    }

    #[test]
    fn advice() {
        let schema = br#"{"properties":{"name":{},"url":{}},"required":["name"],"additionalProperties":false}"#;
        let schema = Graph::new(json::parse(schema).unwrap()).unwrap();
        let advice = declared_name(&schema, "/additionalProperties", "nme");
        assert_eq!(advice.as_deref(), Some("did you mean `name`?"));
        let object = json::parse(br#"{"nme":"x","url":"y"}"#).unwrap();
        let advice = misspelt_member(Some(&object), &schema, "/required", "name");
        assert_eq!(advice.as_deref(), Some("the object has `nme`; did you mean `name`?"));
    }
}
