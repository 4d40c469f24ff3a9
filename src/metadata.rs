//! Metadata documents of a release, in the words of other standards.
//!
//! Every document is a pure function of the manifest and the schema: no clock, no path, no network. Nothing
//! here reads or writes a file, and nothing decides where a document is placed. A column that a standard
//! cannot describe is left out of that document, and the document says so.

mod card;
mod citation;
mod columns;
mod croissant;
mod data_package;
mod datacite;
mod license;
mod markdown;
mod ro_crate;
mod yaml;
mod zenodo;

use serde_json::Value;

use crate::release::{Creator, Format, Manifest};
use crate::schema::Columns;

/// A document that describes a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// `README.md`: a dataset card with the YAML header that the Hugging Face Hub reads.
    Card,
    /// `croissant.json`: `MLCommons` Croissant 1.1.
    Croissant,
    /// `datapackage.json`: Data Package 2.0.
    DataPackage,
    /// `CITATION.cff`: Citation File Format 1.2.0.
    Citation,
    /// `.zenodo.json`: the metadata of a Zenodo deposit.
    Zenodo,
    /// `datacite.json`: `DataCite` 4.5.
    DataCite,
    /// `ro-crate-metadata.json`: RO-Crate 1.1.
    RoCrate,
}

impl Document {
    /// All documents.
    pub const ALL: [Self; 7] =
        [Self::Card, Self::Croissant, Self::DataPackage, Self::Citation, Self::Zenodo, Self::DataCite, Self::RoCrate];

    /// The file name under which tools look for the document.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Card => "README.md",
            Self::Croissant => "croissant.json",
            Self::DataPackage => "datapackage.json",
            Self::Citation => "CITATION.cff",
            Self::Zenodo => ".zenodo.json",
            Self::DataCite => "datacite.json",
            Self::RoCrate => "ro-crate-metadata.json",
        }
    }
}

/// The names of the files of metadata that a release of a format contains.
pub(crate) fn file_names(format: Format) -> &'static [&'static str] {
    match format {
        Format::V1 | Format::V2 => &[],
    }
}

/// The files of metadata of a release, by name: those of [`file_names`]. They follow from the manifest, the schema
/// and its columns alone, so `publish` writes them and [`crate::verify`](mod@crate::verify) can make them again.
pub fn release_files(
    _manifest: &Manifest,
    _columns: &Columns,
    _schema: &[u8],
) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    std::iter::empty()
}

/// What the documents are made from.
#[derive(Debug)]
pub(crate) struct Metadata<'r> {
    manifest: &'r Manifest,
    columns: &'r Columns,
    schema: Value,
}

impl<'r> Metadata<'r> {
    /// The metadata of a release with this manifest. `schema` is the content of its `schema.json`, and
    /// `columns` are the columns derived from it. Descriptions are missing if the schema is not JSON.
    pub(crate) fn new(manifest: &'r Manifest, columns: &'r Columns, schema: &[u8]) -> Self {
        Self { manifest, columns, schema: serde_json::from_slice(schema).unwrap_or_default() }
    }

    /// The text of a document, which ends with a line feed.
    pub(crate) fn document(&self, document: Document) -> String {
        match document {
            Document::Card => card::write(self),
            Document::Croissant => json(&croissant::document(self)),
            Document::DataPackage => json(&data_package::document(self)),
            Document::Citation => citation::write(self),
            Document::Zenodo => json(&zenodo::document(self)),
            Document::DataCite => json(&datacite::document(self)),
            Document::RoCrate => json(&ro_crate::document(self)),
        }
    }

    /// The title, or the name of a dataset without one.
    fn title(&self) -> &str {
        self.manifest.title.as_deref().filter(|title| !title.trim().is_empty()).unwrap_or(&self.manifest.dataset)
    }

    /// The description. Standards require one, so a dataset without one is described by its counts.
    fn description(&self) -> String {
        let stated = self.manifest.description.as_deref().map(str::trim).filter(|text| !text.is_empty());
        stated.map_or_else(
            || {
                format!(
                    "{} {} records, version {}.",
                    self.manifest.records(),
                    self.manifest.dataset,
                    self.manifest.version
                )
            },
            str::to_owned,
        )
    }

    /// The creators. Standards require one, so a dataset without any names the fact.
    fn creators(&self) -> Vec<Creator> {
        match &*self.manifest.creators {
            [] => vec![Creator { name: "Creator not stated".to_owned(), url: None }],
            creators => creators.to_vec(),
        }
    }

    /// The size of all parts, in bytes.
    fn bytes(&self) -> u64 {
        self.manifest.parts.iter().map(|part| part.bytes).sum()
    }

    /// The year of release.
    fn year(&self) -> i16 {
        self.manifest.released.year()
    }

    /// The paths of the parts, relative to the release.
    fn part_paths(&self) -> impl Iterator<Item = (String, &crate::release::Part)> {
        self.manifest.parts.iter().enumerate().map(|(index, part)| (part.path(index), part))
    }
}

/// The ORCID of a creator, if the url is one.
fn orcid(creator: &Creator) -> Option<&str> {
    let is_orcid = |url: &&str| {
        let id = url.strip_prefix("https://orcid.org/").map(str::as_bytes).unwrap_or_default();
        let is_right = |(index, byte): (usize, &u8)| match index {
            4 | 9 | 14 => *byte == b'-',
            18 => byte.is_ascii_digit() || *byte == b'X',
            _ => byte.is_ascii_digit(),
        };
        id.len() == 19 && id.iter().enumerate().all(is_right)
    };
    creator.url.as_deref().filter(is_orcid)
}

/// The url of a creator, if it is one that any standard takes.
fn web_url(creator: &Creator) -> Option<&str> {
    creator.url.as_deref().filter(|url| is_web_url(url))
}

fn is_web_url(text: &str) -> bool {
    let is_absolute = text.starts_with("http://") || text.starts_with("https://");
    is_absolute && !text.contains(char::is_whitespace) && url::Url::parse(text).is_ok()
}

fn json(value: &Value) -> String {
    format!("{value:#}\n")
}
