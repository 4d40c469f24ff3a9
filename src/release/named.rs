//! What a name means: a release by its folder, its dataset or its version, and a schema by its name or where it is.

use std::path::{Path, PathBuf};

use semver::Version;

use super::{Dataset, Release, SCHEMA, dataset_of, newest};
use crate::error::Error;
use crate::schema::{BuiltIn, Extra, Schema};
use crate::text::printable;

/// The folder of the release that a name means: a release, the newest release of a dataset, `DATASET@VERSION`, or the
/// version of a release of the dataset around the working directory. A file or folder of that name comes first.
///
/// # Errors
/// [`Error::NoRelease`], [`Error::UnknownRelease`] or [`Error::NoReleaseYet`] with what was found instead.
pub fn find_release(named: &Path) -> Result<PathBuf, Error> {
    newest(&release_of_version(named).unwrap_or_else(|| named.to_owned()))
}

/// The folder that `VERSION` or `DATASET@VERSION` means. `None` for any other name, and for one that exists.
pub(crate) fn release_of_version(named: &Path) -> Option<PathBuf> {
    let text = named.to_str().filter(|_| !named.exists())?;
    let (dataset, version) = match text.rsplit_once('@') {
        Some((dataset, version)) if !dataset.is_empty() => (Some(Path::new(dataset)), version),
        _ => (None, text),
    };
    version.parse::<Version>().ok()?;
    let folder = dataset.map(Path::to_owned).or_else(|| dataset_of(Path::new("")))?;
    Some(folder.join(version))
}

/// The built-in schema of this name, the schema of a release or a dataset, or the one in this file. Without `extra`,
/// that of the release or the dataset applies; the one that applies is returned too.
///
/// # Errors
/// [`Error::UnknownSchema`] for a name that is nothing of these, and any error of reading the schema.
pub fn schema_named(name: &str, extra: Option<Extra>) -> Result<(Schema, Extra), Error> {
    let of = extra.unwrap_or(Extra::Keep);
    if let Some(schema) = BuiltIn::named(name) {
        return Ok((Schema::built_in(schema, of)?, of));
    }
    let path = Path::new(name);
    let path = &release_of_version(path).unwrap_or_else(|| path.to_owned());
    if path.is_dir() {
        return schema_of(path, extra);
    }
    let is_path = name.contains(['/', '\\', '.']);
    if !path.exists() && !is_path {
        return Err(Error::UnknownSchema { name: printable(name) });
    }
    Ok((Schema::open(path, of)?, of))
}

/// The schema of a release, of the newest release of a dataset, or of a dataset without one.
fn schema_of(folder: &Path, extra: Option<Extra>) -> Result<(Schema, Extra), Error> {
    match newest(folder) {
        Err(Error::NoReleaseYet { .. }) => {
            let mut dataset = Dataset::open(folder)?;
            dataset.policy.extra = extra.unwrap_or(dataset.policy.extra);
            Ok((dataset.load_schema()?, dataset.policy.extra))
        }
        release => {
            let release = Release::open(&release?)?;
            let extra = extra.unwrap_or(release.manifest().schema.extra);
            Ok((Schema::open(&release.folder().join(SCHEMA), extra)?, extra))
        }
    }
}
