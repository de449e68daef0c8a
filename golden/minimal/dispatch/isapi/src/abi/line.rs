//! The connection to a request's client, for the code that watches it while a worker waits for the client.
//!
//! What enters: the bytes that the session has moved, and its end. What leaves: how many bytes have moved, and a way
//! to close the connection from another thread. Absent: any other call; only the worker uses the rest of a session.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::ControlBlock;

const CLOSE_CONNECTION: u32 = 1017;

/// The connection to the client of one request.
#[derive(Debug)]
pub struct Line {
    /// `None` once the request is completed or about to be completed.
    block: Mutex<Option<NonNull<ControlBlock>>>,
    /// Bytes received from the client and sent to it.
    moved: AtomicU64,
}

// SAFETY: ISAPI keeps the control block valid until completion, which removes it from here first, and lets any thread
// call its functions.
unsafe impl Send for Line {}
// SAFETY: as above; the block is only used under the lock.
unsafe impl Sync for Line {}

impl Line {
    pub(super) fn new(block: NonNull<ControlBlock>) -> Self {
        Self { block: Mutex::new(Some(block)), moved: AtomicU64::new(0) }
    }

    /// Bytes moved in both directions so far, without those that the server read ahead.
    #[must_use]
    pub fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Closes the connection, so that a thread which waits for the client stops waiting. The worker still completes
    /// the request.
    pub fn hang_up(&self) {
        let block = self.block.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(block) = *block else { return };
        // SAFETY: the request is not completed while the lock is held, so IIS keeps the block.
        let block = unsafe { block.as_ref() };
        let (mut size, mut kind) = (0_u32, 0_u32);
        // SAFETY: the function and its connection come from IIS; this request number takes no argument.
        unsafe {
            (block.server_support_function)(
                block.connection,
                CLOSE_CONNECTION,
                std::ptr::null_mut(),
                &mut size,
                &mut kind,
            )
        };
    }

    /// Counts bytes that have moved.
    pub(super) fn count(&self, bytes: u64) {
        self.moved.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Ends the use of the control block: the request is about to be completed.
    pub(super) fn cut(&self) {
        *self.block.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
