//! Finds articles in bytes: from files, patterns or standard input, in any container that parsers write,
//! plain or compressed.
//!
//! A frame is the place of an article; it is not parsed here. What cannot be framed (a line over the limit,
//! a page that cannot be split reliably, a truncated file) becomes a frame with the reason, so it is
//! reported as a reject.
//!
//! `Reader` looks at the first bytes, then frames lines, the elements of a JSON container, or pages, and
//! passes them on in blocks. A [`Selection`] says where articles are in a JSON text; without one,
//! `Recognise` decides what is an article.

mod block;
mod children;
mod container;
mod decompress;
mod detect;
mod elements;
mod envelope;
mod lines;
pub(crate) mod pages;
mod pointer;
mod position;
mod reader;
mod selection;
mod sources;
mod stream;

pub(crate) use block::{Block, Content, Frame, Names};
pub use container::{Container, Left, LeftOut};
pub(crate) use envelope::{Anything, Recognise};
pub use pointer::{Pointer, PointerError};
pub use position::Position;
pub(crate) use reader::{Framing, Reader};
pub use reader::{Limits, Tally};
pub use selection::{Condition, Selection, Skip};
pub(crate) use selection::{pointers, skips};
pub(crate) use sources::{Source, resolve};
