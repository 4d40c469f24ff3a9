//! [`Position`]: where an article stands in the input.

use std::fmt;
use std::sync::Arc;

/// Where an article stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The input's name: a path relative to the dataset, or `-` for standard input.
    pub source: Arc<str>,
    /// The line of its first byte, from 1.
    pub line: u64,
    /// The offset of its first byte in the (decompressed) input, from 0.
    pub byte: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source, self.line)
    }
}
