//! Judging: a block of framed articles into records and rejects.
//!
//! This is one stage that needs nothing but its slice: any block can be judged alone, in any
//! order, on any machine. What happens to the records is decided by whoever asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;

use crate::code::Code;
use crate::digest::Digest;
use crate::input::{Block, Content, Frame, Position};
use crate::json::{self, SyntaxError, SyntaxErrorKind};
use crate::mapping::{Mapped, Preset};
use crate::record::{BatchBuilder, Order, RecordHash, admit, canonical_form, key_text};
use crate::reject::{Placed, Reject};
use crate::schema::{Extra, Schema, Violation};
use crate::text;

/// Judges articles for one dataset.
#[derive(Debug)]
pub struct Judge<'s> {
    schema: &'s Schema,
    preset: Preset,
    extra: Extra,
    order: &'s Order,
}

/// What came of one block.
#[derive(Debug)]
pub struct Judged {
    /// The name of the source.
    pub source: Arc<str>,
    /// How many articles were judged.
    pub articles: u64,
    /// The records.
    pub batch: RecordBatch,
    /// What is known of each record, in the order of the batch.
    pub entries: Vec<Entry>,
    /// The articles that were kept out.
    pub rejects: Vec<Reject>,
    /// What was changed before validation: field, rule, count.
    pub normalised: BTreeMap<(&'static str, &'static str), u64>,
}

/// What is known of a record beside its columns.
#[derive(Debug, Clone)]
pub struct Entry {
    /// SHA-256 of its key's text.
    pub key: Digest,
    /// Its record hash.
    pub hash: RecordHash,
    /// The length of its canonical form in bytes.
    pub bytes: u64,
    /// Where its article stood.
    pub position: Position,
    /// How many bytes the article had there.
    pub length: u64,
}

impl<'s> Judge<'s> {
    /// A judge by this schema, for articles of this source.
    pub fn new(schema: &'s Schema, preset: Preset, extra: Extra, order: &'s Order) -> Self {
        Self { schema, preset, extra, order }
    }

    /// Judges the articles of a block.
    pub fn judge(&self, block: &Block) -> Judged {
        let mut bench = Bench {
            judge: self,
            builder: BatchBuilder::new(self.schema.columns()),
            canonical: Vec::new(),
            entries: Vec::new(),
            normalised: BTreeMap::new(),
        };
        let mut rejects = Vec::new();
        for frame in &block.frames {
            if let Err(violations) = bench.frame(block, frame) {
                let raw = (!frame.range.is_empty()).then(|| block.bytes_of(frame));
                rejects.push(Reject::new(block.position(frame), frame.length, raw, violations));
            }
        }
        Judged {
            source: block.source.clone(),
            articles: block.frames.len() as u64,
            batch: bench.builder.finish(),
            entries: bench.entries,
            rejects,
            normalised: bench.normalised,
        }
    }
}

/// The work on one block.
struct Bench<'j, 's> {
    judge: &'j Judge<'s>,
    builder: BatchBuilder,
    canonical: Vec<u8>,
    entries: Vec<Entry>,
    normalised: BTreeMap<(&'static str, &'static str), u64>,
}

impl Bench<'_, '_> {
    fn frame(&mut self, block: &Block, frame: &Frame) -> Result<(), Vec<Placed>> {
        let bytes = block.bytes_of(frame);
        match &frame.content {
            Content::Broken { code, message } => Err(vec![at_start(frame, *code, message.clone())]),
            Content::Page(page) => {
                let mapped = self.judge.preset.map_page(page);
                let place = |violation| Placed { violation, line: frame.line, column: 1 };
                self.article(block, frame, &mapped).map_err(|found| found.into_iter().map(place).collect())
            }
            Content::Json { last } => {
                let value = json::parse(bytes).map_err(|error| vec![syntax(bytes, frame, &error, *last)])?;
                let mapped = self.judge.preset.map(value);
                self.article(block, frame, &mapped)
                    .map_err(|found| found.into_iter().map(|violation| place(bytes, frame, violation)).collect())
            }
        }
    }

    fn article(&mut self, block: &Block, frame: &Frame, mapped: &Mapped<'_>) -> Result<(), Vec<Violation>> {
        let Judge { schema, extra, order, .. } = self.judge;
        if mapped.article.as_object().is_none() {
            let message = format!("expected an object, found {}", mapped.article.kind());
            let (pointer, schema) = (String::new(), String::new());
            return Err(vec![Violation { code: Code::NotObject, pointer, schema, message }]);
        }
        let violations = schema.judge(&mapped.article);
        if !violations.is_empty() {
            return Err(violations);
        }
        let admission = admit(schema.columns(), *extra, &mapped.article)?;
        self.canonical.clear();
        canonical_form(schema.columns(), &admission.record, &mut self.canonical);
        let hash = RecordHash::new(Digest::of(&self.canonical));
        let key = key_text(&admission.record.cells()[order.key()]).unwrap_or_default();
        self.builder.append(&admission.record, &hash);
        self.entries.push(Entry {
            key: Digest::of(key.as_bytes()),
            hash,
            bytes: self.canonical.len() as u64,
            position: block.position(frame),
            length: frame.length,
        });
        for change in &mapped.normalised {
            *self.normalised.entry(*change).or_default() += 1;
        }
        if admission.dropped > 0 {
            *self.normalised.entry((crate::schema::EXTRA, "dropped")).or_default() += admission.dropped;
        }
        Ok(())
    }
}

/// A violation with its place in the input. A pointer that leads nowhere (the mapping made the
/// value) stands for the article.
fn place(bytes: &[u8], frame: &Frame, violation: Violation) -> Placed {
    let start = json::locate(bytes, &violation.pointer).map_or(0, |range| range.start);
    at(bytes, frame, start, violation)
}

fn at(bytes: &[u8], frame: &Frame, offset: usize, violation: Violation) -> Placed {
    let (line, column) = text::line_and_column(bytes, offset);
    Placed { violation, line: frame.line + line as u64 - 1, column: column as u64 }
}

fn at_start(frame: &Frame, code: Code, message: String) -> Placed {
    let violation = Violation { code, pointer: String::new(), schema: String::new(), message };
    Placed { violation, line: frame.line, column: 1 }
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
    at(bytes, frame, error.offset, Violation { code, pointer: String::new(), schema: String::new(), message })
}
