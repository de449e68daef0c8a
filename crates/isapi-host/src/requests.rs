//! The names of ServerSupportFunction's requests, and which of them a host knows.
//!
//! In: numbers from the bridge, names from a script. Out: each in the other form. Absent: what the requests do, which is in
//! `support`.

pub(super) const SEND_RESPONSE_HEADER: u32 = 3;
pub(super) const DONE_WITH_SESSION: u32 = 4;
pub(super) const APPEND_LOG_PARAMETER: u32 = 1003;
pub(super) const IO_COMPLETION: u32 = 1005;
pub(super) const TRANSMIT_FILE: u32 = 1006;
pub(super) const IS_KEEP_CONNECTION: u32 = 1008;
pub(super) const ASYNC_READ_CLIENT: u32 = 1010;
pub(super) const GET_IMPERSONATION_TOKEN: u32 = 1011;
pub(super) const SEND_RESPONSE_HEADER_EX: u32 = 1016;
pub(super) const CLOSE_CONNECTION: u32 = 1017;
pub(super) const IS_CONNECTED: u32 = 1018;
pub(super) const IS_IN_PROCESS: u32 = 1030;
pub(super) const REPORT_UNHEALTHY: u32 = 1032;
pub(super) const VECTOR_SEND: u32 = 1037;
pub(super) const GET_TRACE_INFO: u32 = 1042;
pub(super) const SET_FLUSH_FLAG: u32 = 1043;
pub(super) const RAISE_TRACE_EVENT: u32 = 1045;

/// httpext.h's names without `HSE_REQ_`.
const NAMES: &[(u32, &str)] = &[
    (SEND_RESPONSE_HEADER, "SEND_RESPONSE_HEADER"),
    (DONE_WITH_SESSION, "DONE_WITH_SESSION"),
    (APPEND_LOG_PARAMETER, "APPEND_LOG_PARAMETER"),
    (IO_COMPLETION, "IO_COMPLETION"),
    (TRANSMIT_FILE, "TRANSMIT_FILE"),
    (IS_KEEP_CONNECTION, "IS_KEEP_CONN"),
    (ASYNC_READ_CLIENT, "ASYNC_READ_CLIENT"),
    (GET_IMPERSONATION_TOKEN, "GET_IMPERSONATION_TOKEN"),
    (1014, "ABORTIVE_CLOSE"),
    (SEND_RESPONSE_HEADER_EX, "SEND_RESPONSE_HEADER_EX"),
    (CLOSE_CONNECTION, "CLOSE_CONNECTION"),
    (IS_CONNECTED, "IS_CONNECTED"),
    (1026, "EXEC_URL"),
    (1028, "SEND_CUSTOM_ERROR"),
    (IS_IN_PROCESS, "IS_IN_PROCESS"),
    (REPORT_UNHEALTHY, "REPORT_UNHEALTHY"),
    (VECTOR_SEND, "VECTOR_SEND"),
    (GET_TRACE_INFO, "GET_TRACE_INFO"),
    (SET_FLUSH_FLAG, "SET_FLUSH_FLAG"),
    (1044, "GET_TRACE_INFO_EX"),
    (RAISE_TRACE_EVENT, "RAISE_TRACE_EVENT"),
    (1049, "CANCEL_IO"),
];

/// The name of a request, or a general one if the table has no name from httpext.h.
pub(super) fn name(request: u32) -> &'static str {
    NAMES.iter().find(|(number, _)| *number == request).map_or("ServerSupportFunction", |(_, name)| name)
}

/// The number of a request, from its name with or without `HSE_REQ_`.
pub(super) fn number(name: &str) -> Option<u32> {
    let name = name.trim_start_matches("HSE_REQ_").trim_start_matches("HSE_");
    NAMES.iter().find(|(_, known)| *known == name).map(|(number, _)| *number)
}
