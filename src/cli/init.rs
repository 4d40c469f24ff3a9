//! `pressmark init`.

use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use pressmark::Error;
use pressmark::init::{InitOptions, init};
use pressmark::text::printable;

use crate::args::InitArguments;
use crate::outcome::{Outcome, written};

pub(crate) fn run(arguments: &InitArguments) -> Result<Outcome, Error> {
    let options = InitOptions {
        name: arguments.name.clone(),
        schema: from_folder(&arguments.dir, &arguments.schema),
        source: arguments.source.as_deref().map(|source| from_folder(&arguments.dir, source)),
    };
    let path = init(&arguments.dir, &options)?;
    let mut out = anstream::stdout().lock();
    let text = format!(
        "wrote {0}\nset `inputs` in {0}, then run: pressmark build {1}\n",
        printable(&path.display().to_string()),
        printable(&arguments.dir.display().to_string())
    );
    written(out.write_all(text.as_bytes()), Outcome::Yes)
}

/// A file that is not in the folder and is here, by its path from the folder, which is how
/// `dataset.toml` names it. Anything else stays as it is.
fn from_folder(folder: &Path, file: &str) -> String {
    // What is built in has a name without either.
    let is_path = file.contains(['.', '/']);
    if !is_path || folder.join(file).exists() || !Path::new(file).exists() {
        return file.to_owned();
    }
    relative(&real(folder), &real(Path::new(file))).to_string_lossy().into_owned()
}

/// Where something really is, or will be, links and `..` followed.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let made = |path: &Path| path.canonicalize().ok();
    let to_be_made = || Some(real(absolute.parent()?).join(absolute.file_name()?));
    made(&absolute).or_else(to_be_made).unwrap_or(absolute.clone())
}

/// The way from an absolute folder to an absolute file.
fn relative(folder: &Path, file: &Path) -> PathBuf {
    let shared = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(file.components().skip(shared)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_from_a_folder_to_a_file() {
        let check = |folder: &str, file: &str, want: &str| {
            assert_eq!(relative(Path::new(folder), Path::new(file)), Path::new(want), "{folder} {file}");
        };
        check("/a/b", "/a/s.json", "../s.json");
        check("/a/b/c", "/a/d/s.json", "../../d/s.json");
        check("/a", "/a/b/s.json", "b/s.json");
        check("/a", "/b.json", "../b.json");
    }
}
