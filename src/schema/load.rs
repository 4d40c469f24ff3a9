//! Loads a schema: its bytes, the compiled validator and the columns, or one error with a position.
//!
//! Formats are asserted, references stay within the file, and patterns run in linear time. A rule that
//! cannot be checked on every article is refused here, before any article is read.

use std::collections::HashMap;
use std::path::Path;

use super::columns::{Columns, Extra, InvalidOptional, Role};
use super::derive::derive;
use super::fault::SchemaFault;
use super::graph::{BASE, Graph, NodeId};
use super::instance::Instance;
use super::pattern::{self, Dialect};
use super::rule_index::RuleIndex;
use super::validator::{self, Violation};
use super::{ascii_class, listed, step_budget, vocabulary};
use crate::code::Code;
use crate::digest::Digest;
use crate::error::Error;
use crate::json::{self, Value};
use crate::mapping::Target;
use crate::storage::filesystem;
use crate::text;

/// The most values a schema may hold. Each takes hundreds of bytes when it is compiled.
const MAX_VALUES: usize = 1 << 20;
/// The longest schema file that is read, in bytes.
pub(crate) const MAX_SCHEMA_BYTES: u64 = 16 << 20;

/// How many violations of one article are listed.
pub const MAX_LISTED: usize = validator::MAX_LISTED;

/// The schemas that are part of pressmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltIn {
    /// `schema/article.schema.json`.
    Article,
    /// `schema/article-strict.schema.json`: the same columns, more of them required.
    ArticleStrict,
}

impl BuiltIn {
    /// The built-in schema called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "article" => Some(Self::Article),
            "article-strict" => Some(Self::ArticleStrict),
            _ => None,
        }
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::ArticleStrict => "article-strict",
        }
    }

    /// The schema file, byte for byte.
    pub(crate) fn bytes(self) -> &'static [u8] {
        match self {
            Self::Article => include_bytes!("../../schema/article.schema.json"),
            Self::ArticleStrict => include_bytes!("../../schema/article-strict.schema.json"),
        }
    }
}

/// A schema that is ready to validate articles.
///
/// ```
/// use pressmark::json;
/// use pressmark::schema::{Extra, Schema};
///
/// let text = br#"{"type":"object","required":["id"],"properties":{
///     "id":{"type":"string"},"words":{"type":"integer","minimum":0}}}"#;
/// let schema = Schema::compile("example".to_owned(), text.to_vec(), Extra::Keep)?;
/// let names: Vec<&str> = schema.columns().iter().map(|column| column.name.as_str()).collect();
/// assert_eq!(names, ["id", "words", "_extra"]);
///
/// let article = json::parse(br#"{"id":"a","words":-1}"#).expect("valid JSON");
/// let violations = schema.validate(&article);
/// assert_eq!(violations[0].pointer, "/words");
/// assert_eq!(violations[0].message, "expected 0 or more, found -1");
/// # Ok::<(), pressmark::Error>(())
/// ```
#[derive(Debug)]
pub struct Schema {
    name: String,
    bytes: Vec<u8>,
    id: Option<String>,
    sha256: Digest,
    compiled: Compiled,
    columns: Columns,
}

impl Schema {
    /// A built-in schema.
    pub fn built_in(schema: BuiltIn, extra: Extra) -> Result<Self, Error> {
        Self::compile(schema.name().to_owned(), schema.bytes().to_vec(), extra)
    }

    /// The schema in the file at `path`.
    pub(crate) fn open(path: &Path, extra: Extra) -> Result<Self, Error> {
        Self::compile(path.display().to_string(), filesystem::read_bounded(path, MAX_SCHEMA_BYTES)?, extra)
    }

    /// The schema in `bytes`; errors call it `name`.
    ///
    /// # Errors
    /// [`Error::Schema`] with a code `S-..` and the JSON Pointer of the subschema or keyword.
    pub fn compile(name: String, bytes: Vec<u8>, extra: Extra) -> Result<Self, Error> {
        Self::compile_as(name, bytes, extra, Dialect::Ecma)
    }

    /// The schema of a published release. Its patterns are read as they were when it was published.
    pub(crate) fn of_release(name: String, bytes: Vec<u8>, extra: Extra) -> Result<Self, Error> {
        Self::compile_as(name, bytes, extra, Dialect::Published)
    }

    fn compile_as(name: String, bytes: Vec<u8>, extra: Extra, dialect: Dialect) -> Result<Self, Error> {
        let graph = read(&name, &bytes, dialect)?;
        let compiled = compile(graph).map_err(|fault| fault.of(&name))?;
        let graph = &compiled.rules.graph;
        let columns = derive(graph, extra).map_err(|fault| fault.of(&name))?;
        let id = graph.data_at("/$id").and_then(Value::as_str).map(str::to_owned);
        let sha256 = Digest::of(&bytes);
        Ok(Self { name, bytes, id, sha256, compiled, columns })
    }

    /// The columns of a published release with the schema in `bytes`. The schema is not compiled.
    pub(crate) fn columns_of_release(name: &str, bytes: &[u8], extra: Extra) -> Result<Columns, Error> {
        derive(&read(name, bytes, Dialect::Published)?, extra).map_err(|fault| fault.of(name))
    }

    /// Checks that an invalid value of an optional member can move to `_extra`, if the policy asks for that.
    ///
    /// # Errors
    /// [`Error::NoExtra`] if it cannot: undeclared members are not kept, or the schema allows none.
    pub(crate) fn check_invalid_optional(&self, policy: InvalidOptional, extra: Extra) -> Result<(), Error> {
        let has_extra = || self.columns.iter().any(|column| column.role == Role::Extra);
        match policy {
            InvalidOptional::Extra if extra != Extra::Keep => {
                Err(Error::NoExtra("undeclared members are not kept (`extra`)"))
            }
            InvalidOptional::Extra if !has_extra() => Err(Error::NoExtra("the schema allows no undeclared members")),
            InvalidOptional::Extra | InvalidOptional::Reject => Ok(()),
        }
    }

    /// The file or built-in name that it was loaded from, for messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The schema file, byte for byte.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its subschemas.
    pub(super) fn graph(&self) -> &Graph {
        &self.compiled.rules.graph
    }

    /// Its `$id`.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The SHA-256 of [`Schema::bytes`].
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// The columns of its records.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The declared fields of an article, as mappings fill them.
    pub fn targets(&self) -> Vec<Target> {
        super::fields::targets(&self.columns)
    }

    /// Validates one article: no violations means that the schema accepts it. At most
    /// [`MAX_LISTED`] are listed.
    pub fn validate(&self, article: &Value<'_>) -> Vec<Violation> {
        validator::validate(&self.compiled, article)
    }
}

/// The subschemas of a document that was checked.
fn read(name: &str, bytes: &[u8], dialect: Dialect) -> Result<Graph, Error> {
    if json::holds_more_values(bytes, MAX_VALUES) {
        let message = format!("it holds more than {MAX_VALUES} values");
        return Err(SchemaFault::new(Code::SchemaSyntax, "", message).of(name));
    }
    let value = json::parse(bytes).map_err(|error| {
        let (line, column) = text::line_and_column(bytes, error.offset);
        let message = format!("line {line} column {column}: {}", error.kind);
        SchemaFault::new(Code::SchemaSyntax, "", message).of(name)
    })?;
    let graph = Graph::new(value.into_owned()).map_err(|fault| fault.of(name))?;
    vocabulary::check(&graph, dialect).map_err(|fault| fault.of(name))?;
    Ok(graph)
}

/// What validates articles.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) validator: jsonschema::Validator<Instance>,
    pub(super) rules: RuleIndex,
    /// What one error may take, in errors of the usual size: some hold a part of the schema.
    pub(super) error_size: u64,
}

pub(super) fn compile(graph: Graph) -> Result<Compiled, SchemaFault> {
    let mut patterns = HashMap::new();
    let mut error_size = 1;
    let rewritten = graph.to_serde(NodeId::ROOT, &mut |node, schema| {
        ascii_class::rewrite(&graph, node, schema);
        listed::rewrite(schema);
        step_budget::rewrite(schema);
        let size = schema.get("not").map_or(0, |excluded| excluded.to_string().len() as u64);
        error_size = error_size.max(1 + size / 512);
        pattern::rewrite(schema, &mut patterns);
    });
    let rules = RuleIndex { graph, patterns };
    let validator = jsonschema::options_for::<Instance>()
        .with_keyword(ascii_class::KEYWORD, ascii_class::keyword)
        .with_keyword(listed::KEYWORD, listed::keyword)
        .with_keyword(step_budget::KEYWORD, step_budget::keyword)
        .offline()
        .with_base_uri(BASE)
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        .with_pattern_options(
            jsonschema::PatternOptions::regex().size_limit(pattern::MAX_COMPILED).dfa_size_limit(pattern::MAX_COMPILED),
        )
        .build(&rewritten)
        .map_err(|error| fault(&error, &rules))?;
    Ok(Compiled { validator, rules, error_size })
}

/// Why a schema cannot be compiled. References, patterns and formats were checked before
/// (`vocabulary`), so what is left is a rule of the meta-schema.
fn fault(error: &jsonschema::ValidationError<'_>, rules: &RuleIndex) -> SchemaFault {
    use jsonschema::error::ValidationErrorKind as Kind;
    let pointer = rules.in_document(error.instance_path().as_str());
    match error.kind() {
        Kind::Referencing(_) => {
            let message = "a reference or `$id` in it cannot be resolved; write references as `#/$defs/name`";
            SchemaFault::new(Code::SchemaRef, pointer, message)
        }
        Kind::AnyOf { .. } if pointer.ends_with("/type") => {
            let message = "expected a type (array, boolean, integer, null, number, object, string) or a list of them";
            SchemaFault::new(Code::SchemaMeta, pointer, message)
        }
        _ => {
            let keyword = pointer.rsplit('/').next().filter(|keyword| !keyword.is_empty());
            let why = validator::message(error);
            let message = match keyword {
                Some(keyword) => format!("`{}` is not valid in JSON Schema: {why}", text::one_line(keyword, 60)),
                None => format!("it is not a valid JSON Schema: {why}"),
            };
            SchemaFault::new(Code::SchemaMeta, pointer, message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Patterns that once were accepted keep their meaning in published releases, and only there.
    #[test]
    fn patterns_of_published_releases() {
        let text = r#"{"type":"object","properties":{
            "a":{"type":"string","pattern":"(?i)^abc\\z"},
            "b":{"type":"object","patternProperties":{"(?i)^n":{"type":"integer"}},"unevaluatedProperties":false}}}"#;
        let error = Schema::compile("s".to_owned(), text.into(), Extra::Keep).expect_err("not a pattern of ECMA-262");
        assert!(
            error.to_string().contains("/properties/a/pattern: the pattern `(?i)^abc\\z` cannot be used"),
            "{error}"
        );
        let schema = Schema::of_release("s".to_owned(), text.into(), Extra::Keep).expect("a release's schema");
        let columns = Schema::columns_of_release("s", text.as_bytes(), Extra::Keep).expect("a release's columns");
        assert_eq!(schema.columns(), &columns);
        for (article, want) in [
            (r#"{"a":"ABC"}"#, ""),
            (r#"{"a":"ABC "}"#, "/properties/a/pattern"),
            (r#"{"b":{"N1":1}}"#, ""),
            (r#"{"b":{"N1":"x"}}"#, "/properties/b/patternProperties/(?i)^n/type"),
            (r#"{"b":{"x":1}}"#, "/properties/b/unevaluatedProperties"),
        ] {
            let violations = schema.validate(&json::parse(article.as_bytes()).expect("valid JSON"));
            let rules: Vec<&str> = violations.iter().map(|violation| violation.schema.as_str()).collect();
            assert_eq!(rules.join(" "), want, "{article}");
        }
        for broken in ["(", "(?=a)", "\\\\1"] {
            let text = format!(r#"{{"type":"object","properties":{{"a":{{"type":"string","pattern":"{broken}"}}}}}}"#);
            assert!(Schema::of_release("s".to_owned(), text.into_bytes(), Extra::Keep).is_err(), "{broken}");
        }
    }
}
