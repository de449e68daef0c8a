//! Shows what Python's threads are doing, and interrupts one.
//!
//! What enters: Python's ID of a thread, and the number of its request. What leaves: text; an exception in that thread,
//! as soon as it runs Python code again. Absent: any power over a thread that waits for the system or the database, and
//! over code that swallows every exception.

use pyo3::ffi;
use pyo3::prelude::*;

use super::error::ThreadError;
use super::start::{foundation, plain};
use crate::watch;

/// What every Python thread is doing, `thread` first; with `alone`, only that thread.
pub(crate) fn stacks(thread: u64, alone: bool) -> Result<String, ThreadError> {
    let module = foundation().ok_or(ThreadError::NotRunning)?;
    Python::attach(|py| {
        let text = module.bind(py).call_method1("stacks", (thread, alone));
        text.and_then(|text| text.extract()).map_err(|error| raised(py, &error))
    })
}

/// Raises `RequestTimeLimit` of `bootstrap.py` in the thread, if it still computes for that request.
pub(crate) fn interrupt(number: u64, thread: u64) -> Result<(), ThreadError> {
    let module = foundation().ok_or(ThreadError::NotRunning)?;
    Python::attach(|py| {
        let class = module.bind(py).getattr("RequestTimeLimit").map_err(|error| raised(py, &error))?;
        watch::if_computing(number, || raise(py, thread, class.as_ptr()));
        Ok(())
    })
}

fn raised(py: Python<'_>, error: &PyErr) -> ThreadError {
    ThreadError::Exception(plain(py, error))
}

/// Cancels an exception that has not been raised yet, before the thread takes another request.
pub(super) fn forget_interrupt(py: Python<'_>, thread: u64) {
    raise(py, thread, std::ptr::null_mut());
}

#[allow(
    clippy::cast_possible_wrap,
    reason = "Python declares the name of a thread as a long, and hands it back so"
)]
fn raise(_py: Python<'_>, thread: u64, exception: *mut ffi::PyObject) {
    // SAFETY: Python's lock is held; the exception is a class that its caller holds, or NULL, which cancels one.
    unsafe { ffi::PyThreadState_SetAsyncExc(thread as _, exception) };
}

/// Python's ID of this thread; 0 if it has none.
pub(super) fn thread_id(py: Python<'_>) -> u64 {
    let ask = || py.import("threading")?.call_method0("get_ident")?.extract();
    ask().unwrap_or(0)
}
