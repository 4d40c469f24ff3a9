//! The user's own cache folder, where a build keeps what the next one need not validate again.
//!
//! It is the folder of the user and never one of the dataset: what lies there is trusted. Crates that
//! find such folders ask the system's list of users where no variable is set; here no variable means
//! no cache.

use std::env::var_os;
use std::path::PathBuf;

/// `PRESSMARK_CACHE_DIR`, or `pressmark` in the folder that the system has for caches. None where the
/// environment names no folder.
pub fn folder() -> Option<PathBuf> {
    if let Some(own) = variable("PRESSMARK_CACHE_DIR") {
        return Some(own);
    }
    // A relative path would lead to a place in the working folder, such as the dataset's.
    let caches = caches().filter(|path| path.is_absolute())?;
    Some(caches.join("pressmark"))
}

fn variable(name: &str) -> Option<PathBuf> {
    var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(windows)]
fn caches() -> Option<PathBuf> {
    variable("LOCALAPPDATA")
}

#[cfg(target_os = "macos")]
fn caches() -> Option<PathBuf> {
    variable("HOME").map(|home| home.join("Library/Caches"))
}

#[cfg(not(any(windows, target_os = "macos")))]
fn caches() -> Option<PathBuf> {
    // The XDG base directory specification wants relative paths passed over.
    let own = variable("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    own.or_else(|| variable("HOME").map(|home| home.join(".cache")))
}
