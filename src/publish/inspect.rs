//! [`Inspection`]: checks whether the parts of an earlier release are still the published files.
//!
//! Threads hash every part once, in parallel with the build. A damaged release is not reused. A file that
//! is replaced during the build is detected by its size, time and inode. Manifest and schema are not
//! checked here, because [`Release::open_intact`] did so. Nothing is repaired.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use semver::Version;

use crate::digest::Digest;
use crate::error::Error;
use crate::progress::Progress;
use crate::record::Fingerprint;
use crate::release::Release;
use crate::storage::filesystem::{self, Stamp};

/// A file of an earlier release that is not as it was published.
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
    /// The damage as an error, with a hint for the user.
    pub(super) fn error(&self, hint: &'static str) -> Error {
        Error::Damaged { path: self.path.clone(), message: self.message.clone(), hint }
    }
}

/// A part: its file when the inspection began, and the digest it must have.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    sha256: Digest,
    fingerprint: Fingerprint,
    stamp: Result<Stamp, String>,
}

impl Part {
    /// Returns what is wrong with the part. `None` if it is intact or the inspection was stopped.
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

/// The indices of damaged parts, and what is wrong with them.
type Faults = Vec<(usize, String)>;

/// How often a thread that waits for others asks whether to continue.
const POLL: Duration = Duration::from_millis(5);

/// The state that the threads share.
#[derive(Debug)]
struct Shared {
    parts: Vec<Part>,
    next: AtomicUsize,
    stop: AtomicBool,
}

impl Shared {
    /// Checks one part after another until none is left.
    fn work(&self) -> Faults {
        let mut found = Vec::new();
        while self.check_next(&mut found) {}
        found
    }

    /// Checks the next part. Returns whether there was one.
    fn check_next(&self, found: &mut Faults) -> bool {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        match self.parts.get(index) {
            Some(part) if !self.stop.load(Ordering::Relaxed) => {
                found.extend(part.fault(&self.stop).map(|fault| (index, fault)));
                true
            }
            _ => false,
        }
    }
}

/// The threads of an inspection.
#[derive(Debug, Default)]
struct Threads {
    handles: Vec<JoinHandle<Faults>>,
    /// Disconnected once all threads have ended.
    ended: Option<Receiver<()>>,
}

/// The inspection of one release.
#[derive(Debug)]
pub(super) struct Inspection {
    version: Version,
    release: PathBuf,
    shared: Arc<Shared>,
    threads: Mutex<Threads>,
    /// What [`Inspection::wait`] found.
    found: Mutex<Faults>,
    outcome: OnceLock<Vec<(usize, DamagedFile)>>,
}

impl Inspection {
    /// Creates the inspection of a release. It records the files as they are now and hashes nothing yet.
    pub(super) fn new(release: &Release) -> Self {
        let parts = release.manifest().parts.iter().enumerate().map(|(index, part)| {
            let path = release.folder().join(part.path(index));
            let stamp = Stamp::of_path(&path).map_err(|error| error.cause());
            Part { path, sha256: part.sha256, fingerprint: part.fingerprint, stamp }
        });
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let shared = Arc::new(Shared { parts: parts.collect(), next, stop });
        let (version, release) = (release.manifest().version.clone(), release.folder().to_owned());
        Self { version, release, shared, threads: Mutex::default(), found: Mutex::default(), outcome: OnceLock::new() }
    }

    /// Starts to hash on this many threads in the background. Does nothing if it was started before.
    pub(super) fn start(&self, threads: usize) {
        let mut begun = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.ended.is_some() {
            return;
        }
        let (running, ended) = bounded(0);
        // If a thread cannot be started, the caller of `outcome` does its work.
        let handles = (0..threads.min(self.shared.parts.len())).filter_map(|_| {
            let (shared, running) = (self.shared.clone(), running.clone());
            let work = move || {
                let _until_the_end = running;
                shared.work()
            };
            Builder::new().spawn(work).ok()
        });
        *begun = Threads { handles: handles.collect(), ended: Some(ended) };
    }

    /// Waits until all parts are checked, and checks some of them meanwhile.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn wait(&self, progress: &dyn Progress) -> Result<(), Error> {
        if self.outcome.get().is_some() {
            return Ok(());
        }
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        while self.shared.check_next(&mut found) {
            progress.step(0)?;
        }
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(Err(RecvTimeoutError::Timeout)) = threads.ended.as_ref().map(|ended| ended.recv_timeout(POLL)) {
            progress.step(0)?;
        }
        Ok(())
    }

    /// The damaged parts, with their indices. Waits until all parts are checked.
    fn outcome(&self) -> &[(usize, DamagedFile)] {
        self.outcome.get_or_init(|| {
            let mut found = std::mem::take(&mut *self.found.lock().unwrap_or_else(PoisonError::into_inner));
            found.extend(self.shared.work());
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
        threads.handles.drain(..).flat_map(join).collect()
    }

    /// The damaged files.
    pub(super) fn damaged(&self) -> impl Iterator<Item = &DamagedFile> {
        self.outcome().iter().map(|(_, damaged)| damaged)
    }

    /// Whether no file is damaged.
    pub(super) fn is_intact(&self) -> bool {
        self.outcome().is_empty()
    }

    /// The indices and fingerprints of the damaged parts.
    pub(super) fn damaged_parts(&self) -> impl Iterator<Item = (usize, Fingerprint)> {
        self.outcome().iter().map(|(index, _)| (*index, self.shared.parts[*index].fingerprint))
    }

    /// The first damaged part that has none of these fingerprints.
    pub(super) fn damaged_beyond(&self, fingerprints: &[Fingerprint]) -> Option<&DamagedFile> {
        let is_among = |index: usize| fingerprints.contains(&self.shared.parts[index].fingerprint);
        self.outcome().iter().find(|(index, _)| !is_among(*index)).map(|(_, damaged)| damaged)
    }

    /// Whether the file at `path` is the file of a part, unchanged since the inspection began.
    pub(super) fn is_part(&self, index: usize, path: &Path) -> Result<bool, Error> {
        let now = Stamp::of_path(path)?;
        Ok(self.shared.parts[index].stamp.as_ref().is_ok_and(|stamp| *stamp == now))
    }

    /// Checks that no intact part was replaced or written to since the inspection began.
    ///
    /// # Errors
    /// [`Error::Damaged`] with the first part that was.
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
        let _not_needed = self.join();
    }
}

/// The error for a damaged base release. `None` if it is intact.
pub(super) fn damaged_base(inspection: &Inspection) -> Option<Error> {
    const HINT: &str = "restore the file from a copy of the release, or build from all inputs, without `--base`";
    inspection.damaged().next().map(|damaged| damaged.error(HINT))
}

/// The error for a part that was replaced or written to during the build.
pub(super) fn replaced(path: &Path) -> Error {
    let message = "it was changed while the build read it".to_owned();
    Error::Damaged { path: path.to_owned(), message, hint: "a release never changes; run `pressmark verify` on it" }
}
