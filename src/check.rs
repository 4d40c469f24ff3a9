//! `check`: validates articles and publishes nothing.
//!
//! Each article is validated alone. Whether keys are unique is not checked;
//! [`crate::publish`](mod@crate::publish) does that.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::input::{Block, Limits, Reader, Selection, resolve};
use crate::mapping::Mapping;
use crate::progress::Progress;
use crate::release::Allowance;
use crate::schema::{Extra, InvalidOptional, Schema};
use crate::validate::{
    AdmittedRecord, ArticleValidator, InputSummary, Provenance, RejectSink, SourceValidation, Step, Undeclared,
    ValidationReport, validate_sources,
};

/// What to check, and how.
#[derive(Debug)]
pub struct CheckOptions {
    /// Paths and patterns.
    pub inputs: Vec<String>,
    /// The folder that relative paths and patterns start from. Empty for the working directory.
    pub folder: PathBuf,
    /// The schema to validate against.
    pub schema: Schema,
    /// Converts the inputs to articles of the schema.
    pub mapping: Mapping,
    /// Which objects of the inputs are articles. Overrides the mapping.
    pub selection: Selection,
    /// What to do with members that the schema does not declare.
    pub extra: Extra,
    /// What to do with invalid values of optional members.
    pub invalid_optional: InvalidOptional,
    /// How many articles may be rejected.
    pub max_rejects: Allowance,
    /// The file that rejects are written to, if any.
    pub rejects: Option<PathBuf>,
    /// How many examples of each cause are reported.
    pub examples: usize,
    /// The number of threads that validate.
    pub threads: usize,
    /// Limits for reading inputs.
    pub limits: Limits,
}

/// The result of a check. It serialises as `schema/check-report.schema.json` says.
#[derive(Debug)]
pub struct CheckReport {
    /// What was read and what was rejected.
    pub read: InputSummary,
    /// The members for which no column is declared.
    pub undeclared: Undeclared,
    /// How many rejects were allowed.
    pub allowance: Allowance,
}

impl CheckReport {
    /// Whether no input is damaged and no more articles were rejected than allowed.
    pub fn is_allowed(&self) -> bool {
        self.read.is_allowed(self.allowance)
    }
}

impl Serialize for CheckReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ValidationReport::new(&self.read, Some(&self.undeclared), self.allowance, self.is_allowed())
            .serialize(serializer)
    }
}

/// About how many bytes of articles the threads hold at the same time.
const MEMORY: usize = 128 << 20;

/// The folder that inputs are named relative to: the working directory where they are below it.
fn home(folder: &Path) -> &Path {
    let is_below = folder.components().all(|part| matches!(part, Component::Normal(_)));
    if is_below { Path::new("") } else { folder }
}

/// Validates every article of the inputs.
///
/// # Errors
/// An input that cannot be read, a reject file that cannot be written or may not be at its path, no article
/// at all, invalid values that are to move to an `_extra` that does not exist, or [`Error::Cancelled`].
pub fn check(options: &CheckOptions, progress: &dyn Progress) -> Result<CheckReport, Error> {
    options.schema.check_invalid_optional(options.invalid_optional, options.extra)?;
    let sources = resolve(&options.folder, home(&options.folder), &options.inputs)?;
    let selection = options.mapping.select(options.selection.clone())?;
    let what = SourceValidation {
        validator: ArticleValidator::new(&options.schema, &options.mapping, options.extra)
            .with_invalid_optional(options.invalid_optional)
            .with_selection(Cow::Borrowed(&selection)),
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
    let rejects = rejects.keeping(options.examples);
    let columns = options.schema.columns();
    let validator = |validator: &ArticleValidator<'_>, block: &Block| {
        let mut seen = Undeclared::default();
        let validated = validator.validate(block, |AdmittedRecord { record, .. }| match record {
            Provenance::Validated(record) => seen.count_record(columns, &record),
            Provenance::Cached(_) => {}
        });
        (validated, seen)
    };
    let mut undeclared = Undeclared::default();
    let add = |step| {
        if let Step::Output(seen) = step {
            undeclared.add(&seen);
        }
        Ok(())
    };
    let mut read = validate_sources(&what, rejects, validator, add)?;
    read.rejects.publish()?;
    Ok(CheckReport { read, undeclared, allowance: options.max_rejects })
}
