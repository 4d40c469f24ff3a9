//! [`Violation`]: one rule broken at one place in one article, in words of our own.
//!
//! The `jsonschema` crate finds them; its texts are not ours to promise and quote whole values,
//! so only its kinds and operands are used. A message here is one line of bounded length that
//! never holds a control character.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};

use crate::code::Code;
use crate::text;

/// The longest quotation from an article or a schema within a message, in characters.
const QUOTE: usize = 60;

/// One rule broken at one place in one article.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// Which rule, as a stable code.
    pub code: Code,
    /// JSON Pointer to the value within the article (RFC 6901); empty for the article itself.
    pub pointer: String,
    /// JSON Pointer to the rule within the schema; empty where no rule of the schema is broken.
    pub schema: String,
    /// What is wrong, in one line.
    pub message: String,
}

impl Violation {
    pub(super) fn from_error(error: &ValidationError<'_>) -> Self {
        let (code, message) = describe(error);
        Self {
            code,
            pointer: error.instance_path().as_str().to_owned(),
            schema: error.schema_path().as_str().to_owned(),
            message,
        }
    }
}

fn describe(error: &ValidationError<'_>) -> (Code, String) {
    let actual = || quote(&error.instance().to_string());
    match error.kind() {
        Kind::Type { kind } => (Code::Type, format!("expected {}, found {}", expected(kind), found(error))),
        Kind::Required { property } => (Code::Required, format!("missing member {}", quote(&property.to_string()))),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            (Code::Additional, format!("undeclared members: {}", names(unexpected)))
        }
        Kind::Format { format } => (Code::Format, format!("{} is not in the format `{format}`", actual())),
        Kind::Pattern { pattern } => (Code::Pattern, format!("{} does not match `{}`", actual(), quote(pattern))),
        Kind::Enum { options } => (Code::Enum, format!("{} is none of {}", actual(), quote(&options.to_string()))),
        Kind::Constant { expected_value } => {
            (Code::Const, format!("{} is not {}", actual(), quote(&expected_value.to_string())))
        }
        Kind::MinLength { limit } => (Code::MinLength, format!("shorter than {limit} characters")),
        Kind::MaxLength { limit } => (Code::MaxLength, format!("longer than {limit} characters")),
        Kind::Minimum { limit } => (Code::Minimum, format!("{} is less than {limit}", actual())),
        Kind::ExclusiveMinimum { limit } => (Code::Minimum, format!("{} is not greater than {limit}", actual())),
        Kind::Maximum { limit } => (Code::Maximum, format!("{} is greater than {limit}", actual())),
        Kind::ExclusiveMaximum { limit } => (Code::Maximum, format!("{} is not less than {limit}", actual())),
        Kind::MultipleOf { multiple_of } => {
            (Code::MultipleOf, format!("{} is not a multiple of {multiple_of}", actual()))
        }
        Kind::MinItems { limit } => (Code::MinItems, format!("fewer than {limit} items")),
        Kind::MaxItems { limit } => (Code::MaxItems, format!("more than {limit} items")),
        Kind::MinProperties { limit } => (Code::MinProperties, format!("fewer than {limit} members")),
        Kind::MaxProperties { limit } => (Code::MaxProperties, format!("more than {limit} members")),
        kind => describe_rest(kind),
    }
}

/// The kinds whose message needs no quotation of the value.
fn describe_rest(kind: &Kind) -> (Code, String) {
    let plain = |code: Code| (code, code.meaning().to_owned());
    match kind {
        Kind::AdditionalItems { limit } => (Code::MaxItems, format!("more than {limit} items")),
        Kind::UnevaluatedItems { .. } => (Code::MaxItems, "items that the schema does not declare".into()),
        Kind::UniqueItems => plain(Code::UniqueItems),
        Kind::Contains => plain(Code::Contains),
        Kind::PropertyNames { error } => {
            (Code::PropertyNames, format!("the member name is not allowed: {}", describe(error).1))
        }
        Kind::AnyOf { context } => (Code::AnyOf, format!("fits none of the {} alternatives", context.len())),
        Kind::OneOfNotValid { context } => {
            (Code::OneOfNone, format!("fits none of the {} alternatives", context.len()))
        }
        Kind::OneOfMultipleValid { .. } => plain(Code::OneOfMany),
        Kind::Not { .. } => plain(Code::Not),
        Kind::ContentEncoding { .. } | Kind::ContentMediaType { .. } | Kind::FromUtf8 { .. } => plain(Code::Content),
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => plain(Code::RegexLimit),
        // A `false` schema. Custom keywords are never registered and references are resolved at
        // load; the crate's enum is open, so anything more is told as what it is: not allowed.
        _ => plain(Code::False),
    }
}

fn expected(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(name) => name.to_string(),
        TypeKind::Multiple(names) => names.iter().map(|name| name.to_string()).collect::<Vec<_>>().join(" or "),
    }
}

fn found(error: &ValidationError<'_>) -> String {
    match error.instance().as_ref() {
        serde_json::Value::Null => "null".into(),
        serde_json::Value::Bool(_) => "a boolean".into(),
        serde_json::Value::Number(number) => format!("the number {}", quote(&number.to_string())),
        serde_json::Value::String(text) => format!("the string {}", quote(&format!("{text:?}"))),
        serde_json::Value::Array(_) => "an array".into(),
        serde_json::Value::Object(_) => "an object".into(),
    }
}

fn names(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(5).map(|name| format!("`{}`", quote(name))).collect();
    let more = names.len() - shown.len();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

fn quote(text: &str) -> String {
    text::one_line(text, QUOTE)
}
