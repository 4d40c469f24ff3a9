//! A rule that runs faster in another form: text without characters of an ASCII class.
//!
//! `"not": {"pattern": "[...]"}` is how a schema says that a text holds no control characters,
//! and it looks at every byte of every text. A regular expression takes longer over that than
//! all other rules together. It is compiled to a keyword of our own that means the same and
//! reads sixteen bytes at a time; what a report says of it is the rule as the schema has it.

use jsonschema::json::Node as _;
use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use regex_syntax::hir::{Class, HirKind};
use serde_json::{Map, Value};

use super::instance::Instance;

/// The keyword that stands for `not` in the compiled schema, and there alone.
pub(super) const KEYWORD: &str = "not-of-class";

/// Replaces a subschema's `"not": {"pattern": "[...]"}`, if its class is within ASCII.
pub(super) fn rewrite(schema: &mut Map<String, Value>) {
    if let Some(class) = schema.get("not").and_then(class_of) {
        schema.remove("not");
        schema.insert(KEYWORD.to_owned(), Value::String(class));
    }
}

/// The pattern of a subschema that says nothing else.
fn class_of(not: &Value) -> Option<String> {
    let members = not.as_object().filter(|members| members.len() == 1)?;
    let pattern = members.get("pattern")?.as_str()?;
    AsciiClass::parse(pattern).map(|_| pattern.to_owned())
}

/// The first character of a text that a rule such as `"not": {"pattern": "[...]"}` excludes.
pub(super) fn excluded(not: &crate::json::Value<'_>, text: &str) -> Option<char> {
    let pattern = not.pointer("/pattern")?.as_str()?;
    AsciiClass::parse(pattern)?.first_in(text)
}

/// A set of ASCII characters.
struct AsciiClass {
    members: [bool; 128],
    controls_only: bool,
}

impl AsciiClass {
    /// The class that a pattern consists of; `None` if it is anything else, or if the two
    /// regular languages, ECMAScript's and ours, could read it differently.
    fn parse(pattern: &str) -> Option<Self> {
        let inside = pattern.strip_prefix('[')?.strip_suffix(']')?;
        if inside.contains(['[', ']']) || ["&&", "--", "~~", "\\b", "\\c"].iter().any(|two| inside.contains(two)) {
            return None;
        }
        let parsed = regex_syntax::parse(pattern).ok()?;
        let HirKind::Class(Class::Unicode(class)) = parsed.kind() else { return None };
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
        if self.is_valid(instance) { Ok(()) } else { Err(ValidationError::custom("holds a character of the class")) }
    }

    /// `pattern` lets everything pass that is no text, so `not` refuses it.
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
    }

    #[test]
    fn what_is_left_to_the_regular_expression() {
        for pattern in ["[^a]", "[é]", r"\S", "[a]+", "[a-z][0-9]", r"[\s]", "[a&&b]", r"[\b]", "[a", "[[:alpha:]]"] {
            check(pattern, "", None);
        }
    }

    /// The same pattern, by the rewritten rule and by the regular expression.
    #[test]
    fn both_forms_agree() {
        let pattern = r"[\x00-\x08\x0b-\x1f\x7f]";
        let schema = serde_json::json!({ "not": { "pattern": pattern } });
        let plain = jsonschema::validator_for(&schema).unwrap();
        for byte in 0..=0xff_u8 {
            for padding in ["", "0123456789", &"x".repeat(200)] {
                let text = format!("{padding}{}{padding}", char::from(byte));
                let ours = !AsciiClass::parse(pattern).unwrap().occurs_in(text.as_bytes());
                assert_eq!(ours, plain.is_valid(&Value::String(text)), "{byte:#x}");
            }
        }
    }
}
