//! The head of a response, checked against HTTP's rules.
//!
//! What enters: the application's status and headers, one by one. What leaves: header lines that may be sent, or what is
//! wrong with them. Absent: the connection's headers, which belong to the server. They are left out, as PEP 3333 lets a
//! server do; only a request to close the connection has an effect. hgweb sends one when it has not read a request to its
//! end.

use std::fmt;

use crate::log;

/// Headers of the connection, which belongs to the server (RFC 9110, section 7.6.1; RFC 2616, section 13.5.1).
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "upgrade",
];

/// A status and headers that may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Code and reason phrase, ended by a zero.
    pub(super) status: Vec<u8>,
    pub(super) code: u16,
    /// Whole header lines.
    pub(super) lines: Vec<u8>,
    pub(super) content_length: Option<u64>,
    /// The application wants the connection to end with this response.
    pub(super) closes: bool,
}

/// What is wrong with a status or a header of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadError {
    /// The status, as shown here, is not three digits and a reason phrase.
    Status(String),
    /// The name of a header, as shown here, is not a token (RFC 9110, section 5.6.2).
    Name(String),
    /// The value of the header of this name contains a control character.
    Value(String),
    /// Content-Length is not a number.
    Length,
    /// Content-Length was set twice, and the two values differ.
    TwoLengths,
    /// Transfer-Encoding says that the application has encoded the body.
    TransferEncoding,
}

impl fmt::Display for HeadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(formatter, "{status:?} is not a status"),
            Self::Name(name) => write!(formatter, "{name:?} is not the name of a header"),
            Self::Value(name) => write!(formatter, "the value of {name:?} contains a control character"),
            Self::Length => formatter.write_str("Content-Length is not a number"),
            Self::TwoLengths => formatter.write_str("Content-Length has two different values"),
            Self::TransferEncoding => {
                formatter.write_str("Transfer-Encoding belongs to the server, not to the application")
            }
        }
    }
}

impl std::error::Error for HeadError {}

impl Head {
    /// A head with a status and no headers yet; the error says what is wrong with the status.
    pub fn new(status: &[u8]) -> Result<Self, HeadError> {
        let code = status_code(status)?;
        Ok(Self {
            status: [status, b"\0"].concat(),
            code,
            lines: Vec::with_capacity(256),
            content_length: None,
            closes: false,
        })
    }

    /// Adds a header; the error says what is wrong with it.
    pub fn push(&mut self, name: &[u8], value: &[u8]) -> Result<(), HeadError> {
        let shown = || String::from_utf8_lossy(name).to_ascii_lowercase();
        if !is_token(name) {
            return Err(HeadError::Name(shown()));
        }
        if !is_field(value) {
            return Err(HeadError::Value(shown()));
        }
        if HOP_BY_HOP.iter().any(|hop| hop.as_bytes().eq_ignore_ascii_case(name)) {
            return self.leave_out(name, value);
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = length(value).ok_or(HeadError::Length)?;
            if self.content_length.is_some_and(|earlier| earlier != length) {
                return Err(HeadError::TwoLengths);
            }
            if self.content_length.replace(length).is_some() {
                return Ok(());
            }
        }
        push_header(&mut self.lines, name, value);
        Ok(())
    }

    /// Leaves out a header of the connection. Without Transfer-Encoding, the client could not read a body that the
    /// application has encoded.
    fn leave_out(&mut self, name: &[u8], value: &[u8]) -> Result<(), HeadError> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let mut words = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        if is("transfer-encoding") && !words.all(|word| word.eq_ignore_ascii_case(b"identity")) {
            return Err(HeadError::TransferEncoding);
        }
        self.closes |= is("connection") && words.any(|word| word.eq_ignore_ascii_case(b"close"));
        let name = String::from_utf8_lossy(name);
        log::debug(&format!("the application's header {name} is left out: it belongs to the server"));
        Ok(())
    }

    /// The status code.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.code
    }
}

/// The head of the bridge's own response, which is a plain sentence.
#[must_use]
pub fn page_head(status: &str, extra: &[(&str, &str)]) -> Option<Head> {
    let mut head = Head::new(status.as_bytes()).ok()?;
    for (name, value) in extra.iter().chain([&("Content-Type", "text/plain; charset=utf-8")]) {
        head.push(name.as_bytes(), value.as_bytes()).ok()?;
    }
    Some(head)
}

/// Appends a header line.
pub(super) fn push_header(block: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for part in [name, b": ", value, b"\r\n"] {
        block.extend_from_slice(part);
    }
}

fn status_code(status: &[u8]) -> Result<u16, HeadError> {
    let wrong = || HeadError::Status(String::from_utf8_lossy(status).into_owned());
    let (code, rest) = status.split_at_checked(3).ok_or_else(wrong)?;
    let spaced = rest.is_empty() || rest.starts_with(b" ");
    if !spaced || !is_field(status) || !code.iter().all(u8::is_ascii_digit) || code[0] == b'0' {
        return Err(wrong());
    }
    Ok(code.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0')))
}

fn is_token(name: &[u8]) -> bool {
    let valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(valid)
}

fn is_field(value: &[u8]) -> bool {
    value.iter().all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
}

fn length(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value).ok().filter(|_| digits)?.parse().ok()
}
