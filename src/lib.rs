//! pressmark turns parsed news articles into dataset releases that people can trust.
//!
//! It reads articles as parsers write them, validates each against a JSON Schema, writes an
//! immutable, versioned release of plain Parquet with content hashes, and proves a release
//! intact. This library does the work and prints nothing; the binary in `src/cli/` asks and
//! shows.
//!
//! # The way of an article
//!
//! ```text
//! input -> json -> mapping -> schema -> record -> parts -> release
//! bytes    value   article    judged   a row    Parquet   published
//! ```
//!
//! Dependencies point against this line and never along it; `json` alone stands below `input`,
//! which reads the names of a container's members with it. In reading order:
//!
//! | room | owns |
//! |---|---|
//! | [`input`] | bytes into framed articles, each with its place; JSON lines and page dumps, gzip, zstd |
//! | [`json`] | strict parsing to a borrowed value, the canonical writer, finding a pointer's bytes |
//! | [`mapping`] | from what a source writes to the schema's shape; ids and canonical urls |
//! | [`schema`] | the compiled JSON Schema, the violations it finds, the columns it gives |
//! | [`record`] | typed rows, canonical form, record hash, fingerprint, order, Arrow batches |
//! | [`parts`] | where records are cut, how parts are written and read |
//! | [`release`] | `dataset.toml`, the manifest, staging and publishing, opening |
//! | [`diff`](mod@diff) | what changed between two releases, or two sets of Parquet files |
//! | [`judge`], [`reject`], [`diagnostics`] | from articles to records and rejects, and why |
//! | [`check`](mod@check), [`build`](mod@build), [`verify`](mod@verify), [`retry`](mod@retry), [`init`](mod@init), [`rejudge`](mod@rejudge), [`export`](mod@export), [`log`](mod@log) | operations: options in, report out |
//!
//! Values that every room uses stand at the top: [`code`], [`digest`], [`error`], [`progress`], [`text`].
//!
//! # What holds everywhere
//!
//! * The schema decides, never the data: nothing is inferred, coerced or rounded.
//! * Nothing is lost in silence: an article becomes a record or a reject with its reasons, and
//!   every change on the way is counted.
//! * A release is a pure function of its records: no clock, path, thread or input order is in
//!   its parts.
//! * A release appears whole or not at all, by one rename, and never changes.
//!
//! The bytes of a release are described in `schema/FORMAT.md`.

pub mod code;
pub mod digest;
pub mod error;
mod filesystem;
mod ordered;
pub mod progress;
pub mod text;

pub mod input;
pub mod json;
pub mod mapping;
pub mod schema;

pub mod record;

pub mod parts;

pub mod release;

pub mod diff;

pub mod diagnostics;
pub mod judge;
pub mod reject;

pub mod build;
pub mod check;
pub mod export;
pub mod init;
pub mod log;
pub mod rejudge;
pub mod retry;
pub mod verify;

pub use error::Error;
