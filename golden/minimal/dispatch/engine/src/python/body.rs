//! The response's body, as the application returns it.
//!
//! What enters: the object that the application returned. What leaves: bytes for [`crate::exchange`]. A list or a
//! tuple is complete and is sent in one call. Everything else is sent piece by piece, each before the next is
//! requested, since with each piece the application asks for a flush. Absent: buffering.

use std::io;

use kallithea_bridge_isapi::client::FileRange;
use kallithea_bridge_isapi::log;
use pyo3::exceptions::PyAssertionError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use super::application::{Application, piece};
use super::response::progress;
use crate::exchange::{Exchange, Progress};

/// What is left to be sent after the application's call.
pub(super) enum Body<'py> {
    /// These pieces, which are the whole body.
    Whole(Vec<Bound<'py, PyBytes>>),
    /// Nothing.
    Sent,
}

impl Body<'_> {
    /// The pieces that are still to be sent.
    pub(super) fn pieces(&self) -> Option<Vec<&[u8]>> {
        match self {
            Self::Whole(pieces) => Some(pieces.iter().map(|piece| piece.as_bytes()).collect()),
            Self::Sent => None,
        }
    }
}

/// The pieces of a list or a tuple, if that is what the application returned, and all of them are bytes.
pub(super) fn whole<'py>(result: &Bound<'py, PyAny>) -> Option<Body<'py>> {
    let bytes = |item: Bound<'py, PyAny>| item.cast_into::<PyBytes>().ok();
    let pieces = match (result.cast_exact::<PyList>(), result.cast_exact::<PyTuple>()) {
        (Ok(list), _) => list.iter().map(bytes).collect::<Option<_>>()?,
        (_, Ok(tuple)) => tuple.iter().map(bytes).collect::<Option<_>>()?,
        _ => return None,
    };
    Some(Body::Whole(pieces))
}

/// Whether the application has called `start_response`; without it nothing can be sent.
pub(super) fn check_head(py: Python<'_>, exchange: &Exchange) -> PyResult<()> {
    match progress(py, exchange) {
        Progress::Nothing => Err(PyAssertionError::new_err("the application did not call start_response")),
        _ => Ok(()),
    }
}

/// Sends an iterable, or the file in a `wsgi.file_wrapper`.
pub(super) fn send(
    py: Python<'_>,
    application: &Application,
    exchange: &Exchange,
    result: &Bound<'_, PyAny>,
) -> PyResult<()> {
    if result.is_instance(application.file_wrapper.bind(py))? && send_file(py, exchange, result)? {
        return Ok(());
    }
    for item in result.try_iter()? {
        let item = item?;
        let bytes = piece(&item)?.as_bytes();
        if bytes.is_empty() {
            continue;
        }
        if progress(py, exchange) == Progress::Nothing {
            let message = "the application yielded bytes before it called start_response";
            return Err(PyAssertionError::new_err(message));
        }
        if !py.detach(|| exchange.write(&[bytes]))? {
            break;
        }
    }
    check_head(py, exchange)
}

/// Lets the server read the file itself. `false` where that is not possible: it is not a file of the system, or the
/// server cannot send files.
fn send_file(py: Python<'_>, exchange: &Exchange, wrapper: &Bound<'_, PyAny>) -> PyResult<bool> {
    check_head(py, exchange)?;
    let range = wrapper.call_method0(intern!(py, "range"))?;
    let Some((handle, offset, size)) = range.extract::<Option<(usize, u64, u64)>>()? else {
        return Ok(false);
    };
    match py.detach(|| exchange.write_file(FileRange { handle, offset, size })) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            py.detach(|| log::debug("this server cannot send files; the bridge reads them instead"));
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// Calls the iterable's `close`, if it has one.
pub(super) fn close(result: &Bound<'_, PyAny>) -> PyResult<()> {
    match result.getattr_opt(intern!(result.py(), "close"))? {
        Some(close) => close.call0().map(drop),
        None => Ok(()),
    }
}
