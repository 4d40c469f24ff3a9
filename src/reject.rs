//! Rejects: the stored account of every article that was kept out, and the file they go to.
//!
//! One JSON object a line, compressed with zstd, in the order of the input (`schema/FORMAT.md`,
//! `schema/reject.schema.json`): where the article stood, its bytes as they were, and every rule
//! it broke. A reject file belongs to the producer and is never part of a release.

mod wire;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::code::{Class, Code};
use crate::diagnostics::Diagnostics;
use crate::error::Error;
use crate::filesystem;
use crate::input::{Frame, Position};
use crate::schema::Violation;
use crate::text;

pub use wire::{Stored, StoredError};

/// The largest article whose bytes are stored; of larger ones the place is told alone.
const MAX_RAW_BYTES: usize = 1 << 20;
/// How many violations are stored of one article; the total is exact.
const MAX_VIOLATIONS: usize = 100;

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
    /// How many rules it broke.
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
        let raw = raw.filter(|raw| raw.len() <= MAX_RAW_BYTES).map(<[u8]>::to_vec);
        Self { position, length, raw, violations, violations_total }
    }

    /// The code that it is counted under: that of its first violation.
    pub fn code(&self) -> Option<Code> {
        self.violations.first().map(|placed| placed.violation.code)
    }
}

/// Counts rejects and their causes, and writes them all to a file. Nothing is created before
/// there is a reject.
pub struct RejectLog {
    path: Option<PathBuf>,
    encoder: Option<zstd::Encoder<'static, BufWriter<File>>>,
    counts: BTreeMap<Code, u64>,
    diagnostics: Diagnostics,
}

impl std::fmt::Debug for RejectLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RejectLog").field("path", &self.path).field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl RejectLog {
    /// A log whose file, if it is to have one, is `path`; it replaces the file of an earlier run.
    pub fn new(path: Option<PathBuf>) -> Self {
        Self { path, encoder: None, counts: BTreeMap::new(), diagnostics: Diagnostics::default() }
    }

    /// Adds a reject.
    pub fn add(&mut self, reject: &Reject) -> Result<(), Error> {
        if let Some(path) = &self.path {
            let encoder = match &mut self.encoder {
                Some(encoder) => encoder,
                None => self.encoder.insert(create(path)?),
            };
            encoder.write_all(&wire::write(reject)).map_err(|source| Error::io("write", path, source))?;
        }
        if let Some(code) = reject.code() {
            *self.counts.entry(code).or_default() += 1;
        }
        self.diagnostics.add(reject);
        Ok(())
    }

    /// Ends the file and waits until it is on the disk. More rejects cannot follow.
    pub fn finish(&mut self) -> Result<(), Error> {
        let (Some(encoder), Some(path)) = (self.encoder.take(), &self.path) else { return Ok(()) };
        let refuse = |source| Error::io("write", path, source);
        let buffered = encoder.finish().map_err(refuse)?;
        let file = buffered.into_inner().map_err(|error| refuse(error.into_error()))?;
        filesystem::sync(&file, path)
    }

    /// How many rejects there are.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How many rejects there are, by the code of their first violation.
    pub fn counts(&self) -> &BTreeMap<Code, u64> {
        &self.counts
    }

    /// Why articles were rejected.
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// Whether an input itself was damaged or no input at all, so that articles may be missing
    /// that nobody has seen.
    pub fn has_damage(&self) -> bool {
        self.counts.keys().any(|code| code.class() == Class::Input)
    }

    /// The file, if there are rejects.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref().filter(|_| self.total() > 0)
    }
}

fn create(path: &Path) -> Result<zstd::Encoder<'static, BufWriter<File>>, Error> {
    if let Some(folder) = path.parent() {
        filesystem::create_folder(folder)?;
    }
    let file = BufWriter::new(filesystem::create(path)?);
    zstd::Encoder::new(file, 3).map_err(|source| Error::io("write", path, source))
}
