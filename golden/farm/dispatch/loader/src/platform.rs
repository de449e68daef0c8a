//! Loads libraries, on Windows and elsewhere.
//!
//! What enters: paths. What leaves: the engine's exports, or the system's error. Absent: unloading. Python, the
//! engine and this library stay until the process ends, since none of them can be unloaded safely.

use std::path::Path;

use kallithea_bridge_isapi::abi::{ControlBlock, VersionInfo};
use libloading::Library;

use crate::error::LoadError;

#[cfg(not(windows))]
pub(crate) use elsewhere::{check_no_other_python, load_python, own_folder, python_libraries, stay};
#[cfg(windows)]
pub(crate) use windows::{check_no_other_python, load_python, own_folder, python_libraries, stay};

#[cfg(not(windows))]
#[path = "platform_elsewhere.rs"]
mod elsewhere;
#[cfg(windows)]
#[path = "platform_windows.rs"]
mod windows;

/// The engine's three exports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Engine {
    pub(crate) get_extension_version: unsafe extern "system" fn(*mut VersionInfo) -> i32,
    pub(crate) http_extension_proc: unsafe extern "system" fn(*mut ControlBlock) -> u32,
    pub(crate) terminate_extension: unsafe extern "system" fn(u32) -> i32,
}

/// Loads the engine and finds its exports. Its imports from Python resolve to the library that is already loaded.
pub(crate) fn load_engine(path: &Path) -> Result<Engine, LoadError> {
    #[cfg(windows)]
    let library = windows::load(path)?;
    #[cfg(not(windows))]
    let library = elsewhere::load_local(path)?;
    let engine = Engine {
        // SAFETY: the engine is built together with this library and gives its exports httpext.h's signatures.
        get_extension_version: unsafe { export(&library, "GetExtensionVersion")? },
        // SAFETY: as above.
        http_extension_proc: unsafe { export(&library, "HttpExtensionProc")? },
        // SAFETY: as above.
        terminate_extension: unsafe { export(&library, "TerminateExtension")? },
    };
    std::mem::forget(library);
    Ok(engine)
}

/// # Safety
/// `T` is the signature of the export called `name`.
unsafe fn export<T: Copy>(library: &Library, name: &'static str) -> Result<T, LoadError> {
    // SAFETY: the caller's promise.
    let symbol = unsafe { library.get::<T>(name) };
    symbol.map(|symbol| *symbol).map_err(|_| LoadError::NoExport(name))
}
