//! Sends a piece of a response.
//!
//! What enters: pieces. What leaves: VECTOR_SEND, one call for each piece; older calls for servers that turn out not to
//! support it, however they refuse it. Absent: what a response consists of.

use std::ffi::c_void;
use std::io;

use super::session::{Session, check};
use super::{SendHeaderEx, server};
use crate::client::{End, FileRange, HeadText, Outgoing, Part};
use crate::log;

const SEND_RESPONSE_HEADER: u32 = 3;
const SEND_RESPONSE_HEADER_EX: u32 = 1016;
const VECTOR_SEND: u32 = 1037;

/// `HSE_IO_` flags.
const SYNCHRONOUS: u32 = 1;
const DISCONNECT_AFTER_SEND: u32 = 4;
const SEND_HEADERS: u32 = 8;
const FINAL_SEND: u32 = 0x10;

/// `HSE_VECTOR_ELEMENT_TYPE_` kinds.
const MEMORY_BUFFER: u32 = 0;
const FILE_HANDLE: u32 = 1;

/// Without VECTOR_SEND, parts are joined for one call up to this total size.
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

/// The layout in httpext.h, on both processors.
const _: () = {
    let wide = size_of::<usize>() == 8;
    assert!(size_of::<ResponseVector>() == if wide { 40 } else { 20 });
    assert!(size_of::<VectorElement>() == if wide { 32 } else { 24 });
};

impl Session {
    /// Sends a piece of the response, with VECTOR_SEND unless the server has turned out not to support it.
    pub(super) fn send_piece(&self, piece: &Outgoing<'_>) -> io::Result<()> {
        if server::VECTOR_SEND.is_lacking() {
            return self.send_in_steps(piece);
        }
        if has_files(piece) {
            return self.send_files(piece);
        }
        let Err(error) = self.send_vector(piece) else {
            server::VECTOR_SEND.works();
            return Ok(());
        };
        if server::VECTOR_SEND.has_worked() || server::is_of_the_connection(&error) {
            return Err(error);
        }
        // If the server gives no reason, only a success with the older calls shows that the client was not the cause.
        let sent = self.send_in_steps(piece);
        if (sent.is_ok() || server::says_unknown(&error)) && server::VECTOR_SEND.give_up() {
            let number = server::number(&error);
            log::warning(&format!(
                "VECTOR_SEND does not work on this server (error {number}); each response is sent in several \
                 calls"
            ));
        }
        sent
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

    /// Sends a piece that contains a part of a file. `Unsupported` where the server says that it cannot send files, or
    /// fails and has never sent one.
    fn send_files(&self, piece: &Outgoing<'_>) -> io::Result<()> {
        if server::FILES.is_lacking() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let Err(error) = self.send_vector(piece) else {
            server::VECTOR_SEND.works();
            server::FILES.works();
            return Ok(());
        };
        let is_known = server::FILES.has_worked() && !server::says_unknown(&error);
        if is_known || server::is_of_the_connection(&error) {
            return Err(error);
        }
        if server::FILES.give_up() {
            let number = server::number(&error);
            log::warning(&format!(
                "this server cannot send files (error {number}); the bridge reads them instead"
            ));
        }
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Sends a piece with the older calls, which cannot send parts of files.
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
        if server::HEADERS.is_lacking() {
            return self.send_old_head(head);
        }
        let mut info = SendHeaderEx {
            status: head.status.as_ptr(),
            headers: head.headers.as_ptr(),
            status_length: (head.status.len() - 1) as u32,
            headers_length: (head.headers.len() - 1) as u32,
            keep_connection: i32::from(head.keep_connection),
        };
        let Err(error) = self.support(SEND_RESPONSE_HEADER_EX, (&raw mut info).cast()) else {
            server::HEADERS.works();
            return Ok(());
        };
        if server::HEADERS.has_worked() || server::is_of_the_connection(&error) {
            return Err(error);
        }
        self.send_old_head(head)?;
        if server::HEADERS.give_up() {
            let number = server::number(&error);
            log::warning(&format!(
                "SEND_RESPONSE_HEADER_EX does not work on this server (error {number}); SEND_RESPONSE_HEADER \
                 is used instead, and closes each connection"
            ));
        }
        Ok(())
    }

    /// Sends the head with the oldest call, which takes the headers in the argument that other calls use for a
    /// number.
    fn send_old_head(&self, head: &HeadText<'_>) -> io::Result<()> {
        let mut size = (head.status.len() - 1) as u32;
        let (status, headers) = (head.status.as_ptr().cast_mut(), head.headers.as_ptr().cast_mut());
        self.support_with(SEND_RESPONSE_HEADER, status.cast(), &mut size, headers.cast())
    }

    fn write(&self, part: &Part<'_>) -> io::Result<()> {
        let block = self.block();
        let Part::Bytes(mut bytes) = *part else { return Err(io::ErrorKind::Unsupported.into()) };
        while !bytes.is_empty() {
            let mut size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            server::clear_last_error();
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
