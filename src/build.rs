//! `build`: inputs to a published release.
//!
//! Reads and judges every article (`gather`), puts the records in order (`arrange`), writes
//! the parts and the manifest beside the target and publishes them by one rename (`publish`).
//! Nothing is printed; what happened is in the [`BuildReport`]. Too many rejects are not an
//! error: the report says that nothing was published, and the reject file says why.

mod arrange;
mod gather;
mod publish;
mod version;

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use semver::Version;

use crate::error::Error;
use crate::filesystem;
use crate::input::{Limits, Source, resolve};
use crate::judge::{Read, RejectLog};
use crate::record::Order;
use crate::release::{Allowance, Dataset, Lock};
use crate::schema::Columns;

pub use version::{Bump, VersionChoice};

/// What to build.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// Paths and patterns relative to the working folder, instead of the dataset's own.
    pub inputs: Option<Vec<String>>,
    /// Where releases go, instead of the dataset's folder.
    pub output: Option<PathBuf>,
    /// The release's version.
    pub version: VersionChoice,
    /// The day of the release.
    pub released: Date,
    /// How many articles may be rejected, instead of the dataset's own policy.
    pub max_rejects: Option<Allowance>,
    /// How many threads work.
    pub threads: usize,
    /// What the reading may take.
    pub limits: Limits,
}

/// What was built.
#[derive(Debug)]
pub struct BuildReport {
    /// What became of the release.
    pub outcome: Outcome,
    /// Its version.
    pub version: Version,
    /// What was read and what was kept out.
    pub read: Read,
    /// How many records it has.
    pub records: u64,
    /// How many rejects were allowed.
    pub allowance: Allowance,
    /// How many identical repeats were left out.
    pub duplicates: u64,
}

/// What became of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was published in this folder.
    Published(PathBuf),
    /// A release of this version and content stands there already.
    Unchanged(PathBuf),
    /// More articles were rejected than allowed, or no record was left; nothing was published.
    Refused,
}

/// Builds a release of the dataset.
///
/// # Errors
/// Whatever keeps it from doing its job; then nothing is published and nothing is left behind.
pub fn build(dataset: &Dataset, options: &BuildOptions) -> Result<BuildReport, Error> {
    let schema = dataset.load_schema()?;
    let order = order(dataset, schema.columns())?;
    let sources = sources(dataset, options)?;
    let lock = Lock::take(options.output.as_deref().unwrap_or(&dataset.folder))?;
    let plan = version::plan(lock.folder(), &options.version)?;
    let rejects_file = lock.folder().join("rejects").join(plan.version.to_string()).join("rejects.jsonl.zst");
    let rejects = RejectLog::staged(rejects_file.clone(), lock.folder().to_owned());
    let gathered = gather::gather(dataset, &schema, &order, &sources, options, rejects)?;
    let (arranged, read, duplicates) = arrange::arrange(schema.columns(), &order, gathered)?;
    let mut report = BuildReport {
        outcome: Outcome::Refused,
        version: plan.version.clone(),
        records: arranged.len() as u64,
        read,
        allowance: options.max_rejects.unwrap_or(dataset.policy.max_rejects),
        duplicates,
    };
    if report.read.is_allowed(report.allowance) && !arranged.is_empty() {
        let target = publish::Target { dataset, schema: &schema, order: &order, plan, released: options.released };
        report.outcome = target.publish(&lock, &arranged, &report)?;
    }
    match report.outcome {
        // The rejects of the release that stands are its own.
        Outcome::Unchanged(_) => {}
        Outcome::Published(_) if report.read.rejects.total() == 0 => filesystem::remove_file(&rejects_file)?,
        Outcome::Published(_) | Outcome::Refused => report.read.rejects.publish()?,
    }
    Ok(report)
}

fn order(dataset: &Dataset, columns: &Columns) -> Result<Order, Error> {
    Order::new(columns, &dataset.order_by, &dataset.key).map_err(|error| Error::Dataset {
        path: dataset.path(),
        line: None,
        message: error.to_string(),
        hint: None,
    })
}

fn sources(dataset: &Dataset, options: &BuildOptions) -> Result<Vec<Source>, Error> {
    let (base, patterns) = match &options.inputs {
        Some(patterns) => (Path::new(""), patterns),
        None => (dataset.folder.as_path(), &dataset.inputs),
    };
    if patterns.is_empty() {
        return Err(Error::NoInputs { path: dataset.path() });
    }
    resolve(base, &dataset.folder, patterns)
}
