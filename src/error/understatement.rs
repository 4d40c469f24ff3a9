//! [`Understatement`]: a version that is too small. Which version is large enough is not decided here.

/// A version bump that is too small for the changes since the previous release.
#[derive(Debug, thiserror::Error)]
#[error(
    "{version} is too small a bump: by the policy `{policy}`, the changes since {previous} need {needed}: {changes}"
)]
pub struct Understatement {
    /// The version that was asked for.
    pub version: semver::Version,
    /// The previous release.
    pub previous: semver::Version,
    /// The smallest sufficient version.
    pub needed: semver::Version,
    /// The policy.
    pub policy: &'static str,
    /// What changed, in one line.
    pub changes: String,
}
