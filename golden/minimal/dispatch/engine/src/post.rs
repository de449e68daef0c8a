//! Where a request stands: with its worker, or with its client.
//!
//! What enters: the beginning and the end of every call that may wait for the client. What leaves: that knowledge, for
//! whoever makes up for a worker that waits, and lets clients go. Absent: the calls themselves, and decisions.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::{Duration, Instant};

use kallithea_bridge_isapi::abi::Line;
use kallithea_bridge_isapi::queue::Queue;

use crate::admission::Waiting;

/// What a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// For the client to send.
    ToSend = 1,
    /// For the client to take.
    ToTake = 2,
}

const AT_WORK: u8 = 0;

/// Added to a wait that has been made up for.
const LENT: u8 = 0x10;

/// A request that a worker has taken.
pub(crate) struct Post {
    place: AtomicU8,
    /// Calls on the client so far, to tell one from the next.
    calls: AtomicU64,
    /// The call that was under way when somebody last looked.
    seen: AtomicU64,
    /// Milliseconds that earlier calls took, and when the present one began.
    waited: AtomicU64,
    call_began: AtomicU64,
    line: Arc<Line>,
    queue: Arc<Queue<Waiting>>,
    client: OnceLock<Option<IpAddr>>,
}

impl Post {
    /// A request of a queue's worker.
    pub(crate) fn new(line: Arc<Line>, queue: Arc<Queue<Waiting>>) -> Self {
        Self {
            place: AtomicU8::new(AT_WORK),
            calls: AtomicU64::new(0),
            seen: AtomicU64::new(0),
            waited: AtomicU64::new(0),
            call_began: AtomicU64::new(0),
            line,
            queue,
            client: OnceLock::new(),
        }
    }

    /// Makes a call that may wait for the client. One at a time, from whichever thread.
    pub(crate) fn calling<T>(&self, wait: Wait, call: impl FnOnce() -> T) -> T {
        self.call_began.store(now(), Ordering::Relaxed);
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.place.store(wait as u8, Ordering::Release);
        let _returning = Returning(self);
        call()
    }

    /// What the request waits for, if it is its client.
    pub(crate) fn wait(&self) -> Option<Wait> {
        match self.place.load(Ordering::Acquire) & !LENT {
            1 => Some(Wait::ToSend),
            2 => Some(Wait::ToTake),
            _ => None,
        }
    }

    /// Whether the worker waits for the client, and has been made up for.
    pub(crate) fn is_lent(&self) -> bool {
        self.place.load(Ordering::Acquire) & LENT != 0
    }

    /// Makes up for a worker that waits for its client: for one that already did when this was last called, and where
    /// requests press for every one.
    pub(crate) fn lend(&self, is_pressed: bool) {
        let call = self.calls.load(Ordering::Relaxed);
        let is_long = self.seen.swap(call, Ordering::Relaxed) == call;
        if (is_long || is_pressed) && self.wait().is_some() && !self.is_lent() {
            self.queue.lend(|| {
                let lent = |place| (place != AT_WORK && place & LENT == 0).then_some(place | LENT);
                self.place.fetch_update(Ordering::AcqRel, Ordering::Acquire, lent).is_ok()
            });
        }
    }

    /// Calls so far, and bytes that went: whatever changes in them is progress.
    pub(crate) fn progress(&self) -> (u64, u64) {
        (self.calls.load(Ordering::Relaxed), self.line.moved())
    }

    /// How long the request has waited for its client, all in all.
    pub(crate) fn waited(&self) -> Duration {
        let before = self.waited.load(Ordering::Relaxed);
        let present = match self.wait() {
            Some(_) => now().saturating_sub(self.call_began.load(Ordering::Relaxed)),
            None => 0,
        };
        Duration::from_millis(before + present)
    }

    /// The line to the client.
    pub(crate) fn line(&self) -> &Line {
        &self.line
    }

    /// The queue whose worker has the request.
    pub(crate) fn queue(&self) -> &Arc<Queue<Waiting>> {
        &self.queue
    }

    /// Notes who the client is.
    pub(crate) fn set_client(&self, client: Option<IpAddr>) {
        let _ = self.client.set(client);
    }

    /// Who the client is, as far as that is known.
    pub(crate) fn client(&self) -> Option<IpAddr> {
        self.client.get().copied().flatten()
    }
}

/// Ends a call, however it ends.
struct Returning<'a>(&'a Post);

impl Drop for Returning<'_> {
    fn drop(&mut self) {
        let post = self.0;
        let took = now().saturating_sub(post.call_began.load(Ordering::Relaxed));
        post.waited.fetch_add(took, Ordering::Relaxed);
        if post.place.swap(AT_WORK, Ordering::AcqRel) & LENT != 0 {
            post.queue.take_back();
        }
    }
}

/// Milliseconds since the first call.
fn now() -> u64 {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGIN.elapsed().as_millis() as u64
}
