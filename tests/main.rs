//! The integration tests, as one binary: it is linked once.
#![expect(clippy::disallowed_methods, reason = "tests read and write files of their own")]

// Releases as DuckDB, pandas, PyArrow, Polars and an independent script see them.
mod consumers;
