//! Runs: how many rows reach the encoder at a time.
//!
//! A page can only end between runs, so runs must follow from the records alone: one ends after
//! a fixed number of rows, or earlier where the records are so long that a column would leave
//! the 2 GiB that an Arrow text column can hold.

use std::ops::Range;

/// How many rows a run has at most.
pub(super) const RUN_ROWS: usize = 256;
/// After how many bytes of canonical form a run ends.
const RUN_BYTES: u64 = 256 << 20;

/// The runs of a part whose records have canonical forms of these lengths, in order.
pub fn runs(lengths: impl IntoIterator<Item = u64>) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let (mut start, mut end, mut bytes) = (0, 0, 0);
    for length in lengths {
        end += 1;
        bytes += length;
        if end - start == RUN_ROWS || bytes >= RUN_BYTES {
            runs.push(start..end);
            (start, bytes) = (end, 0);
        }
    }
    if start < end {
        runs.push(start..end);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_tile_the_part() {
        assert_eq!(runs([]), Vec::<Range<usize>>::new());
        assert_eq!(runs([1; 3]), vec![0..3; 1]);
        assert_eq!(runs([1; 600]), [0..256, 256..512, 512..600]);
        assert_eq!(runs([1, RUN_BYTES, 1, 1]), [0..2, 2..4]);
    }
}
