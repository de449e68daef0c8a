//! The application that the bridge serves: Kallithea 0.7.0. Another application would have its own module next to this
//! one.
//!
//! In: the deployment's limits. Out: the Python modules that adapt the application to the bridge, each with its code.
//! Of these, `bootstrap.py` imports only `kallithea_bridge_adjustments`. Absent: the code that serves any WSGI
//! application, which is the rest of the engine.

use kallithea_bridge_isapi::settings::Limits;
use pyo3::prelude::*;

/// Lists Python files of the folder `kallithea`: each path there, with the file's code.
macro_rules! modules {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("kallithea/", $path, ".py"))),)+]
    };
}

/// The modules of `kallithea_bridge_`, each after those that it imports. A module's name is the end of its path.
pub(crate) const MODULES: &[(&str, &str)] = modules! {
    "threads",
    "guards",
    "git",
    "hardening/addresses",
    "hardening/identity",
    "hardening/limits",
    "hardening/pages",
    "hardening/paths",
    "hardening/names",
    "hardening/rendering",
    "hardening/repositories",
    "hardening/archives",
    "hardening/rights",
    "hardening/owners",
    "hardening/everybody",
    "hardening/grants",
    "hardening",
    "static_files",
    "adjustments",
};

/// Passes the deployment's limits to the module for them: bytes of a form, its fields, and bytes of arguments.
pub(crate) fn set_limits(py: Python<'_>, limits: &Limits) -> PyResult<()> {
    let (form, arguments) = (limits.form_megabytes << 20, limits.argument_kilobytes << 10);
    let module = py.import("kallithea_bridge_limits")?;
    module.call_method1("set_bounds", (form, limits.form_fields, arguments)).map(drop)
}
