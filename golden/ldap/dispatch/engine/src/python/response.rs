//! `start_response`, the `write` that it returns, and `wsgi.file_wrapper`.
//!
//! What enters: the application's calls. What leaves: a head and pieces of a body for [`crate::exchange`]; exceptions
//! where PEP 3333 requires them. Absent: the application's iterable, which `application` iterates.

use std::sync::Arc;

use kallithea_bridge_isapi::reply::{Head, HeadError};
use pyo3::exceptions::{PyAssertionError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use crate::exchange::{Exchange, Progress};

/// `start_response` of one request.
#[pyclass(frozen, module = "kallithea_bridge")]
pub(super) struct StartResponse {
    exchange: Arc<Exchange>,
}

impl StartResponse {
    pub(super) fn new(exchange: Arc<Exchange>) -> Self {
        Self { exchange }
    }
}

#[pymethods]
impl StartResponse {
    #[pyo3(signature = (status, headers, exc_info = None, /))]
    fn __call__(
        &self,
        py: Python<'_>,
        status: &Bound<'_, PyString>,
        headers: &Bound<'_, PyList>,
        exc_info: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Write> {
        let progress = progress(py, &self.exchange);
        match (exc_info.filter(|info| !info.is_none()), progress) {
            (Some(info), Progress::Begun) => return Err(raised(info)?),
            (None, Progress::Head | Progress::Begun) => {
                return Err(PyAssertionError::new_err("start_response was called a second time"));
            }
            _ => {}
        }
        let head = head(status, headers)?;
        if let Err(head) = self.exchange.try_set_head(head) {
            py.detach(|| self.exchange.set_head(head));
        }
        Ok(Write { exchange: Arc::clone(&self.exchange) })
    }
}

/// How far a response has come. Python's lock is released only where another thread is using the same response.
pub(super) fn progress(py: Python<'_>, exchange: &Exchange) -> Progress {
    exchange.try_progress().unwrap_or_else(|| py.detach(|| exchange.progress()))
}

/// The callable for applications that write instead of returning an iterable.
#[pyclass(frozen, module = "kallithea_bridge")]
pub(super) struct Write {
    exchange: Arc<Exchange>,
}

#[pymethods]
impl Write {
    fn __call__(&self, py: Python<'_>, data: &Bound<'_, PyBytes>) -> PyResult<()> {
        let bytes = data.as_bytes();
        py.detach(|| self.exchange.write(&[bytes]))?;
        Ok(())
    }
}

/// The exception of an exc_info, to raise it again.
fn raised(info: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    let value = info.get_item(1)?;
    let traceback = info.get_item(2)?;
    Ok(PyErr::from_value(value.call_method1("with_traceback", (traceback,))?))
}

fn head(status: &Bound<'_, PyString>, headers: &Bound<'_, PyList>) -> PyResult<Head> {
    let mut head = with_latin1(status, |status| Head::new(status).map_err(refused))?;
    for item in headers {
        let pair = item.cast_into::<PyTuple>()?;
        let (name, value): (Bound<'_, PyString>, Bound<'_, PyString>) = pair.extract()?;
        with_latin1(&name, |name| with_latin1(&value, |value| head.push(name, value).map_err(refused)))?;
    }
    Ok(head)
}

/// The exception for an application's mistake in a status or a header.
fn refused(error: HeadError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Passes on the bytes of a native string.
fn with_latin1<T>(text: &Bound<'_, PyString>, work: impl FnOnce(&[u8]) -> PyResult<T>) -> PyResult<T> {
    let text = text.to_cow()?;
    if text.is_ascii() {
        return work(text.as_bytes());
    }
    let byte = |letter| u8::try_from(u32::from(letter));
    let bytes: Result<Vec<u8>, _> = text.chars().map(byte).collect();
    let bytes =
        bytes.map_err(|_| PyValueError::new_err(format!("{text:?} contains a character above U+00FF")))?;
    work(&bytes)
}
