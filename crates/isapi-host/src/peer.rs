//! The far end of a request.
//!
//! What enters: calls of the host on behalf of the bridge. What leaves: the request's body, and whatever a client does
//! with a response. Absent: HTTP's own text; status and headers come apart from the body.

use std::io;
use std::sync::Arc;

/// Ends a client's connection, whatever its own thread waits for.
pub type HangUp = Arc<dyn Fn() + Send + Sync>;

/// The client behind one request: gives its body and takes the response.
///
/// The host calls from whichever thread the bridge uses, one call at a time. An error means that the client is gone; the
/// bridge then sees error 1229. A call may block, as a slow client would.
pub trait Peer: Send {
    /// Reads the next bytes of the request's body, without any chunked coding. 0 bytes mean its end. After the end, or an
    /// error, the host asks no more, and remembers what it was.
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }

    /// Takes status and headers as the bridge sent them; [`super::Head`] takes them apart. `keep` says whether the bridge
    /// wants the connection kept.
    fn head(&mut self, status: &[u8], headers: &[u8], keep: bool) -> io::Result<()>;

    /// Takes bytes of the response's body, chunk marks included where the bridge chunked it;
    /// [`super::Decoder`] removes them.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// One call of the bridge ends here: what was written so far should be on its way.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// What ends this client's connection from another thread, so that a call that waits for it fails; none where nobody
    /// waits for such a client.
    fn hang_up(&mut self) -> Option<HangUp> {
        None
    }

    /// Whether the client is still there, as far as one can see without writing to it.
    fn is_connected(&mut self) -> bool {
        true
    }
}

/// A peer that has been lent to an exchange, from which it is taken back before the lending call returns.
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
