//! What a build is asked for, [`BuildOptions`], and what came of it, [`BuildReport`].

use std::path::PathBuf;

use jiff::civil::Date;
use semver::Version;

use super::{ChangelogLeft, DamagedFile, Memory, VersionChoice};
use crate::diff::DiffReport;
use crate::input::{Limits, Pointer};
use crate::release::Allowance;
use crate::validate::InputSummary;

/// What to build.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// Where the records come from.
    pub from: BuildInputs,
    /// Where articles are in the inputs, instead of where the dataset says.
    pub articles: Option<Vec<Pointer>>,
    /// Where releases go, instead of the dataset's folder.
    pub output: Option<PathBuf>,
    /// The release's version.
    pub version: VersionChoice,
    /// Whether the version may say less than what changed since the release before.
    pub allow_understated: bool,
    /// Whether records may come back that an earlier release took back.
    pub readmit: bool,
    /// The day of the release.
    pub released: Date,
    /// Whether the day may be before that of the release before.
    pub allow_backdated: bool,
    /// The user's cache folder, in which a build keeps what the next one need not validate again;
    /// none to keep and use nothing. It is trusted, so it must be closed to the writing of others.
    pub cache: Option<PathBuf>,
    /// How many articles may be rejected, instead of the dataset's own policy.
    pub max_rejects: Option<Allowance>,
    /// How much memory it may take.
    pub memory: Memory,
    /// How many threads work.
    pub threads: usize,
    /// What the reading may take.
    pub limits: Limits,
}

/// Where the records of a release come from. Paths and patterns are relative to the working
/// folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildInputs {
    /// The dataset's own inputs.
    Dataset,
    /// These inputs instead.
    Inputs(Vec<String>),
    /// A release, with changes.
    Base {
        /// The release's version.
        version: Version,
        /// The inputs whose records are put on top of it, each in the place of the one with its key.
        upsert: Vec<String>,
        /// A file that lists the records to be taken back.
        withdraw: Option<PathBuf>,
    },
}

/// What was built.
#[derive(Debug)]
pub struct BuildReport {
    /// What became of the release.
    pub outcome: Outcome,
    /// Its version.
    pub version: Version,
    /// What was read and what was kept out.
    pub read: InputSummary,
    /// How many records it has.
    pub records: u64,
    /// How many rejects were allowed.
    pub allowance: Allowance,
    /// How many identical repeats were left out.
    pub duplicates: u64,
    /// How many records gave way to a newer one with their key.
    pub superseded: u64,
    /// What changed since the release before, if there is one.
    pub changes: Option<DiffReport>,
    /// What came of putting records on top of a release, if that was done.
    pub put_on: Option<UpsertReport>,
    /// How many parts the release has, and how many of them stood in an earlier one already.
    pub parts: usize,
    /// See `parts`.
    pub reused: usize,
    /// The files of earlier releases that are not as they were published. Nothing was taken over from
    /// the release that they are in.
    pub damaged: Vec<DamagedFile>,
    /// The changelog, if the release has no entry there because the file had to be left alone.
    pub changelog_left: Option<ChangelogLeft>,
}

/// What came of putting records on top of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpsertReport {
    /// The release's version.
    pub version: Version,
    /// How many of its records were replaced.
    pub replaced: u64,
    /// How many of the new records stood there already.
    pub unchanged: u64,
    /// How many of its records were taken back.
    pub withdrawn: u64,
}

/// What became of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was published in this folder.
    Published(PathBuf),
    /// A release of this version and content stands there already.
    Unchanged(PathBuf),
    /// More articles were rejected than allowed, or no record was left; nothing was published.
    Refused,
}
