//! [`Violation`]: one rule broken at one place in one article, in words of our own.
//!
//! The `jsonschema` crate finds them; its texts are not ours to promise and quote whole values,
//! so only its kinds and operands are used. A message here is one line of bounded length that
//! never holds a control character.

use std::borrow::Cow;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};

use super::derive::escape_pointer;
use super::instance::{Instance, Told as Found};
use super::{ascii_class, step_cost, suggestions};
use crate::code::Code;
use crate::json::Value;
use crate::text;

/// All errors of a value are held at once. Of one that has so many parts or more, only the first is
/// looked for.
const PARTS: usize = 1 << 16;
/// How many references may be followed to find out whether an article is valid, in all or for each of
/// its parts, whichever is more.
const STEPS: u64 = 1 << 22;
const STEPS_FOR_PART: u64 = 64;
/// How many may be followed to list what is wrong, beside four for each part, of which so many count at
/// most. A step may be some kilobytes of errors.
const STEPS_TO_TELL: u64 = 1 << 15;
const MOST_PARTS: usize = 1 << 18;
/// The longest quotation from an article or a schema within a message, in characters.
const QUOTE: usize = 60;
/// The longest description that is quoted from a schema, in characters.
const WORDS: usize = 200;

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
    /// What the rule asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// What probably mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Violation {
    /// A violation of a rule that stands in no schema.
    pub fn plain(code: Code, pointer: String, message: String) -> Self {
        Self { code, pointer, schema: String::new(), message, expected: None, actual: None, help: None }
    }
}

/// Every rule that a value breaks, of a very large one the first. Whether there is one is found out
/// before, which is much faster than looking for all of them.
pub(super) fn validate(
    validator: &jsonschema::Validator<Instance>,
    value: &Value<'_>,
    schema: &Value<'_>,
) -> Vec<Violation> {
    match is_valid(validator, value) {
        Some(true) => return Vec::new(),
        Some(false) => {}
        None => return vec![endless("whether it is valid takes too many steps to find out")],
    }
    let parts = value.parts(MOST_PARTS);
    let tell = |error: ValidationError<'_>| violations(&error, value, schema);
    let all = || match parts {
        PARTS.. => validator.validate(value).err().map(tell).unwrap_or_default(),
        _ => validator.iter_errors(value).flat_map(tell).collect(),
    };
    let told = step_cost::within(STEPS_TO_TELL + 4 * parts as u64, all);
    told.unwrap_or_else(|| vec![endless("it breaks the schema in more ways than can be listed")])
}

/// Whether a value is valid, if so many steps tell as its size makes seem right.
fn is_valid(validator: &jsonschema::Validator<Instance>, value: &Value<'_>) -> Option<bool> {
    let judge = || validator.is_valid(value);
    step_cost::within(STEPS, judge).or_else(|| {
        // Its parts are only counted where it matters.
        let steps = STEPS_FOR_PART.saturating_mul(value.parts(usize::MAX) as u64);
        if steps > STEPS { step_cost::within(steps, judge) } else { None }
    })
}

fn endless(message: &str) -> Violation {
    let help =
        "where alternatives lead back to the schema, choose between them with `if` and `then`, which look at one";
    Violation { help: Some(help.to_owned()), ..Violation::plain(Code::StepLimit, String::new(), message.to_owned()) }
}

/// The violations that an error of the validator stands for: one for each undeclared member,
/// else one.
fn violations(error: &ValidationError<'_>, article: &Value<'_>, schema: &Value<'_>) -> Vec<Violation> {
    let pointer = error.instance_path().as_str();
    let rule = rule_of(error);
    let rule = rule.as_ref();
    let build = |pointer: String, told: Told, help: Option<String>| Violation {
        code: told.code,
        pointer,
        schema: rule.to_owned(),
        message: told.message,
        expected: told.expected,
        actual: told.actual,
        help,
    };
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .map(|name| {
                let told = Told::plain(Code::Additional, format!("undeclared member `{}`", quote(name)));
                let help = suggestions::declared_name(schema, rule, name);
                build(format!("{pointer}/{}", escape_pointer(name)), told, help)
            })
            .collect(),
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let told = Told::plain(Code::Required, format!("missing member `{}`", quote(name)));
            let help = suggestions::misspelt_member(article.pointer(pointer), schema, rule, name);
            let place = rule.rsplit_once('/').map_or("", |(place, _)| place);
            let help =
                help.or_else(|| own_words(schema, &format!("{place}/properties/{}/description", escape_pointer(name))));
            // Each member is a rule of its own, so that all that are missing are told.
            let names = schema.pointer(rule).and_then(Value::as_array).unwrap_or_default();
            let entry = names.iter().position(|entry| entry.as_str() == Some(name));
            let schema = entry.map_or_else(|| rule.to_owned(), |entry| format!("{rule}/{entry}"));
            vec![Violation { schema, ..build(pointer.to_owned(), told, help) }]
        }
        Kind::Custom { .. } => {
            let character = schema.pointer(rule).zip(error.instance().as_str());
            let told = match character.and_then(|(not, text)| ascii_class::excluded(not, text)) {
                None => describe(error),
                Some(character) => {
                    let number = u32::from(character);
                    Told::plain(Code::Not, format!("the text holds U+{number:04X}, which the schema excludes"))
                }
            };
            vec![build(pointer.to_owned(), told, own_words(schema, rule))]
        }
        _ => vec![build(pointer.to_owned(), describe(error), help(error).or_else(|| own_words(schema, rule)))],
    }
}

/// The rule as the schema has it: `not` may have been compiled to another keyword.
fn rule_of<'e>(error: &'e ValidationError<'_>) -> Cow<'e, str> {
    let rule = error.schema_path().as_str();
    match rule.strip_suffix(ascii_class::KEYWORD) {
        Some(parent) => Cow::Owned(format!("{parent}not")),
        None => Cow::Borrowed(rule),
    }
}

/// What is said of one violation.
struct Told {
    code: Code,
    message: String,
    expected: Option<String>,
    actual: Option<String>,
}

impl Told {
    fn plain(code: Code, message: String) -> Self {
        Self { code, message, expected: None, actual: None }
    }

    fn pair(code: Code, expected: String, actual: String) -> Self {
        let message = format!("expected {expected}, found {actual}");
        Self { code, message, expected: Some(expected), actual: Some(actual) }
    }
}

fn describe(error: &ValidationError<'_>) -> Told {
    let actual = || actual(error.instance());
    let pair = |code, expected: String| Told::pair(code, expected, actual());
    match error.kind() {
        Kind::Type { kind } => pair(Code::Type, expected(kind)),
        Kind::Format { format } => pair(Code::Format, format!("the format `{format}`")),
        Kind::Pattern { pattern } => pair(Code::Pattern, format!("text that matches `{}`", quote(pattern))),
        Kind::Enum { options } => pair(Code::Enum, format!("one of {}", quote(&options.to_string()))),
        Kind::Constant { expected_value } => pair(Code::Const, quote(&expected_value.to_string())),
        Kind::MinLength { limit } => pair(Code::MinLength, format!("at least {limit} characters")),
        Kind::MaxLength { limit } => pair(Code::MaxLength, format!("at most {limit} characters")),
        Kind::Minimum { limit } => pair(Code::Minimum, format!("{limit} or more")),
        Kind::ExclusiveMinimum { limit } => pair(Code::Minimum, format!("more than {limit}")),
        Kind::Maximum { limit } => pair(Code::Maximum, format!("{limit} or less")),
        Kind::ExclusiveMaximum { limit } => pair(Code::Maximum, format!("less than {limit}")),
        Kind::MultipleOf { multiple_of } => pair(Code::MultipleOf, format!("a multiple of {multiple_of}")),
        Kind::MinItems { limit } => pair(Code::MinItems, format!("at least {limit} items")),
        Kind::MaxItems { limit } => pair(Code::MaxItems, format!("at most {limit} items")),
        Kind::MinProperties { limit } => pair(Code::MinProperties, format!("at least {limit} members")),
        Kind::MaxProperties { limit } => pair(Code::MaxProperties, format!("at most {limit} members")),
        Kind::AdditionalItems { limit } => pair(Code::MaxItems, format!("at most {limit} items")),
        kind => describe_rest(kind),
    }
}

/// The kinds that are told without the value.
fn describe_rest(kind: &Kind) -> Told {
    let plain = |code: Code| Told::plain(code, code.meaning().to_owned());
    match kind {
        Kind::UnevaluatedItems { .. } => {
            Told::plain(Code::MaxItems, "items that the schema does not declare".to_owned())
        }
        Kind::UniqueItems => plain(Code::UniqueItems),
        Kind::Contains => plain(Code::Contains),
        Kind::PropertyNames { error } => {
            Told::plain(Code::PropertyNames, format!("the member name is not allowed: {}", describe(error).message))
        }
        Kind::AnyOf { context } => Told::plain(Code::AnyOf, format!("fits none of the {} alternatives", context.len())),
        Kind::OneOfNotValid { context } => {
            Told::plain(Code::OneOfNone, format!("fits none of the {} alternatives", context.len()))
        }
        Kind::OneOfMultipleValid { .. } => plain(Code::OneOfMany),
        // The one keyword of our own stands for `not`.
        Kind::Not { .. } | Kind::Custom { .. } => plain(Code::Not),
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => plain(Code::RegexLimit),
        // A `false` schema. References are resolved at load; the crate's enum is open, so anything more is told as what it is: not allowed.
        _ => plain(Code::False),
    }
}

fn help(error: &ValidationError<'_>) -> Option<String> {
    match error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => closest(context),
        Kind::Format { format } if format == "date-time" => {
            Some("a date-time has a `T` and an offset: 2024-12-13T10:00:00Z or 2024-12-13T10:00:00+02:00".to_owned())
        }
        Kind::Format { format } if format == "date" => Some("a date is YYYY-MM-DD".to_owned()),
        Kind::Type { kind } if expected(kind).contains("array") && error.instance().is_string() => {
            Some("a list is an array even if it has one entry: [\"...\"]".to_owned())
        }
        _ => None,
    }
}

/// What the schema itself says of the values that a rule is about, below its root.
fn own_words(schema: &Value<'_>, rule: &str) -> Option<String> {
    let (place, _keyword) = rule.rsplit_once('/').filter(|(place, _)| !place.is_empty())?;
    // In a schema with an `$id` of its own the pointer starts there, and leads elsewhere in the whole.
    schema.pointer(rule)?;
    let words = schema.pointer(place)?.as_object()?.get("description")?.as_str()?;
    Some(format!("the schema says: {}", text::one_line(words, WORDS)))
}

/// The alternative that the value comes closest to, and what is wrong there: one of the right
/// type rather than another, then with the fewest errors, then with those that lie deepest.
fn closest(branches: &[Vec<ValidationError<'static>>]) -> Option<String> {
    let depth = |error: &ValidationError<'_>| error.instance_path().as_str().matches('/').count();
    let least = branches.iter().flatten().map(depth).min()?;
    let rank = |errors: &[ValidationError<'_>]| {
        let other_type = errors.iter().any(|error| match error.kind() {
            Kind::Type { .. } => depth(error) == least,
            // A discriminator: a constant that stands directly in the object.
            Kind::Constant { .. } => depth(error) <= least + 1,
            _ => false,
        });
        let deepest = errors.iter().map(depth).max().unwrap_or(0);
        (other_type, errors.len(), std::cmp::Reverse(deepest))
    };
    let (place, errors) = branches.iter().enumerate().min_by_key(|(_, errors)| rank(errors))?;
    let error = errors.first()?;
    let told = match error.kind() {
        Kind::Required { property } => format!("missing member {}", quote(&property.to_string())),
        Kind::AdditionalProperties { unexpected } => format!("undeclared member {}", quote(&unexpected.join(", "))),
        _ => describe(error).message,
    };
    let at = match error.instance_path().as_str() {
        "" => String::new(),
        pointer => format!(" at {}", quote(pointer)),
    };
    Some(format!("closest is alternative {} of {}:{at} {told}", place + 1, branches.len()))
}

fn expected(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(name) => name.to_string(),
        TypeKind::Multiple(names) => {
            // Null is what a value may be, not what it should be.
            let mut names: Vec<&str> = names.iter().map(jsonschema::JsonType::as_str).collect();
            names.sort_by_key(|name| *name == "null");
            names.join(" or ")
        }
    }
}

/// A value as it is told: short ones are quoted, long ones measured.
fn actual(value: &serde_json::Value) -> String {
    match Found::from_value(value) {
        Found::Array(length) => format!("an array of {length}"),
        Found::Object(length) => format!("an object of {length}"),
        Found::Plain(serde_json::Value::String(text)) => {
            let length = text.chars().count();
            let quoted = format!("\"{}\"", text::one_line(&text, QUOTE));
            if length > QUOTE { format!("{quoted} ({length} characters)") } else { quoted }
        }
        Found::Plain(plain) => quote(&plain.to_string()),
    }
}

fn quote(text: &str) -> String {
    text::one_line(text, QUOTE)
}
