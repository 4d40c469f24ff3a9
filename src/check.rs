//! `check`: judges articles and publishes nothing.
//!
//! Each article is judged by itself. Whether keys are unique is a matter of all records
//! together, and found out by [`crate::publish`](mod@crate::publish).

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::input::{Block, Limits, Reader, Selection, resolve};
use crate::mapping::Mapping;
use crate::progress::Progress;
use crate::release::{Allowance, MisfitPolicy};
use crate::schema::{Extra, InvalidOptional, Schema};
use crate::validate::{InputSummary, RejectSink, SourceValidation, Validator, validate_sources};

/// What to check.
#[derive(Debug)]
pub struct CheckOptions {
    /// Paths and patterns, relative to the working folder.
    pub inputs: Vec<String>,
    /// The schema that judges.
    pub schema: Schema,
    /// What turns the inputs into articles of the schema.
    pub mapping: Mapping,
    /// Whether the mapping was given; else a preset that fits the inputs clearly better takes its place.
    pub is_given: bool,
    /// What to do with a source that leaves core fields empty which another one would fill.
    pub misfit: MisfitPolicy,
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
    let fitted = options.mapping.clone().fitted(options.is_given, &sources, selection.places(), options.limits)?;
    let what = SourceValidation {
        validator: Validator::new(&options.schema, &fitted.mapping, options.extra)
            .moving(options.invalid_optional)
            .selecting(&selection),
        fit: fitted.fit.clone(),
        misfit_policy: options.misfit,
        reader: Reader::new(fitted.mapping.framing(), options.limits)
            .with_places(selection.places())
            .after(fitted.read_ahead.clone()),
        sources: &sources,
        threads: options.threads,
        memory: MEMORY,
        progress,
    };
    let rejects = match &options.rejects {
        None => RejectSink::new(),
        Some(target) => RejectSink::to_file(target, &sources)?,
    };
    let work = |validator: &Validator<'_>, block: &Block| (validator.validate(block, |_| {}), ());
    let mut read = validate_sources(&what, rejects, work, |_| Ok(()))?;
    read.rejects.publish()?;
    Ok(CheckReport { read, allowance: options.max_rejects })
}
