//! [`Claim`]: reserves the memory that a row group needs for encoding, before its rows are read. It only
//! estimates; it does not measure what the encoder uses.

use crate::ordered_pool::{Room, Share};
use crate::schema::Columns;

/// The number of rows that the encoder gets at a time. A page has at least as many.
const PAGE_ROWS: u64 = 256;
/// The least number of bytes to claim at once, so that few rows have to wait for the lock.
const STEP: u64 = 1 << 20;
/// About how many bytes the encoder takes for each column, even an empty one.
const COLUMN: usize = 6 << 10;

/// A claim that grows row by row.
pub(super) struct Claim {
    share: Share,
    /// The bytes that were claimed, and the bytes that the rows so far need.
    claimed: u64,
    wanted: u64,
    /// The length of all canonical forms and of the longest one, in bytes.
    length: u64,
    longest: u64,
}

impl Claim {
    pub(super) fn new(room: &Room, columns: &Columns) -> Self {
        Self { share: room.take(columns.leaves() * COLUMN), claimed: 0, wanted: 0, length: 0, longest: 0 }
    }

    /// Claims the memory for a row whose canonical form has `length` bytes. Waits until it is available.
    pub(super) fn before(&mut self, length: u64) {
        self.length += length;
        self.longest = self.longest.max(length);
        // The rows, their encoded form, and one page before and after compression.
        let page = self.length.min(self.longest.saturating_mul(PAGE_ROWS));
        self.wanted = self.length + self.length / 2 + page * 2;
        if self.wanted - self.claimed >= STEP {
            self.claim();
        }
    }

    fn claim(&mut self) {
        self.share.grow(usize::try_from(self.wanted - self.claimed).unwrap_or(usize::MAX));
        self.claimed = self.wanted;
    }

    /// Returns the share for all rows.
    pub(super) fn share(mut self) -> Share {
        self.claim();
        self.share
    }
}
