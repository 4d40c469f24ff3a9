//! [`Bump`]: which number of a version goes up, and the policies that decide it.
//!
//! Two conventions for datasets disagree about what a correction and a new column are; a
//! dataset follows one of them. What changed is found out by [`crate::diff`].

use semver::Version;

/// Which number of a version goes up (Semantic Versioning 2.0.0); the greater one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// The third: something was mended.
    Patch,
    /// The second: something was added.
    Minor,
    /// The first: what readers relied on has changed.
    Major,
}

impl Bump {
    /// The version that follows `version` in this way.
    pub fn next(self, version: &Version) -> Version {
        match self {
            Self::Major => Version::new(version.major + 1, 0, 0),
            Self::Minor => Version::new(version.major, version.minor + 1, 0),
            Self::Patch => Version::new(version.major, version.minor, version.patch + 1),
        }
    }

    /// Which number it is, in one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
        }
    }
}

/// By which convention versions are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VersionPolicy {
    /// Croissant 1.1 (`MLCommons`), section on versions: whoever loads the old release again must
    /// find it in the new one, so a corrected value is major and a new column minor.
    #[default]
    Croissant,
    /// The Data Package recipe for versions (Frictionless): a corrected value is a patch, a new
    /// column is major.
    Datapackage,
}

/// What changed between two releases, as far as versions are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionCause {
    /// Records came.
    Added,
    /// Records went, or were taken back, or have another key.
    Removed,
    /// Values of records changed.
    Changed,
    /// Columns came.
    ColumnAdded,
    /// Columns went, or have another name, type or key.
    ColumnBroken,
    /// The schema's rules are stricter, or other ones.
    RuleTightened,
    /// The schema's rules allow more than before.
    RuleLoosened,
    /// The same records in other files, or described with other words.
    Packaging,
}

impl VersionPolicy {
    /// Its name in settings and reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Croissant => "croissant",
            Self::Datapackage => "datapackage",
        }
    }

    /// Which number goes up for this.
    pub(crate) fn bump(self, cause: VersionCause) -> Bump {
        match (cause, self) {
            (VersionCause::Removed | VersionCause::ColumnBroken | VersionCause::RuleTightened, _)
            | (VersionCause::Changed, Self::Croissant)
            | (VersionCause::ColumnAdded, Self::Datapackage) => Bump::Major,
            (VersionCause::Added | VersionCause::RuleLoosened, _) | (VersionCause::ColumnAdded, Self::Croissant) => {
                Bump::Minor
            }
            (VersionCause::Changed, Self::Datapackage) | (VersionCause::Packaging, _) => Bump::Patch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cause: VersionCause, croissant: Bump, datapackage: Bump) {
        assert_eq!(VersionPolicy::Croissant.bump(cause), croissant, "{cause:?}");
        assert_eq!(VersionPolicy::Datapackage.bump(cause), datapackage, "{cause:?}");
    }

    #[test]
    fn the_policies_differ_in_corrections_and_new_columns() {
        check(VersionCause::Added, Bump::Minor, Bump::Minor);
        check(VersionCause::Removed, Bump::Major, Bump::Major);
        check(VersionCause::Changed, Bump::Major, Bump::Patch);
        check(VersionCause::ColumnAdded, Bump::Minor, Bump::Major);
        check(VersionCause::ColumnBroken, Bump::Major, Bump::Major);
        check(VersionCause::RuleTightened, Bump::Major, Bump::Major);
        check(VersionCause::RuleLoosened, Bump::Minor, Bump::Minor);
        check(VersionCause::Packaging, Bump::Patch, Bump::Patch);
        assert!(Bump::Major > Bump::Minor && Bump::Minor > Bump::Patch);
    }
}
