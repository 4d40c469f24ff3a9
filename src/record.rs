//! Records: admitted articles as typed rows, with their canonical form, hash, fingerprint and order, and
//! their conversion to Arrow batches and back.
//!
//! A record is a row of `Cell`s, one per column. It comes from an article that the schema accepted
//! ([`admit()`]) or from a row of a part ([`Rows`]). Both have the same canonical form, so anyone can
//! verify a release. This module does not read or write files; [`crate::part_files`] does.

mod admit;
mod arrow;
mod batch;
mod canonical;
mod cell;
mod fingerprint;
mod key;
mod order;
mod projection;
mod rows;
mod summary;
mod time;
mod to_json;

pub use admit::{Admission, admit};
pub use arrow::arrow_schema;
pub use batch::batch;
pub(crate) use canonical::{CanonicalText, CanonicalValue, Form, Scalar, cell_json, cell_text, record_hash_and_length};
pub use canonical::{canonical_form, record_hash};
pub(crate) use cell::Cell;
pub use cell::Record;
pub use fingerprint::{Fingerprint, Fingerprinting, RecordHash, StateError};
pub use key::Key;
pub(crate) use order::key_text;
pub use order::{Order, OrderError};
pub use projection::Projection;
pub use rows::Rows;
pub(crate) use rows::cell;
pub use summary::Summary;
pub use to_json::{InvalidCell, Nulls, to_json};
