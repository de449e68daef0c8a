//! Python without a bridge, in the library that a bridge would embed.
//!
//! In: that library, a script and its arguments. Out: the script's exit code. Absent: Windows; the floor is measured
//! on Linux.

use std::ffi::OsString;
use std::path::Path;

/// Runs a script like `python` does.
#[cfg(unix)]
pub fn run(library: &Path, arguments: &[OsString]) -> Result<i32, String> {
    use std::ffi::{CString, c_char, c_int};
    use std::os::unix::ffi::OsStrExt;

    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

    let texts = std::iter::once("python".as_ref()).chain(arguments.iter().map(OsString::as_os_str));
    let texts: Result<Vec<_>, _> = texts.map(|text| CString::new(text.as_bytes())).collect();
    let texts = texts.map_err(|error| error.to_string())?;
    let mut pointers: Vec<*mut c_char> = texts.iter().map(|text| text.as_ptr().cast_mut()).collect();
    // SAFETY: the caller who names the library guarantees that it is Python's; extension modules need its symbols.
    let library = unsafe { Library::open(Some(library), RTLD_NOW | RTLD_GLOBAL) };
    let library = library.map_err(|error| error.to_string())?;
    // SAFETY: Python's documentation gives Py_BytesMain this signature.
    let main =
        unsafe { library.get::<unsafe extern "C" fn(c_int, *mut *mut c_char) -> c_int>(b"Py_BytesMain\0") };
    let main = main.map_err(|error| error.to_string())?;
    // SAFETY: the arguments are those that C's main gets: a count of pointers to texts, all of which live until
    // Python has ended.
    Ok(unsafe { main(pointers.len() as c_int, pointers.as_mut_ptr()) })
}

/// The floor is measured on Linux only.
#[cfg(not(unix))]
pub fn run(_library: &Path, _arguments: &[OsString]) -> Result<i32, String> {
    Err("the floor is measured on Linux".into())
}
