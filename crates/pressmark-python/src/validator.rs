//! [`Validator`]: validates articles of a running program, and keeps rejects in a file.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use arrow_array::RecordBatch;
use pressmark::Error;
use pressmark::input::Selection;
use pressmark::mapping::Mapping;
use pressmark::record::Projection;
use pressmark::reject::RejectAppender;
use pressmark::schema::{Extra, InvalidOptional, Schema};
use pressmark::validate::{ArticleNumber, KeyColumns, ValidatorOptions};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::batches::{Stream, lines};
use crate::convert::article;
use crate::settings::{Rules, given, settings};
use crate::{errors, rows};

/// Validates articles.
#[pyclass(frozen, module = "pressmark._pressmark")]
pub(crate) struct Validator {
    schema: Schema,
    mapping: Mapping,
    keys: KeyColumns,
    options: ValidatorOptions,
    /// The name of the source in rejects.
    name: String,
    /// The number of the next article.
    next: Mutex<ArticleNumber>,
    rejects: Option<Mutex<RejectAppender>>,
}

/// What [`Validator::new`] makes before it needs Python again.
struct Made(Schema, Mapping, KeyColumns, (Extra, InvalidOptional, Selection));

#[pymethods]
impl Validator {
    #[new]
    fn new(
        py: Python<'_>,
        dataset: Option<PathBuf>,
        rules: Rules,
        key: Option<String>,
        rejects: Option<PathBuf>,
        name: String,
    ) -> PyResult<Self> {
        let given = given(py, rules)?;
        let compile = || {
            let settings = settings(&given, dataset.as_ref())?;
            let keys = match &settings.dataset {
                Some(dataset) => pressmark::publish::key_columns(dataset, settings.schema.columns())?,
                None => keys(&settings.schema, key.as_deref())?,
            };
            let rejects = rejects.as_deref().map(RejectAppender::open).transpose()?;
            let rules = (settings.extra, settings.invalid_optional, settings.selection);
            Ok((Made(settings.schema, settings.mapping, keys, rules), rejects))
        };
        let made = py.detach(compile).map_err(|error: Error| errors::raised(py, &error))?;
        let (Made(schema, mapping, keys, (extra, invalid_optional, selection)), rejects) = made;
        let options = ValidatorOptions { extra, invalid_optional, selection, ..ValidatorOptions::default() };
        let validator = Self {
            schema,
            mapping,
            keys,
            options,
            name,
            next: Mutex::new(ArticleNumber::FIRST),
            rejects: rejects.map(Mutex::new),
        };
        // Settings that contradict each other are refused now, not with the first article.
        validator.with(|_| Ok(())).map_err(|error| errors::raised(py, &error))?;
        Ok(validator)
    }

    /// The name of the key column.
    fn key(&self) -> String {
        self.schema.columns().at(self.keys.order().key()).name.clone()
    }

    /// Validates a list of articles: mappings, bytes or text.
    fn validate(&self, py: Python<'_>, articles: Bound<'_, PyList>) -> PyResult<Batch> {
        let articles = articles.iter().map(|one| article(&one)).collect::<PyResult<Vec<_>>>()?;
        self.articles(py, &articles)
    }

    /// Validates the rows of a table of any library with support for Arrow.
    fn validate_table(&self, py: Python<'_>, table: Bound<'_, PyAny>) -> PyResult<Batch> {
        let articles = rows::articles(py, &table)?;
        self.articles(py, &articles)
    }

    /// The columns of records, without `record_sha256`.
    fn columns(&self) -> Vec<String> {
        self.schema.columns().iter().map(|column| column.name.clone()).collect()
    }

    /// Validates the articles in the bytes of a whole source, such as a file of JSON Lines.
    fn validate_source(&self, py: Python<'_>, name: String, bytes: Bound<'_, PyBytes>) -> PyResult<Batch> {
        let bytes = bytes.as_bytes();
        self.batch(py, |validator| validator.validate(&name, bytes))
    }

    /// Writes the rejects that are still in memory.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        let flush = || self.rejects.as_ref().map_or(Ok(()), |rejects| lock(rejects).flush());
        py.detach(flush).map_err(|error| errors::raised(py, &error))
    }
}

impl Validator {
    fn with<T>(&self, work: impl FnOnce(&pressmark::validate::Validator<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let keys = self.keys.clone();
        work(&pressmark::validate::Validator::new(&self.schema, &self.mapping, keys, self.options.clone())?)
    }

    fn articles<A: AsRef<[u8]> + Sync>(&self, py: Python<'_>, articles: &[A]) -> PyResult<Batch> {
        self.batch(py, |validator| {
            let first = {
                let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
                let first = *next;
                for article in articles {
                    next.advance(article.as_ref().len());
                }
                first
            };
            validator.validate_articles_from(&self.name, first, articles)
        })
    }

    fn batch(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&pressmark::validate::Validator<'_>) -> Result<pressmark::validate::Batch, Error> + Send,
    ) -> PyResult<Batch> {
        let validate = || {
            let batch = self.with(work)?;
            if let Some(rejects) = self.rejects.as_ref().filter(|_| !batch.rejects.is_empty()) {
                let mut rejects = lock(rejects);
                batch.rejects.iter().try_for_each(|reject| rejects.add(reject))?;
            }
            Ok(batch)
        };
        let batch = py.detach(validate).map_err(|error: Error| errors::raised(py, &error))?;
        Ok(Batch {
            projection: Projection::all(self.schema.columns()),
            records: batch.records().clone(),
            positions: batch.spans().iter().map(|span| span.line).collect(),
            rejects: batch.rejects.iter().map(|reject| (reject.position.line, reject.to_line())).collect(),
            articles: batch.articles,
            skipped: batch.skipped.values().sum(),
            normalised: serde_json::to_string(&batch.normalised).unwrap_or_default(),
        })
    }
}

fn lock(rejects: &Mutex<RejectAppender>) -> std::sync::MutexGuard<'_, RejectAppender> {
    rejects.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The key of records without a dataset: the given column, `id`, or the first one that can be a key.
fn keys(schema: &Schema, key: Option<&str>) -> Result<KeyColumns, Error> {
    let columns = schema.columns();
    let of = |key: &str| KeyColumns::new(columns, &[], key, None);
    let found = match key {
        Some(key) => of(key),
        None => match of("id") {
            Ok(keys) => Ok(keys),
            Err(error) => columns.iter().find_map(|column| of(&column.name).ok()).ok_or(error),
        },
    };
    found.map_err(|error| Error::Projection {
        message: error.to_string(),
        columns: columns.iter().map(|column| column.name.clone()).collect(),
    })
}

/// What became of some articles.
#[pyclass(frozen, module = "pressmark._pressmark")]
pub(crate) struct Batch {
    projection: Projection,
    records: RecordBatch,
    positions: Vec<u64>,
    rejects: Vec<(u64, Vec<u8>)>,
    articles: u64,
    skipped: u64,
    normalised: String,
}

#[pymethods]
impl Batch {
    /// The numbers of articles, records, rejects and skipped objects.
    fn counts(&self) -> (u64, u64, u64, u64) {
        (self.articles, self.records.num_rows() as u64, self.rejects.len() as u64, self.skipped)
    }

    /// The changes of admitted articles before validation, as JSON.
    fn normalised(&self) -> &str {
        &self.normalised
    }

    /// The records as Arrow.
    fn stream(&self) -> Stream {
        Stream::new(self.records.schema(), std::iter::once(Ok(self.records.clone())))
    }

    /// The records as canonical JSON with `record_sha256`, each with the number of its article.
    fn records<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let lines = lines(&self.projection, &self.records);
        PyList::new(py, self.positions.iter().zip(&lines).map(|(line, json)| (*line, PyBytes::new(py, json))))
    }

    /// The rejects as lines of a reject file, each with the number of its article.
    fn rejects<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.rejects.iter().map(|(line, json)| (*line, PyBytes::new(py, json))))
    }
}
