//! Which files are read: paths and patterns to a list of sources, in a fixed order.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
use crate::filesystem;

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
/// A pattern is `-` for standard input, a path, a folder (all files in it) or a glob pattern;
/// relative ones start at `base`. Sources below `home` are named relative to it and others by
/// their file name alone, so that no path of the producer's machine reaches a release.
///
/// # Errors
/// [`Error::NoInput`] if a pattern matches nothing, [`Error::Io`] for a folder that cannot be read
/// or a link that leads nowhere.
pub fn resolve(base: &Path, home: &Path, patterns: &[String]) -> Result<Vec<Source>, Error> {
    let mut sources = Vec::new();
    for pattern in patterns {
        if pattern == "-" {
            sources.push(Source { name: "-".into(), path: None });
            continue;
        }
        for path in matches(base, pattern)? {
            let name = name(home, &path);
            sources.push(Source { name: name.into(), path: Some(path) });
        }
    }
    sources.sort();
    sources.dedup();
    Ok(sources)
}

fn matches(base: &Path, pattern: &str) -> Result<Vec<PathBuf>, Error> {
    let full = base.join(pattern);
    // A pipe or device may be named, as a shell names what another command writes.
    if full.exists() && !full.is_dir() {
        return Ok(vec![full]);
    }
    let literal = |path: &Path| PathBuf::from(glob::Pattern::escape(&path.to_string_lossy()));
    let searched = if full.is_dir() { literal(&full).join("*") } else { literal(base).join(pattern) };
    let none = || Error::NoInput { pattern: full.to_string_lossy().into_owned() };
    let paths = glob::glob(&searched.to_string_lossy()).map_err(|_bad_pattern| none())?;
    // Hidden files (editors' and systems' own) are only read when they are named.
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let mut files = Vec::new();
    for path in paths {
        // What cannot be looked at may hold articles: leaving it out would lose them in silence.
        let path = path.map_err(|error| {
            let path = error.path().to_owned();
            Error::io("read", &path, error.into())
        })?;
        if !hidden(&path) && filesystem::is_file(&path)? {
            files.push(path);
        }
    }
    if files.is_empty() { Err(none()) } else { Ok(files) }
}

fn name(home: &Path, path: &Path) -> String {
    let relative = path
        .strip_prefix(home)
        .ok()
        .filter(|relative| relative.components().all(|component| matches!(component, std::path::Component::Normal(_))));
    let shown = relative.unwrap_or_else(|| path.file_name().map_or(path, Path::new));
    shown.to_string_lossy().replace('\\', "/")
}
