//! The control block as Microsoft's httpext.h declares it, from the host's side.
//!
//! Declared a second time, apart from the bridge's own declaration, so that a mistake in one of them shows.
//! What enters: nothing. What leaves: types and numbers. Absent: behaviour.

use std::ffi::{c_char, c_void};

/// `HSE_VERSION_INFO`, which `GetExtensionVersion` fills.
#[repr(C)]
pub(super) struct VersionInfo {
    pub version: u32,
    pub description: [u8; 256],
}

/// `EXTENSION_CONTROL_BLOCK`.
#[repr(C)]
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
    pub get_server_variable: GetServerVariable,
    pub write_client: WriteClient,
    pub read_client: ReadClient,
    pub server_support_function: ServerSupportFunction,
}

/// `HSE_SEND_HEADER_EX_INFO`.
#[repr(C)]
pub(super) struct SendHeaderEx {
    pub status: *const u8,
    pub headers: *const u8,
    pub status_length: u32,
    pub headers_length: u32,
    pub keep_connection: i32,
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

pub(super) const DONE_WITH_SESSION: u32 = 4;
pub(super) const APPEND_LOG_PARAMETER: u32 = 1003;
pub(super) const IS_KEEP_CONNECTION: u32 = 1008;
pub(super) const SEND_RESPONSE_HEADER_EX: u32 = 1016;
pub(super) const CLOSE_CONNECTION: u32 = 1017;
pub(super) const IS_CONNECTED: u32 = 1018;
pub(super) const IS_IN_PROCESS: u32 = 1030;
pub(super) const REPORT_UNHEALTHY: u32 = 1032;
pub(super) const SET_FLUSH_FLAG: u32 = 1043;

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
        assert_eq!(offset_of!(ControlBlock, connection), 8);
        assert_eq!(offset_of!(ControlBlock, log_data), pick(20, 16));
        assert_eq!(offset_of!(ControlBlock, method), pick(104, 96));
        assert_eq!(offset_of!(ControlBlock, total_bytes), pick(136, 112));
        assert_eq!(offset_of!(ControlBlock, content_type), pick(152, 124));
        assert_eq!(offset_of!(ControlBlock, server_support_function), pick(184, 140));
    }
}
