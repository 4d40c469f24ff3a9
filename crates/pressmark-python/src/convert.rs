//! Python objects as JSON, by the rules in `docs/python.md`.
//!
//! A value is written as it is or refused with its position. Nothing is rounded, guessed or left out: NaN is no null, a
//! set has no order, bytes have no encoding. Whether the result is a valid article is for the schema to say.

use std::fmt::Write as _;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PyMapping, PySet, PyString, PyTuple,
    PyType,
};

use crate::errors;

/// How deep values may be nested: as deep as in an input.
const DEPTH: usize = 128;

/// The JSON text of an article.
pub(crate) enum Article {
    /// Bytes of Python, without a copy.
    Bytes(PyBackedBytes),
    /// Text of Python, without a copy.
    Text(PyBackedStr),
    /// A mapping that was converted.
    Converted(Vec<u8>),
}

impl AsRef<[u8]> for Article {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
            Self::Converted(bytes) => bytes,
        }
    }
}

/// The JSON text of an article: bytes and text as they are, mappings converted.
pub(crate) fn article(article: &Bound<'_, PyAny>) -> PyResult<Article> {
    if article.cast::<PyBytes>().is_ok() || article.cast::<PyByteArray>().is_ok() {
        return Ok(Article::Bytes(article.extract::<PyBackedBytes>()?));
    }
    if article.cast::<PyString>().is_ok() {
        let text = article.extract().map(Article::Text);
        return text.map_err(|_surrogates: PyErr| Refused::new(SURROGATE, None).raised(article.py()));
    }
    if article.cast::<PyMapping>().is_err() {
        let message = format!("an article is a mapping, bytes or text, not {}", type_name(article));
        let hint = "pass a dict, such as dataclasses.asdict(article) or article.model_dump()";
        return Err(Refused::new(message, Some(hint)).raised(article.py()));
    }
    let mut out = Vec::with_capacity(1024);
    match value(article, 0, &mut out) {
        Ok(()) => Ok(Article::Converted(out)),
        Err(refused) => Err(refused.raised(article.py())),
    }
}

const SURROGATE: &str = "the text has a lone surrogate, which is not a character";

/// A value that has no JSON form.
pub(crate) struct Refused {
    /// The steps to the value, the innermost first.
    path: Vec<String>,
    message: String,
    hint: Option<&'static str>,
}

impl Refused {
    pub(crate) fn new(message: impl Into<String>, hint: Option<&'static str>) -> Box<Self> {
        Box::new(Self { path: Vec::new(), message: message.into(), hint })
    }

    pub(crate) fn raised(&self, py: Python<'_>) -> PyErr {
        let path = self.path.iter().rev().fold(String::new(), |mut path, step| {
            let _infallible = write!(path, "/{}", step.replace('~', "~0").replace('/', "~1"));
            path
        });
        let shown = if path.is_empty() { String::new() } else { format!("at {path}: ") };
        let error =
            errors::exception(py, "ConversionError", &format!("{shown}{}", self.message), None, self.hint, None);
        match error.value(py).setattr("path", path) {
            Ok(()) => error,
            Err(other) => other,
        }
    }
}

pub(crate) type Written = Result<(), Box<Refused>>;

pub(crate) fn at(step: impl FnOnce() -> String) -> impl FnOnce(Box<Refused>) -> Box<Refused> {
    |mut refused| {
        refused.path.push(step());
        refused
    }
}

/// An exception of Python while a value is read.
fn failed(error: &PyErr) -> Box<Refused> {
    Refused::new(format!("the value cannot be read: {error}"), None)
}

fn value(object: &Bound<'_, PyAny>, depth: usize, out: &mut Vec<u8>) -> Written {
    if depth > DEPTH {
        return Err(Refused::new("the value is nested more than 128 levels deep, or contains itself", None));
    }
    if let Ok(text) = object.cast::<PyString>() {
        string(text, out)
    } else if let Ok(dict) = object.cast::<PyDict>() {
        members(dict.iter().map(Ok), depth, out)
    } else if let Ok(list) = object.cast::<PyList>() {
        elements(list.iter().map(Ok), depth, out)
    } else if object.is_none() {
        out.extend_from_slice(b"null");
        Ok(())
    } else if let Ok(truth) = object.cast::<PyBool>() {
        out.extend_from_slice(if truth.is_true() { b"true" } else { b"false" });
        Ok(())
    } else if let Ok(number) = object.cast::<PyInt>() {
        integer(number, out)
    } else if let Ok(number) = object.cast::<PyFloat>() {
        double(number.value(), out)
    } else {
        other(object, depth, out)
    }
}

fn string(text: &Bound<'_, PyString>, out: &mut Vec<u8>) -> Written {
    let text = text.to_str().map_err(|_surrogates| Refused::new(SURROGATE, Some("replace it before validating")))?;
    write_text(text, out);
    Ok(())
}

pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    // Writing text to memory cannot fail.
    let _infallible = serde_json::to_writer(out, text);
}

fn integer(number: &Bound<'_, PyInt>, out: &mut Vec<u8>) -> Written {
    if let Ok(small) = number.extract::<i64>() {
        out.extend_from_slice(small.to_string().as_bytes());
        return Ok(());
    }
    // `__index__` strips subclasses, whose text may be anything.
    let digits = number.call_method0("__index__").and_then(|number| number.str()?.extract::<String>());
    match digits {
        Ok(digits) => {
            out.extend_from_slice(digits.as_bytes());
            Ok(())
        }
        Err(error) if error.is_instance_of::<PyValueError>(number.py()) => {
            Err(Refused::new("the integer has too many digits", None))
        }
        Err(error) => Err(failed(&error)),
    }
}

pub(crate) fn double(number: f64, out: &mut Vec<u8>) -> Written {
    if !number.is_finite() {
        let message = format!("{} is not a number in JSON", if number.is_nan() { "NaN" } else { "an infinity" });
        return Err(Refused::new(message, Some("use None for a missing value")));
    }
    out.extend_from_slice(format!("{number:?}").as_bytes());
    Ok(())
}

fn members<'py>(
    members: impl Iterator<Item = PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)>>,
    depth: usize,
    out: &mut Vec<u8>,
) -> Written {
    out.push(b'{');
    for (index, member) in members.enumerate() {
        let (name, member) = member.map_err(|error| failed(&error))?;
        if index > 0 {
            out.push(b',');
        }
        let Ok(text) = name.cast::<PyString>() else {
            let message = format!("the name of a member is {}, not text: {}", type_name(&name), shown(&name));
            return Err(Refused::new(message, Some("convert it with str()")));
        };
        let step = || text.to_string_lossy().into_owned();
        string(text, out).map_err(at(step))?;
        out.push(b':');
        value(&member, depth + 1, out).map_err(at(step))?;
    }
    out.push(b'}');
    Ok(())
}

fn elements<'py>(
    elements: impl Iterator<Item = PyResult<Bound<'py, PyAny>>>,
    depth: usize,
    out: &mut Vec<u8>,
) -> Written {
    out.push(b'[');
    for (index, element) in elements.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let element = element.map_err(|error| failed(&error))?;
        value(&element, depth + 1, out).map_err(at(|| index.to_string()))?;
    }
    out.push(b']');
    Ok(())
}

/// Values of the standard library and of numpy.
fn other(object: &Bound<'_, PyAny>, depth: usize, out: &mut Vec<u8>) -> Written {
    let py = object.py();
    let is = |class: PyResult<&Bound<'_, PyType>>| class.is_ok_and(|class| object.is_instance(class).unwrap_or(false));
    if is(class(py, &DATETIME, "datetime", "datetime")) || is(class(py, &DATE, "datetime", "date")) {
        return time(object, out);
    }
    if is(class(py, &DECIMAL, "decimal", "Decimal")) {
        return decimal(object, out);
    }
    if is(class(py, &STRUCT_TIME, "time", "struct_time")) {
        return Err(Refused::new("a struct_time has no time zone", Some("make a datetime of it")));
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return elements(tuple.iter().map(Ok), depth, out);
    }
    if object.cast::<PySet>().is_ok() || object.cast::<PyFrozenSet>().is_ok() {
        return Err(Refused::new("a set has no order", Some("make a list of it, such as sorted(values)")));
    }
    if is_binary(object) {
        return Err(Refused::new("bytes have no encoding", Some("decode them, such as value.decode(\"utf-8\")")));
    }
    if is_numpy(object) {
        return numpy(object, depth, out);
    }
    if let Ok(mapping) = object.cast::<PyMapping>() {
        let items = mapping.items().map_err(|error| failed(&error))?;
        return members(items.iter().map(|item| item.extract()), depth, out);
    }
    let hint = "convert it to text, a number, a list or a dict";
    Err(Refused::new(format!("{} has no form in JSON", type_name(object)), Some(hint)))
}

fn is_binary(object: &Bound<'_, PyAny>) -> bool {
    let name = object.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    object.cast::<PyBytes>().is_ok() || object.cast::<PyByteArray>().is_ok() || name == "memoryview"
}

/// ISO 8601 as `isoformat` writes it. A time without a zone stays without one.
fn time(object: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Written {
    let text = object.call_method0("isoformat").and_then(|text| text.extract::<String>());
    let text = text.map_err(|error| failed(&error))?;
    // `NaT` of pandas is a datetime by its type.
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(Refused::new(format!("{text} is no time"), Some("use None for a missing value")));
    }
    write_text(&text, out);
    Ok(())
}

/// A number with all digits of the Decimal.
fn decimal(object: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Written {
    let is_finite = object.call_method0("is_finite").and_then(|finite| finite.is_truthy());
    if !is_finite.map_err(|error| failed(&error))? {
        return Err(Refused::new(
            format!("{} is not a number in JSON", shown(object)),
            Some("use None for a missing value"),
        ));
    }
    let digits = object.str().and_then(|text| text.extract::<String>()).map_err(|error| failed(&error))?;
    out.extend_from_slice(digits.as_bytes());
    Ok(())
}

fn is_numpy(object: &Bound<'_, PyAny>) -> bool {
    let module = object.get_type().module();
    module.is_ok_and(|module| module.to_str().is_ok_and(|module| module == "numpy"))
}

/// Arrays as lists, scalars as the Python value that has exactly their value.
fn numpy(object: &Bound<'_, PyAny>, depth: usize, out: &mut Vec<u8>) -> Written {
    let dimensions: usize = object.getattr("ndim").and_then(|number| number.extract()).unwrap_or(0);
    if dimensions > 0 {
        let iterator = object.try_iter().map_err(|error| failed(&error))?;
        return elements(iterator, depth, out);
    }
    let refused = || {
        let hint = "convert it to text, a number or a datetime";
        Refused::new(format!("{} has no exact value in Python", type_name(object)), Some(hint))
    };
    let item = object.call_method0("item").map_err(|_no_scalar| refused())?;
    let kind = object.getattr("dtype").and_then(|kind| kind.getattr("kind")?.extract::<String>()).unwrap_or_default();
    // Times finer than a microsecond become integers, missing ones become None.
    let is_time = matches!(kind.as_str(), "M" | "m");
    if is_numpy(&item) || is_time && (item.is_none() || item.cast::<PyInt>().is_ok()) {
        return Err(refused());
    }
    value(&item, depth, out)
}

static DATETIME: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static DATE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static STRUCT_TIME: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn class<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyType>>,
    module: &str,
    name: &str,
) -> PyResult<&'py Bound<'py, PyType>> {
    cell.import(py, module, name)
}

fn type_name(object: &Bound<'_, PyAny>) -> String {
    let name = object.get_type().fully_qualified_name();
    format!("a value of the type `{}`", name.map(|name| name.to_string()).unwrap_or_default())
}

/// A short form of a value, for messages.
fn shown(object: &Bound<'_, PyAny>) -> String {
    let text = object.repr().map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
    text.chars().take(60).collect()
}
