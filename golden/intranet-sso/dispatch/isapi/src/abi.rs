//! ISAPI's structures and the one place that follows their pointers.
//!
//! What enters: the pointers that IIS passes to the three exports. What leaves: a [`Session`], safe to use from any
//! thread and completed exactly once, whatever happens to it. Absent: asynchronous reads and writes.

use std::ffi::{CStr, c_char, c_void};
use std::io;
use std::mem::{ManuallyDrop, offset_of};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::slice;

use crate::client::{Client, Completion};
use crate::log;

/// `HSE_VERSION_INFO`.
#[repr(C)]
#[derive(Debug)]
pub struct VersionInfo {
    /// Version of the interface, major in the high half.
    pub version: u32,
    /// Name of the extension, ended by a zero.
    pub description: [u8; 256],
}

/// `EXTENSION_CONTROL_BLOCK`.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields are httpext.h's, in its order")]
pub struct ControlBlock {
    pub size: u32,
    pub version: u32,
    pub connection: *mut c_void,
    pub http_status_code: u32,
    pub log_data: [u8; 80],
    pub method: *const c_char,
    pub query_string: *const c_char,
    pub path_info: *const c_char,
    pub path_translated: *const c_char,
    pub total_bytes: u32,
    pub available_bytes: u32,
    pub available: *const u8,
    pub content_type: *const c_char,
    pub get_server_variable:
        unsafe extern "system" fn(*mut c_void, *const c_char, *mut c_void, *mut u32) -> i32,
    pub write_client: unsafe extern "system" fn(*mut c_void, *const c_void, *mut u32, u32) -> i32,
    pub read_client: unsafe extern "system" fn(*mut c_void, *mut c_void, *mut u32) -> i32,
    pub server_support_function:
        unsafe extern "system" fn(*mut c_void, u32, *mut c_void, *mut u32, *mut u32) -> i32,
}

/// `HSE_SEND_HEADER_EX_INFO`.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields are httpext.h's, in its order")]
pub struct SendHeaderEx {
    pub status: *const u8,
    pub headers: *const u8,
    pub status_length: u32,
    pub headers_length: u32,
    pub keep_connection: i32,
}

/// httpext.h's layout, on both processors; a compiler that sees another must not go on.
const _: () = {
    let wide = size_of::<usize>() == 8;
    assert!(size_of::<ControlBlock>() == if wide { 192 } else { 144 });
    assert!(offset_of!(ControlBlock, method) == if wide { 104 } else { 96 });
    assert!(offset_of!(ControlBlock, total_bytes) == if wide { 136 } else { 112 });
    assert!(offset_of!(ControlBlock, server_support_function) == if wide { 184 } else { 140 });
    assert!(size_of::<SendHeaderEx>() == if wide { 32 } else { 20 });
    assert!(size_of::<VersionInfo>() == 260);
};

/// Version 8.0 of the interface, which every IIS from 7.0 speaks.
const INTERFACE_VERSION: u32 = 0x0008_0000;

/// `HSE_STATUS_PENDING`: the request will be completed later, or has been meanwhile.
pub const STATUS_PENDING: u32 = 3;
const STATUS_SUCCESS: u32 = 1;
const STATUS_SUCCESS_AND_KEEP_CONNECTION: u32 = 2;
const STATUS_ERROR: u32 = 4;

const DONE_WITH_SESSION: u32 = 4;
const SEND_RESPONSE_HEADER_EX: u32 = 1016;
const CLOSE_CONNECTION: u32 = 1017;

const SYNCHRONOUS: u32 = 1;
const ERROR_INSUFFICIENT_BUFFER: i32 = 122;
const UNKNOWN_LENGTH: u32 = u32::MAX;

/// Room that nearly every server variable fits in.
const USUAL_VARIABLE: usize = 1024;

/// The work of a `GetExtensionVersion` export: names the extension, then runs `start`.
///
/// # Safety
/// `info` is NULL or points to a `HSE_VERSION_INFO` that may be written.
pub unsafe fn version_entry(info: *mut VersionInfo, description: &str, start: impl FnOnce()) -> i32 {
    // SAFETY: the caller's promise.
    let Some(info) = (unsafe { info.as_mut() }) else { return 0 };
    info.version = INTERFACE_VERSION;
    info.description = [0; 256];
    let length = description.len().min(info.description.len() - 1);
    info.description[..length].copy_from_slice(&description.as_bytes()[..length]);
    match catch_unwind(AssertUnwindSafe(start)) {
        Ok(()) => 1,
        Err(_) => {
            log::error("the bridge panicked at its start; this is a fault of the bridge");
            0
        }
    }
}

/// The work of an `HttpExtensionProc` export: hands the request to `serve`, which returns the status for IIS.
///
/// # Safety
/// `block` is NULL or the control block of a request that has just begun.
pub unsafe fn request_entry(block: *mut ControlBlock, serve: impl FnOnce(Session) -> u32) -> u32 {
    let Some(block) = NonNull::new(block) else { return STATUS_ERROR };
    let session = Session { block };
    // A panic drops the session and thereby completes it, so it is no longer ours to complete by the return value.
    catch_unwind(AssertUnwindSafe(|| serve(session))).unwrap_or_else(|_| {
        log::error("the bridge panicked over a request; this is a fault of the bridge");
        STATUS_PENDING
    })
}

/// The work of a `TerminateExtension` export: runs `stop`, and agrees to be unloaded.
pub fn terminate_entry(stop: impl FnOnce()) -> i32 {
    if catch_unwind(AssertUnwindSafe(stop)).is_err() {
        log::error("the bridge panicked at its end; this is a fault of the bridge");
    }
    1
}

/// A request that IIS has handed over, and that has not been completed.
///
/// Whoever holds it may use it from any thread, one at a time. Dropping it completes the request as failed.
#[derive(Debug)]
pub struct Session {
    block: NonNull<ControlBlock>,
}

// SAFETY: ISAPI keeps the control block valid until completion and lets any thread call its functions.
unsafe impl Send for Session {}

impl Session {
    /// Completes the request with DONE_WITH_SESSION, after `HttpExtensionProc` returned [`STATUS_PENDING`].
    pub fn finish(self, completion: Completion) {
        ManuallyDrop::new(self).done(completion);
    }

    /// Completes the request by the status that `HttpExtensionProc` is to return.
    #[must_use]
    pub fn finish_by_return(self, completion: Completion) -> u32 {
        std::mem::forget(self);
        status_of(completion)
    }

    fn done(&self, completion: Completion) {
        let mut status = status_of(completion);
        // A failure leaves nothing to be done: the request is out of our hands either way.
        let _ = self.support(DONE_WITH_SESSION, (&raw mut status).cast());
    }

    fn block(&self) -> &ControlBlock {
        // SAFETY: the session has not been completed, so IIS keeps the block, and only this session writes to it.
        unsafe { self.block.as_ref() }
    }

    fn support(&self, request: u32, argument: *mut c_void) -> io::Result<()> {
        let block = self.block();
        let mut size = 0_u32;
        let mut data_type = 0_u32;
        // SAFETY: the function and its connection come from IIS; every request number used here takes either no
        // argument or the structure that its caller passes.
        let answer = unsafe {
            (block.server_support_function)(block.connection, request, argument, &mut size, &mut data_type)
        };
        check(answer)
    }

    /// Fills `buffer` with a variable and returns its length, or the length that it needs.
    fn variable_into(&self, name: &CStr, buffer: &mut [u8]) -> Result<usize, Option<usize>> {
        let block = self.block();
        let mut size = buffer.len() as u32;
        // SAFETY: the function and its connection come from IIS; the buffer holds `size` bytes.
        let answer = unsafe {
            (block.get_server_variable)(
                block.connection,
                name.as_ptr(),
                buffer.as_mut_ptr().cast(),
                &mut size,
            )
        };
        match check(answer) {
            Ok(()) => Ok((size as usize).min(buffer.len())),
            Err(error) if error.raw_os_error() == Some(ERROR_INSUFFICIENT_BUFFER) => Err(Some(size as usize)),
            Err(_) => Err(None),
        }
    }

    fn text(&self, pointer: *const c_char) -> Option<&[u8]> {
        // SAFETY: the strings of a control block are NULL or end with a zero, and live as long as the block.
        (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_bytes())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.close_connection();
        self.done(Completion::Failed);
    }
}

impl Client for Session {
    fn method(&self) -> &[u8] {
        self.text(self.block().method).unwrap_or_default()
    }

    fn query_string(&self) -> &[u8] {
        self.text(self.block().query_string).unwrap_or_default()
    }

    fn path_info(&self) -> Option<&[u8]> {
        self.text(self.block().path_info)
    }

    fn content_type(&self) -> &[u8] {
        self.text(self.block().content_type).unwrap_or_default()
    }

    fn total_bytes(&self) -> Option<u32> {
        Some(self.block().total_bytes).filter(|&length| length != UNKNOWN_LENGTH)
    }

    fn available(&self) -> &[u8] {
        let block = self.block();
        if block.available.is_null() || block.available_bytes == 0 {
            return &[];
        }
        // SAFETY: IIS vouches for `cbAvailable` bytes at `lpbData` as long as the block lives.
        unsafe { slice::from_raw_parts(block.available, block.available_bytes as usize) }
    }

    fn variable(&self, name: &CStr) -> Option<Vec<u8>> {
        let mut buffer = vec![0; USUAL_VARIABLE];
        let length = match self.variable_into(name, &mut buffer) {
            Err(Some(needed)) => {
                buffer.resize(needed, 0);
                self.variable_into(name, &mut buffer).ok()?
            }
            other => other.ok()?,
        };
        buffer.truncate(length);
        Some(buffer)
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let block = self.block();
        let room = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let mut size = room;
        // SAFETY: the function and its connection come from IIS; the buffer holds at least `size` bytes.
        let answer = unsafe { (block.read_client)(block.connection, buffer.as_mut_ptr().cast(), &mut size) };
        check(answer).map(|()| size.min(room) as usize)
    }

    fn send_head(&self, status: &[u8], headers: &[u8], keep_connection: bool) -> io::Result<()> {
        // Lengths are passed, but a terminator costs nothing and some hosts read up to it.
        let status = [status, b"\0"].concat();
        let headers = [headers, b"\0"].concat();
        let mut info = SendHeaderEx {
            status: status.as_ptr(),
            headers: headers.as_ptr(),
            status_length: (status.len() - 1) as u32,
            headers_length: (headers.len() - 1) as u32,
            keep_connection: i32::from(keep_connection),
        };
        self.support(SEND_RESPONSE_HEADER_EX, (&raw mut info).cast())
    }

    fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        let block = self.block();
        while !bytes.is_empty() {
            let mut size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            // SAFETY: the function and its connection come from IIS; the bytes outlive the synchronous call.
            let answer = unsafe {
                (block.write_client)(block.connection, bytes.as_ptr().cast(), &mut size, SYNCHRONOUS)
            };
            check(answer)?;
            if size == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = bytes.get(size as usize..).unwrap_or_default();
        }
        Ok(())
    }

    fn close_connection(&self) {
        // Where the server cannot, the failed completion says as much.
        let _ = self.support(CLOSE_CONNECTION, std::ptr::null_mut());
    }

    fn set_status_code(&self, code: u16) {
        // SAFETY: the block is valid until completion, and this field is the extension's to write.
        unsafe { (*self.block.as_ptr()).http_status_code = u32::from(code) };
    }
}

fn status_of(completion: Completion) -> u32 {
    match completion {
        Completion::KeepConnection => STATUS_SUCCESS_AND_KEEP_CONNECTION,
        Completion::Close => STATUS_SUCCESS,
        Completion::Failed => STATUS_ERROR,
    }
}

/// A BOOL as a result; the reason is the thread's last error.
fn check(answer: i32) -> io::Result<()> {
    if answer == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Shows a line to whoever debugs the worker process.
#[cfg(windows)]
pub(crate) fn debug_output(line: &str) {
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn OutputDebugStringW(text: *const u16);
    }
    let wide: Vec<u16> = line.encode_utf16().chain([0]).collect();
    // SAFETY: the text ends with a zero.
    unsafe { OutputDebugStringW(wide.as_ptr()) };
}

/// Elsewhere there is no such thing; standard error is free for it.
#[cfg(not(windows))]
pub(crate) fn debug_output(_line: &str) {}
