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
            Self::Io { source, .. } => said(source),
            other => other.to_string(),
        }
    }

    /// The error and what caused it, in one line.
    pub(crate) fn with_causes(&self) -> String {
        let first: &dyn std::error::Error = self;
        let causes = std::iter::successors(Some(first), |error| error.source());
        causes.map(said).collect::<Vec<_>>().join(": ")
    }
}

/// What a message says of others that it does not name.
pub(super) fn and_more(more: usize) -> String {
    if more == 0 { String::new() } else { format!(", and {more} more") }
}

/// What an error or one of its causes says, in plain words: the system's own have numbers in them.
pub(crate) fn said(error: &(dyn std::error::Error + 'static)) -> String {
    let Some(system) = error.downcast_ref::<io::Error>() else { return error.to_string() };
    let plain = match system.kind() {
        io::ErrorKind::NotFound => "no such file or folder",
        io::ErrorKind::PermissionDenied => "permission denied",
        io::ErrorKind::AlreadyExists => "it already exists",
        io::ErrorKind::NotADirectory => "a part of the path is a file, not a folder",
        io::ErrorKind::IsADirectory => "it is a folder",
        io::ErrorKind::StorageFull => "no space is left on the disk",
        io::ErrorKind::QuotaExceeded => "the disk quota is used up",
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only",
        io::ErrorKind::FileTooLarge => "the file is too large for the file system",
        io::ErrorKind::InvalidFilename => "the name is too long or has characters that are not allowed",
        io::ErrorKind::UnexpectedEof => "the file ends too early",
        _ => return without_number(&system.to_string()),
    };
    // A message of our own says more than its kind.
    system.get_ref().map_or_else(|| plain.to_owned(), ToString::to_string)
}

/// A message of the system without its number: `Input/output error (os error 5)`.
fn without_number(message: &str) -> String {
    message.split(" (os error ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_speaks_plainly() {
        let check = |error: io::Error, want: &str| assert_eq!(said(&error), want);
        check(io::ErrorKind::NotFound.into(), "no such file or folder");
        check(io::ErrorKind::UnexpectedEof.into(), "the file ends too early");
        check(io::Error::other("it is a link"), "it is a link");
        #[cfg(unix)]
        {
            check(io::Error::from_raw_os_error(2), "no such file or folder");
            check(io::Error::from_raw_os_error(13), "permission denied");
            check(io::Error::from_raw_os_error(28), "no space is left on the disk");
            check(io::Error::from_raw_os_error(5), "Input/output error");
        }
    }
}
