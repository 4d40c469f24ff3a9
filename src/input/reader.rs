//! Reading one source into blocks of framed articles, in constant memory.

mod peek;
mod plan;

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::block::{Block, Content, Frame, Sink};
use super::container::{Container, LeftOut, NOTHING};
use super::decompress::{self, decompress};
use super::detect::{self, Declared, Detected, Fault, Form};
use super::elements::{Elements, Route, from_lines};
use super::envelope::Recognise;
use super::lines::Lines;
use super::pages::{self, Piece};
use super::pointer::Pointer;
use super::sources::Source;
use crate::code::Code;
use crate::digest::{Digest, Hashing};
use crate::error::Error;
use crate::progress::Progress;
use crate::storage::filesystem;
use plan::{Head, Plan};

/// How articles are framed in a source.
#[derive(Debug, Clone)]
pub(crate) enum Framing {
    /// As JSON, in the container that is found.
    Json,
    /// As JSON Lines, even if the first line looks different.
    Lines,
    /// As text copied from news pages.
    Pages(pages::Rules),
}

/// The limits of a reader.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The size of a block, and of the beginning that decides the container, in bytes.
    pub block: usize,
    /// The longest article or page dump, in bytes.
    pub article: usize,
    /// The most content of one source, in bytes after decompression.
    pub content: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { block: 1 << 20, article: 64 << 20, content: u64::MAX }
    }
}

/// The result of reading a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The size as stored, before decompression, in bytes.
    pub bytes: u64,
    /// The SHA-256 of these bytes, if requested.
    pub sha256: Option<Digest>,
    /// The container of its articles.
    pub container: Container,
    left_out: Option<Box<LeftOut>>,
}

impl Tally {
    /// What the container has beside the articles.
    pub fn left_out(&self) -> &LeftOut {
        self.left_out.as_deref().unwrap_or(&NOTHING)
    }
}

/// Reads sources into blocks.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    framing: Framing,
    places: Vec<Pointer>,
    limits: Limits,
    hash: bool,
    /// What was read of standard input before.
    read_ahead: Arc<[u8]>,
}

/// Why reading stopped.
pub(super) enum Stop {
    /// The content could not be read further.
    Read(io::Error),
    /// The receiver of the blocks failed.
    Sink(Box<Error>),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// The position of the reader: the next line (from 1) and byte (from 0).
#[derive(Debug, Clone, Copy)]
pub(super) struct Offset {
    pub(super) line: u64,
    pub(super) byte: u64,
}

/// The state of reading one source.
struct State<'s> {
    source: &'s Source,
    recognise: &'s dyn Recognise,
    offset: Offset,
    left_out: LeftOut,
}

impl<'s> State<'s> {
    fn new(source: &'s Source, recognise: &'s dyn Recognise) -> Self {
        Self { source, recognise, offset: Offset { line: 1, byte: 0 }, left_out: LeftOut::default() }
    }
}

impl Reader {
    /// Creates a reader for sources with this framing.
    pub(crate) fn new(framing: Framing, limits: Limits) -> Self {
        Self { framing, places: Vec::new(), limits, hash: false, read_ahead: Arc::default() }
    }

    /// The same reader, with articles at these places of each JSON text. Without any, they are detected.
    #[must_use]
    pub(crate) fn with_places(self, places: &[Pointer]) -> Self {
        Self { places: places.to_vec(), ..self }
    }

    /// The same reader, which also hashes what it reads.
    #[must_use]
    pub(crate) fn with_hash(self) -> Self {
        Self { hash: true, ..self }
    }

    /// The same reader, for a standard input of which this was read before.
    #[must_use]
    pub(crate) fn after(self, read_ahead: Arc<[u8]>) -> Self {
        Self { read_ahead, ..self }
    }

    fn open(&self, source: &Source) -> Result<Box<dyn Read + Send>, Error> {
        Ok(match &source.path {
            Some(path) => Box::new(filesystem::read_input(path)?),
            None => Box::new(Cursor::new(self.read_ahead.clone()).chain(io::stdin())),
        })
    }

    /// Reads one source to its end and passes each block to `sink`, in order. Content that is damaged, or is
    /// not a collection of articles, gives a frame that says so. `recognise` decides whether an object is an
    /// article. `progress` gets how many stored bytes were read.
    ///
    /// # Errors
    /// A file that cannot be opened or read, the first error of `sink`, or [`Error::Cancelled`].
    pub(crate) fn read(
        &self,
        source: &Source,
        recognise: &dyn Recognise,
        progress: &dyn Progress,
        sink: Sink<'_>,
    ) -> Result<Tally, Error> {
        self.read_stream(source, self.open(source)?, recognise, progress, sink)
    }

    /// Reads a source like [`Reader::read`], from this stream of its bytes.
    ///
    /// # Errors
    /// A stream that fails, the first error of `sink`, or [`Error::Cancelled`].
    pub(crate) fn read_stream(
        &self,
        source: &Source,
        stream: impl Read + Send,
        recognise: &dyn Recognise,
        progress: &dyn Progress,
        sink: Sink<'_>,
    ) -> Result<Tally, Error> {
        let is_cancelled = AtomicBool::new(false);
        let file = Watched { inner: stream, progress, is_cancelled: &is_cancelled };
        let mut state = State::new(source, recognise);
        let (container, bytes, sha256) = if self.hash {
            let mut stored = Hashing::new(file);
            let container = self.stored(&mut stored, &mut state, sink);
            let (_file, bytes, sha256) = stored.finish();
            (container, bytes, Some(sha256))
        } else {
            let mut stored = Counting { inner: file, bytes: 0 };
            (self.stored(&mut stored, &mut state, sink), stored.bytes, None)
        };
        // Whatever the cancelled read looked like to the code between here and there.
        if is_cancelled.into_inner() {
            return Err(Error::Cancelled);
        }
        // Few sources have anything beside articles, and there may be very many sources.
        let left_out = Some(state.left_out).filter(|left_out| *left_out != LeftOut::default()).map(Box::new);
        Ok(Tally { bytes, sha256, container: container?, left_out })
    }

    /// Reads the stored bytes to their end, even if the content ends in a fault.
    fn stored<R: Read + Send>(
        &self,
        stored: &mut R,
        state: &mut State<'_>,
        sink: Sink<'_>,
    ) -> Result<Container, Error> {
        let path = state.source.path.clone().unwrap_or_else(|| "standard input".into());
        let unreadable = |error| Error::io("read", &path, error);
        let container = match self.content(stored, state, sink) {
            Ok(container) => container,
            Err((_, Stop::Sink(error))) => return Err(*error),
            Err((container, Stop::Read(error))) => {
                let (code, message) = decompress::damage(&error).ok_or_else(|| unreadable(error))?;
                sink(fault(state, Fault { code, message, help: None }))?;
                container
            }
        };
        io::copy(stored, &mut io::sink()).map_err(unreadable)?;
        Ok(container)
    }

    fn content<R: Read + Send>(
        &self,
        stored: &mut R,
        state: &mut State<'_>,
        sink: Sink<'_>,
    ) -> Result<Container, (Container, Stop)> {
        let empty = |error: io::Error| (Container::Empty, Stop::Read(error));
        let mut content = decompress(stored, self.limits.content).map_err(empty)?;
        let mut head = Head::default();
        head.fill(&mut content, self.limits.block);
        let Detected { skip, form } = detect::detect(&head.bytes, head.whole, self.declared(state.source));
        head.bytes.drain(..skip);
        state.offset.byte = skip as u64;
        let plan = match form {
            Err(found) => Err((Container::Unknown, fault(state, found))),
            Ok(form) => self.plan(form, &mut head, &mut content, state),
        };
        match plan {
            Err((container, block)) => {
                drop(content);
                sink(block).map_err(|error| (container.clone(), Stop::Sink(Box::new(error))))?;
                Ok(container)
            }
            Ok(plan) => {
                // A failure while the head was read is reported after the head.
                let mut content = Failing(head.failure).chain(content);
                let done = self.frame(&plan, head.bytes, &mut content, state, sink);
                let container = plan.container();
                done.map(|()| container.clone()).map_err(|stop| (container, stop))
            }
        }
    }

    fn declared(&self, source: &Source) -> Declared {
        match &self.framing {
            Framing::Pages(_) => Declared::Pages,
            Framing::Lines => Declared::Lines,
            Framing::Json if source.path.as_deref().is_some_and(detect::names_lines) => Declared::Lines,
            Framing::Json => Declared::No,
        }
    }

    fn frame(
        &self,
        plan: &Plan,
        head: Vec<u8>,
        content: &mut dyn Read,
        state: &mut State<'_>,
        sink: Sink<'_>,
    ) -> Result<(), Stop> {
        let name = state.source.name.clone();
        let Plan { form, places, watched, .. } = plan;
        // Lines go on from what was read already, which may be long; it must not be held twice.
        if matches!(form, Form::Lines) {
            let State { left_out, offset, .. } = state;
            let mut walk = |block| sink(if places.is_empty() { block } else { from_lines(&block, places, left_out) });
            return Lines::new(name, self.limits, offset).read(head, content, &mut walk);
        }
        let mut content = Cursor::new(head).chain(content);
        let content = &mut content;
        match (form, &self.framing) {
            // There is nothing to frame, but damage is reported here.
            (Form::Empty, _) => io::copy(content, &mut io::sink()).map(drop).map_err(Stop::Read),
            (Form::Pages, Framing::Pages(rules)) => self.pages(&name, content, rules, state.offset, sink),
            (form, _) => {
                let elements = Elements::new(name, self.limits, &mut state.offset, content);
                match form {
                    _ if !places.is_empty() => {
                        let progress = watched.then_some(state.recognise);
                        elements.follow(&mut Route { places, progress, left_out: &mut state.left_out }, sink)
                    }
                    Form::Array => elements.array(sink),
                    _ => elements.values(sink),
                }
            }
        }
    }

    fn pages(
        &self,
        source: &Arc<str>,
        content: &mut dyn Read,
        rules: &pages::Rules,
        offset: Offset,
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
                whole(Content::Broken { code: Code::Utf8, message, help: None })
            }
            Ok(text) => pages::split(text, rules).into_iter().map(|piece| page_frame(piece, offset.byte)).collect(),
        };
        io::copy(content, &mut io::sink())?;
        sink(Block { source: source.clone(), bytes, frames }).map_err(|error| Stop::Sink(Box::new(error)))
    }
}

fn page_frame(piece: Piece, start: u64) -> Frame {
    let (lines, range, content) = match piece {
        Piece::Page(page) => (page.lines, page.bytes.clone(), Content::Page(Box::new(page))),
        Piece::Unsplit { lines, bytes, reason } => {
            (lines, bytes, Content::Broken { code: Code::PageUnsplit, message: reason.to_string(), help: None })
        }
    };
    let (byte, length) = (start + range.start as u64, range.len() as u64);
    Frame { range, line: lines.first, column: 1, byte, length, content }
}

/// A frame for a fault of a source as a whole, or from some place on.
fn fault(state: &State<'_>, Fault { code, message, help }: Fault) -> Block {
    let Offset { line, byte } = state.offset;
    let content = Content::Broken { code, message, help };
    let frame = Frame { range: 0..0, line, column: 1, byte, length: 0, content };
    Block { source: state.source.name.clone(), bytes: Vec::new(), frames: vec![frame] }
}

/// The content of a frame for an article over the limit.
pub(super) fn too_long(limit: usize) -> Content {
    Content::Broken { code: Code::TooLong, message: format!("longer than {limit} bytes"), help: None }
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

/// Reports how far a stream has been read. Once `progress` cancels, every read fails.
struct Watched<'w, R> {
    inner: R,
    progress: &'w dyn Progress,
    is_cancelled: &'w AtomicBool,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if self.progress.advance(read as u64).is_break() {
            self.is_cancelled.store(true, Ordering::Relaxed);
        }
        if self.is_cancelled.load(Ordering::Relaxed) { Err(io::Error::other("cancelled")) } else { Ok(read) }
    }
}

/// A stream that fails once, if there is an error.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
