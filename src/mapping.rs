//! From what a source writes to an article in the schema's shape, every change counted.
//!
//! A mapping renames, moves and derives; whether the result is an article the dataset wants is
//! the schema's to decide. Nothing is changed that the preset does not declare, and each change
//! is told as a field and a rule.

pub mod id;
mod pages;
mod preset;
pub mod url;

pub use preset::{Mapped, Preset, UnknownPreset};
