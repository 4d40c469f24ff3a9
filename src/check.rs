//! `check`: judges articles and publishes nothing.
//!
//! Each article is judged by itself. Whether keys are unique is a matter of all records
//! together, and found out by [`crate::publish`](mod@crate::publish).

mod undeclared;

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::input::{Block, Limits, Reader, Selection, resolve};
use crate::mapping::Mapping;
use crate::progress::Progress;
use crate::release::Allowance;
use crate::schema::{Extra, InvalidOptional, Schema};
use crate::validate::{
    AdmittedRecord, InputSummary, Provenance, RejectSink, SourceValidation, Step, Validator, validate_sources,
};

pub use undeclared::Undeclared;

/// What to check.
#[derive(Debug)]
pub struct CheckOptions {
    /// Paths and patterns, relative to the working folder.
    pub inputs: Vec<String>,
    /// The schema that judges.
    pub schema: Schema,
    /// What turns the inputs into articles of the schema.
    pub mapping: Mapping,
    /// Which objects of the inputs are articles, where that is said instead of by the mapping.
    pub selection: Selection,
    /// What becomes of members that the schema does not declare.
    pub extra: Extra,
    /// What becomes of invalid values of optional members.
    pub invalid_optional: InvalidOptional,
    /// How many articles may be rejected for the answer to be yes.
    pub max_rejects: Allowance,
    /// Where rejects are written to, if they are.
    pub rejects: Option<PathBuf>,
    /// How many threads judge.
    pub threads: usize,
    /// What the reading may take.
    pub limits: Limits,
}

/// What was found.
#[derive(Debug)]
pub struct CheckReport {
    /// What was read and what was kept out.
    pub read: InputSummary,
    /// Which members no column was declared for.
    pub undeclared: Undeclared,
    /// How many rejects were allowed.
    pub allowance: Allowance,
}

impl CheckReport {
    /// Whether no input was damaged and no more articles rejected than allowed.
    pub fn is_allowed(&self) -> bool {
        self.read.is_allowed(self.allowance)
    }
}

/// How many bytes the articles may take that threads have under way.
const MEMORY: usize = 128 << 20;

/// Judges every article of the inputs, and tells `progress` how far it is.
///
/// # Errors
/// An input that cannot be read, a reject file that cannot be written or must not stand where it was
/// asked for, no article at all, or invalid values that are to move to an `_extra` that is not there.
pub fn check(options: &CheckOptions, progress: &dyn Progress) -> Result<CheckReport, Error> {
    options.schema.check_invalid_optional(options.invalid_optional, options.extra)?;
    let sources = resolve(Path::new(""), Path::new(""), &options.inputs)?;
    let selection = options.mapping.select(options.selection.clone())?;
    let what = SourceValidation {
        validator: Validator::new(&options.schema, &options.mapping, options.extra)
            .moving(options.invalid_optional)
            .selecting(&selection),
        reader: Reader::new(options.mapping.framing(), options.limits).with_places(selection.places()),
        sources: &sources,
        threads: options.threads,
        memory: MEMORY,
        progress,
    };
    let rejects = match &options.rejects {
        None => RejectSink::new(),
        Some(target) => RejectSink::to_file(target, &sources)?,
    };
    let columns = options.schema.columns();
    let validator = |validator: &Validator<'_>, block: &Block| {
        let mut seen = Undeclared::default();
        let validated = validator.validate(block, |AdmittedRecord { record, .. }| match record {
            Provenance::Validated(record) => seen.see(columns, &record),
            Provenance::Cached(_) => {}
        });
        (validated, seen)
    };
    let mut undeclared = Undeclared::default();
    let add = |step| {
        if let Step::Made(seen) = step {
            undeclared.add(&seen);
        }
        Ok(())
    };
    let mut read = validate_sources(&what, rejects, validator, add)?;
    read.rejects.publish()?;
    Ok(CheckReport { read, undeclared, allowance: options.max_rejects })
}
