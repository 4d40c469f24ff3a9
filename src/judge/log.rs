//! [`RejectLog`]: every reject counted, its causes told apart, and written to a file if there is
//! to be one. Nothing is created before there is a reject.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::code::{Class, Code};
use crate::diagnostics::Diagnostics;
use crate::error::Error;
use crate::reject::{Reject, RejectFile};

/// What was kept out, and why.
#[derive(Debug)]
pub struct RejectLog {
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
    },
    Open(Box<RejectFile>),
    Published(PathBuf),
}

impl RejectLog {
    /// A log with the file `target`, if one is asked for; until it is published it lies beside
    /// its place.
    pub fn new(target: Option<&Path>) -> Self {
        let file = target.map_or(Destination::Nowhere, |target| {
            let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
            let beside = folder.unwrap_or(Path::new(".")).to_owned();
            Destination::Planned { target: target.to_owned(), beside }
        });
        Self { file, counts: BTreeMap::new(), diagnostics: Diagnostics::default() }
    }

    /// A log whose file will be `target` and lies in the folder `beside` until it is published.
    pub fn staged(target: PathBuf, beside: PathBuf) -> Self {
        Self { file: Destination::Planned { target, beside }, ..Self::new(None) }
    }

    /// Adds a reject.
    pub fn add(&mut self, reject: &Reject) -> Result<(), Error> {
        if let Destination::Planned { target, beside } = &self.file {
            self.file = Destination::Open(Box::new(RejectFile::create(target.clone(), beside)?));
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

    /// Whether an input itself was damaged or no input at all, so that articles may be missing
    /// that nobody has seen.
    pub fn has_damage(&self) -> bool {
        self.counts.keys().any(|code| code.class() == Class::Input)
    }

    /// The file, if one was published.
    pub fn path(&self) -> Option<&Path> {
        match &self.file {
            Destination::Published(path) => Some(path),
            _ => None,
        }
    }
}
