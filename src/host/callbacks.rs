//! The four functions of the control block, as the bridge calls them.
//!
//! What enters: raw pointers from the bridge. What leaves: safe calls on the [`Exchange`], and a last-error number
//! where they fail. Absent: decisions. Asynchronous input and output, VECTOR_SEND and TRANSMIT_FILE answer with
//! error 87, as on hosts that lack them.

use std::ffi::{CStr, c_char, c_void};
use std::slice;

use super::block::{self, SendHeaderEx};
use super::exchange::Exchange;

/// `HSE_IO_ASYNC`, a flag of `WriteClient`.
const ASYNCHRONOUS: u32 = 2;

/// `GetServerVariable`.
///
/// # Safety
/// As httpext.h has it: `connection` is a ConnID of this host, `name` a C string, `size` valid, and `buffer` either
/// NULL or writable for `*size` bytes.
pub(super) unsafe extern "system" fn get_server_variable(
    connection: *mut c_void,
    name: *const c_char,
    buffer: *mut c_void,
    size: *mut u32,
) -> i32 {
    // SAFETY: the caller's promise, and the host keeps every exchange.
    let (exchange, name, size) = unsafe { (exchange(connection), CStr::from_ptr(name), &mut *size) };
    let name = name.to_string_lossy();
    if let Err(error) = exchange.in_time("GetServerVariable") {
        return answer(Err(error));
    }
    if name.contains("AUTH_PASSWORD") {
        exchange.violation("the client's password was read".into());
    }
    let Some(value) = exchange.variables.get(&name) else { return answer(Err(block::ERROR_INVALID_INDEX)) };
    let room = std::mem::replace(size, value.len() as u32) as usize;
    if buffer.is_null() || room < value.len() {
        return answer(Err(block::ERROR_INSUFFICIENT_BUFFER));
    }
    // SAFETY: the buffer holds at least `value.len()` bytes by the check above.
    unsafe { buffer.cast::<u8>().copy_from_nonoverlapping(value.as_ptr(), value.len()) };
    answer(Ok(()))
}

/// `WriteClient`.
///
/// # Safety
/// As httpext.h has it: `buffer` is readable for `*size` bytes.
pub(super) unsafe extern "system" fn write_client(
    connection: *mut c_void,
    buffer: *const c_void,
    size: *mut u32,
    flags: u32,
) -> i32 {
    if flags & ASYNCHRONOUS != 0 {
        return answer(Err(block::ERROR_INVALID_PARAMETER));
    }
    // SAFETY: the caller's promise, and the host keeps every exchange.
    let (exchange, bytes) = unsafe { (exchange(connection), bytes(buffer.cast(), *size)) };
    answer(exchange.write(bytes))
}

/// `ReadClient`.
///
/// # Safety
/// As httpext.h has it: `buffer` is writable for `*size` bytes.
pub(super) unsafe extern "system" fn read_client(
    connection: *mut c_void,
    buffer: *mut c_void,
    size: *mut u32,
) -> i32 {
    // SAFETY: the caller's promise, and the host keeps every exchange.
    let (exchange, size) = unsafe { (exchange(connection), &mut *size) };
    match exchange.read(*size as usize) {
        Ok(read) => {
            // SAFETY: `read` never hands out more than was asked for.
            unsafe { buffer.cast::<u8>().copy_from_nonoverlapping(read.as_ptr(), read.len()) };
            *size = read.len() as u32;
            answer(Ok(()))
        }
        Err(error) => answer(Err(error)),
    }
}

/// `ServerSupportFunction`.
///
/// # Safety
/// As httpext.h has it: the pointers are what the request number says.
pub(super) unsafe extern "system" fn server_support_function(
    connection: *mut c_void,
    request: u32,
    buffer: *mut c_void,
    size: *mut u32,
    _data_type: *mut u32,
) -> i32 {
    // SAFETY: the caller's promise, and the host keeps every exchange.
    let exchange = unsafe { exchange(connection) };
    answer(match request {
        block::DONE_WITH_SESSION => {
            // SAFETY: the buffer is NULL or points to the status.
            let status = unsafe { buffer.cast::<u32>().as_ref() };
            exchange.done(status.copied().unwrap_or(block::STATUS_SUCCESS))
        }
        // SAFETY: the buffer is a HSE_SEND_HEADER_EX_INFO for this request number.
        block::SEND_RESPONSE_HEADER_EX => unsafe { send_head(exchange, &*buffer.cast::<SendHeaderEx>()) },
        // SAFETY: the buffer is a BOOL for these two.
        block::IS_CONNECTED => unsafe { tell(exchange, buffer, exchange.connected()) },
        // SAFETY: as above.
        block::IS_KEEP_CONNECTION => unsafe {
            tell(exchange, buffer, exchange.request.protocol == "HTTP/1.1")
        },
        block::IS_IN_PROCESS => {
            // SAFETY: the buffer is a DWORD; 3 stands for a worker process.
            unsafe { *buffer.cast::<u32>() = 3 };
            Ok(())
        }
        block::APPEND_LOG_PARAMETER
        | block::CLOSE_CONNECTION
        | block::REPORT_UNHEALTHY
        | block::SET_FLUSH_FLAG => exchange.in_time("ServerSupportFunction"),
        _ => {
            let _ = size;
            Err(block::ERROR_INVALID_PARAMETER)
        }
    })
}

/// # Safety
/// `connection` is a ConnID of this host.
unsafe fn exchange<'a>(connection: *mut c_void) -> &'a Exchange {
    // SAFETY: the ConnID is the address of an exchange, which the host never frees.
    unsafe { &*connection.cast::<Exchange>() }
}

/// # Safety
/// `pointer` is readable for `length` bytes, or `length` is 0.
unsafe fn bytes<'a>(pointer: *const u8, length: u32) -> &'a [u8] {
    if length == 0 || pointer.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(pointer, length as usize) }
}

/// # Safety
/// The structure's pointers are readable for their lengths.
unsafe fn send_head(exchange: &Exchange, info: &SendHeaderEx) -> Result<(), u32> {
    // SAFETY: the caller's promise.
    let (status, headers) =
        unsafe { (bytes(info.status, info.status_length), bytes(info.headers, info.headers_length)) };
    exchange.head(status, headers, info.keep_connection != 0)
}

/// # Safety
/// `buffer` points to a BOOL.
unsafe fn tell(exchange: &Exchange, buffer: *mut c_void, value: bool) -> Result<(), u32> {
    exchange.in_time("ServerSupportFunction")?;
    // SAFETY: the caller's promise.
    unsafe { *buffer.cast::<i32>() = i32::from(value) };
    Ok(())
}

/// A BOOL, and the thread's last error beside it.
fn answer(result: Result<(), u32>) -> i32 {
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

/// Elsewhere `errno` stands in, with the same numbers.
#[cfg(not(windows))]
fn set_last_error(error: u32) {
    unsafe extern "C" {
        safe fn __errno_location() -> *mut i32;
    }
    // SAFETY: the C library returns the address of this thread's errno.
    unsafe { *__errno_location() = error as i32 };
}
