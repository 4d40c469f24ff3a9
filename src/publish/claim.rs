//! [`Claim`]: what a row group will take while it is encoded, claimed before its rows are read.

use crate::ordered_pool::{Room, Share};
use crate::schema::Columns;

/// How many rows reach the encoder at a time: a page ends no earlier.
const PAGE_ROWS: u64 = 256;
/// How many bytes are claimed together, so that few rows ask.
const STEP: u64 = 1 << 20;
/// About how many bytes the encoder takes for a column whatever it holds.
const COLUMN: usize = 6 << 10;

/// A growing claim.
pub(super) struct Claim {
    share: Share,
    /// What was claimed and is to be claimed, in bytes.
    claimed: u64,
    wanted: u64,
    /// The canonical forms of all rows, and the longest of them.
    length: u64,
    longest: u64,
}

impl Claim {
    pub(super) fn new(room: &Room, columns: &Columns) -> Self {
        Self { share: room.take(columns.leaves() * COLUMN), claimed: 0, wanted: 0, length: 0, longest: 0 }
    }

    /// Claims what a row takes whose canonical form has `length` bytes, and waits for it if need be.
    pub(super) fn before(&mut self, length: u64) {
        self.length += length;
        self.longest = self.longest.max(length);
        // The rows, what they become, and a page of them before and after it is compressed.
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

    /// The share of all rows.
    pub(super) fn share(mut self) -> Share {
        self.claim();
        self.share
    }
}
