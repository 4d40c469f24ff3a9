//! [`Diff`]: what changed between two releases, or any two Parquet tables with a key.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use crossbeam_channel::{Receiver, bounded};
use pressmark::Error;
use pressmark::diff::{DiffInput, DiffOptions, DiffReport, RowChange, diff, diff_rows, markdown};
use pressmark::release::{VersionPolicy, find_release};
use pyo3::prelude::*;

use crate::batches::Stream;
use crate::release::{json, thread_count};
use crate::settings::choice;
use crate::watch::{Watch, run};

/// The most rows of a batch of changes, and about how many bytes of text it has.
const ROWS: usize = 4096;
const BYTES: usize = 4 << 20;

/// The comparison of two sides.
#[pyclass(frozen, module = "pressmark._pressmark")]
pub(crate) struct Diff {
    sides: Arc<[DiffInput; 2]>,
    options: DiffOptions,
    report: DiffReport,
}

/// Opens a side: what names a release, or Parquet files with a key.
fn open(named: &Path, key: &[String]) -> Result<DiffInput, Error> {
    if named.is_file() || !key.is_empty() && named.exists() {
        return DiffInput::open_by(named, key);
    }
    match find_release(named) {
        Ok(folder) => DiffInput::open_by(&folder, key),
        // It may be a folder of Parquet files.
        Err(Error::NoRelease { .. }) if named.exists() => DiffInput::open_by(named, key),
        Err(error) => Err(error),
    }
}

#[pymethods]
impl Diff {
    #[new]
    #[pyo3(signature = (base, current, key, ignore, memory, threads, progress))]
    #[expect(clippy::too_many_arguments, reason = "Python passes them by name")]
    fn new(
        py: Python<'_>,
        base: PathBuf,
        current: PathBuf,
        key: Vec<String>,
        ignore: Vec<String>,
        memory: usize,
        threads: Option<usize>,
        progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let options = DiffOptions { ignore, memory, threads: thread_count(threads), ..DiffOptions::default() };
        run(py, progress.as_ref(), |watch| {
            let sides = [open(&base, &key)?, open(&current, &key)?];
            let report = diff(&sides[0], &sides[1], &options, watch)?;
            Ok(Self { sides: Arc::new(sides), options, report })
        })
    }

    /// The report as JSON.
    fn report(&self) -> String {
        json(&self.report)
    }

    fn markdown(&self) -> String {
        markdown(&self.report)
    }

    fn is_same(&self) -> bool {
        self.report.is_same()
    }

    /// The bump that the changes require by a policy, and the version that it leads to.
    fn suggestion(&self, py: Python<'_>, policy: String) -> PyResult<(Option<&'static str>, Option<String>)> {
        let choices = "\"datapackage\" or \"croissant\"";
        let policy: VersionPolicy = choice(py, "policy", Some(policy), choices)?.unwrap_or_default();
        let bump = self.report.bump(policy);
        let version = bump.zip(self.report.base.version.as_ref()).map(|(bump, version)| bump.next(version).to_string());
        Ok((bump.map(pressmark::release::Bump::name), version))
    }

    /// Every changed record as Arrow. The sides are compared again as it is read.
    fn changes(&self) -> Stream {
        Stream::new(schema(), Changes::start(self.sides.clone(), self.options.clone()))
    }
}

/// The columns of changes.
fn schema() -> SchemaRef {
    let element = Arc::new(Field::new("item", DataType::Utf8, true));
    Arc::new(Schema::new(vec![
        Field::new("change", DataType::Utf8, false),
        Field::new("key", DataType::Utf8, true),
        Field::new("previous_key", DataType::Utf8, true),
        Field::new("columns", DataType::List(element), false),
        Field::new("before", DataType::Utf8, true),
        Field::new("after", DataType::Utf8, true),
    ]))
}

/// Changes that another thread finds, a few batches ahead of the reader.
struct Changes {
    batches: Receiver<Result<RecordBatch, Error>>,
    watch: Arc<Watch>,
}

impl Changes {
    fn start(sides: Arc<[DiffInput; 2]>, options: DiffOptions) -> Self {
        let (sender, batches) = bounded(2);
        let watch = Arc::new(Watch::default());
        let watching = watch.clone();
        thread::spawn(move || {
            let mut rows = Rows::default();
            let mut each = |row: &RowChange| {
                rows.add(row);
                if rows.is_full() {
                    sender.send(Ok(rows.take())).map_err(|_reader_left| Error::Stopped)
                } else {
                    Ok(())
                }
            };
            let [base, current] = &*sides;
            let last = match diff_rows(base, current, &options, &mut each, &*watching) {
                Ok(_report) => Ok(rows.take()),
                Err(error) => Err(error),
            };
            // A reader that left needs nothing more.
            drop(sender.send(last));
        });
        Self { batches, watch }
    }
}

impl Iterator for Changes {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batches.recv().ok()
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.watch.cancel();
    }
}

/// Rows of a batch of changes.
#[derive(Default)]
struct Rows {
    count: usize,
    bytes: usize,
    change: StringBuilder,
    key: StringBuilder,
    previous_key: StringBuilder,
    columns: ListBuilder<StringBuilder>,
    before: StringBuilder,
    after: StringBuilder,
}

impl Rows {
    fn add(&mut self, row: &RowChange) {
        self.count += 1;
        self.bytes += [&row.before, &row.after].into_iter().flatten().map(String::len).sum::<usize>();
        self.change.append_value(row.change.name());
        self.key.append_option(row.key.as_ref());
        self.previous_key.append_option(row.previous_key.as_ref());
        self.columns.append_value(row.columns.iter().map(Some));
        self.before.append_option(row.before.as_ref());
        self.after.append_option(row.after.as_ref());
    }

    fn is_full(&self) -> bool {
        self.count >= ROWS || self.bytes >= BYTES
    }

    fn take(&mut self) -> RecordBatch {
        (self.count, self.bytes) = (0, 0);
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(self.change.finish()),
            Arc::new(self.key.finish()),
            Arc::new(self.previous_key.finish()),
            Arc::new(self.columns.finish()),
            Arc::new(self.before.finish()),
            Arc::new(self.after.finish()),
        ];
        RecordBatch::try_new(schema(), arrays).expect("the builders have the types of the schema")
    }
}
