//! [`Resources`]: the threads, memory and scratch folder of a diff. They never change its result.

use std::path::Path;

use super::DiffOptions;
use crate::error::Error;
use crate::external_sort::{ByteSorter, RecordHashes};

/// The memory that one thread needs to compare rows of both sides, in bytes.
const THREAD_MEMORY: usize = 32 << 20;

#[derive(Debug, Clone, Copy)]
pub(super) struct Resources<'o> {
    pub(super) threads: usize,
    /// The memory of one sorter, in bytes. At most three are in use at a time.
    pub(super) sort_memory: usize,
    pub(super) scratch: &'o Path,
}

impl<'o> Resources<'o> {
    pub(super) fn new(options: &'o DiffOptions) -> Self {
        let quarter = options.memory / 4;
        Self {
            threads: options.threads.min(quarter / THREAD_MEMORY).max(1),
            sort_memory: quarter,
            scratch: &options.scratch,
        }
    }

    pub(super) fn record_hashes(self) -> RecordHashes {
        RecordHashes::new(self.scratch, self.sort_memory)
    }

    pub(super) fn sorter<const N: usize>(self) -> ByteSorter<N> {
        ByteSorter::new(self.scratch, self.sort_memory)
    }

    /// Runs two functions, at the same time if there is more than one thread.
    pub(super) fn both<A: Send, B>(
        self,
        first: impl FnOnce() -> Result<A, Error> + Send,
        second: impl FnOnce() -> Result<B, Error>,
    ) -> Result<(A, B), Error> {
        if self.threads == 1 {
            return Ok((first()?, second()?));
        }
        std::thread::scope(|scope| {
            let first = scope.spawn(first);
            let second = second();
            let first = first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok((first?, second?))
        })
    }
}
