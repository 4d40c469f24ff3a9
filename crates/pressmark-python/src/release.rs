//! [`Release`]: reads a release. [`verify`]: checks one.

use std::path::PathBuf;

use pressmark::export::{ExportFormat, ExportOptions, export_to_file};
use pressmark::record::Key;
use pressmark::release::{Scan, find_release};
use pressmark::signature::Signers;
use pressmark::verify::VerifyOptions;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::batches::{Lines, Stream, capsule};
use crate::errors;
use crate::watch::run;

/// The number of threads for an argument: one per processor if there is none.
pub(crate) fn thread_count(argument: Option<usize>) -> usize {
    argument.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).clamp(1, 256)
}

/// A report as JSON.
pub(crate) fn json(report: &impl serde::Serialize) -> String {
    serde_json::to_string(report).unwrap_or_default()
}

/// A published release.
#[pyclass(frozen, module = "pressmark._pressmark")]
pub(crate) struct Release(pub(crate) pressmark::release::Release);

/// The columns to read and the keys to look up.
type Columns = Option<Vec<String>>;
type Keys = Option<(String, Vec<KeyArgument>)>;

/// A key: text or an integer.
#[derive(FromPyObject)]
pub(crate) enum KeyArgument {
    Text(String),
    Signed(i64),
    Unsigned(u64),
}

impl From<KeyArgument> for Key {
    fn from(key: KeyArgument) -> Self {
        match key {
            KeyArgument::Text(text) => Self::String(text),
            KeyArgument::Signed(number) => Self::Int64(number),
            KeyArgument::Unsigned(number) => Self::UInt64(number),
        }
    }
}

impl Release {
    fn scan(&self, py: Python<'_>, columns: Columns, keys: Keys) -> PyResult<Scan> {
        let key = &self.0.manifest().key;
        let keys = match keys {
            Some((column, _)) if column != *key => {
                let message =
                    format!("records can be looked up by their key only, which is `{key}`, not by `{column}`");
                return Err(errors::argument(py, &message, Some("filter by other columns after reading")));
            }
            Some((_, keys)) => Some(keys.into_iter().map(Key::from).collect::<Vec<_>>()),
            None => None,
        };
        let scan = || {
            let mut scan = self.0.scan()?;
            if let Some(columns) = columns {
                scan = scan.columns(columns)?;
            }
            if let Some(keys) = keys {
                scan = scan.keys(keys)?;
            }
            Ok(scan)
        };
        py.detach(scan).map_err(|error| errors::raised(py, &error))
    }
}

#[pymethods]
impl Release {
    /// Opens the release that a path, a version or `PATH@VERSION` names.
    #[new]
    fn new(py: Python<'_>, named: PathBuf) -> PyResult<Self> {
        let release = py.detach(|| pressmark::release::Release::open(&find_release(&named)?));
        Ok(Self(release.map_err(|error| errors::raised(py, &error))?))
    }

    fn path(&self) -> PathBuf {
        self.0.folder().to_owned()
    }

    fn version(&self) -> String {
        self.0.manifest().version.to_string()
    }

    fn fingerprint(&self) -> String {
        self.0.manifest().fingerprint.to_string()
    }

    fn records(&self) -> u64 {
        self.0.manifest().records()
    }

    fn key(&self) -> String {
        self.0.manifest().key.clone()
    }

    fn dataset(&self) -> String {
        self.0.manifest().dataset.clone()
    }

    fn released(&self) -> String {
        self.0.manifest().released.to_string()
    }

    /// The name, the type and the number of nulls of each column.
    fn columns(&self) -> Vec<(String, String, u64)> {
        let columns = self.0.manifest().columns.iter();
        columns.map(|column| (column.name.clone(), column.kind.clone(), column.nulls)).collect()
    }

    /// The manifest as JSON.
    fn manifest(&self) -> Vec<u8> {
        self.0.manifest().to_bytes()
    }

    /// The JSON Schema.
    fn schema(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        let schema = py.detach(|| self.0.load_columns());
        schema.map(|(bytes, _)| bytes).map_err(|error| errors::raised(py, &error))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule(py, &self.scan(py, None, None)?.schema())
    }

    /// The records as Arrow.
    #[pyo3(signature = (columns=None, keys=None, threads=None))]
    fn stream(&self, py: Python<'_>, columns: Columns, keys: Keys, threads: Option<usize>) -> PyResult<Stream> {
        let is_lookup = keys.is_some();
        let scan = self.scan(py, columns, keys)?;
        // Few records are read faster without a hand-over between threads.
        let threads = if is_lookup { 1 } else { thread_count(threads) };
        Ok(Stream::new(scan.schema(), scan.batches_on(threads)))
    }

    /// The records as JSON.
    #[pyo3(signature = (columns=None, keys=None))]
    fn lines(&self, py: Python<'_>, columns: Columns, keys: Keys) -> PyResult<Lines> {
        let columns = match columns {
            Some(columns) => columns,
            None => self.scan(py, None, None)?.all_columns().iter().map(|column| column.name.clone()).collect(),
        };
        let scan = self.scan(py, Some(columns), keys)?;
        Ok(Lines::new(scan.projection().clone(), scan.batches()))
    }

    /// Writes the records to a file and returns the report as JSON.
    #[pyo3(signature = (target, csv, columns=None, keys=None, threads=None, progress=None))]
    #[expect(clippy::too_many_arguments, reason = "Python passes them by name")]
    fn export(
        &self,
        py: Python<'_>,
        target: PathBuf,
        csv: bool,
        columns: Columns,
        keys: Option<Vec<String>>,
        threads: Option<usize>,
        progress: Option<Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let options = ExportOptions {
            format: if csv { ExportFormat::Csv } else { ExportFormat::JsonLines },
            columns,
            keys: keys.map(|keys| keys.into_iter().collect()),
            threads: thread_count(threads),
        };
        let report = run(py, progress.as_ref(), |watch| export_to_file(&self.0, &options, &target, watch))?;
        Ok(json(&report))
    }
}

/// Verifies the release that a name means and returns the report as JSON.
#[pyfunction]
#[pyo3(signature = (named, quick=false, signers=None, threads=None, progress=None))]
pub(crate) fn verify(
    py: Python<'_>,
    named: PathBuf,
    quick: bool,
    signers: Option<PathBuf>,
    threads: Option<usize>,
    progress: Option<Bound<'_, PyAny>>,
) -> PyResult<String> {
    let report = run(py, progress.as_ref(), |watch| {
        let signers = signers.as_deref().map(Signers::open).transpose()?;
        let options = VerifyOptions { quick, threads: thread_count(threads), scratch: std::env::temp_dir(), signers };
        pressmark::verify::verify(find_release(&named)?, &options, watch)
    })?;
    Ok(json(&report))
}
