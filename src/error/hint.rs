//! The way out of each error, in one sentence. What went wrong is the error's own message.

use super::Error;
use crate::code::Code;

impl Error {
    /// The way out, if there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Dataset { hint, .. } | Self::Mapping { hint, .. } => hint.clone(),
            Self::NoInput { is_folder: true, found, .. } => {
                Some(format!("{found}; hidden files, pipes and sockets in a folder are read only if you name them"))
            }
            Self::Pattern { .. } => {
                Some("`**` must be a whole path component, and `[` needs a `]`; to match these characters, write `[*]`, `[?]` and `[[]`".into())
            }
            Self::UnknownSource { hint, .. } | Self::TooLarge { hint, .. } => Some(hint.clone()),
            Self::Damaged { hint, .. } => Some((*hint).to_owned()),
            Self::RecordTooLong { .. } => {
                Some("split the article, map its text to fewer fields, or remove it from the inputs".into())
            }
            Self::DateOrder { .. } => Some("use a later `--date`, or add `--allow-backdated`".into()),
            Self::NoInput { found, .. } => {
                Some(format!("{found}; paths in dataset.toml are relative to its folder; on the command line, quote patterns"))
            }
            Self::NoInputs { .. } => Some("set `inputs = [\"sources/*.jsonl\"]` in dataset.toml, or name files after the folder".into()),
            Self::VersionExists { .. } => Some("a release never changes; publish with a new `--version`".into()),
            Self::WhichVersion { .. } => Some("add `--version V` or `--bump auto|major|minor|patch`".into()),
            Self::VersionUnderstates(said) => {
                let needed = &said.needed;
                Some(format!("use `--version {needed}` or `--bump auto`, or add `--allow-understated` to publish anyway"))
            }
            Self::VersionBuild { .. } => Some("remove the `+` and what follows it".into()),
            Self::VersionOrder { .. } => Some("use a higher `--version`, or `--bump`".into()),
            Self::NoBase { .. } => Some("`pressmark log DIR` lists the releases of a dataset".into()),
            Self::BaseUnlike { .. } => Some("build once from all inputs, without `--base`".into()),
            Self::Withdrawal { .. } => {
                Some(r#"each line is {"key": "..", "reason": ".."} and names a record of the release"#.into())
            }
            Self::NoRelease { .. } => {
                Some("a release is a folder with a manifest.json, such as datasets/NAME/1.0.0".into())
            }
            Self::Projection { columns, .. } => Some(format!("available columns: {}", columns.join(", "))),
            Self::ComesBack { .. } => {
                Some("remove it from the inputs, or add `--readmit` to publish it again".into())
            }
            Self::Target { .. } => Some("choose another path, outside of all releases".into()),
            Self::NoRejects { .. } => Some("reject files are written by `build` and `check --rejects FILE`".into()),
            Self::NeedsKey { .. } => Some("add `--key COLUMN` with the column that identifies a record".into()),
            Self::OtherKey { .. } => Some("give each column its own `--key`".into()),
            Self::UnknownColumn { columns, .. } => Some(format!("available columns: `{}`", columns.join("`, `"))),
            Self::UnknownCode { name } => {
                let alike = |code: &&Code| strsim::damerau_levenshtein(code.name(), &name.to_uppercase());
                let nearest = Code::ALL.iter().min_by_key(alike).filter(|code| alike(code) <= 3);
                let meant = nearest.map(|code| format!("did you mean `{code}`? "));
                Some(format!("{}`pressmark explain` lists all codes", meant.unwrap_or_default()))
            }
            Self::NoExtra { .. } => Some(
                "`invalid_optional = \"extra\"` needs `extra = \"keep\"` and a schema that allows undeclared members"
                    .into(),
            ),
            Self::Locked { .. } => Some("wait until it ends; the lock is released with its process".into()),
            Self::Io { .. }
            | Self::Schema { .. }
            | Self::Stopped
            | Self::NoArticles { .. }
            | Self::NoDataset { .. }
            | Self::Part { .. }
            | Self::Exists { .. } => None,
        }
    }
}
