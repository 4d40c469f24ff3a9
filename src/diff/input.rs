//! [`DiffInput`]: one of the two things that are compared: a release, or plain Parquet files with a
//! key column.

use std::path::{Path, PathBuf};

use super::scan::Scan;
use crate::error::Error;
use crate::part_files::ParquetFile;
use crate::record::Fingerprint;
use crate::release::{MANIFEST, Manifest, Release, check_target};
use crate::schema::{Columns, Schema};
use crate::storage::Location;
use crate::storage::filesystem::{self, EntryKind};

/// How deep folders are searched for Parquet files.
const DEPTH: usize = 16;

/// One side of a diff.
#[derive(Debug)]
pub struct DiffInput {
    pub(super) name: String,
    /// The folder whose Parquet files it is, whichever they are.
    folder: Option<PathBuf>,
    /// The columns that identify a record together, as they were given.
    pub(super) key: Vec<String>,
    pub(super) files: Vec<InputFile>,
    pub(super) release: Option<ReleaseInput>,
}

/// One of its files.
#[derive(Debug)]
pub(super) struct InputFile {
    location: Location,
    /// What the manifest says of it.
    told: Option<(u64, Fingerprint)>,
}

/// What only a release has.
#[derive(Debug)]
pub(super) struct ReleaseInput {
    pub(super) manifest: Manifest,
    pub(super) schema: serde_json::Value,
    pub(super) columns: Columns,
}

impl DiffInput {
    /// As [`DiffInput::open_by`], with one name or none.
    pub fn open(path: &Path, key: Option<&str>) -> Result<Self, Error> {
        Self::open_by(path, key.map(str::to_owned).as_slice())
    }

    /// The release, or the plain Parquet file or folder, at `path`. Plain files need a `key`: the
    /// names of the columns that identify a record together, one by one or with commas between them;
    /// a release is taken as plain files if `key` is not its own.
    pub fn open_by(path: &Path, key: &[String]) -> Result<Self, Error> {
        if path.join(MANIFEST).exists() {
            return match (Release::open(path), key) {
                (Ok(release), []) => Self::release(&release),
                (Ok(release), [only]) if *only == release.manifest().key => Self::release(&release),
                (Ok(release), key) => Self::plain_by(&release.data(), key),
                (Err(error), []) => Err(error),
                // Others call files so, too.
                (Err(_no_release), key) => Self::plain_by(path, key),
            };
        }
        match key {
            [_, ..] => Self::plain_by(path, key),
            [] if !path.exists() => {
                Err(Error::NoRelease { path: path.to_owned(), message: "there is no such file or folder".into() })
            }
            [] => Err(Error::NeedsKey { path: path.to_owned() }),
        }
    }

    /// A published release.
    pub fn release(release: &Release) -> Result<Self, Error> {
        let (schema, columns) = release.load_columns()?;
        Ok(Self::of(release.location(), release.manifest(), &schema, columns))
    }

    /// A release whose parts lie in `folder`, published or not.
    pub fn staged(folder: impl Into<Location>, manifest: &Manifest, schema: &Schema) -> Self {
        Self::of(&folder.into(), manifest, schema.bytes(), schema.columns().clone())
    }

    fn of(folder: &Location, manifest: &Manifest, schema: &[u8], columns: Columns) -> Self {
        let files = manifest.parts.iter().enumerate().map(|(place, part)| InputFile {
            location: folder.join(&part.path(place)),
            told: Some((part.rows, part.fingerprint)),
        });
        Self {
            name: folder.path().display().to_string(),
            folder: None,
            key: vec![manifest.key.clone()],
            files: files.collect(),
            release: Some(ReleaseInput {
                manifest: manifest.clone(),
                schema: serde_json::from_slice(schema).unwrap_or_default(),
                columns,
            }),
        }
    }

    /// As [`DiffInput::plain_by`], with one name.
    pub fn plain(path: &Path, key: &str) -> Result<Self, Error> {
        Self::plain_by(path, &[key.to_owned()])
    }

    /// A Parquet file, or all in a folder and the folders in it, with records identified by the
    /// columns `key` together.
    ///
    /// # Errors
    /// If there is no Parquet file. What is wrong with a file is found when it is read.
    pub fn plain_by(path: &Path, key: &[String]) -> Result<Self, Error> {
        let mut paths = Vec::new();
        if path.is_dir() {
            collect(path, DEPTH, &mut paths)?;
        } else {
            filesystem::open(path)?;
            paths.push(path.to_owned());
        }
        if paths.is_empty() {
            let message = format!("it has no {MANIFEST} and no Parquet file");
            return Err(Error::NoRelease { path: path.to_owned(), message });
        }
        let files = paths.into_iter().map(|path| InputFile { location: path.into(), told: None });
        Ok(Self {
            name: path.display().to_string(),
            folder: path.is_dir().then(|| path.to_owned()),
            key: key.to_vec(),
            files: files.collect(),
            release: None,
        })
    }

    /// Reads one of its files at another location, which has the same records.
    pub(crate) fn read_from(&mut self, place: usize, location: Location) {
        self.files[place].location = location;
    }

    /// Checks that a file may be written to `target` without a change of this side.
    pub(super) fn check_target(&self, target: &Path) -> Result<(), Error> {
        let files: Vec<PathBuf> = self.files.iter().filter_map(|file| file.location.local_path()).collect();
        check_target(target, files.iter().map(PathBuf::as_path))?;
        match &self.folder {
            Some(folder) if filesystem::is_within(filesystem::folder_of(target), folder)? => {
                let message = format!("would become a part of `{}`", folder.display());
                Err(Error::Target { path: target.to_owned(), message })
            }
            _ => Ok(()),
        }
    }

    /// The columns that identify a record together, as they were given.
    pub fn key(&self) -> &[String] {
        &self.key
    }

    /// The fingerprint of its records, where the manifest tells it.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.release.as_ref().map(|release| release.manifest.fingerprint)
    }

    /// The number of records, where the manifest tells it.
    pub(super) fn records(&self) -> Option<u64> {
        self.release.as_ref().map(|release| release.manifest.records())
    }

    /// The fingerprints of its files.
    pub(super) fn fingerprints(&self) -> impl Iterator<Item = Option<Fingerprint>> {
        self.files.iter().map(|file| file.told.map(|(_, fingerprint)| fingerprint))
    }

    /// Opens those files of it, by their places; none of them may not be empty.
    pub(super) fn table(&self, places: &[usize]) -> Result<Scan, Error> {
        let mut files = Vec::new();
        for place in places {
            let InputFile { location, told } = &self.files[*place];
            let file = match &self.release {
                Some(release) => ParquetFile::part(location, &release.columns),
                None => ParquetFile::open(location),
            };
            let file = file.map_err(|error| error.at(&location.path()))?;
            if told.is_some_and(|(rows, _)| rows != u64::from(file.rows())) {
                let message = "its number of rows does not match the manifest; run `pressmark verify` for details";
                return Err(Error::Part { action: "read", path: location.path(), message: message.to_owned() });
            }
            files.push(file);
        }
        Scan::new(files, &self.key, self.release.as_ref().map(|release| &release.columns))
    }
}

/// Finds Parquet files, links to some among them, as a download cache has them. What is hidden or
/// unfinished by its name (`.` and `_`) is nobody's data.
fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    for (path, kind) in filesystem::list(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(['.', '_']) {
            continue;
        }
        let is_parquet = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"));
        match kind {
            EntryKind::File if is_parquet => found.push(path),
            EntryKind::Other if is_parquet && filesystem::is_file(&path)? => found.push(path),
            EntryKind::Folder if depth > 0 && name.contains('=') => {
                let why = "its name holds a column that is not in the files; write them without partitions";
                return Err(passed_over(path, why));
            }
            EntryKind::Folder if depth > 0 => collect(&path, depth - 1, found)?,
            EntryKind::Folder => return Err(passed_over(path, "folders lie too deep in one another")),
            EntryKind::Other if path.is_dir() => {
                return Err(passed_over(path, "it is a link to a folder; name that folder itself"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Why a folder is not passed over in silence.
fn passed_over(path: PathBuf, why: &str) -> Error {
    Error::Part { action: "read", path, message: why.to_owned() }
}
