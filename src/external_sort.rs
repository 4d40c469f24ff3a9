//! External sort: sorts more records than fit in memory, by spilling sorted runs to scratch files and
//! merging them.
//!
//! A `SortEntry` says how a record sorts and where its row is. Rows stay in Arrow batches and are
//! never compared. This module does not define the order, and it does not drop or keep records: the
//! caller does both.

mod compact;
mod merge;
mod record_hashes;
mod runs;
mod selection;
mod sort_bytes;
mod sort_entry;
mod spill;

pub(crate) use selection::RunRows;
pub use selection::Selection;

pub(crate) use merge::{Merge, SortEntries};
pub(crate) use record_hashes::RecordHashes;
pub(crate) use runs::{SortedChunk, SortedRuns};
pub(crate) use sort_bytes::{ByteSorter, SortedBytes};
pub(crate) use sort_entry::{CACHE_ENTRY_BYTES, RowLocation, SortEntry, SourceSpan};
