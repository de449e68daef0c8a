//! A request, prepared to be handed to a bridge any number of times.
//!
//! In: a [`Request`]. Out: everything about it that does not change from one exchange to the next: server variables in both
//! encodings, the control block's strings, lengths. Absent: the body, which the peer has.

use std::ffi::c_char;

use super::error::BodyError;
use super::protocol::Request;
use super::variables::Variables;

/// The length that means "unknown".
const UNKNOWN: u32 = u32::MAX;

/// A prepared request. Build it once, share it through an `Arc`, exchange it many times.
#[derive(Debug)]
pub struct Prepared {
    pub(super) variables: Variables,
    /// The body's length; `None` if it is chunked.
    pub(super) length: Option<u64>,
    pub(super) read_ahead: usize,
    pub(super) read_size: usize,
    path_info: bool,
    method: String,
    url: String,
    protocol: String,
}

/// The strings of the control block, terminated by zeros.
#[derive(Clone, Copy)]
pub(super) struct Texts {
    pub method: *const c_char,
    pub query_string: *const c_char,
    pub path_info: *const c_char,
    pub path_translated: *const c_char,
    pub content_type: *const c_char,
}

impl Prepared {
    /// Prepares a request. The length of its body is `declared_size`, or else the length of the body that it was given. The
    /// error says what is wrong with the body.
    pub fn new(request: &Request) -> Result<Self, BodyError> {
        let length = request.declared_length()?;
        Ok(Self {
            variables: Variables::new(request, length),
            length: (!request.chunked).then_some(length),
            read_ahead: request.read_ahead,
            read_size: request.read_size,
            path_info: request.path_info,
            method: request.method.clone(),
            url: request.url.clone(),
            protocol: request.protocol.clone(),
        })
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The request's target.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn protocol(&self) -> &str {
        &self.protocol
    }

    pub(super) fn is_http11(&self) -> bool {
        self.protocol == "HTTP/1.1"
    }

    pub(super) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// `cbTotalBytes`: from 4 GiB on, and for a chunked body, IIS says that the length is unknown.
    pub(super) fn total_bytes(&self) -> u32 {
        self.length.and_then(|length| u32::try_from(length).ok()).unwrap_or(UNKNOWN)
    }

    /// The control block's strings. They stay valid as long as this request exists.
    pub(super) fn texts(&self) -> Texts {
        let text = |name| self.variables.narrow(name).as_ptr().cast::<c_char>();
        Texts {
            method: text("REQUEST_METHOD"),
            query_string: text("QUERY_STRING"),
            path_info: if self.path_info { text("PATH_INFO") } else { std::ptr::null() },
            path_translated: text("PATH_TRANSLATED"),
            content_type: text("CONTENT_TYPE"),
        }
    }
}
