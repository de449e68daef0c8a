//! How a body's end is marked, and what that puts around its pieces.
//!
//! What enters: pieces of a body. What leaves: the same, with what marks a chunk before and after them. Absent: which framing
//! a response has.

use crate::client::Part;

/// How the end of the body is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is no body, whatever the application produces.
    Nothing,
    /// So many bytes are still to come.
    Length(u64),
    Chunked,
    /// By the end of the connection, or of the stream in HTTP/2.
    End,
}

impl Framing {
    /// How many of `size` bytes there is still room for.
    pub(super) fn room(self, size: u64) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Length(left) => left.min(size),
            Self::Chunked | Self::End => size,
        }
    }

    /// What is left of it after `size` bytes.
    pub(super) fn after(self, size: u64) -> Self {
        match self {
            Self::Length(left) => Self::Length(left - size),
            other => other,
        }
    }

    /// `parts` of together `size` bytes with what marks them, `mark` before them; none is empty.
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

    /// What stands before a chunk.
    pub(super) fn mark(self, size: u64) -> String {
        if self == Self::Chunked && size > 0 { format!("{size:x}\r\n") } else { String::new() }
    }

    /// What stands after a chunk, and after the last of them.
    fn tail(self, size: u64, is_end: bool) -> &'static [u8] {
        match (self, size > 0, is_end) {
            (Self::Chunked, true, true) => b"\r\n0\r\n\r\n",
            (Self::Chunked, true, false) => b"\r\n",
            (Self::Chunked, false, true) => b"0\r\n\r\n",
            _ => b"",
        }
    }
}
