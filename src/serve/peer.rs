//! The client behind one request, as the ISAPI host sees it: its body comes from hyper, and the response goes to hyper.
//!
//! What enters: calls of the host, on the bridge's threads. What leaves: status and headers once, then pieces of the body
//! without the bridge's chunk marks, since hyper frames bodies itself. Absent: endless waiting: hyper drops its side when
//! the connection ends, and every call here fails from then on.

use std::io;

use bytes::{Buf, Bytes};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use isapi_host::{Decoder, Head, Peer};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::body::{Pieces, Stream, stream};

/// The largest piece that waits for a slow client.
const PIECE: usize = 64 * 1024;

/// What the handler waits for.
pub(super) struct Answer {
    pub head: Head,
    /// Whether the bridge wants to keep the connection.
    pub keep: bool,
    pub body: Stream,
}

/// The client's side of a request.
pub(super) struct Connection {
    runtime: Handle,
    request: Incoming,
    /// The part of the request's body that has arrived and has not been read.
    left: Bytes,
    answer: Option<oneshot::Sender<Answer>>,
    response: Option<Response>,
}

struct Response {
    pieces: Pieces,
    /// Set if the bridge chunks the body.
    decoder: Option<Decoder>,
}

impl Connection {
    /// A client whose body is `request`; the receiver gets the answer for it.
    pub(super) fn new(runtime: Handle, request: Incoming) -> (Self, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        (Self { runtime, request, left: Bytes::new(), answer: Some(answer), response: None }, receiver)
    }

    /// Aborts an incomplete response, so that the client notices.
    pub(super) fn tear_down(&self) {
        if let Some(response) = &self.response {
            // If the client is gone, too, nobody is left to notice.
            let _ = response.pieces.blocking_send(Err(io::ErrorKind::UnexpectedEof.into()));
        }
    }
}

impl Peer for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left.is_empty() {
            match self.runtime.block_on(self.request.frame()) {
                None => return Ok(0),
                // ISAPI does not support trailers.
                Some(frame) => self.left = frame.map_err(io::Error::other)?.into_data().unwrap_or_default(),
            }
        }
        let size = buffer.len().min(self.left.len());
        self.left.copy_to_slice(&mut buffer[..size]);
        Ok(size)
    }

    fn head(&mut self, status: &[u8], headers: &[u8], keep: bool) -> io::Result<()> {
        let head = Head::read(status, headers);
        let decoder = head.header("Transfer-Encoding").map(|_| Decoder::default());
        let (pieces, body) = stream();
        self.response = Some(Response { pieces, decoder });
        let answer = self.answer.take().ok_or_else(gone)?;
        answer.send(Answer { head, keep, body }).map_err(|_| gone())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let response = self.response.as_mut().ok_or_else(gone)?;
        let pieces = &response.pieces;
        let send = |bytes: &[u8]| {
            bytes.chunks(PIECE).try_for_each(|piece| {
                pieces.blocking_send(Ok(Bytes::copy_from_slice(piece))).map_err(|_| gone())
            })
        };
        let Some(decoder) = &mut response.decoder else { return send(bytes) };
        let mut sent = Ok(());
        let decoded = decoder.decode(bytes, |part| {
            if sent.is_ok() {
                sent = send(part);
            }
        });
        decoded.map_err(io::Error::other).and(sent)
    }

    fn is_connected(&mut self) -> bool {
        match (&self.answer, &self.response) {
            (Some(answer), _) => !answer.is_closed(),
            (None, Some(response)) => !response.pieces.is_closed(),
            (None, None) => false,
        }
    }
}

fn gone() -> io::Error {
    io::ErrorKind::BrokenPipe.into()
}
