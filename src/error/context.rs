//! What an [`Error`] says beyond its message: its causes, the line at fault and its code. Hints are in
//! [`hint`](super::hint).

use std::io;
use std::path::Path;

use super::{Error, Excerpt};
use crate::code::Code;

impl Error {
    /// The error for a version that another process has published.
    pub(crate) fn version_taken(version: &semver::Version) -> Self {
        let message = "it already exists".to_owned();
        Self::Commit { version: version.clone(), message, hint: "a release never changes; publish another version" }
    }

    /// An I/O error with its action and path.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }

    /// What the system said, where it is known, without the path that its reader has named already.
    pub(crate) fn cause(&self) -> String {
        match self {
            Self::Io { source, .. } => source.to_string(),
            other => other.to_string(),
        }
    }

    /// The error and what caused it, in one line.
    pub fn with_causes(&self) -> String {
        let first: &dyn std::error::Error = self;
        let causes = std::iter::successors(Some(first), |error| error.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }

    /// The line of the file at fault, where it is known.
    pub fn excerpt(&self) -> Option<&Excerpt> {
        match self {
            Self::Dataset { excerpt, .. } | Self::Mapping { excerpt, .. } => excerpt.as_deref(),
            _ => None,
        }
    }

    /// The code that `pressmark explain` describes, if there is one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Schema { code, .. } => Some(*code),
            Self::NoArticles { .. } => Some(Code::NoArticles),
            _ => None,
        }
    }
}
