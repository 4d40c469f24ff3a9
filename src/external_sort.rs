//! External sort: sorts more records than fit in memory, by spilling sorted runs to scratch files and
//! merging them.
//!
//! A [`SortEntry`] says how a record sorts and where its row is. Rows stay in Arrow batches and are
//! never compared. This module does not define the order, and it does not drop or keep records: the
//! caller does both.

mod compact;
mod merge;
mod runs;
mod selection;
mod sort_bytes;
mod sort_entry;
mod spill;

pub use merge::{Merge, SortEntries};
pub use runs::{SortedChunk, SortedRuns};
pub use selection::{BatchId, RunRows, Selection};
pub use sort_bytes::{ByteSorter, SortedBytes};
pub use sort_entry::{CACHE_ENTRY_BYTES, RowLocation, SortEntry, SourceSpan};
