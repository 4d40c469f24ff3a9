//! The tests of pressmark from outside: through its binary and its public library, on files in
//! folders of their own. Tests of single functions stand beside them in `src`.
#![expect(clippy::disallowed_methods, reason = "tests make, damage and read files on purpose")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

// The GitHub Action, and the workflow that uses it.
mod action;
// What the source tree must look like.
mod architecture;
// What is said to input, settings and targets that cannot be used.
mod bad_input;
// Releases made through the binary.
mod build;
// Releases as the readers of others see them, and an independent script.
mod consumers;
// Operations that are cancelled at any batch.
mod cancelled;
// Licenses, sources and duplicates of what is built.
mod dependencies;
// What is shipped beside the action, and the linters of each.
mod distribution;
// Judging without publishing: containers, causes, formats, schemas, and judging again.
mod check;
// The stages of a build, called one by one.
mod stages;
// What a schema accepts and what columns hold.
mod columns;
// Completions, man pages and help.
mod command_line;
// Every code is reached by something.
mod codes;
// Damaged and hostile releases, and what `verify` finds.
mod corruption;
// What changed between releases, or plain files.
mod diff;
// The same against a plain map.
mod diff_model;
// The same records give the same bytes.
mod determinism;
// The stage that encodes one part.
mod encode_part;
// Parquet files that other programs wrote.
mod foreign_files;
// What `export` writes.
mod export;
// What a stranger types in the first hour, and what they are answered.
mod first_hour;
// Words of the libraries that never reach people.
mod foreign;
// The schemas and test vectors that we publish hold.
mod formats;
// Inputs over which others stumble, one by one.
mod hostile_input;
// Names and arguments that would do something to a terminal or a log.
mod hostile_output;
mod incremental;
// One bad value of an optional member does not cost an article.
mod invalid_optional;
// What is an article in an input, and what is reported of the rest.
mod inputs;
// Every keyword of JSON Schema that is known.
mod keywords;
// The releases of a dataset, and whether each follows the one before.
mod log;
// Releases of formats that are frozen.
mod old_releases;
// Releases of both formats beside each other.
mod format_versions;
// What presets and rules make of the shapes that sources write.
mod mapping;
// What is remembered from one build to the next.
mod memo;
// What a build takes in memory.
#[cfg(target_os = "linux")]
mod memory;
// Messages that say what to do.
mod messages;
// Reading records of a release through the library.
mod scan;
// Page indexes, by which readers skip pages.
mod page_index;
// Patterns of schemas against Node.js.
mod patterns;
// The Python package: its own tests, and type checkers.
mod python;
// Real parsers, and releases of what they print.
mod parsers;
// Metadata documents, as the tools of each standard read them.
mod metadata;
// Releases with random changes.
mod mutation;
// Pipes where files belong.
#[cfg(unix)]
mod special_files;
// What `show` and `verify` say.
mod reports;
// Releases that are signed, against `ssh-keygen`.
mod signatures;
// What an output may not replace.
mod overwrites;
// What `init` writes, and what it refuses.
mod init;
// The sample dataset as its readers see it.
mod sample;
// Schemas explained and compared, and the examples of the page about them.
mod schemas;
// The settings, their schemas and the page about them.
mod configuration;
// Which source reads the inputs, and sources that do not fit.
mod source_fit;
// Keys that several articles have, found by `check`.
mod shared_keys;
// What parsers write becomes records: presets, mapping files, and what is refused.
mod sources;
// Values of every type compared, against an independent reader.
mod value_families;
// Builds that are hit at every operation on the file system.
mod under_fire;
// What is reported of a violation.
mod violations;
// The documentation as a site, and its links.
mod website;
// The folder, the runs and the releases that the other modules test with.
mod support;
// The examples of pages for readers and for Python.
mod pages;
// What a build takes over from earlier releases, and files of a person.
mod taken_over;
// Limits of readers that writers keep to.
mod limits;
// Builds against a plain map.
mod build_model;
// The commands and the output of the tutorial, and of the README.
mod tutorial;

/// A file that no line above names would never be compiled.
#[test]
fn every_file_is_a_module() {
    let listed = include_str!("main.rs");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "main") {
            assert!(listed.lines().any(|line| line == format!("mod {module};")), "tests/{name} is not in main.rs");
        }
    }
}
