//! Parts: sorted records cut into Parquet files, written and read back.
//!
//! What a part holds is decided by the records alone (`chunking`), how it is written by fixed
//! settings (`settings`); together they make a part's bytes a function of its records. Which
//! parts make a release, and where they lie, is the business of [`crate::release`].

mod chunking;
mod cut_candidates;
mod encode;
mod file;
mod footer_check;
mod read_error;
mod settings;
mod statistics;
mod thrift;
mod writer;

pub use chunking::{Chunker, Layout, RowGroupRule, key_hash};
pub use cut_candidates::{CutCandidate, CutCandidates, PartEnd, resolve_cuts};
pub use encode::{EncodedRowGroup, PartEncoder};
pub use file::{Batches, Filter, Meaning, Page, ParquetFile, StoredPages};
pub use footer_check::{Footer, FooterFault};
pub use read_error::{PartError, is_guarded};
pub use settings::{CODEC, CREATED_BY, FORMAT, SETTINGS};
pub use statistics::Extremes;
pub use writer::{PartWriter, WrittenPart};
