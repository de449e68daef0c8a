//! A response's body on its way from the bridge to hyper.
//!
//! What enters: pieces from the bridge's threads, a few at a time. What leaves: the same pieces, when hyper asks for
//! them. Absent: more memory than those few pieces need.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The number of pieces that wait for a slow client; then the bridge waits.
const PIECES: usize = 8;

/// Where the bridge's side puts pieces; an error ends the connection abnormally.
pub(super) type Pieces = Sender<io::Result<Bytes>>;

/// The body as hyper sees it.
pub(super) enum Stream {
    /// All of it, at once.
    Whole(Option<Bytes>),
    /// What the bridge sends, and an error that follows.
    Pieces(Receiver<io::Result<Bytes>>, Option<io::Error>),
}

/// A body, and the channel for its pieces.
pub(super) fn stream() -> (Pieces, Stream) {
    let (sender, receiver) = channel(PIECES);
    (sender, Stream::Pieces(receiver, None))
}

impl Body for Stream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let (receiver, broken) = match &mut *self {
            Self::Whole(bytes) => return Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Pieces(receiver, broken) => (receiver, broken),
        };
        if let Some(error) = broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        match receiver.poll_recv(context) {
            // After an error hyper drops what it has not yet sent; while it waits for a piece, it sends that first.
            Poll::Ready(Some(Err(error))) => {
                *broken = Some(error);
                context.waker().wake_by_ref();
                Poll::Pending
            }
            piece => piece.map(|piece| piece.map(|piece| piece.map(Frame::data))),
        }
    }
}
