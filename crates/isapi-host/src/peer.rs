//! The far end of a request.
//!
//! In: calls of the host on behalf of the bridge. Out: the request's body, and the client's handling of the response.
//! Absent: HTTP as text; status and headers are separate from the body.

use std::io;
use std::sync::Arc;

/// Closes a client's connection, whatever the client's own thread is waiting for.
pub type HangUp = Arc<dyn Fn() + Send + Sync>;

/// The client behind one request: it supplies the body and receives the response.
///
/// The host calls from whichever thread the bridge uses, one call at a time. An error means that the client has disconnected;
/// the bridge then sees error 1229. A call may block, as with a slow client.
pub trait Peer: Send {
    /// Reads the next bytes of the request's body, without any chunked coding. 0 bytes mean its end. After the end or an error
    /// the host does not ask again, and remembers which it was.
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }

    /// Receives status and headers as the bridge sent them; [`super::Head`] parses them. `keep` says whether the bridge wants
    /// to keep the connection.
    fn head(&mut self, status: &[u8], headers: &[u8], keep: bool) -> io::Result<()>;

    /// Receives bytes of the response's body, including chunk marks if the bridge chunked it; [`super::Decoder`]
    /// removes them.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Ends one call of the bridge: what was written so far must now be sent.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Returns a function that closes this client's connection from another thread, so that a call that waits for the client
    /// fails; `None` for a client that no call waits for.
    fn hang_up(&mut self) -> Option<HangUp> {
        None
    }

    /// Whether the client is still connected, as far as can be seen without writing to it.
    fn is_connected(&mut self) -> bool {
        true
    }
}

/// A peer that is lent to an exchange, which gives it back before the lending call returns.
pub(super) struct Lent(*mut (dyn Peer + 'static));

// SAFETY: `Peer` is `Send`, and the pointer represents a unique borrow.
unsafe impl Send for Lent {}

impl Lent {
    /// Lends a peer.
    ///
    /// # Safety
    /// The result must be dropped before the borrow of `peer` ends.
    pub(super) unsafe fn new(peer: &mut dyn Peer) -> Self {
        // SAFETY: only the lifetime changes, and the caller promises to keep to the old one.
        Self(unsafe { std::mem::transmute::<*mut (dyn Peer + '_), *mut (dyn Peer + 'static)>(peer) })
    }

    pub(super) fn get(&mut self) -> &mut dyn Peer {
        // SAFETY: by the promise made to `new` the borrow is alive, and it is unique as this one is.
        unsafe { &mut *self.0 }
    }
}
