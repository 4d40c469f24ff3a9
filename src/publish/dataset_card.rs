//! Keeps `README.md` beside the releases: the card of the dataset. A file that a person wrote stays as it is.

use super::beside_file::{BesideFile, LeftFile};
use crate::error::Error;
use crate::metadata::{Metadata, is_generated_card};
use crate::release::{Format, Lock, Release, releases};

/// The name of the file.
const README: &str = "README.md";

/// What a build did with the card of the dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DatasetCard {
    /// Nothing was published, so nothing changed.
    #[default]
    Unchanged,
    /// The card describes the newest release.
    Written,
    /// A person wrote the file, and it stays as it is.
    Own,
    /// The file could not be replaced.
    Left(LeftFile),
}

/// Writes the card of the releases in the locked folder, unless a person wrote the file that is there.
///
/// # Errors
/// [`Error::Io`] if the file or the newest release cannot be read, or the file cannot be written. It is then unchanged.
pub(super) fn keep(lock: &Lock) -> Result<DatasetCard, Error> {
    let file = match BesideFile::open(lock, README)? {
        Ok(file) => file,
        Err(left) => return Ok(DatasetCard::Left(left)),
    };
    if !file.text().trim().is_empty() && !is_generated_card(file.text()) {
        return Ok(DatasetCard::Own);
    }
    let found = releases(lock.folder())?;
    let Some((_, newest)) = found.last() else { return Ok(DatasetCard::Unchanged) };
    let newest = match Release::open(newest) {
        // Folders of the first format stay as they are.
        Ok(release) if release.manifest().format() == Format::V1 => return Ok(DatasetCard::Unchanged),
        newest => newest,
    };
    let card = newest.and_then(|release| {
        let (schema, columns) = release.load_columns()?;
        let versions: Vec<_> = found.iter().map(|(version, _)| version.clone()).collect();
        Ok(Metadata::new(release.manifest(), &columns, &schema).dataset_card(&versions))
    });
    let left = match card {
        Ok(card) => file.replace(&card)?,
        Err(error @ Error::NoRelease { .. }) => Some(file.left(&format!("the newest release cannot be read: {error}"))),
        Err(error) => return Err(error),
    };
    Ok(left.map_or(DatasetCard::Written, DatasetCard::Left))
}
