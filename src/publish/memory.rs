//! [`Memory`]: how the memory of a build is shared out among its steps.

/// About how many bytes an input takes in lists and in the manifest.
const INPUT: usize = 512;

/// How many bytes a build may hold in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory(usize);

impl Memory {
    /// The least that a build can do with: below it, what threads have under way is more.
    pub const LEAST: Self = Self(64 << 20);

    /// So many bytes, or the least that is possible.
    pub fn new(bytes: u64) -> Self {
        Self(usize::try_from(bytes).unwrap_or(usize::MAX).max(Self::LEAST.0))
    }

    /// For records that wait to be sorted, where there are so many inputs, which are listed. The rest
    /// of what the shares leave is for articles that threads have under way.
    pub(super) fn records(self, inputs: usize) -> usize {
        (self.0 / 4 * 3).saturating_sub(inputs * INPUT).max(self.0 / 16)
    }

    /// For records that wait to be sorted while an article is under way that takes `bytes`.
    pub(super) fn records_beside(self, bytes: usize) -> usize {
        self.0.saturating_sub(bytes * 2).max(self.0 / 16)
    }

    /// For articles that threads have under way.
    pub(super) fn articles(self) -> usize {
        self.0 / 12
    }

    /// For row groups that threads have under way.
    pub(super) fn row_groups(self) -> usize {
        self.0 / 4
    }

    /// For what places the records of a release in order that is built upon, while they are read.
    pub(super) fn outlines(self) -> usize {
        self.0 / 8
    }

    /// For the keys that changed.
    pub(super) fn changed(self) -> usize {
        self.0 / 64
    }

    /// For the keys of all records.
    pub(super) fn keys(self) -> usize {
        self.0 / 16
    }

    /// For what is known of the release before.
    pub(super) fn previous_index(self) -> usize {
        self.0 / 8
    }

    /// For the hashes of all records.
    pub(super) fn hashes(self) -> usize {
        self.0 / 64
    }

    /// For the hashes of the records of a part.
    pub(super) fn part_hashes(self) -> usize {
        self.0 / 32
    }

    /// For what is remembered of the articles of all records.
    pub(super) fn cache_entries(self) -> usize {
        self.0 / 64
    }

    /// For the order of all records.
    pub(super) fn row_refs(self) -> usize {
        self.0 / 64
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self(1 << 30)
    }
}
