//! The examples of `docs/reading.md`, `docs/reading-r.md` and `docs/schemas-from-python.md`, run as they are
//! written. The Hub, Spark and R are not there to run theirs; of R, the SQL is run.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::consumers::{environment, python, run};
use crate::support::Test;
use crate::tutorial::{folder, played};

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap()
}

/// The blocks of code in a language.
fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let fence = format!("\n```{language}\n");
    let found: Vec<&str> =
        page.split(fence.as_str()).skip(1).map(|rest| rest.split("\n```\n").next().unwrap()).collect();
    assert!(!found.is_empty(), "no block of {language}");
    found
}

/// The folder of the tutorial with its releases.
fn releases() -> Test {
    let test = folder();
    played(&test, &page("tutorial.md"));
    assert!(test.path("news/2.0.0/manifest.json").is_file());
    test
}

/// Runs lines of Python in the folder of a test; returns what they print.
#[track_caller]
fn run_python(test: &Test, python: &Path, lines: &str) -> String {
    test.write("example.py", lines);
    let mut command = Command::new(python);
    command.args(["-I", "-X", "utf8", "-B", "example.py"]).current_dir(test.path(""));
    run(command.env("HOME", test.path("home")).env("HF_HOME", test.path("home")).env("HF_HUB_OFFLINE", "1"))
}

/// Lines of Python that run SQL in `DuckDB` and print the first value of the last result.
fn in_duckdb(queries: &[String]) -> String {
    let queries: Vec<String> = queries.iter().map(|query| serde_json::to_string(query).unwrap()).collect();
    format!(
        "import duckdb\nfor query in [{}]:\n    rows = duckdb.execute(query).fetchall()\n    assert rows, query\nprint(rows[0][0])\n",
        queries.join(", ")
    )
}

#[test]
fn every_reader_reads_the_release_as_the_page_says() {
    let Some(python) = python() else { return };
    let (test, page) = (releases(), page("reading.md"));
    let runs_here = |block: &&&str| !block.contains("spark.") && !block.contains("YOUR-NAME");
    let readers: Vec<&str> = blocks(&page, "python").iter().filter(runs_here).copied().collect();
    assert!(readers.len() >= 6, "{readers:?}");
    run_python(&test, python, &readers.join("\n"));
    let queries: Vec<String> = blocks(&page, "sql").into_iter().map(str::to_owned).collect();
    run_python(&test, python, &in_duckdb(&queries));

    // The command line of `DuckDB` is not on the registry; its library runs the same statement.
    let duckdb = "import duckdb, sys; duckdb.execute(sys.argv[2])";
    test.write("programs/duckdb", format!("#!/bin/sh\nexec '{}' -I -c '{duckdb}' \"$@\"\n", python.display()));
    run(Command::new("chmod").arg("+x").arg(test.path("programs/duckdb")));
    let programs = Path::new(env!("CARGO_BIN_EXE_pressmark")).parent().unwrap().display();
    let path = format!("{}:{programs}:{}", test.path("programs").display(), std::env::var("PATH").unwrap());
    let printed: String = blocks(&page, "sh")
        .into_iter()
        .map(|commands| {
            let mut bash = Command::new("bash");
            run(bash.args(["-e", "-c", commands]).current_dir(test.path("")).env("PATH", &path))
        })
        .collect();
    let fingerprint = &test.json("news/2.0.0/manifest.json")["fingerprint"];
    assert!(printed.contains(&format!("{}  -\n", fingerprint.as_str().unwrap())), "{printed}");
    assert!(test.path("news.jsonl.gz").is_file() && test.path("news.csv").is_file());
}

#[test]
fn the_sql_of_the_page_for_r_runs() {
    let Some(python) = python() else { return };
    let (test, page) = (releases(), page("reading-r.md"));
    let code = blocks(&page, "r").join("\n");
    let queries: Vec<String> =
        code.split("\"SELECT ").skip(1).map(|rest| format!("SELECT {}", rest.split_once("\")").unwrap().0)).collect();
    assert!(queries.len() >= 5, "{queries:?}");
    let printed = run_python(&test, python, &in_duckdb(&queries));
    assert_eq!(printed.trim(), test.json("news/2.0.0/manifest.json")["fingerprint"]);
}

/// The code of the page writes schemas and articles; its commands then print what it shows.
#[test]
fn models_become_schemas_by_which_their_data_passes() {
    let Some(python) = environment("distribution", "models") else { return };
    let (test, page) = (Test::new(), page("schemas-from-python.md"));
    run_python(&test, &python, &blocks(&page, "python").join("\n\n"));
    let found = played(&test, &page);
    assert!(found == page, "docs/schemas-from-python.md is not what is printed: {found}");

    // What the table of differences says.
    let article = serde_json::json!({ "id": "a", "url": "https://news.example/a", "title": "One", "words": 2,
        "published_at": "2024-03-01T08:00:00Z", "text": "Body." });
    for (member, value, code) in [
        ("words", serde_json::json!("3"), "V-TYPE"),
        ("published_at", serde_json::json!("2024-03-01T08:00:00"), "V-FORMAT"),
        ("undeclared", serde_json::json!(1), "V-ADDITIONAL"),
    ] {
        let mut changed = article.clone();
        changed[member] = value;
        test.write("article.jsonl", changed.to_string());
        let (printed, reasons) =
            test.run("check article.jsonl --schema article.schema.json --source verbatim").outputs();
        assert!(format!("{printed}{reasons}").contains(&format!("error[{code}]")), "{member}: {printed}{reasons}");
    }
}
