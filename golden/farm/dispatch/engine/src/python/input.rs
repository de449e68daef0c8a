//! `wsgi.input`: the request's body as a Python file.
//!
//! What enters: the application's calls. What leaves: bytes; an OSError when the client stopped sending.
//! Absent: seeking, and buffering beyond what [`crate::exchange`] does.

use std::io;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::exchange::Exchange;

/// The body of one request.
#[pyclass(frozen, module = "kallithea_bridge")]
pub(super) struct Input {
    exchange: Arc<Exchange>,
}

impl Input {
    pub(super) fn new(exchange: Arc<Exchange>) -> Self {
        Self { exchange }
    }

    fn line<'py>(&self, py: Python<'py>, size: Option<i64>) -> PyResult<Bound<'py, PyBytes>> {
        let line = py.detach(|| self.exchange.read_line(limit(size)));
        bytes(py, line)
    }
}

#[pymethods]
impl Input {
    /// Reads `size` bytes, or everything.
    #[pyo3(signature = (size = None, /))]
    fn read<'py>(&self, py: Python<'py>, size: Option<i64>) -> PyResult<Bound<'py, PyBytes>> {
        let read = py.detach(|| self.exchange.read(limit(size)));
        bytes(py, read)
    }

    /// Reads a line including its end, at most `size` bytes.
    #[pyo3(signature = (size = None, /))]
    fn readline<'py>(&self, py: Python<'py>, size: Option<i64>) -> PyResult<Bound<'py, PyBytes>> {
        self.line(py, size)
    }

    /// Reads lines until they hold `hint` bytes, or all lines.
    #[pyo3(signature = (hint = None, /))]
    fn readlines<'py>(&self, py: Python<'py>, hint: Option<i64>) -> PyResult<Bound<'py, PyList>> {
        let enough = limit(hint).filter(|&hint| hint > 0).unwrap_or(usize::MAX);
        let lines = PyList::empty(py);
        let mut total = 0;
        while total < enough {
            let line = self.line(py, None)?;
            if line.as_bytes().is_empty() {
                break;
            }
            total += line.as_bytes().len();
            lines.append(line)?;
        }
        Ok(lines)
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let line = self.line(py, None)?;
        Ok((!line.as_bytes().is_empty()).then_some(line))
    }
}

/// A size as in Python's files: negative or None means no limit.
fn limit(size: Option<i64>) -> Option<usize> {
    size.and_then(|size| usize::try_from(size).ok())
}

fn bytes(py: Python<'_>, read: io::Result<Vec<u8>>) -> PyResult<Bound<'_, PyBytes>> {
    Ok(PyBytes::new(py, &read?))
}
