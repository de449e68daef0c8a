//! What a request has after its headers: nothing, a body that is only announced, or a form in chunks.
//!
//! What enters: how much. What leaves: a body that hyper sends. Absent: a body with a length that is really sent, which no check needs.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// The body of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload {
    /// There is none.
    Nothing,
    /// Its length in bytes is announced, and none of them is sent.
    Announced(u64),
    /// A form of this many bytes, sent in chunks without its length.
    Chunks(u64),
}

/// How the form begins, and each later piece of it.
const BEGIN: &[u8] = b"kallithea-iisc-verify=";
const PIECE: &[u8] = &[b'v'; 1 << 16];

/// A body on its way out.
pub(super) struct Outgoing {
    payload: Payload,
    sent: u64,
}

impl Outgoing {
    /// A body of which nothing is sent yet.
    pub(super) fn new(payload: Payload) -> Self {
        Self { payload, sent: 0 }
    }

    /// The next piece of a form of this many bytes.
    fn piece(&mut self, bytes: u64) -> Bytes {
        let piece = if self.sent == 0 { BEGIN } else { PIECE };
        let left = usize::try_from(bytes - self.sent).unwrap_or(usize::MAX);
        let piece = &piece[..left.min(piece.len())];
        self.sent += piece.len() as u64;
        Bytes::from_static(piece)
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.payload {
            Payload::Announced(_) => Poll::Pending,
            Payload::Chunks(bytes) if self.sent < bytes => {
                Poll::Ready(Some(Ok(Frame::data(self.piece(bytes)))))
            }
            Payload::Nothing | Payload::Chunks(_) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.payload == Payload::Nothing
    }

    fn size_hint(&self) -> SizeHint {
        match self.payload {
            Payload::Nothing => SizeHint::with_exact(0),
            Payload::Announced(bytes) => SizeHint::with_exact(bytes),
            Payload::Chunks(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_in_chunks_has_its_bytes_and_says_no_length() {
        for bytes in [1, 22, 23, 65_559, 200_000] {
            let mut outgoing = Outgoing::new(Payload::Chunks(bytes));
            let mut form = Vec::new();
            while outgoing.sent < bytes {
                form.extend_from_slice(&outgoing.piece(bytes));
            }
            assert_eq!(form.len() as u64, bytes);
            assert!(form.starts_with(&BEGIN[..form.len().min(BEGIN.len())]));
            assert_eq!(outgoing.size_hint().exact(), None);
        }
    }
}
