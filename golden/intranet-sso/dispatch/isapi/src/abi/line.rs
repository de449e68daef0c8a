//! The line to a request's client, for the code that watches it while a worker waits for the client.
//!
//! What enters: what the session has moved, and its end. What leaves: how much has been moved, and an end of the
//! connection that comes from another thread. Absent: any other call; the rest of a session is its worker's alone.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::ControlBlock;

const CLOSE_CONNECTION: u32 = 1017;

/// The line to the client of one request.
#[derive(Debug)]
pub struct Line {
    /// None once the request is completed, or about to be.
    block: Mutex<Option<NonNull<ControlBlock>>>,
    /// Bytes that the client has given, and has taken.
    moved: AtomicU64,
}

// SAFETY: ISAPI keeps the control block valid until completion, which takes it away from here first, and lets any thread
// call its functions.
unsafe impl Send for Line {}
// SAFETY: as above; the block is only used under the lock.
unsafe impl Sync for Line {}

impl Line {
    pub(super) fn new(block: NonNull<ControlBlock>) -> Self {
        Self { block: Mutex::new(Some(block)), moved: AtomicU64::new(0) }
    }

    /// Bytes that have gone in either direction so far, but for those that the server read ahead.
    #[must_use]
    pub fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Closes the connection, so that whoever waits for the client waits no more. Completing the request stays the
    /// worker's affair.
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

    /// Counts bytes that have gone.
    pub(super) fn count(&self, bytes: u64) {
        self.moved.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Takes the line down: the request is about to be completed.
    pub(super) fn cut(&self) {
        *self.block.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
