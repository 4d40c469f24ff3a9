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
use crate::input::{Block, Content, Frame, Position};
use crate::json::{self, SyntaxError, SyntaxErrorKind};
use crate::mapping::{Mapped, Preset};
use crate::record::{Record, admit};
use crate::reject::{Placed, Reject};
use crate::schema::{Extra, Schema, Violation};
use crate::text;

pub use log::RejectLog;
pub use survey::{InputRead, Read, Survey, survey};

/// How many bytes may be searched to place the violations of one article.
const PLACING: usize = 64 << 20;

/// Judges articles for one dataset.
#[derive(Debug)]
pub struct Judge<'s> {
    schema: &'s Schema,
    preset: Preset,
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
    pub normalised: BTreeMap<(&'static str, &'static str), u64>,
}

/// A record on its way out of judging.
#[derive(Debug)]
pub struct Admitted<'a> {
    /// The record.
    pub record: &'a Record<'a>,
    /// Where its article stood.
    pub position: Position,
    /// How many bytes the article had there.
    pub length: u64,
}

impl<'s> Judge<'s> {
    /// A judge by this schema, for articles of this source.
    pub fn new(schema: &'s Schema, preset: Preset, extra: Extra) -> Self {
        Self { schema, preset, extra }
    }

    /// Judges the articles of a block. Each record is handed to `keep`, in order.
    pub fn block(&self, block: &Block, mut keep: impl FnMut(Admitted<'_>)) -> Judged {
        let mut normalised = BTreeMap::new();
        let mut rejects = Vec::new();
        for frame in &block.frames {
            if let Err(violations) = self.frame(block, frame, &mut normalised, &mut keep) {
                let raw = (!frame.range.is_empty()).then(|| block.bytes_of(frame));
                rejects.push(Reject::new(block.position(frame), frame.length, raw, violations));
            }
        }
        Judged { source: block.source.clone(), articles: block.frames.len() as u64, rejects, normalised }
    }

    fn frame(
        &self,
        block: &Block,
        frame: &Frame,
        normalised: &mut BTreeMap<(&'static str, &'static str), u64>,
        keep: &mut impl FnMut(Admitted<'_>),
    ) -> Result<(), Vec<Placed>> {
        let bytes = block.bytes_of(frame);
        let (mapped, placing) = match &frame.content {
            Content::Broken { code, message } => {
                let violation = Violation::plain(*code, String::new(), message.clone());
                return Err(vec![Placed::at_start(frame, violation)]);
            }
            // The words of a page have no pointers to be found by.
            Content::Page(page) => (self.preset.map_page(page), 0),
            Content::Json { last } => {
                let value = json::parse(bytes).map_err(|error| vec![syntax(bytes, frame, &error, *last)])?;
                (self.preset.map(value), PLACING)
            }
        };
        let record = self.article(&mapped, normalised).map_err(|found| place(bytes, frame, found, placing))?;
        keep(Admitted { record: &record, position: block.position(frame), length: frame.length });
        Ok(())
    }

    fn article<'a>(
        &self,
        mapped: &Mapped<'a>,
        normalised: &mut BTreeMap<(&'static str, &'static str), u64>,
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
        for change in &mapped.normalised {
            *normalised.entry(*change).or_default() += 1;
        }
        if admission.dropped > 0 {
            *normalised.entry((crate::schema::EXTRA, "dropped")).or_default() += admission.dropped;
        }
        Ok(admission.record)
    }
}

/// Violations with their places in the input, as long as finding them stays within `budget`. A
/// pointer that leads nowhere (the mapping made the value) stands for the article.
fn place(bytes: &[u8], frame: &Frame, violations: Vec<Violation>, mut budget: usize) -> Vec<Placed> {
    let place = |violation: Violation| {
        if budget < bytes.len() {
            return Placed::at_start(frame, violation);
        }
        budget -= bytes.len();
        let range = match violation.code {
            Code::Additional => json::locate_name(bytes, &violation.pointer),
            _ => json::locate(bytes, &violation.pointer),
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
