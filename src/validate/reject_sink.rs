//! [`RejectSink`]: every reject counted, its causes told apart, and written to a file if there is
//! to be one. Nothing is created where there is no reject and no earlier file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::code::{Class, Code};
use crate::diagnostics::Diagnostics;
use crate::error::Error;
use crate::filesystem;
use crate::input::Source;
use crate::reject::{Reject, RejectFile};
use crate::release::check_target;

/// What was kept out, and why.
#[derive(Debug)]
pub struct RejectSink {
    file: Destination,
    counts: BTreeMap<Code, u64>,
    diagnostics: Diagnostics,
}

/// Where rejects are written to.
#[derive(Debug)]
enum Destination {
    Nowhere,
    /// There was no reject yet.
    Planned {
        target: PathBuf,
        beside: PathBuf,
        /// Whether an earlier file at its place would be taken for what was kept out now.
        replaces: bool,
    },
    Open(Box<RejectFile>),
    Published(PathBuf),
}

impl RejectSink {
    /// A log without a file.
    #[expect(clippy::new_without_default, reason = "what goes nowhere should be said outright")]
    pub fn new() -> Self {
        Self { file: Destination::Nowhere, counts: BTreeMap::new(), diagnostics: Diagnostics::default() }
    }

    /// A log with the file `target`, which until it is published lies beside its place. An earlier
    /// one there is replaced, by an empty one if there is no reject.
    ///
    /// # Errors
    /// Those of [`check_target`], if the file must not stand there or is one of the `sources`.
    pub fn to_file(target: &Path, sources: &[Source]) -> Result<Self, Error> {
        let target = filesystem::behind_links(target)?;
        check_target(&target, sources.iter().filter_map(|source| source.path.as_deref()))?;
        let beside = filesystem::folder_of(&target).to_owned();
        Ok(Self { file: Destination::Planned { target, beside, replaces: true }, ..Self::new() })
    }

    /// A log whose file will be `target` and lies in the folder `beside` until it is published.
    pub fn staged(target: PathBuf, beside: PathBuf) -> Self {
        Self { file: Destination::Planned { target, beside, replaces: false }, ..Self::new() }
    }

    /// Adds a reject.
    pub fn add(&mut self, reject: &Reject) -> Result<(), Error> {
        if let Destination::Planned { target, beside, replaces } = &self.file {
            self.file = Destination::Open(Box::new(RejectFile::create(target.clone(), beside, !replaces)?));
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

    /// Has the file published elsewhere, if there is one.
    pub fn retarget(&mut self, target: &Path) {
        if let Destination::Open(file) = &mut self.file {
            file.retarget(target);
        }
    }

    /// Gives the file its name, if there is one. More rejects cannot follow.
    pub fn publish(&mut self) -> Result<(), Error> {
        self.file = match std::mem::replace(&mut self.file, Destination::Nowhere) {
            Destination::Open(file) => Destination::Published(file.publish()?),
            Destination::Planned { target, beside, replaces: true } if target.exists() => {
                RejectFile::create(target, &beside, false)?.publish()?;
                Destination::Nowhere
            }
            other => other,
        };
        Ok(())
    }

    /// How many rejects there are.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How many rejects there are, by the code of their first violation.
    pub fn counts(&self) -> &BTreeMap<Code, u64> {
        &self.counts
    }

    /// Why articles were rejected.
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// Whether articles may be missing that were not validated: an input is damaged or no input at
    /// all, or it is not clear where its articles are.
    pub fn has_damage(&self) -> bool {
        self.is_ambiguous() || self.counts.keys().any(|code| code.class() == Class::Input)
    }

    /// Whether it is not clear where the articles of an input are.
    pub fn is_ambiguous(&self) -> bool {
        self.counts.contains_key(&Code::Ambiguous)
    }

    /// The file, if one was published.
    pub fn path(&self) -> Option<&Path> {
        match &self.file {
            Destination::Published(path) => Some(path),
            _ => None,
        }
    }
}
