//! Bytes into framed articles, each with its place: from files, patterns or standard input, in
//! any of the containers that parsers write, plain or compressed.
//!
//! A frame is where an article stands, not yet what it says: parsing is the next room's. What
//! cannot be framed (a line beyond the limit, a page without a confident split, a file that
//! breaks off) is a frame too, with the reason, so that it ends as a reject and not in silence.
//!
//! [`Reader`] looks at the first bytes, then frames lines, the elements of a
//! JSON container, or pages, and hands them on in blocks.

mod block;
mod decompress;
mod detect;
mod elements;
mod lines;
pub mod pages;
mod position;
mod reader;
mod sources;
mod stream;

pub use block::{Block, Content, Frame, Names};
pub use detect::Container;
pub use position::Position;
pub use reader::{Framing, Limits, Reader, Tally};
pub use sources::{Source, resolve};
