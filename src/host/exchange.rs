//! One request in the bridge's hands: its control block, and what the bridge has done to it so far.
//!
//! What enters: a request, then the bridge's calls by way of `callbacks`. What leaves: an [`Outcome`].
//! Absent: raw pointers other than those that the control block is made of.

use std::cell::UnsafeCell;
use std::ffi::{CString, c_void};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::block::{self, ControlBlock};
use super::protocol::Request;
use super::variables::Variables;
use super::{callbacks, lock};

/// The length that stands for "unknown".
const UNKNOWN: u32 = u32::MAX;

/// A request and everything that its control block points to.
pub(super) struct Exchange {
    pub request: Request,
    pub variables: Variables,
    body: Vec<u8>,
    texts: Texts,
    block: UnsafeCell<ControlBlock>,
    state: Mutex<State>,
    changed: Condvar,
}

// SAFETY: the control block is written by the bridge alone, which owns it between the call of HttpExtensionProc and
// completion, and read by the host only after completion; everything else is immutable or behind a mutex.
unsafe impl Send for Exchange {}
// SAFETY: as above.
unsafe impl Sync for Exchange {}

/// The strings of the control block.
struct Texts {
    method: CString,
    query_string: CString,
    path_info: CString,
    path_translated: CString,
    content_type: CString,
}

/// What the bridge has done.
#[derive(Default)]
struct State {
    outcome: Outcome,
    /// Bytes of the request's body that the bridge has been given.
    read: usize,
    complete: bool,
    late: Vec<String>,
}

/// What the bridge made of a request.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Status, header block, and whether the connection is to be kept.
    pub head: Option<(Vec<u8>, Vec<u8>, bool)>,
    pub body: Vec<u8>,
    /// The client went away, so the body may end anywhere.
    pub client_gone: bool,
    /// The status of completion.
    pub done: Option<u32>,
    pub http_status_code: u32,
    pub violations: Vec<String>,
}

impl Exchange {
    pub(super) fn new(request: Request) -> Arc<Self> {
        let (body, mut outcome) = match request.body_bytes() {
            Ok(body) => (body, Outcome::default()),
            Err(why) => (Vec::new(), Outcome { violations: vec![why], ..Outcome::default() }),
        };
        let variables = Variables::new(&request, body.len());
        outcome.http_status_code = 200;
        let exchange = Arc::new(Self {
            texts: Texts::new(&variables),
            block: UnsafeCell::new(empty_block()),
            state: Mutex::new(State { outcome, ..State::default() }),
            changed: Condvar::new(),
            body,
            variables,
            request,
        });
        exchange.fill_block();
        exchange
    }

    pub(super) fn block(&self) -> *mut ControlBlock {
        self.block.get()
    }

    /// Takes what `HttpExtensionProc` returned, and waits for the completion if it is still to come.
    pub(super) fn wait(&self, status: u32, patience: Duration) -> Outcome {
        let mut state = lock(&self.state);
        if status != block::STATUS_PENDING {
            if state.complete {
                state
                    .outcome
                    .violations
                    .push("completed twice: by DONE_WITH_SESSION and by the return value".into());
            }
            state.outcome.done = Some(status);
            state.complete = true;
        }
        let (mut state, waited) = self
            .changed
            .wait_timeout_while(state, patience, |state| !state.complete)
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if waited.timed_out() {
            state.outcome.violations.push("never completed".into());
            state.complete = true;
        } else {
            // SAFETY: the request is complete, so the bridge no longer writes to the block.
            state.outcome.http_status_code = unsafe { (*self.block.get()).http_status_code };
        }
        std::mem::take(&mut state.outcome)
    }

    /// What the bridge did after completion.
    pub(super) fn late_violations(&self) -> Vec<String> {
        lock(&self.state).late.clone()
    }

    /// The next bytes of the request's body, at most `size`; `Err` when the client is gone.
    pub(super) fn read(&self, size: usize) -> Result<&[u8], u32> {
        let mut state = lock(&self.state);
        state.note_late("ReadClient")?;
        let limit = self.request.abort_upload_after.unwrap_or(usize::MAX).min(self.body.len());
        let begin = state.read.min(limit);
        let end = limit.min(begin + size.min(self.request.read_size));
        if begin == end && limit < self.body.len() {
            return Err(block::ERROR_CONNECTION_INVALID);
        }
        state.read = end;
        Ok(&self.body[begin..end])
    }

    /// Takes bytes of the response's body.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), u32> {
        let mut state = lock(&self.state);
        state.note_late("WriteClient")?;
        if state.outcome.head.is_none() {
            state.outcome.violations.push("WriteClient before the headers".into());
        }
        let limit = self.request.abort_download_after.unwrap_or(usize::MAX);
        if state.outcome.body.len() + bytes.len() > limit {
            state.outcome.client_gone = true;
            return Err(block::ERROR_CONNECTION_INVALID);
        }
        state.outcome.body.extend_from_slice(bytes);
        Ok(())
    }

    /// Takes status and headers.
    pub(super) fn head(&self, status: &[u8], headers: &[u8], keep: bool) -> Result<(), u32> {
        let mut state = lock(&self.state);
        state.note_late("SEND_RESPONSE_HEADER_EX")?;
        if state.outcome.head.is_some() {
            state.outcome.violations.push("headers sent twice".into());
            return Err(block::ERROR_INVALID_PARAMETER);
        }
        state.outcome.head = Some((status.to_vec(), headers.to_vec(), keep));
        Ok(())
    }

    /// Takes DONE_WITH_SESSION.
    pub(super) fn done(&self, status: u32) -> Result<(), u32> {
        let mut state = lock(&self.state);
        state.note_late("DONE_WITH_SESSION")?;
        state.outcome.done = Some(status);
        state.complete = true;
        self.changed.notify_all();
        Ok(())
    }

    /// Whether the client is still there.
    pub(super) fn connected(&self) -> bool {
        !lock(&self.state).outcome.client_gone
    }

    /// Notes something that IIS would not forgive.
    pub(super) fn violation(&self, what: String) {
        let mut state = lock(&self.state);
        if state.complete { state.late.push(what) } else { state.outcome.violations.push(what) }
    }

    /// Checks that a call that changes nothing is not too late.
    pub(super) fn in_time(&self, call: &str) -> Result<(), u32> {
        lock(&self.state).note_late(call)
    }

    fn fill_block(&self) {
        let (total_bytes, available_bytes) = self.lengths();
        lock(&self.state).read = available_bytes as usize;
        let filled = ControlBlock {
            connection: std::ptr::from_ref(self).cast_mut().cast::<c_void>(),
            method: self.texts.method.as_ptr(),
            query_string: self.texts.query_string.as_ptr(),
            path_info: if self.request.path_info { self.texts.path_info.as_ptr() } else { std::ptr::null() },
            path_translated: self.texts.path_translated.as_ptr(),
            content_type: self.texts.content_type.as_ptr(),
            total_bytes,
            available_bytes,
            available: self.body.as_ptr(),
            ..empty_block()
        };
        // SAFETY: nobody else has the block yet.
        unsafe { *self.block.get() = filled };
    }

    /// `cbTotalBytes` and `cbAvailable`.
    fn lengths(&self) -> (u32, u32) {
        let limit = self.request.abort_upload_after.unwrap_or(usize::MAX);
        let available = self.body.len().min(self.request.read_ahead).min(limit);
        let total =
            if self.request.chunked { UNKNOWN } else { self.body.len().try_into().unwrap_or(UNKNOWN) };
        (total, available.try_into().unwrap_or(0))
    }
}

impl State {
    fn note_late(&mut self, call: &str) -> Result<(), u32> {
        if self.complete {
            self.late.push(format!("{call} after completion"));
            return Err(block::ERROR_INVALID_PARAMETER);
        }
        Ok(())
    }
}

impl Texts {
    fn new(variables: &Variables) -> Self {
        let text = |name: &str| {
            let bytes = variables.narrow(name).unwrap_or_default();
            CString::new(bytes).unwrap_or_default()
        };
        Self {
            method: text("REQUEST_METHOD"),
            query_string: text("QUERY_STRING"),
            path_info: text("PATH_INFO"),
            path_translated: text("PATH_TRANSLATED"),
            content_type: text("CONTENT_TYPE"),
        }
    }
}

fn empty_block() -> ControlBlock {
    ControlBlock {
        size: size_of::<ControlBlock>() as u32,
        version: 0x0008_0000,
        connection: std::ptr::null_mut(),
        http_status_code: 200,
        log_data: [0; 80],
        method: std::ptr::null(),
        query_string: std::ptr::null(),
        path_info: std::ptr::null(),
        path_translated: std::ptr::null(),
        total_bytes: 0,
        available_bytes: 0,
        available: std::ptr::null(),
        content_type: std::ptr::null(),
        get_server_variable: callbacks::get_server_variable,
        write_client: callbacks::write_client,
        read_client: callbacks::read_client,
        server_support_function: callbacks::server_support_function,
    }
}
