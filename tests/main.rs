//! The integration tests, as one binary: it is linked once.
#![expect(clippy::disallowed_methods, reason = "tests read and write files of their own")]

// Releases as the readers of others see them, and an independent script.
mod consumers;
// The schemas and test vectors that we publish hold.
mod formats;
