//! Part files: cuts sorted records into Parquet files, and writes and reads them.
//!
//! The records alone decide which part they are in (`chunking`), and fixed settings decide how a part is
//! written (`settings`). So the bytes of a part are a function of its records. This module does not know
//! which parts a release has or where they are; [`crate::release`] does.

mod chunking;
mod cut_candidates;
mod encode;
mod encode_part;
mod file;
mod footer_check;
mod format;
mod read_error;
mod settings;
mod statistics;
mod text_statistics;
mod thrift;
mod writer;

pub(crate) use chunking::RowGroupRule;
pub use chunking::{Chunker, Layout, key_hash};
pub use cut_candidates::{CutCandidate, CutCandidates, PartEnd, resolve_cuts};
pub use encode::{EncodedRowGroup, PartEncoder};
pub use encode_part::{PartDescription, encode_part};
pub(crate) use encode_part::{RecordKeys, record_keys};
pub(crate) use file::{Batches, Filter, Indexes, Meaning, Page, ParquetFile, StoredPages};
pub(crate) use footer_check::Footer;
pub use format::Format;
pub(crate) use read_error::{PartError, is_guarded};
pub(crate) use settings::CODEC;
pub(crate) use statistics::Extremes;
pub use writer::{PartWriteError, PartWriter, WrittenPart};
