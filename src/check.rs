//! `check`: validates articles and publishes nothing.
//!
//! Each article is validated alone, and `duplicates` finds those that share a key. Releases are not looked at: what
//! changed since the previous one is for [`crate::publish`](mod@crate::publish) to find out.

mod duplicates;

mod settings;

use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use crate::error::Error;
use crate::input::{Block, Limits, Reader, Selection, resolve};
use crate::mapping::Mapping;
use crate::progress::Progress;
use crate::release::{Allowance, MisfitPolicy};
use crate::schema::{Extra, InvalidOptional, Schema};
use crate::validate::{
    ArticleValidator, InputSummary, KeyColumns, RejectSink, SourceValidation, Step, ValidationReport, validate_sources,
};
use duplicates::{Collected, Collector, KeySearch, Wanted};

pub use duplicates::SharedKeys;

pub use settings::{Given, GivenSchema, Settings};

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
    /// Whether the mapping was given. Otherwise a preset that fits the inputs clearly better replaces it.
    pub is_given: bool,
    /// What to do with a source that leaves core fields empty which another one would fill.
    pub misfit: MisfitPolicy,
    /// Which objects of the inputs are articles. Overrides the mapping.
    pub selection: Selection,
    /// What to do with members that the schema does not declare.
    pub extra: Extra,
    /// What to do with invalid values of optional members.
    pub invalid_optional: InvalidOptional,
    /// The columns that identify records. `None` if no column does, so that keys are not compared.
    pub keys: Option<KeyColumns>,
    /// The folder for scratch files, which many keys need.
    pub scratch: PathBuf,
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
    /// How many rejects were allowed.
    pub allowance: Allowance,
    /// Which articles share a key.
    pub shared_keys: SharedKeys,
}

impl CheckReport {
    /// Whether no input is damaged and no more articles were rejected than allowed.
    pub fn is_allowed(&self) -> bool {
        self.read.is_allowed(self.allowance)
    }
}

impl Serialize for CheckReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ValidationReport::new(&self.read, self.allowance, self.is_allowed()).serialize(serializer)
    }
}

/// About how many bytes of articles the threads hold at the same time.
const MEMORY: usize = 128 << 20;

/// The folder that inputs are named relative to: the working directory where they are below it.
pub(crate) fn home(folder: &Path) -> &Path {
    let is_below = folder.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
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
    let fitted = options.mapping.clone().fitted(options.is_given, &sources, selection.places(), options.limits)?;
    let what = SourceValidation {
        validator: ArticleValidator::new(&options.schema, &fitted.mapping, options.extra)
            .with_invalid_optional(options.invalid_optional)
            .with_selection(Cow::Borrowed(&selection)),
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
    let rejects = rejects.keeping(options.examples);
    let (mut read, shared_keys) = match &options.keys {
        None => {
            let work = |validator: &ArticleValidator<'_>, block: &Block| (validator.validate(block, |_| {}), ());
            (validate_sources(&what, rejects, work, |_| Ok(()))?, SharedKeys::default())
        }
        Some(keys) => with_keys(&what, rejects, keys, &options.scratch)?,
    };
    read.rejects.publish()?;
    Ok(CheckReport { read, allowance: options.max_rejects, shared_keys })
}

/// Validates every article and finds those that share a key, for which the inputs may be read twice.
fn with_keys(
    what: &SourceValidation<'_>,
    rejects: RejectSink,
    keys: &KeyColumns,
    scratch: &Path,
) -> Result<(InputSummary, SharedKeys), Error> {
    let mut search = KeySearch::new(what.validator.columns(), keys, scratch);
    let mut read = collect(what, rejects, (keys, Wanted::first(what.sources)?), &mut search)?;
    let repeated = search.repeated(scratch)?;
    if let Some(wanted) = Wanted::second(&repeated) {
        collect(what, RejectSink::new(), (keys, wanted), &mut search)?;
    }
    let shared_keys = search.finish(&mut read)?;
    Ok((read, shared_keys))
}

/// Validates every article and collects what is wanted of the records.
fn collect(
    what: &SourceValidation<'_>,
    rejects: RejectSink,
    (keys, wanted): (&KeyColumns, Wanted<'_>),
    search: &mut KeySearch<'_>,
) -> Result<InputSummary, Error> {
    let work = |validator: &ArticleValidator<'_>, block: &Block| {
        let mut collector = Collector::new(validator.columns(), keys, wanted);
        let validated = validator.validate(block, |admitted| collector.add(admitted));
        (validated, collector.finish(block))
    };
    let take = |step: Step<Collected>| match step {
        Step::Output(collected) => search.add(collected),
        Step::LargeBlock(_) => Ok(()),
    };
    validate_sources(what, rejects, work, take)
}
