//! Loads a bridge and calls its three exports.
//!
//! In: a path, and exchanges. Out: what the exports returned. Absent: unloading; see [`super::Host`].

use std::fmt;
use std::path::{Path, PathBuf};

use libloading::Library;

use super::block::{ControlBlock, VersionInfo};
use super::exchange::Exchange;

type GetExtensionVersion = unsafe extern "system" fn(*mut VersionInfo) -> i32;
type HttpExtensionProc = unsafe extern "system" fn(*mut ControlBlock) -> u32;
type TerminateExtension = unsafe extern "system" fn(u32) -> i32;

/// `HSE_TERM_MUST_UNLOAD`: the host does not ask for consent.
const MUST_UNLOAD: u32 = 2;

/// Why a bridge could not be loaded or started.
#[derive(Debug)]
pub enum LoadError {
    /// The library, or one that it imports, could not be loaded.
    Library(PathBuf, String),
    /// The library lacks an export.
    Export(&'static str),
    /// `GetExtensionVersion` returned failure.
    Refused,
}

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(path, why) => write!(formatter, "cannot load {}: {why}", path.display()),
            Self::Export(name) => write!(formatter, "the library does not export {name}"),
            Self::Refused => formatter.write_str("GetExtensionVersion refused to start"),
        }
    }
}

impl std::error::Error for LoadError {}

/// The exports of a loaded bridge.
pub(super) struct Bridge {
    get_extension_version: GetExtensionVersion,
    http_extension_proc: HttpExtensionProc,
    terminate_extension: TerminateExtension,
}

impl Bridge {
    pub(super) fn load(path: &Path) -> Result<Self, LoadError> {
        let failed = |error: &dyn fmt::Display| LoadError::Library(path.to_owned(), error.to_string());
        let path = std::path::absolute(path).map_err(|error| failed(&error))?;
        // SAFETY: the caller who names the library guarantees that loading it runs no harmful initialisation.
        let library = unsafe { Library::new(&path) }.map_err(|error| failed(&describe(&error)))?;
        let bridge = Self {
            // SAFETY: httpext.h gives this export this signature.
            get_extension_version: unsafe { export(&library, "GetExtensionVersion")? },
            // SAFETY: as above.
            http_extension_proc: unsafe { export(&library, "HttpExtensionProc")? },
            // SAFETY: as above.
            terminate_extension: unsafe { export(&library, "TerminateExtension")? },
        };
        // The function pointers must stay valid, and Python inside the library cannot be unloaded.
        std::mem::forget(library);
        Ok(bridge)
    }

    pub(super) fn version(&self) -> Result<String, LoadError> {
        let mut info = VersionInfo { version: 0, description: [0; 256] };
        // SAFETY: the pointer is valid for the call, which is all that the export may rely on.
        let answer = unsafe { (self.get_extension_version)(&mut info) };
        if answer == 0 {
            return Err(LoadError::Refused);
        }
        let end = info.description.iter().position(|&byte| byte == 0).unwrap_or(info.description.len());
        Ok(String::from_utf8_lossy(&info.description[..end]).into_owned())
    }

    pub(super) fn request(&self, exchange: &Exchange) -> u32 {
        // SAFETY: the host keeps every exchange, and with it the control block, as long as the process lives.
        unsafe { (self.http_extension_proc)(exchange.block()) }
    }

    pub(super) fn terminate(&self) -> bool {
        // SAFETY: the export takes a plain number.
        unsafe { (self.terminate_extension)(MUST_UNLOAD) != 0 }
    }
}

/// # Safety
/// `T` is the signature of the export called `name`.
unsafe fn export<T: Copy>(library: &Library, name: &'static str) -> Result<T, LoadError> {
    // SAFETY: the caller guarantees the type.
    unsafe { library.get::<T>(name) }.map(|symbol| *symbol).map_err(|_| LoadError::Export(name))
}

/// libloading keeps the operating system's message in the error's source.
fn describe(error: &libloading::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
