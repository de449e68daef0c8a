//! Calls the application for one request after another.
//!
//! What enters: admitted requests. What leaves: finished ones, and their access lines. Absent: any trust in the
//! application; whatever it raises ends its request and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use kallithea_bridge_isapi::environ::Environ;
use kallithea_bridge_isapi::log;
use kallithea_bridge_isapi::static_files::StaticFiles;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyModule};

use super::body::{self, Body};
use super::environ::Model;
use super::input::Input;
use super::response::StartResponse;
use crate::admission::Admitted;
use crate::exchange::{Exchange, Summary};
use crate::watch;

/// A loaded application, and what each of its calls needs.
pub(crate) struct Application {
    pub(super) callable: Py<PyAny>,
    /// `bootstrap.py`.
    pub(super) module: Py<PyModule>,
    /// The part of environ that is the same for every request.
    pub(super) constant: Py<PyDict>,
    /// The class that is `wsgi.file_wrapper`.
    pub(super) file_wrapper: Py<PyAny>,
    /// The files that need no call.
    pub(crate) static_files: StaticFiles,
}

impl Application {
    pub(super) fn new(
        callable: Bound<'_, PyAny>,
        module: &Bound<'_, PyModule>,
        errors: Py<PyAny>,
        multithread: bool,
        static_files: StaticFiles,
    ) -> PyResult<Self> {
        let py = module.py();
        let file_wrapper = module.getattr("FileWrapper")?;
        let constant = PyDict::new(py);
        constant.set_item("wsgi.version", (1, 0))?;
        constant.set_item("wsgi.errors", errors)?;
        constant.set_item("wsgi.multithread", multithread)?;
        // A pool may have several worker processes, and two of them overlap when it recycles.
        constant.set_item("wsgi.multiprocess", true)?;
        constant.set_item("wsgi.run_once", false)?;
        constant.set_item("wsgi.input_terminated", true)?;
        constant.set_item("wsgi.file_wrapper", &file_wrapper)?;
        Ok(Self {
            callable: callable.unbind(),
            module: module.clone().unbind(),
            constant: constant.unbind(),
            file_wrapper: file_wrapper.unbind(),
            static_files,
        })
    }
}

/// A worker's loop: serves the requests that `next` returns until it returns `None`.
pub(crate) fn work(application: &Application, next: impl Fn(&mut Environ) -> Option<Admitted> + Send + Sync) {
    Python::attach(|py| {
        let thread = super::thread_id(py);
        let mut model = Model::default();
        let mut environ = Environ::default();
        while let Some(admitted) = py.detach(|| next(&mut environ)) {
            serve(py, thread, application, admitted, &environ, &mut model);
        }
    });
}

fn serve(
    py: Python<'_>,
    thread: u64,
    application: &Application,
    admitted: Admitted,
    environ: &Environ,
    model: &mut Model,
) {
    let Admitted { exchange, access } = admitted;
    let exchange = Arc::new(exchange);
    watch::enter_python(access.number, thread, &exchange);
    let run = AssertUnwindSafe(|| run(py, application, &exchange, environ, model));
    let outcome = catch_unwind(run);
    if watch::leave_python(access.number) {
        super::forget_interrupt(py, thread);
    }
    let outcome = match outcome {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => Err(describe(py, application, &error)),
        Err(_) => Err("the bridge panicked; report this as an error of the bridge".to_owned()),
    };
    let outcome = outcome.as_ref().map(Body::pieces);
    py.detach(|| {
        let summary = match outcome {
            Ok(Some(pieces)) => exchange.finish_with(&pieces),
            Ok(None) => exchange.finish(),
            Err(reason) => fail(&exchange, reason),
        };
        watch::leave(access.number);
        access.write(environ, summary);
    });
}

fn fail(exchange: &Exchange, reason: &str) -> Summary {
    if exchange.client_is_gone() {
        log::info("the client went away");
    } else {
        log::error(reason);
    }
    exchange.fail(reason)
}

/// Calls the application. Returns its body if that is complete in memory; any other body has been sent.
fn run<'py>(
    py: Python<'py>,
    application: &Application,
    exchange: &Arc<Exchange>,
    environ: &Environ,
    model: &mut Model,
) -> PyResult<Body<'py>> {
    let input = Bound::new(py, Input::new(Arc::clone(exchange)))?;
    let environ = model.dict(application.constant.bind(py), environ, input)?;
    let start_response = Bound::new(py, StartResponse::new(Arc::clone(exchange)))?;
    let result = application.callable.bind(py).call1((environ, start_response))?;
    if let Some(whole) = body::whole(&result) {
        body::check_head(py, exchange)?;
        return Ok(whole);
    }
    let sent = body::send(py, application, exchange, &result);
    let closed = body::close(&result);
    if let (Err(_), Err(error)) = (&sent, &closed) {
        let reason = describe(py, application, error);
        py.detach(|| log::error(&reason));
    }
    sent.and(closed).map(|()| Body::Sent)
}

/// The text of an exception, from `bootstrap.py`.
fn describe(py: Python<'_>, application: &Application, error: &PyErr) -> String {
    let text = application.module.bind(py).call_method1("describe", (error.value(py),));
    text.map_or_else(|_| error.to_string(), |text| text.to_string())
}

/// One piece of a body, which must be bytes (PEP 3333).
pub(super) fn piece<'a, 'py>(item: &'a Bound<'py, PyAny>) -> PyResult<&'a Bound<'py, PyBytes>> {
    item.cast::<PyBytes>().map_err(|_| {
        let message = format!("the application yielded {}, not bytes", item.get_type());
        pyo3::exceptions::PyTypeError::new_err(message)
    })
}
