//! A small server behind a control block, for tests that use the exports' own code.
//!
//! In: the parts of a request. Out: a control block, and a record of the calls. Absent: strictness, which the strict host
//! adds. The fuzz target uses this server, too.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;

use kallithea_bridge_isapi::abi::ControlBlock;

const UNKNOWN_VARIABLE: i32 = 1413;
const INSUFFICIENT_BUFFER: i32 = 122;
const CONNECTION_INVALID: i32 = 1229;
const NOT_SUPPORTED: i32 = 50;

const SEND_RESPONSE_HEADER: u32 = 3;
const DONE_WITH_SESSION: u32 = 4;
const SEND_RESPONSE_HEADER_EX: u32 = 1016;
const CLOSE_CONNECTION: u32 = 1017;
const IS_IN_PROCESS: u32 = 1030;
const VECTOR_SEND: u32 = 1037;
/// `HSE_VECTOR_ELEMENT_TYPE_FILE_HANDLE`.
const FILE_HANDLE: u32 = 1;

/// How a server refuses a call that it does not know.
#[derive(Debug, Default, Clone, Copy)]
pub enum Refusal {
    /// With ERROR_NOT_SUPPORTED.
    #[default]
    NotSupported,
    /// With this error.
    Error(i32),
    /// With failure, but it leaves the thread's last error unchanged.
    Silent,
    /// Not at all: it does nothing, and reports success.
    Yes,
}

/// What a server reports as the size of its variables.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// Bytes, terminator included.
    #[default]
    Bytes,
    /// Bytes, terminator excluded.
    WithoutTerminator,
    /// Letters: half of a UTF-16 variable's bytes.
    Letters,
    /// Nothing.
    Unsaid,
    /// Always more than the buffer's size.
    Never,
}

/// A request, as the server holds it.
#[derive(Debug, Default)]
pub struct Server {
    /// `lpszMethod`.
    pub method: Option<CString>,
    /// `lpszQueryString`.
    pub query: Option<CString>,
    /// `lpszPathInfo`.
    pub path_info: Option<CString>,
    /// `lpszContentType`.
    pub content_type: Option<CString>,
    /// `cbTotalBytes`.
    pub total_bytes: u32,
    /// The part of the body that was read ahead: `lpbData`.
    pub available: Vec<u8>,
    /// The server variables by name, with all their bytes.
    pub variables: HashMap<Vec<u8>, Vec<u8>>,
    /// The rest of the body, last piece first.
    pub pieces: RefCell<Vec<Vec<u8>>>,
    /// After this many more calls the client is gone.
    pub patience: RefCell<usize>,
    /// Whether the server knows VECTOR_SEND and similar calls.
    pub is_modern: bool,
    /// Requests of ServerSupportFunction that even a modern server lacks.
    pub lacks: Vec<u32>,
    /// How the server refuses them.
    pub refusal: Refusal,
    /// How many more parts of files the server can send.
    pub files: RefCell<usize>,
    /// What the server reports as the size of variables.
    pub sizes: Sizes,
    /// Bytes of the response's body.
    pub sent: RefCell<Vec<u8>>,
    /// The requests of ServerSupportFunction that were made, in order.
    pub asked: RefCell<Vec<u32>>,
    /// The statuses with which DONE_WITH_SESSION completed the request.
    pub completions: RefCell<Vec<u32>>,
    /// Whether the connection was closed.
    pub closed: RefCell<bool>,
}

impl Server {
    /// How often a request of ServerSupportFunction was made.
    pub fn count(&self, request: u32) -> usize {
        self.asked.borrow().iter().filter(|&&asked| asked == request).count()
    }

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
///
/// `connection` comes from [`Server::block`], and the server still exists.
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
/// Sets the last error of this thread, as a server does when it refuses a call.
pub fn set_last_error(error: i32) {
    unsafe extern "C" {
        safe fn __errno_location() -> *mut i32;
    }
    // SAFETY: the C library returns the address of this thread's errno.
    unsafe { *__errno_location() = error };
}

#[cfg(windows)]
/// Sets the last error of this thread, as a server does when it refuses a call.
pub fn set_last_error(error: i32) {
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
    let room = *size as usize;
    let is_wide = name.to_bytes().starts_with(b"UNICODE_");
    match server.sizes {
        Sizes::Bytes => *size = value.len() as u32,
        Sizes::WithoutTerminator => *size = value.len().saturating_sub(if is_wide { 2 } else { 1 }) as u32,
        Sizes::Letters => *size = (value.len() / if is_wide { 2 } else { 1 }) as u32,
        Sizes::Unsaid => {}
        Sizes::Never => *size = size.saturating_add(1),
    }
    if room < value.len() || server.sizes == Sizes::Never {
        return answer(Err(INSUFFICIENT_BUFFER));
    }
    // SAFETY: the buffer has room for the value.
    unsafe { ptr::copy_nonoverlapping(value.as_ptr(), buffer.cast(), value.len()) };
    1
}

unsafe extern "system" fn write_client(
    connection: *mut c_void,
    buffer: *const c_void,
    size: *mut u32,
    _flags: u32,
) -> i32 {
    // SAFETY: the bridge passes back what it was given.
    let server = unsafe { server(connection) };
    if server.is_gone() {
        return answer(Err(CONNECTION_INVALID));
    }
    // SAFETY: the buffer is as long as its size says.
    server
        .sent
        .borrow_mut()
        .extend(unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), *size as usize) });
    1
}

unsafe extern "system" fn read_client(connection: *mut c_void, buffer: *mut c_void, size: *mut u32) -> i32 {
    // SAFETY: the bridge passes back what it was given, and a buffer of the size that it names.
    let (server, size) = unsafe { (server(connection), &mut *size) };
    if server.is_gone() {
        return answer(Err(CONNECTION_INVALID));
    }
    let mut piece = server.pieces.borrow_mut().pop().unwrap_or_default();
    let length = piece.len().min(*size as usize);
    // SAFETY: the buffer has room for this many bytes.
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
    server.asked.borrow_mut().push(request);
    let is_known = server.is_modern || matches!(request, SEND_RESPONSE_HEADER | SEND_RESPONSE_HEADER_EX);
    match request {
        // SAFETY: the buffer is the status for this request number.
        DONE_WITH_SESSION => server.completions.borrow_mut().push(unsafe { *buffer.cast() }),
        CLOSE_CONNECTION => *server.closed.borrow_mut() = true,
        _ if server.lacks.contains(&request) || !is_known => return refuse(server.refusal),
        // SAFETY: the buffer is a number for this request number.
        IS_IN_PROCESS => unsafe { buffer.cast::<u32>().write(0) },
        _ if server.completions.borrow().is_empty() && server.is_gone() => {
            return answer(Err(CONNECTION_INVALID));
        }
        // SAFETY: the buffer is a HSE_RESPONSE_VECTOR for this request number.
        VECTOR_SEND if !unsafe { send(server, &*buffer.cast()) } => return refuse(server.refusal),
        _ => {}
    }
    1
}

fn refuse(refusal: Refusal) -> i32 {
    match refusal {
        Refusal::NotSupported => answer(Err(NOT_SUPPORTED)),
        Refusal::Error(error) => answer(Err(error)),
        Refusal::Silent => 0,
        Refusal::Yes => 1,
    }
}

/// `HSE_RESPONSE_VECTOR`.
#[repr(C)]
struct Vector {
    flags: u32,
    status: *const c_char,
    headers: *const c_char,
    count: u32,
    elements: *const Element,
}

/// `HSE_VECTOR_ELEMENT`.
#[repr(C)]
struct Element {
    kind: u32,
    context: *const u8,
    offset: u64,
    size: u64,
}

/// Takes the bytes of a vector; `false` if it has a part of a file and the server cannot send another. Of a file only the size is
/// seen.
///
/// # Safety
/// The vector's elements are as many as it says.
unsafe fn send(server: &Server, vector: &Vector) -> bool {
    for index in 0..vector.count as usize {
        // SAFETY: the caller's promise.
        let element = unsafe { &*vector.elements.add(index) };
        if element.kind == FILE_HANDLE {
            let Some(left) = server.files.borrow().checked_sub(1) else { return false };
            *server.files.borrow_mut() = left;
            server.sent.borrow_mut().extend(std::iter::repeat_n(b'f', element.size as usize));
            continue;
        }
        // SAFETY: it is a buffer, as the caller promises.
        let bytes = unsafe { std::slice::from_raw_parts(element.context, element.size as usize) };
        server.sent.borrow_mut().extend(bytes);
    }
    true
}
