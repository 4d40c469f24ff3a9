//! [`RecordHashes`]: the record hashes of any number of records, and their fingerprint.

use std::path::Path;

use super::{ByteSorter, SortedBytes};
use crate::error::Error;
use crate::record::{Fingerprint, Fingerprinting, RecordHash};

/// Collects record hashes in any order. Those that do not fit in memory go to scratch files.
#[derive(Debug)]
pub(crate) struct RecordHashes {
    sort: ByteSorter<32>,
    count: u64,
}

impl RecordHashes {
    /// Creates an empty collection that holds about `memory` bytes and puts its files into `scratch`.
    pub(crate) fn new(scratch: &Path, memory: usize) -> Self {
        Self { sort: ByteSorter::new(scratch, memory), count: 0 }
    }

    /// Adds a hash.
    ///
    /// # Errors
    /// [`Error::Io`] if a scratch file cannot be written.
    pub(crate) fn add(&mut self, hash: &RecordHash) -> Result<(), Error> {
        self.count += 1;
        self.sort.push(*hash.as_bytes())
    }

    /// The number of hashes.
    pub(crate) fn len(&self) -> u64 {
        self.count
    }

    /// Returns the hashes in ascending order.
    ///
    /// # Errors
    /// [`Error::Io`] if a scratch file cannot be read.
    pub(crate) fn sorted(self) -> Result<SortedBytes<32>, Error> {
        self.sort.sorted()
    }

    /// The fingerprint of the records with these hashes.
    ///
    /// # Errors
    /// [`Error::Io`] if a scratch file cannot be read.
    pub(crate) fn fingerprint(self) -> Result<Fingerprint, Error> {
        let mut fingerprint = Fingerprinting::default();
        for bytes in self.sorted()? {
            fingerprint.add(&RecordHash::from_bytes(bytes?));
        }
        Ok(fingerprint.finish())
    }
}
