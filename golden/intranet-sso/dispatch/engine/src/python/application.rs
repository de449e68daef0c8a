//! Calls the application for one request after the other.
//!
//! What enters: admitted requests. What leaves: finished ones, and their access lines. Absent: any trust in the
//! application; whatever it raises ends its request and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use kallithea_bridge_isapi::environ::{Environ, Value};
use kallithea_bridge_isapi::log;
use pyo3::exceptions::{PyAssertionError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use super::input::Input;
use super::response::StartResponse;
use crate::admission::Admitted;
use crate::exchange::Exchange;

/// A loaded application, and what each of its calls needs.
pub(crate) struct Application {
    callable: Py<PyAny>,
    /// `bootstrap.py`'s words for an exception.
    describe: Py<PyAny>,
    /// The part of environ that is the same for every request.
    constant: Py<PyDict>,
}

impl Application {
    pub(super) fn new(
        py: Python<'_>,
        callable: Bound<'_, PyAny>,
        errors: Py<PyAny>,
        describe: Bound<'_, PyAny>,
        multithread: bool,
    ) -> PyResult<Self> {
        let constant = PyDict::new(py);
        constant.set_item("wsgi.version", (1, 0))?;
        constant.set_item("wsgi.errors", errors)?;
        constant.set_item("wsgi.multithread", multithread)?;
        // A pool may have several worker processes, and overlaps two of them when it recycles.
        constant.set_item("wsgi.multiprocess", true)?;
        constant.set_item("wsgi.run_once", false)?;
        constant.set_item("wsgi.input_terminated", true)?;
        Ok(Self { callable: callable.unbind(), describe: describe.unbind(), constant: constant.unbind() })
    }
}

/// A worker's life: serves what `next` brings until it brings no more.
pub(crate) fn work(application: &Application, next: impl Fn() -> Option<Admitted> + Send + Sync) {
    Python::attach(|py| {
        while let Some(admitted) = py.detach(&next) {
            serve(py, application, admitted);
        }
    });
}

fn serve(py: Python<'_>, application: &Application, admitted: Admitted) {
    let Admitted { exchange, environ, access } = admitted;
    let exchange = Arc::new(exchange);
    let run = AssertUnwindSafe(|| run(py, application, &exchange, &environ));
    let failure = match catch_unwind(run) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(describe(py, application, &error)),
        Err(_) => Some("the bridge panicked; this is a fault of the bridge".to_owned()),
    };
    py.detach(|| {
        let summary = match failure {
            None => exchange.finish(),
            Some(_) if exchange.client_is_gone() => {
                log::info("the client went away");
                exchange.fail()
            }
            Some(reason) => {
                log::error(&reason);
                exchange.fail()
            }
        };
        access.write(summary);
    });
}

/// Calls the application and sends what it returns.
fn run(
    py: Python<'_>,
    application: &Application,
    exchange: &Arc<Exchange>,
    environ: &Environ,
) -> PyResult<()> {
    let environ = environ_dict(py, application, exchange, environ)?;
    let start_response = Bound::new(py, StartResponse::new(Arc::clone(exchange)))?;
    let result = application.callable.bind(py).call1((environ, start_response))?;
    let sent = send(py, exchange, &result);
    let closed = close(py, &result);
    if let (Err(_), Err(error)) = (&sent, &closed) {
        let reason = describe(py, application, error);
        py.detach(|| log::error(&reason));
    }
    sent.and(closed)
}

fn send(py: Python<'_>, exchange: &Exchange, result: &Bound<'_, PyAny>) -> PyResult<()> {
    if let Some(length) = whole_length(result) {
        py.detach(|| exchange.set_whole_body(length));
    }
    for piece in result.try_iter()? {
        let piece = piece?;
        let Ok(piece) = piece.cast::<PyBytes>() else {
            return Err(PyTypeError::new_err(format!(
                "the application yielded {}, not bytes",
                piece.get_type()
            )));
        };
        let bytes = piece.as_bytes();
        if bytes.is_empty() {
            continue;
        }
        if !py.detach(|| exchange.progress()).0 {
            return Err(PyAssertionError::new_err(
                "the application yielded bytes before it called start_response",
            ));
        }
        if !py.detach(|| exchange.write(bytes))? {
            py.detach(|| {
                log::warning("the application sent more than its Content-Length says; the rest was dropped")
            });
            break;
        }
    }
    match py.detach(|| exchange.progress()).0 {
        true => Ok(()),
        false => Err(PyAssertionError::new_err("the application did not call start_response")),
    }
}

/// The body's length, where the application returned all of it in one piece.
fn whole_length(result: &Bound<'_, PyAny>) -> Option<u64> {
    let only = match (result.cast::<PyList>(), result.cast::<PyTuple>()) {
        (Ok(list), _) if list.len() == 1 => list.get_item(0).ok()?,
        (_, Ok(tuple)) if tuple.len() == 1 => tuple.get_item(0).ok()?,
        _ => return None,
    };
    only.cast::<PyBytes>().ok().map(|bytes| bytes.as_bytes().len() as u64)
}

fn close(py: Python<'_>, result: &Bound<'_, PyAny>) -> PyResult<()> {
    match result.getattr_opt(intern!(py, "close"))? {
        Some(close) => close.call0().map(drop),
        None => Ok(()),
    }
}

fn environ_dict<'py>(
    py: Python<'py>,
    application: &Application,
    exchange: &Arc<Exchange>,
    environ: &Environ,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = application.constant.bind(py).copy()?;
    for (name, value) in &environ.variables {
        dict.set_item(name.as_ref(), native(py, value))?;
    }
    dict.set_item(intern!(py, "wsgi.url_scheme"), environ.scheme)?;
    dict.set_item(intern!(py, "wsgi.input"), Input::new(Arc::clone(exchange)))?;
    Ok(dict)
}

/// A native string: bytes as Latin-1, text as it is.
fn native<'py>(py: Python<'py>, value: &Value) -> Bound<'py, PyString> {
    match value {
        Value::Text(text) => PyString::new(py, text),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => PyString::new(py, text),
            _ => PyString::new(py, &bytes.iter().map(|&byte| char::from(byte)).collect::<String>()),
        },
    }
}

fn describe(py: Python<'_>, application: &Application, error: &PyErr) -> String {
    let text = application.describe.bind(py).call1((error.value(py),));
    text.map_or_else(|_| error.to_string(), |text| text.to_string())
}
