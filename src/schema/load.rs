//! Loading a schema: its bytes, the compiled validator and the columns, or one error with a place.
//!
//! Formats are asserted, references stay within the file, and patterns run in linear time. What
//! could not be checked on every article is refused here, before any article is read.

use std::collections::HashMap;
use std::path::Path;

use super::columns::{Columns, Extra, InvalidOptional, Role};
use super::derive::derive;
use super::instance::Instance;
use super::places::Places;
use super::references::BASE;
use super::validator;
use super::validator::Violation;
use super::vocabulary::{self, SchemaFault};
use super::{ascii_class, listed, pattern, step_cost};
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
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "article" => Some(Self::Article),
            "article-strict" => Some(Self::ArticleStrict),
            _ => None,
        }
    }

    /// The name it is asked for by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::ArticleStrict => "article-strict",
        }
    }

    /// The schema file, byte for byte.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Article => include_bytes!("../../schema/article.schema.json"),
            Self::ArticleStrict => include_bytes!("../../schema/article-strict.schema.json"),
        }
    }
}

/// A schema that is ready to judge articles.
#[derive(Debug)]
pub struct Schema {
    name: String,
    bytes: Vec<u8>,
    value: Value<'static>,
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
    pub fn open(path: &Path, extra: Extra) -> Result<Self, Error> {
        Self::compile(path.display().to_string(), filesystem::read_bounded(path, MAX_SCHEMA_BYTES)?, extra)
    }

    /// The schema in `bytes`; errors call it `name`.
    pub fn compile(name: String, bytes: Vec<u8>, extra: Extra) -> Result<Self, Error> {
        let value = read(&name, &bytes)?;
        let compiled = compile(&value).map_err(|fault| fault.of(&name))?;
        let columns = derive(&value, extra).map_err(|fault| fault.of(&name))?;
        let id = value.pointer("/$id").and_then(Value::as_str).map(str::to_owned);
        let sha256 = Digest::of(&bytes);
        let value = value.into_owned();
        Ok(Self { name, bytes, value, id, sha256, compiled, columns })
    }

    /// The columns of records under the schema in `bytes`, for those who judge no article: the
    /// schema is not compiled.
    pub fn columns_of(name: &str, bytes: &[u8], extra: Extra) -> Result<Columns, Error> {
        derive(&read(name, bytes)?, extra).map_err(|fault| fault.of(name))
    }

    /// Whether an invalid value of an optional member has a place to move to, if that is asked for.
    ///
    /// # Errors
    /// [`Error::NoExtra`] if there is none: undeclared members are not kept, or the schema allows none.
    pub fn check_invalid_optional(&self, policy: InvalidOptional, extra: Extra) -> Result<(), Error> {
        let has_extra = || self.columns.iter().any(|column| column.role == Role::Extra);
        match policy {
            InvalidOptional::Extra if extra != Extra::Keep => {
                Err(Error::NoExtra { why: "undeclared members are not kept (`extra`)" })
            }
            InvalidOptional::Extra if !has_extra() => {
                Err(Error::NoExtra { why: "the schema allows no undeclared members" })
            }
            InvalidOptional::Extra | InvalidOptional::Reject => Ok(()),
        }
    }

    /// The file or built-in name it was loaded from, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The schema file, byte for byte.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The schema as a value.
    pub(super) fn value(&self) -> &Value<'static> {
        &self.value
    }

    /// Its `$id`.
    pub fn id(&self) -> Option<&str> {
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

    /// Judges one article: no violations means that the schema accepts it. At most
    /// [`MAX_LISTED`] are listed.
    pub fn validate(&self, article: &Value<'_>) -> Vec<Violation> {
        validator::validate(&self.compiled, article, &self.value)
    }
}

/// The schema as a value, of the vocabulary that is known.
fn read<'b>(name: &str, bytes: &'b [u8]) -> Result<Value<'b>, Error> {
    if json::holds_more_values(bytes, MAX_VALUES) {
        let message = format!("it holds more than {MAX_VALUES} values");
        return Err(SchemaFault::new(Code::SchemaSyntax, "", message).of(name));
    }
    let value = json::parse(bytes).map_err(|error| {
        let (line, column) = text::line_and_column(bytes, error.offset);
        let message = format!("line {line} column {column}: {}", error.kind);
        SchemaFault::new(Code::SchemaSyntax, "", message).of(name)
    })?;
    vocabulary::check(&value).map_err(|fault| fault.of(name))?;
    Ok(value)
}

/// What judges articles.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) validator: jsonschema::Validator<Instance>,
    pub(super) places: Places,
    /// What one error may take, in errors of the usual size: some hold a part of the schema.
    pub(super) error_size: u64,
}

pub(super) fn compile(schema: &Value<'_>) -> Result<Compiled, SchemaFault> {
    let mut rewritten = schema.to_serde();
    // Looks for classes in patterns as they are, so it comes before these are translated.
    vocabulary::each_subschema(&mut rewritten, &mut ascii_class::rewrite);
    let mut patterns = HashMap::new();
    let mut error_size = 1;
    vocabulary::each_subschema(&mut rewritten, &mut |schema| {
        listed::rewrite(schema);
        step_cost::rewrite(schema);
        pattern::rewrite(schema, &mut patterns);
        let size = schema.get("not").map_or(0, |excluded| excluded.to_string().len() as u64);
        error_size = error_size.max(1 + size / 512);
    });
    let places = Places::new(schema, patterns)?;
    let validator = jsonschema::options_for::<Instance>()
        .with_keyword(ascii_class::KEYWORD, ascii_class::keyword)
        .with_keyword(listed::KEYWORD, listed::keyword)
        .with_keyword(step_cost::KEYWORD, step_cost::keyword)
        .offline()
        .with_base_uri(BASE)
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        .with_pattern_options(
            jsonschema::PatternOptions::regex().size_limit(pattern::MAX_COMPILED).dfa_size_limit(pattern::MAX_COMPILED),
        )
        .build(&rewritten)
        .map_err(|error| fault(&error, &places, schema))?;
    Ok(Compiled { validator, places, error_size })
}

/// What keeps a schema from being compiled, in words of our own. References, patterns and formats
/// were checked before (`vocabulary`), so what is left is told by the meta-schema.
fn fault(error: &jsonschema::ValidationError<'_>, places: &Places, schema: &Value<'_>) -> SchemaFault {
    use jsonschema::error::ValidationErrorKind as Kind;
    let pointer = places.in_file(error.instance_path().as_str(), schema);
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
            let told = validator::message(error);
            let message = match keyword {
                Some(keyword) => format!("`{}` is not as JSON Schema asks for: {told}", text::one_line(keyword, 60)),
                None => format!("it is not as JSON Schema asks for: {told}"),
            };
            SchemaFault::new(Code::SchemaMeta, pointer, message)
        }
    }
}
