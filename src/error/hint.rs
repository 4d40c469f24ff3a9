//! The way out of each error, in one sentence. What went wrong is the error's own message.

use super::Error;
use crate::code::Code;
use crate::text::{did_you_mean, shell_word};

impl Error {
    /// The code that `pressmark explain` describes, if there is one.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Schema { code, .. } | Self::Unreadable { code, .. } => Some(*code),
            Self::NoArticles { .. } => Some(Code::NoArticles),
            _ => None,
        }
    }

    /// The way out, if there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreadable { hint, .. }
            | Self::Argument { hint, .. }
            | Self::Dataset { hint, .. }
            | Self::Mapping { hint, .. }
            | Self::NoDataset { hint, .. } => hint.clone(),
            Self::NoInput { is_folder: true, found, .. } => {
                Some(format!("{found}; hidden files, pipes and sockets in a folder are read only if you name them"))
            }
            Self::Pattern { .. } => {
                Some("`**` must be a whole path component, and `[` needs a `]`; to match these characters, write `[*]`, `[?]` and `[[]`".into())
            }
            Self::UnknownSource { hint, .. } | Self::TooLarge { hint, .. } => Some(hint.clone()),
            Self::Damaged { hint, .. } | Self::Commit { hint, .. } => Some((*hint).to_owned()),
            Self::RecordTooLong { .. } => {
                Some("split the article, map its text to fewer fields, or remove it from the inputs".into())
            }
            Self::BatchTooLarge { .. } => Some("validate the input in smaller pieces".into()),
            Self::DateOrder { .. } => Some("use a later `--date`, or add `--allow-backdated`".into()),
            Self::NoInput { found, .. } => {
                Some(format!("{found}; paths in dataset.toml are relative to its folder; on the command line, quote patterns"))
            }
            Self::NoInputs { .. } => Some("set `inputs = [\"sources/*.jsonl\"]` in dataset.toml, or name files after the folder".into()),
            Self::VersionExists { .. } => Some("a release never changes; publish with a new `--version`".into()),
            Self::WhichVersion { .. } => Some("add `--version V` or `--bump auto|major|minor|patch`".into()),
            Self::VersionUnderstates(said) => {
                let needed = &said.needed;
                let policy = match said.policy {
                    "croissant" => "datapackage",
                    _ => "croissant",
                };
                Some(format!(
                    "use `--version {needed}` or `--bump auto`, or add `--allow-understated` to publish anyway; \
                     `versions = \"{policy}\"` under [policy] in dataset.toml counts changes differently"
                ))
            }
            Self::VersionBuild { .. } => Some("remove the `+` and what follows it".into()),
            Self::VersionOrder { .. } => Some("use a higher `--version`, or `--bump`".into()),
            Self::NoBase { releases, .. } if releases.is_empty() => {
                Some("the dataset has no releases yet; build the first one without `--base`".into())
            }
            Self::BaseUnlike { .. } => Some("build once from all inputs, without `--base`".into()),
            Self::Withdrawal { .. } => {
                Some(r#"each line is {"key": "..", "reason": ".."} and names a record of the release"#.into())
            }
            Self::NoRelease { path, .. } if path.join("manifest.json").is_file() => {
                Some("run `pressmark verify` to see what is wrong with it".into())
            }
            Self::NoRelease { .. } => {
                Some("a release is a folder with a manifest.json, such as datasets/NAME/1.0.0".into())
            }
            Self::NoBase { releases, .. } | Self::UnknownRelease { releases, .. } => Some(format!("the releases there are {}", releases.join(", "))),
            Self::NoReleaseYet { path } => {
                Some(format!("to publish the first one, run: pressmark build {}", shell_word(&path.display().to_string())))
            }
            Self::UnknownSchema { name } => {
                let names = ["article", "article-strict"];
                let meant = did_you_mean(name, names);
                Some(format!("{meant}the built-in schemas are `{}`; a file needs its path", names.join("` and `")))
            }
            Self::Projection { message, columns } => {
                let unknown = message.strip_prefix("there is no column `").and_then(|rest| rest.strip_suffix('`'));
                let meant = unknown.map(|name| did_you_mean(name, columns.iter().map(String::as_str)));
                Some(format!("{}available columns: {}", meant.unwrap_or_default(), columns.join(", ")))
            }
            Self::ComesBack { .. } => {
                Some("remove it from the inputs, or add `--readmit` to publish it again".into())
            }
            Self::Target { message, .. } if message.ends_with("does not exist") => {
                Some("create the folder first, or choose another path".into())
            }
            Self::Target { .. } => Some("choose another path, outside of all releases".into()),
            Self::NoRejects { .. } => Some("reject files are written by `build` and `check --rejects FILE`".into()),
            Self::NeedsKey { .. } => Some("add `--key COLUMN` with the column that identifies a record".into()),
            Self::OtherKey { .. } => Some("give each column its own `--key`".into()),
            Self::UnknownColumn { name, columns } => {
                let meant = did_you_mean(name, columns.iter().map(String::as_str));
                Some(format!("{meant}available columns: `{}`", columns.join("`, `")))
            }
            Self::UnknownCode(name) => {
                let meant = did_you_mean(&name.to_uppercase(), Code::ALL.iter().map(|code| code.name()));
                Some(format!("{meant}`pressmark explain` lists all codes"))
            }
            Self::KeyType { holds, .. } => Some(format!("the keys of these records are {holds}")),
            Self::NoExtra { .. } => Some(
                "`invalid_optional = \"extra\"` needs `extra = \"keep\"` and a schema that allows undeclared members"
                    .into(),
            ),
            Self::Signature(fault) => Some(fault.hint()),
            Self::Locked { .. } => Some("wait until it ends; the lock is released with its process".into()),
            Self::Io { .. }
            | Self::Schema { .. }
            | Self::Stopped
            | Self::Cancelled
            | Self::NoArticles { .. }
            | Self::Part { .. }
            | Self::Exists { .. } => None,
        }
    }
}
