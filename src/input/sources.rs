//! Resolves paths and patterns to a list of sources, in a fixed order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
use crate::storage::filesystem::{self, EntryKind};
use crate::text::one_line;

/// The maximum nesting of folders.
const DEPTH: usize = 64;

/// One file, or standard input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    /// The name in positions, manifests and messages.
    pub name: Arc<str>,
    /// Its file; `None` for standard input.
    pub path: Option<PathBuf>,
}

impl Source {
    /// Its size as stored, in bytes, where it is known.
    pub(crate) fn bytes(&self) -> Option<u64> {
        self.path.as_deref().and_then(filesystem::size)
    }
}

/// The sources that `patterns` name, sorted by name and each once.
///
/// A pattern is `-` for standard input, a path, a folder (all files in it and in the folders in it)
/// or a glob pattern; relative ones start at `base`. Hidden files are only read when they are named.
/// Sources below `home` are named relative to it, those of another folder by its name and their path
/// in it, and others by their file name alone, so that no path of the producer's machine reaches a
/// release. Of several that would have one name, each gets as many of the folders before it as tell
/// them apart. Devices, which are alike everywhere, keep their path.
///
/// # Errors
/// [`Error::NoInput`] if a pattern matches nothing, [`Error::Pattern`] if it is not a pattern,
/// [`Error::Io`] for a folder that cannot be read,
/// a link that leads nowhere, or one in a folder that leads to another folder.
pub(crate) fn resolve(base: &Path, home: &Path, patterns: &[String]) -> Result<Vec<Source>, Error> {
    // By the real path of each file.
    let mut files: BTreeMap<PathBuf, Source> = BTreeMap::new();
    let mut sources = Vec::new();
    for pattern in patterns {
        if pattern == "-" {
            sources.push(Source { name: "-".into(), path: None });
            continue;
        }
        let found = matches(base, pattern)?;
        if found.is_empty() {
            let path = base.join(pattern);
            let (is_folder, found) = (path.is_dir(), what_is_there(base, pattern));
            return Err(Error::NoInput { pattern: path.to_string_lossy().into_owned(), is_folder, found });
        }
        for (path, folder) in found {
            let name: Arc<str> = name(home, folder.as_deref(), &path).into();
            let place = path.canonicalize().unwrap_or_else(|_| path.clone());
            let found = Source { name, path: Some(path) };
            // A file that is named twice gets the longer name.
            let says_more = |known: &Source| (found.name.len(), &found) > (known.name.len(), known);
            if files.get(&place).is_none_or(says_more) {
                files.insert(place, found);
            }
        }
    }
    tell_apart(&mut files);
    sources.extend(files.into_values());
    sources.sort();
    sources.dedup();
    Ok(sources)
}

/// A file, and the folder that it was found in, if a folder was named.
type Found = (PathBuf, Option<PathBuf>);

/// The files that a path or pattern names.
fn matches(base: &Path, pattern: &str) -> Result<Vec<Found>, Error> {
    let full = base.join(pattern);
    let mut found = Vec::new();
    // A pipe or device may be named, as in process substitution.
    if full.exists() {
        take(full, &mut found)?;
        return Ok(found);
    }
    let alternatives = alternatives(pattern);
    if alternatives.len() > 1 {
        for alternative in alternatives {
            found.extend(matches(base, &alternative)?);
        }
        return Ok(found);
    }
    // A `**` at the end would match folders only.
    let all = if pattern.ends_with("**") { "/*" } else { "" };
    let searched = Path::new(&glob::Pattern::escape(&base.to_string_lossy())).join(format!("{pattern}{all}"));
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let paths = glob::glob_with(&searched.to_string_lossy(), options).map_err(|error| Error::Pattern {
        pattern: full.to_string_lossy().into_owned(),
        message: error.msg.to_owned(),
    })?;
    for path in paths {
        // What cannot be read may hold articles, so it is not skipped.
        let path = path.map_err(|error| {
            let path = error.path().to_owned();
            Error::io("read", &path, error.into())
        })?;
        // A pattern such as `.*` also matches `.` and `..`.
        let is_itself = ["/.", "/.."].iter().any(|end| path.to_string_lossy().ends_with(end));
        if !is_itself && (path.is_dir() || filesystem::is_file(&path)?) {
            take(path, &mut found)?;
        }
    }
    Ok(found)
}

/// How many patterns the braces of one may stand for.
const ALTERNATIVES: usize = 256;

/// The patterns that a pattern with braces stands for: `a.{json,jsonl}` is `a.json` and `a.jsonl`.
fn alternatives(pattern: &str) -> Vec<String> {
    let mut found = vec![pattern.to_owned()];
    while let Some(at) = found.iter().position(|one| braces(one).is_some()) {
        let one = found.remove(at);
        let Some((before, inner, after)) = braces(&one) else { break };
        let made: Vec<String> = inner.split(',').map(|inner| format!("{before}{inner}{after}")).collect();
        found.splice(at..at, made);
        if found.len() > ALTERNATIVES {
            return vec![pattern.to_owned()];
        }
    }
    found
}

/// The innermost first braces of a pattern that hold a comma.
fn braces(pattern: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let close = from + pattern.get(from..)?.find('}')?;
        if let Some(open) = pattern[..close].rfind('{')
            && pattern[open..close].contains(',')
        {
            return Some((&pattern[..open], &pattern[open + 1..close], &pattern[close + 1..]));
        }
        from = close + 1;
    }
}

/// How many names of files are shown.
const SHOWN: usize = 3;

/// What is where a pattern found nothing.
fn what_is_there(base: &Path, pattern: &str) -> String {
    let is_wild = |part: &Component<'_>| part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let parts: Vec<Component<'_>> = Path::new(pattern).components().collect();
    let fixed = parts.iter().position(is_wild).unwrap_or_else(|| parts.len().saturating_sub(1));
    let whole: PathBuf = parts.iter().collect();
    let folder: PathBuf = if base.join(&whole).is_dir() { whole } else { parts[..fixed].iter().collect() };
    let place = base.join(&folder);
    let shown = match place.to_string_lossy() {
        name if name.is_empty() => "the working directory".to_owned(),
        name => format!("`{}`", one_line(name.trim_end_matches('/'), 100)),
    };
    let place = if place.as_os_str().is_empty() { PathBuf::from(".") } else { place };
    let Ok(entries) = filesystem::list(&place) else { return format!("{shown} does not exist") };
    let names: Vec<String> = entries
        .iter()
        .filter(|(path, _)| !is_hidden(path))
        .map(|(path, kind)| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            one_line(&name, 60) + if *kind == EntryKind::Folder { "/" } else { "" }
        })
        .collect();
    match names.len().saturating_sub(SHOWN) {
        _ if names.is_empty() => format!("{shown} is empty"),
        0 => format!("{shown} has {}", names.join(", ")),
        more => format!("{shown} has {} and {more} more", names[..SHOWN].join(", ")),
    }
}

/// A file, or all in a folder.
fn take(path: PathBuf, found: &mut Vec<Found>) -> Result<(), Error> {
    if !path.is_dir() {
        found.push((path, None));
        return Ok(());
    }
    let mut files = Vec::new();
    collect(&path, DEPTH, &mut files)?;
    found.extend(files.into_iter().map(|file| (file, Some(path.clone()))));
    Ok(())
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

/// Whether it is hidden.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// Extends equal names with the folders of the files until they differ.
fn tell_apart(files: &mut BTreeMap<PathBuf, Source>) {
    // Of very many names most differ, so only repeated ones are collected.
    let mut names: Vec<&Arc<str>> = files.values().map(|source| &source.name).collect();
    names.sort_unstable();
    let repeated: BTreeSet<Arc<str>> =
        names.windows(2).filter(|two| two[0] == two[1]).map(|two| two[0].clone()).collect();
    let mut places_of: BTreeMap<Arc<str>, Vec<PathBuf>> = BTreeMap::new();
    for (place, source) in files.iter().filter(|(_, source)| repeated.contains(&source.name)) {
        places_of.entry(source.name.clone()).or_default().push(place.clone());
    }
    for (name, places) in places_of {
        // By their real paths, which differ somewhere.
        let parts = name.split('/').count();
        let longest = places.iter().map(|place| place.components().count()).max().unwrap_or(parts);
        let shortened = |parts: usize| places.iter().map(|place| last_parts(place, parts)).collect::<BTreeSet<_>>();
        let parts = (parts..=longest).find(|parts| shortened(*parts).len() == places.len()).unwrap_or(longest);
        for place in &places {
            if let Some(source) = files.get_mut(place) {
                source.name = last_parts(place, parts).into();
            }
        }
    }
}

/// The last parts of a path, with slashes.
fn last_parts(path: &Path, parts: usize) -> String {
    let names = path.components().filter(|part| matches!(part, Component::Normal(_)));
    let names: Vec<String> = names.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    names[names.len().saturating_sub(parts)..].join("/")
}

/// The name of a file, by the folder of the dataset and the folder that was given.
fn name(home: &Path, folder: Option<&Path>, path: &Path) -> String {
    // `./set` and `set` are one folder, and a pattern drops the `./` of the paths that it finds.
    let plain = |path: &Path| path.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>();
    let path = &plain(path);
    let is_below = |relative: &&Path| relative.components().all(|part| matches!(part, Component::Normal(_)));
    let below = |folder: &Path| path.strip_prefix(plain(folder)).ok().filter(is_below);
    let in_folder = |folder: &Path| Some(Path::new(folder.file_name().unwrap_or_default()).join(below(folder)?));
    if path.starts_with("/dev") {
        return path.to_string_lossy().into_owned();
    }
    let shown = below(home).map(Path::to_owned).or_else(|| folder.and_then(in_folder));
    let shown = shown.unwrap_or_else(|| path.file_name().map_or_else(|| path.clone(), PathBuf::from));
    shown.to_string_lossy().replace('\\', "/")
}
