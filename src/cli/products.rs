//! What is no input of articles although it holds JSON: releases, datasets and reject files. `check` and `build` name
//! it and say which command reads it.

use std::path::Path;

use crate::Error;
use crate::input::resolve;
use crate::release::{Found, MANIFEST, SUMS, find};
use crate::retry::holds_rejects;

use crate::cli::locate;
use crate::cli::terminal::word;

/// How many files of a folder are looked at.
const LOOKED_AT: usize = 2;

/// Refuses inputs that another command reads.
pub(crate) fn refuse(inputs: &[String]) -> Result<(), Error> {
    for input in inputs {
        let path = Path::new(input);
        if path.exists() {
            refuse_one(path)?;
        }
    }
    Ok(())
}

fn refuse_one(path: &Path) -> Result<(), Error> {
    let refuse = |path: &Path, what: &str, hint: String| {
        let message = format!("`{}` is {what}, not an input with articles", locate::shown(path));
        Err(Error::Argument { message, hint: Some(hint) })
    };
    let typed = |path: &Path| word(&path.display().to_string());
    // Its parts are two levels below it.
    let is_release = |folder: &&Path| folder.join(MANIFEST).is_file() && folder.join(SUMS).is_file();
    if let Some(release) = path.ancestors().take(3).find(is_release) {
        let what = if release == path { "a release" } else { "a part of a release" };
        let release = if release.as_os_str().is_empty() { ".".to_owned() } else { typed(release) };
        let hint = format!(
            "to verify it: pressmark verify {release}; to get its records as JSON lines: pressmark export {release} -o records.jsonl"
        );
        return refuse(path, what, hint);
    }
    if locate::is_dataset(path) {
        let hint = format!("check a dataset alone: pressmark check {}", typed(path));
        return refuse(path, "a dataset", hint);
    }
    let sources = resolve(Path::new(""), Path::new(""), &[path.to_string_lossy().into_owned()])?;
    for source in sources.iter().take(LOOKED_AT) {
        if holds_rejects(source)? {
            let hint = format!("to validate its articles again: pressmark retry {}", typed(path));
            let what = if path.is_dir() { "a folder of reject files" } else { "a reject file" };
            return refuse(path, what, hint);
        }
    }
    if path.is_dir() && matches!(find(path), Ok(Found::Releases(_))) {
        return refuse(path, "a folder of releases", format!("to verify them: pressmark verify {}", typed(path)));
    }
    Ok(())
}
