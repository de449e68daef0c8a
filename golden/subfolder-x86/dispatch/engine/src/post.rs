//! The state of a request: whether its worker runs or waits for its client.
//!
//! What enters: the beginning and the end of every call that may wait for the client. What leaves: that state, for the
//! code that replaces waiting workers and disconnects clients. Absent: the calls themselves, and decisions.

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
    /// For the client to receive.
    ToTake = 2,
}

const AT_WORK: u8 = 0;

/// Added to a wait for which another worker stands in.
const LENT: u8 = 0x10;

/// A request that a worker has taken.
pub(crate) struct Post {
    place: AtomicU8,
    /// The number of calls so far that may wait for the client, to tell one from the next.
    calls: AtomicU64,
    /// The call that was running at the last check.
    seen: AtomicU64,
    /// Milliseconds that earlier calls took, and when the current one began.
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

    /// Makes a call that may wait for the client. One at a time, from any thread.
    pub(crate) fn calling<T>(&self, wait: Wait, call: impl FnOnce() -> T) -> T {
        self.call_began.store(now(), Ordering::Relaxed);
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.place.store(wait as u8, Ordering::Release);
        let _returning = Returning(self);
        call()
    }

    /// What the request waits for, if it waits for its client.
    pub(crate) fn wait(&self) -> Option<Wait> {
        match self.place.load(Ordering::Acquire) & !LENT {
            1 => Some(Wait::ToSend),
            2 => Some(Wait::ToTake),
            _ => None,
        }
    }

    /// Whether the worker waits for the client, and another worker stands in for it.
    pub(crate) fn is_lent(&self) -> bool {
        self.place.load(Ordering::Acquire) & LENT != 0
    }

    /// Lends a worker that waits for its client, so that another may run: one that already waited at the last call,
    /// and with `is_pressed` any.
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

    /// Calls so far, and bytes moved. Any change in them is progress.
    pub(crate) fn progress(&self) -> (u64, u64) {
        (self.calls.load(Ordering::Relaxed), self.line.moved())
    }

    /// How long the request has waited for its client in total.
    pub(crate) fn waited(&self) -> Duration {
        let before = self.waited.load(Ordering::Relaxed);
        let present = match self.wait() {
            Some(_) => now().saturating_sub(self.call_began.load(Ordering::Relaxed)),
            None => 0,
        };
        Duration::from_millis(before + present)
    }

    /// The connection to the client.
    pub(crate) fn line(&self) -> &Line {
        &self.line
    }

    /// The queue whose worker has the request.
    pub(crate) fn queue(&self) -> &Arc<Queue<Waiting>> {
        &self.queue
    }

    /// Sets the client's address.
    pub(crate) fn set_client(&self, client: Option<IpAddr>) {
        let _ = self.client.set(client);
    }

    /// The client's address, if it is known.
    pub(crate) fn client(&self) -> Option<IpAddr> {
        self.client.get().copied().flatten()
    }
}

/// Notes the end of a call, also after a panic.
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
