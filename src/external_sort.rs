//! Sorting more records than memory holds: sorted runs, spilled to scratch files, merged again.
//!
//! A [`SortEntry`] says where a record's row is and how it sorts; rows travel as Arrow batches and
//! are never compared. Which order records have, and what becomes of them, others decide.

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
pub use sort_entry::{MARK, RowLocation, SortEntry, SourceSpan};
