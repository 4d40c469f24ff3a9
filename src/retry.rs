//! `retry`: validates the articles of reject files again, after the schema or the mapping was changed.
//!
//! Articles that pass are written as they were in their source, ready for a build. The others are reported
//! with their positions in that source. Nothing is published.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::code::Code;
use crate::error::Error;
use crate::input::{Anything, Block, Content, Frame, Framing, Limits, Position, Reader, Source, resolve};
use crate::mapping::Mapping;
use crate::progress::{Progress, Stage};
use crate::reject::{Placed, Reject, Stored};
use crate::release::check_target;
use crate::schema::{Extra, InvalidOptional, Schema, Violation};
use crate::storage::filesystem::{self, UNFINISHED};
use crate::validate::{ArticleValidator, RejectSink, article_content};

/// What to validate again.
#[derive(Debug)]
pub struct RetryOptions {
    /// Paths and patterns of reject files, relative to the working directory.
    pub rejects: Vec<String>,
    /// The schema to validate against.
    pub schema: Schema,
    /// Converts the articles to the schema.
    pub mapping: Mapping,
    /// Whether the mapping was given. Otherwise a preset that fits the articles clearly better replaces it.
    pub is_given: bool,
    /// What to do with members that the schema does not declare.
    pub extra: Extra,
    /// What to do with invalid values of optional members.
    pub invalid_optional: InvalidOptional,
    /// The file for articles that are rejected again, if any.
    pub again: Option<PathBuf>,
    /// How many examples of each cause are reported.
    pub examples: usize,
}

/// The result of a retry.
#[derive(Debug, serde::Serialize)]
pub struct RetryReport {
    /// How many articles were validated.
    pub validated: u64,
    /// How many of them passed.
    pub passed: u64,
    /// How many could not be validated, because the reject file has their position but not their bytes.
    pub not_stored: u64,
    /// How many are valid but share their key with other articles.
    pub in_conflict: u64,
    /// Why the others were rejected.
    pub rejects: RejectSink,
}

/// Validates every article of the reject files again and writes those that pass to `out`.
///
/// # Errors
/// A file that cannot be read or is not a reject file, an output that cannot be written, invalid values
/// that are to move to an `_extra` that does not exist, or [`Error::Cancelled`].
pub fn retry(options: &RetryOptions, out: &mut dyn Write, progress: &dyn Progress) -> Result<RetryReport, Error> {
    options.schema.check_invalid_optional(options.invalid_optional, options.extra)?;
    let sources = resolve(Path::new(""), Path::new(""), &options.rejects)?;
    let rejects = match &options.again {
        None => RejectSink::new(),
        Some(target) => RejectSink::to_file(target, &sources)?,
    };
    let rejects = rejects.keeping(options.examples);
    let mapping = mapping(options, &sources)?;
    let mut again = Retry {
        validator: ArticleValidator::new(&options.schema, &mapping, options.extra)
            .with_invalid_optional(options.invalid_optional),
        framing: mapping.framing(),
        report: RetryReport { validated: 0, passed: 0, not_stored: 0, in_conflict: 0, rejects },
        out,
    };
    let reader = Reader::new(Framing::Lines, Limits::default());
    progress.start(Stage::Read, sources.iter().map(Source::bytes).sum());
    for source in sources {
        let path = source.path.clone().unwrap_or_else(|| "standard input".into());
        reader.read(&source, &Anything, progress, &mut |block| {
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

/// Writes the articles that pass to the file `target`, which appears completely or not at all and replaces an
/// earlier one. If no article passes, nothing is written. A device or pipe is written to directly.
///
/// # Errors
/// Those of [`retry`] and of `check_target`.
pub fn retry_to_file(options: &RetryOptions, target: &Path, progress: &dyn Progress) -> Result<RetryReport, Error> {
    let unwritable = |source| Error::io("write to", target, source);
    if target.exists() && !target.is_file() && !target.is_dir() {
        return retry(options, &mut filesystem::open_device(target)?, progress);
    }
    let real = &filesystem::behind_links(target)?;
    let sources = resolve(Path::new(""), Path::new(""), &options.rejects)?;
    check_target(real, sources.iter().filter_map(|source| source.path.as_deref()))?;
    let (staged, file) = filesystem::stage_file(filesystem::folder_of(real), UNFINISHED)?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let report = retry(options, &mut out, progress)?;
    let file = out.into_inner().map_err(|error| unwritable(error.into_error()))?;
    if report.passed > 0 {
        filesystem::publish_file((staged, file), real)?;
    }
    Ok(report)
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

/// Whether a file starts with a line of a reject file.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn holds_rejects(source: &Source) -> Result<bool, Error> {
    let is_file = source.path.as_deref().map(filesystem::is_file).transpose()?;
    let mut found = false;
    if is_file == Some(true) {
        Reader::new(Framing::Lines, Limits::default()).peek(source, &Anything, |block| {
            found = block.frames.first().is_some_and(|frame| Stored::parse(block.bytes_of(frame)).is_ok());
            Err(Error::Stopped)
        })?;
    }
    Ok(found)
}

struct Retry<'r> {
    validator: ArticleValidator<'r>,
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

    /// A block with the article at its position in the source.
    fn block(&self, stored: Stored) -> Option<Block> {
        let bytes = stored.raw?;
        let content = article_content(&self.framing, &bytes);
        let Stored { line, byte, length, .. } = stored;
        let frame = Frame { range: 0..bytes.len(), line, column: 1, byte, length, content };
        Some(Block { source: stored.source.into(), bytes, frames: vec![frame] })
    }

    /// Writes JSON on one line: a line end can only be between its values. Pages are separated by blank
    /// lines.
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
