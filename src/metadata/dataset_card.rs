//! `README.md` beside `dataset.toml`: the card of a dataset with several releases.
//!
//! It makes the folder of releases a repository of the Hugging Face Hub: each release is a configuration, and
//! the newest is the default. It is not part of a release. A marker line tells it from a file that a person
//! wrote.

use semver::Version;

use super::Metadata;
use super::card::{introduction, page};
use super::card_header::{Configuration, header};
use super::columns::has_map;

/// The line by which a build recognises the file as its own.
const MARKER: &str = "# Written by `pressmark build`, which replaces this file. Remove this line to keep your changes.";

/// Within how many lines of a file the marker must be.
const MARKER_LINES: usize = 3;

impl Metadata<'_> {
    /// The card of the dataset whose newest release this is. `versions` are those of all its releases.
    pub(crate) fn dataset_card(&self, versions: &[Version]) -> String {
        let newest = &self.manifest.version;
        let mut others: Vec<&Version> = versions.iter().filter(|version| *version != newest).collect();
        others.sort_unstable_by(|a, b| b.cmp(a));
        let configurations: Vec<Configuration> = [newest]
            .into_iter()
            .chain(others.iter().copied())
            .map(|version| Configuration {
                name: version.to_string(),
                is_default: version == newest,
                parts: format!("{version}/data/*.parquet"),
            })
            .collect();
        let header = [vec![MARKER.to_owned()], header(self, &configurations)].concat();
        let mut sections = introduction(self);
        sections.push(releases(newest, &others));
        sections.push(loading(self));
        page(&header, &sections)
    }
}

/// Whether a build wrote this file and may replace it.
pub(crate) fn is_generated_card(text: &str) -> bool {
    text.lines().take(MARKER_LINES).any(|line| line.trim_end() == MARKER)
}

fn releases(newest: &Version, others: &[&Version]) -> String {
    let mut rows = vec![format!("- [{newest}]({newest}), the newest")];
    rows.extend(others.iter().map(|version| format!("- [{version}]({version})")));
    format!(
        "## Releases\n\nEach folder is one release, which never changes. `CHANGELOG.md` says what each one changed.\n\n{}",
        rows.join("\n")
    )
}

fn loading(metadata: &Metadata<'_>) -> String {
    let newest = &metadata.manifest.version;
    let mut text = format!(
        "## Load it\n\nThe records of a release are plain Parquet files.\n\n```sql\n\
                            SELECT * FROM '{newest}/data/*.parquet' LIMIT 5; -- DuckDB\n```\n\n"
    );
    if has_map(metadata.columns) {
        text.push_str("Hugging Face `datasets` cannot load the newest release, because it has a column of maps.");
    } else {
        text.push_str(&format!(
            "```python\nfrom datasets import load_dataset\nload_dataset(\".\", split=\"train\")  # the newest release\n\
             load_dataset(\".\", \"{newest}\", split=\"train\")  # a release by its version\n```"
        ));
    }
    text
}
