//! Rejects: the stored account of every article that was kept out, and the file they go to.
//!
//! One JSON object a line, compressed with zstd (`schema/FORMAT.md`,
//! `schema/reject.schema.json`): where the article stood, its bytes as they were, and every rule
//! it broke. [`RejectFile`] writes them. A reject file belongs to the producer and is never part
//! of a release.

mod wire;

use std::io::{BufWriter, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::code::Code;
use crate::error::Error;
use crate::input::{Frame, Position};
use crate::schema::Violation;
use crate::storage::filesystem::{self, Handle, StagedFile};
use crate::text;

pub use wire::{Stored, StoredError};

/// The largest article whose bytes are stored; of larger ones the place is told alone.
const MAX_RAW_BYTES: usize = 1 << 20;
/// How many violations are stored of one article.
const MAX_VIOLATIONS: usize = 100;
/// The longest pointer that is stored, in bytes; of a longer one its beginning, which leads to a value
/// around the one at fault. With the two limits above it keeps a line below the longest article
/// that `retry` reads, 64 MiB, whatever is escaped in it.
const MAX_POINTER_BYTES: usize = 16 << 10;

/// An article that was kept out.
#[derive(Debug, Clone)]
pub struct Reject {
    /// Where it stood.
    pub position: Position,
    /// How many bytes it had there.
    pub length: u64,
    /// Its bytes; `None` if they were too many to be held.
    pub raw: Option<Vec<u8>>,
    /// The rules it broke, at most a hundred.
    pub violations: Vec<Placed>,
    /// How many rules it broke, counted up to [`crate::schema::MAX_LISTED`].
    pub violations_total: u64,
}

/// A violation and where it stands in the input.
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
    /// How many bytes the faulty value has; 0 where no one value is at fault.
    pub length: usize,
}

impl Placed {
    /// A violation of the article as a whole, or of one that has no place of its own.
    pub fn at_start(frame: &Frame, violation: Violation) -> Self {
        Self { violation, line: frame.line, column: frame.column, byte: frame.byte, length: 0 }
    }

    /// A violation at a range of the article's bytes.
    pub fn within(bytes: &[u8], frame: &Frame, range: Range<usize>, violation: Violation) -> Self {
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
    /// An account of the article at `position`. Violations are cut to what is stored.
    pub fn new(position: Position, length: u64, raw: Option<&[u8]>, mut violations: Vec<Placed>) -> Self {
        let violations_total = violations.len() as u64;
        violations.truncate(MAX_VIOLATIONS);
        for Placed { violation, .. } in &mut violations {
            [&mut violation.pointer, &mut violation.schema].into_iter().for_each(cut_pointer);
        }
        let raw = raw.filter(|raw| raw.len() <= MAX_RAW_BYTES).map(<[u8]>::to_vec);
        Self { position, length, raw, violations, violations_total }
    }

    /// The code that it is counted under: that of its first violation.
    pub fn code(&self) -> Option<Code> {
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

/// A reject file in the making. It stands under another name until it is published, and is gone
/// without a trace if it is not.
#[derive(Debug)]
pub struct RejectFile {
    target: PathBuf,
    staged: StagedFile,
    encoder: Encoder,
}

/// An encoder over the staged file.
struct Encoder(zstd::Encoder<'static, BufWriter<Handle>>);

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encoder")
    }
}

impl RejectFile {
    /// Starts a file that will be `target`; until then it lies in the folder `beside`. its name
    /// starts with `prefix`.
    pub fn create(target: PathBuf, beside: &Path, prefix: &str) -> Result<Self, Error> {
        let refuse = |source| Error::io("create a file in", beside, source);
        let (staged, file) = filesystem::stage_file(beside, prefix)?;
        let encoder = zstd::Encoder::new(BufWriter::new(file), 3).map_err(refuse)?;
        Ok(Self { target, staged, encoder: Encoder(encoder) })
    }

    /// Adds a reject.
    pub fn write(&mut self, reject: &Reject) -> Result<(), Error> {
        let line = wire::write(reject);
        self.encoder.0.write_all(&line).map_err(|source| Error::io("write", &self.target, source))
    }

    /// Has it published elsewhere.
    pub fn retarget(&mut self, target: &Path) {
        target.clone_into(&mut self.target);
    }

    /// Ends the file, waits until it is on the disk and gives it its name, in the place of an
    /// earlier one.
    pub fn publish(self) -> Result<PathBuf, Error> {
        let Self { target, staged, encoder } = self;
        let refuse = |source| Error::io("write", &target, source);
        let buffered = encoder.0.finish().map_err(refuse)?;
        let file = buffered.into_inner().map_err(|error| refuse(error.into_error()))?;
        filesystem::create_folder(filesystem::folder_of(&target))?;
        filesystem::publish_file((staged, file), &target)?;
        Ok(target)
    }
}
