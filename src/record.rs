//! Records: admitted articles as typed rows, their canonical form, hash, fingerprint and order,
//! and their way into Arrow batches and back.
//!
//! A record is a row of [`Cell`]s, one a column. It can only come from an article that the
//! schema accepted ([`admit()`]) or from a row of a part ([`Rows`]); both ways lead to the same
//! canonical form, which is what makes a release provable. Files are the business of
//! [`crate::part_files`].

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
pub use arrow::{arrow_schema, fields};
pub use batch::batch;
pub(crate) use canonical::{CanonicalText, CanonicalValue, Form, Scalar};
pub use canonical::{canonical_form, cell_json, cell_text, record_hash, record_hash_and_length};
pub use cell::{Cell, Record};
pub use fingerprint::{Fingerprint, Fingerprinting, RecordHash, StateError};
pub use key::Key;
pub use order::{Order, OrderError, key_text};
pub(crate) use projection::Projection;
pub use rows::{Rows, cell};
pub use summary::Summary;
pub use to_json::{InvalidCell, Nulls, to_json};
