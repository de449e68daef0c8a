//! `start_response`, and the `write` that it returns.
//!
//! What enters: the application's calls. What leaves: a head and pieces of a body for [`crate::exchange`]; exceptions
//! where PEP 3333 asks for them. Absent: the application's iterable, which `application` walks.

use std::sync::Arc;

use kallithea_bridge_isapi::reply::Head;
use pyo3::exceptions::{PyAssertionError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use crate::exchange::Exchange;

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
        let (has_head, is_started) = py.detach(|| self.exchange.progress());
        match exc_info.filter(|info| !info.is_none()) {
            Some(info) if is_started => return Err(raised(info)?),
            None if has_head => {
                return Err(PyAssertionError::new_err("start_response was called a second time"));
            }
            _ => {}
        }
        let head = Head::new(latin1(status)?, pairs(headers)?).map_err(PyValueError::new_err)?;
        py.detach(|| self.exchange.set_head(head))?;
        Ok(Write { exchange: Arc::clone(&self.exchange) })
    }
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
        py.detach(|| self.exchange.write(bytes))?;
        Ok(())
    }
}

/// The exception of an exc_info, to be raised again.
fn raised(info: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    let value = info.get_item(1)?;
    let traceback = info.get_item(2)?;
    Ok(PyErr::from_value(value.call_method1("with_traceback", (traceback,))?))
}

fn pairs(headers: &Bound<'_, PyList>) -> PyResult<Vec<(Vec<u8>, Vec<u8>)>> {
    let pair = |item: Bound<'_, PyAny>| {
        let pair = item.cast_into::<PyTuple>()?;
        let (name, value): (Bound<'_, PyString>, Bound<'_, PyString>) = pair.extract()?;
        Ok((latin1(&name)?, latin1(&value)?))
    };
    headers.iter().map(pair).collect()
}

/// A native string as the bytes that it stands for.
fn latin1(text: &Bound<'_, PyString>) -> PyResult<Vec<u8>> {
    let text = text.to_cow()?;
    if text.is_ascii() {
        return Ok(text.into_owned().into_bytes());
    }
    let byte = |letter| u8::try_from(u32::from(letter));
    let bytes: Result<Vec<u8>, _> = text.chars().map(byte).collect();
    bytes.map_err(|_| PyValueError::new_err(format!("{text:?} holds a letter above U+00FF")))
}
