//! Rejects: the stored account of every article that was not admitted, and the file that holds them.
//!
//! A reject file has one JSON object per line (`schema/FORMAT.md`, `schema/reject.schema.json`) and is compressed as
//! its name says: the reject file of a build with zstd: the position of the article, its bytes and its violations. It belongs to
//! the producer and is never part of a release. This module does not decide what is rejected.

mod append;
mod wire;

use std::io::{self, BufWriter, IntoInnerError, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::code::Code;
use crate::error::Error;
use crate::input::{Frame, Position};
use crate::schema::Violation;
use crate::storage::filesystem::{self, Handle, StagedFile};
use crate::text;

pub use append::RejectAppender;
pub(crate) use wire::Stored;

/// The largest article whose bytes are stored, in bytes. Of a larger one only the position is stored.
const MAX_RAW_BYTES: usize = 1 << 20;
/// The most violations that are stored of one article.
const MAX_VIOLATIONS: usize = 100;
/// The longest pointer that is stored, in bytes. A longer one is cut to a pointer to an enclosing value.
/// With the two limits above, a line stays below the longest article that `retry` reads, 64 MiB, whatever
/// is escaped in it.
const MAX_POINTER_BYTES: usize = 16 << 10;

/// An article that was not admitted.
#[derive(Debug, Clone)]
pub struct Reject {
    /// Where it is in its source.
    pub position: Position,
    /// Its length there, in bytes.
    pub length: u64,
    /// Its bytes. `None` if it is too large to be stored.
    pub raw: Option<Vec<u8>>,
    /// Its violations, at most a hundred.
    pub violations: Vec<Placed>,
    /// The number of its violations, counted up to [`crate::schema::MAX_LISTED`].
    pub violations_total: u64,
}

/// A violation and where it is in the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// The violation.
    #[serde(flatten)]
    pub violation: Violation,
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1, in characters.
    pub column: u64,
    /// The offset in the source, from 0, in bytes.
    pub byte: u64,
    /// The length of the invalid value in bytes; 0 if no single value is invalid.
    pub length: usize,
}

impl Placed {
    /// A violation of the article as a whole, or one whose position is not known.
    pub(crate) fn at_start(frame: &Frame, violation: Violation) -> Self {
        Self { violation, line: frame.line, column: frame.column, byte: frame.byte, length: 0 }
    }

    /// A violation at a range of the article's bytes.
    pub(crate) fn within(bytes: &[u8], frame: &Frame, range: Range<usize>, violation: Violation) -> Self {
        let (line, column) = text::line_and_column(bytes, range.start);
        let before = if line == 1 { frame.column - 1 } else { 0 };
        Self {
            violation,
            line: frame.line + line as u64 - 1,
            column: before + column as u64,
            byte: frame.byte + range.start as u64,
            length: range.len(),
        }
    }
}

impl Reject {
    /// Creates the reject of the article at `position`. Drops violations beyond those that are stored.
    pub(crate) fn new(position: Position, length: u64, raw: Option<&[u8]>, mut violations: Vec<Placed>) -> Self {
        let violations_total = violations.len() as u64;
        violations.truncate(MAX_VIOLATIONS);
        for Placed { violation, .. } in &mut violations {
            [&mut violation.pointer, &mut violation.schema].into_iter().for_each(cut_pointer);
        }
        let raw = raw.filter(|raw| raw.len() <= MAX_RAW_BYTES).map(<[u8]>::to_vec);
        Self { position, length, raw, violations, violations_total }
    }

    /// Its line in a reject file (`schema/reject.schema.json`), with the line end.
    pub fn to_line(&self) -> Vec<u8> {
        wire::write(self)
    }

    /// The code under which it is counted: that of its first violation.
    pub(crate) fn code(&self) -> Option<Code> {
        self.violations.first().map(|placed| placed.violation.code)
    }
}

/// Cuts a JSON Pointer that is too long to one that leads to an enclosing value.
fn cut_pointer(pointer: &mut String) {
    if pointer.len() > MAX_POINTER_BYTES {
        let end = pointer.as_bytes()[..=MAX_POINTER_BYTES].iter().rposition(|byte| *byte == b'/');
        pointer.truncate(end.unwrap_or_default());
    }
}

/// A reject file that is being written. It has another name until it is published, and is removed if it is
/// dropped before.
#[derive(Debug)]
pub(crate) struct RejectFile {
    target: PathBuf,
    staged: StagedFile,
    encoder: Encoder,
}

/// The staged file, compressed as the name of the reject file says.
enum Encoder {
    Plain(BufWriter<Handle>),
    Gzip(flate2::write::GzEncoder<BufWriter<Handle>>),
    Zstd(zstd::Encoder<'static, BufWriter<Handle>>),
}

impl Encoder {
    fn new(target: &Path, file: Handle) -> io::Result<Self> {
        let file = BufWriter::new(file);
        let ending = target.extension().unwrap_or_default().to_ascii_lowercase();
        Ok(match ending.to_str() {
            Some("zst") => Self::Zstd(zstd::Encoder::new(file, 3)?),
            Some("gz") => Self::Gzip(flate2::write::GzEncoder::new(file, flate2::Compression::default())),
            _ => Self::Plain(file),
        })
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.write_all(line),
            Self::Gzip(file) => file.write_all(line),
            Self::Zstd(file) => file.write_all(line),
        }
    }

    fn finish(self) -> io::Result<Handle> {
        let file = match self {
            Self::Plain(file) => file,
            Self::Gzip(file) => file.finish()?,
            Self::Zstd(file) => file.finish()?,
        };
        file.into_inner().map_err(IntoInnerError::into_error)
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encoder")
    }
}

impl RejectFile {
    /// Creates the file in the folder `beside`, with a name that starts with `prefix`. Publishing moves it to
    /// `target`.
    pub(crate) fn create(target: PathBuf, beside: &Path, prefix: &str) -> Result<Self, Error> {
        let refuse = |source| Error::io("create a file in", beside, source);
        let (staged, file) = filesystem::stage_file(beside, prefix)?;
        let encoder = Encoder::new(&target, file).map_err(refuse)?;
        Ok(Self { target, staged, encoder })
    }

    /// Adds a reject.
    pub(crate) fn write(&mut self, reject: &Reject) -> Result<(), Error> {
        let line = wire::write(reject);
        self.encoder.write(&line).map_err(|source| Error::io("write", &self.target, source))
    }

    /// Changes the path under which it is published.
    pub(crate) fn retarget(&mut self, target: &Path) {
        target.clone_into(&mut self.target);
    }

    /// Syncs the file to disk and moves it to its path. Replaces an earlier file there.
    pub(crate) fn publish(self) -> Result<PathBuf, Error> {
        let Self { target, staged, encoder } = self;
        let refuse = |source| Error::io("write", &target, source);
        let file = encoder.finish().map_err(refuse)?;
        filesystem::create_folder(filesystem::folder_of(&target))?;
        filesystem::publish_file((staged, file), &target)?;
        Ok(target)
    }
}
