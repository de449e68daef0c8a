//! `environ` as a Python dictionary.
//!
//! What enters: a request's variables. What leaves: a new dictionary for each request. Most requests are nearly the same
//! as the one before. Where they have the same names, the earlier dictionary is copied, and only what differs is created
//! again. Absent: the variables themselves, which [`kallithea_bridge_isapi::environ`] knows; and a user in what is kept.

use kallithea_bridge_isapi::environ::Environ;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::input::Input;

/// What a worker keeps from an earlier request: its dictionary, from before the application received it, and the
/// values in it. Names that a client invents only replace the model, so they fill no memory.
#[derive(Default)]
pub(super) struct Model {
    dict: Option<Py<PyDict>>,
    entries: Vec<Entry>,
}

/// A variable of the model.
struct Entry {
    name: Vec<u8>,
    key: Py<PyString>,
    value: Vec<u8>,
}

impl Model {
    /// A request's environ; `constant` is the part that every request has.
    pub(super) fn dict<'py>(
        &mut self,
        constant: &Bound<'py, PyDict>,
        environ: &Environ,
        input: Bound<'py, Input>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = constant.py();
        let dict = match &self.dict {
            Some(dict) if self.fits(environ) => self.differing(dict.bind(py), environ)?,
            _ => self.renew(constant, environ)?,
        };
        if let Some(user) = environ.user() {
            dict.set_item(intern!(py, "REMOTE_USER"), user)?;
        }
        dict.set_item(intern!(py, "wsgi.url_scheme"), environ.scheme())?;
        dict.set_item(intern!(py, "wsgi.input"), input)?;
        Ok(dict)
    }

    /// Whether a request has the model's names, in the same order.
    fn fits(&self, environ: &Environ) -> bool {
        environ.variables().map(|(name, _)| name).eq(self.entries.iter().map(|entry| &entry.name[..]))
    }

    /// A copy of the model with the values of a request that has the same names.
    fn differing<'py>(&self, dict: &Bound<'py, PyDict>, environ: &Environ) -> PyResult<Bound<'py, PyDict>> {
        let py = dict.py();
        let dict = dict.copy()?;
        for (entry, (_, value)) in self.entries.iter().zip(environ.variables()) {
            if entry.value != value {
                dict.set_item(entry.key.bind(py), native(py, value))?;
            }
        }
        Ok(dict)
    }

    /// Creates a dictionary without a model, and keeps a copy of it as the next model.
    fn renew<'py>(
        &mut self,
        constant: &Bound<'py, PyDict>,
        environ: &Environ,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = constant.py();
        let dict = constant.copy()?;
        self.dict = None;
        self.entries.clear();
        for (name, value) in environ.variables() {
            let key = native(py, name);
            dict.set_item(&key, native(py, value))?;
            self.entries.push(Entry { name: name.to_vec(), key: key.unbind(), value: value.to_vec() });
        }
        self.dict = Some(dict.copy()?.unbind());
        Ok(dict)
    }
}

/// Bytes as a native string: Latin-1, as PEP 3333 requires.
fn native<'py>(py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyString> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => PyString::new(py, text),
        _ => PyString::new(py, &bytes.iter().map(|&byte| char::from(byte)).collect::<String>()),
    }
}
