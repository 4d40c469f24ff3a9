//! `pressmark init`.

use std::path::{Component, Path, PathBuf};

use crate::Error;
use crate::init::{InitOptions, InitReport, init};
use crate::mapping::Chosen;
use crate::text::one_line;

use crate::cli::args::InitArguments;
use crate::cli::outcome::Outcome;
use crate::cli::{locate, terminal};

pub(crate) fn run(arguments: &InitArguments) -> Result<Outcome, Error> {
    let Placed { dir, from, inputs } = placed(arguments);
    let dir = dir.as_path();
    let (from, inputs) = (listed(Path::new(""), from), listed(dir, inputs));
    let looked_at = from.iter().map(|pattern| pattern_from(dir, pattern));
    let options = InitOptions {
        name: arguments.name.clone(),
        schema: from_folder(dir, &arguments.schema)?,
        source: arguments.source.as_deref().map(|source| from_folder(dir, source)).transpose()?,
        key: arguments.key.clone(),
        order_by: arguments.order_by.clone(),
        inputs: if inputs.is_empty() { looked_at.collect() } else { inputs },
        from,
    };
    let report = init(dir, &options)?;
    terminal::print(&told(dir, !options.inputs.is_empty(), &report), Outcome::Yes)
}

/// The dataset's folder and the patterns.
struct Placed<'a> {
    dir: PathBuf,
    from: &'a [String],
    inputs: &'a [String],
}

/// Finds the folder: a list of patterns may have taken it as its last element.
fn placed(arguments: &InitArguments) -> Placed<'_> {
    let InitArguments { dir, from, inputs, .. } = arguments;
    let last = |list: &[String]| list.len() > 1 && list.last().is_some_and(|last| !Path::new(last).is_file());
    match (dir, from.split_last(), inputs.split_last()) {
        (Some(dir), ..) => Placed { dir: dir.clone(), from, inputs },
        (None, Some((dir, before)), _) if last(from) => Placed { dir: dir.into(), from: before, inputs },
        (None, _, Some((dir, before))) if last(inputs) => Placed { dir: dir.into(), from, inputs: before },
        _ => locate::usage("name the dataset's folder: pressmark init DIR --from 'crawl/*.json'"),
    }
}

/// The patterns in a list: commas separate them, except in braces and in the name of a file that exists.
fn listed(folder: &Path, patterns: &[String]) -> Vec<String> {
    let split = |pattern: &String| -> Vec<String> {
        if folder.join(pattern).exists() {
            return vec![pattern.clone()];
        }
        split_outside_braces(pattern).filter(|one| !one.is_empty()).map(str::to_owned).collect()
    };
    patterns.iter().flat_map(split).collect()
}

fn split_outside_braces(pattern: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    pattern.split(move |character| {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
}

/// What was written, and the next command.
fn told(dir: &Path, has_inputs: bool, report: &InitReport) -> String {
    let (path, dir) = (locate::shown(&report.path), terminal::word(&dir.display().to_string()));
    let mut text = format!("wrote {path}\n");
    if let Some(source) = &report.source {
        let how = match source.chosen {
            Chosen::Recognised => "recognised",
            Chosen::Given => "as given",
            Chosen::Default => "no parser was recognised",
        };
        text.push_str(&format!("source: {} ({how})\n", one_line(&source.name, 60)));
    }
    if let Some((source, better)) = report.source.as_ref().and_then(|source| Some((source, source.better.as_ref()?))) {
        let (name, fields) = (one_line(&source.name, 60), better.fields.join(", "));
        text.push_str(&format!("warning[D-MISFIT]: `{name}` leaves empty what `{}` fills: {fields}\n", better.source));
        text.push_str(&format!("  help: set source = \"{}\" in {path}\n", better.source));
    }
    let order = if report.order_by.is_empty() { "the key".to_owned() } else { report.order_by.join(", ") };
    text.push_str(&format!("key: {}; records are ordered by {}\n", one_line(&report.key, 60), one_line(&order, 200)));
    let what = if has_inputs { "to publish a release" } else { "to publish a release, set `inputs` first" };
    text + &terminal::next(&[(what, format!("pressmark build {dir}"))])
}

/// A pattern of files by its path from the folder: the part before its first wildcard is followed.
fn pattern_from(folder: &Path, pattern: &str) -> String {
    let is_wild = |part: &Component<'_>| part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let parts: Vec<Component<'_>> = Path::new(pattern).components().collect();
    let fixed = parts.iter().position(is_wild).unwrap_or(parts.len());
    let start: PathBuf = parts[..fixed].iter().collect();
    let start = if start.as_os_str().is_empty() { PathBuf::from(".") } else { start };
    let way: PathBuf =
        [relative(&real(folder), &real(&start))].into_iter().chain(parts[fixed..].iter().map(PathBuf::from)).collect();
    way.to_string_lossy().replace('\\', "/")
}

/// A file that is not in the folder and is here, by its path from the folder, which is how
/// `dataset.toml` names it. Anything else stays as it is.
fn from_folder(folder: &Path, file: &str) -> Result<String, Error> {
    // What is built in has a name without either.
    let is_path = file.contains(['.', '/']);
    if !is_path || folder.join(file).exists() {
        return Ok(file.to_owned());
    }
    if Path::new(file).exists() {
        return Ok(relative(&real(folder), &real(Path::new(file))).to_string_lossy().into_owned());
    }
    let (file, folder) = (one_line(file, 200), locate::shown(folder));
    let message = format!("there is no file `{file}`, neither here nor in `{folder}`");
    Err(Error::Argument { message, hint: None })
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
