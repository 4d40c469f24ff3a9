//! Runs an operation of the library for Python: without the GIL, with a progress callback, until Ctrl-C.
//!
//! The operation has a thread of its own. The calling thread waits without the GIL, and a few times a second it asks
//! Python for signals and passes the progress on. So Ctrl-C works in the main thread, and a callback is only ever
//! called in the thread of the caller. A signal or an exception of the callback cancels the operation, which removes
//! what it has written; the exception is raised when it has ended.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pressmark::Error;
use pressmark::progress::{Progress, Stage};
use pyo3::prelude::*;

use crate::errors;

/// How often signals are looked for.
const POLL: Duration = Duration::from_millis(50);

/// What an operation has done so far, and whether it is to stop.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    is_cancelled: AtomicBool,
    is_done: AtomicBool,
    stage: Mutex<Option<(Stage, Option<u64>)>>,
    advanced: AtomicU64,
}

impl Watch {
    /// Asks the operation to stop.
    pub(crate) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    fn report(&self, callback: &Bound<'_, PyAny>) -> PyResult<()> {
        let stage = *self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((stage, total)) = stage else { return Ok(()) };
        let done = self.advanced.load(Ordering::Relaxed);
        callback.call1((name(stage), total.map_or(done, |total| done.min(total)), total)).map(drop)
    }
}

impl Progress for Watch {
    fn start(&self, stage: Stage, total: Option<u64>) {
        let mut current = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        self.advanced.store(0, Ordering::Relaxed);
        *current = Some((stage, total));
    }

    fn advance(&self, by: u64) -> ControlFlow<()> {
        self.advanced.fetch_add(by, Ordering::Relaxed);
        if self.is_cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Read => "read",
        Stage::Write => "write",
        Stage::Verify => "verify",
        Stage::Match => "match",
        Stage::Compare => "compare",
    }
}

/// Marks an operation as done, even if it panics, and wakes its caller.
struct Done<'w>(&'w Watch, thread::Thread);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.is_done.store(true, Ordering::Release);
        self.1.unpark();
    }
}

/// Runs an operation and returns its result. `callback` is called with the stage, how much of it is done and the total.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    callback: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Watch) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let (watch, caller) = (Watch::default(), thread::current());
    let mut failed = None;
    let result = thread::scope(|scope| {
        let watch = &watch;
        let worker = scope.spawn(move || {
            let _done = Done(watch, caller);
            work(watch)
        });
        while !watch.is_done.load(Ordering::Acquire) {
            py.detach(|| thread::park_timeout(POLL));
            if failed.is_none() {
                let report = || callback.map_or(Ok(()), |callback| watch.report(callback));
                if let Err(error) = py.check_signals().and_then(|()| report()) {
                    failed = Some(error);
                    watch.cancel();
                }
            }
        }
        py.detach(|| worker.join())
    });
    match (result, failed) {
        // An operation that had ended before it saw that it was to stop is done.
        (Ok(Err(Error::Cancelled) | Ok(_)), Some(error)) => Err(error),
        (Ok(Ok(result)), None) => Ok(result),
        (Ok(Err(error)), _) => Err(errors::raised(py, &error)),
        (Err(panic), _) => resume_unwind(panic),
    }
}
