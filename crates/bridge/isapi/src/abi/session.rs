//! A request that the bridge handles: every call back into IIS.
//!
//! What enters: the control block. What leaves: [`Session`], which completes the request exactly once, and is a
//! [`Client`]. Absent: asynchronous reads and writes; a worker waits for its client.

use std::ffi::{CStr, CString, c_char, c_void};
use std::io;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::slice;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

#[cfg(windows)]
use super::accounts;
use super::line::Line;
use super::pieces::in_pieces;
use super::{ControlBlock, STATUS_ERROR, STATUS_SUCCESS, STATUS_SUCCESS_AND_KEEP_CONNECTION, server};
#[cfg(windows)]
use crate::account::{Account, Token};
use crate::client::{Client, Completion, Outgoing};

const DONE_WITH_SESSION: u32 = 4;
#[cfg(windows)]
const GET_IMPERSONATION_TOKEN: u32 = 1011;
const CLOSE_CONNECTION: u32 = 1017;
const REPORT_UNHEALTHY: u32 = 1032;

const UNKNOWN_LENGTH: u32 = u32::MAX;

/// Where the call that brought a request waits for its completion, when the server itself cannot wait.
#[derive(Debug, Default)]
pub(super) struct Gate {
    status: Mutex<Option<u32>>,
    opened: Condvar,
}

impl Gate {
    fn open(&self, status: u32) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
        self.opened.notify_all();
    }

    pub(super) fn wait(&self) -> u32 {
        let status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        let status = self.opened.wait_while(status, |status| status.is_none());
        status.unwrap_or_else(PoisonError::into_inner).unwrap_or(STATUS_ERROR)
    }
}

/// A request that IIS has handed over, and that has not been completed.
///
/// It may be used from any thread, by one at a time. Dropping it completes the request as failed.
#[derive(Debug)]
pub struct Session {
    block: NonNull<ControlBlock>,
    /// Set where the request is completed by the return value of the call that brought it.
    gate: Option<Arc<Gate>>,
    line: Arc<Line>,
}

// SAFETY: ISAPI keeps the control block valid until completion and lets any thread call its functions.
unsafe impl Send for Session {}

impl Session {
    /// A request that has just begun.
    pub(super) fn new(block: NonNull<ControlBlock>) -> Self {
        Self { block, gate: None, line: Arc::new(Line::new(block)) }
    }

    /// Lets the request be completed by the return value of the call that brought it, which waits at the gate.
    pub(super) fn gate(&mut self) -> Arc<Gate> {
        Arc::clone(self.gate.get_or_insert_default())
    }

    /// The connection to the client, which another thread may watch.
    #[must_use]
    pub fn line(&self) -> Arc<Line> {
        Arc::clone(&self.line)
    }

    /// Completes the request with DONE_WITH_SESSION, after `HttpExtensionProc` returned [`STATUS_PENDING`].
    pub fn finish(self, completion: Completion) {
        let mut session = ManuallyDrop::new(self);
        session.done(completion);
        Self::let_go(&mut session);
    }

    /// Completes the request with the status that `HttpExtensionProc` must return.
    #[must_use]
    pub fn finish_by_return(self, completion: Completion) -> u32 {
        let mut session = ManuallyDrop::new(self);
        session.line.cut();
        Self::let_go(&mut session);
        status_of(completion)
    }

    /// Frees what the session holds. Its `drop` would complete the request a second time.
    fn let_go(session: &mut ManuallyDrop<Self>) {
        drop(session.gate.take());
        // SAFETY: nothing of the session is used again once this is called, and it is called once.
        unsafe { std::ptr::drop_in_place(&raw mut session.line) };
    }

    /// Asks the server to recycle this worker process. IIS does so where the pool has pinging enabled.
    pub fn report_unhealthy(&self, reason: &str) -> io::Result<()> {
        let reason = CString::new(reason).unwrap_or_default();
        self.support(REPORT_UNHEALTHY, reason.as_ptr().cast_mut().cast())
    }

    fn done(&self, completion: Completion) {
        let mut status = status_of(completion);
        self.line.cut();
        if let Some(gate) = &self.gate {
            return gate.open(status);
        }
        // After a failure nothing else can be done: the bridge must not touch the request either way.
        let _ = self.support(DONE_WITH_SESSION, (&raw mut status).cast());
    }

    pub(super) fn block(&self) -> &ControlBlock {
        // SAFETY: the session has not been completed, so IIS keeps the block, and only this session writes to it.
        unsafe { self.block.as_ref() }
    }

    pub(super) fn support(&self, request: u32, argument: *mut c_void) -> io::Result<()> {
        let mut data_type = 0_u32;
        self.support_with(request, argument, &mut 0, &raw mut data_type)
    }

    /// Like [`Session::support`], with the two arguments that few requests need.
    pub(super) fn support_with(
        &self,
        request: u32,
        argument: *mut c_void,
        size: &mut u32,
        data_type: *mut u32,
    ) -> io::Result<()> {
        let block = self.block();
        server::clear_last_error();
        // SAFETY: the function and its connection come from IIS; every request number used here takes either no
        // argument or the structures that its caller passes.
        let answer =
            unsafe { (block.server_support_function)(block.connection, request, argument, size, data_type) };
        check(answer)
    }

    fn text(&self, pointer: *const c_char) -> Option<&[u8]> {
        // SAFETY: the strings of a control block are NULL or end with a zero, and live as long as the block.
        (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_bytes())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.close_connection();
        self.done(Completion::Failed);
    }
}

impl Client for Session {
    fn method(&self) -> &[u8] {
        self.text(self.block().method).unwrap_or_default()
    }

    fn query_string(&self) -> &[u8] {
        self.text(self.block().query_string).unwrap_or_default()
    }

    fn path_info(&self) -> Option<&[u8]> {
        self.text(self.block().path_info)
    }

    fn content_type(&self) -> &[u8] {
        self.text(self.block().content_type).unwrap_or_default()
    }

    fn total_bytes(&self) -> Option<u32> {
        Some(self.block().total_bytes).filter(|&length| length != UNKNOWN_LENGTH)
    }

    fn available(&self) -> &[u8] {
        let block = self.block();
        if block.available.is_null() || block.available_bytes == 0 {
            return &[];
        }
        // SAFETY: IIS guarantees `cbAvailable` bytes at `lpbData` as long as the block lives.
        unsafe { slice::from_raw_parts(block.available, block.available_bytes as usize) }
    }

    fn variable(&self, name: &CStr, buffer: &mut Vec<u8>) -> bool {
        self.append_variable(name, buffer)
    }

    /// The token belongs to the server, which closes it with the request; the bridge never closes it.
    #[cfg(windows)]
    fn token(&self) -> Token {
        let mut token: *mut c_void = std::ptr::null_mut();
        let answer = self.support(GET_IMPERSONATION_TOKEN, (&raw mut token).cast());
        if answer.is_err() || token.is_null() {
            return Token::Unknown;
        }
        // SAFETY: the server has just handed out the token, and keeps it open until the request is complete.
        unsafe { accounts::of_token(token) }
    }

    #[cfg(windows)]
    fn named_account(&self, name: &str) -> Option<Account> {
        accounts::named(name)
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let block = self.block();
        let room = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let mut size = room;
        server::clear_last_error();
        // SAFETY: the function and its connection come from IIS; the buffer holds at least `size` bytes.
        let answer = unsafe { (block.read_client)(block.connection, buffer.as_mut_ptr().cast(), &mut size) };
        check(answer)?;
        self.line.count(size.min(room).into());
        Ok(size.min(room) as usize)
    }

    fn send(&self, piece: &Outgoing<'_>) -> io::Result<()> {
        let mut is_begun = false;
        in_pieces(piece, |piece, size| {
            let begun = Instant::now();
            self.send_piece(piece).map_err(|error| match error.kind() {
                // `Unsupported` promises that nothing has been sent, so that the caller may begin again.
                io::ErrorKind::Unsupported if is_begun => {
                    io::Error::other("the server sent only a part of a file")
                }
                _ => error,
            })?;
            is_begun = true;
            self.line.count(size);
            Ok(begun.elapsed())
        })
    }

    fn close_connection(&self) {
        // Where the server cannot close it, the failed completion still reports the error.
        let _ = self.support(CLOSE_CONNECTION, std::ptr::null_mut());
    }

    fn set_status_code(&self, code: u16) {
        // SAFETY: the block is valid until completion, and this field is the extension's to write.
        unsafe { (*self.block.as_ptr()).http_status_code = u32::from(code) };
    }
}

fn status_of(completion: Completion) -> u32 {
    match completion {
        Completion::KeepConnection => STATUS_SUCCESS_AND_KEEP_CONNECTION,
        Completion::Close => STATUS_SUCCESS,
        Completion::Failed => STATUS_ERROR,
    }
}

/// A BOOL as a result; the reason is the thread's last error.
pub(super) fn check(answer: i32) -> io::Result<()> {
    if answer == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
