//! How a body's end is marked, and what is put around its pieces.
//!
//! What enters: pieces of a body. What leaves: the same, with the chunk marks before and after them. Absent: the choice of
//! the framing.

use crate::client::Part;

/// How the end of the body is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// No body is sent, whatever the application produces.
    Nothing,
    /// This many bytes are still to be sent.
    Length(u64),
    Chunked,
    /// By the end of the connection, or of the stream in HTTP/2.
    End,
}

impl Framing {
    /// How many of `size` bytes may still be sent.
    pub(super) fn room(self, size: u64) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Length(left) => left.min(size),
            Self::Chunked | Self::End => size,
        }
    }

    /// The framing after `size` more bytes.
    pub(super) fn after(self, size: u64) -> Self {
        match self {
            Self::Length(left) => Self::Length(left - size),
            other => other,
        }
    }

    /// Puts `mark` before and the tail after `parts`, which have `size` bytes in total. No part of the result is
    /// empty.
    pub(super) fn around<'a>(
        self,
        mark: &'a str,
        parts: &[Part<'a>],
        size: u64,
        is_end: bool,
    ) -> Vec<Part<'a>> {
        let mut framed = Vec::with_capacity(parts.len() + 2);
        framed.push(Part::Bytes(mark.as_bytes()));
        framed.extend_from_slice(parts);
        framed.push(Part::Bytes(self.tail(size, is_end)));
        framed.retain(|part| !part.is_empty());
        framed
    }

    /// The text before a chunk.
    pub(super) fn mark(self, size: u64) -> String {
        if self == Self::Chunked && size > 0 { format!("{size:x}\r\n") } else { String::new() }
    }

    /// The text after a chunk, and after the last one.
    fn tail(self, size: u64, is_end: bool) -> &'static [u8] {
        match (self, size > 0, is_end) {
            (Self::Chunked, true, true) => b"\r\n0\r\n\r\n",
            (Self::Chunked, true, false) => b"\r\n",
            (Self::Chunked, false, true) => b"0\r\n\r\n",
            _ => b"",
        }
    }
}
