//! The C library's descriptors 0, 1 and 2, which Python turns into its standard streams, and the system's standard handles,
//! which programs started by Python inherit.
//!
//! What enters: nothing. What leaves: three descriptors that Python can use, and three handles that a program can inherit.
//! In a worker process a descriptor may be closed, or open over a handle that is no longer valid. With an invalid handle
//! Python ends the process. With a closed descriptor Python would use its number for the first file that it opens. A
//! standard handle may be missing or closed, or its number may by now belong to another object: a program could not be
//! started with it, or would inherit a handle of the worker process. Absent: a change to anything that works.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::{fmt, io};

use libloading::Library;
use libloading::os::windows::Library as WindowsLibrary;

const FILE_TYPE_UNKNOWN: u32 = 0;
const FILE_TYPE_DISK: u32 = 1;
const READ_AND_WRITE: c_int = 2;
const GENERIC_READ_AND_WRITE: u32 = 0xc000_0000;
const SHARE_READ_AND_WRITE: u32 = 3;
const OPEN_EXISTING: u32 = 3;
const INVALID_HANDLE: isize = -1;
/// `HANDLE_FLAG_PROTECT_FROM_CLOSE`.
const PROTECT_FROM_CLOSE: u32 = 2;
/// Windows' number for the standard handle of descriptor 0; the next two count down.
const FIRST_STANDARD_HANDLE: i32 = -10;
const NOWHERE: &CStr = c"NUL";

/// `SECURITY_ATTRIBUTES`.
#[repr(C)]
struct SecurityAttributes {
    size: u32,
    descriptor: *const c_void,
    inherits: i32,
}

/// Room for a `BY_HANDLE_FILE_INFORMATION`.
type FileInformation = [u32; 13];

type Handler = unsafe extern "C" fn(*const u16, *const u16, *const u16, u32, usize);

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetStdHandle(number: i32) -> *mut c_void;
    fn SetStdHandle(number: i32, handle: *mut c_void) -> i32;
    fn CreateFileA(
        name: *const c_char,
        access: u32,
        share: u32,
        attributes: *const SecurityAttributes,
        disposition: u32,
        flags: u32,
        template: *mut c_void,
    ) -> *mut c_void;
    fn SetHandleInformation(handle: *mut c_void, mask: u32, flags: u32) -> i32;
    fn GetFileType(handle: *mut c_void) -> u32;
    fn GetFileInformationByHandle(handle: *mut c_void, information: *mut FileInformation) -> i32;
}

/// The functions that are needed from Python's own C library.
struct Runtime {
    get_handle: unsafe extern "C" fn(c_int) -> isize,
    close: unsafe extern "C" fn(c_int) -> c_int,
    open: unsafe extern "C" fn(*const c_char, c_int, ...) -> c_int,
    set_handler: unsafe extern "C" fn(Option<Handler>) -> Option<Handler>,
}

/// Why Python would not get a standard stream that it can use.
#[derive(Debug)]
pub(crate) enum RepairError {
    /// Python's C library is not loaded.
    NoRuntime(libloading::Error),
    /// Python's C library lacks a function.
    Runtime(libloading::Error),
    /// The C library gave the null device another descriptor, or none.
    Descriptor { wanted: c_int, opened: c_int },
    /// The system refused the null device for the standard handle of this number.
    Handle(i32, io::Error),
}

impl fmt::Display for RepairError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRuntime(error) => write!(formatter, "Python's C library was not found: {error}"),
            Self::Runtime(error) => write!(formatter, "Python's C library is not as expected: {error}"),
            Self::Descriptor { wanted, opened } => {
                write!(formatter, "descriptor {wanted} could not be opened over nothing ({opened})")
            }
            Self::Handle(number, error) => {
                write!(formatter, "standard handle {number} could not be set: {error}")
            }
        }
    }
}

impl std::error::Error for RepairError {}

/// Reopens the closed or broken ones of the three descriptors and three handles on the null device.
pub(super) fn repair() -> Result<(), RepairError> {
    let library = WindowsLibrary::open_already_loaded("ucrtbase.dll").map(Library::from);
    let library = library.map_err(RepairError::NoRuntime)?;
    let runtime = Runtime::find(&library).map_err(RepairError::Runtime)?;
    // SAFETY: the handler is a function of the wanted kind; without it the C library ends the process when it is
    // asked about a closed descriptor.
    let before = unsafe { (runtime.set_handler)(Some(ignore)) };
    let repaired = (0..=2).try_for_each(|descriptor| runtime.repair(descriptor));
    // SAFETY: this is the handler that was set before.
    unsafe { (runtime.set_handler)(before) };
    repaired
        .and_then(|()| (0..=2).try_for_each(|descriptor| repair_handle(FIRST_STANDARD_HANDLE - descriptor)))
}

/// Replaces a standard handle that no program could inherit with the null device. The old handle is not closed: it is
/// invalid, or belongs to other code.
fn repair_handle(number: i32) -> Result<(), RepairError> {
    // SAFETY: any of the three may be asked for.
    if is_usable(unsafe { GetStdHandle(number) }) {
        return Ok(());
    }
    let attributes = SecurityAttributes {
        size: size_of::<SecurityAttributes>() as u32,
        descriptor: std::ptr::null(),
        inherits: 1,
    };
    // SAFETY: the name ends with a zero, and the attributes outlive the call; the new handle is never closed.
    let is_set = unsafe {
        let nowhere = CreateFileA(
            NOWHERE.as_ptr(),
            GENERIC_READ_AND_WRITE,
            SHARE_READ_AND_WRITE,
            &attributes,
            OPEN_EXISTING,
            0,
            std::ptr::null_mut(),
        );
        nowhere as isize != INVALID_HANDLE && SetStdHandle(number, nowhere) != 0
    };
    is_set.then_some(()).ok_or_else(|| RepairError::Handle(number, io::Error::last_os_error()))
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

    fn repair(&self, descriptor: c_int) -> Result<(), RepairError> {
        // SAFETY: any descriptor may be asked for while the handler is set.
        let handle = unsafe { (self.get_handle)(descriptor) };
        if handle >= 0 && is_usable(handle as *mut c_void) {
            return Ok(());
        }
        if handle != -1 {
            self.release(descriptor, handle as *mut c_void);
        }
        // The C library assigns the lowest free descriptor, which is this one, since those below are open.
        // SAFETY: the name ends with a zero, and this flag takes no third argument.
        let opened = unsafe { (self.open)(NOWHERE.as_ptr(), READ_AND_WRITE) };
        match opened == descriptor {
            true => Ok(()),
            false => Err(RepairError::Descriptor { wanted: descriptor, opened }),
        }
    }

    /// Closes a descriptor but not its handle, since the handle's number may by now belong to another object.
    fn release(&self, descriptor: c_int, handle: *mut c_void) {
        // SAFETY: any handle may be asked to be protected, and any open descriptor closed while the handler is set; where
        // the handle cannot be closed, the C library frees the descriptor anyway.
        unsafe {
            let is_protected = SetHandleInformation(handle, PROTECT_FROM_CLOSE, PROTECT_FROM_CLOSE) != 0;
            (self.close)(descriptor);
            if is_protected {
                SetHandleInformation(handle, PROTECT_FROM_CLOSE, 0);
            }
        }
    }
}

/// Whether Python could use the handle.
fn is_usable(handle: *mut c_void) -> bool {
    // SAFETY: any value may be asked for.
    let kind = if handle.is_null() { FILE_TYPE_UNKNOWN } else { unsafe { GetFileType(handle) } };
    let mut information = FileInformation::default();
    match kind {
        FILE_TYPE_UNKNOWN => false,
        // SAFETY: the structure is as long as the function requires.
        FILE_TYPE_DISK => unsafe { GetFileInformationByHandle(handle, &mut information) != 0 },
        _ => true,
    }
}

unsafe extern "C" fn ignore(_: *const u16, _: *const u16, _: *const u16, _: u32, _: usize) {}
