//! The response: its head, how its body's end is marked, and the body as a stream.
//!
//! What enters: status, headers and pieces of a body. What leaves: calls on IIS, and how the request is to be completed.
//! IIS does not chunk for an extension, so this module does. Absent: buffering across calls; what comes in one call goes
//! out in that call, with the head before it and the end after it where these are due.

use std::io;

use crate::client::{Client, Completion, End, FileRange, HeadText, Outgoing, Part};

/// More pieces than this are joined before they are sent.
const FEW: usize = 8;

/// Pieces are joined up to this size.
const BLOCK: usize = 64 * 1024;

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
    /// Code and reason phrase, ended by a zero.
    status: Vec<u8>,
    code: u16,
    /// Whole header lines.
    lines: Vec<u8>,
    content_length: Option<u64>,
}

impl Head {
    /// A status without headers so far; the error says what is wrong with it.
    pub fn new(status: &[u8]) -> Result<Self, String> {
        let code = status_code(status)?;
        Ok(Self {
            status: [status, b"\0"].concat(),
            code,
            lines: Vec::with_capacity(256),
            content_length: None,
        })
    }

    /// Adds a header; the error says what is wrong with it.
    pub fn push(&mut self, name: &[u8], value: &[u8]) -> Result<(), String> {
        let shown = || String::from_utf8_lossy(name).to_ascii_lowercase();
        if !is_token(name) {
            return Err(format!("{:?} is not the name of a header", shown()));
        }
        if !is_field(value) {
            return Err(format!("the value of {:?} holds a control character", shown()));
        }
        if HOP_BY_HOP.iter().any(|hop| hop.as_bytes().eq_ignore_ascii_case(name)) {
            return Err(format!("{:?} belongs to the server, not to the application", shown()));
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = length(value).ok_or("Content-Length is not a number")?;
            if self.content_length.is_some_and(|earlier| earlier != length) {
                return Err("Content-Length says two different things".into());
            }
            if self.content_length.replace(length).is_some() {
                return Ok(());
            }
        }
        push_header(&mut self.lines, name, value);
        Ok(())
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
    /// The body's end has been sent.
    ended: bool,
    /// The connection is closed after this response, whatever it is.
    closes: bool,
}

impl Reply {
    /// A response of which nothing is known yet.
    #[must_use]
    pub fn new(method: &[u8], protocol: Protocol) -> Self {
        Self {
            protocol,
            is_head_request: method == b"HEAD",
            head: None,
            framing: None,
            whole_body: None,
            sent: 0,
            overrun: false,
            broken: false,
            ended: false,
            closes: false,
        }
    }

    /// Lets the connection end with this response, since what the client sends next cannot be told from this request.
    #[must_use]
    pub fn closing(self) -> Self {
        Self { closes: true, ..self }
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

    /// Whether the application has announced more bytes than it has produced so far.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.head.is_some() && matches!(self.framing(), Ok(Framing::Length(left)) if left > 0)
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

    /// Sends pieces of the body, after the head where that is still to be sent. Pieces without bytes send nothing.
    pub fn write(&mut self, client: &impl Client, pieces: &[&[u8]]) -> io::Result<()> {
        self.send(client, pieces, false)
    }

    /// Sends the last pieces of the body, and its end, in one go where there are few.
    pub fn write_last(&mut self, client: &impl Client, pieces: &[&[u8]]) -> io::Result<Completion> {
        self.send(client, pieces, true)?;
        self.finish(client)
    }

    /// Sends a whole response that is the bridge's own, instead of any that was begun but not sent.
    pub fn write_page(
        &mut self,
        client: &impl Client,
        head: Option<Head>,
        sentence: &str,
    ) -> io::Result<Completion> {
        self.head = head;
        let body = format!("{sentence}\n");
        self.whole_body = Some(body.len() as u64);
        self.write_last(client, &[body.as_bytes()])
    }

    /// Sends a part of a file. `Unsupported` where the server cannot; then nothing has been sent.
    pub fn write_file(&mut self, client: &impl Client, file: FileRange) -> io::Result<()> {
        if file.size == 0 {
            return Ok(());
        }
        let framing = self.framing()?;
        let size = self.within(framing, file.size);
        self.put(client, framing, &[Part::File(FileRange { size, ..file })], size, false)
    }

    /// Ends the body and says how the request is to be completed.
    pub fn finish(&mut self, client: &impl Client) -> io::Result<Completion> {
        if self.framing.is_none() {
            self.whole_body.get_or_insert(0);
        }
        let framing = self.framing()?;
        if self.broken || matches!(framing, Framing::Length(left) if left > 0) {
            return Ok(self.abandon(client));
        }
        if !self.ended && (self.framing.is_none() || framing == Framing::Chunked) {
            self.put(client, framing, &[], 0, true)?;
        }
        Ok(match self.end(framing) {
            End::Keep => Completion::KeepConnection,
            End::Close => Completion::Close,
        })
    }

    /// Gives the response up; if it has begun, the client must not take it for whole.
    pub fn abandon(&mut self, client: &impl Client) -> Completion {
        client.close_connection();
        Completion::Failed
    }

    fn send(&mut self, client: &impl Client, pieces: &[&[u8]], last: bool) -> io::Result<()> {
        if pieces.iter().all(|piece| piece.is_empty()) {
            return Ok(());
        }
        if pieces.len() <= FEW {
            return self.send_few(client, pieces, last);
        }
        let mut joined = Vec::with_capacity(BLOCK);
        for (number, piece) in pieces.iter().enumerate() {
            if !joined.is_empty() && joined.len() + piece.len() > BLOCK {
                self.send_few(client, &[&joined], false)?;
                joined.clear();
            }
            match (piece.len() > BLOCK, number + 1 == pieces.len()) {
                (true, is_last) => self.send_few(client, &[piece], last && is_last)?,
                (false, _) => joined.extend_from_slice(piece),
            }
        }
        self.send_few(client, &[&joined], last)
    }

    fn send_few(&mut self, client: &impl Client, pieces: &[&[u8]], last: bool) -> io::Result<()> {
        let size: usize = pieces.iter().map(|piece| piece.len()).sum();
        if size == 0 {
            return Ok(());
        }
        let framing = self.framing()?;
        let mut room = self.within(framing, size as u64);
        let mut parts = [Part::Bytes(&[]); FEW];
        let sent = room;
        for (part, piece) in parts.iter_mut().zip(pieces) {
            let taken = usize::try_from(room).unwrap_or(usize::MAX).min(piece.len());
            *part = Part::Bytes(&piece[..taken]);
            room -= taken as u64;
        }
        self.put(client, framing, &parts[..pieces.len()], sent, last)
    }

    /// How many of `size` bytes the framing still has room for.
    fn within(&mut self, framing: Framing, size: u64) -> u64 {
        let room = match framing {
            Framing::Nothing => return 0,
            Framing::Length(left) => left.min(size),
            Framing::Chunked | Framing::End => size,
        };
        self.overrun |= room < size;
        room
    }

    /// Sends the head if it is due, `parts` of together `size` bytes in their framing, and the end if it is due.
    fn put(
        &mut self,
        client: &impl Client,
        framing: Framing,
        parts: &[Part<'_>],
        size: u64,
        last: bool,
    ) -> io::Result<()> {
        if self.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let head = if self.framing.is_none() { Some(self.head_lines(framing)) } else { None };
        let left = match framing {
            Framing::Length(left) => Framing::Length(left - size),
            other => other,
        };
        let is_end = left == Framing::Length(0) || (last && !matches!(left, Framing::Length(_)));
        if head.is_none() && size == 0 && !(is_end && framing == Framing::Chunked) {
            return Ok(());
        }
        let mark = chunk_mark(framing, size);
        let mut framed = Vec::with_capacity(parts.len() + 2);
        framed.push(Part::Bytes(mark.as_bytes()));
        framed.extend_from_slice(parts);
        framed.push(Part::Bytes(chunk_tail(framing, size, is_end)));
        framed.retain(|part| !part.is_empty());
        let outgoing = Outgoing {
            head: head.as_ref().map(|lines| self.head_text(lines, framing)),
            parts: &framed,
            end: is_end.then(|| self.end(framing)),
        };
        if head.is_some() {
            client.set_status_code(self.code());
        }
        let outcome = client.send(&outgoing);
        if outcome.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::Unsupported) {
            return outcome;
        }
        self.framing = Some(left);
        self.ended |= is_end;
        self.broken |= outcome.is_err();
        outcome.map(|()| self.sent += size)
    }

    /// How the end is marked, or will be.
    fn framing(&self) -> io::Result<Framing> {
        if let Some(framing) = self.framing {
            return Ok(framing);
        }
        let head = self.head.as_ref().ok_or_else(|| io::Error::other("there is no head to be sent"))?;
        let bodiless = matches!(head.code, 100..=199 | 204 | 304);
        Ok(match (head.content_length.or(self.whole_body), self.protocol) {
            _ if self.is_head_request || bodiless => Framing::Nothing,
            (Some(length), _) => Framing::Length(length),
            (None, Protocol::Http11) => Framing::Chunked,
            (None, _) => Framing::End,
        })
    }

    /// What the body's end means for the connection.
    fn end(&self, framing: Framing) -> End {
        match (self.protocol, framing) {
            (Protocol::Http2, _) => End::Keep,
            (Protocol::Http10, _) | (_, Framing::End) => End::Close,
            _ if self.closes => End::Close,
            _ => End::Keep,
        }
    }

    /// The header lines, with those that the framing needs, an empty one and a zero.
    fn head_lines(&self, framing: Framing) -> Vec<u8> {
        let Some(head) = &self.head else { return Vec::new() };
        let mut lines = Vec::with_capacity(head.lines.len() + 48);
        lines.extend_from_slice(&head.lines);
        match framing {
            Framing::Length(length) if head.content_length.is_none() => {
                push_header(&mut lines, b"Content-Length", length.to_string().as_bytes());
            }
            Framing::Chunked => push_header(&mut lines, b"Transfer-Encoding", b"chunked"),
            _ => {}
        }
        if self.protocol == Protocol::Http10 || (self.closes && self.protocol == Protocol::Http11) {
            push_header(&mut lines, b"Connection", b"close");
        }
        lines.extend_from_slice(b"\r\n\0");
        lines
    }

    fn head_text<'a>(&'a self, lines: &'a [u8], framing: Framing) -> HeadText<'a> {
        let status = self.head.as_ref().map_or(&b"\0"[..], |head| &head.status);
        HeadText { status, headers: lines, keep_connection: self.end(framing) == End::Keep }
    }
}

/// The head of a response that is the bridge's own: a plain sentence.
#[must_use]
pub fn page_head(status: &str, extra: &[(&str, &str)]) -> Option<Head> {
    let mut head = Head::new(status.as_bytes()).ok()?;
    for (name, value) in extra.iter().chain([&("Content-Type", "text/plain; charset=utf-8")]) {
        head.push(name.as_bytes(), value.as_bytes()).ok()?;
    }
    Some(head)
}

/// What stands before a chunk.
fn chunk_mark(framing: Framing, size: u64) -> String {
    if framing == Framing::Chunked && size > 0 { format!("{size:x}\r\n") } else { String::new() }
}

/// What stands after a chunk, and after the last of them.
fn chunk_tail(framing: Framing, size: u64, is_end: bool) -> &'static [u8] {
    match (framing, size > 0, is_end) {
        (Framing::Chunked, true, true) => b"\r\n0\r\n\r\n",
        (Framing::Chunked, true, false) => b"\r\n",
        (Framing::Chunked, false, true) => b"0\r\n\r\n",
        _ => b"",
    }
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
