//! Describes an error of the validator.
//!
//! The texts of the `jsonschema` crate may change and quote whole values, so only its kinds and
//! operands are used. A message is one line of bounded length without control characters.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};

use super::{MAX_LISTED, Violation};
use crate::code::Code;
use crate::json::escape_token;
use crate::json::{Object, Value};
use crate::schema::instance::Excerpt;
use crate::schema::rule_index::RuleIndex;
use crate::schema::undeclared::Unevaluated;
use crate::schema::{ascii_class, suggestions};
use crate::text::{self, plural};

/// The longest quotation from an article or a schema within a message, in characters.
const QUOTE: usize = 60;
/// The longest description that is quoted from a schema, in characters.
const WORDS: usize = 200;

/// The message of an error in a schema that cannot be compiled.
pub(in crate::schema) fn message(error: &ValidationError<'_>) -> String {
    let describer = Describer { rules: &RuleIndex::default() };
    describer.describe_of(error, &shown(&Excerpt::of_serde(error.instance()))).message
}

/// Describes errors, with the schema's own descriptions where it has some.
pub(super) struct Describer<'d> {
    pub(super) rules: &'d RuleIndex,
}

impl Describer<'_> {
    /// The violations that an error means: one for each undeclared member, else one. Each with the
    /// member or items that were not evaluated, if that is the error.
    pub(super) fn violations(
        &self,
        error: &ValidationError<'_>,
        rule: &str,
        article: &Value<'_>,
    ) -> Vec<(Violation, Option<Unevaluated>)> {
        let pointer = error.instance_path().as_str();
        let undeclared = |name: &String| {
            let found = Description::plain(Code::Additional, format!("undeclared member `{}`", quote(name)));
            let help = suggestions::declared_name(&self.rules.graph, rule, name);
            found.at(format!("{pointer}/{}", escape_token(name)), rule, help)
        };
        let own = |found: Description, help: Option<String>| {
            found.at(pointer.to_owned(), rule, help.or_else(|| self.schema_description(rule)))
        };
        match error.kind() {
            Kind::AdditionalProperties { unexpected } => {
                unexpected.iter().take(MAX_LISTED).map(|name| (undeclared(name), None)).collect()
            }
            // The validator does not name the members if none are declared beside it.
            Kind::FalseSchema if refuses_others(rule) && article.pointer(pointer).is_some_and(is_object) => {
                let members = article.pointer(pointer).and_then(Value::as_object).into_iter().flat_map(Object::iter);
                members.take(MAX_LISTED).map(|(name, _)| (undeclared(&name.to_owned()), None)).collect()
            }
            Kind::UnevaluatedProperties { unexpected } => {
                let named = |name: &String| (undeclared(name), Some(Unevaluated::Member(name.clone())));
                unexpected.iter().take(MAX_LISTED).map(named).collect()
            }
            Kind::UnevaluatedItems { .. } => vec![(own(self.describe(error), None), Some(Unevaluated::Items))],
            Kind::Required { property } => {
                vec![(self.missing(property.as_str().unwrap_or_default(), rule, article, pointer), None)]
            }
            Kind::Custom { .. } => {
                vec![(own(self.describe_internal(rule, article.pointer(pointer), error), None), None)]
            }
            _ => vec![(own(self.describe(error), self.help(error)), None)],
        }
    }

    fn missing(&self, name: &str, rule: &str, article: &Value<'_>, pointer: &str) -> Violation {
        let found = Description::plain(Code::Required, format!("missing member `{}`", quote(name)));
        let help = suggestions::misspelt_member(article.pointer(pointer), &self.rules.graph, rule, name);
        let holder = rule.rsplit_once('/').map_or("", |(holder, _)| holder);
        let declared = format!("{holder}/properties/{}/description", escape_token(name));
        let help = help.or_else(|| self.schema_description(&declared));
        if let Some((holder, _)) = rule.split_once("/dependentRequired") {
            let rule = self.dependent(&format!("{holder}/dependentRequired"), name, article.pointer(pointer));
            return found.at(pointer.to_owned(), &rule, help);
        }
        // Each member counts as a rule, so that all missing members are reported.
        let names = self.rules.graph.data_at(rule).and_then(Value::as_array).unwrap_or_default();
        let entry = names.iter().position(|entry| entry.as_str() == Some(name));
        let rule = entry.map_or_else(|| rule.to_owned(), |entry| format!("{rule}/{entry}"));
        found.at(pointer.to_owned(), &rule, help)
    }

    /// The entry of `dependentRequired` that requires a member because of one that the object has.
    fn dependent(&self, rule: &str, name: &str, object: Option<&Value<'_>>) -> String {
        let entry = || {
            let has =
                |member: &str| object.and_then(Value::as_object).is_some_and(|object| object.get(member).is_some());
            self.rules.graph.data_at(rule)?.as_object()?.iter().find_map(|(member, names)| {
                let index = names.as_array()?.iter().position(|entry| entry.as_str() == Some(name))?;
                has(member).then(|| format!("{rule}/{}/{index}", escape_token(member)))
            })
        };
        entry().unwrap_or_else(|| rule.to_owned())
    }

    /// A rule that was compiled to an internal keyword: `not` with a class of characters, or a long `enum`.
    fn describe_internal(&self, rule: &str, value: Option<&Value<'_>>, error: &ValidationError<'_>) -> Description {
        let graph = &self.rules.graph;
        if let Some(options) = graph.data_at(rule).filter(|_| rule.ends_with("/enum")) {
            let options = quote(&options.to_serde().to_string());
            return Description::pair(Code::Enum, format!("one of {options}"), actual(error));
        }
        let pattern = graph.data_at(&format!("{rule}/pattern")).and_then(Value::as_str);
        let text = value.and_then(Value::as_str);
        match pattern.zip(text).and_then(|(pattern, text)| ascii_class::excluded(pattern, text)) {
            None => self.describe(error),
            Some(character) => {
                let number = u32::from(character);
                Description::plain(Code::Not, format!("the text holds U+{number:04X}, which the schema excludes"))
            }
        }
    }

    fn describe(&self, error: &ValidationError<'_>) -> Description {
        self.describe_of(error, &actual(error))
    }

    fn describe_of(&self, error: &ValidationError<'_>, actual: &str) -> Description {
        let pair = |code, expected: String| Description::pair(code, expected, actual.to_owned());
        let at_least = |limit: &u64, what| format!("at least {}", plural(*limit, what));
        let at_most = |limit: &u64, what| format!("at most {}", plural(*limit, what));
        match error.kind() {
            Kind::Type { kind } => pair(Code::Type, expected(kind)),
            Kind::Format { format } => pair(Code::Format, format!("the format `{format}`")),
            Kind::Pattern { pattern } => {
                pair(Code::Pattern, format!("text that matches `{}`", self.pattern(error, pattern)))
            }
            Kind::Enum { options } => pair(Code::Enum, format!("one of {}", quote(&options.to_string()))),
            Kind::Constant { expected_value } => pair(Code::Const, quote(&expected_value.to_string())),
            Kind::MinLength { limit } => pair(Code::MinLength, at_least(limit, "character")),
            Kind::MaxLength { limit } => pair(Code::MaxLength, at_most(limit, "character")),
            Kind::Minimum { limit } => pair(Code::Minimum, format!("{limit} or more")),
            Kind::ExclusiveMinimum { limit } => pair(Code::Minimum, format!("more than {limit}")),
            Kind::Maximum { limit } => pair(Code::Maximum, format!("{limit} or less")),
            Kind::ExclusiveMaximum { limit } => pair(Code::Maximum, format!("less than {limit}")),
            Kind::MultipleOf { multiple_of } => pair(Code::MultipleOf, format!("a multiple of {multiple_of}")),
            Kind::MinItems { limit } => pair(Code::MinItems, at_least(limit, "item")),
            Kind::MaxItems { limit } => pair(Code::MaxItems, at_most(limit, "item")),
            Kind::MinProperties { limit } => pair(Code::MinProperties, at_least(limit, "member")),
            Kind::MaxProperties { limit } => pair(Code::MaxProperties, at_most(limit, "member")),
            Kind::AdditionalItems { limit } => pair(Code::MaxItems, at_most(&(*limit as u64), "item")),
            kind => self.describe_rest(kind),
        }
    }

    /// The kinds that are described without the value.
    fn describe_rest(&self, kind: &Kind) -> Description {
        let plain = |code: Code| Description::plain(code, code.meaning().to_owned());
        match kind {
            Kind::UnevaluatedItems { .. } => {
                Description::plain(Code::MaxItems, "items that the schema does not declare".to_owned())
            }
            Kind::UniqueItems => plain(Code::UniqueItems),
            Kind::Contains => plain(Code::Contains),
            Kind::PropertyNames { error } => Description::plain(
                Code::PropertyNames,
                format!("the member name is not allowed: {}", self.describe(error).message),
            ),
            Kind::AnyOf { context } => {
                Description::plain(Code::AnyOf, format!("fits none of the {} alternatives", context.len()))
            }
            Kind::OneOfNotValid { context } => {
                Description::plain(Code::OneOfNone, format!("fits none of the {} alternatives", context.len()))
            }
            Kind::OneOfMultipleValid { .. } => plain(Code::OneOfMany),
            // The only internal keyword that comes here is that of `not`.
            Kind::Not { .. } | Kind::Custom { .. } => plain(Code::Not),
            Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => plain(Code::RegexLimit),
            // A `false` schema, and whatever kinds the crate may add: the value is not allowed.
            _ => plain(Code::False),
        }
    }

    /// The validator knows translated patterns; people know those of the file.
    fn pattern(&self, error: &ValidationError<'_>, translated: &str) -> String {
        quote(self.rules.graph.data_at(&self.rules.rule(error)).and_then(Value::as_str).unwrap_or(translated))
    }

    fn help(&self, error: &ValidationError<'_>) -> Option<String> {
        match error.kind() {
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => self.closest(context),
            Kind::Format { format } if format == "date-time" => Some(
                "a date-time has a `T` and an offset: 2024-12-13T10:00:00Z or 2024-12-13T10:00:00+02:00".to_owned(),
            ),
            Kind::Format { format } if format == "date" => Some("a date is YYYY-MM-DD".to_owned()),
            Kind::Type { kind } if expected(kind).contains("array") && is_text(error) => {
                Some("a list is an array even if it has one entry: [\"...\"]".to_owned())
            }
            _ => None,
        }
    }

    /// The schema's description of the subschema that has a rule, except at the root.
    fn schema_description(&self, rule: &str) -> Option<String> {
        let (holder, _keyword) = rule.rsplit_once('/').filter(|(holder, _)| !holder.is_empty())?;
        let graph = &self.rules.graph;
        graph.at(rule)?;
        let words = graph[graph.node_at(holder)?].data("description")?.as_str()?;
        Some(format!("the schema says: {}", text::one_line(words, WORDS)))
    }

    /// The alternative that the value comes closest to, and what is wrong there: one of the right
    /// type rather than another, then with the fewest errors, then with those that lie deepest.
    fn closest(&self, branches: &[Vec<ValidationError<'static>>]) -> Option<String> {
        let depth = |error: &ValidationError<'_>| error.instance_path().as_str().matches('/').count();
        let least = branches.iter().flatten().map(depth).min()?;
        let rank = |errors: &[ValidationError<'_>]| {
            let other_type = errors.iter().any(|error| match error.kind() {
                Kind::Type { .. } => depth(error) == least,
                // A discriminator: a constant directly in the object.
                Kind::Constant { .. } => depth(error) <= least + 1,
                _ => false,
            });
            let deepest = errors.iter().map(depth).max().unwrap_or(0);
            (other_type, errors.len(), std::cmp::Reverse(deepest))
        };
        let (index, errors) = branches.iter().enumerate().min_by_key(|(_, errors)| rank(errors))?;
        let error = errors.first()?;
        let why = match error.kind() {
            Kind::Required { property } => format!("missing member {}", quote(&property.to_string())),
            Kind::AdditionalProperties { unexpected } => format!("undeclared member {}", quote(&unexpected.join(", "))),
            _ => self.describe(error).message,
        };
        let at = match error.instance_path().as_str() {
            "" => String::new(),
            pointer => format!(" at {}", quote(pointer)),
        };
        Some(format!("closest is alternative {} of {}:{at} {why}", index + 1, branches.len()))
    }
}

/// The code and words of a violation, without its position.
struct Description {
    code: Code,
    message: String,
    expected: Option<String>,
    actual: Option<String>,
}

impl Description {
    fn plain(code: Code, message: String) -> Self {
        Self { code, message, expected: None, actual: None }
    }

    fn pair(code: Code, expected: String, actual: String) -> Self {
        let message = format!("expected {expected}, found {actual}");
        Self { code, message, expected: Some(expected), actual: Some(actual) }
    }

    fn at(self, pointer: String, rule: &str, help: Option<String>) -> Violation {
        let Self { code, message, expected, actual } = self;
        Violation { code, pointer, schema: rule.to_owned(), message, expected, actual, help }
    }
}

fn is_object(value: &Value<'_>) -> bool {
    value.as_object().is_some()
}

/// Whether a rule is the keyword, and not a member or definition of this name.
fn refuses_others(rule: &str) -> bool {
    let names = ["/properties", "/patternProperties", "/$defs", "/dependentSchemas"];
    rule.strip_suffix("/additionalProperties").is_some_and(|holder| !names.iter().any(|name| holder.ends_with(name)))
}

fn is_text(error: &ValidationError<'_>) -> bool {
    matches!(Excerpt::from_value(error.instance()), Excerpt::Text(..))
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

fn actual(error: &ValidationError<'_>) -> String {
    shown(&Excerpt::from_value(error.instance()))
}

/// A value in a message: short ones are quoted, long ones measured.
fn shown(value: &Excerpt) -> String {
    match value {
        Excerpt::Nothing => "nothing".to_owned(),
        Excerpt::Array(length) => format!("an array of {length}"),
        Excerpt::Object(length) => format!("an object of {length}"),
        Excerpt::Text(start, length) => {
            let quoted = format!("\"{}\"", text::one_line(start, QUOTE));
            if *length > QUOTE as u64 { format!("{quoted} ({length} characters)") } else { quoted }
        }
        Excerpt::Plain(plain) => quote(&plain.to_string()),
    }
}

fn quote(text: &str) -> String {
    text::one_line(text, QUOTE)
}
