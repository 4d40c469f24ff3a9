//! [`Publisher`]: commits releases from descriptions of their parts, in any storage.
//!
//! On the local file system the files are staged beside the releases, and one rename makes them visible
//! ([`Staging`]). Other storages cannot rename a folder. There, files are written to their final place, and
//! the last one is `manifest.json`, which is only written if it does not exist: a folder without a manifest is
//! not a release. Before the first file, `.claim-VERSION` is written in the same way, with the id of the
//! commit. Only the commit that has the claim writes into the folder of the version. The same id takes a claim
//! up again after a crash, and two attempts with one id write the same bytes. A failed commit deletes nothing,
//! because another attempt may need it.

use std::collections::BTreeSet;
use std::io::ErrorKind;

use semver::Version;

use super::documents::{Documents, ReleaseFiles, check_size, parts};
use super::open::MAX_MANIFEST_BYTES;
use super::{DATA, MANIFEST, Manifest, Release, Staging};
use crate::error::Error;
use crate::storage::{Location, Upload};

/// How the name of a claim starts.
const CLAIM: &str = ".claim-";
/// The longest id of a commit, in bytes.
const MAX_ID_BYTES: u64 = 1 << 10;

/// Publishes releases in one folder of a storage.
///
/// # Examples
/// ```
/// use std::path::Path;
/// use std::sync::Arc;
/// use pressmark::release::{Publisher, Release};
/// use pressmark::storage::{Location, MemoryStorage};
///
/// // Publishes a release again, in memory.
/// let release = Release::open(Path::new("datasets/asharq-al-awsat/1.1.0"))?;
/// let publisher = Publisher::new(Location::new(Arc::new(MemoryStorage::new()), "mine"));
/// let draft = publisher.begin(&release.manifest().version, "a copy")?;
/// for (index, part) in release.manifest().parts.iter().enumerate() {
///     let name = part.path(index);
///     let mut upload = draft.put(&name)?;
///     std::io::copy(&mut release.location().join(&name).open()?.reader(), &mut upload)?;
///     upload.finish()?;
/// }
/// let copy = draft.commit(release.manifest(), release.files()?)?;
/// assert_eq!(copy.manifest_sha256(), release.manifest_sha256());
/// assert!(publisher.begin(&release.manifest().version, "another").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Publisher {
    releases: Location,
}

impl Publisher {
    /// Publishes into this folder, which need not exist.
    pub fn new(releases: impl Into<Location>) -> Self {
        Self { releases: releases.into() }
    }

    /// Begins to publish a version. `id` identifies this commit: other attempts at the same commit, and only
    /// those, have the same id.
    ///
    /// # Errors
    /// [`Error::Commit`] if the version exists, or is claimed by a commit with another id; [`Error::Io`].
    pub fn begin(&self, version: &Version, id: &str) -> Result<Draft, Error> {
        let folder = self.releases.join(&version.to_string());
        let place = match self.releases.local_path() {
            Some(releases) => {
                if folder.exists()? {
                    return Err(Error::version_taken(version));
                }
                Place::Staged(Staging::unlocked(&releases)?)
            }
            None => Place::Claimed { claim: self.claim(version, id)?, folder },
        };
        Ok(Draft { version: version.clone(), place })
    }

    fn claim(&self, version: &Version, id: &str) -> Result<Location, Error> {
        let claim = self.releases.join(&format!("{CLAIM}{version}"));
        let (is_new, holder) = loop {
            if claim.put_if_absent(id.as_bytes())? {
                break (true, id.as_bytes().to_owned());
            }
            match claim.read_bounded(MAX_ID_BYTES) {
                Ok(holder) => break (false, holder),
                // The other commit has ended in between.
                Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        };
        if holder != id.as_bytes() {
            let message = format!("another commit has claimed it with `{}`", claim.path().display());
            let hint = "wait until that commit ends; if its process has died, delete the claim";
            return Err(Error::Commit { version: version.clone(), message, hint });
        }
        // Checked under the claim: whoever published the version had the claim until it was visible.
        if self.releases.join(&version.to_string()).join(MANIFEST).exists()? {
            if is_new {
                claim.delete()?;
            }
            return Err(Error::version_taken(version));
        }
        Ok(claim)
    }
}

/// A release that is being published. If it is dropped, it is not published.
#[derive(Debug)]
pub struct Draft {
    version: Version,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Staged(Staging),
    Claimed { claim: Location, folder: Location },
}

impl Draft {
    /// Where its files are written.
    fn location(&self) -> Location {
        match &self.place {
            Place::Staged(staging) => staging.path("").into(),
            Place::Claimed { folder, .. } => folder.clone(),
        }
    }

    /// Writes a part under the name that [`crate::release::Part::path`] gives it. Parts can be written in any
    /// order and on any thread; writing one again replaces it.
    ///
    /// # Errors
    /// [`Error::Commit`] for a name that no part has; [`Error::Io`].
    pub fn put(&self, name: &str) -> Result<Box<dyn Upload>, Error> {
        if name.strip_prefix(DATA).and_then(|name| name.strip_prefix('/')).is_none_or(|name| name.contains('/')) {
            let message = format!("`{name}` is not the name of a part");
            let hint = "the manifest determines the names of parts";
            return Err(Error::Commit { version: self.version.clone(), message, hint });
        }
        self.location().join(name).put()
    }

    /// Publishes the release. `manifest` describes all parts, and each was written before; `files` are the schema,
    /// the lists and the metadata that it describes.
    ///
    /// # Errors
    /// [`Error::Commit`] if the files that were written are not those of the manifest, or if another process has
    /// published the version; [`Error::TooLarge`] for a manifest that no reader would read; [`Error::Io`]. The
    /// release is then not visible, unless only its folder could not be synced.
    pub fn commit(self, manifest: &Manifest, files: ReleaseFiles) -> Result<Release, Error> {
        if manifest.version != self.version {
            let message = format!("the manifest has the version {}", manifest.version);
            return Err(Error::Commit { version: self.version, message, hint: "begin with the manifest's version" });
        }
        let documents = Documents::new(manifest, files)?;
        check_files(&self.location(), manifest, &documents)?;
        let folder = match self.place {
            Place::Staged(staging) => {
                staging.seal(manifest, &documents)?;
                staging.publish(&self.version)?.into()
            }
            Place::Claimed { claim, folder } => {
                put_documents(&folder, manifest, &documents)?;
                // The release is visible. A claim that stays is found by the next commit of this version.
                let _stays = claim.delete();
                folder
            }
        };
        Release::open(folder)
    }
}

/// Checks that exactly the parts of the manifest are in the folder. Files of an earlier attempt may be there.
fn check_files(folder: &Location, manifest: &Manifest, documents: &Documents) -> Result<(), Error> {
    for (name, part) in parts(manifest) {
        check_size(manifest, (&name, part), folder.join(&name).size()?)?;
    }
    let mut expected: BTreeSet<String> = parts(manifest).map(|(name, _)| name).collect();
    expected.extend(documents.beside_manifest().map(|(name, _)| name.to_owned()));
    expected.extend([MANIFEST.to_owned(), DATA.to_owned()]);
    let mut found: Vec<String> = folder.list()?.into_iter().map(|entry| entry.name).collect();
    found.extend(folder.join(DATA).list()?.into_iter().map(|entry| format!("{DATA}/{}", entry.name)));
    match found.iter().find(|name| !expected.contains(*name)) {
        None => Ok(()),
        Some(name) => {
            let message = format!("`{}` is not in its manifest", folder.join(name).path().display());
            let hint = "delete it, if no process writes it, or publish another version";
            Err(Error::Commit { version: manifest.version.clone(), message, hint })
        }
    }
}

/// Writes everything but the parts, the manifest last.
fn put_documents(folder: &Location, manifest: &Manifest, documents: &Documents) -> Result<(), Error> {
    for (name, bytes) in documents.beside_manifest() {
        let file = folder.join(name);
        let mut upload = file.put()?;
        upload.write_all(bytes).and_then(|()| upload.finish()).map_err(|source| file.failed("write", source))?;
    }
    let file = folder.join(MANIFEST);
    // Another attempt at the same commit may have been faster.
    if file.put_if_absent(documents.manifest())? || file.read_bounded(MAX_MANIFEST_BYTES)? == documents.manifest() {
        return Ok(());
    }
    Err(Error::version_taken(&manifest.version))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::path::Path;
    use std::sync::Arc;
    use std::thread;

    use super::*;
    use crate::progress::NoProgress;
    use crate::release::{ListFiles, Lock, SCHEMA, Withdrawn, releases};
    use crate::storage::filesystem::STAGING;
    use crate::storage::{EntryKind, Fault, MemoryStorage, with_fault};
    use crate::verify::{VerifyOptions, verify};

    /// A release to publish: its manifest, its schema and the bytes of its parts.
    struct Example {
        manifest: Manifest,
        schema: Vec<u8>,
        parts: Vec<(String, Vec<u8>)>,
    }

    impl Example {
        fn new() -> Self {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/asharq-al-awsat/1.1.0");
            let release = Release::open(&folder).unwrap();
            let read = |name: &str| release.location().join(name).read_bounded(1 << 30).unwrap();
            let parts = parts(release.manifest()).map(|(name, _)| (name.clone(), read(&name))).collect();
            Self { manifest: release.manifest().clone(), schema: read(SCHEMA), parts }
        }

        /// The same release, described differently.
        fn described(&self, description: &str) -> Self {
            let mut manifest = self.manifest.clone();
            manifest.about.description = Some(description.to_owned());
            Self { manifest, schema: self.schema.clone(), parts: self.parts.clone() }
        }

        fn files(&self) -> ReleaseFiles {
            ReleaseFiles::new(&self.schema)
        }

        fn draft(&self, releases: &Location, id: &str) -> Result<Draft, Error> {
            let draft = Publisher::new(releases).begin(&self.manifest.version, id)?;
            for (name, bytes) in &self.parts {
                let mut upload = draft.put(name)?;
                upload
                    .write_all(bytes)
                    .and_then(|()| upload.finish())
                    .map_err(|source| releases.failed("write", source))?;
            }
            Ok(draft)
        }

        fn publish(&self, releases: &Location, id: &str) -> Result<Release, Error> {
            self.draft(releases, id)?.commit(&self.manifest, self.files())
        }

        /// Checks that the release is intact.
        #[track_caller]
        fn check(&self, releases: &Location) {
            let options = VerifyOptions { quick: false, threads: 1, scratch: std::env::temp_dir(), signers: None };
            let release = releases.join(&self.manifest.version.to_string());
            let report = verify(release, &options, &NoProgress).unwrap();
            assert!(report.is_intact() && report.records == self.manifest.records(), "{report:?}");
            assert_eq!(report.manifest.unwrap(), self.manifest);
        }
    }

    /// Runs a test with the folder of releases in an empty storage, of each kind.
    fn on_each(test: impl Fn(&Location)) {
        let folder = tempfile::tempdir().unwrap();
        test(&folder.path().join("set").into());
        test(&Location::new(Arc::new(MemoryStorage::new()), "set"));
    }

    /// The names of everything beside the releases.
    fn litter(releases: &Location) -> Vec<String> {
        let entries = releases.list().unwrap_or_default();
        entries.into_iter().map(|entry| entry.name).filter(|name| name.starts_with('.')).collect()
    }

    #[track_caller]
    fn refused<T>(result: Result<T, Error>, want: &str) {
        match result {
            Err(error @ Error::Commit { .. }) => assert!(error.to_string().contains(want), "{error}"),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("it was not refused"),
        }
    }

    #[test]
    fn a_release_is_published_once() {
        let example = Example::new();
        on_each(|set| {
            let release = example.publish(set, "a").unwrap();
            assert_eq!(release.location(), &set.join("1.1.0"));
            example.check(set);
            assert_eq!(litter(set), [""; 0]);
            assert_eq!(releases(set).unwrap(), [(example.manifest.version.clone(), set.join("1.1.0"))]);
            for id in ["a", "b"] {
                refused(example.publish(set, id), "already exists");
            }
            example.check(set);
            assert_eq!(litter(set), [""; 0]);
        });
    }

    #[test]
    fn whatever_fails_a_release_is_whole_or_absent() {
        let example = Example::new();
        for fault in [Fault::Error, Fault::Full, Fault::Short, Fault::Crash] {
            // Each storage has its own number of operations; the greater one counts.
            let (mut at, most) = (0, Cell::new(0));
            while at == most.get() {
                at += 1;
                on_each(|set| {
                    let (result, reached) = with_fault(at, fault, || example.publish(set, "a"));
                    most.set(if reached { at } else { most.get() });
                    let shown = format!("{fault:?} at operation {at}: {result:?}");
                    let found = releases(set).unwrap();
                    assert!(reached || result.is_ok(), "{shown}");
                    assert!(!found.is_empty() || result.is_err(), "{shown}");
                    assert!(fault != Fault::Short || result.is_ok(), "{shown}");
                    if found.is_empty() {
                        example.publish(set, "a").unwrap();
                    }
                    example.check(set);
                    // The next build removes what a process left that died, and nothing needs to be removed if it
                    // did not die.
                    if let Some(folder) = set.local_path() {
                        drop(Lock::take(&folder).unwrap());
                        assert_eq!(litter(set), [""; 0], "{shown}");
                    }
                });
            }
            assert!(at > 10, "{at} operations are too few to be all");
        }
    }

    /// A committed release of `pressmark/2` with all kinds of files, and a draft of it in `set`.
    fn second_format(set: &Location) -> (Release, Draft) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/releases/format-2/2.0.0");
        let release = Release::open(folder).unwrap();
        let draft = Publisher::new(set).begin(&release.manifest().version, "a").unwrap();
        for (name, _) in parts(release.manifest()) {
            let mut upload = draft.put(&name).unwrap();
            upload.write_all(&release.location().join(&name).read_bounded(1 << 20).unwrap()).unwrap();
            upload.finish().unwrap();
        }
        (release, draft)
    }

    #[test]
    fn all_files_of_a_release_are_published_again() {
        on_each(|set| {
            let (release, draft) = second_format(set);
            let copy = draft.commit(release.manifest(), release.files().unwrap()).unwrap();
            let entries = release.location().list().unwrap();
            for entry in entries.into_iter().filter(|entry| entry.kind == EntryKind::File) {
                let read = |release: &Release| release.location().join(&entry.name).read_bounded(1 << 20).unwrap();
                assert!(read(&release) == read(&copy), "{}", entry.name);
            }
            assert_eq!(copy.withdrawn().unwrap().len(), 1);
            assert_eq!(copy.inputs().unwrap().count() as u64, copy.manifest().inputs().count);
        });
    }

    #[test]
    fn files_that_no_release_has_are_refused() {
        on_each(|set| {
            let commit = |change: fn(ReleaseFiles) -> ReleaseFiles| {
                let (release, draft) = second_format(set);
                draft.commit(release.manifest(), change(release.files().unwrap()))
            };
            let notes = |files: ReleaseFiles| files.with_metadata([("notes.txt", b"mine".to_vec())]);
            refused(commit(notes), "`notes.txt` is not a file of metadata");
            let lists = |files: ReleaseFiles| {
                let withdrawn = Withdrawn { key: "k".to_owned(), reason: "r".to_owned() };
                files.with_lists(ListFiles::new([], [withdrawn]).unwrap())
            };
            refused(commit(lists), "the SHA-256 of withdrawn.jsonl differs");
            let large = |files: ReleaseFiles| files.with_metadata([("README.md", vec![b' '; (64 << 20) + 1])]);
            assert!(matches!(commit(large), Err(Error::TooLarge { name: "README.md", .. })));
        });
        let first = Example::new();
        on_each(|set| {
            let card = first.files().with_metadata([("README.md", b"mine".to_vec())]);
            let commit = first.draft(set, "a").unwrap().commit(&first.manifest, card);
            refused(commit, "a release of pressmark/1 has no file beside schema.json");
        });
    }

    #[test]
    fn of_two_commits_of_one_version_one_wins() {
        let examples = [Example::new().described("one"), Example::new().described("other")];
        for _ in 0..10 {
            on_each(|set| {
                let publish =
                    |example: &Example| example.publish(set, example.manifest.about.description.as_deref().unwrap());
                let results = thread::scope(|scope| {
                    let threads = examples.each_ref().map(|example| scope.spawn(move || publish(example)));
                    threads.map(|thread| thread.join().unwrap())
                });
                let winner = results.iter().position(Result::is_ok).expect("one wins");
                for (example, result) in examples.iter().zip(results) {
                    match result {
                        Ok(_) => example.check(set),
                        result => refused(result, "1.1.0"),
                    }
                }
                examples[winner].check(set);
                assert_eq!(litter(set), [""; 0]);
            });
        }
    }

    #[test]
    fn two_attempts_at_one_commit_are_one_release() {
        let example = Example::new();
        let set = &Location::new(Arc::new(MemoryStorage::new()), "set");
        let [first, second] = [(); 2].map(|()| example.draft(set, "plan 1").unwrap());
        refused(example.draft(set, "plan 2"), "another commit has claimed it with `memory:/set/.claim-1.1.0`");
        assert_eq!(releases(set).unwrap(), []);
        first.commit(&example.manifest, example.files()).unwrap();
        second.commit(&example.manifest, example.files()).unwrap();
        example.check(set);
    }

    #[test]
    fn a_manifest_describes_the_files_of_its_release() {
        let example = Example::new();
        on_each(|set| {
            let mut larger = example.manifest.clone();
            larger.parts[0].bytes += 1;
            refused(example.draft(set, "a").unwrap().commit(&larger, example.files()), " bytes, not ");
            refused(
                example.draft(set, "a").unwrap().commit(&example.manifest, ReleaseFiles::new(b"{}")),
                "SHA-256 of schema.json",
            );
            let mut later = example.manifest.clone();
            later.version = Version::new(1, 2, 0);
            refused(example.draft(set, "a").unwrap().commit(&later, example.files()), "has the version 1.2.0");
            for name in ["manifest.json", "data", "data/a/b", "../data/a", "dataa"] {
                refused(example.draft(set, "a").unwrap().put(name), "is not the name of a part");
            }
            assert_eq!(releases(set).unwrap(), []);
            example.publish(set, "a").unwrap();
            example.check(set);
        });
        on_each(|set| {
            let draft = Publisher::new(set).begin(&example.manifest.version, "a").unwrap();
            refused(draft.commit(&example.manifest, example.files()), "is missing");
            let draft = example.draft(set, "a").unwrap();
            draft.put("data/other.parquet").unwrap().finish().unwrap();
            refused(draft.commit(&example.manifest, example.files()), "data/other.parquet` is not in its manifest");
        });
    }

    #[test]
    fn a_build_leaves_the_staged_files_of_a_living_process() {
        let (example, folder) = (Example::new(), tempfile::tempdir().unwrap());
        let set = Location::from(folder.path());
        let draft = example.draft(&set, "a").unwrap();
        drop(Lock::take(folder.path()).unwrap());
        draft.commit(&example.manifest, example.files()).unwrap();
        example.check(&set);
        assert!(litter(&set).iter().all(|name| !name.starts_with(STAGING)));
    }
}
