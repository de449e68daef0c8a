//! A server of a few functions behind a control block, for what goes through the exports' own code.
//!
//! In: what a request consists of. Out: a control block, and what was done to it. Absent: strictness, which the host has;
//! the fuzz target uses this too.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;

use kallithea_bridge_isapi::abi::ControlBlock;

const UNKNOWN_VARIABLE: i32 = 1413;
const INSUFFICIENT_BUFFER: i32 = 122;
const CONNECTION_INVALID: i32 = 1229;
const NOT_SUPPORTED: i32 = 50;

const DONE_WITH_SESSION: u32 = 4;
const CLOSE_CONNECTION: u32 = 1017;

/// A request as the server holds it.
#[derive(Debug, Default)]
pub struct Server {
    pub method: Option<CString>,
    pub query: Option<CString>,
    pub path_info: Option<CString>,
    pub content_type: Option<CString>,
    pub total_bytes: u32,
    pub available: Vec<u8>,
    pub variables: HashMap<Vec<u8>, Vec<u8>>,
    /// What is left of the body, from its end.
    pub pieces: RefCell<Vec<Vec<u8>>>,
    /// After so many more calls the client is gone.
    pub patience: RefCell<usize>,
    /// Whether the server knows VECTOR_SEND and its like.
    pub is_modern: bool,
    pub completions: RefCell<Vec<u32>>,
    pub closed: RefCell<bool>,
}

impl Server {
    /// The control block of the request; it is valid as long as the server is.
    pub fn block(&self) -> ControlBlock {
        let text = |text: &Option<CString>| text.as_ref().map_or(ptr::null(), |text| text.as_ptr());
        ControlBlock {
            size: size_of::<ControlBlock>() as u32,
            version: 0x0008_0000,
            connection: ptr::from_ref(self).cast_mut().cast(),
            http_status_code: 200,
            log_data: [0; 80],
            method: text(&self.method),
            query_string: text(&self.query),
            path_info: text(&self.path_info),
            path_translated: ptr::null(),
            total_bytes: self.total_bytes,
            available_bytes: self.available.len() as u32,
            available: if self.available.is_empty() { ptr::null() } else { self.available.as_ptr() },
            content_type: text(&self.content_type),
            get_server_variable,
            write_client,
            read_client,
            server_support_function,
        }
    }

    fn is_gone(&self) -> bool {
        let mut patience = self.patience.borrow_mut();
        *patience = patience.saturating_sub(1);
        *patience == 0
    }
}

/// # Safety
/// `connection` comes from [`Server::block`], and the server still lives.
unsafe fn server<'a>(connection: *mut c_void) -> &'a Server {
    // SAFETY: the caller's promise.
    unsafe { &*connection.cast::<Server>() }
}

fn answer(result: Result<(), i32>) -> i32 {
    let Err(error) = result else { return 1 };
    set_last_error(error);
    0
}

#[cfg(not(windows))]
fn set_last_error(error: i32) {
    unsafe extern "C" {
        safe fn __errno_location() -> *mut i32;
    }
    // SAFETY: the C library returns the address of this thread's errno.
    unsafe { *__errno_location() = error };
}

#[cfg(windows)]
fn set_last_error(error: i32) {
    #[link(name = "kernel32")]
    unsafe extern "system" {
        safe fn SetLastError(error: u32);
    }
    SetLastError(error.cast_unsigned());
}

unsafe extern "system" fn get_server_variable(
    connection: *mut c_void,
    name: *const c_char,
    buffer: *mut c_void,
    size: *mut u32,
) -> i32 {
    // SAFETY: the bridge passes back what it was given, a C string, and a buffer of the size that it names.
    let (server, name, size) = unsafe { (server(connection), CStr::from_ptr(name), &mut *size) };
    assert_ne!(name, c"AUTH_PASSWORD", "nobody reads the password");
    let Some(value) = server.variables.get(name.to_bytes()) else { return answer(Err(UNKNOWN_VARIABLE)) };
    let room = std::mem::replace(size, value.len() as u32) as usize;
    if room < value.len() {
        return answer(Err(INSUFFICIENT_BUFFER));
    }
    // SAFETY: the buffer has room for the value.
    unsafe { ptr::copy_nonoverlapping(value.as_ptr(), buffer.cast(), value.len()) };
    1
}

unsafe extern "system" fn write_client(
    connection: *mut c_void,
    _buffer: *const c_void,
    _size: *mut u32,
    _flags: u32,
) -> i32 {
    // SAFETY: the bridge passes back what it was given.
    let server = unsafe { server(connection) };
    answer(if server.is_gone() { Err(CONNECTION_INVALID) } else { Ok(()) })
}

unsafe extern "system" fn read_client(connection: *mut c_void, buffer: *mut c_void, size: *mut u32) -> i32 {
    // SAFETY: the bridge passes back what it was given, and a buffer of the size that it names.
    let (server, size) = unsafe { (server(connection), &mut *size) };
    if server.is_gone() {
        return answer(Err(CONNECTION_INVALID));
    }
    let mut piece = server.pieces.borrow_mut().pop().unwrap_or_default();
    let length = piece.len().min(*size as usize);
    // SAFETY: the buffer has room for so many bytes.
    unsafe { ptr::copy_nonoverlapping(piece.as_ptr(), buffer.cast(), length) };
    if length < piece.len() {
        server.pieces.borrow_mut().push(piece.split_off(length));
    }
    *size = length as u32;
    1
}

unsafe extern "system" fn server_support_function(
    connection: *mut c_void,
    request: u32,
    buffer: *mut c_void,
    _size: *mut u32,
    _data_type: *mut u32,
) -> i32 {
    // SAFETY: the bridge passes back what it was given.
    let server = unsafe { server(connection) };
    match request {
        // SAFETY: the buffer is the status for this request number.
        DONE_WITH_SESSION => server.completions.borrow_mut().push(unsafe { *buffer.cast() }),
        CLOSE_CONNECTION => *server.closed.borrow_mut() = true,
        _ if server.completions.borrow().is_empty() && server.is_gone() => {
            return answer(Err(CONNECTION_INVALID));
        }
        1016 => {}
        _ if server.is_modern => {}
        _ => return answer(Err(NOT_SUPPORTED)),
    }
    1
}
