//! pressmark turns parsed news articles into dataset releases that people can trust.
//!
//! It reads articles as parsers write them, validates each against a JSON Schema, writes an
//! immutable, versioned release of plain Parquet with content hashes, and proves a release
//! intact. This library does the work and prints nothing, except for `cli`, which parses
//! arguments and prints reports.
//!
//! # Validate one batch
//!
//! A [`validate::Validator`] takes bytes and returns an Arrow batch of records, and the rejects:
//!
//! ```
//! use pressmark::mapping::Mapping;
//! use pressmark::schema::{BuiltIn, Extra, Schema};
//! use pressmark::validate::{KeyColumns, Validator, ValidatorOptions};
//!
//! let schema = Schema::built_in(BuiltIn::Article, Extra::Keep)?;
//! let mapping = "name = \"mine\"\nunmapped = \"pass\"\n[fields]\ntext = { from = \"/body\" }\n";
//! let mapping = Mapping::parse("mine.toml", mapping, schema.targets())?;
//! let keys = KeyColumns::new(schema.columns(), &["published_date".into()], "id", None)?;
//! let validator = Validator::new(&schema, &mapping, keys, ValidatorOptions::default())?;
//!
//! let articles: [&[u8]; 2] = [br#"{"id": "a1", "title": "One", "body": "Words."}"#, br#"{"id": 7}"#];
//! let batch = validator.validate_articles("memory", &articles)?;
//! assert_eq!((batch.records().num_rows(), batch.rejects.len()), (1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Build a release, verify it, and compare two
//!
//! A dataset is a folder with `dataset.toml`. [`publish::build`] validates its inputs and publishes a
//! release:
//!
//! ```
//! use std::fs;
//!
//! use pressmark::diff::{DiffInput, DiffOptions, diff};
//! use pressmark::progress::NoProgress;
//! use pressmark::publish::{BuildOptions, Outcome, build};
//! use pressmark::release::Dataset;
//! use pressmark::verify::{VerifyOptions, verify};
//!
//! let folder = tempfile::tempdir()?;
//! let folder = folder.path();
//! fs::write(folder.join("dataset.toml"), "name = \"notes\"\ninputs = [\"in.jsonl\"]\n")?;
//! fs::write(folder.join("in.jsonl"), "{\"id\": \"a\", \"title\": \"One\", \"text\": \"Words.\"}\n")?;
//! let dataset = Dataset::open(folder)?;
//! let options = BuildOptions::new("2024-12-31".parse()?);
//! let first = build(&dataset, &options, &NoProgress)?;
//! assert_eq!((first.version.to_string(), first.records), ("1.0.0".to_owned(), 1));
//!
//! fs::write(folder.join("in.jsonl"), "{\"id\": \"a\", \"title\": \"One\", \"text\": \"Other words.\"}\n")?;
//! let second = build(&dataset, &options, &NoProgress)?;
//! let Outcome::Published(second) = &second.outcome else { panic!("nothing was published") };
//!
//! let options = VerifyOptions { quick: false, threads: 2, scratch: folder.to_owned() };
//! assert!(verify(second, &options, &NoProgress)?.is_intact());
//!
//! let [base, current] = [DiffInput::open(&folder.join("1.0.0"), None)?, DiffInput::open(second, None)?];
//! let changes = diff(&base, &current, &DiffOptions::default(), &NoProgress)?;
//! assert_eq!((changes.counts.changed, changes.columns[0].name.as_str()), (1, "text"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Build in memory, stage by stage
//!
//! The same stages run without a file, and on as many machines as there are. Two releases are built in memory,
//! the second is verified and scanned, and both are compared:
//!
//! ```
//! use std::sync::Arc;
//!
//! use pressmark::diff::{DiffInput, DiffOptions, diff};
//! use pressmark::digest::Digest;
//! use pressmark::mapping::{Mapping, SourceChoice};
//! use pressmark::metadata::release_files;
//! use pressmark::part_files::{PartEncoder, encode_part};
//! use pressmark::progress::NoProgress;
//! use pressmark::publish::RecordSorter;
//! use pressmark::record::Summary;
//! use pressmark::release::{Input, ListFiles, Manifest, Part, Publisher, Release, ReleaseFiles};
//! use pressmark::schema::{BuiltIn, Extra, Schema};
//! use pressmark::storage::{Location, MemoryStorage};
//! use pressmark::validate::{KeyColumns, Validator, ValidatorOptions};
//! use pressmark::verify::{VerifyOptions, verify};
//!
//! fn release(store: &Location, version: &str, articles: &[&[u8]]) -> Result<Release, Box<dyn std::error::Error>> {
//!     let schema = Schema::built_in(BuiltIn::Article, Extra::Keep)?;
//!     let mapping = Mapping::open(&SourceChoice::default_for(true), schema.targets())?;
//!     let keys = KeyColumns::new(schema.columns(), &[], "id", None)?;
//!     let validator = Validator::new(&schema, &mapping, keys.clone(), ValidatorOptions::default())?;
//!     let mut sorter = RecordSorter::in_memory(schema.columns(), &keys);
//!     sorter.push(validator.validate_articles("memory", articles)?)?;
//!     let unique = sorter.finish().resolve_keys()?;
//!     let layout = unique.layout();
//!     let mut sorted = unique.lay_out(&layout, &mut |_reject| Ok(()))?;
//!     let encoder = PartEncoder::new(schema.columns(), keys.order(), &layout, &schema.sha256())?;
//!     let draft = Publisher::new(store.clone()).begin(&version.parse()?, "an example")?;
//!     let (mut parts, mut summary) = (Vec::new(), Summary::new(schema.columns()));
//!     while let Some(rows) = sorted.next_part() {
//!         let batches = rows?.collect::<Result<Vec<_>, _>>()?;
//!         batches.iter().for_each(|batch| summary.add(batch.columns()));
//!         let (part, bytes) = encode_part(&encoder, batches, Vec::new())?;
//!         let part = Part::from(part);
//!         let mut upload = draft.put(&part.path(parts.len()))?;
//!         std::io::Write::write_all(&mut upload, &bytes)?;
//!         upload.finish()?;
//!         parts.push(part);
//!     }
//!     let named = ("notes", version.parse()?, "2024-12-31".parse()?);
//!     let parts = (parts, sorted.fingerprint());
//!     let mut manifest = Manifest::new(named, (&schema, Extra::Keep), ("id", &[]), &layout, parts, &summary);
//!     let (bytes, number) = (articles.concat(), articles.len() as u64);
//!     let (name, sha256) = ("memory".to_owned(), Digest::of(&bytes));
//!     let counts = Input { name, bytes: bytes.len() as u64, sha256, articles: number, admitted: number, rejected: 0 };
//!     let lists = ListFiles::new([counts], [])?;
//!     manifest.lists = lists.lists().clone();
//!     let metadata = release_files(&manifest, schema.columns(), schema.bytes());
//!     let files = ReleaseFiles::new(schema.bytes()).with_lists(lists).with_metadata(metadata);
//!     Ok(draft.commit(&manifest, files)?)
//! }
//!
//! let store = || Location::new(Arc::new(MemoryStorage::new()), "notes");
//! let first = release(&store(), "1.0.0", &[br#"{"id": "a", "text": "One."}"#, br#"{"id": "b", "text": "Two."}"#])?;
//! let second = release(&store(), "2.0.0", &[br#"{"id": "a", "text": "One more."}"#, br#"{"id": "b", "text": "Two."}"#])?;
//! let options = VerifyOptions { quick: false, threads: 2, scratch: std::env::temp_dir() };
//! let report = verify(second.location().clone(), &options, &NoProgress)?;
//! assert!(report.is_intact(), "{:?}", report.findings);
//! let rows = second.scan()?.columns(["id"])?.batches().map(|batch| batch.map(|batch| batch.num_rows()));
//! assert_eq!(rows.sum::<Result<usize, _>>()?, 2);
//! let sides = [DiffInput::release(&first)?, DiffInput::release(&second)?];
//! let changes = diff(&sides[0], &sides[1], &DiffOptions::default(), &NoProgress)?;
//! assert_eq!((changes.counts.changed, changes.counts.same), (1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The stages of a build can be called alone: [`validate::Validator`], [`publish::RecordSorter`],
//! [`part_files::PartEncoder`]. Any operation can be watched and cancelled through a
//! [`progress::Progress`], and every report serialises.
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
//! | [`release`] | `dataset.toml`, the manifest; committing, opening, listing and scanning releases |
//! | [`diff`](mod@diff) | what changed between two releases, or any two Parquet tables |
//! | [`validate`] | the stage from articles to records and rejects |
//! | [`reject`], [`diagnostics`] | reject files, and grouping violations by cause |
//! | [`metadata`] | a release described in the words of Croissant, Data Package, the Hub and others |
//! | [`check`](mod@check), [`publish`], [`verify`](mod@verify), [`retry`](mod@retry), [`init`](mod@init), [`revalidate`](mod@revalidate), [`export`](mod@export), [`history`] | operations: options in, report out |
//!
//! Every module may use [`code`], [`digest`], [`error`], [`progress`], [`storage`] and `text`.
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
mod text;

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
#[cfg(feature = "cli")]
pub mod cli;
pub mod export;
pub mod history;
pub mod init;
pub mod metadata;
pub mod publish;
pub mod retry;
pub mod revalidate;
pub mod verify;

pub use error::Error;
