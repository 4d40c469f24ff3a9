//! [`Error`]: pressmark could not do its job.
//!
//! An article that breaks the schema is a reject, a damaged release has findings, two releases
//! have changes; none of these is an error. Each error names the file and, where there is one, the
//! way out (`Error::hint`). The command line decides how it is shown.

mod context;
mod excerpt;
mod hint;
mod signature_fault;
mod understatement;

use std::io;
use std::path::PathBuf;

use crate::code::Code;

pub(crate) use context::said;
pub use excerpt::Excerpt;
pub use signature_fault::SignatureFault;
pub use understatement::Understatement;

/// Pressmark could not do its job.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused an action on a path.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried: `read`, `create`, `rename`.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `dataset.toml` cannot be used.
    #[error("`{}`{}: {message}", path.display(), line.map(|line| format!(" line {line}")).unwrap_or_default())]
    Dataset {
        /// The file.
        path: PathBuf,
        /// The line, from 1, where it is known.
        line: Option<usize>,
        /// What is wrong, in plain words.
        message: String,
        /// The line, with the place marked, where it is known.
        excerpt: Option<Box<Excerpt>>,
        /// The way out.
        hint: Option<String>,
    },
    /// An argument cannot be used.
    #[error("{message}")]
    Argument {
        /// What is wrong, in plain words.
        message: String,
        /// The way out.
        hint: Option<String>,
    },
    /// The JSON Schema cannot be used.
    #[error("schema `{name}`{}: {message}", if pointer.is_empty() { String::new() } else { format!(" at {pointer}") })]
    Schema {
        /// What kind of fault: an `S-` code.
        code: Code,
        /// The schema's file, or its built-in name.
        name: String,
        /// JSON Pointer into the schema (RFC 6901); empty for the whole.
        pointer: String,
        /// What is wrong, in plain words.
        message: String,
    },
    /// A mapping file cannot be used.
    #[error("source `{name}` line {line}: {message}")]
    Mapping {
        /// The file, or the name of a preset.
        name: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong, in plain words.
        message: String,
        /// The line, with the place marked, where it is known.
        excerpt: Option<Box<Excerpt>>,
        /// The way out.
        hint: Option<String>,
    },
    /// No source has that name.
    #[error("unknown source `{name}`")]
    UnknownSource {
        /// The name, for display.
        name: String,
        /// The way out.
        hint: String,
    },
    /// No built-in schema has that name, and there is no such file.
    #[error("unknown schema `{name}`: it is neither a built-in schema nor a file")]
    UnknownSchema {
        /// The name, for display.
        name: String,
    },
    /// No file matches an input pattern.
    #[error("{}", if *is_folder { format!("the folder `{pattern}` contains no input") } else { format!("no input matches `{pattern}`") })]
    NoInput {
        /// The path or pattern as resolved.
        pattern: String,
        /// Whether it is a folder that exists.
        is_folder: bool,
        /// What is there instead, as a sentence.
        found: String,
    },
    /// An input pattern is not a pattern.
    #[error("invalid pattern `{pattern}`: {message}")]
    Pattern {
        /// The pattern as resolved.
        pattern: String,
        /// Why not.
        message: String,
    },
    /// Nothing was given to build from.
    #[error("no inputs: `{}` lists none, and none were given", path.display())]
    NoInputs {
        /// The `dataset.toml` that was read.
        path: PathBuf,
    },
    /// An input that is not of a format that is read, or is damaged.
    #[error("`{input}` cannot be read: {message}")]
    Unreadable {
        /// The code that a check reports.
        code: Code,
        /// The input, for display.
        input: String,
        /// What is wrong.
        message: String,
        /// The way out, if one is known.
        hint: Option<String>,
    },
    /// The inputs hold no article at all (`D-EMPTY`).
    #[error("no articles in {names}")]
    NoArticles {
        /// The inputs, for display.
        names: String,
    },
    /// The version already exists with different content.
    #[error("release {version} already exists with different content")]
    VersionExists {
        /// The version.
        version: semver::Version,
        /// Its folder.
        path: PathBuf,
    },
    /// A release cannot be committed.
    #[error("cannot publish release {version}: {message}")]
    Commit {
        /// The version.
        version: semver::Version,
        /// Why not.
        message: String,
        /// The way out.
        hint: &'static str,
    },
    /// No version was given, and none can be derived.
    #[error("no version was given; the newest release of this dataset is {newest}")]
    WhichVersion {
        /// The newest release.
        newest: semver::Version,
    },
    /// The version does not come after the newest release.
    #[error("version {version} is not higher than the newest release, {newest}")]
    VersionOrder {
        /// The version that was asked for.
        version: semver::Version,
        /// The newest release.
        newest: semver::Version,
    },
    /// The version bump is too small for the changes since the previous release.
    #[error(transparent)]
    VersionUnderstates(Box<Understatement>),
    /// The version carries build metadata, which orders nothing.
    #[error("version {version} has build metadata (`+{}`), which does not order releases", version.build)]
    VersionBuild {
        /// The version that was asked for.
        version: semver::Version,
    },
    /// The dataset has no release of the version to build on.
    #[error("release {version} does not exist, so nothing can be built on it")]
    NoBase {
        /// The version.
        version: semver::Version,
        /// The releases there are, newest first.
        releases: Vec<String>,
    },
    /// The records of a release cannot be taken over as they are.
    #[error("cannot build on release {version}: {message}")]
    BaseUnlike {
        /// The release's version.
        version: semver::Version,
        /// What has changed since.
        message: String,
    },
    /// A list of withdrawals cannot be used.
    #[error("`{}` line {line}: {message}", path.display())]
    Withdrawal {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// A folder is not a release, or one whose manifest cannot be read.
    #[error("`{}` is not a release: {message}", path.display())]
    NoRelease {
        /// The folder or file.
        path: PathBuf,
        /// What is missing or wrong.
        message: String,
    },
    /// No release has that version.
    #[error("`{}` does not exist", path.display())]
    UnknownRelease {
        /// The folder that was named.
        path: PathBuf,
        /// The versions beside it, newest first.
        releases: Vec<String>,
    },
    /// A dataset has no release yet.
    #[error("the dataset `{}` has no releases yet", path.display())]
    NoReleaseYet {
        /// The folder.
        path: PathBuf,
    },
    /// A folder is not a dataset.
    #[error("`{}` is not a dataset: {message}", path.display())]
    NoDataset {
        /// The folder.
        path: PathBuf,
        /// What it is instead.
        message: String,
        /// The way out.
        hint: Option<String>,
    },
    /// A Parquet file could not be written or read.
    #[error("cannot {action} the part `{}`: {message}", path.display())]
    Part {
        /// `write` or `read`.
        action: &'static str,
        /// The part.
        path: PathBuf,
        /// What the Parquet library said.
        message: String,
    },
    /// A file of an earlier release differs from the published one.
    #[error("`{}` is damaged: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
        /// The way out.
        hint: &'static str,
    },
    /// A file to be published is larger than any command reads.
    #[error("`{name}` would have {bytes} bytes, more than the limit of {limit}; nothing was published")]
    TooLarge {
        /// The file's name in the release.
        name: &'static str,
        /// How many bytes it would have.
        bytes: u64,
        /// How many it may have.
        limit: u64,
        /// What makes it so large, and the way out.
        hint: String,
    },
    /// A record is longer than the limit of an article, so no command could read it again.
    #[error(
        "`{input}` line {line}: the record of this article has {bytes} bytes in canonical form, more than the \
         limit of {limit}"
    )]
    RecordTooLong {
        /// The name of the input.
        input: String,
        /// The line, from 1.
        line: u64,
        /// How many bytes the record has.
        bytes: u64,
        /// How many it may have.
        limit: u64,
    },
    /// The records of a batch take more memory than a batch may hold.
    #[error("the records of `{input}` have more than {limit} bytes in canonical form")]
    BatchTooLarge {
        /// The name of the input.
        input: String,
        /// How many bytes the records of a batch may have.
        limit: u64,
    },
    /// The date of a release is earlier than that of the previous release.
    #[error("the release date {released} is earlier than that of {previous} ({previous_released})")]
    DateOrder {
        /// The date that was asked for.
        released: jiff::civil::Date,
        /// The previous release.
        previous: semver::Version,
        /// Its date.
        previous_released: jiff::civil::Date,
    },
    /// The requested columns do not exist or cannot be combined.
    #[error("{message}")]
    Projection {
        /// What is wrong.
        message: String,
        /// The columns there are.
        columns: Vec<String>,
    },
    /// A key has a type that the key column does not hold.
    #[error("the key `{key}` has the wrong type: the key column `{column}` holds {holds}")]
    KeyType {
        /// The key.
        key: String,
        /// The key column.
        column: String,
        /// `strings` or `integers`.
        holds: &'static str,
    },
    /// A new release contains a record that was withdrawn.
    #[error("{first} and would be published again{}", context::and_more(*more))]
    ComesBack {
        /// Its key, the release that took it back and why, as a sentence without an end.
        first: String,
        /// How many other such records there are.
        more: usize,
    },
    /// A file cannot be written at this path.
    #[error("`{}` {message}", path.display())]
    Target {
        /// The place.
        path: PathBuf,
        /// What is there, or what would be changed.
        message: String,
    },
    /// Another build of the same dataset is running.
    #[error("another build of this dataset is running (it holds `{}`)", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A file is not a reject file.
    #[error("`{}` line {line}: {message}", path.display())]
    NoRejects {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        message: String,
    },
    /// Parquet files were given without the column that identifies a record.
    #[error("`{}` is not a release, so its key is unknown", path.display())]
    NeedsKey {
        /// The file or folder.
        path: PathBuf,
    },
    /// The key names one column on one side and several on the other.
    #[error("the key is `{}` on one side and `{}` on the other", base.join("`, `"), current.join("`, `"))]
    OtherKey {
        /// The columns of the base.
        base: Vec<String>,
        /// The columns of the current side.
        current: Vec<String>,
    },
    /// No column has that name.
    #[error("cannot ignore `{name}`: no such column")]
    UnknownColumn {
        /// The name.
        name: String,
        /// The names there are.
        columns: Vec<String>,
    },
    /// No code has that name.
    #[error("unknown code `{0}`")]
    UnknownCode(String),
    /// Reading ended early because of another error, which is the one reported.
    #[error("reading was stopped")]
    Stopped,
    /// The caller cancelled the operation through its [`Progress`](crate::progress::Progress). Nothing was
    /// published.
    #[error("cancelled; nothing was published")]
    Cancelled,
    /// Invalid values of optional members cannot move to `_extra`, because there is no such column, for this reason.
    #[error("invalid optional values cannot move to `_extra`: {0}")]
    NoExtra(&'static str),
    /// A release cannot be signed, or a file of signers cannot be used.
    #[error(transparent)]
    Signature(SignatureFault),
    /// The target of `init` already contains a dataset.
    #[error("`{}` already exists", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
}
