//! The documentation: every page is part of the site, the site builds, and every link leads somewhere, in the
//! repository as on the site. Links to other hosts are not followed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::consumers::{environment, run};

const LYCHEE: [&str; 3] = ["--offline", "--include-fragments", "--no-progress"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Markdown files in a folder of the repository and below, relative to the repository.
fn pages(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root()).unwrap().to_owned();
        if path.is_dir() && !folder.is_empty() {
            found.extend(pages(name.to_str().unwrap()));
        } else if path.extension() == Some(OsStr::new("md")) {
            found.push(name);
        }
    }
    found
}

fn all_pages() -> Vec<PathBuf> {
    let pages: Vec<PathBuf> = ["", "docs", "examples", "schema"].into_iter().flat_map(pages).collect();
    assert!(pages.len() > 15, "{pages:?}");
    pages
}

/// A page that the summary leaves out would be copied to the site as a file that nothing shows.
#[test]
fn the_summary_names_every_page() {
    let summary = include_str!("../website/SUMMARY.md");
    let links = summary.split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0);
    let named: BTreeSet<PathBuf> = links.map(PathBuf::from).collect();
    assert_eq!(named, all_pages().into_iter().collect());
}

#[test]
fn the_list_of_schemas_is_complete() {
    let page = include_str!("../schema/README.md");
    for entry in fs::read_dir(root().join("schema")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let named = name == "README.md" || !name.contains('.') || page.contains(&format!("]({name})"));
        assert!(named, "schema/README.md does not name {name}");
    }
}

#[test]
fn links_lead_somewhere_in_the_repository_and_on_the_site() {
    let Some(python) = environment("distribution", "website") else { return };
    let programs = python.parent().unwrap();
    let lychee = || {
        let mut command = Command::new(programs.join("lychee"));
        command.args(LYCHEE).current_dir(root());
        command
    };
    run(lychee().args(all_pages()));

    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    run(Command::new(root().join("website/build.sh")).env("PATH", path));
    let site = root().join("target/website/html");
    // A server answers a link to a folder with its index page.
    run(lychee().args(["--index-files", "index.html"]).arg(&site));
    let search = fs::read_dir(&site).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(search.into_iter().any(|name| name.starts_with("searchindex-")), "the site has no search");

    // A checker that finds nothing must be one that would.
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.md");
    for (link, works) in [("broken.md#here", true), ("missing.md", false), ("broken.md#missing", false)] {
        fs::write(&broken, format!("# Here\n\n[link]({link})\n")).unwrap();
        assert_eq!(lychee().arg(&broken).output().unwrap().status.success(), works, "{link}");
    }
}
