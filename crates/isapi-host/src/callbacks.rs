//! The four functions of the control block, as the bridge calls them.
//!
//! In: raw pointers from the bridge. Out: safe calls on the exchange, and a last-error number if they fail. Absent: decisions,
//! and asynchronous input and output. The latter would need a buffer that outlives its call; asking for it fails with error 87
//! and is noted as a violation.

use std::ffi::{CStr, c_char, c_void};
use std::slice;

use super::{block, support, table};

/// `GetServerVariable`.
///
/// # Safety
/// As httpext.h specifies: `name` is a C string, `size` valid, and `buffer` either NULL or writable for `*size` bytes.
pub(super) unsafe extern "system" fn get_server_variable(
    connection: *mut c_void,
    name: *const c_char,
    buffer: *mut c_void,
    size: *mut u32,
) -> i32 {
    let Some(exchange) = table::find(connection, "GetServerVariable") else { return too_late() };
    let mut call = match exchange.call("GetServerVariable") {
        Ok(call) => call,
        Err(error) => return answer(Err(error)),
    };
    // SAFETY: the caller's promise.
    let (name, size) = unsafe { (CStr::from_ptr(name).to_bytes(), &mut *size) };
    if name.windows(PASSWORD.len()).any(|part| part.eq_ignore_ascii_case(PASSWORD)) {
        call.violation("the client's password was read");
    }
    let habits = &exchange.terms.abilities.variables;
    let Some(value) = exchange.request.variables.get(name) else {
        return answer(Err(habits.unknown_error));
    };
    let is_wide = name.get(..8).is_some_and(|begin| begin.eq_ignore_ascii_case(b"UNICODE_"));
    let room = std::mem::replace(size, habits.sizes.said(value.len(), is_wide, *size)) as usize;
    if buffer.is_null() || room < value.len() {
        return answer(Err(habits.small_error));
    }
    // SAFETY: the buffer holds at least `value.len()` bytes by the check above.
    unsafe { buffer.cast::<u8>().copy_from_nonoverlapping(value.as_ptr(), value.len()) };
    answer(Ok(()))
}

const PASSWORD: &[u8] = b"AUTH_PASSWORD";

/// `WriteClient`.
///
/// # Safety
/// As httpext.h specifies: `buffer` is readable for `*size` bytes.
pub(super) unsafe extern "system" fn write_client(
    connection: *mut c_void,
    buffer: *const c_void,
    size: *mut u32,
    flags: u32,
) -> i32 {
    let Some(exchange) = table::find(connection, "WriteClient") else { return too_late() };
    let mut call = match exchange.call("WriteClient") {
        Ok(call) => call,
        Err(error) => return answer(Err(error)),
    };
    if flags & block::IO_ASYNC != 0 {
        call.violation("asynchronous WriteClient, whose buffer would outlive the call");
        return answer(Err(block::ERROR_INVALID_PARAMETER));
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { bytes(buffer.cast(), *size) };
    answer(call.write(bytes).and_then(|()| call.flush()))
}

/// `ReadClient`.
///
/// # Safety
/// As httpext.h specifies: `buffer` is writable for `*size` bytes.
pub(super) unsafe extern "system" fn read_client(
    connection: *mut c_void,
    buffer: *mut c_void,
    size: *mut u32,
) -> i32 {
    let Some(exchange) = table::find(connection, "ReadClient") else { return too_late() };
    let mut call = match exchange.call("ReadClient") {
        Ok(call) => call,
        Err(error) => return answer(Err(error)),
    };
    // SAFETY: the caller's promise.
    let size = unsafe { &mut *size };
    let buffer = match *size {
        0 => &mut [],
        // SAFETY: the caller's promise. The bytes may be fresh memory of the bridge; a peer only ever writes to them.
        _ => unsafe { slice::from_raw_parts_mut(buffer.cast::<u8>(), *size as usize) },
    };
    match call.read(buffer) {
        Ok(read) => {
            *size = read as u32;
            answer(Ok(()))
        }
        Err(error) => answer(Err(error)),
    }
}

/// `ServerSupportFunction`.
///
/// # Safety
/// As httpext.h specifies: the pointers are what the request number says.
pub(super) unsafe extern "system" fn server_support_function(
    connection: *mut c_void,
    request: u32,
    buffer: *mut c_void,
    size: *mut u32,
    data_type: *mut u32,
) -> i32 {
    let Some(exchange) = table::find_for_request(connection, request) else { return too_late() };
    if exchange.terms.abilities.refuses(request) {
        return support::refuse(&exchange, request);
    }
    // SAFETY: the caller's promise.
    answer(unsafe { support::serve(&exchange, request, (buffer, size, data_type)) })
}

/// The bytes behind a pointer and a length.
///
/// # Safety
/// `pointer` is readable for `length` bytes, or `length` is 0, for as long as the result is used.
pub(super) unsafe fn bytes<'a>(pointer: *const u8, length: u32) -> &'a [u8] {
    if length == 0 || pointer.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(pointer, length as usize) }
}

/// The answer to a call on a connection that the host no longer knows.
fn too_late() -> i32 {
    answer(Err(block::ERROR_INVALID_PARAMETER))
}

/// A BOOL; a failure also sets the thread's last error.
pub(super) fn answer(result: Result<(), u32>) -> i32 {
    match result {
        Ok(()) => 1,
        Err(error) => {
            set_last_error(error);
            0
        }
    }
}

#[cfg(windows)]
fn set_last_error(error: u32) {
    #[link(name = "kernel32")]
    unsafe extern "system" {
        safe fn SetLastError(error: u32);
    }
    SetLastError(error);
}

/// On other systems `errno` is used instead, with the same numbers.
#[cfg(not(windows))]
fn set_last_error(error: u32) {
    unsafe extern "C" {
        safe fn __errno_location() -> *mut i32;
    }
    // SAFETY: the C library returns the address of this thread's errno.
    unsafe { *__errno_location() = error as i32 };
}
