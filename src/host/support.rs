//! ServerSupportFunction's requests.
//!
//! What enters: a request's number and the raw pointers that belong to it. What leaves: safe calls on the exchange.
//! Absent: IO_COMPLETION and TRANSMIT_FILE, which fail with error 87 as on hosts that lack them; impersonation; child
//! requests.

use std::ffi::{CStr, c_char, c_void};

use super::abilities::Tracing;
use super::block::{self, SendHeaderEx, TraceInfo};
use super::callbacks::bytes;
use super::exchange::{Call, Exchange};
use super::{requests, trace, vector};

/// What IS_IN_PROCESS answers in a worker process.
const WORKER_PROCESS: u32 = 3;

/// Serves one request of the bridge; the error is Windows'.
///
/// # Safety
/// As httpext.h has it: the pointers are what the request number says.
pub(super) unsafe fn serve(
    exchange: &Exchange,
    request: u32,
    buffer: *mut c_void,
    size: *mut u32,
) -> Result<(), u32> {
    let name = requests::name(request);
    if request == requests::CLOSE_CONNECTION && !exchange.terms.abilities.refuses(request) {
        exchange.close();
        return Ok(());
    }
    let mut call = exchange.call(name)?;
    if exchange.terms.abilities.refuses(request) {
        return Err(block::ERROR_INVALID_PARAMETER);
    }
    match request {
        requests::DONE_WITH_SESSION => {
            // SAFETY: the buffer is NULL or points to the status.
            let status = unsafe { buffer.cast::<u32>().as_ref() };
            call.done(status.copied().unwrap_or(block::STATUS_SUCCESS));
            Ok(())
        }
        // SAFETY: the buffer is a HSE_SEND_HEADER_EX_INFO for this request number.
        requests::SEND_RESPONSE_HEADER_EX => unsafe { send_head(&mut call, &*buffer.cast::<SendHeaderEx>()) },
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

/// The requests that ask a question or tell the server something.
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
        requests::IS_IN_PROCESS => unsafe { buffer.cast::<u32>().write(WORKER_PROCESS) },
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

/// Whether this request is traced; its number stands for the GUID of its context.
fn trace_info(exchange: &Exchange) -> TraceInfo {
    let traced = exchange.terms.abilities.tracing == Tracing::On;
    let context_id = (exchange.number as u128).to_le_bytes();
    TraceInfo { trace_request: traced.into(), context_id, reserved: [0; 2] }
}
