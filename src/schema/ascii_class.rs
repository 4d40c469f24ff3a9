//! A faster form of one rule: a string without characters of an ASCII class.
//!
//! `"not": {"pattern": "[...]"}` is how a schema forbids control characters, and it looks at every
//! byte of every string. A regular expression takes longer for that than all other rules together.
//! It is compiled to an internal keyword that means the same and reads sixteen bytes at a time.
//! Reports show the rule as the schema has it.

use jsonschema::json::Node as _;
use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value};

use super::graph::{Graph, Node};
use super::instance::Instance;
use super::step_budget;

/// The keyword that replaces `not`, in the compiled schema only.
pub(super) const KEYWORD: &str = "not-of-class";

/// Replaces a subschema's `"not": {"pattern": "[...]"}`, if its class is within ASCII.
pub(super) fn rewrite(graph: &Graph, node: &Node, schema: &mut Map<String, Value>) {
    let class = node.schema("not").and_then(|not| match graph[not].keywords() {
        [only] if only.name == "pattern" => graph[not].data("pattern")?.as_str(),
        _ => None,
    });
    if let Some(class) = class.filter(|class| AsciiClass::parse(class).is_some()) {
        schema.remove("not");
        schema.insert(KEYWORD.to_owned(), Value::from(class));
    }
}

/// The first character of a text that `"not": {"pattern": "[...]"}` with this pattern excludes.
pub(super) fn excluded(pattern: &str, text: &str) -> Option<char> {
    AsciiClass::parse(pattern)?.first_in(text)
}

/// A set of ASCII characters.
struct AsciiClass {
    members: [bool; 128],
    controls_only: bool,
}

impl AsciiClass {
    /// The class that a pattern consists of; `None` if it is anything else, or not within ASCII.
    fn parse(pattern: &str) -> Option<Self> {
        let class = super::pattern::single_class(pattern)?;
        let mut members = [false; 128];
        for range in class.ranges() {
            let (first, last) = (u32::from(range.start()), u32::from(range.end()));
            members.get_mut(first as usize..=last as usize)?.fill(true);
        }
        let controls_only = (0x20..0x7f).all(|byte| !members[byte]);
        Some(Self { members, controls_only })
    }

    /// The first of its characters in a text.
    fn first_in(&self, text: &str) -> Option<char> {
        text.bytes().find(|byte| self.holds(*byte)).map(char::from)
    }

    fn holds(&self, byte: u8) -> bool {
        self.members.get(usize::from(byte)).is_some_and(|member| *member)
    }

    fn occurs_in(&self, text: &[u8]) -> bool {
        if self.controls_only {
            // Line ends are controls too, so what is found in a long chunk is looked up in short ones.
            let short = |chunk: &[u8]| has_control(chunk) && chunk.iter().any(|byte| self.holds(*byte));
            text.chunks(128).any(|chunk| has_control(chunk) && chunk.chunks(16).any(short))
        } else {
            text.iter().any(|byte| self.holds(*byte))
        }
    }
}

/// Without a branch in the loop, so that it runs on many bytes at a time.
#[expect(clippy::needless_bitwise_bool, reason = "a lazy operator is a branch")]
fn has_control(chunk: &[u8]) -> bool {
    chunk.iter().fold(false, |found, byte| found | (*byte < 0x20) | (*byte == 0x7f))
}

/// Makes the keyword.
#[expect(clippy::unnecessary_wraps, reason = "the shape that the validator asks for")]
pub(super) fn keyword<'a>(
    _parent: &'a Map<String, Value>,
    value: &'a Value,
    _location: Location,
) -> Result<Box<dyn for<'i> Keyword<'i, Instance>>, ValidationError<'a>> {
    let class = value.as_str().and_then(AsciiClass::parse);
    Ok(Box::new(NotOfClass(class.expect("only `rewrite` writes the keyword, with a class"))))
}

struct NotOfClass(AsciiClass);

impl<'i> Keyword<'i, Instance> for NotOfClass {
    fn validate(&self, instance: &'i crate::json::Value<'i>) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) {
            return Ok(());
        }
        step_budget::count_error();
        Err(ValidationError::custom("holds a character of the class"))
    }

    /// `pattern` accepts every value that is not a string, so `not` refuses it.
    fn is_valid(&self, instance: &'i crate::json::Value<'i>) -> bool {
        instance.as_string().is_some_and(|text| !self.0.occurs_in(text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, want: Option<bool>) {
        assert_eq!(AsciiClass::parse(pattern).map(|class| class.occurs_in(text.as_bytes())), want, "{pattern}");
    }

    #[test]
    fn classes() {
        let controls = r"[\x00-\x08\x0b-\x1f\x7f]";
        check(controls, "plain text,\n\tnothing else", Some(false));
        check(controls, &format!("{}\u{1b}", "é".repeat(100)), Some(true));
        check(controls, "\u{7f}", Some(true));
        check(controls, "", Some(false));
        check("[a-c]", "xyzb", Some(true));
        check("[a-c]", "xyzé", Some(false));
        check(r"[\d\cA\b]", "\u{8}", Some(true));
        check(r"[\w-]", "-", Some(true));
        check("[a&&b]", "&", Some(true));
        check("[]", "a", Some(false));
    }

    #[test]
    fn other_patterns_are_left_to_the_regular_expression() {
        for pattern in ["[^a]", "[é]", r"\S", "[a]+", "[a-z][0-9]", r"[\s]", "[a", "[[:alpha:]]", r"[\p{L}]"] {
            check(pattern, "", None);
        }
    }

    proptest::proptest! {
        /// The same class, by this rule and by the regular expression.
        #[test]
        fn both_forms_agree(
            class in r"[\^]?([a-z&~\[(+.]|[A-Z]-[a-z_]|\\[dws]|\\x[0-7][0-9a-f]|\\c[A-Z]|\\b|\\-|\x00-\x1f){0,6}-?",
            text in "[\\x00-\\x7fé\u{2028}]{0,200}",
        ) {
            let pattern = format!("[{class}]");
            if let Some(ascii) = AsciiClass::parse(&pattern) {
                let regex = crate::schema::pattern::compile(&pattern, crate::schema::pattern::Dialect::Ecma).expect("a class can be compiled");
                proptest::prop_assert_eq!(ascii.occurs_in(text.as_bytes()), regex.is_match(&text), "{}", pattern);
                proptest::prop_assert_eq!(ascii.first_in(&text).is_some(), regex.is_match(&text), "{}", pattern);
            }
        }
    }
}
