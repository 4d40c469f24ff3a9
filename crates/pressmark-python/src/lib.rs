//! The extension module `pressmark._pressmark`: the library, for the Python layer in `python/pressmark`.
//!
//! It converts arguments, results and errors, and nothing else. Reports cross the border as JSON, records as Arrow
//! streams. Every operation runs on a thread of its own while the caller's thread has let go of the GIL and watches
//! for Ctrl-C. Names, defaults and documentation for users are in the Python layer.

mod batches;
mod convert;
mod dataset;
mod diff;
mod errors;
mod release;
mod rows;
mod settings;
mod validator;
mod watch;

use std::ffi::OsString;

use pyo3::prelude::*;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the command line with these arguments, the program's own name first, and returns the exit code.
#[pyfunction]
fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| pressmark::cli::main(&arguments))
}

/// The extension module.
#[pymodule]
mod _pressmark {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::batches::{Lines, Stream};
    #[pymodule_export]
    use super::dataset::{build, check, dataset, init, releases, retry};
    #[pymodule_export]
    use super::diff::Diff;
    #[pymodule_export]
    use super::main;
    #[pymodule_export]
    use super::release::{Release, verify};
    #[pymodule_export]
    use super::validator::{Batch, Validator};

    #[pymodule_init]
    fn init_module(module: &Bound<'_, PyModule>) -> PyResult<()> {
        pressmark::silence_handled_panics();
        module.add("VERSION", env!("CARGO_PKG_VERSION"))
    }
}
