//! IIS as a request sees it.
//!
//! What enters: calls of the steps of a request. What leaves: what IIS answers. Absent: raw pointers; [`crate::abi`]
//! implements the trait over a control block.

use std::ffi::CStr;
use std::io;

/// The server and the client behind it, for the time of one request.
pub trait Client {
    /// The request's method.
    fn method(&self) -> &[u8];

    /// The query string as the client sent it, without its question mark.
    fn query_string(&self) -> &[u8];

    /// The decoded path, where the server gives one.
    fn path_info(&self) -> Option<&[u8]>;

    /// The body's type, empty when there is none.
    fn content_type(&self) -> &[u8];

    /// The body's length; `None` when only its end will tell.
    fn total_bytes(&self) -> Option<u32>;

    /// The part of the body that the server has read already.
    fn available(&self) -> &[u8];

    /// A server variable without its terminator; `None` where the server does not know it.
    fn variable(&self, name: &CStr) -> Option<Vec<u8>>;

    /// Reads more of the body; 0 bytes mean its end.
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Sends status and headers. `headers` ends with an empty line.
    fn send_head(&self, status: &[u8], headers: &[u8], keep_connection: bool) -> io::Result<()>;

    /// Sends a part of the response's body.
    fn write(&self, bytes: &[u8]) -> io::Result<()>;

    /// Tells the client that the response ended before its time.
    fn close_connection(&self);

    /// The status code for the server's own log.
    fn set_status_code(&self, code: u16);
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
