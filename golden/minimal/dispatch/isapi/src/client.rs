//! The trait through which a request uses IIS.
//!
//! What enters: calls from the steps of a request. What leaves: IIS's answers. Absent: raw pointers; [`crate::abi`]
//! implements the trait over a control block.

use std::ffi::CStr;
use std::io;

use crate::account::{Account, Token};

/// The server and the client behind it, for one request.
pub trait Client {
    /// The request's method.
    fn method(&self) -> &[u8];

    /// The query string as the client sent it, without its question mark.
    fn query_string(&self) -> &[u8];

    /// The decoded path, where the server gives one.
    fn path_info(&self) -> Option<&[u8]>;

    /// The body's content type, empty when there is none.
    fn content_type(&self) -> &[u8];

    /// The body's length; `None` when it is known only at the body's end.
    fn total_bytes(&self) -> Option<u32>;

    /// The part of the body that the server has read already.
    fn available(&self) -> &[u8];

    /// Appends a server variable to `buffer`, with its terminator if it has one. `false` where the server does not
    /// know the variable; then the buffer is unchanged.
    fn variable(&self, name: &CStr, buffer: &mut Vec<u8>) -> bool;

    /// The token that the server holds for this request.
    fn token(&self) -> Token {
        Token::Unknown
    }

    /// The account that Windows finds under a name: `DOMAIN\name`, or a user principal name.
    fn named_account(&self, _name: &str) -> Option<Account> {
        None
    }

    /// Reads more of the body; 0 bytes mean its end.
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Sends a piece of the response.
    fn send(&self, piece: &Outgoing<'_>) -> io::Result<()>;

    /// Closes the connection, which tells the client that the response is incomplete.
    fn close_connection(&self);

    /// The status code for the server's own log.
    fn set_status_code(&self, code: u16);
}

/// A piece of a response, which is sent in one call where the server supports that.
#[derive(Debug, Default)]
pub struct Outgoing<'a> {
    /// Status and headers, with the first piece.
    pub head: Option<HeadText<'a>>,
    /// What follows them, in order.
    pub parts: &'a [Part<'a>],
    /// Set on the last piece of the response.
    pub end: Option<End>,
}

/// Status and headers as they go over the wire.
#[derive(Debug, Clone, Copy)]
pub struct HeadText<'a> {
    /// Status code and reason phrase, ended by a zero.
    pub status: &'a [u8],
    /// Header lines and an empty one, ended by a zero.
    pub headers: &'a [u8],
    /// Whether the connection can serve another request afterwards.
    pub keep_connection: bool,
}

/// A part of a response's body.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// A part of a file, which the server reads itself.
    File(FileRange),
}

impl Part<'_> {
    /// Whether the part is empty. Such a part is never handed to IIS, which refuses empty bytes, and takes an empty part
    /// of a file for all of it ("HSE_VECTOR_ELEMENT Structure" of the ISAPI reference).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::File(file) => file.size == 0,
        }
    }
}

/// A part of an open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRange {
    /// The system's handle of the file: a HANDLE on Windows, a descriptor elsewhere.
    pub handle: usize,
    /// Where the part begins.
    pub offset: u64,
    /// Its length.
    pub size: u64,
}

/// What the end of a response means for the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It can serve another request.
    Keep,
    /// It is closed.
    Close,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// The response is whole, and the connection can serve another request.
    KeepConnection,
    /// The response is whole, and its end is the connection's end.
    Close,
    /// The response is not whole.
    Failed,
}
