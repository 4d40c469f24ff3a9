//! Errors as exceptions of `pressmark._errors`, which has a class for each kind.

use pressmark::Error;
use pressmark::printable;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The exception for an error of the library.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let first: &dyn std::error::Error = error;
    let causes = std::iter::successors(Some(first), |error| error.source());
    let message = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    let errno = match error {
        Error::Io { source, .. } => source.raw_os_error(),
        _ => None,
    };
    let code = error.code().map(pressmark::code::Code::name);
    exception(py, class_of(error), &message, code, error.hint().as_deref(), errno)
}

/// The exception for a wrong argument.
pub(crate) fn argument(py: Python<'_>, message: &str, hint: Option<&str>) -> PyErr {
    exception(py, "ArgumentError", message, None, hint, None)
}

/// The exception of a class of `pressmark._errors`.
pub(crate) fn exception(
    py: Python<'_>,
    class: &str,
    message: &str,
    code: Option<&str>,
    hint: Option<&str>,
    errno: Option<i32>,
) -> PyErr {
    let made = || -> PyResult<Bound<'_, PyAny>> {
        let keywords = PyDict::new(py);
        keywords.set_item("code", code)?;
        keywords.set_item("hint", hint.map(printable))?;
        let class = py.import("pressmark._errors")?.getattr(class)?;
        let made = class.call((printable(message),), Some(&keywords))?;
        if let Some(errno) = errno {
            made.setattr("errno", errno)?;
        }
        Ok(made)
    };
    made().map_or_else(|error| error, PyErr::from_value)
}

/// The name of the class for an error.
fn class_of(error: &Error) -> &'static str {
    match error {
        Error::Io { .. } | Error::Locked { .. } => "StorageError",
        Error::Dataset { .. }
        | Error::NoDataset { .. }
        | Error::Mapping { .. }
        | Error::UnknownSource { .. }
        | Error::NoInputs { .. }
        | Error::Exists { .. } => "DatasetError",
        Error::Schema { .. } | Error::UnknownSchema { .. } | Error::NoExtra { .. } => "SchemaError",
        Error::NoInput { .. }
        | Error::Pattern { .. }
        | Error::Unreadable { .. }
        | Error::NoArticles { .. }
        | Error::NoRejects { .. }
        | Error::Withdrawal { .. }
        | Error::RecordTooLong { .. }
        | Error::BatchTooLarge { .. } => "InputError",
        Error::NoRelease { .. }
        | Error::UnknownRelease { .. }
        | Error::NoReleaseYet { .. }
        | Error::NoBase { .. }
        | Error::Damaged { .. }
        | Error::Part { .. } => "ReleaseError",
        Error::VersionExists { .. }
        | Error::WhichVersion { .. }
        | Error::VersionUnderstates(_)
        | Error::VersionBuild { .. }
        | Error::VersionOrder { .. }
        | Error::DateOrder { .. }
        | Error::BaseUnlike { .. }
        | Error::ComesBack { .. }
        | Error::Commit { .. } => "VersionError",
        Error::Projection { .. }
        | Error::KeyType { .. }
        | Error::NeedsKey { .. }
        | Error::OtherKey { .. }
        | Error::UnknownColumn { .. }
        | Error::UnknownCode { .. }
        | Error::Target { .. } => "ArgumentError",
        Error::Cancelled => "Cancelled",
        _ => "PressmarkError",
    }
}
