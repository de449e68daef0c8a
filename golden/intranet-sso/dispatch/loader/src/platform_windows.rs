//! Windows: loads libraries by full path, so that no search order decides which Python runs.

use std::ffi::{OsString, c_void};
use std::os::windows::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::{io, ptr};

use kallithea_bridge_isapi::settings::Version;
use libloading::Library;
use libloading::os::windows::{LOAD_WITH_ALTERED_SEARCH_PATH, Library as WindowsLibrary};

use crate::error::{LoadError, StartError};

/// Minor versions of Python 3 that may already be loaded in the process.
const KNOWN_MINORS: std::ops::RangeInclusive<u8> = 6..=20;

/// `GET_MODULE_HANDLE_EX_FLAG_` values: the name is an address, the reference count stays unchanged, and the module
/// is never unloaded.
const FROM_ADDRESS: u32 = 4;
const UNCHANGED_REFCOUNT: u32 = 2;
const PIN: u32 = 1;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetModuleHandleExW(flags: u32, name: *const u16, module: *mut *mut c_void) -> i32;
    fn GetModuleFileNameW(module: *mut c_void, name: *mut u16, size: u32) -> u32;
}

/// The libraries of a Python, in the order in which they must be loaded.
pub(crate) fn python_libraries(home: &Path, version: Version) -> Vec<PathBuf> {
    let (major, minor) = version;
    vec![home.join(format!("python{major}{minor}.dll")), home.join(format!("python{major}.dll"))]
}

/// Loads one of Python's libraries; it is never unloaded.
pub(crate) fn load_python(path: &Path) -> Result<(), LoadError> {
    load(path).map(std::mem::forget)
}

/// Loads a library, and its imports from its own folder.
pub(super) fn load(path: &Path) -> Result<Library, LoadError> {
    // SAFETY: Python's libraries and the engine may be loaded outside DllMain, which is where this runs.
    let library = unsafe { WindowsLibrary::load_with_flags(path, LOAD_WITH_ALTERED_SEARCH_PATH) };
    Ok(library?.into())
}

/// Refuses a process that has loaded another Python: two of them cannot share one process.
pub(crate) fn check_no_other_python(home: &Path, version: Version) -> Result<(), StartError> {
    let own = python_libraries(home, version);
    let others = KNOWN_MINORS.map(|minor| format!("python3{minor}.dll")).chain(["python3.dll".to_owned()]);
    for name in others {
        let Ok(library) = WindowsLibrary::open_already_loaded(&name) else { continue };
        let module = library.into_raw();
        let path = file_name(module as *mut c_void).unwrap_or_else(|_| PathBuf::from(&name));
        // SAFETY: the handle comes from `into_raw` just above; dropping it gives back the count that was taken.
        drop(unsafe { WindowsLibrary::from_raw(module) });
        if !own.iter().any(|own| is_same(own, &path)) {
            return Err(StartError::OtherPython(path));
        }
    }
    Ok(())
}

/// The folder of this library.
pub(crate) fn own_folder() -> io::Result<PathBuf> {
    let module = own_module(UNCHANGED_REFCOUNT)?;
    Ok(file_name(module)?.parent().map(Path::to_owned).unwrap_or_default())
}

/// Keeps this library loaded until the process ends, however often it is freed.
pub(crate) fn stay() -> io::Result<()> {
    own_module(PIN).map(drop)
}

fn own_module(flag: u32) -> io::Result<*mut c_void> {
    let mut module = ptr::null_mut();
    let address = own_module as *const u16;
    // SAFETY: with this flag the name is any address inside the library.
    match unsafe { GetModuleHandleExW(FROM_ADDRESS | flag, address, &mut module) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(module),
    }
}

fn file_name(module: *mut c_void) -> io::Result<PathBuf> {
    let mut buffer = vec![0_u16; 32_768];
    // SAFETY: the buffer holds as many units as are announced.
    let length = unsafe { GetModuleFileNameW(module, buffer.as_mut_ptr(), buffer.len() as u32) } as usize;
    match buffer.get(..length) {
        Some(name) if length > 0 => Ok(OsString::from_wide(name).into()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    let plain =
        |path: &Path| path.to_string_lossy().trim_start_matches(r"\\?\").replace('/', r"\").to_lowercase();
    plain(one) == plain(other)
}
