//! The mappings that are part of pressmark: the files in `schema/sources/`, one for each parser.
//!
//! They are ordinary mapping files. No code depends on the name of a parser.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::text::one_line;

/// A mapping that is part of pressmark.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    name: &'static str,
    text: &'static str,
}

macro_rules! presets {
    ($($name:literal,)*) => {
        &[$(Preset {
            name: $name,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/sources/", $name, ".toml")),
        },)*]
    };
}

impl Preset {
    /// All presets; those that read no parser's output come first.
    pub const ALL: &[Self] = presets![
        "article",
        "pages",
        "verbatim",
        "trafilatura",
        "newspaper4k",
        "news-please",
        "fundus",
        "postlight",
        "readability",
        "goose3",
        "ninjs",
        "schema-org",
    ];

    /// The preset called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|preset| preset.name == name).copied()
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// The mapping file.
    pub fn text(self) -> &'static str {
        self.text
    }

    /// What it is for, in one line, from the file.
    pub(crate) fn about(self) -> String {
        // The help of the command line needs this line of every preset, so the rest is not parsed.
        let line = self.text.lines().find(|line| line.starts_with("about ")).unwrap_or_default();
        let document: toml::Table = line.parse().unwrap_or_default();
        document.get("about").and_then(toml::Value::as_str).unwrap_or_default().to_owned()
    }
}

impl fmt::Debug for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Preset").field(&self.name).finish()
    }
}

/// Which mapping reads the articles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceChoice {
    /// One that is part of pressmark.
    Preset(Preset),
    /// A mapping file.
    File(PathBuf),
}

/// The error for a name that no source has.
fn unknown(name: &str) -> Error {
    let names: Vec<&str> = Preset::ALL.iter().map(|preset| preset.name).collect();
    let meant = crate::text::did_you_mean(name, names.iter().copied());
    let hint = format!("{meant}known sources: {}; name a mapping file by its path: ./mine.toml", names.join(", "));
    Error::UnknownSource { name: one_line(name, 60), hint }
}

impl SourceChoice {
    /// A preset by its name, or a file relative to `folder`: a name with a slash or the extension `.toml` is a
    /// path.
    ///
    /// # Errors
    /// [`Error::UnknownSource`] if it is neither.
    pub(crate) fn read(text: &str, folder: &Path) -> Result<Self, Error> {
        let has_ending = Path::new(text).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
        match Preset::named(text) {
            Some(preset) => Ok(Self::Preset(preset)),
            None if has_ending || text.contains(['/', '\\']) => Ok(Self::File(folder.join(text))),
            None => Err(unknown(text)),
        }
    }

    /// The source for articles in the schema's shape: `article` for a built-in schema, otherwise `verbatim`,
    /// which derives nothing.
    pub fn default_for(article_schema: bool) -> Self {
        let name = if article_schema { "article" } else { "verbatim" };
        Self::Preset(Preset::named(name).expect("both are presets"))
    }

    /// The preset of this name, which is one of [`Preset::ALL`].
    pub(super) fn preset(name: &str) -> Self {
        Self::Preset(Preset::named(name).expect("it is a preset"))
    }
}
