//! Validation: turns articles into records and rejects.
//!
//! [`Validator`] is the stage: bytes in, a [`Batch`] out. It uses no path, thread or global state, so any
//! bytes can be validated alone, in any order, on any machine. The crate's own commands read whole sources
//! with `validate_sources`, which runs the same validation on several threads. Nothing here stores or
//! sorts records.

mod article;
mod batch;
mod cache;
mod effects;
mod keys;
mod moved;
mod number_help;
mod queue;
mod reject_sink;
mod report;
mod sources;
mod spread_sample;
mod syntax;
mod undeclared;
mod validator;

pub use batch::{ArticleSpan, Batch};
pub(crate) use keys::Rank;
pub use keys::{InvalidKeyColumns, KeyColumns, RecordKey};
pub use reject_sink::RejectSink;
pub(crate) use report::{InputWarning, ValidationReport};
pub use sources::{InputCounts, InputNotes, InputSummary};
pub(crate) use sources::{SourceValidation, Step, validate_sources};
pub use undeclared::Undeclared;
pub use validator::{ArticleNumber, Validator, ValidatorOptions};

pub(crate) use article::{AdmittedRecord, ArticleValidator, Provenance, article_content};
pub(crate) use cache::{ArticleDigest, ValidationCache};
pub(crate) use effects::Effects;
