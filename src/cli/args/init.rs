//! The arguments of `init`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::sources;

/// Write a commented dataset.toml to start from.
#[derive(Debug, Args)]
#[command(override_usage = "pressmark init [OPTIONS] <DIR>")]
#[command(after_help = "\
Examples:
  pressmark init datasets/mine --from 'crawl/*.json'    look at the articles to choose a source
  pressmark init datasets/mine --source trafilatura --inputs 'sources/*.jsonl'
  pressmark init datasets/speeches --schema speech.json --key speech_id

".to_owned() + &sources())]
pub(crate) struct InitArguments {
    /// The dataset's folder; created if it does not exist.
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
    /// The dataset's name [default: the folder's name].
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The schema of the records: `article`, `article-strict`, or a JSON Schema file.
    #[arg(long, value_name = "NAME|FILE", default_value = "article", value_hint = ValueHint::FilePath)]
    pub(crate) schema: String,
    /// The format of the inputs: a preset (listed below), or a mapping file [default: recognised from the
    /// articles of --from, otherwise at each build].
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// Files, folders or patterns of articles to look at, relative to the working directory; they become
    /// the inputs of the dataset.
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    pub(crate) from: Vec<String>,
    /// Files, folders or patterns for `inputs`, relative to the dataset's folder.
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    pub(crate) inputs: Vec<String>,
    /// The column that identifies a record [default: `id`, or a required column named like one].
    #[arg(long, value_name = "COLUMN")]
    pub(crate) key: Option<String>,
    /// The columns that order records [default: a date that the source fills].
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(crate) order_by: Vec<String>,
}
