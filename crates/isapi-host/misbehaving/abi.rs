//! ISAPI as a careless extension uses it: it trusts every pointer and checks nothing.
//!
//! In: a control block. Out: its functions, easy to call in the wrong order. Absent: safety; the tests want that.

use std::ffi::{CStr, CString, c_char, c_void};

#[repr(C)]
pub struct VersionInfo {
    pub version: u32,
    pub description: [u8; 256],
}

#[repr(C)]
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

#[repr(C)]
struct SendHeaderEx {
    status: *const u8,
    headers: *const u8,
    status_length: u32,
    headers_length: u32,
    keep_connection: i32,
}

#[repr(C)]
pub struct ResponseVector {
    pub flags: u32,
    pub status: *const c_char,
    pub headers: *const c_char,
    pub count: u32,
    pub elements: *const VectorElement,
}

#[repr(C)]
pub struct VectorElement {
    pub kind: u32,
    pub context: *mut c_void,
    pub offset: u64,
    pub size: u64,
}

/// A control block with its original ConnID, which can be used for as long as the test likes.
#[derive(Clone, Copy)]
pub struct Session {
    pub block: *mut ControlBlock,
    connection: *mut c_void,
}

// SAFETY: ISAPI lets any thread use a request.
unsafe impl Send for Session {}
// SAFETY: as above; some tests want two threads to do it at once.
unsafe impl Sync for Session {}

impl Session {
    pub fn new(block: *mut ControlBlock) -> Self {
        // SAFETY: the host hands over a control block.
        Self { block, connection: unsafe { (*block).connection } }
    }

    pub fn block(&self) -> &ControlBlock {
        // SAFETY: the host never frees a control block.
        unsafe { &*self.block }
    }

    /// The fields of the control block that differ from those of IIS. They are read as plain addresses.
    pub fn oddities(&self) -> Option<String> {
        let block = self.block;
        // SAFETY: the host gives a whole block, whatever size it announces, and each of these fields is as large as an address.
        let (size, version, fields) = unsafe {
            let fields = [
                ("lpszMethod", (&raw const (*block).method).cast::<usize>().read()),
                ("lpszQueryString", (&raw const (*block).query_string).cast::<usize>().read()),
                ("lpszPathTranslated", (&raw const (*block).path_translated).cast::<usize>().read()),
                ("lpszContentType", (&raw const (*block).content_type).cast::<usize>().read()),
                ("ReadClient", (&raw const (*block).read_client).cast::<usize>().read()),
            ];
            ((*block).size, (*block).version, fields)
        };
        let is_odd = size as usize != size_of::<ControlBlock>() || version != 0x0008_0000;
        let null: Vec<&str> =
            fields.iter().filter(|(_, address)| *address == 0).map(|(name, _)| *name).collect();
        let found = || format!("size {size}, version {version:x}, without {}", null.join(" "));
        (is_odd || !null.is_empty()).then(found)
    }

    pub fn support(&self, request: u32, buffer: *mut c_void, mut size: u32) -> bool {
        let function = self.block().server_support_function;
        let mut kind = 0;
        // SAFETY: the callers pass what the request number requires.
        unsafe { function(self.connection, request, buffer, &mut size, &mut kind) != 0 }
    }

    pub fn head(&self, status: &str, headers: &str) -> bool {
        let mut info = SendHeaderEx {
            status: status.as_ptr(),
            headers: headers.as_ptr(),
            status_length: status.len() as u32,
            headers_length: headers.len() as u32,
            keep_connection: 1,
        };
        self.support(1016, (&raw mut info).cast(), 0)
    }

    pub fn write(&self, bytes: &[u8]) -> bool {
        self.write_with(bytes, 1)
    }

    pub fn write_with(&self, bytes: &[u8], flags: u32) -> bool {
        let mut size = bytes.len() as u32;
        let function = self.block().write_client;
        // SAFETY: the buffer is as long as the size says.
        unsafe { function(self.connection, bytes.as_ptr().cast(), &mut size, flags) != 0 }
    }

    pub fn read(&self, buffer: &mut [u8]) -> Option<usize> {
        let mut size = buffer.len() as u32;
        let function = self.block().read_client;
        // SAFETY: the buffer is as long as the size says.
        let answer = unsafe { function(self.connection, buffer.as_mut_ptr().cast(), &mut size) };
        (answer != 0).then_some(size as usize)
    }

    pub fn old_head(&self, status: &CStr, headers: &CStr) -> bool {
        let function = self.block().server_support_function;
        let mut size = 0;
        // SAFETY: the request takes a status, and headers where others have a number.
        let answer = unsafe {
            let (status, headers) = (status.as_ptr().cast_mut().cast(), headers.as_ptr().cast_mut().cast());
            function(self.connection, 3, status, &mut size, headers)
        };
        answer != 0
    }

    /// Asks for a variable with a buffer of that size. Returns the answer, the size, and the error if the call failed.
    pub fn raw_variable(&self, name: &str, room: usize) -> String {
        let name = CString::new(name).expect("a name without zeros");
        let mut buffer = vec![0_u8; room];
        let mut size = room as u32;
        let function = self.block().get_server_variable;
        // SAFETY: the buffer is as long as the size says.
        let answer =
            unsafe { function(self.connection, name.as_ptr(), buffer.as_mut_ptr().cast(), &mut size) };
        let error = if answer == 0 { last_error() } else { 0 };
        format!("{answer} {size} {error}")
    }

    pub fn variable(&self, name: &str) -> Option<String> {
        let name = CString::new(name).expect("a name without zeros");
        let mut buffer = vec![0_u8; 4096];
        let mut size = buffer.len() as u32;
        let function = self.block().get_server_variable;
        // SAFETY: the buffer is as long as the size says.
        let answer =
            unsafe { function(self.connection, name.as_ptr(), buffer.as_mut_ptr().cast(), &mut size) };
        buffer.truncate((size as usize).saturating_sub(1));
        (answer != 0).then(|| String::from_utf8_lossy(&buffer).into_owned())
    }

    pub fn vector(&self, flags: u32, head: Option<(&str, &str)>, elements: &[VectorElement]) -> bool {
        let strings =
            head.map(|(status, headers)| [status, headers].map(|text| CString::new(text).expect("no zeros")));
        let pointer = |index: usize| strings.as_ref().map_or(std::ptr::null(), |both| both[index].as_ptr());
        let mut vector = ResponseVector {
            flags,
            status: pointer(0),
            headers: pointer(1),
            count: elements.len() as u32,
            elements: elements.as_ptr(),
        };
        self.support(1037, (&raw mut vector).cast(), 0)
    }

    pub fn done(&self, mut status: u32) -> bool {
        self.support(4, (&raw mut status).cast(), 0)
    }
}

/// A buffer as an element of a vector.
pub fn buffer(bytes: &[u8]) -> VectorElement {
    VectorElement { kind: 0, context: bytes.as_ptr().cast_mut().cast(), offset: 0, size: bytes.len() as u64 }
}

/// The thread's last error.
pub fn last_error() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or_default()
}

/// Sets the thread's last error.
#[cfg(windows)]
pub fn set_last_error(error: i32) {
    #[link(name = "kernel32")]
    unsafe extern "system" {
        safe fn SetLastError(error: u32);
    }
    SetLastError(error.cast_unsigned());
}

/// Sets the thread's last error; on systems other than Windows it is `errno`.
#[cfg(not(windows))]
pub fn set_last_error(error: i32) {
    unsafe extern "C" {
        safe fn __errno_location() -> *mut i32;
    }
    // SAFETY: the C library returns the address of this thread's errno.
    unsafe { *__errno_location() = error };
}
