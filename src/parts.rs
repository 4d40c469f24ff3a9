//! Parts: sorted records cut into Parquet files, written and read back.
//!
//! What a part holds is decided by the records alone (`cut`), how it is written by fixed
//! settings (`settings`); together they make a part's bytes a function of its records. Which
//! parts make a release, and where they lie, is the business of [`crate::release`].

mod cut;
mod cut_candidates;
mod damage;
mod encode;
mod fact;
mod file;
mod footer;
mod merge;
mod runs;
mod selection;
mod settings;
mod sort_bytes;
mod spill;
mod statistics;
mod thrift;
mod writer;

pub use cut::{Cut, Layout, RowGroups, key_hash};
pub use cut_candidates::{CutCandidate, CutCandidates, PartEnd, resolve_cuts};
pub use damage::{PartError, is_guarded};
pub use encode::{Encoder, RowGroup};
pub use fact::{At, Fact, MARK, Place};
pub use file::{Batches, Filter, Page, ParquetFile, StoredPages};
pub use footer::{Fault, Footer};
pub use merge::{Facts, Merge};
pub use runs::{Chunk, Runs};
pub use selection::{BatchId, RunRows, Selection};
pub use settings::{CODEC, CREATED_BY, FORMAT, SETTINGS};
pub use sort_bytes::{SortBytes, Sorted};
pub use statistics::Extremes;
pub use writer::{PartWriter, Written};
