//! What the source tree must look like: rooms in their order, files that can be read in one
//! sitting, names that say something.

use std::fs;
use std::path::Path;

/// The rooms, each allowed to use those before it. Rooms of one line do not use each other.
const ROOMS: [&[&str]; 18] = [
    &["code", "digest", "error", "ordered_pool", "progress", "storage", "text"],
    &["json", "signature"],
    &["input"],
    &["mapping"],
    &["schema"],
    &["record"],
    &["external_sort"],
    &["part_files"],
    &["release"],
    &["metadata"],
    &["diff"],
    &["reject"],
    &["diagnostics"],
    &["validate"],
    &["publish", "verify", "init", "retry", "revalidate", "export", "history"],
    &["check"],
    &["sign"],
    &["cli"],
];
/// Values that every room uses, and each other's.
const EVERYWHERE: usize = 0;
/// How many lines a file may have, its tests left out.
const LINES: usize = 400;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["util", "utils", "helpers", "common", "misc", "mod"];
/// Names of files and folders that common ignore files match: a file in such a folder would be
/// left out of a commit in silence.
const IGNORED_NAMES: [&str; 14] =
    ["build", "dist", "target", "out", "bin", "lib", "parts", "var", "env", "venv", "eggs", "downloads", "tmp", "log"];

struct Source {
    /// Relative to `src`, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The room it belongs to: `release` for `release.rs` and `release/manifest/wire.rs`.
    fn room(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The text above the tests.
    fn code(&self) -> &str {
        self.text.split_once("#[cfg(test)]\nmod ").map_or(&self.text, |(code, _tests)| code)
    }

    /// The rooms that its code names after `crate::`, comments left out.
    fn uses(&self) -> Vec<String> {
        let code: Vec<&str> = self.code().lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        let mut found = Vec::new();
        for (at, _) in code.match_indices("crate::") {
            let after = &code[at + "crate::".len()..];
            match after.strip_prefix('{') {
                Some(group) => found.extend(first_names(group)),
                None => found.push(name(after)),
            }
        }
        found
    }
}

/// The names at the top level of a group of imports, up to its closing brace.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut expected) = (0, Vec::new(), true);
    for (at, character) in group.char_indices() {
        match character {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            _ if expected && !character.is_whitespace() => {
                names.push(name(&group[at..]));
                expected = false;
            }
            _ => {}
        }
    }
    names
}

fn name(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
    assert!(found.len() > 50, "the sources are not where they are looked for");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{path}/"), found);
        } else if entry.path().extension().is_some_and(|extension| extension == "rs") {
            found.push(Source { text: fs::read_to_string(entry.path()).unwrap(), path });
        }
    }
}

fn level(room: &str) -> Option<usize> {
    ROOMS.iter().position(|rooms| rooms.contains(&room))
}

/// Collects a line for each file that `wrong` says something about, and fails if there are any.
#[track_caller]
fn check(wrong: impl Fn(&Source) -> Vec<String>) {
    let told: Vec<String> = sources()
        .iter()
        .flat_map(|source| wrong(source).into_iter().map(|wrong| format!("src/{}: {wrong}", source.path)))
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn every_room_has_its_place() {
    check(|source| match source.room() {
        "lib" | "main" => Vec::new(),
        room if level(room).is_some() => Vec::new(),
        room => vec![format!("`{room}` is no room of the list")],
    });
}

#[test]
fn dependencies_point_only_downward() {
    check(|source| {
        let Some(own) = level(source.room()) else { return Vec::new() };
        let upward = |used: &String| {
            used != source.room() && level(used).is_some_and(|used| used > own || used == own && own != EVERYWHERE)
        };
        source.uses().into_iter().filter(upward).map(|used| format!("`{}` uses `{used}`", source.room())).collect()
    });
}

#[test]
fn only_the_command_line_prints() {
    check(|source| {
        let prints = ["print!(", "println!(", "io::stdout(", "io::stderr(", "anstream"];
        let library = source.room() != "cli";
        prints.iter().filter(|word| library && source.code().contains(**word)).map(|word| format!("`{word}`")).collect()
    });
}

#[test]
fn only_one_room_names_the_schema_library() {
    check(|source| {
        let code = source.code().lines().filter(|line| !line.trim_start().starts_with("//"));
        let named = code.filter(|line| line.contains("jsonschema::")).count();
        if named > 0 && source.room() != "schema" { vec!["`jsonschema` is schema's".into()] } else { Vec::new() }
    });
}

#[test]
fn files_can_be_read_in_one_sitting() {
    check(|source| match source.code().lines().count() {
        lines if lines > LINES => vec![format!("{lines} lines without its tests, {LINES} are allowed")],
        _ => Vec::new(),
    });
}

#[test]
fn files_open_with_what_they_are_for() {
    check(|source| if source.text.starts_with("//! ") { Vec::new() } else { vec!["no `//!` on top".into()] });
}

#[test]
fn names_say_what_is_inside() {
    check(|source| {
        let stem = source.path.rsplit('/').next().unwrap().strip_suffix(".rs").unwrap();
        if EMPTY_NAMES.contains(&stem) { vec!["a name that says nothing".into()] } else { Vec::new() }
    });
}

#[test]
fn no_ignore_file_matches_a_name() {
    check(|source| {
        let names = source.path.split('/').map(|name| name.strip_suffix(".rs").unwrap_or(name));
        let folders = names.rev().skip(1);
        folders.filter(|name| IGNORED_NAMES.contains(name)).map(|name| format!("the folder `{name}`")).collect()
    });
}

#[test]
fn nothing_is_left_for_later() {
    check(|source| {
        let words = [concat!("TO", "DO"), concat!("FIX", "ME")];
        words.iter().filter(|word| source.text.contains(**word)).map(|word| format!("`{word}`")).collect()
    });
}

#[test]
fn imports_are_told_apart() {
    assert_eq!(first_names("filesystem, text};"), ["filesystem", "text"]);
    assert_eq!(first_names("json::{self, Value}, a::b}"), ["json", "a"]);
    let text = "//! [`crate::verify`]\nuse crate::json;\nuse crate::{digest::{self, D}, text};\n".to_owned();
    let source = Source { path: "release/open.rs".into(), text };
    assert_eq!((source.room(), source.uses()), ("release", vec!["json".into(), "digest".into(), "text".into()]));
}
