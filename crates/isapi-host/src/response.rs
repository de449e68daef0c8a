//! What a bridge answered, as a client sees it.
//!
//! In: status and headers as the bridge sent them. Out: a [`Head`]; the client that collected a [`Response`] puts it
//! together. Absent: the bytes of the body in transit, which `watch` checks.

use std::time::Duration;

use serde::Serialize;

use super::outcome::Outcome;

/// How the end of a body is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Framing {
    /// By Content-Length.
    Length,
    /// By chunked coding.
    Chunked,
    /// By closing the connection.
    Close,
    /// There is no body: HEAD, 204, 304, or no response at all.
    None,
}

/// Status and headers, parsed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Status code and reason phrase.
    pub status: String,
    /// The headers in the order in which they were sent, one character per byte.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// Parses what [`super::Peer::head`] receives. Lines that are not headers are left out.
    #[must_use]
    pub fn read(status: &[u8], headers: &[u8]) -> Self {
        let pairs = lines(headers).filter_map(split);
        Self {
            status: String::from_utf8_lossy(status_line(status)).into_owned(),
            headers: pairs.map(|(name, value)| (text(name), text(value))).collect(),
        }
    }

    /// The status code, if there is one.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        code(self.status.as_bytes())
    }

    /// The value of the first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let same = |(found, _): &&(String, String)| found.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }
}

/// What a bridge answered.
#[derive(Debug)]
pub struct Response {
    /// Status code and reason phrase; empty when no headers were sent.
    pub status: String,
    /// The headers in the order in which they were sent.
    pub headers: Vec<(String, String)>,
    /// The body without its chunked coding; empty if the request said to discard it.
    pub body: Vec<u8>,
    /// Length and SHA-256 of the body, if the request said to discard it.
    pub discarded: Option<Discarded>,
    /// How the body's end is marked.
    pub framing: Framing,
    /// Whether the body reached its marked end.
    pub complete: bool,
    /// Whether IIS would keep the connection.
    pub keep_alive: bool,
    /// The status of completion; `None` if the bridge never completed the request.
    pub log_status: Option<u32>,
    /// `dwHttpStatusCode`.
    pub http_status_code: u32,
    /// Whether the host found that the client had disconnected.
    pub client_gone: bool,
    /// Bytes of the request's body that went to the bridge.
    pub bytes_received: u64,
    /// Bytes of the response's body, including chunk marks.
    pub bytes_sent: u64,
    /// Calls that sent something.
    pub sends: u64,
    /// Bytes of the response's body that the host read from files.
    pub file_bytes: u64,
    /// The time from the call to completion.
    pub duration: Duration,
    /// What IIS would not have forgiven.
    pub violations: Vec<String>,
    /// What the bridge wrote to the server's log and to failed request tracing.
    pub notes: super::Notes,
}

/// What remains of a body that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discarded {
    /// Bytes of the body, without its chunked coding.
    pub bytes: u64,
    /// Their SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Response {
    /// Builds a response from what the client received and what the host noted.
    pub(super) fn new(head: Head, body: Vec<u8>, discarded: Option<Discarded>, outcome: Outcome) -> Self {
        Self {
            status: head.status,
            headers: head.headers,
            body,
            discarded,
            framing: outcome.framing,
            complete: outcome.complete,
            keep_alive: outcome.keep_alive,
            log_status: outcome.log_status,
            http_status_code: outcome.http_status_code,
            client_gone: outcome.client_gone,
            bytes_received: outcome.bytes_received,
            bytes_sent: outcome.bytes_sent,
            sends: outcome.sends,
            file_bytes: outcome.file_bytes,
            duration: outcome.duration,
            violations: outcome.violations,
            notes: outcome.notes,
        }
    }

    /// The status code, if there is one.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        code(self.status.as_bytes())
    }

    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let same = |(found, _): &&(String, String)| found.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }
}

/// A status without the NUL bytes that end C strings.
pub(super) fn status_line(status: &[u8]) -> &[u8] {
    let end = status.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &status[..end]
}

/// The three digits at the start of a status.
pub(super) fn code(status: &[u8]) -> Option<u16> {
    let digits = status.split(|&byte| byte == b' ').next().filter(|digits| digits.len() == 3)?;
    let number =
        |number: u16, &digit: &u8| digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'));
    digits.iter().try_fold(0, number)
}

/// The lines of a header block, without empty ones.
pub(super) fn lines(headers: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = headers.split(|&byte| byte == b'\n');
    lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).filter(|line| !line.is_empty())
}

/// Name and value of a header; `None` if the line is not a header.
pub(super) fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    let valid = is_token(name) && !value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
    valid.then(|| (name, value.trim_ascii()))
}

fn is_token(name: &[u8]) -> bool {
    let valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(valid)
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}
