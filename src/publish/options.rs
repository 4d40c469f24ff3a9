//! The options of a build, [`BuildOptions`], and its result, [`BuildReport`]. Neither reads nor writes files.

use std::path::PathBuf;

use jiff::civil::Date;
use semver::Version;

use super::{DamagedFile, DatasetCard, KeyConflicts, LeftFile, Memory, VersionChoice};
use crate::diagnostics::EXAMPLES;
use crate::diff::DiffReport;
use crate::input::{Limits, Pointer};
use crate::metadata::Remark;
use crate::release::{Allowance, Format};
use crate::validate::InputSummary;

/// What to build.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate permission")]
pub struct BuildOptions {
    /// Where the records come from.
    pub from: BuildInputs,
    /// Where articles are in the inputs. Overrides the dataset.
    pub articles: Option<Vec<Pointer>>,
    /// The folder for releases, instead of the dataset's folder.
    pub output: Option<PathBuf>,
    /// The release's version.
    pub version: VersionChoice,
    /// Whether the version may understate the changes since the previous release.
    pub allow_understated: bool,
    /// Whether the release may have records that an earlier release withdrew.
    pub readmit: bool,
    /// The release date.
    pub released: Date,
    /// Whether the date may be before that of the previous release.
    pub allow_backdated: bool,
    /// The folder of the validation cache. `None` turns the cache off. A build trusts the cache, so other
    /// users must not be able to write to the folder.
    pub cache: Option<PathBuf>,
    /// How many articles may be rejected. Overrides the policy of the dataset.
    pub max_rejects: Option<Allowance>,
    /// Whether the build stops before it publishes. It writes no release, no rejects and no cache.
    pub dry_run: bool,
    /// How many examples of each cause of rejects are reported.
    pub examples: usize,
    /// The memory budget.
    pub memory: Memory,
    /// The number of worker threads.
    pub threads: usize,
    /// Limits for reading inputs.
    pub limits: Limits,
}

impl BuildOptions {
    /// The options for building from the inputs of the dataset, as the next version that the changes
    /// require, on all processors.
    pub fn new(released: Date) -> Self {
        Self {
            from: BuildInputs::Dataset,
            articles: None,
            output: None,
            version: VersionChoice::Auto,
            allow_understated: false,
            readmit: false,
            released,
            allow_backdated: false,
            cache: None,
            max_rejects: None,
            dry_run: false,
            examples: EXAMPLES,
            memory: Memory::default(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            limits: Limits::default(),
        }
    }
}

/// Where the records of a release come from. Paths and patterns are relative to the working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildInputs {
    /// The inputs that the dataset lists.
    Dataset,
    /// These inputs instead.
    Inputs(Vec<String>),
    /// A release, with changes.
    Base {
        /// The version of the release.
        version: Version,
        /// The inputs whose records are upserted: each replaces the record with its key, or is added.
        upsert: Vec<String>,
        /// A file that lists the records to withdraw.
        withdraw: Option<PathBuf>,
    },
}

/// The result of a build. It serialises as `pressmark build --format json` prints it.
#[derive(Debug)]
pub struct BuildReport {
    /// Whether the release was published.
    pub outcome: Outcome,
    /// The version of the release.
    pub version: Version,
    /// What was read and what was rejected.
    pub read: InputSummary,
    /// How many records the release has.
    pub records: u64,
    /// How many rejects were allowed.
    pub allowance: Allowance,
    /// How many identical repeats were dropped.
    pub duplicates: u64,
    /// How many records were superseded by a newer record with the same key.
    pub superseded: u64,
    /// What changed since the previous release. `None` if there is none or it was not compared.
    pub changes: Option<DiffReport>,
    /// The result of the upsert, if the build had a base release.
    pub upsert: Option<UpsertReport>,
    /// The format of the previous release. `None` if there is none.
    pub previous_format: Option<Format>,
    /// How many parts the release has.
    pub parts: usize,
    /// How many of the parts are reused from an earlier release.
    pub reused: usize,
    /// The files of earlier releases that are not as they were published. Their release was not reused.
    pub damaged: Vec<DamagedFile>,
    /// Articles that were rejected because they share a key and differ.
    pub conflicts: KeyConflicts,
    /// The changelog, if it could not get an entry for the release.
    pub changelog_left: Option<LeftFile>,
    /// What the build did with the card of the dataset, `README.md` beside the releases.
    pub card: DatasetCard,
    /// What readers and hubs will miss in the description of the dataset.
    pub remarks: Vec<Remark>,
}

/// The result of an upsert into a base release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpsertReport {
    /// The version of the base release.
    pub version: Version,
    /// How many of its records were replaced.
    pub replaced: u64,
    /// How many of the new records the base already had.
    pub unchanged: u64,
    /// How many of its records were withdrawn.
    pub withdrawn: u64,
}

/// The outcome of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The release was published in this folder.
    Published(PathBuf),
    /// This folder already has a release with the same content. Nothing was published.
    Unchanged(PathBuf),
    /// A dry run: a build would publish the release in this folder. Nothing was published.
    DryRun(PathBuf),
    /// More articles were rejected than allowed, or no record was left. Nothing was published.
    Refused,
}
