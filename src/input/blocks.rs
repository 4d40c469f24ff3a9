//! Reading one source into blocks of framed articles, in constant memory.
//!
//! A block is about a megabyte of whole frames: large enough to be judged apart from the
//! others, small enough that many can wait. A line beyond the limit is passed over without
//! being held, and told as a frame of its own. Splitting text into JSON values or fields
//! happens later; here a line is a line because byte 0x0A ends it and for no other reason.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use super::decompress::decompress;
use super::pages::{self, Piece};
use super::position::Position;
use super::sources::Source;
use crate::code::Code;
use crate::digest::{Digest, Hashing};
use crate::error::Error;
use crate::filesystem;

/// How articles stand in a source.
#[derive(Debug, Clone)]
pub enum Framing {
    /// One JSON value a line (JSON Lines); blank lines are passed over.
    Lines,
    /// Text copied from news pages.
    Pages(pages::Rules),
}

/// What a reader may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How much is read before a block is cut, in bytes.
    pub block: usize,
    /// The longest line (or page dump) that is held, in bytes.
    pub line: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { block: 1 << 20, line: 64 << 20 }
    }
}

/// A run of whole frames.
#[derive(Debug)]
pub struct Block {
    /// The source's name.
    pub source: Arc<str>,
    /// The bytes that the frames lie in.
    pub bytes: Vec<u8>,
    /// The frames, in order.
    pub frames: Vec<Frame>,
}

impl Block {
    /// Where a frame of this block stands.
    pub fn position(&self, frame: &Frame) -> Position {
        Position { source: self.source.clone(), line: frame.line, byte: frame.byte }
    }

    /// The bytes of a frame of this block; empty if they were not held.
    pub fn bytes_of(&self, frame: &Frame) -> &[u8] {
        &self.bytes[frame.range.clone()]
    }
}

/// The place of one article.
#[derive(Debug)]
pub struct Frame {
    /// Its bytes within the block; empty if it was too long to be held.
    pub range: Range<usize>,
    /// Its first line in the source, from 1.
    pub line: u64,
    /// Its first byte in the source, from 0.
    pub byte: u64,
    /// How many bytes it has in the source.
    pub length: u64,
    /// What it holds.
    pub content: Content,
}

/// What a frame holds.
#[derive(Debug)]
pub enum Content {
    /// Bytes to be parsed as JSON.
    Json {
        /// The source ended here without a line end.
        last: bool,
    },
    /// An article in a page dump.
    Page(Box<pages::Page>),
    /// No article could be framed.
    Broken {
        /// Why.
        code: Code,
        /// Why, in words.
        message: String,
    },
}

/// What was read of a source in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Bytes as stored, before decompression.
    pub bytes: u64,
    /// SHA-256 of these bytes.
    pub sha256: Digest,
}

/// Reads sources into blocks.
#[derive(Debug, Clone)]
pub struct Blocks {
    framing: Framing,
    limits: Limits,
}

impl Blocks {
    /// A reader for sources that are framed this way.
    pub fn new(framing: Framing, limits: Limits) -> Self {
        Self { framing, limits }
    }

    /// Reads one source to its end and hands each block to `sink`, in order.
    ///
    /// # Errors
    /// An unreadable file, damaged compression, or the first error of `sink`.
    pub fn read(&self, source: &Source, sink: &mut dyn FnMut(Block) -> Result<(), Error>) -> Result<Tally, Error> {
        let file: Box<dyn Read + Send> = match &source.path {
            Some(path) => Box::new(filesystem::open(path)?),
            None => Box::new(io::stdin()),
        };
        let mut stored = Hashing::new(file);
        let mut cutter = Cutter { source: source.name.clone(), limits: self.limits, line: 1, byte: 0 };
        let mut read = |cutter: &mut Cutter, stored: &mut Hashing<_>| {
            let mut content = decompress(stored)?;
            match &self.framing {
                Framing::Lines => cutter.lines(&mut content, sink),
                Framing::Pages(rules) => cutter.pages(&mut content, rules, sink),
            }
        };
        let damaged = |byte: u64, error: &io::Error| Error::DamagedInput {
            name: source.name.to_string(),
            byte,
            message: error.to_string(),
        };
        match read(&mut cutter, &mut stored) {
            Ok(()) => {}
            Err(Failure::Read(error)) => return Err(damaged(cutter.byte, &error)),
            Err(Failure::Sink(error)) => return Err(error),
        }
        io::copy(&mut stored, &mut io::sink()).map_err(|error| damaged(cutter.byte, &error))?;
        let (_file, bytes, sha256) = stored.finish();
        Ok(Tally { bytes, sha256 })
    }
}

enum Failure {
    Read(io::Error),
    Sink(Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// Cuts the content of one source into blocks and knows how far it got.
struct Cutter {
    source: Arc<str>,
    limits: Limits,
    line: u64,
    byte: u64,
}

type Sink<'s> = &'s mut dyn FnMut(Block) -> Result<(), Error>;

impl Cutter {
    fn lines(&mut self, content: &mut dyn Read, sink: Sink<'_>) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        let mut first = true;
        loop {
            let wanted = self.limits.block.max(bytes.len());
            let ended = fill(content, &mut bytes, wanted)? < wanted;
            if std::mem::take(&mut first) && bytes.starts_with(BOM) {
                bytes.drain(..BOM.len());
                self.byte += BOM.len() as u64;
            }
            if ended {
                self.emit_lines(bytes, true, sink)?;
                return Ok(());
            }
            match memchr::memrchr(b'\n', &bytes) {
                Some(newline) => {
                    let rest = bytes.split_off(newline + 1);
                    self.emit_lines(std::mem::replace(&mut bytes, rest), false, sink)?;
                }
                None if bytes.len() > self.limits.line => bytes = self.skip_line(content, bytes, sink)?,
                None => {}
            }
        }
    }

    /// Emits a block of whole lines; the last may lack its line end if the source ended there.
    fn emit_lines(&mut self, bytes: Vec<u8>, last: bool, sink: Sink<'_>) -> Result<(), Failure> {
        let mut frames = Vec::new();
        let mut start = 0;
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map(|length| start + length);
            let (stop, next) = end.map_or((bytes.len(), bytes.len()), |end| (end, end + 1));
            if !bytes[start..stop].iter().all(u8::is_ascii_whitespace) {
                let content = if stop - start > self.limits.line {
                    self.too_long()
                } else {
                    Content::Json { last: last && end.is_none() }
                };
                frames.push(Frame {
                    range: start..stop,
                    line: self.line,
                    byte: self.byte + start as u64,
                    length: (stop - start) as u64,
                    content,
                });
            }
            self.line += u64::from(end.is_some());
            start = next;
        }
        self.byte += bytes.len() as u64;
        emit(Block { source: self.source.clone(), bytes, frames }, sink)
    }

    /// Passes over a line that is beyond the limit. Returns what was read after it.
    fn skip_line(&mut self, content: &mut dyn Read, mut bytes: Vec<u8>, sink: Sink<'_>) -> Result<Vec<u8>, Failure> {
        let (line, byte) = (self.line, self.byte);
        let mut length = bytes.len() as u64;
        loop {
            bytes.clear();
            let read = fill(content, &mut bytes, self.limits.block)?;
            let newline = memchr::memchr(b'\n', &bytes);
            length += newline.unwrap_or(read) as u64;
            if newline.is_none() && read == self.limits.block {
                continue;
            }
            let rest = newline.map_or_else(Vec::new, |newline| bytes.split_off(newline + 1));
            self.byte += length + u64::from(newline.is_some());
            self.line += u64::from(newline.is_some());
            let frame = Frame { range: 0..0, line, byte, length, content: self.too_long() };
            emit(Block { source: self.source.clone(), bytes: Vec::new(), frames: vec![frame] }, sink)?;
            return Ok(rest);
        }
    }

    fn too_long(&self) -> Content {
        let message = format!("longer than {} bytes", self.limits.line);
        Content::Broken { code: Code::LineTooLong, message }
    }

    fn pages(&mut self, content: &mut dyn Read, rules: &pages::Rules, sink: Sink<'_>) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        let too_long = fill(content, &mut bytes, self.limits.line + 1)? > self.limits.line;
        let broken = match std::str::from_utf8(&bytes) {
            _ if too_long => Some(self.too_long()),
            Err(error) => {
                let message = format!("byte {} is not UTF-8", error.valid_up_to());
                Some(Content::Broken { code: Code::Utf8, message })
            }
            Ok(_) => None,
        };
        let frames = match (broken, std::str::from_utf8(&bytes)) {
            (None, Ok(text)) => pages::split(text, rules).into_iter().map(page_frame).collect(),
            (broken, _) => broken
                .into_iter()
                .map(|content| Frame { range: 0..bytes.len(), line: 1, byte: 0, length: bytes.len() as u64, content })
                .collect(),
        };
        self.byte = bytes.len() as u64;
        if too_long {
            io::copy(content, &mut io::sink())?;
        }
        emit(Block { source: self.source.clone(), bytes, frames }, sink)
    }
}

fn page_frame(piece: Piece) -> Frame {
    let (lines, bytes, content) = match piece {
        Piece::Page(page) => (page.lines, page.bytes.clone(), Content::Page(Box::new(page))),
        Piece::Unsplit { lines, bytes, reason } => {
            (lines, bytes, Content::Broken { code: Code::PageUnsplit, message: reason.to_string() })
        }
    };
    let (byte, length) = (bytes.start as u64, bytes.len() as u64);
    Frame { range: bytes, line: lines.first, byte, length, content }
}

fn emit(block: Block, sink: Sink<'_>) -> Result<(), Failure> {
    if block.frames.is_empty() { Ok(()) } else { sink(block).map_err(Failure::Sink) }
}

/// The UTF-8 byte order mark.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Reads up to `wanted` more bytes; fewer only at the end of the content.
fn fill(content: &mut dyn Read, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
    content.take(wanted as u64).read_to_end(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames `text` with tiny blocks and prints `line@byte+length` and the content of each frame.
    fn frames(text: &str, block: usize, line: usize) -> String {
        let mut cutter = Cutter { source: "in".into(), limits: Limits { block, line }, line: 1, byte: 0 };
        let mut out = Vec::new();
        let mut sink = |block: Block| {
            for frame in &block.frames {
                let bytes = String::from_utf8_lossy(block.bytes_of(frame)).into_owned();
                let what = match &frame.content {
                    Content::Json { last } => format!("{bytes:?}{}", if *last { " last" } else { "" }),
                    Content::Broken { code, .. } => code.to_string(),
                    Content::Page(_) => "page".into(),
                };
                out.push(format!("{}@{}+{} {what}", frame.line, frame.byte, frame.length));
            }
            Ok(())
        };
        assert!(cutter.lines(&mut text.as_bytes(), &mut sink).is_ok());
        out.join("; ")
    }

    #[track_caller]
    fn check(text: &str, want: &str) {
        for block in [1, 2, 3, 7, 64] {
            assert_eq!(frames(text, block, 8), want, "in blocks of {block}");
        }
    }

    #[test]
    fn lines_are_framed_whatever_the_block_size() {
        check("", "");
        check("ab\ncd\n", "1@0+2 \"ab\"; 2@3+2 \"cd\"");
        check("ab\r\n\n \ncd", "1@0+3 \"ab\\r\"; 4@7+2 \"cd\" last");
        check("\u{2028}\n", "1@0+3 \"\\u{2028}\"");
        check("\u{85}a\nb\n", "1@0+3 \"\u{85}a\"; 2@4+1 \"b\"".replace('\u{85}', "\\u{85}").as_str());
    }

    #[test]
    fn a_line_beyond_the_limit_is_told_and_the_next_ones_arrive() {
        let text = "a\n0123456789012345678901234567890123456789\nb\n";
        for block in [1, 2, 3, 7, 16] {
            let got = frames(text, block, 8);
            assert_eq!(got, "1@0+1 \"a\"; 2@2+40 F-LINE-TOO-LONG; 3@43+1 \"b\"", "in blocks of {block}");
        }
        assert_eq!(frames("0123456789", 2, 8), "1@0+10 F-LINE-TOO-LONG");
    }

    #[test]
    fn a_byte_order_mark_is_no_content() {
        assert_eq!(frames("\u{feff}ab\n", 64, 8), "1@3+2 \"ab\"");
    }
}
