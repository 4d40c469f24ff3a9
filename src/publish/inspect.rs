//! [`Inspection`]: are the parts of an earlier release still the files that were published?
//!
//! Every part is hashed once, on threads beside the build. Nothing of a damaged release is taken
//! over, and a file that is replaced while a build runs is noticed by its size, time and number.
//! Manifest and schema were checked when the release was opened ([`Release::open_intact`]). Nothing is
//! repaired here.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{Builder, JoinHandle};

use semver::Version;

use crate::digest::Digest;
use crate::error::Error;
use crate::filesystem::{self, Stamp};
use crate::record::Fingerprint;
use crate::release::Release;

/// A file of an earlier release that is not the one that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedFile {
    /// The release's version.
    pub version: Version,
    /// The release's folder.
    pub release: PathBuf,
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub message: String,
}

impl DamagedFile {
    /// As an error, with the way out.
    pub(super) fn error(&self, hint: &'static str) -> Error {
        Error::Damaged { path: self.path.clone(), message: self.message.clone(), hint }
    }
}

/// A part, as it was when the inspection began and as it must be.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    sha256: Digest,
    fingerprint: Fingerprint,
    stamp: Result<Stamp, String>,
}

impl Part {
    /// What is wrong with it, if anything is. Nothing is said if the inspection is stopped.
    fn fault(&self, stop: &AtomicBool) -> Option<String> {
        let before = match &self.stamp {
            Ok(stamp) => stamp,
            Err(message) => return Some(message.clone()),
        };
        let hash = || -> Result<Option<Digest>, Error> {
            let file = filesystem::open(&self.path)?;
            if Stamp::of_open(&file, &self.path)? != *before {
                return Err(replaced(&self.path));
            }
            filesystem::hash_open(&file, &self.path, stop)
        };
        match hash() {
            Ok(Some(sha256)) if sha256 != self.sha256 => Some("its SHA-256 is not the one in the manifest".to_owned()),
            Ok(_) => None,
            Err(error) => Some(error.cause()),
        }
    }
}

/// The places of damaged parts, and what is wrong with them.
type Faults = Vec<(usize, String)>;

/// What the threads share.
#[derive(Debug)]
struct Shared {
    parts: Vec<Part>,
    next: AtomicUsize,
    stop: AtomicBool,
}

impl Shared {
    /// Looks at one part after another until none is left.
    fn work(&self) -> Faults {
        let mut found = Vec::new();
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            match self.parts.get(index) {
                Some(part) if !self.stop.load(Ordering::Relaxed) => {
                    found.extend(part.fault(&self.stop).map(|fault| (index, fault)));
                }
                _ => return found,
            }
        }
    }
}

/// The inspection of one release.
#[derive(Debug)]
pub(super) struct Inspection {
    version: Version,
    release: PathBuf,
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<Faults>>>,
    outcome: OnceLock<Vec<(usize, DamagedFile)>>,
}

impl Inspection {
    /// The inspection of the parts of a release as they are now. Nothing is hashed yet.
    pub(super) fn new(release: &Release) -> Self {
        let parts = release.manifest().parts.iter().enumerate().map(|(index, part)| {
            let path = release.folder().join(part.path(index));
            let stamp = Stamp::of_path(&path).map_err(|error| error.cause());
            Part { path, sha256: part.sha256, fingerprint: part.fingerprint, stamp }
        });
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let shared = Arc::new(Shared { parts: parts.collect(), next, stop });
        let (version, release) = (release.manifest().version.clone(), release.folder().to_owned());
        Self { version, release, shared, threads: Mutex::default(), outcome: OnceLock::new() }
    }

    /// Begins to hash on so many threads, beside whatever else is done, unless it has begun.
    pub(super) fn start(&self, threads: usize) {
        let mut begun = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if !begun.is_empty() {
            return;
        }
        // A thread that cannot be had is no loss: whoever asks for the outcome works too.
        let threads = (0..threads.min(self.shared.parts.len())).filter_map(|_| {
            let shared = self.shared.clone();
            Builder::new().spawn(move || shared.work()).ok()
        });
        begun.extend(threads);
    }

    /// The parts that are damaged, with their places; waits until all were looked at.
    fn outcome(&self) -> &[(usize, DamagedFile)] {
        self.outcome.get_or_init(|| {
            let mut found = self.shared.work();
            found.extend(self.join());
            found.sort();
            let damaged = |(index, message): (usize, String)| {
                let path = self.shared.parts[index].path.clone();
                let (version, release) = (self.version.clone(), self.release.clone());
                (index, DamagedFile { version, release, path, message })
            };
            found.into_iter().map(damaged).collect()
        })
    }

    fn join(&self) -> Faults {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let join = |thread: JoinHandle<_>| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        threads.drain(..).flat_map(join).collect()
    }

    /// The files that are damaged.
    pub(super) fn damaged(&self) -> impl Iterator<Item = &DamagedFile> {
        self.outcome().iter().map(|(_, damaged)| damaged)
    }

    /// Whether none is damaged.
    pub(super) fn is_intact(&self) -> bool {
        self.outcome().is_empty()
    }

    /// The places and fingerprints of the parts that are damaged.
    pub(super) fn damaged_parts(&self) -> impl Iterator<Item = (usize, Fingerprint)> {
        self.outcome().iter().map(|(index, _)| (*index, self.shared.parts[*index].fingerprint))
    }

    /// The first damaged file whose records are in none of the parts with these fingerprints.
    pub(super) fn damaged_beyond(&self, fingerprints: &[Fingerprint]) -> Option<&DamagedFile> {
        let is_among = |index: usize| fingerprints.contains(&self.shared.parts[index].fingerprint);
        self.outcome().iter().find(|(index, _)| !is_among(*index)).map(|(_, damaged)| damaged)
    }

    /// Whether the file at `path` is the very file of a part as it was when the inspection began.
    pub(super) fn is_part(&self, index: usize, path: &Path) -> Result<bool, Error> {
        let now = Stamp::of_path(path)?;
        Ok(self.shared.parts[index].stamp.as_ref().is_ok_and(|stamp| *stamp == now))
    }

    /// Checks that no intact part was replaced or written to since the inspection began.
    ///
    /// # Errors
    /// [`Error::Damaged`] with a part that was.
    pub(super) fn check_unchanged(&self) -> Result<(), Error> {
        let damaged = |index: usize| self.outcome().iter().any(|(other, _)| *other == index);
        for (index, part) in self.shared.parts.iter().enumerate().filter(|(index, _)| !damaged(*index)) {
            if !self.is_part(index, &part.path)? {
                return Err(replaced(&part.path));
            }
        }
        Ok(())
    }
}

impl Drop for Inspection {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        let _not_asked_for = self.join();
    }
}

/// A part was replaced or written to while a build read it.
pub(super) fn replaced(path: &Path) -> Error {
    let message = "it was changed while the build read it".to_owned();
    Error::Damaged { path: path.to_owned(), message, hint: "a release never changes; run `pressmark verify` on it" }
}
