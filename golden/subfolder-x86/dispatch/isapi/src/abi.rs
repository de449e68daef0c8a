//! ISAPI's structures and the one place that follows their pointers.
//!
//! What enters: the pointers that IIS passes to the three exports. What leaves: a [`Session`], safe to use from any
//! thread and completed exactly once, whatever happens to it. Absent: asynchronous reads and writes; a worker waits
//! for its client.

#[cfg(windows)]
pub(crate) mod accounts;
mod line;
mod pieces;
mod sending;
mod server;
mod session;
mod tracing;
mod variables;

use std::ffi::{c_char, c_void};
use std::mem::offset_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

pub use line::Line;
pub use session::Session;
pub use tracing::{Trace, Verbosity};

use crate::{SETTINGS, log};

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

/// The layout in httpext.h, on both processors. The build stops if the compiler lays them out differently.
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
    server::forget();
    match catch_unwind(AssertUnwindSafe(start)) {
        Ok(()) => 1,
        Err(_) => {
            log::error("the bridge panicked at its start; report this as an error of the bridge");
            0
        }
    }
}

/// The work of an `HttpExtensionProc` export: hands the request to `serve`, which returns the status for the server. Where
/// the server cannot wait for a request's completion, or the settings say so, this function waits instead.
///
/// # Safety
/// `block` is NULL or the control block of a request that has just begun, at least as large as its own size field says.
pub unsafe fn request_entry(block: *mut ControlBlock, serve: impl FnOnce(Session) -> u32) -> u32 {
    let Some(block) = NonNull::new(block) else { return STATUS_ERROR };
    // SAFETY: the caller's promise.
    if !unsafe { server::can_follow(block) } {
        return STATUS_ERROR;
    }
    let mut gate = None;
    // A panic drops the session, which completes the request. The return value must not complete it again.
    let handed_over = AssertUnwindSafe(|| {
        let mut session = Session::new(block);
        if !server::can_wait(&session) || SETTINGS.workers.synchronous {
            gate = Some(session.gate());
        }
        serve(session)
    });
    let status = catch_unwind(handed_over).unwrap_or_else(|_| {
        log::error("the bridge panicked during a request; report this as an error of the bridge");
        STATUS_PENDING
    });
    match gate {
        Some(gate) if status == STATUS_PENDING => gate.wait(),
        _ => status,
    }
}

/// The work of a `TerminateExtension` export: runs `stop`, and agrees to be unloaded.
pub fn terminate_entry(stop: impl FnOnce()) -> i32 {
    if catch_unwind(AssertUnwindSafe(stop)).is_err() {
        log::error("the bridge panicked at its end; report this as an error of the bridge");
    }
    1
}

/// Sends a line to the debugger that is attached to the worker process.
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

/// Other systems have no debugger output; standard error can be used instead.
#[cfg(not(windows))]
pub(crate) fn debug_output(_line: &str) {}
