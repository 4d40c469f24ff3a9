//! Which files are read: paths and patterns to a list of sources, in a fixed order.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
use crate::filesystem::{self, EntryKind};

/// How deep folders may lie in one another.
const DEPTH: usize = 64;

/// One file, or standard input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// What the source is called in positions, manifests and messages.
    pub name: Arc<str>,
    /// Its file; `None` for standard input.
    pub path: Option<PathBuf>,
}

impl Source {
    /// Its size as stored, in bytes, where it is known.
    pub fn bytes(&self) -> Option<u64> {
        self.path.as_deref().and_then(filesystem::size)
    }
}

/// The sources that `patterns` name, sorted by name and each once.
///
/// A pattern is `-` for standard input, a path, a folder (all files in it and in the folders in it)
/// or a glob pattern; relative ones start at `base`. Sources below `home` are named relative to it,
/// those of another folder relative to that, and others by their file name alone, so that no path of
/// the producer's machine reaches a release.
///
/// # Errors
/// [`Error::NoInput`] if a pattern matches nothing, [`Error::Io`] for a folder that cannot be read,
/// a link that leads nowhere, or one in a folder that leads to another folder.
pub fn resolve(base: &Path, home: &Path, patterns: &[String]) -> Result<Vec<Source>, Error> {
    let mut sources = Vec::new();
    for pattern in patterns {
        if pattern == "-" {
            sources.push(Source { name: "-".into(), path: None });
            continue;
        }
        let full = base.join(pattern);
        let folder = full.is_dir().then_some(&full);
        let mut paths = Vec::new();
        match folder {
            Some(folder) => collect(folder, DEPTH, &mut paths)?,
            None => paths = matches(base, pattern)?,
        }
        if paths.is_empty() {
            return Err(Error::NoInput { pattern: full.to_string_lossy().into_owned() });
        }
        let homes: Vec<&Path> = std::iter::once(home).chain(folder.map(PathBuf::as_path)).collect();
        for path in paths {
            sources.push(Source { name: name(&homes, &path).into(), path: Some(path) });
        }
    }
    sources.sort();
    sources.dedup();
    Ok(sources)
}

/// The files that a path or pattern names.
fn matches(base: &Path, pattern: &str) -> Result<Vec<PathBuf>, Error> {
    let full = base.join(pattern);
    // A pipe or device may be named, as a shell names what another command writes.
    if full.exists() {
        return Ok(vec![full]);
    }
    let searched = Path::new(&glob::Pattern::escape(&base.to_string_lossy())).join(pattern);
    let Ok(paths) = glob::glob(&searched.to_string_lossy()) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for path in paths {
        // What cannot be looked at may hold articles: leaving it out would lose them in silence.
        let path = path.map_err(|error| {
            let path = error.path().to_owned();
            Error::io("read", &path, error.into())
        })?;
        if !is_hidden(&path) && filesystem::is_file(&path)? {
            files.push(path);
        }
    }
    Ok(files)
}

/// Finds the files in a folder and in the folders in it, links to files among them.
fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    for (path, kind) in filesystem::list(folder)? {
        let refuse = |why: &str| Err(Error::io("read", &path, std::io::Error::other(why.to_owned())));
        match kind {
            _ if is_hidden(&path) => {}
            EntryKind::File => found.push(path),
            EntryKind::Folder if depth == 0 => return refuse("folders lie too deep in one another"),
            EntryKind::Folder => collect(&path, depth - 1, found)?,
            EntryKind::Other if path.is_dir() => return refuse("it is a link to a folder; name that folder itself"),
            EntryKind::Other if filesystem::is_file(&path)? => found.push(path),
            // A pipe or socket is only read when it is named.
            EntryKind::Other => {}
        }
    }
    Ok(())
}

/// Hidden files (editors' and systems' own) are only read when they are named.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// Relative to the first of these folders that it is in, else its file name.
fn name(homes: &[&Path], path: &Path) -> String {
    let is_below = |relative: &&Path| relative.components().all(|part| matches!(part, Component::Normal(_)));
    let relative = homes.iter().find_map(|home| path.strip_prefix(home).ok().filter(is_below));
    let shown = relative.unwrap_or_else(|| path.file_name().map_or(path, Path::new));
    shown.to_string_lossy().replace('\\', "/")
}
