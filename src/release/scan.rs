//! [`Scan`]: reads the records of a release: all of them, or some columns, keys or parts.
//!
//! Everything that reads records of a release opens its parts here. Rows are checked against the manifest:
//! their number, and for a part that is read as a whole also its first and last record and its fingerprint,
//! as far as the columns that are read have them. Values are not hashed again; [`crate::verify`](mod@crate::verify) does so.

mod declared;
mod key_lookup;
mod part;
mod read_ahead;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::open::RESTORE;
use super::{MANIFEST, Manifest, Part, Release, SCHEMA};
use crate::digest::Digest;
use crate::error::Error;
use crate::part_files::{Indexes, ParquetFile};
use crate::record::{Key, Order, Projection};
use crate::schema::{Columns, Kind, RECORD_SHA256};
use crate::storage::Location;

pub use part::{PartBatches, ScanPart};
pub use read_ahead::ReadAhead;

/// The records of a release to read.
///
/// [`Release::scan`] makes one of all records and all columns.
#[derive(Debug, Clone)]
#[must_use = "a scan reads nothing until its batches are read"]
pub struct Scan {
    folder: Location,
    /// All parts of the release.
    parts: Arc<[Part]>,
    /// All columns of the release, without `record_sha256`.
    columns: Columns,
    order: Order,
    projection: Projection,
    /// The keys to look up, ascending.
    keys: Option<Vec<Key>>,
    /// The indices of the parts to read.
    range: std::ops::Range<usize>,
}

impl Release {
    /// Starts to read records. Without further calls, the scan has all records in the order of the release,
    /// with all columns and `record_sha256` as the last one.
    ///
    /// # Errors
    /// [`Error::Damaged`] if `schema.json` is not the one in the manifest, [`Error::Io`] if it cannot be
    /// read, and [`Error::NoRelease`] if the manifest names an order that its schema does not have.
    ///
    /// # Examples
    /// ```
    /// use std::path::Path;
    /// use pressmark::release::Release;
    ///
    /// # fn main() -> Result<(), pressmark::Error> {
    /// let release = Release::open(Path::new("datasets/asharq-al-awsat/1.1.0"))?;
    /// let mut articles = 0;
    /// for batch in release.scan()?.columns(["id", "title"])?.batches() {
    ///     let batch = batch?;
    ///     assert_eq!(batch.schema().field(1).name(), "title");
    ///     articles += batch.num_rows();
    /// }
    /// assert_eq!(articles, 2);
    ///
    /// // By key: reads only pages that may have the record.
    /// let key = "https://english.aawsat.com/no-such-article";
    /// assert!(release.scan()?.keys([key])?.batches().next().is_none());
    ///
    /// // In parallel: each part can be read on any thread.
    /// let counts = std::thread::scope(|scope| {
    ///     let parts = release.scan()?.columns(["id"])?.split();
    ///     let read = |part: pressmark::release::ScanPart| -> Result<usize, pressmark::Error> {
    ///         part.batches()?.map(|batch| Ok(batch?.num_rows())).sum()
    ///     };
    ///     let threads: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || read(part))).collect();
    ///     threads.into_iter().map(|thread| thread.join().expect("the thread ends")).sum::<Result<usize, _>>()
    /// })?;
    /// assert_eq!(counts, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn scan(&self) -> Result<Scan, Error> {
        let (schema, columns) = self.load_columns()?;
        if Digest::of(&schema) != self.manifest().schema.sha256 {
            let message = format!("its SHA-256 differs from {MANIFEST}");
            return Err(Error::Damaged { path: self.location().join(SCHEMA).path(), message, hint: RESTORE });
        }
        Scan::new(self.location(), self.manifest(), columns)
    }
}

impl Scan {
    /// The scan of a release in `folder`, published or staged, with this manifest and these columns.
    pub(crate) fn new(folder: &Location, manifest: &Manifest, columns: Columns) -> Result<Self, Error> {
        let order = Order::new(&columns, &manifest.order_by, &manifest.key)
            .map_err(|error| Error::NoRelease { path: folder.path(), message: error.to_string() })?;
        let (projection, parts) = (Projection::all(&columns), manifest.parts.clone().into());
        let (folder, range) = (folder.clone(), 0..manifest.parts.len());
        Ok(Self { folder, parts, columns, order, projection, keys: None, range })
    }

    /// Reads only the columns with these names, in this order. `record_sha256` is a column like any other.
    ///
    /// # Errors
    /// [`Error::Projection`] if there is no such column, or a name is given twice.
    pub fn columns<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        self.projection = Projection::named(&self.columns, names).map_err(|error| {
            let names = self.columns.iter().map(|column| column.name.as_str()).chain([RECORD_SHA256]);
            Error::Projection { message: error.to_string(), columns: names.map(str::to_owned).collect() }
        })?;
        Ok(self)
    }

    /// Reads only the records with these keys, still in the order of the release. Keys that no record has
    /// are ignored; [`PartBatches::keys`] returns those that were found. Parts, row groups and pages that
    /// cannot have one of the keys are not read.
    ///
    /// # Errors
    /// [`Error::KeyType`] for a string where the key column has integers, or the other way round.
    pub fn keys<K: Into<Key>>(mut self, keys: impl IntoIterator<Item = K>) -> Result<Self, Error> {
        let mut wanted = Vec::new();
        for key in keys {
            let key = key.into().for_column(self.key_kind()).map_err(|key| Error::KeyType {
                key: key.to_string(),
                column: self.columns.at(self.order.key()).name.clone(),
                holds: if *self.key_kind() == Kind::String { "strings" } else { "integers" },
            })?;
            wanted.extend(key);
        }
        wanted.sort_unstable();
        wanted.dedup();
        self.keys = Some(wanted);
        Ok(self)
    }

    /// Reads only some parts, by their indices from 0. Indices behind the last part are ignored.
    pub fn parts(mut self, range: impl RangeBounds<usize>) -> Self {
        let start = match range.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(end) => end.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => self.parts.len(),
        };
        let end = end.min(self.parts.len());
        self.range = start.min(end)..end;
        self
    }

    /// The key of the key column's type with this text: a string as it is, an integer in decimal digits.
    /// `None` if no record can have such a key.
    pub fn parse_key(&self, text: &str) -> Option<Key> {
        Key::parse(self.key_kind(), text)
    }

    /// The Arrow schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        self.projection.schema().clone()
    }

    /// Reads the records in the order of the release. The iterator ends after an error.
    pub fn batches(self) -> ScanBatches {
        ScanBatches { schema: self.schema(), parts: self.split().into_iter(), current: None }
    }

    /// The parts that may have records of the scan, in the order of the release, to be read on any thread.
    /// No file is opened.
    pub fn split(self) -> Vec<ScanPart> {
        let scan = Arc::new(self);
        let parts = scan.range.clone().filter(|index| scan.may_be_in(&scan.parts[*index]));
        parts.map(|index| ScanPart::new(scan.clone(), index)).collect()
    }

    /// Those of the keys that records of the release have.
    pub(crate) fn found_keys(self) -> Result<BTreeSet<Key>, Error> {
        let mut found = BTreeSet::new();
        for part in self.split() {
            found.extend(part.find()?.keys);
        }
        Ok(found)
    }

    /// All columns of the release, without `record_sha256`.
    pub fn all_columns(&self) -> &Columns {
        &self.columns
    }

    /// The columns to read.
    pub fn projection(&self) -> &Projection {
        &self.projection
    }

    fn key_kind(&self) -> &Kind {
        &self.columns.at(self.order.key()).kind
    }

    /// Whether a part may have a record of the scan, according to the manifest.
    fn may_be_in(&self, part: &Part) -> bool {
        let Some(keys) = &self.keys else { return true };
        let key = self.order.key();
        let is_ordered_by_key = self.order.places().first() == Some(&key);
        let name = &self.columns.at(key).name;
        let bound = |end: &serde_json::Map<_, _>| Key::from_json(self.key_kind(), end.get(name)?);
        match (bound(&part.first), bound(&part.last)) {
            (Some(first), Some(last)) if is_ordered_by_key => keys.iter().any(|key| (&first..=&last).contains(&key)),
            _ => !keys.is_empty(),
        }
    }
}

impl Part {
    /// Opens the file of the part. It must have these columns, followed by `record_sha256`, and
    /// the number of rows that the manifest lists.
    ///
    /// # Errors
    /// [`Error::Part`] with the path.
    pub(crate) fn open(&self, file: &Location, columns: &Columns, indexes: Indexes) -> Result<ParquetFile, Error> {
        let path = file.path();
        let file = ParquetFile::part(file, columns, indexes).map_err(|error| error.at(&path))?;
        if u64::from(file.rows()) != self.rows {
            let (listed, found) = (self.rows, file.rows());
            let message =
                format!("the manifest says {listed} rows, it has {found}; run `pressmark verify` for details");
            return Err(Error::Part { action: "read", path, message });
        }
        Ok(file)
    }
}

/// The batches of a scan, in the order of the release.
pub struct ScanBatches {
    schema: SchemaRef,
    parts: std::vec::IntoIter<ScanPart>,
    current: Option<PartBatches>,
}

impl ScanBatches {
    /// The Arrow schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, Error> {
        loop {
            if let Some(batch) = self.current.as_mut().and_then(Iterator::next) {
                return batch.map(Some);
            }
            let Some(part) = self.parts.next() else { return Ok(None) };
            self.current = Some(part.batches()?);
        }
    }
}

impl Iterator for ScanBatches {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.next_batch();
        if batch.is_err() {
            (self.parts, self.current) = (Vec::new().into_iter(), None);
        }
        batch.transpose()
    }
}

impl fmt::Debug for ScanBatches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScanBatches").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_move_between_threads() {
        fn is_send<T: Send>() {}
        is_send::<Scan>();
        is_send::<ScanPart>();
        is_send::<PartBatches>();
        is_send::<ScanBatches>();
    }
}
