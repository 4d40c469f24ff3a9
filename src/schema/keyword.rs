//! The keywords of JSON Schema 2020-12, and which of them hold subschemas.
//!
//! What a keyword means for a value is not known here.

use crate::text::one_line;

/// The subschemas in the value of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Nothing,
    Schema,
    Schemas,
    SchemasByName,
}

/// The keywords of the vocabularies of 2020-12 (Core, Applicator, Unevaluated, Validation,
/// Format, Content and Meta-Data), sorted.
const KEYWORDS: &[(&str, Holds)] = &[
    ("$anchor", Holds::Nothing),
    ("$comment", Holds::Nothing),
    ("$defs", Holds::SchemasByName),
    ("$dynamicAnchor", Holds::Nothing),
    ("$dynamicRef", Holds::Nothing),
    ("$id", Holds::Nothing),
    ("$ref", Holds::Nothing),
    ("$schema", Holds::Nothing),
    ("$vocabulary", Holds::Nothing),
    ("additionalProperties", Holds::Schema),
    ("allOf", Holds::Schemas),
    ("anyOf", Holds::Schemas),
    ("const", Holds::Nothing),
    ("contains", Holds::Schema),
    ("contentEncoding", Holds::Nothing),
    ("contentMediaType", Holds::Nothing),
    ("contentSchema", Holds::Schema),
    ("default", Holds::Nothing),
    ("dependentRequired", Holds::Nothing),
    ("dependentSchemas", Holds::SchemasByName),
    ("deprecated", Holds::Nothing),
    ("description", Holds::Nothing),
    ("else", Holds::Schema),
    ("enum", Holds::Nothing),
    ("examples", Holds::Nothing),
    ("exclusiveMaximum", Holds::Nothing),
    ("exclusiveMinimum", Holds::Nothing),
    ("format", Holds::Nothing),
    ("if", Holds::Schema),
    ("items", Holds::Schema),
    ("maxContains", Holds::Nothing),
    ("maxItems", Holds::Nothing),
    ("maxLength", Holds::Nothing),
    ("maxProperties", Holds::Nothing),
    ("maximum", Holds::Nothing),
    ("minContains", Holds::Nothing),
    ("minItems", Holds::Nothing),
    ("minLength", Holds::Nothing),
    ("minProperties", Holds::Nothing),
    ("minimum", Holds::Nothing),
    ("multipleOf", Holds::Nothing),
    ("not", Holds::Schema),
    ("oneOf", Holds::Schemas),
    ("pattern", Holds::Nothing),
    ("patternProperties", Holds::SchemasByName),
    ("prefixItems", Holds::Schemas),
    ("properties", Holds::SchemasByName),
    ("propertyNames", Holds::Schema),
    ("readOnly", Holds::Nothing),
    ("required", Holds::Nothing),
    ("then", Holds::Schema),
    ("title", Holds::Nothing),
    ("type", Holds::Nothing),
    ("unevaluatedItems", Holds::Schema),
    ("unevaluatedProperties", Holds::Schema),
    ("uniqueItems", Holds::Nothing),
    ("writeOnly", Holds::Nothing),
];

/// The subschemas that a keyword holds; `None` for a word that is not a keyword.
pub(super) fn holds(keyword: &str) -> Option<Holds> {
    KEYWORDS.binary_search_by_key(&keyword, |(known, _)| known).ok().map(|at| KEYWORDS[at].1)
}

/// The message about a word that is not a keyword, with the way out.
pub(super) fn unknown(keyword: &str) -> String {
    let quoted = one_line(keyword, 60);
    let way_out = match keyword {
        "nullable" => "write \"type\": [\"string\", \"null\"]".to_owned(),
        "definitions" => "it is called `$defs` in 2020-12".to_owned(),
        "dependencies" => "use `dependentRequired` or `dependentSchemas`".to_owned(),
        "additionalItems" => "use `items` beside `prefixItems`".to_owned(),
        "id" => "it is called `$id`".to_owned(),
        _ => {
            let alike = |known: &str| strsim::damerau_levenshtein(known, &keyword.chars().take(64).collect::<String>());
            match KEYWORDS.iter().map(|(known, _)| (alike(known), known)).min() {
                Some((distance, known)) if distance <= 2 => format!("did you mean `{known}`?"),
                _ => "notes belong in `$comment` or `description`".to_owned(),
            }
        }
    };
    format!("`{quoted}` is not a keyword of JSON Schema 2020-12; {way_out}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted() {
        assert!(KEYWORDS.is_sorted_by_key(|(keyword, _)| *keyword));
        assert_eq!(holds("$ref"), Some(Holds::Nothing));
        assert_eq!(holds("writeOnly"), Some(Holds::Nothing));
        assert_eq!(holds("definitions"), None);
    }

    #[test]
    fn hints() {
        assert!(unknown("maxLenght").ends_with("did you mean `maxLength`?"));
        assert!(unknown("x-owner").ends_with("`$comment` or `description`"));
    }
}
