//! [`Memory`]: divides the memory of a build among its steps. It does not measure or enforce anything.

/// About how many bytes the lists and the manifest take for each input.
const INPUT: usize = 512;
/// About how many bytes the rules, the readers and the footers take for each column.
const COLUMN: usize = 16 << 10;

/// The memory budget of a build, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory(usize);

impl Memory {
    /// The smallest budget. The items that threads process at the same time need as much.
    pub const LEAST: Self = Self(64 << 20);

    /// Creates a budget of this many bytes, but at least [`Memory::LEAST`].
    pub fn new(bytes: u64) -> Self {
        Self(usize::try_from(bytes).unwrap_or(usize::MAX).max(Self::LEAST.0))
    }

    /// For records of this many columns that wait to be sorted, if the build lists this many inputs. What
    /// the other shares leave is for articles that threads process.
    pub(super) fn records(self, inputs: usize, columns: usize) -> usize {
        (self.0 / 4 * 3).saturating_sub(inputs * INPUT + columns * COLUMN).max(self.0 / 16)
    }

    /// For records that wait to be sorted while a thread processes an article that takes `bytes`.
    pub(super) fn records_beside(self, bytes: usize) -> usize {
        self.0.saturating_sub(bytes * 2).max(self.0 / 16)
    }

    /// For articles that threads process at the same time.
    pub(super) fn articles(self) -> usize {
        self.0 / 12
    }

    /// For row groups that threads encode at the same time.
    pub(super) fn row_groups(self) -> usize {
        self.0 / 4
    }

    /// For outlines of the base release, while they are read.
    pub(super) fn outlines(self) -> usize {
        self.0 / 8
    }

    /// For the set of changed keys. With 2 MiB, a million of them give one false match in sixteen.
    pub(super) fn changed(self) -> usize {
        (self.0 / 64).min(2 << 20)
    }

    /// For the keys of all records.
    pub(super) fn keys(self) -> usize {
        self.0 / 16
    }

    /// For the index of the previous release, and for its cache.
    pub(super) fn previous_index(self) -> usize {
        self.0 / 8
    }

    /// For comparing with the previous release, after all parts are written.
    pub(super) fn diff(self) -> usize {
        self.0
    }

    /// For the hashes of all records.
    pub(super) fn hashes(self) -> usize {
        self.0 / 64
    }

    /// For the hashes of the records of a part.
    pub(super) fn part_hashes(self) -> usize {
        self.0 / 32
    }

    /// For the cache entries of all records.
    pub(super) fn cache_entries(self) -> usize {
        self.0 / 64
    }

    /// For the row references of all records.
    pub(super) fn row_refs(self) -> usize {
        self.0 / 64
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self(1 << 30)
    }
}
