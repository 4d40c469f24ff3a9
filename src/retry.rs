//! `retry`: judges the articles of reject files again, after the schema or mapping was mended.
//!
//! Articles that now pass are handed on as they stood in their source, ready to be built from;
//! the others are reported with their first places, as if they had been read there again.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::code::Code;
use crate::error::Error;
use crate::input::{Anything, Block, Content, Frame, Framing, Limits, Position, Reader, Source, resolve};
use crate::mapping::Mapping;
use crate::progress::NoProgress;
use crate::reject::{Placed, Reject, Stored};
use crate::schema::{Extra, InvalidOptional, Schema, Violation};
use crate::validate::{RejectSink, Validator};

/// What to judge again.
#[derive(Debug)]
pub struct RetryOptions {
    /// Paths and patterns of reject files, relative to the working folder.
    pub rejects: Vec<String>,
    /// The schema that judges now.
    pub schema: Schema,
    /// What the articles look like.
    pub mapping: Mapping,
    /// Whether the mapping was given; else a preset that fits the articles clearly better takes its place.
    pub is_given: bool,
    /// What becomes of members that the schema does not declare.
    pub extra: Extra,
    /// What becomes of invalid values of optional members.
    pub invalid_optional: InvalidOptional,
    /// Where those are written to that are rejected again, if they are.
    pub again: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug)]
pub struct RetryReport {
    /// How many articles were judged.
    pub validated: u64,
    /// How many of them pass now.
    pub passed: u64,
    /// How many could not be judged, because the file holds their place and not their bytes.
    pub not_stored: u64,
    /// How many were good by themselves and share their key with others, which no judging changes.
    pub in_conflict: u64,
    /// Why the others do not.
    pub rejects: RejectSink,
}

/// Judges every article of the reject files again and writes those that pass to `out`.
///
/// # Errors
/// A file that cannot be read or is no reject file, an output that cannot be written, or invalid values
/// that are to move to an `_extra` that is not there.
pub fn retry(options: &RetryOptions, out: &mut dyn Write) -> Result<RetryReport, Error> {
    options.schema.check_invalid_optional(options.invalid_optional, options.extra)?;
    let sources = resolve(Path::new(""), Path::new(""), &options.rejects)?;
    let rejects = match &options.again {
        None => RejectSink::new(),
        Some(target) => RejectSink::to_file(target, &sources)?,
    };
    let mapping = mapping(options, &sources)?;
    let mut again = Retry {
        validator: Validator::new(&options.schema, &mapping, options.extra).moving(options.invalid_optional),
        framing: mapping.framing(),
        report: RetryReport { validated: 0, passed: 0, not_stored: 0, in_conflict: 0, rejects },
        out,
    };
    let reader = Reader::new(Framing::Lines, Limits::default());
    for source in sources {
        let path = source.path.clone().unwrap_or_else(|| "standard input".into());
        reader.read(&source, &Anything, &NoProgress, &mut |block| {
            for frame in &block.frames {
                let fail = |message: String| Error::NoRejects { path: path.clone(), line: frame.line, message };
                if let Content::Broken { message, .. } = &frame.content {
                    return Err(fail(message.clone()));
                }
                let stored = Stored::parse(block.bytes_of(frame)).map_err(|error| fail(error.to_string()))?;
                again.validate(stored)?;
            }
            Ok(())
        })?;
    }
    again.report.rejects.publish()?;
    Ok(again.report)
}

/// The given mapping, or the one that fits the stored articles.
fn mapping(options: &RetryOptions, sources: &[Source]) -> Result<Mapping, Error> {
    let mut articles = Vec::new();
    let reader = Reader::new(Framing::Lines, Limits::default());
    for source in sources.iter().filter(|source| !options.is_given && source.path.is_some()) {
        reader.peek(source, &Anything, |block| {
            let stored = block.frames.iter().filter_map(|frame| Stored::parse(block.bytes_of(frame)).ok());
            articles.extend(stored.filter(|stored| !stored.is_record).filter_map(|stored| stored.raw));
            Err(Error::Stopped)
        })?;
    }
    Ok(options.mapping.clone().fitted_to(options.is_given, articles)?.mapping)
}

struct Retry<'r> {
    validator: Validator<'r>,
    framing: Framing,
    report: RetryReport,
    out: &'r mut dyn Write,
}

impl Retry<'_> {
    fn validate(&mut self, stored: Stored) -> Result<(), Error> {
        if stored.is_record {
            self.report.in_conflict += 1;
            return self.report.rejects.add(&in_conflict(&stored));
        }
        let Some(block) = self.block(stored) else {
            self.report.not_stored += 1;
            return Ok(());
        };
        let mut passed = 0;
        let validated = self.validator.validate(&block, |_| passed += 1);
        self.report.validated += validated.articles;
        self.report.passed += passed;
        validated.rejects.iter().try_for_each(|reject| self.report.rejects.add(reject))?;
        if validated.rejects.is_empty() {
            let written = self.write(&block.bytes);
            written.map_err(|source| Error::Io { action: "write to", path: "the output".into(), source })?;
        }
        Ok(())
    }

    /// A block with the article at its old place.
    fn block(&self, stored: Stored) -> Option<Block> {
        let bytes = stored.raw?;
        let content = match (&self.framing, str::from_utf8(&bytes)) {
            (Framing::Json | Framing::Lines, _) => Content::Json { last: false, names: None },
            (Framing::Pages(rules), Ok(text)) => match crate::input::pages::split(text, rules).pop() {
                Some(crate::input::pages::Piece::Page(page)) => Content::Page(Box::new(page)),
                Some(crate::input::pages::Piece::Unsplit { reason, .. }) => {
                    Content::Broken { code: Code::PageUnsplit, message: reason.to_string(), help: None }
                }
                None => Content::Broken { code: Code::PageUnsplit, message: "there is no text".to_owned(), help: None },
            },
            (Framing::Pages(_), Err(error)) => {
                Content::Broken { code: Code::Utf8, message: error.to_string(), help: None }
            }
        };
        let Stored { line, byte, length, .. } = stored;
        let frame = Frame { range: 0..bytes.len(), line, column: 1, byte, length, content };
        Some(Block { source: stored.source.into(), bytes, frames: vec![frame] })
    }

    /// JSON goes on one line: a line end in it can only stand between its values. Pages are
    /// parted by blank lines.
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self.framing {
            Framing::Json | Framing::Lines => {
                let line: Vec<u8> =
                    bytes.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect();
                self.out.write_all(line.trim_ascii())?;
                self.out.write_all(b"\n")
            }
            Framing::Pages(_) => {
                self.out.write_all(bytes)?;
                self.out.write_all(b"\n\n\n")
            }
        }
    }
}

/// A record that shares its key with others, rejected as it was.
fn in_conflict(stored: &Stored) -> Reject {
    let Stored { source, line, byte, length, raw, .. } = stored;
    let code = Code::DuplicateRecord;
    let violation = Violation::plain(code, String::new(), code.meaning().to_owned());
    let placed = Placed { violation, line: *line, column: 1, byte: *byte, length: 0 };
    let position = Position { source: source.as_str().into(), line: *line, byte: *byte };
    Reject::new(position, *length, raw.as_deref(), vec![placed])
}
