//! Judging: framed articles into records and rejects.
//!
//! [`Judge::block`] is the stage: any block can be judged alone, in any order, on any machine,
//! and what becomes of a record is up to whoever asked. [`survey()`] runs it over whole sources
//! on several threads and reports as if there had been one.

mod log;
mod survey;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::code::Code;
use crate::input::pages::Drop;
use crate::input::{Block, Content, Frame, Position};
use crate::json::{self, SyntaxError, SyntaxErrorKind, Value};
use crate::mapping::{Changed, Fit, Mapped, Mapping, Misfit, Place, is_cut};
use crate::record::{Record, admit};
use crate::reject::{Placed, Reject};
use crate::schema::{Extra, Schema, Violation};
use crate::text;

pub use log::RejectLog;
pub use survey::{InputRead, MAX_DROPS, Read, Survey, survey};

/// How many bytes may be searched to place the violations of one article.
const PLACING: usize = 64 << 20;

/// Judges articles for one dataset.
#[derive(Debug)]
pub struct Judge<'s> {
    schema: &'s Schema,
    mapping: &'s Mapping,
    extra: Extra,
}

/// What came of one block, beside its records.
#[derive(Debug)]
pub struct Judged {
    /// The name of the source.
    pub source: Arc<str>,
    /// How many articles were judged.
    pub articles: u64,
    /// The articles that were kept out.
    pub rejects: Vec<Reject>,
    /// What was changed before validation: field, rule, count.
    pub normalised: BTreeMap<(String, &'static str), u64>,
    /// How well the mapping fits.
    pub fit: Fit,
    /// The lines of page dumps that records were made without.
    pub drops: Vec<Drop>,
}

/// What was noted while one block is judged.
#[derive(Debug, Default)]
struct Notes {
    changes: BTreeMap<(Changed, &'static str), u64>,
    fit: Fit,
    drops: Vec<Drop>,
}

/// A record on its way out of judging.
#[derive(Debug)]
pub struct Admitted<'a> {
    /// The record.
    pub record: Record<'a>,
    /// Where its article stood.
    pub position: Position,
    /// How many bytes the article had there.
    pub length: u64,
}

impl<'s> Judge<'s> {
    /// A judge by this schema, for articles that this mapping reads.
    pub fn new(schema: &'s Schema, mapping: &'s Mapping, extra: Extra) -> Self {
        Self { schema, mapping, extra }
    }

    /// Whether the mapping fits badly, after all that was seen.
    pub fn misfit(&self, fit: &Fit) -> Option<Misfit> {
        fit.misfit(self.mapping)
    }

    /// Judges the articles of a block. Each record is handed to `keep`, in order.
    pub fn block<'b>(&self, block: &'b Block, mut keep: impl FnMut(Admitted<'b>)) -> Judged {
        let mut notes = Notes::default();
        let mut rejects = Vec::new();
        for frame in &block.frames {
            if let Err(violations) = self.frame(block, frame, &mut notes, &mut keep) {
                let raw = (!frame.range.is_empty()).then(|| block.bytes_of(frame));
                rejects.push(Reject::new(block.position(frame), frame.length, raw, violations));
            }
        }
        let named = |((changed, rule), count)| ((self.mapping.name_of(changed).to_owned(), rule), count);
        let mut normalised = BTreeMap::new();
        for (change, count) in notes.changes.into_iter().map(named) {
            *normalised.entry(change).or_default() += count;
        }
        let articles = block.frames.len() as u64;
        Judged { source: block.source.clone(), articles, rejects, normalised, fit: notes.fit, drops: notes.drops }
    }

    fn frame<'b>(
        &self,
        block: &'b Block,
        frame: &'b Frame,
        notes: &mut Notes,
        keep: &mut impl FnMut(Admitted<'b>),
    ) -> Result<(), Vec<Placed>> {
        let bytes = block.bytes_of(frame);
        let (mapped, placing) = match &frame.content {
            Content::Broken { code, message } => {
                let violation = Violation::plain(*code, String::new(), message.clone());
                return Err(vec![Placed::at_start(frame, violation)]);
            }
            // The words of a page have no pointers to be found by.
            Content::Page(page) => (self.mapping.map_page(page), 0),
            Content::Json { last, names } => {
                let value = json::parse(bytes).map_err(|error| vec![syntax(bytes, frame, &error, *last)])?;
                let place = names.as_ref().map_or_else(Place::default, |names| Place {
                    key: names.key.as_deref(),
                    group: names.group.as_deref(),
                });
                (self.mapping.map(value, place), PLACING)
            }
        };
        self.note_fit(&mapped, bytes, &mut notes.fit);
        let placed = |found| self.place(bytes, frame, found, placing);
        let record = self.article(&mapped, &mut notes.changes).map_err(placed)?;
        if let Content::Page(page) = &frame.content {
            notes.drops.extend_from_slice(&page.drops);
        }
        keep(Admitted { record, position: block.position(frame), length: frame.length });
        Ok(())
    }

    fn article<'a>(
        &self,
        mapped: &Mapped<'a>,
        changes: &mut BTreeMap<(Changed, &'static str), u64>,
    ) -> Result<Record<'a>, Vec<Violation>> {
        if mapped.article.as_object().is_none() {
            let message = format!("expected an object, found {}", mapped.article.kind());
            return Err(vec![Violation::plain(Code::NotObject, String::new(), message)]);
        }
        let violations = self.schema.judge(&mapped.article);
        if !violations.is_empty() {
            return Err(violations);
        }
        let admission = admit(self.schema.columns(), self.extra, &mapped.article)?;
        for change in &mapped.changes {
            *changes.entry(*change).or_default() += 1;
        }
        if admission.dropped > 0 {
            *changes.entry((Changed::Named(crate::schema::EXTRA), "dropped")).or_default() += admission.dropped;
        }
        Ok(admission.record)
    }

    /// Notes whether the article lacks its text or id, and which members it had instead.
    fn note_fit(&self, mapped: &Mapped<'_>, bytes: &[u8], fit: &mut Fit) {
        let Some(article) = mapped.article.as_object() else { return };
        if article.get("text").and_then(Value::as_str).is_some_and(is_cut) {
            fit.cut += 1;
        }
        if fit.count(self.mapping.lacks(article))
            && let Ok(Value::Object(input)) = json::parse(bytes)
        {
            fit.saw(&input);
        }
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
    let message = text::one_line(&error.kind.to_string(), 200);
    let range = error.offset..(error.offset + 1).min(bytes.len()).max(error.offset);
    Placed::within(bytes, frame, range, Violation::plain(code, String::new(), message))
}
