//! Starts the interpreter, once for the process, and loads the application.
//!
//! What enters: the settings. What leaves: the application, or an error that an administrator can act on. Absent:
//! Python's end. It is never finalised, since it cannot be started again afterwards. The application's `atexit` handlers
//! run at each stop of the bridge.

use std::ffi::{CString, c_int};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use kallithea_bridge_isapi::settings::{Python as PythonSettings, Settings, StaticFiles, Version};
use kallithea_bridge_isapi::{log, paths, static_files};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::application::Application;
use super::error::StartError;
use crate::kallithea;

/// What every attempt to load the application needs.
static FOUNDATION: OnceLock<Foundation> = OnceLock::new();

/// The version of the Python that the bridge has started in this process.
static OWN: OnceLock<Version> = OnceLock::new();

/// The module of `bootstrap.py`, and the stream that it created.
struct Foundation {
    module: Py<PyModule>,
    errors: Py<PyAny>,
}

/// A static file: its address, its path, when it was modified (nanoseconds since 1970), and the headers with which the application sends it.
type Listed = (String, PathBuf, u64, Vec<(String, String)>);

/// The interpreter's flags for "take nothing from the environment or the user's folders", which Python's library
/// exports.
const ISOLATION: &[&str] = &["Py_IsolatedFlag", "Py_IgnoreEnvironmentFlag", "Py_NoUserSiteDirectory"];

/// Starts Python unless an earlier attempt has, then loads the application. Only one thread ever calls this.
pub(crate) fn start(settings: &'static Settings) -> Result<Application, StartError> {
    if FOUNDATION.get().is_none() {
        start_interpreter(&settings.python)?;
    }
    Python::attach(|py| {
        let foundation = match FOUNDATION.get() {
            Some(foundation) => foundation,
            None => {
                let raised = |error| StartError::Exception(plain(py, &error));
                let prepared = prepare(py, settings).map_err(raised)?;
                FOUNDATION.get_or_init(|| prepared)
            }
        };
        load(py, foundation, settings)
    })
}

/// The text of an exception without `bootstrap.py`: type and message.
pub(super) fn plain(py: Python<'_>, error: &PyErr) -> String {
    error
        .value(py)
        .repr()
        .map_or_else(|_| "an exception that cannot be shown".into(), |text| text.to_string())
}

fn start_interpreter(python: &PythonSettings) -> Result<(), StartError> {
    let home = paths::local(python.home);
    if let Some(&version) = OWN.get() {
        return check_version(&home, version, python.version);
    }
    // SAFETY: this function may be called at any time.
    if unsafe { ffi::Py_IsInitialized() } != 0 {
        return Err(StartError::NotOurs);
    }
    let is_home = check_library(&home, python.version)?;
    isolate(python.version);
    if is_home {
        set_home(&home);
    }
    #[cfg(windows)]
    super::descriptors::repair()?;
    Python::initialize();
    let version = Python::attach(|py| (py.version_info().major, py.version_info().minor));
    log::info(&format!("Python {} runs from {}", Python::version_str(), home.display()));
    check_version(&home, *OWN.get_or_init(|| version), python.version)
}

fn check_version(home: &Path, found: Version, wanted: Version) -> Result<(), StartError> {
    match found == wanted {
        true => Ok(()),
        false => Err(StartError::Version { home: home.to_owned(), found, wanted }),
    }
}

/// Whether the standard library is below the home. Python ends the whole process where it finds none, so this is
/// checked first.
#[cfg(windows)]
fn check_library(home: &Path, (major, minor): Version) -> Result<bool, StartError> {
    let folder = home.join("Lib");
    let file = folder.join("os.py");
    let archive = home.join(format!("python{major}{minor}.zip"));
    // A `._pth` file next to the library overrides everything else.
    let paths = home.join(format!("python{major}{minor}._pth"));
    let landmarks = [&file, &folder.join("os.pyc"), &archive, &paths];
    if landmarks.iter().any(|landmark| landmark.is_file()) {
        return Ok(true);
    }
    Err(StartError::NoLibrary { file, archive })
}

/// On other systems the home may be an empty folder; then Python finds its library itself.
#[cfg(not(windows))]
#[allow(clippy::unnecessary_wraps, reason = "as on Windows")]
fn check_library(home: &Path, (major, minor): Version) -> Result<bool, StartError> {
    Ok(home.join("lib").join(format!("python{major}.{minor}")).join("os.py").is_file())
}

/// Sets the interpreter's flags. They are not part of the stable interface, so they are looked up by name. If a Python
/// no longer has one of them, the log says so.
fn isolate(version: Version) {
    let Some(library) = python_library(version) else {
        return log::warning(
            "Python's own library could not be found again, so PYTHON variables may take effect",
        );
    };
    let others: &[&str] = if cfg!(windows) { &[] } else { &["Py_UTF8Mode"] };
    for name in ISOLATION.iter().chain(others) {
        // SAFETY: every Python that exports a flag of this name declares it as an int.
        match unsafe { library.get::<*mut c_int>(*name) } {
            // SAFETY: Python has not been started, so nobody else reads or writes its flags.
            Ok(flag) => unsafe { **flag = 1 },
            Err(_) => {
                log::warning(&format!("this Python has no flag {name}, so PYTHON variables may take effect"))
            }
        }
    }
    std::mem::forget(library);
}

#[cfg(windows)]
fn python_library((major, minor): Version) -> Option<libloading::Library> {
    let name = format!("python{major}{minor}.dll");
    libloading::os::windows::Library::open_already_loaded(name).ok().map(Into::into)
}

#[cfg(not(windows))]
fn python_library(_version: Version) -> Option<libloading::Library> {
    Some(libloading::os::unix::Library::this().into())
}

/// Tells Python where its library is. Python may keep the pointer, so the text is never freed.
#[allow(deprecated, reason = "the successor is not part of the stable interface before Python 3.14")]
fn set_home(home: &Path) {
    static HOME: OnceLock<Vec<WideUnit>> = OnceLock::new();
    let text = HOME.get_or_init(|| wide(home));
    // SAFETY: Python has not been started, and the text ends with a zero and is never freed.
    unsafe { ffi::Py_SetPythonHome(text.as_ptr().cast()) };
}

#[cfg(windows)]
type WideUnit = u16;
#[cfg(not(windows))]
type WideUnit = u32;

/// A path in the C library's wide characters.
#[cfg(windows)]
fn wide(path: &Path) -> Vec<WideUnit> {
    use std::os::windows::ffi::OsStrExt;
    path.as_os_str().encode_wide().chain([0]).collect()
}

/// A path in the C library's wide characters.
#[cfg(not(windows))]
fn wide(path: &Path) -> Vec<WideUnit> {
    path.to_string_lossy().chars().map(u32::from).chain([0]).collect()
}

/// Runs `bootstrap.py` and its `prepare`.
fn prepare(py: Python<'_>, settings: &Settings) -> PyResult<Foundation> {
    for (path, code) in kallithea::MODULES {
        let name = format!("kallithea_bridge_{}", path.rsplit('/').next().unwrap_or(path));
        let file = CString::new(format!("{name}.py"))?;
        PyModule::from_code(py, &CString::new(*code)?, &file, &CString::new(name)?)?;
    }
    let code = CString::new(include_str!("../bootstrap.py"))?;
    let module = PyModule::from_code(py, &code, c"kallithea_bridge.py", c"kallithea_bridge")?;
    let environment = PyDict::new(py);
    for (name, value) in settings.environment {
        environment.set_item(name, value)?;
    }
    kallithea::set_limits(py, &settings.limits)?;
    let home = text(&paths::local(settings.python.home));
    let virtual_environment = settings.python.virtual_environment.map(|folder| text(&paths::local(folder)));
    let programs = settings.programs.map(|folder| text(&paths::local(folder)));
    let write_line = wrap_pyfunction!(write_line, py)?;
    let passed = (write_line, home, virtual_environment, programs, environment);
    let errors = module.getattr("prepare")?.call1(passed)?;
    Ok(Foundation { module: module.unbind(), errors: errors.unbind() })
}

/// Runs `load` of `bootstrap.py`. Any exception, also SystemExit, becomes the error.
fn load(py: Python<'_>, foundation: &Foundation, settings: &Settings) -> Result<Application, StartError> {
    let module = foundation.module.bind(py);
    let ini = text(&paths::local(settings.application.ini));
    let distribution = text(&paths::local(settings.application.distribution));
    py.detach(|| log::info(&format!("loading the application of {ini}")));
    let build = || -> PyResult<Application> {
        let by_bridge = settings.application.static_files == StaticFiles::Bridge;
        let loaded = module.getattr("load")?.call1((ini, distribution, by_bridge))?;
        let (callable, version, files): (Bound<'_, PyAny>, String, Vec<Listed>) = loaded.extract()?;
        if !callable.is_callable() {
            return Err(PyRuntimeError::new_err("the ini file does not describe a WSGI application"));
        }
        let errors = foundation.errors.clone_ref(py);
        let list = || listed(&version, files, settings.application.monitored);
        let files = if by_bridge { py.detach(list) } else { static_files::StaticFiles::default() };
        Application::new(callable, module, errors, settings.workers.threads > 1, files)
    };
    build().map_err(|error| StartError::Exception(describe(module, &error)))
}

/// The list of static files. A file that cannot be examined, one that changes meanwhile, and one that shows whether the
/// application answers, are left to the application.
fn listed(
    version: &str,
    files: Vec<Listed>,
    monitored: &'static [&'static str],
) -> static_files::StaticFiles {
    let mut list = static_files::StaticFiles::new(version, monitored);
    for (address, path, modified, headers) in files {
        match list.add(&address, &path, modified, headers) {
            Ok(true) => {}
            Ok(false) => log::debug(&format!("the application answers for {address}")),
            Err(error) => log::debug(&format!("the application answers for {address}: {error}")),
        }
    }
    log::info(&format!("the bridge sends {} static files without the application", list.len()));
    list
}

fn describe(module: &Bound<'_, PyModule>, error: &PyErr) -> String {
    let py = module.py();
    let text = module.getattr("describe").and_then(|describe| describe.call1((error.value(py),)));
    text.map_or_else(|_| plain(py, error), |text| text.to_string())
}

/// Runs the application's `atexit` handlers, as a process of its own would when it ends.
pub(crate) fn end(application: Arc<Application>) {
    Python::attach(|py| {
        let module = application.module.bind(py);
        if let Err(error) = module.call_method0("end") {
            let reason = describe(module, &error);
            py.detach(|| log::warning(&format!("the application could not shut down: {reason}")));
        }
        drop(application);
    });
}

/// The module of `bootstrap.py`, once Python has started.
pub(super) fn foundation() -> Option<&'static Py<PyModule>> {
    FOUNDATION.get().map(|foundation| &foundation.module)
}

/// A line that the application wrote to a standard stream.
#[pyfunction]
fn write_line(py: Python<'_>, line: String) {
    py.detach(|| log::output(&line));
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
