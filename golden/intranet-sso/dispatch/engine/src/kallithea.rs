//! The application that the bridge serves: Kallithea 0.7.0. Another application would have its own module next to this
//! one.
//!
//! In: the deployment's limits. Out: the Python modules that adapt the application to the bridge, each with its code.
//! Of these, `bootstrap.py` imports only `kallithea_bridge_application`. Absent: the code that serves any WSGI
//! application, which is the rest of the engine.

use kallithea_bridge_isapi::settings::Limits;
use pyo3::prelude::*;

/// Lists Python files of the folder `kallithea`: each name, from its path there, with the file's code.
macro_rules! modules {
    ($($name:literal = $path:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("kallithea/", $path, ".py"))),)+]
    };
}

/// The modules of `kallithea_bridge_`, each after those that it imports.
pub(crate) const MODULES: &[(&str, &str)] = modules! {
    "threads" = "threads",
    "guards" = "guards",
    "addresses" = "hardening/addresses",
    "identity" = "hardening/identity",
    "limits" = "hardening/limits",
    "pages" = "hardening/pages",
    "paths" = "hardening/paths",
    "names" = "hardening/names",
    "rendering" = "hardening/rendering",
    "repositories" = "hardening/repositories",
    "rights" = "hardening/rights",
    "owners" = "hardening/owners",
    "everybody" = "hardening/everybody",
    "grants" = "hardening/grants",
    "hardening" = "hardening",
    "adjustments" = "adjustments",
    "application" = "application",
};

/// Passes the deployment's limits to the application's module: bytes of a form, its fields, and bytes of arguments.
pub(crate) fn set_limits(py: Python<'_>, limits: &Limits) -> PyResult<()> {
    let (form, arguments) = (limits.form_megabytes << 20, limits.argument_kilobytes << 10);
    let module = py.import("kallithea_bridge_application")?;
    module.call_method1("set_limits", (form, limits.form_fields, arguments)).map(drop)
}
