//! [`ByteSorter`]: sorts more byte strings of a fixed length than fit in memory.
//!
//! It sorts digests and the few bytes that belong to them, such as the keys or the hashes of all
//! records. It does not sort rows; [`super::runs`] does.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::digest::head;
use crate::error::Error;
use crate::storage::filesystem::{self, Handle};

/// The size of the read buffer of each sorted run, in bytes.
const READ_AHEAD: usize = 64 << 10;

/// Collects byte strings of `N` bytes and returns them in ascending order. Strings that do not fit in
/// its memory go to unnamed files, which the system deletes when they are closed.
#[derive(Debug)]
pub(crate) struct ByteSorter<const N: usize> {
    held: Vec<[u8; N]>,
    limit: usize,
    folder: PathBuf,
    runs: Vec<(Handle, u64)>,
}

impl<const N: usize> ByteSorter<N> {
    /// Creates an empty sorter that holds about `memory` bytes and puts its files into `folder`.
    pub(crate) fn new(folder: &Path, memory: usize) -> Self {
        Self { held: Vec::new(), limit: (memory / N).max(1024), folder: folder.to_owned(), runs: Vec::new() }
    }

    /// Adds a byte string.
    ///
    /// # Errors
    /// [`Error::Io`] if a run cannot be written.
    pub(crate) fn push(&mut self, bytes: [u8; N]) -> Result<(), Error> {
        if self.held.len() == self.limit {
            self.spill()?;
        }
        if self.held.len() == self.held.capacity() {
            // The capacity must not exceed the limit.
            self.held.reserve_exact(self.held.len().max(64).min(self.limit - self.held.len()));
        }
        self.held.push(bytes);
        Ok(())
    }

    fn spill(&mut self) -> Result<(), Error> {
        sort(&mut self.held);
        let file = filesystem::scratch(&self.folder)?;
        let failed = |source| Error::io("write to", &self.folder, source);
        let mut out = BufWriter::with_capacity(1 << 20, file);
        self.held.iter().try_for_each(|bytes| out.write_all(bytes)).map_err(failed)?;
        let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
        self.runs.push((file, self.held.len() as u64));
        self.held.clear();
        Ok(())
    }

    /// Returns all byte strings in ascending order.
    ///
    /// # Errors
    /// [`Error::Io`] if a run cannot be read.
    pub(crate) fn sorted(mut self) -> Result<SortedBytes<N>, Error> {
        sort(&mut self.held);
        let mut runs = Vec::new();
        for (file, length) in self.runs {
            let file = filesystem::rewound(file, &self.folder)?;
            runs.push(Run { from: BufReader::with_capacity(READ_AHEAD, file), left: length });
        }
        let mut sorted =
            SortedBytes { held: self.held.into_iter(), runs, next: BinaryHeap::new(), folder: self.folder };
        for run in 0..=sorted.runs.len() {
            sorted.advance(run)?;
        }
        Ok(sorted)
    }
}

/// Sorts by the first bytes, compared as one number, and by all bytes where these are equal.
fn sort<const N: usize>(all: &mut [[u8; N]]) {
    all.sort_unstable_by(|a, b| head(a).cmp(&head(b)).then_with(|| a.cmp(b)));
}

/// A sorted run on disk.
#[derive(Debug)]
struct Run {
    from: BufReader<Handle>,
    left: u64,
}

/// Byte strings in ascending order.
#[derive(Debug)]
pub(crate) struct SortedBytes<const N: usize> {
    held: std::vec::IntoIter<[u8; N]>,
    runs: Vec<Run>,
    /// The next string of each run. The strings in memory are the run after the last one on disk.
    next: BinaryHeap<Reverse<([u8; N], usize)>>,
    folder: PathBuf,
}

impl<const N: usize> SortedBytes<N> {
    fn advance(&mut self, run: usize) -> Result<(), Error> {
        let next = match self.runs.get_mut(run) {
            None => self.held.next(),
            Some(Run { left: 0, .. }) => None,
            Some(run) => {
                let mut bytes = [0; N];
                run.from.read_exact(&mut bytes).map_err(|source| Error::io("read from", &self.folder, source))?;
                run.left -= 1;
                Some(bytes)
            }
        };
        self.next.extend(next.map(|bytes| Reverse((bytes, run))));
        Ok(())
    }
}

impl<const N: usize> Iterator for SortedBytes<N> {
    type Item = Result<[u8; N], Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.runs.is_empty() {
            // Nothing was spilled, so there is nothing to merge. The heap holds the first string.
            return self.next.pop().map(|Reverse((bytes, _))| bytes).or_else(|| self.held.next()).map(Ok);
        }
        let Reverse((bytes, run)) = self.next.pop()?;
        Some(self.advance(run).map(|()| bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(count: u32, memory: usize) {
        let folder = tempfile::tempdir().unwrap();
        let mut sort = ByteSorter::<8>::new(folder.path(), memory);
        let number = |index: u32| u64::from(index.wrapping_mul(2_654_435_761) % 5000).to_be_bytes();
        (0..count).for_each(|index| sort.push(number(index)).unwrap());
        let mut want: Vec<[u8; 8]> = (0..count).map(number).collect();
        want.sort_unstable();
        let got: Vec<[u8; 8]> = sort.sorted().unwrap().map(Result::unwrap).collect();
        assert_eq!(got, want);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "the files have names");
    }

    #[test]
    fn strings_are_sorted_in_memory_and_on_disk() {
        check(0, 0);
        check(1, 0);
        check(1000, 1 << 20);
        check(1024, 0);
        check(1025, 0);
        check(20_000, 0);
    }
}
