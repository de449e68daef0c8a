//! ServerSupportFunction's requests.
//!
//! In: a request's number and the raw pointers that belong to it. Out: safe calls on the exchange. Absent: child requests, and
//! IO_COMPLETION and TRANSMIT_FILE, which fail with error 87 as on hosts that lack them. The token of a request is that of this
//! process, on Windows only.

use std::ffi::{CStr, c_char, c_void};

use super::abilities::{Refusal, Tracing};
use super::block::{self, SendHeaderEx, TraceInfo};
use super::callbacks::{answer, bytes};
use super::exchange::{Call, Exchange};
use super::{requests, token, trace, vector};

/// The answer to IS_IN_PROCESS in a worker process: `HSE_APP_FLAG_IN_PROCESS` ("HSE_REQ_IS_IN_PROCESS" of the ISAPI
/// reference).
const IN_PROCESS: u32 = 0;

/// Refuses a request that this host is told not to know.
pub(super) fn refuse(exchange: &Exchange, request: u32) -> i32 {
    // A late call is as wrong here as for any other request.
    match (exchange.call(requests::name(request)).map(drop), exchange.terms.abilities.refusal) {
        (Err(error), _) | (Ok(()), Refusal::Error(error)) => answer(Err(error)),
        (Ok(()), Refusal::Silent) => 0,
    }
}

/// Serves one request of the bridge. The error is a Windows error number.
///
/// # Safety
/// As httpext.h specifies: the pointers are what the request number says.
pub(super) unsafe fn serve(
    exchange: &Exchange,
    request: u32,
    (buffer, size, data_type): (*mut c_void, *mut u32, *mut u32),
) -> Result<(), u32> {
    let name = requests::name(request);
    if request == requests::CLOSE_CONNECTION && !exchange.terms.abilities.refuses(request) {
        exchange.close();
        return Ok(());
    }
    let mut call = exchange.call(name)?;
    match request {
        requests::DONE_WITH_SESSION => {
            // SAFETY: the buffer is NULL or points to the status.
            let status = unsafe { buffer.cast::<u32>().as_ref() };
            call.done(status.copied().unwrap_or(block::STATUS_SUCCESS));
            Ok(())
        }
        // SAFETY: the buffer is a HSE_SEND_HEADER_EX_INFO for this request number.
        requests::SEND_RESPONSE_HEADER_EX => unsafe { send_head(&mut call, &*buffer.cast::<SendHeaderEx>()) },
        // SAFETY: the buffer is the status, and the last argument the headers, both C strings or NULL.
        requests::SEND_RESPONSE_HEADER => unsafe {
            let text = |text: *const c_char| (!text.is_null()).then(|| CStr::from_ptr(text).to_bytes());
            let (status, headers) = (text(buffer.cast()), text(data_type.cast()));
            call.head(status.unwrap_or(b"200 OK"), headers.unwrap_or_default(), false)?;
            call.flush()
        },
        // SAFETY: the buffer is a HSE_RESPONSE_VECTOR for this request number.
        requests::VECTOR_SEND => unsafe { vector::send(&mut call, &*buffer.cast()) },
        requests::ASYNC_READ_CLIENT => {
            call.violation("asynchronous ReadClient, whose buffer would outlive the call");
            Err(block::ERROR_INVALID_PARAMETER)
        }
        // SAFETY: the caller's promise.
        _ => unsafe { serve_small(exchange, &mut call, request, (buffer, size)) },
    }
}

/// Serves the requests that ask a question or tell the server something.
///
/// # Safety
/// As [`serve`].
unsafe fn serve_small(
    exchange: &Exchange,
    call: &mut Call<'_>,
    request: u32,
    (buffer, size): (*mut c_void, *mut u32),
) -> Result<(), u32> {
    match request {
        // SAFETY: the buffer is a BOOL for these two.
        requests::IS_CONNECTED => unsafe { buffer.cast::<i32>().write(call.is_connected().into()) },
        // SAFETY: as above.
        requests::IS_KEEP_CONNECTION => unsafe {
            buffer.cast::<i32>().write(exchange.request.is_http11().into());
        },
        // SAFETY: the buffer is a DWORD.
        requests::IS_IN_PROCESS => unsafe { buffer.cast::<u32>().write(IN_PROCESS) },
        // SAFETY: the buffer is a HANDLE.
        requests::GET_IMPERSONATION_TOKEN => unsafe {
            let token = token::of_this_process().ok_or(block::ERROR_INVALID_PARAMETER)?;
            call.lend_token();
            buffer.cast::<usize>().write(token);
        },
        // SAFETY: the buffer is a HSE_TRACE_INFO.
        requests::GET_TRACE_INFO => unsafe { buffer.cast::<TraceInfo>().write(trace_info(exchange)) },
        // SAFETY: the buffer is a HTTP_TRACE_EVENT.
        requests::RAISE_TRACE_EVENT => unsafe { call.trace(trace::read(&*buffer.cast())) },
        requests::APPEND_LOG_PARAMETER => {
            // SAFETY: the buffer is a string of `*size` bytes.
            let added = unsafe { bytes(buffer.cast(), size.as_ref().copied().unwrap_or(0)) };
            let added = added.split(|&byte| byte == 0).next().unwrap_or_default();
            call.notes().log_parameters.push_str(&String::from_utf8_lossy(added));
        }
        requests::REPORT_UNHEALTHY => {
            let reason = buffer.cast::<c_char>();
            // SAFETY: the buffer is NULL or a C string.
            let reason = (!reason.is_null()).then(|| unsafe { CStr::from_ptr(reason) }.to_string_lossy());
            call.notes().unhealthy.push(reason.unwrap_or_default().into_owned());
        }
        requests::SET_FLUSH_FLAG => call.notes().flush = true,
        _ => return Err(block::ERROR_INVALID_PARAMETER),
    }
    Ok(())
}

/// # Safety
/// The structure's pointers are readable for their lengths.
unsafe fn send_head(call: &mut Call<'_>, info: &SendHeaderEx) -> Result<(), u32> {
    // SAFETY: the caller's promise.
    let (status, headers) =
        unsafe { (bytes(info.status, info.status_length), bytes(info.headers, info.headers_length)) };
    call.head(status, headers, info.keep_connection != 0)?;
    call.flush()
}

/// Whether this request is traced. Its number serves as the GUID of its context.
fn trace_info(exchange: &Exchange) -> TraceInfo {
    let traced = exchange.terms.abilities.tracing == Tracing::On;
    let context_id = (exchange.number as u128).to_le_bytes();
    TraceInfo { trace_request: traced.into(), context_id, reserved: [0; 2] }
}
