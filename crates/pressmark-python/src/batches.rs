//! Records on their way to Python: [`Stream`] as Arrow through the capsules of Python, [`Lines`] as JSON.
//!
//! Both read lazily, so little is in memory at a time, and both can be left before their end.

use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, SchemaRef};
use pressmark::Error;
use pressmark::record::Projection;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyList};

use crate::errors;

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, Error>> + Send>;
/// The error that ended a stream. A reader of Arrow streams only passes on its message.
type Failure = Arc<Mutex<Option<Error>>>;

struct Reader {
    schema: SchemaRef,
    batches: Batches,
    failure: Failure,
    /// The process in which reading began. Its threads are not in a process that was forked from it.
    process: u32,
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.process != process::id() {
            let message = "the stream was opened before the process was forked; open it in the new process";
            return Some(Err(ArrowError::CDataInterface(message.to_owned())));
        }
        self.batches.next().map(|batch| {
            batch.map_err(|error| {
                let message = error.to_string();
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                ArrowError::ExternalError(message.into())
            })
        })
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

/// Batches of records, which can be taken once.
#[pyclass(frozen, module = "pressmark._pressmark")]
pub(crate) struct Stream {
    schema: SchemaRef,
    reader: Mutex<Option<Reader>>,
    failure: Failure,
}

impl Stream {
    pub(crate) fn new(
        schema: SchemaRef,
        batches: impl Iterator<Item = Result<RecordBatch, Error>> + Send + 'static,
    ) -> Self {
        let failure = Failure::default();
        let reader = Reader {
            schema: schema.clone(),
            batches: Box::new(batches),
            failure: failure.clone(),
            process: process::id(),
        };
        Self { schema, reader: Mutex::new(Some(reader)), failure }
    }
}

#[pymethods]
impl Stream {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A producer may ignore it: the consumer casts.
        drop(requested_schema);
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        let reader =
            reader.ok_or_else(|| errors::argument(py, "this stream was read already", Some("make a new one")))?;
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule(py, &self.schema)
    }

    /// Raises the error that ended the stream, if one did.
    fn raise_failure(&self, py: Python<'_>) -> PyResult<()> {
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(errors::raised(py, &error)),
            None => Ok(()),
        }
    }
}

/// An Arrow schema for other libraries.
pub(crate) fn capsule<'py>(py: Python<'py>, schema: &SchemaRef) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema.as_ref());
    let schema =
        schema.map_err(|error| errors::exception(py, "PressmarkError", &error.to_string(), None, None, None))?;
    PyCapsule::new_with_value(py, schema, c"arrow_schema")
}

/// Records as canonical JSON, a list for each batch.
#[pyclass(frozen, module = "pressmark._pressmark")]
pub(crate) struct Lines {
    projection: Projection,
    batches: Mutex<Batches>,
}

impl Lines {
    pub(crate) fn new(
        projection: Projection,
        batches: impl Iterator<Item = Result<RecordBatch, Error>> + Send + 'static,
    ) -> Self {
        Self { projection, batches: Mutex::new(Box::new(batches)) }
    }
}

#[pymethods]
impl Lines {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        let lines = py.detach(|| {
            let batch = self.batches.lock().unwrap_or_else(PoisonError::into_inner).next()?;
            Some(batch.map(|batch| lines(&self.projection, &batch)))
        });
        let Some(lines) = lines else { return Ok(None) };
        let lines = lines.map_err(|error| errors::raised(py, &error))?;
        Ok(Some(PyList::new(py, lines.iter().map(|line| PyBytes::new(py, line)))?))
    }
}

/// The canonical form of each record of a batch that has the columns of the projection.
pub(crate) fn lines(projection: &Projection, batch: &RecordBatch) -> Vec<Vec<u8>> {
    let line = |row| {
        let mut line = Vec::new();
        projection.write_json(batch, row, &mut line);
        line
    };
    (0..batch.num_rows()).map(line).collect()
}
