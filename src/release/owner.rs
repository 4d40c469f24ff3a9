//! [`Owner`]: tells staged files of a living process from those that a dead one left.
//!
//! Names of staged files and folders start with the name of their owner: `.staging-`, the host, and a random
//! word. While the process lives, it holds a lock on the file `.staging-HOST-WORD.owner` beside them. Only what
//! is certainly abandoned is removed: its owner file exists, is of this host, and is not locked. Everything else
//! stays: files of another host, whose locks may not be visible here, and staged files without an owner file.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::error::Error;
use crate::storage::EntryKind;
use crate::storage::filesystem::{self, STAGING};

/// How the name of an owner file ends.
const OWNER: &str = ".owner";

/// The owner of staged files in one folder. Dropping it removes its file, but not what it owns.
#[derive(Debug)]
pub(super) struct Owner {
    path: PathBuf,
    prefix: String,
    _file: File,
}

impl Owner {
    /// Creates an owner in a folder.
    pub(super) fn new(folder: &Path) -> Result<Self, Error> {
        let start = format!("{STAGING}{}-", host());
        loop {
            let path = filesystem::create_named(folder, &start, OWNER)?;
            // Until it is locked, another process may take it for abandoned and remove it.
            match filesystem::lock(&path) {
                Ok(Some(file)) if filesystem::is_same_file(&file, &path) => {
                    let prefix = format!("{}-", stem(&path).unwrap_or_default());
                    return Ok(Self { path, prefix, _file: file });
                }
                Ok(_) => {}
                Err(error) => {
                    filesystem::remove_file(&path)?;
                    return Err(error);
                }
            }
        }
    }

    /// How the names of its files and folders start.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _left_to_the_next_build = filesystem::remove_file(&self.path);
    }
}

/// Removes the staged files and folders in a folder whose owners are dead processes of this host.
pub(super) fn remove_abandoned(folder: &Path) -> Result<(), Error> {
    let entries = filesystem::list(folder)?;
    let own = format!("{STAGING}{}-", host());
    for (path, _) in &entries {
        let Some(stem) = stem(path).filter(|stem| stem.starts_with(&own)) else { continue };
        // The lock is held until everything is removed, so that of two processes only one does it.
        let Some(_lock) = filesystem::lock(path)? else { continue };
        let prefix = format!("{stem}-");
        let is_owned = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix));
        for (path, kind) in entries.iter().filter(|(path, _)| is_owned(path)) {
            match kind {
                EntryKind::Folder => filesystem::remove_folder(path)?,
                EntryKind::File => filesystem::remove_file(path)?,
                EntryKind::Other => {}
            }
        }
        filesystem::remove_file(path)?;
    }
    Ok(())
}

/// The name of an owner file without its end. `None` for other files.
fn stem(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(OWNER).filter(|stem| stem.starts_with(STAGING)).map(str::to_owned)
}

/// A short name of this host that is safe in file names.
fn host() -> String {
    Digest::of(&filesystem::host_name()).to_string()[..8].to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::release::Lock;

    fn names(folder: &Path) -> BTreeSet<String> {
        let entries = filesystem::list(folder).unwrap();
        entries.iter().map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    fn touch(folder: &Path, name: &str) {
        filesystem::write_new(&folder.join(name), b"half").unwrap();
    }

    #[test]
    fn only_abandoned_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let living = Owner::new(folder).unwrap();
        touch(folder, &format!("{}a", living.prefix()));
        filesystem::create_folder(&folder.join(format!("{}b/data", living.prefix()))).unwrap();
        let dead = format!("{STAGING}{}-dead", host());
        touch(folder, &format!("{dead}-a"));
        filesystem::create_folder(&folder.join(format!("{dead}-b/data"))).unwrap();
        touch(folder, &format!("{dead}{OWNER}"));
        // Another host's, whose lock is not visible; one without an owner; and an older version's.
        for name in [".staging-00000000-other-a", ".staging-00000000-other.owner", ".staging-plan", ".staging-x1"] {
            touch(folder, name);
        }
        let mut want = names(folder);
        want.retain(|name| !name.starts_with(&dead));
        drop(Lock::take(folder).unwrap());
        assert_eq!(names(folder), want);
        let prefix = living.prefix().to_owned();
        drop(living);
        // What an owner leaves when it is dropped has no owner file, so it stays as well.
        assert!(names(folder).contains(&format!("{prefix}a")));
    }

    #[test]
    fn owners_in_one_folder_differ() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = [(); 2].map(|()| Owner::new(folder.path()).unwrap());
        assert!(!a.prefix().starts_with(b.prefix()) && !b.prefix().starts_with(a.prefix()));
        remove_abandoned(folder.path()).unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        drop((a, b));
        assert!(names(folder.path()).is_empty());
    }
}
