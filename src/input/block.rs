//! [`Block`]: a run of whole frames, large enough to be judged apart from the others and small
//! enough that several can wait.

use std::ops::Range;
use std::sync::Arc;

use super::pages::Page;
use super::position::Position;
use crate::code::Code;
use crate::error::Error;

/// A run of whole frames of one source.
#[derive(Debug)]
pub(crate) struct Block {
    /// The source's name.
    pub source: Arc<str>,
    /// The bytes that the frames lie in.
    pub bytes: Vec<u8>,
    /// The frames, in order.
    pub frames: Vec<Frame>,
}

impl Block {
    /// Where a frame of this block stands.
    pub(crate) fn position(&self, frame: &Frame) -> Position {
        Position { source: self.source.clone(), line: frame.line, byte: frame.byte }
    }

    /// The bytes of a frame of this block; empty if they were not held.
    pub(crate) fn bytes_of(&self, frame: &Frame) -> &[u8] {
        &self.bytes[frame.range.clone()]
    }
}

/// The place of one article.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Its bytes within the block; empty if they were not held.
    pub range: Range<usize>,
    /// Its first line in the source, from 1.
    pub line: u64,
    /// The column of its first byte on that line, from 1, in characters.
    pub column: u64,
    /// Its first byte in the source, from 0.
    pub byte: u64,
    /// How many bytes it has in the source.
    pub length: u64,
    /// What it holds.
    pub content: Content,
}

/// What a frame holds.
#[derive(Debug)]
pub(crate) enum Content {
    /// Bytes to be parsed as JSON.
    Json {
        /// The source ended here without a line end.
        last: bool,
        /// The names that its container holds it under, if there are any.
        names: Option<Box<Names>>,
    },
    /// An article in a page dump.
    Page(Box<Page>),
    /// No article could be framed.
    Broken {
        /// Why.
        code: Code,
        /// Why, in words.
        message: String,
        /// The way out, where there is one to name.
        help: Option<String>,
    },
}

impl Content {
    /// Whether it is JSON whose meaning nothing around it takes part in.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self, Self::Json { names: None, .. })
    }
}

/// The names under which a container holds an article.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// The article's own, in an object of articles.
    pub key: Option<String>,
    /// Its list's, in an object of lists.
    pub group: Option<Arc<str>>,
}

/// Takes the blocks of a source, in order.
pub(super) type Sink<'s> = &'s mut dyn FnMut(Block) -> Result<(), Error>;
