//! How common errors are created, and what caused an [`Error`].

use std::io;
use std::path::Path;

use super::Error;

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
    pub(crate) fn with_causes(&self) -> String {
        let first: &dyn std::error::Error = self;
        let causes = std::iter::successors(Some(first), |error| error.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }
}
