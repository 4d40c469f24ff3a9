//! The tutorial: its commands, run one after the other in one folder, print what the page shows. What the
//! README shows is part of it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Test, files};

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// What a command prints on a terminal: both streams, with line ends of the terminal.
fn printed(test: &Test, command: &str) -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_pressmark")).parent().unwrap();
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("{{ {command}\n}} 2>&1"))
        .current_dir(test.path(""))
        .env_clear()
        .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let mut shown = String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n");
    if !shown.is_empty() && !shown.ends_with('\n') {
        shown.push('\n');
    }
    shown
}

/// The lines of the console blocks of a page.
fn console_lines(page: &str) -> Vec<&str> {
    let blocks = page.split("```console\n").skip(1).map(|rest| rest.split("```\n").next().unwrap());
    blocks.flat_map(str::lines).collect()
}

/// The page with the output that each of its commands has now.
pub(crate) fn played(test: &Test, page: &str) -> String {
    let mut played = String::new();
    let mut in_console = false;
    for line in page.lines() {
        let fence = line.starts_with("```");
        let command = line.strip_prefix("$ ").filter(|_| in_console);
        if fence || !in_console || command.is_some() {
            played.push_str(line);
            played.push('\n');
        }
        if fence {
            in_console = line == "```console";
        }
        if let Some(command) = command {
            played.push_str(&printed(test, command));
        }
    }
    played
}

/// A copy of the folder in which the tutorial starts.
pub(crate) fn folder() -> Test {
    let test = Test::new();
    for (name, bytes) in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tutorial")) {
        test.write(&name, bytes);
    }
    test
}

/// If the program prints something else now, the page as it should be is left in the target folder.
#[test]
fn the_tutorial_prints_what_it_shows() {
    let wanted = page("docs/tutorial.md");
    assert!(console_lines(&wanted).iter().filter(|line| line.starts_with("$ pressmark ")).count() >= 10);
    let found = played(&folder(), &wanted);
    if found != wanted {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tutorial.md");
        fs::write(&path, &found).unwrap();
        let differ = wanted.lines().zip(found.lines()).find(|(wanted, found)| wanted != found);
        panic!("docs/tutorial.md is not what is printed, first {differ:?}; see {}", path.display());
    }
}

/// The README leaves lines out, but shows none that the tutorial does not.
#[test]
fn the_readme_shows_output_of_the_tutorial() {
    let (readme, tutorial) = (page("README.md"), page("docs/tutorial.md"));
    let known = console_lines(&tutorial);
    let shown = console_lines(&readme);
    assert!(shown.len() > 10, "{shown:?}");
    let unknown: Vec<_> = shown.into_iter().filter(|line| *line != "..." && !known.contains(line)).collect();
    assert!(unknown.is_empty(), "not in docs/tutorial.md: {unknown:#?}");
}
