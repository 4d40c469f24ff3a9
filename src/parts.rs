//! Parts: sorted records cut into Parquet files, written and read back.
//!
//! What a part holds is decided by the records alone (`cut`), how it is written by fixed
//! settings (`settings`); together they make a part's bytes a function of its records. Which
//! parts make a release, and where they lie, is the business of [`crate::release`].

mod cut;
mod reader;
mod runs;
mod settings;
mod writer;

pub use cut::{Cut, Layout};
pub use reader::{PartError, PartReader, is_guarded};
pub use runs::runs;
pub use settings::{CODEC, CREATED_BY, FORMAT, SETTINGS};
pub use writer::{PartWriter, Written};
