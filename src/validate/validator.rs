//! [`Validator`]: the validation stage.

use std::borrow::Cow;
use std::sync::Arc;

use super::article::{ArticleValidator, article_content};
use super::batch::{Batch, BatchBuilder};
use super::keys::KeyColumns;
use crate::code::Code;
use crate::error::Error;
use crate::input::{Block, Content, Frame, Framing, LeftOut, Limits, Reader, Selection, Source};
use crate::mapping::{FitCheck, Mapping, Misfit};
use crate::progress::NoProgress;
use crate::schema::{Extra, InvalidOptional, Schema};

/// Validates articles: bytes in, a [`Batch`] of records and rejects out.
///
/// One validator can be shared by any number of threads. How the articles of a dataset are split into
/// calls changes no record.
///
/// ```
/// use pressmark::mapping::Mapping;
/// use pressmark::schema::{Extra, Schema};
/// use pressmark::validate::{KeyColumns, Validator, ValidatorOptions};
///
/// let schema = br#"{
///     "type": "object",
///     "required": ["id", "title"],
///     "properties": { "id": { "type": "string" }, "title": { "type": "string" }, "words": { "type": "integer" } }
/// }"#;
/// let schema = Schema::compile("note.schema.json".into(), schema.to_vec(), Extra::Keep)?;
/// let mapping = "name = \"notes\"\nunmapped = \"pass\"\n[fields]\ntitle = { from = \"/headline\" }\n";
/// let mapping = Mapping::parse("notes.toml", mapping, schema.targets())?;
/// let keys = KeyColumns::new(schema.columns(), &["title".into()], "id", None)?;
/// let validator = Validator::new(&schema, &mapping, keys, ValidatorOptions::default())?;
///
/// let lines = b"{\"id\": \"a\", \"headline\": \"One\", \"words\": 3}\n{\"id\": \"b\", \"headline\": \"Two\", \"words\": \"?\"}\n";
/// let batch = validator.validate("notes.jsonl", lines)?;
/// assert_eq!(batch.records().num_rows(), 1);
/// assert_eq!(batch.records().schema().fields().iter().last().unwrap().name(), "record_sha256");
///
/// // The second article is a reject: its bytes, its position and its violations.
/// let reject = &batch.rejects[0];
/// assert_eq!((reject.position.line, reject.violations[0].violation.pointer.as_str()), (2, "/words"));
///
/// // The same articles one by one, as another program may hold them.
/// let articles: [&[u8]; 2] = [br#"{"id": "a", "headline": "One", "words": 3}"#, b"{}"];
/// let single = validator.validate_articles("memory", &articles)?;
/// assert_eq!(single.keys()[0].hash, batch.keys()[0].hash);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Validator<'s> {
    articles: ArticleValidator<'s>,
    keys: KeyColumns,
    framing: Framing,
    reader: Reader,
    limits: Limits,
}

/// The place of an article among those that are validated one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArticleNumber {
    line: u64,
    byte: u64,
}

impl ArticleNumber {
    /// The place of the first article.
    pub const FIRST: Self = Self { line: 1, byte: 0 };

    /// Goes on to the article after one of this length in bytes. They are counted as if a line feed followed each.
    pub fn advance(&mut self, length: usize) {
        self.line += 1;
        self.byte += length as u64 + 1;
    }
}

/// How a [`Validator`] treats articles.
#[derive(Debug, Clone)]
pub struct ValidatorOptions {
    /// What happens to members that the schema does not declare: as when the schema was compiled.
    pub extra: Extra,
    /// What happens to invalid values of optional members.
    pub invalid_optional: InvalidOptional,
    /// Which objects are articles. Overrides the mapping.
    pub selection: Selection,
    /// Limits for articles, in bytes.
    pub limits: Limits,
}

impl Default for ValidatorOptions {
    /// Keeps undeclared members, and rejects articles with invalid values.
    fn default() -> Self {
        Self {
            extra: Extra::Keep,
            invalid_optional: InvalidOptional::Reject,
            selection: Selection::default(),
            limits: Limits::default(),
        }
    }
}

impl<'s> Validator<'s> {
    /// Creates a validator.
    ///
    /// # Errors
    /// [`Error::NoExtra`] if invalid values cannot move to `_extra`, [`Error::Mapping`] if the selection
    /// does not apply to page dumps.
    pub fn new(
        schema: &'s Schema,
        mapping: &'s Mapping,
        keys: KeyColumns,
        options: ValidatorOptions,
    ) -> Result<Self, Error> {
        let ValidatorOptions { extra, invalid_optional, selection, limits } = options;
        schema.check_invalid_optional(invalid_optional, extra)?;
        let selection = mapping.select(selection)?;
        let framing = mapping.framing();
        let reader = Reader::new(framing.clone(), limits).with_places(selection.places());
        let articles = ArticleValidator::new(schema, mapping, extra)
            .with_invalid_optional(invalid_optional)
            .with_selection(Cow::Owned(selection));
        Ok(Self { articles, keys, framing, reader, limits })
    }

    /// The columns that identify and sort the records.
    pub fn keys(&self) -> &KeyColumns {
        &self.keys
    }

    /// Returns how the mapping fails to fit, if it does. Add up the [`Batch::fit`] of all batches first.
    pub fn misfit(&self, fit: &FitCheck) -> Option<Misfit> {
        self.articles.misfit(fit)
    }

    /// Validates the articles in the bytes of one source: JSON Lines, JSON or a page dump, possibly
    /// compressed. The reader recognises the container as in a file with the name `source`.
    ///
    /// # Errors
    /// [`Error::RecordTooLong`] for a record that is longer than the limit for articles, and
    /// [`Error::BatchTooLarge`] for records that exceed `MAX_BATCH_BYTES`. What is
    /// wrong with an article is a reject.
    pub fn validate(&self, source: &str, bytes: &[u8]) -> Result<Batch, Error> {
        let from = Source { name: source.into(), path: Some(source.into()) };
        let mut batch = self.batch(source);
        let tally =
            self.reader.read_stream(&from, bytes, &self.articles, &NoProgress, &mut |block| batch.add(&block))?;
        Ok(batch.finish(tally.left_out().clone()))
    }

    /// Validates single articles. Each must be one JSON value, or one page if the mapping reads page dumps.
    /// The line of an article is its number, from 1, and its offset is counted as if each article were
    /// followed by a line feed.
    ///
    /// # Errors
    /// As for [`Validator::validate`].
    pub fn validate_articles<A: AsRef<[u8]>>(&self, source: &str, articles: &[A]) -> Result<Batch, Error> {
        self.validate_articles_from(source, ArticleNumber::FIRST, articles)
    }

    /// Like [`Validator::validate_articles`], for articles that follow others of the same source. `next` is the place
    /// of the first of them.
    ///
    /// # Errors
    /// As for [`Validator::validate`].
    pub fn validate_articles_from<A: AsRef<[u8]>>(
        &self,
        source: &str,
        mut next: ArticleNumber,
        articles: &[A],
    ) -> Result<Batch, Error> {
        let mut batch = self.batch(source);
        let name: Arc<str> = source.into();
        let mut rest = articles.iter().map(AsRef::as_ref).peekable();
        while rest.peek().is_some() {
            let mut block = Block { source: name.clone(), bytes: Vec::new(), frames: Vec::new() };
            while let Some(article) = rest.next_if(|_| block.bytes.len() < self.limits.block) {
                let start = block.bytes.len();
                let content = self.content(article);
                if !matches!(content, Content::Broken { code: Code::TooLong, .. }) {
                    block.bytes.extend_from_slice(article);
                }
                let (range, length) = (start..block.bytes.len(), article.len() as u64);
                let ArticleNumber { line, byte } = next;
                block.frames.push(Frame { range, line, column: 1, byte, length, content });
                next.advance(article.len());
            }
            batch.add(&block)?;
        }
        Ok(batch.finish(LeftOut::default()))
    }

    fn content(&self, article: &[u8]) -> Content {
        let limit = self.limits.article;
        if article.len() > limit {
            return Content::Broken { code: Code::TooLong, message: format!("longer than {limit} bytes"), help: None };
        }
        article_content(&self.framing, article)
    }

    fn batch(&self, source: &str) -> BatchBuilder<'_> {
        BatchBuilder::new(&self.articles, &self.keys, source, self.limits.article)
    }
}
