//! [`ArticleValidator`]: validates the articles of one block.
//!
//! Any block can be validated alone, in any order. Records are handed on one by one; this module does not
//! store, sort or hash them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::cache::{ArticleDigest, ValidationCache};
use super::effects::{EffectCounts, Effects, EffectsKey};
use super::moved::{self, Moved};
use super::number_help::with_number_help;
use super::spread_sample::SpreadSample;
use super::syntax::syntax;
use super::undeclared::Kept;
use crate::code::Code;
use crate::diagnostics::Diagnostics;
use crate::error::Error;
use crate::input::pages::{self, DroppedLine};
use crate::input::{Block, Content, Frame, Framing, Names, Position, Recognise, Selection};
use crate::json::{self, Value};
use crate::mapping::{BetterSource, CoreFields, FitCheck, Lacks, Mapped, Mapping, Misfit, Place, is_cut};
use crate::record::{Admission, Cell, Record, admit};
use crate::reject::{Placed, Reject};
use crate::schema::{Columns, Extra, InvalidOptional, Schema, Violation};

/// The most bytes that are searched to locate the violations of one article.
const MAX_SEARCHED: usize = 64 << 20;

/// The most values of an article. A value may take one or two bytes in JSON, but takes dozens in memory.
const MAX_VALUES: usize = 1 << 22;

/// Validates articles for one dataset.
#[derive(Debug)]
pub(crate) struct ArticleValidator<'s> {
    schema: &'s Schema,
    mapping: &'s Mapping,
    extra: Extra,
    invalid_optional: InvalidOptional,
    selection: Cow<'s, Selection>,
    cache: Option<&'s dyn ValidationCache>,
}

/// The result of validating one block, without its records.
#[derive(Debug)]
pub(crate) struct ValidatedBlock {
    /// The name of the source.
    pub(crate) source: Arc<str>,
    /// How many articles were validated.
    pub(crate) articles: u64,
    /// How many objects were skipped because a setting says that they are not articles, by setting.
    pub(crate) skipped: BTreeMap<String, u64>,
    /// The rejected articles.
    pub(crate) rejects: Vec<Reject>,
    /// The distinct effects of the articles that became records, and how many articles had each.
    pub(crate) effects: Vec<(Effects, u64)>,
    /// How well the mapping fits.
    pub(crate) fit: FitCheck,
    /// Invalid values of optional members that were moved to `_extra`.
    pub(crate) moved: Diagnostics,
    /// The length of the articles that became records, in bytes, and about how many thousandths of bytes
    /// of it are in `_extra`.
    pub(crate) bytes: (u64, u64),
    /// The lines of page dumps that are not in the records.
    pub(crate) drops: Vec<DroppedLine>,
    /// Some of the articles, to compare with other sources.
    pub(crate) sample: SpreadSample,
}

/// What is collected while a block is validated.
#[derive(Debug, Default)]
struct Notes {
    effects: EffectCounts,
    fit: FitCheck,
    moved: Diagnostics,
    bytes: (u64, u64),
    drops: Vec<DroppedLine>,
    skipped: BTreeMap<String, u64>,
}

/// A record that passed validation.
#[derive(Debug)]
pub(crate) struct AdmittedRecord<'a> {
    /// The record, or the row that has it.
    pub(crate) record: Provenance<'a>,
    /// Where its article is in the input.
    pub(crate) position: Position,
    /// The length of the article in the input, in bytes.
    pub(crate) length: u64,
    /// The digest of its article. `None` without a cache, or if the validation does not depend on the bytes
    /// of the article alone.
    pub(crate) digest: Option<ArticleDigest>,
    /// The index of its effects in [`ValidatedBlock::effects`].
    pub(crate) effects_index: usize,
}

/// An article that passed, possibly after some of its values moved to `_extra`.
struct Passed<'a> {
    admission: Admission<'a>,
    /// The values that moved to `_extra`.
    moved: Vec<Moved>,
    /// The violations of the values that moved.
    broken: Vec<Violation>,
}

/// Where a record comes from.
#[derive(Debug)]
pub(crate) enum Provenance<'a> {
    /// Its article was validated.
    Validated(Record<'a>),
    /// The cache has its article. The record is in this row.
    Cached(u32),
}

impl<'s> ArticleValidator<'s> {
    /// Creates a validator for this schema and mapping. It rejects articles with invalid optional values.
    pub(crate) fn new(schema: &'s Schema, mapping: &'s Mapping, extra: Extra) -> Self {
        let (selection, invalid_optional) = (Cow::Borrowed(mapping.selection()), InvalidOptional::Reject);
        Self { schema, mapping, extra, invalid_optional, selection, cache: None }
    }

    /// The same validator, with this policy for invalid values of optional members.
    pub(crate) fn with_invalid_optional(self, invalid_optional: InvalidOptional) -> Self {
        Self { invalid_optional, ..self }
    }

    /// The same validator, with this selection of the objects that are articles.
    pub(crate) fn with_selection(self, selection: Cow<'s, Selection>) -> Self {
        Self { selection, ..self }
    }

    /// The same validator, with a cache. Articles in the cache are not validated again.
    pub(crate) fn with_cache(self, cache: &'s dyn ValidationCache) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// The columns of the records.
    pub(crate) fn columns(&self) -> &'s Columns {
        self.schema.columns()
    }

    /// Returns how the mapping fails to fit the articles that were counted, if it does.
    pub(crate) fn misfit(&self, fit: &FitCheck) -> Option<Misfit> {
        fit.misfit(self.mapping)
    }

    /// The preset that some of the sampled articles look like, if they are a mixture, and how many were
    /// compared.
    pub(super) fn mixed_with(&self, sample: SpreadSample) -> Result<(u64, Option<BetterSource>), Error> {
        let mut sample = sample.into_articles();
        sample.retain(|article| {
            json::parse(&article.bytes).is_ok_and(|value| self.selection.leaves_out(&value).is_none())
        });
        Ok((sample.len() as u64, self.mapping.mixed_with(&sample)?))
    }

    /// Validates the articles of a block on its own. Calls `keep` for each record, in order.
    pub(crate) fn validate<'b>(&self, block: &'b Block, mut keep: impl FnMut(AdmittedRecord<'b>)) -> ValidatedBlock {
        let mut notes = Notes::default();
        let mut rejects = Vec::new();
        for frame in &block.frames {
            if let Err(violations) = self.frame(block, frame, &mut notes, &mut keep) {
                let raw = (!frame.range.is_empty()).then(|| block.bytes_of(frame));
                rejects.push(Reject::new(block.position(frame), frame.length, raw, violations));
            }
        }
        let Notes { effects, fit, moved, bytes, drops, skipped } = notes;
        let articles = block.frames.len() as u64 - skipped.values().sum::<u64>();
        let cached = |number| self.cache.expect("only a cache gives cached effects").effects(number);
        let effects = effects.finish(self.mapping, cached);
        let source = block.source.clone();
        let sample = SpreadSample::of(block);
        ValidatedBlock { source, articles, skipped, rejects, effects, fit, moved, bytes, drops, sample }
    }

    fn frame<'b>(
        &self,
        block: &'b Block,
        frame: &'b Frame,
        notes: &mut Notes,
        keep: &mut impl FnMut(AdmittedRecord<'b>),
    ) -> Result<(), Vec<Placed>> {
        let bytes = block.bytes_of(frame);
        let mut digest = self.cache.filter(|_| frame.content.is_plain()).map(|_| ArticleDigest::of(bytes));
        let (position, length) = (block.position(frame), frame.length);
        if let Some((row, effects)) = self.cache.zip(digest.as_ref()).and_then(|(cache, digest)| cache.find(digest)) {
            let effects_index = self.note_cached(effects, length, notes);
            keep(AdmittedRecord { record: Provenance::Cached(row), position, length, digest, effects_index });
            return Ok(());
        }
        let (mapped, budget) = match &frame.content {
            Content::Broken { code: Code::NotThere, .. } if self.is_skipped(bytes, notes) => return Ok(()),
            Content::Broken { code, message, help } => {
                let violation = Violation::plain(*code, String::new(), message.clone());
                return Err(vec![Placed::at_start(frame, Violation { help: help.clone(), ..violation })]);
            }
            // The content of a page has no JSON pointers, so its violations cannot be located.
            Content::Page(page) => (self.mapping.map_page(page), 0),
            Content::Json { .. } if bytes.len() > MAX_VALUES && json::holds_more_values(bytes, MAX_VALUES) => {
                let message = format!("it holds more than {MAX_VALUES} values");
                return Err(vec![Placed::at_start(frame, Violation::plain(Code::TooLong, String::new(), message))]);
            }
            Content::Json { last, names } => {
                let value = json::parse(bytes).map_err(|error| vec![syntax(bytes, frame, &error, *last)])?;
                if let Some(setting) = self.selection.leaves_out(&value) {
                    *notes.skipped.entry(setting).or_default() += 1;
                    return Ok(());
                }
                (self.mapping.map(value, names.as_deref().map_or_else(Place::default, place_of)), MAX_SEARCHED)
            }
        };
        let cut = is_text_cut(&mapped);
        if self.note_fit(&mapped, cut, bytes, &mut notes.fit) {
            // The report quotes the members of such articles, so they are validated each time.
            digest = None;
        }
        let Mapped { article, changes } = mapped;
        let admitted = self.article(&article);
        let Passed { admission: Admission { record, dropped }, moved, broken } =
            admitted.map_err(|found| self.locate(bytes, frame, found, budget))?;
        if !moved.is_empty() {
            // The report quotes examples of moved values, so such articles are validated each time.
            digest = None;
            let broken = self.locate(bytes, frame, broken, budget);
            notes.moved.add(&Reject::new(position.clone(), length, Some(bytes), broken));
        }
        if let Content::Page(page) = &frame.content {
            notes.drops.extend_from_slice(&page.drops);
        }
        let kept = Kept::of(self.schema.columns(), &record, length);
        notes.bytes = (notes.bytes.0 + length, notes.bytes.1 + kept.bytes(length));
        let filled = self.filled(&record);
        let effects_index = notes.effects.add(EffectsKey::Validated { changes, dropped, moved, cut, filled, kept });
        keep(AdmittedRecord { record: Provenance::Validated(record), position, length, digest, effects_index });
        Ok(())
    }

    /// The core fields that the schema declares.
    pub(super) fn core_fields(&self) -> CoreFields {
        CoreFields::of(|name| self.schema.columns().position(name).is_some())
    }

    /// The core fields that a record has.
    fn filled(&self, record: &Record<'_>) -> CoreFields {
        CoreFields::of(|name| match self.schema.columns().position(name).map(|index| &record.cells()[index]) {
            None | Some(Cell::Null) => false,
            Some(Cell::String(text)) => !text.is_empty(),
            Some(Cell::List(elements)) => !elements.is_empty(),
            Some(_) => true,
        })
    }

    /// Whether a setting declares that this JSON value has no articles. Counts it if so.
    fn is_skipped(&self, bytes: &[u8], notes: &mut Notes) -> bool {
        let Some(setting) = json::parse(bytes).ok().and_then(|value| self.selection.skips(&value)) else {
            return false;
        };
        *notes.skipped.entry(setting).or_default() += 1;
        true
    }

    /// Turns an article into a record, if it is valid or the policy can make it valid.
    fn article<'a>(&self, article: &Value<'a>) -> Result<Passed<'a>, Vec<Violation>> {
        let first = match self.admitted(article) {
            Ok(admission) => return Ok(Passed { admission, moved: Vec::new(), broken: Vec::new() }),
            Err(found) if self.invalid_optional == InvalidOptional::Reject => return Err(found),
            Err(found) => found,
        };
        let columns = self.schema.columns();
        let Some((mut reduced, mut moved)) = moved::without_invalid(columns, article, &first) else {
            return Err(first);
        };
        let mut broken = first.clone();
        // Values that a column cannot hold are only found when the schema is satisfied, so there may be more
        // rounds. Each removes a field, so the loop ends.
        loop {
            let found = match self.admitted(&reduced) {
                Ok(admission) => return Ok(Passed { admission, moved, broken }),
                Err(found) => found,
            };
            let Some((next, more)) = moved::without_invalid(columns, &reduced, &found) else { return Err(first) };
            reduced = next;
            moved.extend(more);
            broken.extend(found);
        }
    }

    fn admitted<'a>(&self, article: &Value<'a>) -> Result<Admission<'a>, Vec<Violation>> {
        if article.as_object().is_none() {
            let message = format!("expected an object, found {}", article.kind());
            let violation = Violation::plain(Code::NotObject, String::new(), message);
            let holds_objects = article.as_array().is_some_and(|list| list.iter().any(|one| one.as_object().is_some()));
            let help = holds_objects.then(|| "if its elements are the articles: articles = \"/*\"".to_owned());
            return Err(vec![Violation { help, ..violation }]);
        }
        let violations = self.schema.validate(article);
        if violations.is_empty() { admit(self.schema.columns(), self.extra, article) } else { Err(violations) }
    }

    /// Counts whether the article lacks its text or id, and which members it has instead. Returns whether
    /// it lacks one.
    fn note_fit(&self, mapped: &Mapped<'_>, cut: bool, bytes: &[u8], fit: &mut FitCheck) -> bool {
        let Some(article) = mapped.article.as_object() else { return false };
        fit.cut += u64::from(cut);
        let lacks = self.mapping.lacks(article);
        let is_noted = fit.count(lacks);
        if (is_noted || lacks.both())
            && let Ok(Value::Object(input)) = json::parse(bytes)
        {
            if is_noted {
                fit.saw(&input);
            }
            if lacks.both() {
                fit.saw_stranger(&input, |name| self.mapping.reads(name));
            }
        }
        lacks.any()
    }

    /// Counts a cached article, which lacks nothing. Returns the index of its effects.
    fn note_cached(&self, effects: u16, length: u64, notes: &mut Notes) -> usize {
        if let Some(effects) = self.cache.map(|cache| cache.effects(effects)) {
            notes.fit.cut += u64::from(effects.cut);
            notes.bytes = (notes.bytes.0 + length, notes.bytes.1 + effects.kept.bytes(length));
        }
        notes.fit.count(Lacks::default());
        notes.effects.add(EffectsKey::Cached(effects))
    }

    /// Locates violations in the input. The mapping may have moved the values that they refer to.
    fn locate(&self, bytes: &[u8], frame: &Frame, violations: Vec<Violation>, budget: usize) -> Vec<Placed> {
        if budget == 0 || !self.mapping.moves() {
            return locate(bytes, frame, violations, budget, str::to_owned);
        }
        let input = json::parse(bytes).unwrap_or(Value::Null);
        locate(bytes, frame, violations, budget, |pointer| self.mapping.origin(pointer, &input))
    }
}

impl Recognise for ArticleValidator<'_> {
    fn is_article(&self, bytes: &[u8], names: &Names) -> Option<bool> {
        let value = json::parse(bytes).ok()?;
        if self.selection.leaves_out(&value).is_some() {
            return Some(false);
        }
        let mapped = self.mapping.map(value, place_of(names));
        Some(self.mapping.finds(&mapped) || self.article(&mapped.article).is_ok())
    }
}

fn place_of(names: &Names) -> Place<'_> {
    Place { key: names.key.as_deref(), group: names.group.as_deref() }
}

/// Whether the source cut the text of a mapped article.
fn is_text_cut(mapped: &Mapped<'_>) -> bool {
    let text = mapped.article.as_object().and_then(|article| article.get("text")).and_then(Value::as_str);
    text.is_some_and(is_cut)
}

/// Locates violations in the input, up to `budget` searched bytes. If a pointer does not exist in the
/// input, because the mapping created the value, the violation is at the article.
fn locate(
    bytes: &[u8],
    frame: &Frame,
    violations: Vec<Violation>,
    mut budget: usize,
    origin: impl Fn(&str) -> String,
) -> Vec<Placed> {
    let located = |violation: Violation| {
        if budget < bytes.len() {
            return Placed::at_start(frame, violation);
        }
        budget -= bytes.len();
        let pointer = origin(&violation.pointer);
        let range = match violation.code {
            Code::Additional => json::locate_name(bytes, &pointer),
            _ => json::locate(bytes, &pointer),
        };
        let violation = with_number_help(violation, &pointer);
        Placed::within(bytes, frame, range.unwrap_or(0..0), violation)
    };
    violations.into_iter().map(located).collect()
}

/// What a frame holds that has exactly this article, read in the given framing.
pub(crate) fn article_content(framing: &Framing, bytes: &[u8]) -> Content {
    let broken = |code, message| Content::Broken { code, message, help: None };
    match (framing, str::from_utf8(bytes)) {
        (Framing::Json | Framing::Lines, _) => Content::Json { last: false, names: None },
        (Framing::Pages(rules), Ok(text)) => match pages::split(text, rules).pop() {
            Some(pages::Piece::Page(page)) => Content::Page(Box::new(page)),
            Some(pages::Piece::Unsplit { reason, .. }) => broken(Code::PageUnsplit, reason.to_string()),
            None => broken(Code::PageUnsplit, "there is no text".to_owned()),
        },
        (Framing::Pages(_), Err(error)) => broken(Code::Utf8, error.to_string()),
    }
}
