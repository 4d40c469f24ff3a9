//! Bytes into framed articles, each with its place: from files, patterns or standard input, as
//! JSON lines or page dumps, plain or compressed.
//!
//! A frame is where an article stands, not yet what it says: parsing is the next room's. What
//! cannot be framed (a line beyond the limit, a page without a confident split) is a frame too,
//! with the reason, so that it ends as a reject and not in silence.

mod blocks;
mod decompress;
pub mod pages;
mod position;
mod sources;

pub use blocks::{Block, Blocks, Content, Frame, Framing, Limits, Tally};
pub use position::Position;
pub use sources::{Source, resolve};
