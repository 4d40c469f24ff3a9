//! [`Memory`]: how the memory of a build is shared out among its steps.

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

    /// For records that wait to be sorted. The rest of what the shares leave is for articles
    /// and row groups that threads have under way.
    pub(super) fn records(self) -> usize {
        self.0 / 4 * 3
    }

    /// For the keys of all records.
    pub(super) fn keys(self) -> usize {
        self.0 / 16
    }

    /// For what is known of the release before.
    pub(super) fn known(self) -> usize {
        self.0 / 8
    }

    /// For the hashes of all records.
    pub(super) fn hashes(self) -> usize {
        self.0 / 64
    }

    /// For what is remembered of the articles of all records.
    pub(super) fn marks(self) -> usize {
        self.0 / 64
    }

    /// For the order of all records.
    pub(super) fn picks(self) -> usize {
        self.0 / 64
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self(1 << 30)
    }
}
