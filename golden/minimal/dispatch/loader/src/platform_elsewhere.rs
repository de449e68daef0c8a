//! Shared objects, for trying out a deployment without Windows.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use kallithea_bridge_isapi::settings::Version;
use libloading::Library;
use libloading::os::unix::{Library as UnixLibrary, RTLD_GLOBAL, RTLD_LOCAL, RTLD_NOW};

use crate::error::{LoadError, StartError};

/// The structure that `dladdr` fills.
#[repr(C)]
struct Place {
    file: *const c_char,
    base: *mut c_void,
    symbol: *const c_char,
    address: *mut c_void,
}

unsafe extern "C" {
    fn dladdr(address: *const c_void, place: *mut Place) -> c_int;
}

/// Python's shared object: in the home's `lib`, otherwise where the system finds one with that name.
pub(crate) fn python_libraries(home: &Path, version: Version) -> Vec<PathBuf> {
    let (major, minor) = version;
    let name = format!("libpython{major}.{minor}.so.1.0");
    let own = home.join("lib").join(&name);
    vec![if own.is_file() { own } else { PathBuf::from(name) }]
}

/// Loads Python so that the engine and Python's own modules find its symbols.
pub(crate) fn load_python(path: &Path) -> Result<(), LoadError> {
    load(path, RTLD_GLOBAL).map(std::mem::forget)
}

/// Loads a library whose symbols no other library needs.
pub(super) fn load_local(path: &Path) -> Result<Library, LoadError> {
    load(path, RTLD_LOCAL)
}

fn load(path: &Path, visibility: c_int) -> Result<Library, LoadError> {
    // SAFETY: Python's shared object and the engine may be loaded at any time.
    let library = unsafe { UnixLibrary::open(Some(path), RTLD_NOW | visibility) };
    Ok(library?.into())
}

/// Checks nothing here: the engine finds out whether another Python runs.
pub(crate) fn check_no_other_python(_home: &Path, _version: Version) -> Result<(), StartError> {
    Ok(())
}

/// The folder of this library.
pub(crate) fn own_folder() -> io::Result<PathBuf> {
    Ok(own_file()?.parent().map(Path::to_owned).unwrap_or_default())
}

/// Keeps this library loaded until the process ends, however often it is freed.
pub(crate) fn stay() -> io::Result<()> {
    /// The flag of `dlopen` for this.
    const RTLD_NODELETE: c_int = 0x1000;
    let file = own_file()?;
    // SAFETY: the library is loaded already, so nothing of it runs now.
    let library = unsafe { UnixLibrary::open(Some(file), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) };
    Ok(library.map(drop).map_err(LoadError::from)?)
}

fn own_file() -> io::Result<PathBuf> {
    let mut place = Place {
        file: std::ptr::null(),
        base: std::ptr::null_mut(),
        symbol: std::ptr::null(),
        address: std::ptr::null_mut(),
    };
    // SAFETY: any address may be asked for, and the structure has dladdr's layout.
    if unsafe { dladdr(own_file as *const c_void, &mut place) } == 0 || place.file.is_null() {
        return Err(io::Error::other("dladdr does not know it"));
    }
    // SAFETY: dladdr returned the file's name, which lives as long as the library.
    let file = unsafe { CStr::from_ptr(place.file) };
    std::path::absolute(Path::new(std::ffi::OsStr::from_bytes(file.to_bytes())))
}
