//! `environ` as a Python dictionary.
//!
//! What enters: a request's variables. What leaves: a dictionary of its own for each request. Names are made once and
//! used again: there are few, and a client that invents new ones fills no memory. Absent: the variables themselves,
//! which [`kallithea_bridge_isapi::environ`] knows.

use std::collections::HashMap;

use kallithea_bridge_isapi::environ::Environ;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::input::Input;

/// So many names are kept.
const MOST: usize = 512;

/// The names that a worker has met.
#[derive(Default)]
pub(super) struct Names {
    known: HashMap<Vec<u8>, Py<PyString>>,
}

impl Names {
    /// A request's environ.
    pub(super) fn dict<'py>(
        &mut self,
        constant: &Bound<'py, PyDict>,
        environ: &Environ,
        input: Bound<'py, Input>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = constant.py();
        let dict = constant.copy()?;
        for (name, value) in environ.variables() {
            dict.set_item(self.name(py, name), native(py, value))?;
        }
        if let Some(user) = environ.user() {
            dict.set_item(intern!(py, "REMOTE_USER"), user)?;
        }
        dict.set_item(intern!(py, "wsgi.url_scheme"), environ.scheme())?;
        dict.set_item(intern!(py, "wsgi.input"), input)?;
        Ok(dict)
    }

    fn name<'py>(&mut self, py: Python<'py>, name: &[u8]) -> Bound<'py, PyString> {
        if let Some(known) = self.known.get(name) {
            return known.bind(py).clone();
        }
        let new = native(py, name);
        if self.known.len() < MOST {
            self.known.insert(name.to_vec(), new.clone().unbind());
        }
        new
    }
}

/// Bytes as a native string: Latin-1, as PEP 3333 has it.
fn native<'py>(py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyString> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => PyString::new(py, text),
        _ => PyString::new(py, &bytes.iter().map(|&byte| char::from(byte)).collect::<String>()),
    }
}
