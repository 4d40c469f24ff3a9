//! Chooses the version of a build and its previous release, and checks that the version does not
//! understate the changes. It does not compare releases; [`crate::diff`] does.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use semver::Version;

use crate::diff::{DiffReport, described, schema_line};
use crate::error::{Error, Understatement};
use crate::release::{Bump, MANIFEST, Release, VersionPolicy, releases};
use crate::text::one_line;

/// The most changes that the error quotes.
const LINES: usize = 16;

/// The requested version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionChoice {
    /// This version.
    Exact(Version),
    /// The newest version, bumped in this way.
    Next(Bump),
    /// The newest version, bumped as the changes since it require.
    Auto,
    /// `1.0.0`, if there is no release yet.
    First,
}

/// The version that a build creates, and the releases beside it.
#[derive(Debug)]
pub(super) struct NextVersion {
    /// The version. If the changes decide, the smallest possible one.
    pub(super) version: Version,
    /// Whether the changes decide about the version.
    pub(super) auto: bool,
    /// The previous release, without the list of its inputs.
    pub(super) previous: Option<Release>,
    /// The folder of the release with this version, if it exists.
    pub(super) existing: Option<PathBuf>,
}

/// Chooses the version from the releases in `folder`, as far as possible before any input is read.
pub(super) fn next(folder: &Path, choice: &VersionChoice) -> Result<NextVersion, Error> {
    let releases = releases(folder)?;
    for (_, path) in &releases {
        if !path.join(MANIFEST).exists()? {
            let message = format!("its name is a version, but it has no {MANIFEST}; repair or remove it");
            return Err(Error::NoRelease { path: path.path(), message });
        }
    }
    let newest = releases.last().map(|(version, _)| version);
    let version = match (choice, newest) {
        (VersionChoice::Exact(version), _) if !version.build.is_empty() => {
            return Err(Error::VersionBuild { version: version.clone() });
        }
        (VersionChoice::Exact(version), _) => version.clone(),
        (VersionChoice::Next(bump), Some(newest)) => bump.next(newest),
        (VersionChoice::Auto, Some(newest)) => Bump::Patch.next(newest),
        (VersionChoice::First, Some(newest)) => return Err(Error::WhichVersion { newest: newest.clone() }),
        (VersionChoice::Next(_) | VersionChoice::Auto | VersionChoice::First, None) => Version::new(1, 0, 0),
    };
    let existing = releases.iter().find(|(other, _)| *other == version).map(|(_, folder)| folder.path());
    if let (None, Some(newest)) = (&existing, newest)
        && version < *newest
    {
        return Err(Error::VersionOrder { version, newest: newest.clone() });
    }
    let previous = releases.iter().rev().find(|(other, _)| *other < version);
    let previous = previous.map(|(_, folder)| Release::open_intact(folder)).transpose()?.map(Release::without_inputs);
    Ok(NextVersion { version, auto: *choice == VersionChoice::Auto, previous, existing })
}

/// Checks that the release date is not before that of the previous release. Readers rely on the dates to
/// have the order of the versions.
pub(super) fn check_date(released: Date, previous: Option<&Release>) -> Result<(), Error> {
    let Some(previous) = previous.map(Release::manifest).filter(|previous| released < previous.released) else {
        return Ok(());
    };
    let (version, date) = (previous.version.clone(), previous.released);
    Err(Error::DateOrder { released, previous: version, previous_released: date })
}

/// The version after `previous` that these changes require. `None` if nothing changed.
pub(super) fn asked_for(previous: &Version, changes: &DiffReport, policy: VersionPolicy) -> Option<Version> {
    changes.bump(policy).map(|bump| bump.next(previous))
}

/// Checks that the version does not understate the changes since `previous`.
pub(super) fn check(
    version: &Version,
    previous: &Version,
    changes: &DiffReport,
    policy: VersionPolicy,
) -> Result<(), Error> {
    let Some(needed) = changes.bump(policy) else { return Ok(()) };
    if step(previous, version) >= needed {
        return Ok(());
    }
    let counted = described(changes).into_iter().map(|line| line.text);
    let lines = counted.chain(changes.schema.iter().map(schema_line)).map(|line| one_line(&line, 200));
    let what: Vec<String> = lines.take(LINES).collect();
    Err(Error::VersionUnderstates(Box::new(Understatement {
        version: version.clone(),
        previous: previous.clone(),
        needed: needed.next(previous),
        policy: policy.name(),
        changes: what.join("; "),
    })))
}

/// The highest number that differs between a version and a later one.
fn step(from: &Version, to: &Version) -> Bump {
    if to.major > from.major {
        Bump::Major
    } else if to.minor > from.minor {
        Bump::Minor
    } else {
        Bump::Patch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_step(from: &str, to: &str, want: Bump) {
        assert_eq!(step(&from.parse().unwrap(), &to.parse().unwrap()), want, "{from} to {to}");
    }

    #[test]
    fn steps_between_versions() {
        check_step("1.2.3", "1.2.4", Bump::Patch);
        check_step("1.2.3", "1.3.0", Bump::Minor);
        check_step("1.2.3", "2.0.0-rc.1", Bump::Major);
        check_step("2.0.0-rc.1", "2.0.0", Bump::Patch);
        check_step("0.9.0", "0.10.0", Bump::Minor);
    }
}
