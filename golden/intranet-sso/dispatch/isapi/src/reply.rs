//! The response: its head, how its body's end is marked, and the body as a stream.
//!
//! What enters: status, headers and pieces of a body. What leaves: calls on IIS, and how the request is to be completed.
//! IIS does not chunk for an extension, so this module does. Absent: buffering; a piece goes out as it comes.

use std::fmt::Write as _;
use std::io;

use crate::client::{Client, Completion};
use crate::environ::Line;

/// Pieces up to this size are copied into one write together with their chunk's marks.
const SMALL: usize = 16 * 1024;

/// Headers that belong to the connection, which is the server's.
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The version of HTTP that a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// 1.0 or older: a body ends with the connection.
    Http10,
    /// 1.1: a body can be chunked.
    Http11,
    /// 2 or newer: the server frames the body.
    Http2,
}

impl Protocol {
    /// Reads SERVER_PROTOCOL.
    #[must_use]
    pub fn parse(name: &[u8]) -> Self {
        match name.strip_prefix(b"HTTP/").unwrap_or_default() {
            b"1.1" => Self::Http11,
            [b'2'..=b'9', ..] => Self::Http2,
            _ => Self::Http10,
        }
    }
}

/// A status and headers that may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    status: Vec<u8>,
    code: u16,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    content_length: Option<u64>,
}

impl Head {
    /// Checks status and headers; the error says what is wrong with them.
    pub fn new(status: Vec<u8>, headers: Vec<(Vec<u8>, Vec<u8>)>) -> Result<Self, String> {
        let code = status_code(&status)?;
        let mut content_length = None;
        for (name, value) in &headers {
            let shown = String::from_utf8_lossy(name).to_ascii_lowercase();
            if !is_token(name) {
                return Err(format!("{shown:?} is not the name of a header"));
            }
            if !is_field(value) {
                return Err(format!("the value of {shown:?} holds a control character"));
            }
            if HOP_BY_HOP.contains(&shown.as_str()) {
                return Err(format!("{shown:?} belongs to the server, not to the application"));
            }
            if shown == "content-length" {
                content_length = Some(length(value).ok_or("Content-Length is not a number")?);
            }
        }
        Ok(Self { status, code, headers, content_length })
    }

    /// The status code.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.code
    }
}

/// How the end of the body is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// There is no body, whatever the application produces.
    Nothing,
    /// So many bytes are still to come.
    Length(u64),
    Chunked,
    /// By the end of the connection, or of the stream in HTTP/2.
    End,
}

/// The response to one request.
#[derive(Debug)]
pub struct Reply {
    protocol: Protocol,
    is_head_request: bool,
    head: Option<Head>,
    framing: Option<Framing>,
    whole_body: Option<u64>,
    sent: u64,
    overrun: bool,
    broken: bool,
}

impl Reply {
    /// A response of which nothing is known yet.
    #[must_use]
    pub fn new(method: &str, protocol: Protocol) -> Self {
        Self {
            protocol,
            is_head_request: method == "HEAD",
            head: None,
            framing: None,
            whole_body: None,
            sent: 0,
            overrun: false,
            broken: false,
        }
    }

    /// Sets the head, or puts another in its place while it has not been sent.
    pub fn set_head(&mut self, head: Head) {
        self.head = Some(head);
    }

    /// Whether there is a head.
    #[must_use]
    pub fn has_head(&self) -> bool {
        self.head.is_some()
    }

    /// Whether the head has been sent, so that no other can be.
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.framing.is_some()
    }

    /// Whether the application produced more bytes than it announced. They were not sent.
    #[must_use]
    pub fn is_overrun(&self) -> bool {
        self.overrun
    }

    /// Whether the client can no longer be reached.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The status code, 0 when there is none.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.head.as_ref().map_or(0, Head::code)
    }

    /// Bytes of the body that were sent.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Says that the body consists of so many bytes, for an application that did not say so itself.
    pub fn set_whole_body(&mut self, length: u64) {
        self.whole_body = Some(length);
    }

    /// Sends a piece of the body, after the head where that is still to be sent. An empty piece sends nothing.
    pub fn write(&mut self, client: &impl Client, piece: &[u8]) -> io::Result<()> {
        if piece.is_empty() {
            return Ok(());
        }
        let framing = self.start(client)?;
        let outcome = match framing {
            Framing::Nothing => Ok(()),
            Framing::Length(left) => self.write_counted(client, piece, left),
            Framing::Chunked => write_chunk(client, piece).map(|()| self.sent += piece.len() as u64),
            Framing::End => client.write(piece).map(|()| self.sent += piece.len() as u64),
        };
        self.broken |= outcome.is_err();
        outcome
    }

    /// Ends the body and says how the request is to be completed.
    pub fn finish(&mut self, client: &impl Client) -> io::Result<Completion> {
        if self.framing.is_none() {
            self.whole_body = Some(0);
        }
        match self.start(client)? {
            _ if self.broken => Ok(self.abandon(client)),
            Framing::Length(left) if left > 0 => Ok(self.abandon(client)),
            Framing::Chunked => client.write(b"0\r\n\r\n").map(|()| Completion::KeepConnection),
            Framing::End if self.protocol != Protocol::Http2 => Ok(Completion::Close),
            _ if self.protocol == Protocol::Http10 => Ok(Completion::Close),
            _ => Ok(Completion::KeepConnection),
        }
    }

    /// Gives the response up; if it has begun, the client must not take it for whole.
    pub fn abandon(&mut self, client: &impl Client) -> Completion {
        client.close_connection();
        Completion::Failed
    }

    /// Sends the head unless it has been sent.
    fn start(&mut self, client: &impl Client) -> io::Result<Framing> {
        if let Some(framing) = self.framing {
            return Ok(framing);
        }
        let head = self.head.as_ref().ok_or_else(|| io::Error::other("there is no head to be sent"))?;
        let framing = self.choose_framing(head);
        let block = self.head_block(head, framing);
        let keep = self.protocol != Protocol::Http10
            && (framing != Framing::End || self.protocol == Protocol::Http2);
        client.set_status_code(head.code);
        self.framing = Some(framing);
        let outcome = client.send_head(&head.status, &block, keep);
        self.broken |= outcome.is_err();
        outcome.map(|()| framing)
    }

    fn choose_framing(&self, head: &Head) -> Framing {
        let bodiless = matches!(head.code, 100..=199 | 204 | 304);
        match (head.content_length.or(self.whole_body), self.protocol) {
            _ if self.is_head_request || bodiless => Framing::Nothing,
            (Some(length), _) => Framing::Length(length),
            (None, Protocol::Http11) => Framing::Chunked,
            (None, _) => Framing::End,
        }
    }

    /// The header lines, with those that the framing needs.
    fn head_block(&self, head: &Head, framing: Framing) -> Vec<u8> {
        let mut block = Vec::with_capacity(256);
        for (name, value) in &head.headers {
            push_header(&mut block, name, value);
        }
        match framing {
            Framing::Length(length) if head.content_length.is_none() => {
                push_header(&mut block, b"Content-Length", length.to_string().as_bytes());
            }
            Framing::Chunked => push_header(&mut block, b"Transfer-Encoding", b"chunked"),
            _ => {}
        }
        if self.protocol == Protocol::Http10 {
            push_header(&mut block, b"Connection", b"close");
        }
        block.extend_from_slice(b"\r\n");
        block
    }

    fn write_counted(&mut self, client: &impl Client, piece: &[u8], left: u64) -> io::Result<()> {
        let room = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        self.overrun |= room < piece.len();
        if room > 0 {
            client.write(&piece[..room])?;
        }
        self.sent += room as u64;
        self.framing = Some(Framing::Length(left - room as u64));
        Ok(())
    }
}

/// Sends a whole response that is the bridge's own: a plain sentence.
pub fn send_page(
    client: &impl Client,
    line: &Line,
    status: &str,
    extra: &[(&str, &str)],
    sentence: &str,
) -> io::Result<Completion> {
    let plain = ("Content-Type", "text/plain; charset=utf-8");
    let bytes = |text: &str| text.as_bytes().to_vec();
    let headers = extra.iter().chain([&plain]).map(|(name, value)| (bytes(name), bytes(value))).collect();
    let body = format!("{sentence}\n");
    let mut reply = Reply::new(&line.method, line.protocol);
    reply.set_head(Head::new(bytes(status), headers).map_err(io::Error::other)?);
    reply.set_whole_body(body.len() as u64);
    reply.write(client, body.as_bytes())?;
    reply.finish(client)
}

fn write_chunk(client: &impl Client, piece: &[u8]) -> io::Result<()> {
    let mut begin = String::new();
    let _ = write!(begin, "{:x}\r\n", piece.len());
    if piece.len() <= SMALL {
        return client.write(&[begin.as_bytes(), piece, b"\r\n"].concat());
    }
    client.write(begin.as_bytes())?;
    client.write(piece)?;
    client.write(b"\r\n")
}

fn push_header(block: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for part in [name, b": ", value, b"\r\n"] {
        block.extend_from_slice(part);
    }
}

fn status_code(status: &[u8]) -> Result<u16, String> {
    let shown = || String::from_utf8_lossy(status).into_owned();
    let (code, rest) = status.split_at_checked(3).ok_or_else(|| format!("{:?} is not a status", shown()))?;
    let spaced = rest.is_empty() || rest.starts_with(b" ");
    if !spaced || !is_field(status) || !code.iter().all(u8::is_ascii_digit) || code[0] == b'0' {
        return Err(format!("{:?} is not a status", shown()));
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
