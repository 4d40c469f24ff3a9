//! [`Format`]: the versions of the format of a release.
//!
//! A manifest and every part name their format. All of them are read, and the newest one is written.
//! `schema/FORMAT.md` describes the bytes of each.

use std::fmt;

use serde::{Serialize, Serializer};

/// The version of the format of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// `pressmark/1`: the manifest contains the lists of inputs and withdrawals.
    V1,
    /// `pressmark/2`: these lists are files of their own, and the release contains its metadata.
    V2,
}

impl Format {
    /// All formats, the oldest first.
    pub const ALL: [Self; 2] = [Self::V1, Self::V2];
    /// The format that is written.
    pub const NEWEST: Self = Self::V2;

    /// Its name in manifests and parts.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "pressmark/1",
            Self::V2 => "pressmark/2",
        }
    }

    /// The format with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The name of the settings of its parts, in the manifest.
    pub(crate) fn settings(self) -> &'static str {
        match self {
            Self::V1 => "parts/1",
            Self::V2 => "parts/2",
        }
    }

    /// The name of the settings of its files of metadata, in the manifest.
    pub(crate) fn metadata(self) -> Option<&'static str> {
        match self {
            Self::V1 => None,
            Self::V2 => Some("metadata/1"),
        }
    }

    /// The writer that the footer of its parts names. It depends on the format and not on the version of
    /// pressmark, so that a new version writes the same bytes.
    pub(super) fn created_by(self) -> &'static str {
        match self {
            Self::V1 => "pressmark version 1.0.0 (build pressmark/1)",
            Self::V2 => "pressmark version 2.0.0 (build pressmark/2)",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
