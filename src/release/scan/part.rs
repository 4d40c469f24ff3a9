//! [`ScanPart`]: one part of a scan, or a slice of it, to be read on any thread.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;

use super::Scan;
use super::declared::WholePart;
use super::key_lookup::{Found, find};
use crate::error::Error;
use crate::part_files::{Batches, Indexes, ParquetFile, PartError};
use crate::record::Key;
use crate::storage::Location;

/// A part of a release to read, or a slice of one.
#[derive(Debug, Clone)]
pub struct ScanPart {
    scan: Arc<Scan>,
    /// The index of the part in the release.
    index: usize,
    /// The file and the rows of a slice, which are within one row group.
    slice: Option<(ParquetFile, Range<u32>)>,
}

impl ScanPart {
    pub(super) fn new(scan: Arc<Scan>, index: usize) -> Self {
        Self { scan, index, slice: None }
    }

    /// The index of the part in the release, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Reads the records in their order.
    ///
    /// # Errors
    /// [`Error::Part`] if the part cannot be read, or does not match the manifest.
    pub fn batches(&self) -> Result<PartBatches, Error> {
        let file = self.open()?;
        let is_whole = self.scan.keys.is_none() && self.slice.is_none();
        let (rows, keys) = match &self.scan.keys {
            Some(keys) => {
                let Found { rows, keys } = self.find_in(&file, keys)?;
                (Some(rows), keys)
            }
            None => (self.slice.as_ref().map(|(_, rows)| vec![rows.clone()]), Vec::new()),
        };
        let is_empty = rows.as_ref().is_some_and(Vec::is_empty);
        let read = || file.read(self.scan.projection.ascending(), rows.as_deref());
        let batches = if is_empty { None } else { Some(read().map_err(|error| error.at(file.path()))?) };
        let whole = is_whole.then(|| WholePart::new(&self.scan));
        Ok(PartBatches { scan: self.scan.clone(), index: self.index, file, batches, whole, keys })
    }

    /// Cuts the part into slices of about 8 MiB, or into its row groups if keys are looked up. Their records
    /// together, in order, are those of the part. Several threads can read one part so.
    ///
    /// # Errors
    /// [`Error::Part`] if the part cannot be read, or does not match the manifest.
    pub fn slices(&self) -> Result<Vec<Self>, Error> {
        if self.slice.is_some() {
            return Ok(vec![self.clone()]);
        }
        let file = self.open()?;
        let slices = match self.scan.keys {
            None => file.slices(self.scan.projection.ascending()),
            Some(_) => (0..file.groups()).map(|group| file.group(group)).collect(),
        };
        let slice = |rows| Self { scan: self.scan.clone(), index: self.index, slice: Some((file.clone(), rows)) };
        Ok(slices.into_iter().map(slice).collect())
    }

    /// Finds the records that have one of the keys, without reading other columns.
    pub(super) fn find(&self) -> Result<Found, Error> {
        self.find_in(&self.open()?, self.scan.keys.as_deref().unwrap_or_default())
    }

    fn find_in(&self, file: &ParquetFile, keys: &[Key]) -> Result<Found, Error> {
        let groups = match &self.slice {
            None => 0..file.groups(),
            Some((_, rows)) => {
                let group = file.group_of(rows.start);
                group..group + 1
            }
        };
        find(file, groups, self.scan.order.key(), keys).map_err(|error| error.at(file.path()))
    }

    /// The error that the part cannot be read.
    pub(crate) fn unreadable(&self, message: &str) -> Error {
        Error::Part { action: "read", path: self.location().path(), message: message.to_owned() }
    }

    fn location(&self) -> Location {
        self.scan.folder.join(&self.scan.parts[self.index].path(self.index))
    }

    fn open(&self) -> Result<ParquetFile, Error> {
        if let Some((file, _)) = &self.slice {
            return Ok(file.clone());
        }
        let listed = &self.scan.parts[self.index];
        let indexes = if self.scan.keys.is_some() { Indexes::All } else { Indexes::Pages };
        listed.open(&self.location(), &self.scan.columns, indexes)
    }
}

/// The batches of a [`ScanPart`]. The iterator ends after an error.
pub struct PartBatches {
    scan: Arc<Scan>,
    index: usize,
    file: ParquetFile,
    /// `None` if nothing is left to read.
    batches: Option<Batches>,
    /// The checks for a part that is read as a whole.
    whole: Option<WholePart>,
    keys: Vec<Key>,
}

impl PartBatches {
    /// Those of the keys that records of the part have, in the order of the records. Empty if no keys are
    /// looked up.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, PartError> {
        let Some(batches) = &mut self.batches else { return Ok(None) };
        let Some(batch) = batches.next().transpose()? else { return Ok(None) };
        let batch = self.scan.projection.arrange(&batch);
        let batch = batch.ok_or_else(|| PartError::Columns("its columns are not those of the schema".into()))?;
        if let Some(whole) = &mut self.whole {
            whole.check(&self.scan, &self.scan.parts[self.index], &batch)?;
        }
        Ok(Some(batch))
    }
}

impl Iterator for PartBatches {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.next_batch().map_err(|error| error.at(self.file.path()));
        if !matches!(batch, Ok(Some(_))) {
            self.batches = None;
        }
        batch.transpose()
    }
}

impl fmt::Debug for PartBatches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartBatches").field("file", &self.file).finish_non_exhaustive()
    }
}
