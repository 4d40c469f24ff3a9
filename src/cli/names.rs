//! What reports call inputs outside of a dataset: by a path that leads there from the working directory. A manifest has
//! only the file's own name, so that no path of a machine gets into a release.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::input::resolve;
use crate::publish::KeyConflicts;
use crate::release::Dataset;
use crate::text::one_line;

/// The paths of the inputs that are not in the dataset's folder, by the names that the library gives them.
pub(crate) fn outside(dataset: &Dataset, home: &Path) -> BTreeMap<String, String> {
    let leads_out = |pattern: &String| {
        let path = Path::new(pattern);
        path.is_absolute() || path.components().any(|part| part == Component::ParentDir)
    };
    if !dataset.inputs.iter().any(leads_out) {
        return BTreeMap::new();
    }
    // Without the files, the names stay as they are.
    let sources = resolve(&dataset.folder, home, &dataset.inputs).unwrap_or_default();
    let folder = shortest(&dataset.folder);
    let is_here = folder.as_os_str().is_empty();
    let is_below_here = |path: &Path| path.is_relative() && !path.starts_with("..");
    let is_inside = |path: &Path| if is_here { is_below_here(path) } else { path.starts_with(&folder) };
    let named = sources.into_iter().filter_map(|source| {
        let path = shortest(&source.path?);
        let shown = path.to_string_lossy().replace('\\', "/");
        (!is_inside(&path)).then(|| (source.name.to_string(), shown))
    });
    named.collect()
}

/// Gives the articles that share a key the names of their inputs.
pub(crate) fn rename(conflicts: &mut KeyConflicts, shown: &BTreeMap<String, String>) {
    for article in conflicts.keys.iter_mut().flat_map(|key| &mut key.articles) {
        if let Some(name) = shown.get(&article.source) {
            article.source = one_line(name, 200);
        }
    }
}

/// A path without detours: `news/../crawl/1.json` is `crawl/1.json`, unless a link makes that another file.
fn shortest(path: &Path) -> PathBuf {
    let mut short = PathBuf::new();
    for part in path.components() {
        match (part, short.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => drop(short.pop()),
            (part, _) => short.push(part),
        }
    }
    let is_same = || Some(short.canonicalize().ok()? == path.canonicalize().ok()?);
    if short == path || short.as_os_str().is_empty() || is_same() == Some(true) { short } else { path.to_owned() }
}
