//! Metadata documents of a release, in the words of other standards.
//!
//! Every document is a pure function of the manifest and the schema: no clock, no path, no network. Nothing
//! here reads or writes a file. A column that a standard cannot describe is left out of that document, and the
//! document says so.
//!
//! Four documents are files of a release, and [`crate::verify`](mod@crate::verify) compares them with what is
//! made here. **Their bytes are a promise** with the name `metadata/1`: `schema/FORMAT.md` says what a change
//! of them takes.

mod card;
mod card_header;
mod citation;
mod columns;
mod croissant;
mod data_package;
mod datacite;
mod dataset_card;
mod license;
mod markdown;
mod remarks;
mod ro_crate;
mod yaml;
mod zenodo;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::release::{About, Creator, Format, METADATA, Manifest, is_web_url};
use crate::schema::Columns;
use crate::text::{counted, printable_json};

pub(crate) use dataset_card::is_generated_card;
pub use remarks::Remark;
pub(crate) use remarks::remarks;

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
    const ALL: [Self; 7] =
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
        Format::V1 => &[],
        Format::V2 => &METADATA,
    }
}

/// The files of metadata of a release, by name: a dataset card, Croissant, a data package and a citation. They
/// follow from the manifest, the schema and its columns alone, so [`crate::publish`] writes them and
/// [`crate::verify`](mod@crate::verify) makes them again. A release of `pressmark/1` has none.
pub fn release_files(manifest: &Manifest, columns: &Columns, schema: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let (names, metadata) = (file_names(manifest.format()), Metadata::new(manifest, columns, schema));
    let documents = Document::ALL.into_iter().filter(|document| names.contains(&document.file_name()));
    documents.map(|document| (document.file_name(), metadata.document(document).into_bytes())).collect()
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
            Document::Croissant => json(croissant::document(self)),
            Document::DataPackage => json(data_package::document(self)),
            Document::Citation => citation::write(self),
            Document::Zenodo => json(zenodo::document(self)),
            Document::DataCite => json(datacite::document(self)),
            Document::RoCrate => json(ro_crate::document(self)),
        }
    }

    /// What the producer states.
    fn about(&self) -> &'r About {
        &self.manifest.about
    }

    /// The title, or the name of a dataset without one.
    fn title(&self) -> &'r str {
        self.about().title.as_deref().filter(|title| !title.trim().is_empty()).unwrap_or(&self.manifest.dataset)
    }

    /// The description. Standards require one, so a dataset without one is described by its counts.
    fn description(&self) -> String {
        let stated = self.about().description.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let counts =
            || format!("{}, {}, version {}.", self.title(), counted(self.records(), "record"), self.manifest.version);
        stated.map_or_else(counts, str::to_owned)
    }

    /// A name for the creators of a dataset that states none, for standards that require a creator.
    fn unstated_creators(&self) -> String {
        format!("The creators of {} (not stated)", self.manifest.dataset)
    }

    /// The number of records.
    fn records(&self) -> u64 {
        self.manifest.records()
    }

    /// The keywords, each once.
    fn keywords(&self) -> Vec<&'r str> {
        once(&self.about().keywords)
    }

    /// The languages, each once.
    fn languages(&self) -> Vec<&'r str> {
        once(&self.about().languages)
    }

    /// The DOI as a URL.
    fn doi_url(&self) -> Option<String> {
        self.about().doi.as_deref().map(|doi| format!("https://doi.org/{doi}"))
    }

    /// Whether the records are articles by a built-in schema.
    fn has_articles(&self) -> bool {
        let id = self.manifest.schema.id.as_deref();
        id.is_some_and(|id| id.starts_with("urn:pressmark:schema:article"))
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

/// Texts in their order, each once.
fn once(texts: &[String]) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    texts.iter().map(String::as_str).filter(|text| seen.insert(*text)).collect()
}

/// Indented JSON with sorted names, whatever the features of the JSON library. Characters that a terminal should
/// not see are escaped.
fn json(mut value: Value) -> String {
    value.sort_all_objects();
    printable_json(&format!("{value:#}\n"))
}
