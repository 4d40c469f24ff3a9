//! pressmark turns parsed news articles into dataset releases that people can trust.
//!
//! It reads articles as parsers write them, validates each against a JSON Schema, writes an
//! immutable, versioned release of plain Parquet with content hashes, and proves a release
//! intact. This library does the work and prints nothing. The binary in `src/cli/` parses
//! arguments and prints reports.
//!
//! # From an input to a release
//!
//! ```text
//! input -> json -> mapping -> schema -> record -> external_sort -> part_files -> release
//! bytes    value   article    checked   a row     sorted rows      Parquet       published
//! ```
//!
//! Each module uses only modules to its left, except that `input` uses `json` to read the member
//! names of containers. `tests/architecture.rs` checks this. In reading order:
//!
//! | module | purpose |
//! |---|---|
//! | [`input`] | find the articles in files: JSON Lines, JSON documents, page dumps; gzip, zstd |
//! | [`json`] | parse strictly to borrowed values, write canonical JSON, locate JSON Pointers |
//! | [`mapping`] | convert what a source writes to the schema's fields; ids and canonical URLs |
//! | [`schema`] | compile the JSON Schema, report violations, derive columns, compare schemas |
//! | [`record`] | typed rows, canonical form, record hash, fingerprint, order, Arrow batches |
//! | [`external_sort`] | sort more records than memory holds |
//! | [`part_files`] | where parts are cut, how they are encoded and read |
//! | [`release`] | `dataset.toml`, the manifest, committing, opening and listing releases |
//! | [`diff`](mod@diff) | what changed between two releases, or any two Parquet tables |
//! | [`validate`] | the stage from articles to records and rejects |
//! | [`reject`], [`diagnostics`] | reject files, and grouping violations by cause |
//! | [`check`](mod@check), [`publish`], [`verify`](mod@verify), [`retry`](mod@retry), [`init`](mod@init), [`revalidate`](mod@revalidate), [`export`](mod@export), [`history`] | operations: options in, report out |
//!
//! Every module may use [`code`], [`digest`], [`error`], [`progress`], [`storage`] and [`text`].
//!
//! # Invariants
//!
//! * The schema decides, never the data: nothing is inferred, coerced or rounded.
//! * Nothing is lost in silence: an article becomes a record, or a reject with its reasons, and
//!   every change on the way is counted.
//! * A release is a pure function of its records: no clock, path, thread or input order affects
//!   its parts.
//! * A release appears whole or not at all, and never changes.
//!
//! `schema/FORMAT.md` describes every byte of a release.

pub mod code;
pub mod digest;
pub mod error;
mod ordered_pool;
pub mod progress;
pub mod storage;
pub mod text;

pub mod input;
pub mod json;
pub mod mapping;
pub mod schema;

pub mod record;

pub mod external_sort;

pub mod part_files;

pub mod release;

pub mod diff;

pub mod diagnostics;
pub mod reject;
pub mod validate;

pub mod check;
pub mod export;
pub mod history;
pub mod init;
pub mod publish;
pub mod retry;
pub mod revalidate;
pub mod verify;

pub use error::Error;
