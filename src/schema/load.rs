//! Loading a schema: its bytes, the compiled validator and the columns, or one error with a place.
//!
//! Formats are asserted, references stay within the file, and patterns run in linear time. What
//! could not be checked on every article is refused here, before any article is read.

use std::path::Path;

use super::columns::{Columns, Extra, InvalidOptional, Role};
use super::derive::derive;
use super::instance::Instance;
use super::validator;
use super::validator::Violation;
use super::vocabulary::{self, SchemaFault};
use super::{ascii_class, step_cost};
use crate::code::Code;
use crate::digest::Digest;
use crate::error::Error;
use crate::json::{self, Value};
use crate::mapping::Target;
use crate::{filesystem, text};

/// The longest schema file that is read, in bytes.
pub(crate) const MAX_SCHEMA_BYTES: u64 = 16 << 20;
/// What a compiled pattern may take, in bytes.
const MAX_PATTERN_BYTES: usize = 4 << 20;

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
    validator: jsonschema::Validator<Instance>,
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
        let validator = compile(&value).map_err(|fault| fault.of(&name))?;
        let columns = derive(&value, extra).map_err(|fault| fault.of(&name))?;
        let id = value.pointer("/$id").and_then(Value::as_str).map(str::to_owned);
        let sha256 = Digest::of(&bytes);
        let value = value.into_owned();
        Ok(Self { name, bytes, value, id, sha256, validator, columns })
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

    /// Judges one article: no violations means that the schema accepts it.
    pub fn validate(&self, article: &Value<'_>) -> Vec<Violation> {
        validator::validate(&self.validator, article, &self.value)
    }
}

/// The schema as a value, of the vocabulary that is known.
fn read<'b>(name: &str, bytes: &'b [u8]) -> Result<Value<'b>, Error> {
    let value = json::parse(bytes).map_err(|error| {
        let (line, column) = text::line_and_column(bytes, error.offset);
        let message = format!("line {line} column {column}: {}", error.kind);
        SchemaFault::new(Code::SchemaSyntax, "", message).of(name)
    })?;
    vocabulary::check(&value).map_err(|fault| fault.of(name))?;
    Ok(value)
}

pub(super) fn compile(schema: &Value<'_>) -> Result<jsonschema::Validator<Instance>, SchemaFault> {
    let mut schema = schema.to_serde();
    vocabulary::each_subschema(&mut schema, &mut |schema| {
        ascii_class::rewrite(schema);
        step_cost::rewrite(schema);
    });
    jsonschema::options_for::<Instance>()
        .with_keyword(ascii_class::KEYWORD, ascii_class::keyword)
        .with_keyword(step_cost::KEYWORD, step_cost::keyword)
        .offline()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        .with_pattern_options(
            jsonschema::PatternOptions::regex().size_limit(MAX_PATTERN_BYTES).dfa_size_limit(MAX_PATTERN_BYTES),
        )
        .build(&schema)
        .map_err(|error| fault(&error))
}

/// What keeps a schema from being compiled, in words of our own where they can be known.
fn fault(error: &jsonschema::ValidationError<'_>) -> SchemaFault {
    use jsonschema::error::ValidationErrorKind as Kind;
    let text = text::one_line(&error.to_string(), 300);
    let pointer = error.instance_path().as_str();
    let code = match error.kind() {
        Kind::Referencing(_) => Code::SchemaRef,
        Kind::Format { format } if format == "regex" => Code::SchemaRegex,
        // The crate has no kind for it.
        _ if text.contains("Unknown format") => Code::SchemaFormat,
        _ => Code::SchemaMeta,
    };
    let message = match code {
        Code::SchemaRegex if ["(?=", "(?!", "(?<", "\\1"].iter().any(|form| text.contains(form)) => {
            format!("{text}; look-around and back-references cannot run in linear time")
        }
        _ => text,
    };
    SchemaFault::new(code, pointer, message)
}
