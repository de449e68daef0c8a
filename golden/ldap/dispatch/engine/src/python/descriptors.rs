//! The C library's descriptors 0, 1 and 2, which Python turns into its standard streams.
//!
//! What enters: nothing. What leaves: three descriptors that Python can look at. In a worker process they may be closed,
//! or open over handles that are not valid any more; over such a one Python gives up and ends the process, and over a
//! closed one it would put the first file that it opens. Absent: a change to any descriptor that works.

use std::ffi::{CStr, c_char, c_int, c_void};

use libloading::Library;
use libloading::os::windows::Library as WindowsLibrary;

const FILE_TYPE_UNKNOWN: u32 = 0;
const FILE_TYPE_DISK: u32 = 1;
const READ_AND_WRITE: c_int = 2;
const DUPLICATE_SAME_ACCESS: u32 = 2;
/// The system's own number of the handle that is descriptor 0; the next two follow downwards.
const FIRST_STANDARD_HANDLE: i32 = -10;
const NOWHERE: &CStr = c"NUL";

/// Room for a `BY_HANDLE_FILE_INFORMATION`.
type FileInformation = [u32; 13];

type Handler = unsafe extern "C" fn(*const u16, *const u16, *const u16, u32, usize);

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetStdHandle(number: i32) -> *mut c_void;
    fn SetStdHandle(number: i32, handle: *mut c_void) -> i32;
    fn GetCurrentProcess() -> *mut c_void;
    fn DuplicateHandle(
        from: *mut c_void,
        handle: *mut c_void,
        to: *mut c_void,
        duplicate: *mut *mut c_void,
        access: u32,
        inherit: i32,
        options: u32,
    ) -> i32;
    fn GetFileType(handle: *mut c_void) -> u32;
    fn GetFileInformationByHandle(handle: *mut c_void, information: *mut FileInformation) -> i32;
}

/// The functions that are needed of the C library that Python itself uses.
struct Runtime {
    get_handle: unsafe extern "C" fn(c_int) -> isize,
    close: unsafe extern "C" fn(c_int) -> c_int,
    open: unsafe extern "C" fn(*const c_char, c_int, ...) -> c_int,
    set_handler: unsafe extern "C" fn(Option<Handler>) -> Option<Handler>,
}

/// Opens what is closed or broken among the three over nothing; the reason where that is not possible.
pub(super) fn repair() -> Result<(), String> {
    let library = WindowsLibrary::open_already_loaded("ucrtbase.dll").map(Library::from);
    let library = library.map_err(|error| format!("Python's C library was not found: {error}"))?;
    let runtime = Runtime::find(&library).map_err(|error| format!("Python's C library is odd: {error}"))?;
    // SAFETY: the handler is a function of the wanted kind; without it the C library ends the process when it is
    // asked about a closed descriptor.
    let before = unsafe { (runtime.set_handler)(Some(ignore)) };
    let repaired = (0..=2).try_for_each(|descriptor| runtime.repair(descriptor));
    // SAFETY: this is the handler that was set before.
    unsafe { (runtime.set_handler)(before) };
    repaired
}

impl Runtime {
    fn find(library: &Library) -> Result<Self, libloading::Error> {
        // SAFETY: the C library documents these four with these signatures, and it is never unloaded while Python is.
        unsafe {
            Ok(Self {
                get_handle: *library.get("_get_osfhandle")?,
                close: *library.get("_close")?,
                open: *library.get("_open")?,
                set_handler: *library.get("_set_thread_local_invalid_parameter_handler")?,
            })
        }
    }

    fn repair(&self, descriptor: c_int) -> Result<(), String> {
        // SAFETY: any descriptor may be asked for while the handler is set.
        let handle = unsafe { (self.get_handle)(descriptor) };
        if handle >= 0 && is_usable(handle as *mut c_void) {
            return Ok(());
        }
        let standard = FIRST_STANDARD_HANDLE - descriptor;
        let kept = duplicate_standard_handle(standard);
        if handle != -1 {
            // SAFETY: whoever else uses the handle gets the duplicate below.
            unsafe { (self.close)(descriptor) };
        }
        // The C library gives out the lowest descriptor that is free, which is this one, since those below are open.
        // SAFETY: the name ends with a zero, and this flag takes no third argument.
        let opened = unsafe { (self.open)(NOWHERE.as_ptr(), READ_AND_WRITE) };
        // SAFETY: the handle is a duplicate that belongs to nobody else yet, or the one that was set before.
        unsafe { SetStdHandle(standard, kept) };
        match opened == descriptor {
            true => Ok(()),
            false => Err(format!("descriptor {descriptor} could not be opened over nothing ({opened})")),
        }
    }
}

/// A second handle for the process's own use of a standard stream, since closing the descriptor closes the first; the
/// first where there can be no second.
fn duplicate_standard_handle(number: i32) -> *mut c_void {
    let mut duplicate = std::ptr::null_mut();
    // SAFETY: any handle may be asked to be duplicated, and the pointer is valid.
    unsafe {
        let handle = GetStdHandle(number);
        let process = GetCurrentProcess();
        match DuplicateHandle(process, handle, process, &mut duplicate, 0, 0, DUPLICATE_SAME_ACCESS) {
            0 => handle,
            _ => duplicate,
        }
    }
}

/// Whether Python could look at the handle.
fn is_usable(handle: *mut c_void) -> bool {
    // SAFETY: any value may be asked for.
    let kind = unsafe { GetFileType(handle) };
    let mut information = FileInformation::default();
    match kind {
        FILE_TYPE_UNKNOWN => false,
        // SAFETY: the structure is as long as the function wants it.
        FILE_TYPE_DISK => unsafe { GetFileInformationByHandle(handle, &mut information) != 0 },
        _ => true,
    }
}

unsafe extern "C" fn ignore(_: *const u16, _: *const u16, _: *const u16, _: u32, _: usize) {}
