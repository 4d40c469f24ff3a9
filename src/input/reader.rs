//! Reading one source into blocks of framed articles, in constant memory.

use std::io::{self, Cursor, Read};

use super::block::{Block, Content, Frame, Sink};
use super::decompress::{self, decompress};
use super::detect::{Container, Detected, detect};
use super::elements::Elements;
use super::lines::Lines;
use super::pages::{self, Piece};
use super::sources::Source;
use crate::code::Code;
use crate::digest::{Digest, Hashing};
use crate::error::Error;
use crate::filesystem;
use crate::progress::Progress;

/// How articles stand in a source.
#[derive(Debug, Clone)]
pub enum Framing {
    /// As JSON, in whatever container is found.
    Json,
    /// As text copied from news pages.
    Pages(pages::Rules),
}

/// What a reader may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How much is read before a block is cut, and how much is looked at to find the container,
    /// in bytes.
    pub block: usize,
    /// The longest article (or page dump) that is held, in bytes.
    pub article: usize,
    /// How much content one source may have, in bytes after decompression.
    pub content: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { block: 1 << 20, article: 64 << 20, content: u64::MAX }
    }
}

/// What was read of a source in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Bytes as stored, before decompression.
    pub bytes: u64,
    /// SHA-256 of these bytes, if it was asked for.
    pub sha256: Option<Digest>,
    /// How its articles stood.
    pub container: Container,
}

/// Reads sources into blocks.
#[derive(Debug, Clone)]
pub struct Reader {
    framing: Framing,
    limits: Limits,
    hash: bool,
}

/// Why reading stopped.
pub(super) enum Stop {
    /// The content could not be read further.
    Read(io::Error),
    /// Whoever takes the blocks wants no more.
    Sink(Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// How far reading got: the next line (from 1) and byte (from 0).
#[derive(Debug, Clone, Copy)]
pub(super) struct Offset {
    pub(super) line: u64,
    pub(super) byte: u64,
}

impl Reader {
    /// A reader for sources that are framed this way.
    pub fn new(framing: Framing, limits: Limits) -> Self {
        Self { framing, limits, hash: false }
    }

    /// The same reader, which also hashes what it reads.
    #[must_use]
    pub fn with_hash(self) -> Self {
        Self { hash: true, ..self }
    }

    /// Reads one source to its end and hands each block to `sink`, in order. Content that is
    /// damaged or no collection of articles ends in a frame that says so. What was read of what
    /// is stored is told to `progress`.
    ///
    /// # Errors
    /// A file that cannot be opened or read, or the first error of `sink`.
    pub fn read(&self, source: &Source, progress: &dyn Progress, sink: Sink<'_>) -> Result<Tally, Error> {
        let file: Box<dyn Read + Send> = match &source.path {
            Some(path) => Box::new(filesystem::read(path)?),
            None => Box::new(io::stdin()),
        };
        let file = Watched { inner: file, progress };
        let (stored, container) = if self.hash {
            let mut stored = Hashing::new(file);
            let container = self.stored(&mut stored, source, sink)?;
            let (_file, bytes, sha256) = stored.finish();
            ((bytes, Some(sha256)), container)
        } else {
            let mut stored = Counting { inner: file, bytes: 0 };
            let container = self.stored(&mut stored, source, sink)?;
            ((stored.bytes, None), container)
        };
        Ok(Tally { bytes: stored.0, sha256: stored.1, container })
    }

    /// Reads what is stored to its end, whatever becomes of its content.
    fn stored<R: Read + Send>(&self, stored: &mut R, source: &Source, sink: Sink<'_>) -> Result<Container, Error> {
        let path = source.path.clone().unwrap_or_else(|| "standard input".into());
        let unreadable = |error| Error::io("read", &path, error);
        let mut offset = Offset { line: 1, byte: 0 };
        let container = match self.content(stored, source, &mut offset, sink) {
            Ok(container) => container,
            Err((_, Stop::Sink(error))) => return Err(error),
            Err((container, Stop::Read(error))) => {
                let (code, message) = decompress::damage(&error).ok_or_else(|| unreadable(error))?;
                sink(fault(source, offset, code, message))?;
                container
            }
        };
        io::copy(stored, &mut io::sink()).map_err(unreadable)?;
        Ok(container)
    }

    fn content<R: Read + Send>(
        &self,
        stored: &mut R,
        source: &Source,
        offset: &mut Offset,
        sink: Sink<'_>,
    ) -> Result<Container, (Container, Stop)> {
        let empty = |error: io::Error| (Container::Empty, Stop::Read(error));
        let mut content = decompress(stored, self.limits.content).map_err(empty)?;
        let mut head = Vec::new();
        let (read, failure) = fill(&mut content, &mut head, self.limits.block);
        let whole = read < self.limits.block;
        let detected = detect(&head, whole, matches!(self.framing, Framing::Pages(_)));
        let Detected { container, skip, fault: found } = detected;
        if let Some((code, message)) = found {
            drop(content);
            return match sink(fault(source, *offset, code, message)) {
                Ok(()) => Ok(container),
                Err(error) => Err((container, Stop::Sink(error))),
            };
        }
        head.drain(..skip);
        offset.byte = skip as u64;
        // A failure while the head was read comes up again, after the head.
        let mut content = Cursor::new(head).chain(Failing(failure)).chain(content);
        let done = match (&container, &self.framing) {
            // Nothing to frame, but damage that hid what there was comes up here.
            (Container::Empty, _) => io::copy(&mut content, &mut io::sink()).map(drop).map_err(Stop::Read),
            (Container::Pages, Framing::Pages(rules)) => self.pages(source, &mut content, rules, offset, sink),
            (Container::Lines | Container::Pages, _) => {
                Lines::new(source.name.clone(), self.limits, offset).read(&mut content, sink)
            }
            (container, _) => {
                Elements::new(source.name.clone(), self.limits, offset, &mut content).read(container, sink)
            }
        };
        done.map(|()| container.clone()).map_err(|stop| (container, stop))
    }

    fn pages(
        &self,
        source: &Source,
        content: &mut dyn Read,
        rules: &pages::Rules,
        offset: &mut Offset,
        sink: Sink<'_>,
    ) -> Result<(), Stop> {
        let mut bytes = Vec::new();
        let (read, failure) = fill(content, &mut bytes, self.limits.article + 1);
        if let Some(error) = failure {
            return Err(error.into());
        }
        let whole = |content| {
            let length = bytes.len() as u64;
            vec![Frame { range: 0..bytes.len(), line: 1, column: 1, byte: offset.byte, length, content }]
        };
        let frames = match str::from_utf8(&bytes) {
            _ if read > self.limits.article => whole(too_long(self.limits.article)),
            Err(error) => {
                let message = format!("byte {} is not UTF-8", error.valid_up_to());
                whole(Content::Broken { code: Code::Utf8, message })
            }
            Ok(text) => pages::split(text, rules).into_iter().map(|piece| page_frame(piece, offset.byte)).collect(),
        };
        io::copy(content, &mut io::sink())?;
        sink(Block { source: source.name.clone(), bytes, frames }).map_err(Stop::Sink)
    }
}

fn page_frame(piece: Piece, start: u64) -> Frame {
    let (lines, range, content) = match piece {
        Piece::Page(page) => (page.lines, page.bytes.clone(), Content::Page(Box::new(page))),
        Piece::Unsplit { lines, bytes, reason } => {
            (lines, bytes, Content::Broken { code: Code::PageUnsplit, message: reason.to_string() })
        }
    };
    let (byte, length) = (start + range.start as u64, range.len() as u64);
    Frame { range, line: lines.first, column: 1, byte, length, content }
}

/// A frame for what is wrong with a source as a whole, or from some place on.
fn fault(source: &Source, offset: Offset, code: Code, message: String) -> Block {
    let content = Content::Broken { code, message };
    let frame = Frame { range: 0..0, line: offset.line, column: 1, byte: offset.byte, length: 0, content };
    Block { source: source.name.clone(), bytes: Vec::new(), frames: vec![frame] }
}

/// What is told of an article beyond the limit.
pub(super) fn too_long(limit: usize) -> Content {
    Content::Broken { code: Code::TooLong, message: format!("longer than {limit} bytes") }
}

/// Reads up to `wanted` more bytes. Fewer means that the content ended, or failed in the way
/// that is returned beside the count; what was read before a failure is kept.
pub(super) fn fill(content: &mut dyn Read, bytes: &mut Vec<u8>, wanted: usize) -> (usize, Option<io::Error>) {
    let before = bytes.len();
    let failure = content.take(wanted as u64).read_to_end(bytes).err();
    (bytes.len() - before, failure)
}

/// Counts the bytes that pass.
struct Counting<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Tells how far the reading of a stream is.
struct Watched<'w, R> {
    inner: R,
    progress: &'w dyn Progress,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.progress.advance(read as u64);
        Ok(read)
    }
}

/// A stream that fails once, if there is something to fail with.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
