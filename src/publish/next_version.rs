//! Which version a build makes, which release it follows, and whether the version says enough
//! of what changed since.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use semver::Version;

use crate::diff::{DiffReport, described, schema_line};
use crate::error::{Error, Understatement};
use crate::filesystem;
use crate::release::{Bump, MANIFEST, Release, VersionPolicy, releases};
use crate::text::one_line;

/// How many lines of what changed a refusal quotes.
const LINES: usize = 16;

/// The version that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionChoice {
    /// This one.
    Exact(Version),
    /// The one that follows the newest release in this way.
    Next(Bump),
    /// The one that what changed since the newest release asks for.
    Auto,
    /// `1.0.0` if it is the first.
    First,
}

/// The release that a build is to make.
#[derive(Debug)]
pub(super) struct NextVersion {
    /// The version; the smallest that is possible, if what changed is to decide.
    pub(super) version: Version,
    /// Whether what changed is to decide.
    pub(super) auto: bool,
    /// The release before.
    pub(super) previous: Option<Release>,
    /// The folder of a release of that version, if there is one already.
    pub(super) existing: Option<PathBuf>,
}

/// Decides the version, as far as it can be known before anything is read, from what stands in
/// `folder`.
pub(super) fn next(folder: &Path, choice: &VersionChoice) -> Result<NextVersion, Error> {
    let releases = releases(folder)?;
    for (_, path) in &releases {
        if !filesystem::exists(&path.join(MANIFEST))? {
            let message = format!("its name is a version, but it has no {MANIFEST}; repair or remove it");
            return Err(Error::NoRelease { path: path.clone(), message });
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
    let existing = releases.iter().find(|(other, _)| *other == version).map(|(_, folder)| folder.clone());
    if let (None, Some(newest)) = (&existing, newest)
        && version < *newest
    {
        return Err(Error::VersionOrder { version, newest: newest.clone() });
    }
    let previous = releases.iter().rev().find(|(other, _)| *other < version);
    let previous = previous.map(|(_, folder)| Release::open_intact(folder)).transpose()?;
    Ok(NextVersion { version, auto: *choice == VersionChoice::Auto, previous, existing })
}

/// Refuses a day before that of the release before: readers go by it, as they go by the version.
pub(super) fn check_day(released: Date, previous: Option<&Release>) -> Result<(), Error> {
    let Some(previous) = previous.map(Release::manifest).filter(|previous| released < previous.released) else {
        return Ok(());
    };
    let (version, day) = (previous.version.clone(), previous.released);
    Err(Error::DateOrder { released, previous: version, previous_released: day })
}

/// The version that follows `previous` as these changes ask for; none if nothing changed.
pub(super) fn asked_for(previous: &Version, changes: &DiffReport, policy: VersionPolicy) -> Option<Version> {
    changes.bump(policy).map(|bump| bump.next(previous))
}

/// Refuses a version that says less than what changed since `previous`.
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
    let told = counted.chain(changes.schema.iter().map(schema_line)).map(|line| one_line(&line, 200));
    let what: Vec<String> = told.take(LINES).collect();
    Err(Error::VersionUnderstates(Box::new(Understatement {
        version: version.clone(),
        previous: previous.clone(),
        needed: needed.next(previous),
        policy: policy.name(),
        changes: what.join("; "),
    })))
}

/// Which number went up from one version to a later one.
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
