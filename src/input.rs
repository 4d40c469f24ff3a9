//! Bytes into framed articles, each with its place: from files, patterns or standard input, in
//! any of the containers that parsers write, plain or compressed.
//!
//! A frame is where an article stands, not yet what it says: parsing is the next room's. What
//! cannot be framed (a line beyond the limit, a page without a confident split, a file that
//! breaks off) is a frame too, with the reason, so that it ends as a reject and not in silence.
//!
//! [`Reader`] looks at the first bytes, then frames lines, the elements of a
//! JSON container, or pages, and hands them on in blocks. Where articles are in a JSON text, a
//! [`Selection`] says, or else what [`Recognise`] takes for an article.

mod block;
mod children;
mod container;
mod decompress;
mod detect;
mod elements;
mod envelope;
mod lines;
pub mod pages;
mod pointer;
mod position;
mod reader;
mod selection;
mod sources;
mod stream;

pub use block::{Block, Content, Frame, Names};
pub use container::{Container, Left, LeftOut};
pub use envelope::{Anything, Recognise};
pub use pointer::{Pointer, PointerError};
pub use position::Position;
pub use reader::{Framing, Limits, Reader, Tally};
pub use selection::{Condition, Selection, Skip};
pub(crate) use selection::{pointers, skips};
pub use sources::{Source, resolve};
