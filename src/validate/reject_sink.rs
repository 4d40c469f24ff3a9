//! [`RejectSink`]: counts rejects, groups them by cause, and writes them to a file if there is one.
//!
//! Without a reject no file is created, and an earlier one stays as it is. The sink does not decide whether an article
//! is rejected.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::code::{Class, Code};
use crate::diagnostics::Diagnostics;
use crate::error::Error;
use crate::input::Source;
use crate::reject::{Reject, RejectFile};
use crate::release::check_target;
use crate::storage::filesystem::{self, UNFINISHED};

/// The rejects of a run, with their causes.
#[derive(Debug)]
pub struct RejectSink {
    file: Destination,
    counts: BTreeMap<Code, u64>,
    diagnostics: Diagnostics,
}

/// Where rejects are written.
#[derive(Debug)]
enum Destination {
    Nowhere,
    /// There is no reject yet, so the file does not exist.
    Planned {
        target: PathBuf,
        beside: PathBuf,
        /// How the name of the staged file starts.
        prefix: String,
        /// Whether the caller chose `target`, and must know that an earlier file is still there.
        is_chosen: bool,
    },
    Open(Box<RejectFile>),
    Published(PathBuf),
    /// There was no reject, and an earlier file is still there.
    Kept(PathBuf),
}

impl RejectSink {
    /// Creates a sink without a file.
    pub(crate) fn new() -> Self {
        Self { file: Destination::Nowhere, counts: BTreeMap::new(), diagnostics: Diagnostics::default() }
    }

    /// Creates a sink with the file `target`. Until it is published, the file is in the same folder under
    /// another name. An earlier file is replaced, unless there is no reject.
    ///
    /// # Errors
    /// Those of [`check_target`], if the file must not be there or is one of the `sources`.
    pub(crate) fn to_file(target: &Path, sources: &[Source]) -> Result<Self, Error> {
        let target = filesystem::behind_links(target)?;
        check_target(&target, sources.iter().filter_map(|source| source.path.as_deref()))?;
        let beside = filesystem::folder_of(&target).to_owned();
        Ok(Self {
            file: Destination::Planned { target, beside, prefix: UNFINISHED.to_owned(), is_chosen: true },
            ..Self::new()
        })
    }

    /// Creates a sink with the file `target`. Until it is published, the file is in the folder `beside`,
    /// with a name that starts with `prefix`.
    pub(crate) fn staged(target: PathBuf, beside: PathBuf, prefix: String) -> Self {
        Self { file: Destination::Planned { target, beside, prefix, is_chosen: false }, ..Self::new() }
    }

    /// The same sink, which keeps this many examples of each cause.
    #[must_use]
    pub(crate) fn keeping(mut self, examples: usize) -> Self {
        self.diagnostics = Diagnostics::keeping(examples);
        self
    }

    /// Adds a reject.
    pub(crate) fn add(&mut self, reject: &Reject) -> Result<(), Error> {
        if let Destination::Planned { target, beside, prefix, .. } = &self.file {
            self.file = Destination::Open(Box::new(RejectFile::create(target.clone(), beside, prefix)?));
        }
        if let Destination::Open(file) = &mut self.file {
            file.write(reject)?;
        }
        if let Some(code) = reject.code() {
            *self.counts.entry(code).or_default() += 1;
        }
        self.diagnostics.add(reject);
        Ok(())
    }

    /// Gives inputs other names in the causes.
    pub(super) fn rename(&mut self, shown: &BTreeMap<String, String>) {
        self.diagnostics.rename(shown);
    }

    /// Changes the path of the file, if there is one.
    pub(crate) fn retarget(&mut self, target: &Path) {
        if let Destination::Open(file) = &mut self.file {
            file.retarget(target);
        }
    }

    /// Publishes the file under its name, if there is one. No reject can be added after that.
    pub(crate) fn publish(&mut self) -> Result<(), Error> {
        self.file = match std::mem::replace(&mut self.file, Destination::Nowhere) {
            Destination::Open(file) => Destination::Published(file.publish()?),
            Destination::Planned { target, is_chosen: true, .. } if target.is_file() => Destination::Kept(target),
            other => other,
        };
        Ok(())
    }

    /// The number of rejects.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The number of rejects, by the code of their first violation.
    pub(crate) fn counts(&self) -> &BTreeMap<Code, u64> {
        &self.counts
    }

    /// Why articles were rejected.
    pub(crate) fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// Whether articles may be missing without a reject: an input is damaged or not an input at all, or it
    /// is not clear where its articles are.
    pub(crate) fn has_damage(&self) -> bool {
        self.is_ambiguous() || self.counts.keys().any(|code| code.class() == Class::Input)
    }

    /// Whether it is not clear where the articles of an input are.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.counts.contains_key(&Code::Ambiguous)
    }

    /// The path of the file, if one was published.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.file {
            Destination::Published(path) => Some(path),
            _ => None,
        }
    }

    /// The path of the file if it has the rejects of an earlier run, because this one has none.
    pub(crate) fn kept(&self) -> Option<&Path> {
        match &self.file {
            Destination::Kept(path) => Some(path),
            _ => None,
        }
    }
}

/// Counts, causes and file. The form is that of the same members of `schema/check-report.schema.json`.
impl Serialize for RejectSink {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("RejectSink", 4)?;
        out.serialize_field("rejected", &self.total())?;
        out.serialize_field("rejects_file", &self.path().map(|path| path.display().to_string()))?;
        let counts: BTreeMap<&str, u64> = self.counts.iter().map(|(code, count)| (code.name(), *count)).collect();
        out.serialize_field("rejected_by_code", &counts)?;
        out.serialize_field("causes", &self.diagnostics.causes())?;
        out.end()
    }
}
