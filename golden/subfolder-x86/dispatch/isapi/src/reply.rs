//! The response as a stream: the head when it is due, the body in pieces, and the end.
//!
//! What enters: status, headers and pieces of a body. What leaves: calls to IIS, and how to complete the request. IIS
//! does not chunk an extension's response, so this module does. Absent: buffering across calls; each call sends what it
//! receives, with the head before it and the end after it where these are due.

mod framing;
mod head;

use std::io;

use crate::client::{Client, Completion, End, FileRange, HeadText, Outgoing, Part};
use framing::Framing;
use head::push_header;

pub use head::{Head, HeadError, page_head};

/// More pieces than this are joined before sending.
const FEW: usize = 8;

/// The largest size of joined pieces.
const BLOCK: usize = 64 * 1024;

/// The HTTP version of a request.
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
    /// The connection is closed after this response in any case.
    closes: bool,
}

impl Reply {
    /// A response without head and body yet.
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

    /// Closes the connection after this response, since the next request cannot be told apart from this one.
    #[must_use]
    pub fn closing(self) -> Self {
        Self { closes: true, ..self }
    }

    /// Sets the head, or replaces it as long as it has not been sent.
    pub fn set_head(&mut self, head: Head) {
        self.head = Some(head);
    }

    /// Whether a head has been set.
    #[must_use]
    pub fn has_head(&self) -> bool {
        self.head.is_some()
    }

    /// Whether the head has been sent and cannot be replaced.
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.framing.is_some()
    }

    /// Whether the application produced more bytes than it announced. The excess was not sent.
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

    /// Sets the body's length, for an application that did not announce it.
    pub fn set_whole_body(&mut self, length: u64) {
        self.whole_body = Some(length);
    }

    /// Sends pieces of the body, after the head if that has not been sent. Empty pieces send nothing.
    pub fn write(&mut self, client: &impl Client, pieces: &[&[u8]]) -> io::Result<()> {
        self.send(client, pieces, false)
    }

    /// Sends the last pieces of the body and its end, in one call if the pieces are few.
    pub fn write_last(&mut self, client: &impl Client, pieces: &[&[u8]]) -> io::Result<Completion> {
        self.send(client, pieces, true)?;
        self.finish(client)
    }

    /// Sends a complete response of the bridge itself, in place of one that was begun but not sent.
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

    /// Sends a part of a file. `Unsupported` where the server cannot send files; then nothing has been sent.
    pub fn write_file(&mut self, client: &impl Client, file: FileRange) -> io::Result<()> {
        if file.size == 0 {
            return Ok(());
        }
        let framing = self.framing()?;
        let size = self.within(framing, file.size);
        self.put(client, framing, &[Part::File(FileRange { size, ..file })], size, false)
    }

    /// Ends the body and returns how to complete the request.
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

    /// Gives up the response. If it has begun, the client must not take it as complete.
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
        let room = framing.room(size);
        self.overrun |= room < size && framing != Framing::Nothing;
        room
    }

    /// Sends the head if it is due, `parts` (`size` bytes in total) in their framing, and the end if it is due.
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
        let left = framing.after(size);
        let is_end = left == Framing::Length(0) || (last && !matches!(left, Framing::Length(_)));
        if head.is_none() && size == 0 && !(is_end && framing == Framing::Chunked) {
            return Ok(());
        }
        let mark = framing.mark(size);
        let framed = framing.around(&mark, parts, size, is_end);
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

    /// How the body's end is marked.
    fn framing(&self) -> io::Result<Framing> {
        if let Some(framing) = self.framing {
            return Ok(framing);
        }
        let head = self.head.as_ref().ok_or_else(|| io::Error::other("there is no response head to send"))?;
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
            _ if self.closes() => End::Close,
            _ => End::Keep,
        }
    }

    /// Whether the connection closes after this response, whatever its framing.
    fn closes(&self) -> bool {
        self.closes || self.head.as_ref().is_some_and(|head| head.closes)
    }

    /// The header lines, those that the framing needs, an empty line and a zero.
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
        if self.protocol == Protocol::Http10 || (self.closes() && self.protocol == Protocol::Http11) {
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
