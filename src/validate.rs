//! Judging: framed articles into records and rejects.
//!
//! [`Validator::validate`] is the stage: any block can be judged alone, in any order, on any machine,
//! and what becomes of a record is up to whoever asked. [`validate_sources()`] runs it over whole sources
//! on several threads and reports as if there had been one.

mod cache;
mod effects;
mod moved;
mod queue;
mod reject_sink;
mod sources;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::code::Code;
use crate::diagnostics::Diagnostics;
use crate::input::pages::DroppedLine;
use crate::input::{Block, Content, Frame, Names, Position, Recognise, Selection};
use crate::json::{self, SyntaxError, SyntaxErrorKind, Value};
use crate::mapping::{FitCheck, Lacks, Mapped, Mapping, Misfit, Place, is_cut};
use crate::record::{Admission, Record, admit};
use crate::reject::{Placed, Reject};
use crate::schema::{Extra, InvalidOptional, Schema, Violation};
use crate::text;

use effects::{EffectCounts, EffectsKey};
use moved::Moved;

pub use cache::{ArticleDigest, ValidationCache};
pub use effects::Effects;
pub use reject_sink::RejectSink;
pub use sources::{InputCounts, InputSummary, MAX_DROPS, SourceValidation, Step, validate_sources};

/// How many bytes may be searched to place the violations of one article.
const PLACING: usize = 64 << 20;

/// How many values an article may hold. A value takes a byte or two in a text and dozens in memory.
const MAX_VALUES: usize = 1 << 22;

/// Judges articles for one dataset.
#[derive(Debug)]
pub struct Validator<'s> {
    schema: &'s Schema,
    mapping: &'s Mapping,
    extra: Extra,
    invalid_optional: InvalidOptional,
    selection: &'s Selection,
    cache: Option<&'s dyn ValidationCache>,
}

/// What came of one block, beside its records.
#[derive(Debug)]
pub struct ValidatedBlock {
    /// The name of the source.
    pub source: Arc<str>,
    /// How many articles were judged.
    pub articles: u64,
    /// How many objects were left out because a setting says that they are not articles, by setting.
    pub skipped: BTreeMap<String, u64>,
    /// The articles that were kept out.
    pub rejects: Vec<Reject>,
    /// What the articles that became records left in the counts, and how many left it.
    pub effects: Vec<(Effects, u64)>,
    /// How well the mapping fits.
    pub fit: FitCheck,
    /// Invalid values of optional members that were moved to `_extra`.
    pub moved: Diagnostics,
    /// The lines of page dumps that records were made without.
    pub drops: Vec<DroppedLine>,
}

/// What was noted while one block is judged.
#[derive(Debug, Default)]
struct Notes {
    effects: EffectCounts,
    fit: FitCheck,
    moved: Diagnostics,
    drops: Vec<DroppedLine>,
    skipped: BTreeMap<String, u64>,
}

/// A record on its way out of judging.
#[derive(Debug)]
pub struct AdmittedRecord<'a> {
    /// The record.
    pub record: Provenance<'a>,
    /// Where its article stood.
    pub position: Position,
    /// How many bytes the article had there.
    pub length: u64,
    /// By what its article is known again, where articles are recalled and what becomes of this
    /// one depends on its bytes alone.
    pub digest: Option<ArticleDigest>,
    /// The place of its trace in [`ValidatedBlock::traces`].
    pub effects_index: usize,
}

/// An article that passed, perhaps without some of its values.
struct Passed<'a> {
    admission: Admission<'a>,
    /// The values that moved to `_extra`.
    moved: Vec<Moved>,
    /// The rules that they broke.
    broken: Vec<Violation>,
}

/// How a record is had.
#[derive(Debug)]
pub enum Provenance<'a> {
    /// Its article was judged.
    Validated(Record<'a>),
    /// Its article was recalled: it stands in this row.
    Cached(u32),
}

impl<'s> Validator<'s> {
    /// A judge by this schema, for articles that this mapping reads.
    pub fn new(schema: &'s Schema, mapping: &'s Mapping, extra: Extra) -> Self {
        let (selection, invalid_optional) = (mapping.selection(), InvalidOptional::Reject);
        Self { schema, mapping, extra, invalid_optional, selection, cache: None }
    }

    /// The same validator, with this policy for invalid values of optional members.
    #[must_use]
    pub fn moving(self, invalid_optional: InvalidOptional) -> Self {
        Self { invalid_optional, ..self }
    }

    /// The same validator, for objects of which this selection says which are articles.
    #[must_use]
    pub fn selecting(self, selection: &'s Selection) -> Self {
        Self { selection, ..self }
    }

    /// The same judge, which does not judge again what is known.
    #[must_use]
    pub fn recalling(self, cache: &'s dyn ValidationCache) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// How many columns a record has.
    pub(super) fn columns(&self) -> usize {
        self.schema.columns().leaves()
    }

    /// Whether the mapping fits badly, after all that was seen.
    pub fn misfit(&self, fit: &FitCheck) -> Option<Misfit> {
        fit.misfit(self.mapping)
    }

    /// Judges the articles of a block. Each record is handed to `keep`, in order.
    pub fn validate<'b>(&self, block: &'b Block, mut keep: impl FnMut(AdmittedRecord<'b>)) -> ValidatedBlock {
        let mut notes = Notes::default();
        let mut rejects = Vec::new();
        for frame in &block.frames {
            if let Err(violations) = self.frame(block, frame, &mut notes, &mut keep) {
                let raw = (!frame.range.is_empty()).then(|| block.bytes_of(frame));
                rejects.push(Reject::new(block.position(frame), frame.length, raw, violations));
            }
        }
        let Notes { effects, fit, moved, drops, skipped } = notes;
        let articles = block.frames.len() as u64 - skipped.values().sum::<u64>();
        let recalled = |number| self.cache.expect("only what is known is recalled").effects(number);
        let effects = effects.finish(self.mapping, recalled);
        ValidatedBlock { source: block.source.clone(), articles, skipped, rejects, effects, fit, moved, drops }
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
            let effects_index = self.note_cached(effects, notes);
            keep(AdmittedRecord { record: Provenance::Cached(row), position, length, digest, effects_index });
            return Ok(());
        }
        let (mapped, placing) = match &frame.content {
            Content::Broken { code: Code::NotThere, .. } if self.is_skipped(bytes, notes) => return Ok(()),
            Content::Broken { code, message, help } => {
                let violation = Violation::plain(*code, String::new(), message.clone());
                return Err(vec![Placed::at_start(frame, Violation { help: help.clone(), ..violation })]);
            }
            // The words of a page have no pointers to be found by.
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
                (self.mapping.map(value, names.as_deref().map_or_else(Place::default, place_of)), PLACING)
            }
        };
        let cut = is_text_cut(&mapped);
        if self.note_fit(&mapped, cut, bytes, &mut notes.fit) {
            // Which members it has instead is told of some; it must be looked at each time.
            digest = None;
        }
        let Mapped { article, changes } = mapped;
        let admitted = self.article(&article);
        let Passed { admission: Admission { record, dropped }, moved, broken } =
            admitted.map_err(|found| self.place(bytes, frame, found, placing))?;
        if !moved.is_empty() {
            // What moved is shown with examples; it must be looked at each time.
            digest = None;
            let broken = self.place(bytes, frame, broken, placing);
            notes.moved.add(&Reject::new(position.clone(), length, Some(bytes), broken));
        }
        if let Content::Page(page) = &frame.content {
            notes.drops.extend_from_slice(&page.drops);
        }
        let effects_index = notes.effects.add(EffectsKey::Validated { changes, dropped, moved, cut });
        keep(AdmittedRecord { record: Provenance::Validated(record), position, length, digest, effects_index });
        Ok(())
    }

    /// Whether a text without articles is declared as such. If it is, it is counted.
    fn is_skipped(&self, bytes: &[u8], notes: &mut Notes) -> bool {
        let Some(setting) = json::parse(bytes).ok().and_then(|value| self.selection.skips(&value)) else {
            return false;
        };
        *notes.skipped.entry(setting).or_default() += 1;
        true
    }

    /// An article as a record, if it is one by the rules or can be made one by the policy.
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
        // What columns cannot hold is found out once the schema is content, so there may be a second
        // round. Each takes a field away.
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

    /// Notes whether the article lacks its text or id, and which members it had instead. Gives
    /// whether it does.
    fn note_fit(&self, mapped: &Mapped<'_>, cut: bool, bytes: &[u8], fit: &mut FitCheck) -> bool {
        let Some(article) = mapped.article.as_object() else { return false };
        fit.cut += u64::from(cut);
        let lacks = self.mapping.lacks(article);
        if fit.count(lacks)
            && let Ok(Value::Object(input)) = json::parse(bytes)
        {
            fit.saw(&input);
        }
        lacks.any()
    }

    /// Notes what is noted of an article that lacks nothing. Gives the place of its trace.
    fn note_cached(&self, effects: u16, notes: &mut Notes) -> usize {
        let cut = self.cache.is_some_and(|cache| cache.effects(effects).cut);
        notes.fit.cut += u64::from(cut);
        notes.fit.count(Lacks::default());
        notes.effects.add(EffectsKey::Cached(effects))
    }

    /// Violations with their places in the input. The mapping may have moved what they speak of.
    fn place(&self, bytes: &[u8], frame: &Frame, violations: Vec<Violation>, budget: usize) -> Vec<Placed> {
        if budget == 0 || !self.mapping.moves() {
            return place(bytes, frame, violations, budget, str::to_owned);
        }
        let input = json::parse(bytes).unwrap_or(Value::Null);
        place(bytes, frame, violations, budget, |pointer| self.mapping.origin(pointer, &input))
    }
}

impl Recognise for Validator<'_> {
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

/// Whether the text of a mapped article ends where its source cut it.
fn is_text_cut(mapped: &Mapped<'_>) -> bool {
    let text = mapped.article.as_object().and_then(|article| article.get("text")).and_then(Value::as_str);
    text.is_some_and(is_cut)
}

/// Violations with their places in the input, as long as finding them stays within `budget`. A
/// pointer that leads nowhere (the mapping made the value) stands for the article.
fn place(
    bytes: &[u8],
    frame: &Frame,
    violations: Vec<Violation>,
    mut budget: usize,
    origin: impl Fn(&str) -> String,
) -> Vec<Placed> {
    let place = |violation: Violation| {
        if budget < bytes.len() {
            return Placed::at_start(frame, violation);
        }
        budget -= bytes.len();
        let pointer = origin(&violation.pointer);
        let range = match violation.code {
            Code::Additional => json::locate_name(bytes, &pointer),
            _ => json::locate(bytes, &pointer),
        };
        Placed::within(bytes, frame, range.unwrap_or(0..0), violation)
    };
    violations.into_iter().map(place).collect()
}

fn syntax(bytes: &[u8], frame: &Frame, error: &SyntaxError, last: bool) -> Placed {
    let code = match &error.kind {
        SyntaxErrorKind::UnexpectedEnd if last => Code::LastTruncated,
        SyntaxErrorKind::Utf8 => Code::Utf8,
        SyntaxErrorKind::ControlCharacter(_) => Code::ControlCharacter,
        SyntaxErrorKind::Number => Code::Number,
        SyntaxErrorKind::Depth => Code::Depth,
        SyntaxErrorKind::Surrogate => Code::Surrogate,
        SyntaxErrorKind::DuplicateKey { .. } => Code::DuplicateKey,
        SyntaxErrorKind::TrailingData => Code::TrailingData,
        SyntaxErrorKind::UnexpectedEnd | SyntaxErrorKind::Syntax { .. } | SyntaxErrorKind::Escape => Code::Syntax,
    };
    let range = error.offset..(error.offset + 1).min(bytes.len()).max(error.offset);
    let (message, help) = match foreign(bytes, error) {
        Some((message, help)) => (message.to_owned(), Some(help.to_owned())),
        None => (text::one_line(&error.kind.to_string(), 200), goes_on(bytes)),
    };
    let violation = Violation::plain(code, String::new(), message);
    Placed::within(bytes, frame, range, Violation { help, ..violation })
}

/// What to do about a line that only opens an object or list.
fn goes_on(line: &[u8]) -> Option<String> {
    let help = "a line of JSON lines is a whole article; a file with an indented one is not to be named .jsonl";
    matches!(line.trim_ascii(), b"{" | b"[" | b"[{").then(|| help.to_owned())
}

/// What a text probably is that is no JSON from some place on, and what to do with it.
fn foreign(bytes: &[u8], error: &SyntaxError) -> Option<(&'static str, &'static str)> {
    // `None` starts as some write `NaN`.
    if !matches!(error.kind, SyntaxErrorKind::Syntax { .. } | SyntaxErrorKind::Number) {
        return None;
    }
    let rest = &bytes[error.offset..];
    let python =
        ["'", "None", "True", "False", "b'", "u'", "datetime."].iter().any(|word| rest.starts_with(word.as_bytes()));
    if rest.starts_with("\u{feff}".as_bytes()) {
        let message = "a byte order mark (U+FEFF) stands before the article";
        Some((message, "files with byte order marks were joined; take the marks out of all but the first"))
    } else if rest.starts_with(b"\x1e") {
        let message = "a record separator (U+001E) stands before the article";
        Some((message, "this is a JSON text sequence (RFC 7464); take the separators out with: tr -d '\\036'"))
    } else if python && bytes.trim_ascii_start().starts_with(b"{") {
        Some(("this is how Python shows a value, and not JSON", "write articles with json.dumps(article)"))
    } else {
        None
    }
}
