//! [`SignatureFault`]: a release cannot be signed, or signers cannot be read. A bad signature is a finding, not an error.

use std::path::PathBuf;

/// What keeps signatures from being made or checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureFault {
    /// A file of allowed signers cannot be used.
    #[error("`{}`{}: {message}", path.display(), line.map(|line| format!(" line {line}")).unwrap_or_default())]
    Signers {
        /// The file.
        path: PathBuf,
        /// The line, from 1, where it is known.
        line: Option<u64>,
        /// What is wrong with it.
        message: String,
    },
    /// A release cannot be signed.
    #[error("cannot sign `{}`: {message}", release.display())]
    NotSigned {
        /// The folder of the release.
        release: PathBuf,
        /// Why.
        message: String,
        /// The way out.
        hint: String,
    },
}

impl SignatureFault {
    /// The way out.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Signers { .. } => {
                "each line is `PRINCIPALS [OPTIONS] KEYTYPE KEY`; see ALLOWED SIGNERS in `man ssh-keygen`".to_owned()
            }
            Self::NotSigned { hint, .. } => hint.clone(),
        }
    }
}
