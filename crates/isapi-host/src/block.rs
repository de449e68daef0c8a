//! The control block as Microsoft's httpext.h declares it, from the host's side.
//!
//! The types are declared a second time, separately from the bridge's own declaration, so that a mistake in one of
//! them shows.
//! In: nothing. Out: types and numbers. Absent: behaviour.

use std::ffi::{c_char, c_void};

/// `HSE_VERSION_INFO`, which `GetExtensionVersion` fills.
#[repr(C)]
pub(super) struct VersionInfo {
    pub version: u32,
    pub description: [u8; 256],
}

/// `EXTENSION_CONTROL_BLOCK`. The functions are plain addresses, since a bridge may write anything there.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct ControlBlock {
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
    pub get_server_variable: *const c_void,
    pub write_client: *const c_void,
    pub read_client: *const c_void,
    pub server_support_function: *const c_void,
}

// SAFETY: the host compares the pointers and never follows them.
unsafe impl Send for ControlBlock {}

/// `HSE_SEND_HEADER_EX_INFO`.
#[repr(C)]
pub(super) struct SendHeaderEx {
    pub status: *const u8,
    pub headers: *const u8,
    pub status_length: u32,
    pub headers_length: u32,
    pub keep_connection: i32,
}

/// `HSE_RESPONSE_VECTOR`.
#[repr(C)]
pub(super) struct ResponseVector {
    pub flags: u32,
    pub status: *const c_char,
    pub headers: *const c_char,
    pub count: u32,
    pub elements: *const VectorElement,
}

/// `HSE_VECTOR_ELEMENT`.
#[repr(C)]
pub(super) struct VectorElement {
    pub kind: u32,
    pub context: *mut c_void,
    pub offset: u64,
    pub size: u64,
}

/// `HSE_TRACE_INFO`.
#[repr(C)]
pub(super) struct TraceInfo {
    pub trace_request: i32,
    pub context_id: [u8; 16],
    pub reserved: [u32; 2],
}

/// httptrace.h's `HTTP_TRACE_EVENT`.
#[repr(C)]
pub(super) struct RawTraceEvent {
    pub provider: *const Guid,
    pub area: u32,
    pub area_guid: *const Guid,
    pub event: u32,
    pub name: *const u16,
    pub version: u32,
    pub verbosity: u32,
    pub activity: *const Guid,
    pub related_activity: *const Guid,
    pub time_stamp: u32,
    pub flags: u32,
    pub count: u32,
    pub items: *const RawTraceItem,
}

/// httptrace.h's `HTTP_TRACE_EVENT_ITEM`.
#[repr(C)]
pub(super) struct RawTraceItem {
    pub name: *const u16,
    pub kind: i32,
    pub data: *const u8,
    pub size: u32,
    pub description: *const u16,
}

/// `GUID`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Guid {
    pub first: u32,
    pub second: u16,
    pub third: u16,
    pub rest: [u8; 8],
}

pub(super) type GetServerVariable =
    unsafe extern "system" fn(*mut c_void, *const c_char, *mut c_void, *mut u32) -> i32;
pub(super) type WriteClient = unsafe extern "system" fn(*mut c_void, *const c_void, *mut u32, u32) -> i32;
pub(super) type ReadClient = unsafe extern "system" fn(*mut c_void, *mut c_void, *mut u32) -> i32;
pub(super) type ServerSupportFunction =
    unsafe extern "system" fn(*mut c_void, u32, *mut c_void, *mut u32, *mut u32) -> i32;

pub(super) const STATUS_SUCCESS: u32 = 1;
pub(super) const STATUS_SUCCESS_AND_KEEP_CONNECTION: u32 = 2;
pub(super) const STATUS_PENDING: u32 = 3;
pub(super) const STATUS_ERROR: u32 = 4;

pub(super) const IO_ASYNC: u32 = 2;
pub(super) const IO_DISCONNECT_AFTER_SEND: u32 = 4;
pub(super) const IO_SEND_HEADERS: u32 = 8;
pub(super) const IO_FINAL_SEND: u32 = 0x10;
/// Every flag of httpext.h for WriteClient and VECTOR_SEND. SYNC, CACHE_RESPONSE, TRY_SKIP_CUSTOM_ERRORS and NODELAY have no
/// effect here.
pub(super) const IO_FLAGS: u32 =
    1 | IO_ASYNC | IO_DISCONNECT_AFTER_SEND | IO_SEND_HEADERS | IO_FINAL_SEND | 0x20 | 0x40 | 0x1000;

pub(super) const ELEMENT_MEMORY_BUFFER: u32 = 0;
pub(super) const ELEMENT_FILE_HANDLE: u32 = 1;

pub(super) const ERROR_HANDLE_EOF: u32 = 38;
pub(super) const ERROR_INVALID_PARAMETER: u32 = 87;
pub(super) const ERROR_INSUFFICIENT_BUFFER: u32 = 122;
pub(super) const ERROR_CONNECTION_INVALID: u32 = 1229;
pub(super) const ERROR_INVALID_INDEX: u32 = 1413;

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use super::*;

    #[test]
    fn sizes_and_offsets_are_those_of_httpext() {
        let wide = size_of::<usize>() == 8;
        let pick = |x64: usize, x86: usize| if wide { x64 } else { x86 };
        assert_eq!(size_of::<ControlBlock>(), pick(192, 144));
        assert_eq!(size_of::<VersionInfo>(), 260);
        assert_eq!(size_of::<SendHeaderEx>(), pick(32, 20));
        assert_eq!(size_of::<ResponseVector>(), pick(40, 20));
        assert_eq!(size_of::<VectorElement>(), if wide { 32 } else { 24 });
        assert_eq!(size_of::<TraceInfo>(), 28);
        assert_eq!(size_of::<RawTraceEvent>(), pick(88, 52));
        assert_eq!(size_of::<RawTraceItem>(), pick(40, 20));
        assert_eq!(offset_of!(RawTraceEvent, items), pick(80, 48));
        assert_eq!(offset_of!(ControlBlock, connection), 8);
        assert_eq!(offset_of!(ControlBlock, log_data), pick(20, 16));
        assert_eq!(offset_of!(ControlBlock, method), pick(104, 96));
        assert_eq!(offset_of!(ControlBlock, total_bytes), pick(136, 112));
        assert_eq!(offset_of!(ControlBlock, content_type), pick(152, 124));
        assert_eq!(offset_of!(ControlBlock, server_support_function), pick(184, 140));
    }
}
