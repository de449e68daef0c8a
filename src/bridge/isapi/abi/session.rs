//! A request in the bridge's hands: every call back into IIS.
//!
//! What enters: the control block. What leaves: [`Session`], which completes the request exactly once, and is a
//! [`Client`]. Absent: asynchronous reads and writes; a worker waits for its client.

use std::ffi::{CStr, CString, c_char, c_void};
use std::io;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use super::line::Line;
use super::pieces::in_pieces;
use super::{ControlBlock, STATUS_ERROR, STATUS_SUCCESS, STATUS_SUCCESS_AND_KEEP_CONNECTION, SendHeaderEx};
use crate::client::{Client, Completion, End, FileRange, HeadText, Outgoing, Part};
use crate::log;

const DONE_WITH_SESSION: u32 = 4;
const SEND_RESPONSE_HEADER_EX: u32 = 1016;
const CLOSE_CONNECTION: u32 = 1017;
const REPORT_UNHEALTHY: u32 = 1032;
const VECTOR_SEND: u32 = 1037;

/// `HSE_IO_` flags.
const SYNCHRONOUS: u32 = 1;
const DISCONNECT_AFTER_SEND: u32 = 4;
const SEND_HEADERS: u32 = 8;
const FINAL_SEND: u32 = 0x10;

/// `HSE_VECTOR_ELEMENT_TYPE_` kinds.
const MEMORY_BUFFER: u32 = 0;
const FILE_HANDLE: u32 = 1;

/// Whether this server knows VECTOR_SEND: 0 until it was tried, then one of these.
static VECTOR_SEND_IS: AtomicU8 = AtomicU8::new(0);
const KNOWN: u8 = 1;
const UNKNOWN: u8 = 2;

/// Windows' words for "there is no such function": ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED,
/// ERROR_INVALID_PARAMETER, ERROR_CALL_NOT_IMPLEMENTED.
const NO_SUCH_FUNCTION: [i32; 4] = [1, 50, 87, 120];
const ERROR_INSUFFICIENT_BUFFER: i32 = 122;
const UNKNOWN_LENGTH: u32 = u32::MAX;

/// Room that nearly every server variable fits in.
const USUAL_VARIABLE: usize = 2048;

/// Without VECTOR_SEND, parts of together this size are joined for one call.
const SMALL: usize = 16 * 1024;

/// `HSE_RESPONSE_VECTOR`.
#[repr(C)]
struct ResponseVector {
    flags: u32,
    status: *const u8,
    headers: *const u8,
    count: u32,
    elements: *const VectorElement,
}

/// `HSE_VECTOR_ELEMENT`.
#[repr(C)]
struct VectorElement {
    kind: u32,
    context: *const c_void,
    offset: u64,
    size: u64,
}

/// httpext.h's layout, on both processors.
const _: () = {
    let wide = size_of::<usize>() == 8;
    assert!(size_of::<ResponseVector>() == if wide { 40 } else { 20 });
    assert!(size_of::<VectorElement>() == if wide { 32 } else { 24 });
};

/// Where the call that brought a request waits for its completion, when the server cannot wait for it.
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
/// Whoever holds it may use it from any thread, one at a time. Dropping it completes the request as failed.
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
    /// A request that has just begun. With a gate, it is completed by the return value of the call that brought it.
    pub(super) fn new(block: NonNull<ControlBlock>, gate: Option<Arc<Gate>>) -> Self {
        Self { block, gate, line: Arc::new(Line::new(block)) }
    }

    /// The line to the client, which another thread may watch.
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

    /// Completes the request by the status that `HttpExtensionProc` is to return.
    #[must_use]
    pub fn finish_by_return(self, completion: Completion) -> u32 {
        let mut session = ManuallyDrop::new(self);
        session.line.cut();
        Self::let_go(&mut session);
        status_of(completion)
    }

    /// Frees what the session holds, in place of its drop, which would complete the request once more.
    fn let_go(session: &mut ManuallyDrop<Self>) {
        drop(session.gate.take());
        // SAFETY: nothing of the session is used again once this is called, and it is called once.
        unsafe { std::ptr::drop_in_place(&raw mut session.line) };
    }

    /// Asks the server to recycle this worker process; it does where the pool is pinged.
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
        // A failure leaves nothing to be done: the request is out of our hands either way.
        let _ = self.support(DONE_WITH_SESSION, (&raw mut status).cast());
    }

    fn block(&self) -> &ControlBlock {
        // SAFETY: the session has not been completed, so IIS keeps the block, and only this session writes to it.
        unsafe { self.block.as_ref() }
    }

    pub(super) fn support(&self, request: u32, argument: *mut c_void) -> io::Result<()> {
        let block = self.block();
        let mut size = 0_u32;
        let mut data_type = 0_u32;
        // SAFETY: the function and its connection come from IIS; every request number used here takes either no
        // argument or the structure that its caller passes.
        let answer = unsafe {
            (block.server_support_function)(block.connection, request, argument, &mut size, &mut data_type)
        };
        check(answer)
    }

    /// Appends a variable to `buffer`, which has room for `room` bytes; or says how much it needs.
    fn append_variable(&self, name: &CStr, buffer: &mut Vec<u8>, room: usize) -> Result<(), Option<usize>> {
        let block = self.block();
        buffer.reserve(room);
        let spare = buffer.spare_capacity_mut();
        let room = spare.len();
        let mut size = u32::try_from(room).unwrap_or(u32::MAX);
        // SAFETY: the function and its connection come from IIS; the spare room holds `size` bytes.
        let answer = unsafe {
            (block.get_server_variable)(block.connection, name.as_ptr(), spare.as_mut_ptr().cast(), &mut size)
        };
        match check(answer) {
            Ok(()) => {
                let length = buffer.len() + (size as usize).min(room);
                // SAFETY: IIS has written `size` bytes into the spare room, and no more than there are.
                unsafe { buffer.set_len(length) };
                Ok(())
            }
            Err(error) if error.raw_os_error() == Some(ERROR_INSUFFICIENT_BUFFER) => Err(Some(size as usize)),
            Err(_) => Err(None),
        }
    }

    fn send_vector(&self, piece: &Outgoing<'_>) -> io::Result<()> {
        let elements: Vec<VectorElement> = piece.parts.iter().map(VectorElement::new).collect();
        let mut vector = ResponseVector {
            flags: SYNCHRONOUS,
            status: std::ptr::null(),
            headers: std::ptr::null(),
            count: elements.len() as u32,
            elements: elements.as_ptr(),
        };
        if let Some(head) = &piece.head {
            vector.flags |= SEND_HEADERS;
            vector.status = head.status.as_ptr();
            vector.headers = head.headers.as_ptr();
        }
        match piece.end {
            Some(End::Keep) => vector.flags |= FINAL_SEND,
            Some(End::Close) => vector.flags |= DISCONNECT_AFTER_SEND,
            None => {}
        }
        self.support(VECTOR_SEND, (&raw mut vector).cast())
    }

    /// The same by the older calls. Parts of files are beyond them.
    fn send_in_steps(&self, piece: &Outgoing<'_>) -> io::Result<()> {
        let bytes = |part: &Part<'_>| if let Part::Bytes(bytes) = part { bytes.len() } else { 0 };
        if has_files(piece) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        if let Some(head) = &piece.head {
            self.send_head(head)?;
        }
        if piece.parts.iter().map(bytes).sum::<usize>() > SMALL {
            return piece.parts.iter().try_for_each(|part| self.write(part));
        }
        let mut joined = Vec::with_capacity(SMALL);
        for part in piece.parts {
            if let Part::Bytes(bytes) = part {
                joined.extend_from_slice(bytes);
            }
        }
        self.write(&Part::Bytes(&joined))
    }

    fn send_head(&self, head: &HeadText<'_>) -> io::Result<()> {
        let mut info = SendHeaderEx {
            status: head.status.as_ptr(),
            headers: head.headers.as_ptr(),
            status_length: (head.status.len() - 1) as u32,
            headers_length: (head.headers.len() - 1) as u32,
            keep_connection: i32::from(head.keep_connection),
        };
        self.support(SEND_RESPONSE_HEADER_EX, (&raw mut info).cast())
    }

    fn write(&self, part: &Part<'_>) -> io::Result<()> {
        let block = self.block();
        let Part::Bytes(mut bytes) = *part else { return Err(io::ErrorKind::Unsupported.into()) };
        while !bytes.is_empty() {
            let mut size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            // SAFETY: the function and its connection come from IIS; the bytes outlive the synchronous call.
            let answer = unsafe {
                (block.write_client)(block.connection, bytes.as_ptr().cast(), &mut size, SYNCHRONOUS)
            };
            check(answer)?;
            if size == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = bytes.get(size as usize..).unwrap_or_default();
        }
        Ok(())
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
        // SAFETY: IIS vouches for `cbAvailable` bytes at `lpbData` as long as the block lives.
        unsafe { slice::from_raw_parts(block.available, block.available_bytes as usize) }
    }

    fn variable(&self, name: &CStr, buffer: &mut Vec<u8>) -> bool {
        match self.append_variable(name, buffer, USUAL_VARIABLE) {
            // A host that names a size and then wants more is asked a second time, and not a third.
            Err(Some(needed)) => self.append_variable(name, buffer, needed).is_ok(),
            outcome => outcome.is_ok(),
        }
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let block = self.block();
        let room = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let mut size = room;
        // SAFETY: the function and its connection come from IIS; the buffer holds at least `size` bytes.
        let answer = unsafe { (block.read_client)(block.connection, buffer.as_mut_ptr().cast(), &mut size) };
        check(answer)?;
        self.line.count(size.min(room).into());
        Ok(size.min(room) as usize)
    }

    fn send(&self, piece: &Outgoing<'_>) -> io::Result<()> {
        in_pieces(piece, |piece, size| {
            let begun = Instant::now();
            self.send_piece(piece)?;
            self.line.count(size);
            Ok(begun.elapsed())
        })
    }

    fn close_connection(&self) {
        // Where the server cannot, the failed completion says as much.
        let _ = self.support(CLOSE_CONNECTION, std::ptr::null_mut());
    }

    fn set_status_code(&self, code: u16) {
        // SAFETY: the block is valid until completion, and this field is the extension's to write.
        unsafe { (*self.block.as_ptr()).http_status_code = u32::from(code) };
    }
}

impl Session {
    /// Sends what goes out in one call, where the server can do that.
    fn send_piece(&self, piece: &Outgoing<'_>) -> io::Result<()> {
        if VECTOR_SEND_IS.load(Relaxed) == UNKNOWN {
            return self.send_in_steps(piece);
        }
        let outcome = self.send_vector(piece);
        let refused =
            |error: &io::Error| error.raw_os_error().is_some_and(|code| NO_SUCH_FUNCTION.contains(&code));
        if outcome.as_ref().is_err_and(refused) && VECTOR_SEND_IS.load(Relaxed) != KNOWN {
            VECTOR_SEND_IS.store(UNKNOWN, Relaxed);
            log::info("this server has no VECTOR_SEND; responses go out in several calls");
            return self.send_in_steps(piece);
        }
        if outcome.as_ref().is_err_and(refused) && has_files(piece) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        VECTOR_SEND_IS.store(KNOWN, Relaxed);
        outcome
    }
}

impl VectorElement {
    fn new(part: &Part<'_>) -> Self {
        match *part {
            Part::Bytes(bytes) => Self {
                kind: MEMORY_BUFFER,
                context: bytes.as_ptr().cast(),
                offset: 0,
                size: bytes.len() as u64,
            },
            Part::File(FileRange { handle, offset, size }) => {
                Self { kind: FILE_HANDLE, context: handle as *const c_void, offset, size }
            }
        }
    }
}

fn has_files(piece: &Outgoing<'_>) -> bool {
    piece.parts.iter().any(|part| matches!(part, Part::File(_)))
}

fn status_of(completion: Completion) -> u32 {
    match completion {
        Completion::KeepConnection => STATUS_SUCCESS_AND_KEEP_CONNECTION,
        Completion::Close => STATUS_SUCCESS,
        Completion::Failed => STATUS_ERROR,
    }
}

/// A BOOL as a result; the reason is the thread's last error.
fn check(answer: i32) -> io::Result<()> {
    if answer == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
