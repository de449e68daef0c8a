//! An ISAPI extension that does the minimum that a host accepts: headers, a few bytes, done.
//!
//! In: requests, which it does not read. Out: `Hello, world!`. Absent: threads, memory of its own, everything that a
//! bridge is for.
#![allow(non_snake_case, reason = "ISAPI's names")]

use std::ffi::{c_char, c_void};

/// `HSE_VERSION_INFO`.
#[repr(C)]
pub struct VersionInfo {
    version: u32,
    description: [u8; 256],
}

/// `EXTENSION_CONTROL_BLOCK`.
#[repr(C)]
pub struct ControlBlock {
    size: u32,
    version: u32,
    connection: *mut c_void,
    status_code: u32,
    log_data: [u8; 80],
    texts: [*const c_char; 4],
    lengths: [u32; 2],
    data: [*const c_void; 2],
    get_server_variable: *const c_void,
    write_client: unsafe extern "system" fn(*mut c_void, *const c_void, *mut u32, u32) -> i32,
    read_client: *const c_void,
    server_support_function:
        unsafe extern "system" fn(*mut c_void, u32, *mut c_void, *mut u32, *mut u32) -> i32,
}

/// `HSE_SEND_HEADER_EX_INFO`.
#[repr(C)]
struct Head {
    status: *const u8,
    headers: *const u8,
    status_length: u32,
    headers_length: u32,
    keep_connection: i32,
}

const SEND_RESPONSE_HEADER_EX: u32 = 1016;
const SUCCESS_AND_KEEP_CONNECTION: u32 = 2;
const STATUS: &[u8] = b"200 OK\0";
const HEADERS: &[u8] = b"Content-Type: text/plain\r\nContent-Length: 13\r\n\r\n\0";
const BODY: &[u8] = b"Hello, world!";

/// ISAPI's export: begins a life.
///
/// # Safety
/// As httpext.h specifies: `info` points to a `HSE_VERSION_INFO`.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn GetExtensionVersion(info: *mut VersionInfo) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { *info = VersionInfo { version: 0x0008_0000, description: [0; 256] } };
    1
}

/// ISAPI's export: serves a request.
///
/// # Safety
/// As httpext.h specifies: `block` is the control block of a request that has just begun.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn HttpExtensionProc(block: *mut ControlBlock) -> u32 {
    let mut head = Head {
        status: STATUS.as_ptr(),
        headers: HEADERS.as_ptr(),
        status_length: STATUS.len() as u32 - 1,
        headers_length: HEADERS.len() as u32 - 1,
        keep_connection: 1,
    };
    let mut length = BODY.len() as u32;
    let null = std::ptr::null_mut();
    // SAFETY: the caller's promise, and everything pointed to outlives the calls.
    unsafe {
        let block = &*block;
        let head = (&raw mut head).cast();
        (block.server_support_function)(block.connection, SEND_RESPONSE_HEADER_EX, head, null, null);
        (block.write_client)(block.connection, BODY.as_ptr().cast(), &mut length, 1);
    }
    SUCCESS_AND_KEEP_CONNECTION
}

/// ISAPI's export: ends a life.
#[unsafe(no_mangle)]
pub extern "system" fn TerminateExtension(_flags: u32) -> i32 {
    1
}
