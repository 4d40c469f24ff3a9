//! [`DiffInput`]: one side of a diff: a release, or plain Parquet files with a key. It finds the files and opens
//! them. It reads no rows.

use std::path::{Path, PathBuf};

use super::scan::Scan;
use crate::error::Error;
use crate::part_files::{Indexes, ParquetFile};
use crate::record::Fingerprint;
use crate::release::{MANIFEST, Manifest, Release, Withdrawn, check_target};
use crate::schema::{Columns, Schema};
use crate::storage::Location;
use crate::storage::filesystem::{self, EntryKind};

/// The depth to which folders are searched for Parquet files.
const DEPTH: usize = 16;

/// One side of a diff.
#[derive(Debug)]
pub struct DiffInput {
    pub(super) name: String,
    /// The folder, if all Parquet files in it are the input.
    folder: Option<PathBuf>,
    /// The columns that together identify a record, as given by the caller.
    pub(super) key: Vec<String>,
    /// Its files: of a release, the parts in order.
    pub(super) files: Vec<Location>,
    pub(super) release: Option<ReleaseInput>,
}

/// What only a release has.
#[derive(Debug)]
pub(super) struct ReleaseInput {
    pub(super) manifest: Manifest,
    withdrawn: WithdrawnList,
    pub(super) schema: serde_json::Value,
    pub(super) columns: Columns,
}

/// The records that a release withdrew.
#[derive(Debug)]
enum WithdrawnList {
    /// Their list is in this folder.
    In(Location),
    /// They were given.
    Given(Vec<Withdrawn>),
}

impl DiffInput {
    /// Like `DiffInput::open_by`, with at most one key column.
    pub fn open(path: &Path, key: Option<&str>) -> Result<Self, Error> {
        Self::open_by(path, key.map(str::to_owned).as_slice())
    }

    /// Opens the release, Parquet file or folder at `path`. Plain files need a `key`: the names of the columns
    /// that together identify a record, as separate strings or with commas between them. A release with
    /// another `key` than its own is read as plain files.
    ///
    /// # Errors
    /// [`Error::NoRelease`] if nothing is there or the release cannot be opened, and [`Error::NeedsKey`] for
    /// plain files without a key.
    pub(crate) fn open_by(path: &Path, key: &[String]) -> Result<Self, Error> {
        if path.join(MANIFEST).exists() {
            return match (Release::open(path), key) {
                (Ok(release), []) => Self::release(&release),
                (Ok(release), [only]) if *only == release.manifest().key => Self::release(&release),
                (Ok(release), key) => Self::plain_by(&release.data(), key),
                (Err(error), []) => Err(error),
                // Other programs also write files of this name.
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

    /// Uses a published release.
    pub fn release(release: &Release) -> Result<Self, Error> {
        let (schema, columns) = release.load_columns()?;
        let withdrawn = WithdrawnList::In(release.location().clone());
        Ok(Self::of(release.location(), (release.manifest(), withdrawn), &schema, columns))
    }

    /// Uses a release whose parts are in `folder`, published or not, and which withdrew these records.
    pub(crate) fn staged(
        folder: impl Into<Location>,
        (manifest, withdrawn): (&Manifest, &[Withdrawn]),
        schema: &Schema,
    ) -> Self {
        let withdrawn = WithdrawnList::Given(withdrawn.to_vec());
        Self::of(&folder.into(), (manifest, withdrawn), schema.bytes(), schema.columns().clone())
    }

    fn of(
        folder: &Location,
        (manifest, withdrawn): (&Manifest, WithdrawnList),
        schema: &[u8],
        columns: Columns,
    ) -> Self {
        let files = manifest.parts.iter().enumerate().map(|(index, part)| folder.join(&part.path(index)));
        Self {
            name: folder.path().display().to_string(),
            folder: None,
            key: vec![manifest.key.clone()],
            files: files.collect(),
            release: Some(ReleaseInput {
                manifest: manifest.clone(),
                withdrawn,
                schema: serde_json::from_slice(schema).unwrap_or_default(),
                columns,
            }),
        }
    }

    /// The records that the release withdrew. None of plain files.
    pub(super) fn withdrawn(&self) -> Result<Vec<Withdrawn>, Error> {
        match self.release.as_ref().map(|release| (&release.withdrawn, &release.manifest)) {
            None => Ok(Vec::new()),
            Some((WithdrawnList::Given(withdrawn), _)) => Ok(withdrawn.clone()),
            Some((WithdrawnList::In(folder), manifest)) => manifest.read_withdrawn(folder),
        }
    }

    /// Like `DiffInput::plain_by`, with one key column.
    pub fn plain(path: &Path, key: &str) -> Result<Self, Error> {
        Self::plain_by(path, &[key.to_owned()])
    }

    /// Uses a Parquet file, or all Parquet files in a folder and its subfolders. The columns `key` together
    /// identify a record.
    ///
    /// # Errors
    /// [`Error::NoRelease`] if there is no Parquet file. The files are opened later.
    pub(crate) fn plain_by(path: &Path, key: &[String]) -> Result<Self, Error> {
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
        Ok(Self {
            name: path.display().to_string(),
            folder: path.is_dir().then(|| path.to_owned()),
            key: key.to_vec(),
            files: paths.into_iter().map(Location::from).collect(),
            release: None,
        })
    }

    /// Reads a file from another location instead, which has the same records.
    pub(crate) fn read_from(&mut self, index: usize, location: Location) {
        self.files[index] = location;
    }

    /// Checks that writing the file `target` does not change the input.
    pub(super) fn check_target(&self, target: &Path) -> Result<(), Error> {
        let files: Vec<PathBuf> = self.files.iter().filter_map(Location::local_path).collect();
        check_target(target, files.iter().map(PathBuf::as_path))?;
        match &self.folder {
            Some(folder) if filesystem::is_within(filesystem::folder_of(target), folder)? => {
                let message = format!("would become a part of `{}`", folder.display());
                Err(Error::Target { path: target.to_owned(), message })
            }
            _ => Ok(()),
        }
    }

    /// The fingerprint of its records, if it is a release.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.release.as_ref().map(|release| release.manifest.fingerprint)
    }

    /// The number of records, if it is a release.
    pub(super) fn records(&self) -> Option<u64> {
        self.release.as_ref().map(|release| release.manifest.records())
    }

    /// The fingerprint of each file, if it is a release.
    pub(super) fn fingerprints(&self) -> impl Iterator<Item = Option<Fingerprint>> {
        let parts = self.release.as_ref().map(|release| &release.manifest.parts);
        (0..self.files.len()).map(move |index| parts.map(|parts| parts[index].fingerprint))
    }

    /// Opens some of its files, by their indices. There must be at least one.
    pub(super) fn table(&self, indices: &[usize]) -> Result<Scan, Error> {
        let open = |index: &usize| {
            let file = &self.files[*index];
            match &self.release {
                Some(ReleaseInput { manifest, columns, .. }) => {
                    manifest.parts[*index].open(file, columns, Indexes::Pages)
                }
                None => ParquetFile::open(file).map_err(|error| error.at(&file.path())),
            }
        };
        let files = indices.iter().map(open).collect::<Result<_, _>>()?;
        Scan::new(files, &self.key, self.release.as_ref().map(|release| &release.columns))
    }
}

/// Finds Parquet files, including links to files, which download caches have. Names that start with `.` or `_`
/// are skipped: they are hidden or unfinished.
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
                let why = "its name has a column that is not in the files; write them without partitions";
                return Err(passed_over(path, why));
            }
            EntryKind::Folder if depth > 0 => collect(&path, depth - 1, found)?,
            EntryKind::Folder => return Err(passed_over(path, "folders are nested too deep")),
            EntryKind::Other if path.is_dir() => {
                return Err(passed_over(path, "it is a link to a folder; name that folder itself"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The error for a folder that cannot be searched. Skipping it would lose records silently.
fn passed_over(path: PathBuf, why: &str) -> Error {
    Error::Part { action: "read", path, message: why.to_owned() }
}
